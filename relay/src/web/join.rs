//! The one-time link by which a person sets their own password: nobody else ever chooses or knows it. How links are
//! given out is in `setup`, `people` and the command line.

use super::form::{Errors, Posted};
use super::{Chrome, show, show_as};
use crate::app::App;
use crate::auth::{Account, password, session, token};
use crate::db::audit::{self, Event};
use crate::db::{Tx, accounts, links, schools, sessions};
use crate::error::Error;
use crate::extract::{Address, Path};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use std::sync::Arc;

/// How long a link to set a password works: a week.
const LIFE: i64 = 7 * 24 * 60 * 60 * 1_000;

#[derive(Template)]
#[template(path = "join/join.html")]
struct Page<'a> {
    chrome: Chrome,
    token: &'a str,
    name: &'a str,
    email: &'a str,
    errors: Errors,
}

/// The form's fields.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    password: String,
}

/// A new link's address for `account`, part of `tx`. It is shown once and works once; earlier ones stop working.
pub(crate) async fn new_link(tx: &mut Tx, app: &App, account: &str) -> Result<String, Error> {
    let token = token::new(app.random.as_ref())?;
    let now = app.now();
    links::insert_join(tx, &token::hash(&token), account, now, now + LIFE).await?;
    Ok(app.address(&format!("/join/{token}")))
}

/// A link that somebody at the server's own console asked for; none when no open account has this e-mail address.
pub(crate) async fn console_link(app: &App, email: &str) -> Result<Option<String>, Error> {
    let Some((account, _)) = accounts::by_email(app.db.read(), email).await? else { return Ok(None) };
    let mut tx = app.db.begin().await?;
    let link = new_link(&mut tx, app, &account.id).await?;
    let event = Event {
        school_id: Some(&account.school_id),
        account_id: None,
        action: "link",
        object_kind: "account",
        object_id: &account.id,
        detail: serde_json::json!({ "by": "console" }),
    };
    audit::record(&mut tx, app, event).await?;
    tx.commit().await?;
    Ok(Some(link))
}

/// `GET /join/{token}`.
pub(crate) async fn form(
    State(app): State<Arc<App>>,
    Address(address): Address,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    let account = whose(&app, &address, &token).await?;
    show(&page(&app, &account, &token, Errors::default()).await?)
}

/// `POST /join/{token}`: sets the password, ends every session of the account, and signs this browser in.
pub(crate) async fn join(
    State(app): State<Arc<App>>,
    Address(address): Address,
    Path(token): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let account = whose(&app, &address, &token).await?;
    let school = schools::name(app.db.read(), &account.school_id).await?;
    if let Err(weak) = password::check(&fields.password, &[&account.email, &account.name, &school]) {
        let mut errors = Errors::default();
        errors.add("password", format!("{weak}."));
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&app, &account, &token, errors).await?);
    }
    let hash = app.passwords.hash(&fields.password, app.random.as_ref()).await?;
    let mut tx = app.db.begin().await?;
    if !links::use_up(&mut tx, &token::hash(&token), app.now()).await? {
        return Err(used());
    }
    accounts::set_password(&mut tx, &account.id, &hash).await?;
    sessions::end_all(&mut tx, &account.id).await?;
    let event = Event {
        school_id: Some(&account.school_id),
        account_id: Some(&account.id),
        action: "set_password",
        object_kind: "account",
        object_id: &account.id,
        detail: serde_json::Value::Null,
    };
    audit::record(&mut tx, &app, event).await?;
    let cookie = session::start(&mut tx, &app, &headers, &account).await?;
    tx.commit().await?;
    Ok((CookieJar::new().add(cookie), Redirect::to(account.role.home())).into_response())
}

async fn whose(app: &App, address: &str, token: &str) -> Result<Account, Error> {
    app.limits.sign_in_address.check(address)?;
    links::joining(app.db.read(), &token::hash(token), app.now()).await?.ok_or_else(used)
}

fn used() -> Error {
    Error::Gone(
        "This link has been used, has been replaced by a newer one, or is more than a week old. Ask whoever gave it to \
         you for a new one. If you have set your password already, sign in with it."
            .into(),
    )
}

async fn page<'a>(
    app: &App,
    account: &'a Account,
    token: &'a str,
    errors: Errors,
) -> Result<Page<'a>, Error> {
    let school = schools::name(app.db.read(), &account.school_id).await?;
    let mut chrome = Chrome::outside();
    chrome.school = school;
    Ok(Page { chrome, token, name: &account.name, email: &account.email, errors })
}
