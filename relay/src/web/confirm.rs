//! The page on which somebody proves that it is them: the second factor of a sign-in, and the fresh proof that changing
//! accounts wants. Which page wants what is in `auth::stepup`; this one returns there afterwards.

use super::form::{Errors, Posted};
use super::sign_in::within;
use super::{Chrome, show, show_as};
use crate::app::App;
use crate::auth::factor::{passkey, recovery, totp};
use crate::auth::slow::{self, Guessed};
use crate::auth::{Account, Session, session};
use crate::db::audit::{self, Event};
use crate::db::factors::{self, Has};
use crate::db::{Tx, accounts, schools};
use crate::error::Error;
use crate::extract::{Address, Query};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "confirm/confirm.html")]
struct Page<'a> {
    chrome: Chrome,
    next: &'a str,
    again: bool,
    has: Has,
    email: &'a str,
    passkey: Option<String>,
    errors: Errors,
}

/// What stands after the question mark.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    next: String,
    again: String,
}

/// The form's fields. One of the proofs is filled in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    next: String,
    code: String,
    recovery: String,
    password: String,
    passkey: String,
}

/// `GET /confirm`.
pub(crate) async fn form(
    State(app): State<Arc<App>>,
    session: Session,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    show(&page(&app, &session, &wanted.next, wanted.again == "yes", Errors::default()).await?)
}

/// `POST /confirm`: a right proof gives the session a new token and leads back.
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    session: Session,
    Address(address): Address,
    headers: HeaderMap,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let me = &session.account;
    let has = factors::all(app.db.read(), &me.id).await?;
    let guessed = if has.any() { Guessed::Code } else { Guessed::Password };
    let attempt = slow::count(&app, guessed, &me.id, Some(&me.id), &address, &headers).await?;
    let by_password = !has.any() && right_password(&app, me, &fields.password).await?;
    let mut tx = app.db.begin().await?;
    let proved = if by_password {
        Some("password")
    } else {
        by_factor(&mut tx, &app, &session, &has, &fields).await?
    };
    let Some(by) = proved else {
        // A challenge that was answered wrongly is used up all the same.
        tx.commit().await?;
        tracing::info!(address, "a proof was refused");
        let (field, message) = wrong(&has, &fields);
        let mut errors = Errors::default();
        errors.add(field, message);
        let page = page(&app, &session, &fields.next, false, errors).await?;
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    attempt.right(&mut tx, &app).await?;
    let cookies = session::prove(&mut tx, &app, &headers, &session, has.any()).await?;
    note(&mut tx, &app, me, by).await?;
    tx.commit().await?;
    let next = within(&fields.next).unwrap_or(me.role.home());
    Ok((cookies, Redirect::to(next)).into_response())
}

/// Whether the password is right; none is for an account that has none.
pub(super) async fn right_password(app: &App, me: &Account, password: &str) -> Result<bool, Error> {
    let hash = accounts::by_email(app.db.read(), &me.email).await?.and_then(|(_, hash)| hash);
    app.passwords.verify(password, hash).await
}

/// By which second factor the form proves that it is them; none when by none.
async fn by_factor(
    tx: &mut Tx,
    app: &App,
    session: &Session,
    has: &Has,
    fields: &Fields,
) -> Result<Option<&'static str>, Error> {
    let account = &session.account.id;
    if !has.any() {
        return Ok(None);
    }
    if !fields.passkey.is_empty() {
        return Ok(passkey::verify(tx, app, session, &fields.passkey).await?.then_some("passkey"));
    }
    if !fields.code.trim().is_empty() {
        return Ok(totp::verify(tx, app, account, &fields.code).await?.then_some("totp"));
    }
    if !fields.recovery.trim().is_empty() {
        return Ok(recovery::verify(tx, app, account, &fields.recovery).await?.then_some("recovery_code"));
    }
    Ok(None)
}

fn wrong(has: &Has, fields: &Fields) -> (&'static str, &'static str) {
    if !has.any() {
        ("password", "That is not your password")
    } else if !fields.passkey.is_empty() {
        ("passkey", "The passkey did not prove that it is you. Try again, or use another way")
    } else if !fields.recovery.trim().is_empty() {
        ("recovery", "That is none of your recovery codes, or it has been used")
    } else if has.totp_since.is_some() {
        ("code", "That code is not right, or it has been used. Wait for the next one in your app")
    } else {
        ("recovery", "Use your passkey, or write one of your recovery codes")
    }
}

async fn page<'a>(
    app: &App,
    session: &'a Session,
    next: &'a str,
    again: bool,
    errors: Errors,
) -> Result<Page<'a>, Error> {
    let me = &session.account;
    let has = factors::all(app.db.read(), &me.id).await?;
    // Without the navigation: half a sign-in leads nowhere else.
    let mut chrome = Chrome::outside();
    chrome.school = schools::name(app.db.read(), &me.school_id).await?;
    let passkey = passkey::begin_proof(app, session).await?;
    Ok(Page { chrome, next, again, has, email: &me.email, passkey, errors })
}

async fn note(tx: &mut Tx, app: &App, me: &Account, by: &str) -> Result<(), Error> {
    let event = Event {
        school_id: Some(&me.school_id),
        account_id: Some(&me.id),
        action: "prove",
        object_kind: "account",
        object_id: &me.id,
        detail: json!({ "by": by }),
    };
    audit::record(tx, app, event).await
}
