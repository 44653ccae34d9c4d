//! Changing one's own password: the old one is asked for, and every other session ends (ASVS 5.0, 6.2.3 and 7.4.3).

use super::super::form::{Errors, Posted};
use super::super::{Area, Chrome, confirm, show, show_as, trail};
use crate::app::App;
use crate::auth::slow::{self, Guessed};
use crate::auth::{Account, Session, password, session};
use crate::db::{accounts, browsers, schools, sessions};
use crate::error::Error;
use crate::extract::Address;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account/password.html")]
struct Page<'a> {
    chrome: Chrome,
    email: &'a str,
    errors: Errors,
}

/// The form's fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    old: String,
    new: String,
}

/// `GET /account/password`.
pub(crate) async fn form(State(app): State<Arc<App>>, session: Session) -> Result<Response, Error> {
    show(&page(&app, &session.account, Errors::default()).await?)
}

async fn page<'a>(app: &App, me: &'a Account, errors: Errors) -> Result<Page<'a>, Error> {
    Ok(Page { chrome: Chrome::of(app, me, Area::None).await?, email: &me.email, errors })
}

/// `POST /account/password`.
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    session: Session,
    Address(address): Address,
    headers: HeaderMap,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let me = &session.account;
    let mut errors = Errors::default();
    let attempt = slow::count(&app, Guessed::Password, &me.id, Some(&me.id), &address, &headers).await?;
    if !confirm::right_password(&app, me, &fields.old).await? {
        errors.add("old", "That is not your password");
    }
    let school = schools::name(app.db.read(), &me.school_id).await?;
    if let Err(weak) = password::check(&fields.new, &[&me.email, &me.name, &school]) {
        errors.add("new", weak.to_string());
    } else if fields.new == fields.old {
        errors.add("new", "Choose another password than the one you have");
    }
    if !errors.is_empty() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&app, me, errors).await?);
    }
    let hash = app.passwords.hash(&fields.new, app.random.as_ref()).await?;
    let mut tx = app.db.begin().await?;
    attempt.right(&mut tx, &app).await?;
    accounts::set_password(&mut tx, &me.id, &hash).await?;
    sessions::end_others(&mut tx, &me.id, &session.token_hash).await?;
    browsers::forget(&mut tx, &me.id).await?;
    // The old password proved nothing that a second factor would: that proof keeps its age.
    let cookies = session::prove(&mut tx, &app, &headers, &session, false).await?;
    trail::note(&mut tx, &app, me, "set_password", ("account", &me.id), json!({ "by": "owner" })).await?;
    tx.commit().await?;
    Ok((cookies, Redirect::to("/account")).into_response())
}
