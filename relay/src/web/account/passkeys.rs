//! Adding a passkey and taking one away. What the browser is asked, and whether its answer proves anything, is in
//! `auth::factor::passkey`.

use super::super::form::{Errors, Posted};
use super::super::{Area, Chrome, show, show_as, trail};
use super::{codes_page, enrolled, may_go};
use crate::app::App;
use crate::auth::Session;
use crate::auth::factor::passkey;
use crate::db::{factors, passkeys};
use crate::error::Error;
use crate::extract::Path;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account/passkey.html")]
struct Page<'a> {
    chrome: Chrome,
    options: Option<String>,
    name: &'a str,
    errors: Errors,
}

/// The form's fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    name: String,
    passkey: String,
}

/// `GET /account/passkey`.
pub(crate) async fn form(State(app): State<Arc<App>>, session: Session) -> Result<Response, Error> {
    show(&page(&app, &session, "", Errors::default()).await?)
}

async fn page<'a>(app: &App, session: &Session, name: &'a str, errors: Errors) -> Result<Page<'a>, Error> {
    let options = passkey::begin_new(app, session).await?;
    Ok(Page { chrome: Chrome::of(app, &session.account, Area::None).await?, options, name, errors })
}

/// `POST /account/passkey`.
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    session: Session,
    headers: HeaderMap,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let me = &session.account;
    let mut errors = Errors::default();
    let name = errors.line("name", &fields.name, limit::LINE, "The name");
    let shown_as = if name.is_empty() { "Passkey" } else { &name };
    let mut tx = app.db.begin().await?;
    if errors.is_empty() && !passkey::finish_new(&mut tx, &app, &session, &fields.passkey, shown_as).await? {
        errors.add("passkey", "No passkey was added. Try again, and follow what your browser or device asks");
    }
    if !errors.is_empty() {
        drop(tx);
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&app, &session, &name, errors).await?);
    }
    let (cookies, codes) = enrolled(&mut tx, &app, &headers, &session, "passkey").await?;
    // Before the commit: the codes are shown once, and no fault of a reading may take their page.
    let page = match codes {
        Some(codes) => codes_page(&app, me, codes).await?,
        None => Redirect::to("/account").into_response(),
    };
    tx.commit().await?;
    Ok((cookies, page).into_response())
}

/// `POST /account/passkey/{name}/remove`.
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let me = &session.account;
    let mut tx = app.db.begin().await?;
    if passkeys::remove(&mut tx, &me.id, &id).await? {
        let left = factors::all(&mut *tx, &me.id).await?;
        if !may_go(&mut tx, me, left.any()).await? {
            return Err(Error::BadRequest(
                "This is your only second factor, and you need one. Set up another one first.".into(),
            ));
        }
        if !left.any() {
            factors::set_codes(&mut tx, &me.id, &[]).await?;
        }
        trail::note(&mut tx, &app, me, "remove_factor", ("account", &me.id), json!({ "kind": "passkey" }))
            .await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/account").into_response())
}
