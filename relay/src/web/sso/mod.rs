//! Single sign-on as people see it: the way there (from the sign-in page, from one's account, from a one-time link), the
//! way back, and tying and untying one's account. What is checked is in `auth::sso`; what a school sets up, in
//! `signing_in`.

mod back;

pub(crate) use back::back;

use super::sign_in::within;
use super::{Area, Chrome, join, show, trail};
use crate::app::App;
use crate::auth::sso::{self, Purpose};
use crate::auth::{Session, browser};
use crate::db::sso as rows;
use crate::error::Error;
use crate::extract::{Address, Path, Query};
use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// A page with a link to the provider: a form may not lead to another site (`form-action 'self'`), a link may.
#[derive(Template)]
#[template(path = "sso/go.html")]
struct GoPage<'a> {
    chrome: Chrome,
    label: &'static str,
    name: &'a str,
    there: String,
    cancel: &'a str,
}

/// What stands after the question mark.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    next: String,
}

/// `GET /sso/{name}`: off to the provider with this id.
pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    if !browser::is_known(&app, &headers).await? {
        app.limits.sign_in_address.check(&address)?;
    }
    let provider = rows::provider(app.db.read(), &id).await?.ok_or(Error::NotFound)?;
    let next = within(&wanted.next).unwrap_or_default();
    let (cookies, there) = sso::begin(&app, &provider, Purpose::SignIn, next).await?;
    Ok((cookies, Redirect::to(there.as_str())).into_response())
}

/// `POST /account/sso`: to tie one's own account to the one at the provider's.
pub(crate) async fn tie(State(app): State<Arc<App>>, session: Session) -> Result<Response, Error> {
    let me = &session.account;
    let Some(provider) = rows::of_school(app.db.read(), &me.school_id).await? else {
        return Ok(Redirect::to("/account").into_response());
    };
    let purpose = Purpose::Tie { account: me.id.clone() };
    let (cookies, there) = sso::begin(&app, &provider, purpose, "/account").await?;
    let chrome = Chrome::of(&app, me, Area::None).await?;
    let label = provider.kind.label();
    let page = GoPage { chrome, label, name: &me.name, there: there.into(), cancel: "/account" };
    Ok((cookies, show(&page)?).into_response())
}

/// `POST /account/sso/untie`.
pub(crate) async fn untie(State(app): State<Arc<App>>, session: Session) -> Result<Response, Error> {
    let me = &session.account;
    let Some(provider) = rows::of_school(app.db.read(), &me.school_id).await? else {
        return Ok(Redirect::to("/account").into_response());
    };
    let has = crate::db::factors::all(app.db.read(), &me.id).await?;
    if !has.password {
        return Err(Error::BadRequest(
            "You have no password, so you could not sign in any more. Ask a safeguarding lead (DSL) or IT for a link to \
             set one first."
                .into(),
        ));
    }
    let mut tx = app.db.begin().await?;
    rows::untie(&mut tx, &me.id, &provider.issuer).await?;
    trail::note(
        &mut tx,
        &app,
        me,
        "untie_sso",
        ("account", &me.id),
        json!({ "kind": provider.kind.as_str() }),
    )
    .await?;
    tx.commit().await?;
    Ok(Redirect::to("/account").into_response())
}

/// `POST /join/{token}/sso`: the holder of a one-time link ties its account instead of setting a password.
pub(crate) async fn join(
    State(app): State<Arc<App>>,
    Address(address): Address,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    let (account, link_hash) = join::holder(&app, &address, &token).await?;
    let provider = rows::of_school(app.db.read(), &account.school_id).await?.ok_or(Error::NotFound)?;
    let purpose = Purpose::Join { account: account.id.clone(), link_hash };
    let (cookies, there) = sso::begin(&app, &provider, purpose, "").await?;
    let label = provider.kind.label();
    let cancel = format!("/join/{token}");
    let page = GoPage {
        chrome: Chrome::outside(),
        label,
        name: &account.name,
        there: there.into(),
        cancel: &cancel,
    };
    Ok((cookies, show(&page)?).into_response())
}
