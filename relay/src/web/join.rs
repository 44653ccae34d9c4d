//! The one-time link by which a person sets their own password: nobody else ever chooses or knows it. How links are
//! given out is in `setup`, `people` and the command line.

use super::form::{Errors, Posted};
use super::{Chrome, show, show_as};
use crate::app::App;
use crate::auth::{Account, password, session, token};
use crate::db::audit::{self, Event};
use crate::db::{Tx, accounts, browsers, factors, links, schools, sessions, sso};
use crate::error::Error;
use crate::extract::{Address, Path};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

/// How long a link to set a password works: a week.
const LIFE: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How long a link that also takes the second factor away works: an hour, for somebody who is there.
const RECOVERY_LIFE: i64 = 60 * 60 * 1_000;

#[derive(Template)]
#[template(path = "join/join.html")]
struct Page<'a> {
    chrome: Chrome,
    token: &'a str,
    name: &'a str,
    email: &'a str,
    recovers: bool,
    sso: Option<&'static str>,
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
    links::insert_join(tx, &token::hash(&token), account, false, now, now + LIFE).await?;
    Ok(app.address(&format!("/join/{token}")))
}

/// A link that somebody at the server's own console asked for; none when no open account has this e-mail address. With
/// `recover`, using it takes every second factor away too, and a new one has to be set up at once (ASVS 5.0, 6.4.3: no
/// other way to a new password does that).
pub(crate) async fn console_link(app: &App, email: &str, recover: bool) -> Result<Option<String>, Error> {
    let Some((account, _)) = accounts::by_email(app.db.read(), email).await? else { return Ok(None) };
    let mut tx = app.db.begin().await?;
    let link = if recover {
        let (token, now) = (token::new(app.random.as_ref())?, app.now());
        links::insert_join(&mut tx, &token::hash(&token), &account.id, true, now, now + RECOVERY_LIFE)
            .await?;
        app.address(&format!("/join/{token}"))
    } else {
        new_link(&mut tx, app, &account.id).await?
    };
    let event = Event {
        school_id: Some(&account.school_id),
        account_id: None,
        action: if recover { "recover" } else { "link" },
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
    let hash_of_link = token::hash(&token);
    if !links::use_up(&mut tx, &hash_of_link, app.now()).await? {
        return Err(used());
    }
    accounts::set_password(&mut tx, &account.id, &hash).await?;
    sessions::end_all(&mut tx, &account.id).await?;
    browsers::forget(&mut tx, &account.id).await?;
    let recovered = links::resets_factor(&mut *tx, &hash_of_link).await?;
    if recovered {
        factors::reset(&mut tx, &account.id, app.now()).await?;
    }
    let event = Event {
        school_id: Some(&account.school_id),
        account_id: Some(&account.id),
        action: "set_password",
        object_kind: "account",
        object_id: &account.id,
        detail: serde_json::json!({ "by": "link", "factors_removed": recovered }),
    };
    audit::record(&mut tx, &app, event).await?;
    let cookies = session::start(&mut tx, &app, &headers, &account, session::Begun::Link).await?;
    tx.commit().await?;
    Ok((cookies, Redirect::to(account.role.home())).into_response())
}

async fn whose(app: &App, address: &str, token: &str) -> Result<Account, Error> {
    app.limits.sign_in_address.check(address)?;
    links::joining(app.db.read(), &token::hash(token), app.now()).await?.ok_or_else(used)
}

/// Whose link it is, and the hash by which it is used up. For joining with single sign-on instead of a password.
pub(super) async fn holder(app: &App, address: &str, token: &str) -> Result<(Account, String), Error> {
    Ok((whose(app, address, token).await?, token::hash(token)))
}

fn used() -> Error {
    Error::Gone(
        "This link has been used, has been replaced by a newer one, or is too old: links work for a week, and for an hour when they also take a second factor away. Ask whoever gave it to \
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
    let recovers = links::resets_factor(app.db.read(), &token::hash(token)).await?;
    let sso = sso::of_school(app.db.read(), &account.school_id).await?.map(|provider| provider.kind.label());
    Ok(Page { chrome, token, name: &account.name, email: &account.email, recovers, sso, errors })
}
