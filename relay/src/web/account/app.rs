//! Setting up an app for codes: the secret as a QR code drawn here and as letters, proved by a first code before it
//! counts; and taking it away again.

use super::super::form::{Errors, Posted};
use super::super::{Area, Chrome, show, show_as, trail};
use super::{codes_page, enrolled, may_go};
use crate::app::App;
use crate::auth::factor::qr::{self, Drawing};
use crate::auth::factor::{PENDING, totp};
use crate::auth::slow::{self, Guessed};
use crate::auth::{Account, Session};
use crate::db::factors;
use crate::error::Error;
use crate::extract::Address;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

const KIND: &str = "totp_new";

#[derive(Template)]
#[template(path = "account/app.html")]
struct Page<'a> {
    chrome: Chrome,
    email: &'a str,
    qr: Drawing,
    typed: String,
    replaces: bool,
    errors: Errors,
}

/// The form's fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    code: String,
}

/// `GET /account/app`: a new secret, kept sealed until its first code comes.
pub(crate) async fn form(State(app): State<Arc<App>>, session: Session) -> Result<Response, Error> {
    let me = &session.account;
    let secret = totp::new_secret(&app)?;
    let sealed = totp::seal(&app, &me.id, &secret)?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    factors::keep_pending(&mut tx, &session.token_hash, KIND, &me.id, sealed, now, now + PENDING).await?;
    tx.commit().await?;
    show(&page(&app, me, &secret, Errors::default()).await?)
}

async fn page<'a>(app: &App, me: &'a Account, secret: &[u8], errors: Errors) -> Result<Page<'a>, Error> {
    let shown = totp::shown(secret, &me.email)?;
    let has = factors::all(app.db.read(), &me.id).await?;
    Ok(Page {
        chrome: Chrome::of(app, me, Area::None).await?,
        email: &me.email,
        qr: qr::draw(&shown.url)?,
        typed: shown.typed,
        replaces: has.totp_since.is_some(),
        errors,
    })
}

/// `POST /account/app`: a first code proves that the app has the secret. From then on the account has a second factor.
pub(crate) async fn set_up(
    State(app): State<Arc<App>>,
    session: Session,
    Address(address): Address,
    headers: HeaderMap,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let me = &session.account;
    let sealed = factors::pending(app.db.read(), &session.token_hash, KIND, app.now()).await?;
    let Some(sealed) = sealed else {
        // It took more than ten minutes, or was done in another tab: a new secret, which the page shows.
        return Ok(Redirect::to("/account/app").into_response());
    };
    let secret = totp::open(&app, &me.id, &sealed)?;
    let attempt = slow::count(&app, Guessed::Code, &me.id, Some(&me.id), &address, &headers).await?;
    let Some(step) = totp::step(&secret, &fields.code, app.now())? else {
        let mut errors = Errors::default();
        errors.add("code", "That code is not right. Check that your phone’s clock is right, and write the code that the app shows now");
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&app, me, &secret, errors).await?);
    };
    let mut tx = app.db.begin().await?;
    attempt.right(&mut tx, &app).await?;
    if !factors::drop_pending(&mut tx, &session.token_hash, KIND).await? {
        return Ok(Redirect::to("/account").into_response());
    }
    factors::set_totp(&mut tx, &me.id, sealed, step, app.now()).await?;
    let (cookies, codes) = enrolled(&mut tx, &app, &headers, &session, "totp").await?;
    // Before the commit: the codes are shown once, and no fault of a reading may take their page.
    let page = match codes {
        Some(codes) => codes_page(&app, me, codes).await?,
        None => Redirect::to("/account").into_response(),
    };
    tx.commit().await?;
    Ok((cookies, page).into_response())
}

/// `POST /account/app/remove`.
pub(crate) async fn remove(State(app): State<Arc<App>>, session: Session) -> Result<Response, Error> {
    let me = &session.account;
    let mut tx = app.db.begin().await?;
    factors::remove_totp(&mut tx, &me.id).await?;
    let left = factors::all(&mut *tx, &me.id).await?;
    if !may_go(&mut tx, me, left.any()).await? {
        return Err(Error::BadRequest(
            "This is your only second factor, and you need one. Add a passkey first, or set up another app in its place."
                .into(),
        ));
    }
    if !left.any() {
        factors::set_codes(&mut tx, &me.id, &[]).await?;
    }
    trail::note(&mut tx, &app, me, "remove_factor", ("account", &me.id), json!({ "kind": "totp" })).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account").into_response())
}
