//! The way back from the provider: who it is there, and so who it is here.

use super::super::sign_in::within;
use crate::app::App;
use crate::auth::sso::{self, Journey, Purpose};
use crate::auth::{Account, Session, browser, session};
use crate::db::audit::{self, Event};
use crate::db::{Tx, accounts, factors, links, sessions, sso as rows};
use crate::error::Error;
use crate::extract::{Address, Query};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What the provider adds to the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    state: String,
    code: String,
    error: String,
}

/// `GET /sso/callback`.
pub(crate) async fn back(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<Response, Error> {
    if !browser::is_known(&app, &headers).await? {
        app.limits.sign_in_address.check(&address)?;
    }
    if !answer.error.is_empty() {
        return Err(stopped());
    }
    let journey = sso::finish(&app, &headers, &answer.state, &answer.code).await?.ok_or_else(stopped)?;
    match &journey.purpose {
        Purpose::SignIn => sign_in(&app, &headers, &journey).await,
        Purpose::Tie { account } => tie(&app, &headers, &journey, account).await,
        Purpose::Join { account, link_hash } => join(&app, &headers, &journey, account, link_hash).await,
    }
}

fn stopped() -> Error {
    Error::BadRequest(
        "Signing in at your school’s provider was stopped, took more than ten minutes, or was begun in another browser. \
         Nobody was signed in. Start again from the sign-in page."
            .into(),
    )
}

async fn sign_in(app: &App, headers: &HeaderMap, journey: &Journey) -> Result<Response, Error> {
    let identity = &journey.identity;
    let school = &journey.provider.school_id;
    let account = rows::tied(app.db.read(), school, &identity.issuer, &identity.subject).await?;
    let account = account.ok_or_else(|| {
        Error::BadRequest(
            "Nobody here is tied to this account of your school’s yet. Sign in with your password (or the link that you \
             were given), open “Your account”, and tie it there once."
                .into(),
        )
    })?;
    let mut tx = app.db.begin().await?;
    let begun = session::Begun::Sso { factor: identity.factor };
    let cookies = session::start(&mut tx, app, headers, &account, begun).await?;
    tx.commit().await?;
    let next = within(&journey.next).unwrap_or(account.role.home());
    Ok((cookies, Redirect::to(next)).into_response())
}

/// The browser must still be signed in as the very account that began it.
async fn tie(app: &App, headers: &HeaderMap, journey: &Journey, account: &str) -> Result<Response, Error> {
    let session = Session::of(app, headers).await?;
    let session = session.filter(|session| session.account.id == *account).ok_or_else(stopped)?;
    let mut tx = app.db.begin().await?;
    tie_in(&mut tx, app, journey, &session.account).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account").into_response())
}

/// The link is used up now, and not when somebody turned back half-way.
async fn join(
    app: &App,
    headers: &HeaderMap,
    journey: &Journey,
    account: &str,
    link_hash: &str,
) -> Result<Response, Error> {
    let found = accounts::find(app.db.read(), &journey.provider.school_id, account).await?;
    let account = found.filter(|found| found.disabled_at.is_none()).ok_or_else(stopped)?.account;
    let mut tx = app.db.begin().await?;
    if !links::use_up(&mut tx, link_hash, app.now()).await? {
        return Err(Error::Gone(
            "The link that you were given has been used meanwhile. Ask for a new one.".into(),
        ));
    }
    if links::resets_factor(&mut *tx, link_hash).await? {
        factors::reset(&mut tx, &account.id, app.now()).await?;
    }
    sessions::end_all(&mut tx, &account.id).await?;
    tie_in(&mut tx, app, journey, &account).await?;
    let begun = session::Begun::Sso { factor: journey.identity.factor };
    let cookies = session::start(&mut tx, app, headers, &account, begun).await?;
    tx.commit().await?;
    Ok((cookies, Redirect::to(account.role.home())).into_response())
}

async fn tie_in(tx: &mut Tx, app: &App, journey: &Journey, account: &Account) -> Result<(), Error> {
    let identity = &journey.identity;
    if !rows::tie(tx, &account.id, &identity.issuer, &identity.subject, app.now()).await? {
        return Err(Error::BadRequest(
            "This account of your school’s is tied to somebody else here. Ask your safeguarding lead (DSL) or IT.".into(),
        ));
    }
    let event = Event {
        school_id: Some(&account.school_id),
        account_id: Some(&account.id),
        action: "tie_sso",
        object_kind: "account",
        object_id: &account.id,
        detail: json!({ "kind": journey.provider.kind.as_str() }),
    };
    audit::record(tx, app, event).await
}
