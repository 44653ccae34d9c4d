//! “Your account”: one's own name, password, second factors, recovery codes and sessions. It is open to whoever has
//! signed in, even when their second factor is overdue, because it is set up here. Other people's accounts are in
//! `people`; how a factor is checked is in `auth::factor`.

pub(crate) mod app;
pub(crate) mod passkeys;
pub(crate) mod password;

use super::when::{When, day};
use super::{Area, Chrome, show, trail};
use crate::app::App;
use crate::auth::factor::{passkey, recovery};
use crate::auth::{Account, Session, session};
use crate::db::factors::{self, Has};
use crate::db::sessions::Open;
use crate::db::{Tx, browsers, passkeys as keys, sessions, sso};
use crate::error::Error;
use crate::extract::Path;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account/account.html")]
struct Page<'a> {
    chrome: Chrome,
    me: &'a Account,
    has: Has,
    app_since: Option<String>,
    passkeys: Vec<Key>,
    passkeys_possible: bool,
    due: Option<Due>,
    sso: Option<Sso>,
    sessions: Vec<Row>,
}

#[derive(Template)]
#[template(path = "account/codes.html")]
struct CodesPage {
    chrome: Chrome,
    codes: Vec<String>,
    home: &'static str,
}

/// By when a second factor must be there.
struct Due {
    day: String,
    over: bool,
}

/// The school's single sign-on, as one's account stands to it.
struct Sso {
    label: &'static str,
    since: Option<String>,
}

/// One passkey, as its owner sees it.
struct Key {
    id: String,
    name: String,
    since: String,
    used: Option<When>,
}

/// One session, as its owner sees it.
struct Row {
    handle: String,
    browser: String,
    began: When,
    seen: When,
    by: &'static str,
    this: bool,
}

impl Row {
    fn new(open: Open, now: i64) -> Self {
        let by = match open.begun_by.as_str() {
            "link" => "with a one-time link",
            "sso" => "with single sign-on",
            _ => "with your password",
        };
        Self {
            handle: open.handle,
            browser: if open.browser.is_empty() { "A browser".into() } else { open.browser },
            began: When::new(open.created_at, now),
            seen: When::new(open.seen_at, now),
            by,
            this: open.this,
        }
    }
}

/// `GET /account`.
pub(crate) async fn show_account(State(app): State<Arc<App>>, session: Session) -> Result<Response, Error> {
    let me = &session.account;
    let now = app.now();
    let has = factors::all(app.db.read(), &me.id).await?;
    let own = &session.token_hash;
    let open = sessions::list(app.db.read(), &me.id, own, now, now - session::IDLE).await?;
    let passkeys = keys::list(app.db.read(), &me.id).await?;
    let passkeys = passkeys.into_iter().map(|key| Key {
        id: key.id,
        name: key.name,
        since: day(key.created_at),
        used: key.used_at.map(|at| When::new(at, now)),
    });
    let mut chrome = Chrome::of(&app, me, Area::None).await?;
    // The page says it itself.
    chrome.factor_by = None;
    let sso = match sso::of_school(app.db.read(), &me.school_id).await? {
        None => None,
        Some(provider) => {
            let since = sso::tied_since(app.db.read(), &me.id, &provider.issuer).await?.map(day);
            Some(Sso { label: provider.kind.label(), since })
        }
    };
    let page = Page {
        chrome,
        sso,
        me,
        has,
        app_since: has.totp_since.map(day),
        passkeys: passkeys.collect(),
        passkeys_possible: passkey::possible(&app),
        due: session.proof.due_at.map(|at| Due { day: day(at), over: at <= now }),
        sessions: open.into_iter().map(|open| Row::new(open, now)).collect(),
    };
    show(&page)
}

/// `POST /account/codes`: ten new recovery codes, shown once. Earlier ones end.
pub(crate) async fn codes(State(app): State<Arc<App>>, session: Session) -> Result<Response, Error> {
    let me = &session.account;
    if !factors::has(app.db.read(), &me.id).await? {
        return Ok(Redirect::to("/account").into_response());
    }
    let mut tx = app.db.begin().await?;
    let codes = recovery::renew(&mut tx, &app, &me.id).await?;
    trail::note(&mut tx, &app, me, "new_recovery_codes", ("account", &me.id), json!({})).await?;
    // Before the commit: they are shown once, and no fault of a reading may take their page.
    let page = codes_page(&app, me, codes).await?;
    tx.commit().await?;
    Ok(page)
}

/// The page that shows recovery codes, once.
async fn codes_page(app: &App, me: &Account, codes: Vec<String>) -> Result<Response, Error> {
    let mut chrome = Chrome::of(app, me, Area::None).await?;
    // It is being set up by what this page answers.
    chrome.factor_by = None;
    show(&CodesPage { chrome, codes, home: me.role.home() })
}

/// After a second factor was added as part of `tx`: it proves this session, ends the others, and comes with recovery
/// codes when there are none yet.
async fn enrolled(
    tx: &mut Tx,
    app: &App,
    headers: &axum::http::HeaderMap,
    session: &Session,
    kind: &str,
) -> Result<(axum_extra::extract::CookieJar, Option<Vec<String>>), Error> {
    let me = &session.account;
    let has = factors::all(&mut **tx, &me.id).await?;
    let codes = if has.codes == 0 { Some(recovery::renew(tx, app, &me.id).await?) } else { None };
    sessions::end_others(tx, &me.id, &session.token_hash).await?;
    let cookies = session::prove(tx, app, headers, session, true).await?;
    trail::note(tx, app, me, "add_factor", ("account", &me.id), json!({ "kind": kind })).await?;
    Ok((cookies, codes))
}

/// Whether taking this factor away is allowed: the last one stays while the account must have one.
async fn may_go(tx: &mut Tx, me: &Account, has_after: bool) -> Result<bool, Error> {
    Ok(has_after || factors::due(&mut **tx, me).await?.is_none())
}

/// `POST /account/sessions/{name}/end`.
pub(crate) async fn end_session(
    State(app): State<Arc<App>>,
    session: Session,
    Path(handle): Path<String>,
) -> Result<Response, Error> {
    let me = &session.account;
    let mut tx = app.db.begin().await?;
    let ended = sessions::end_by_handle(&mut tx, &me.id, &handle).await?;
    if ended > 0 {
        trail::note(&mut tx, &app, me, "end_session", ("account", &me.id), json!({ "ended": ended })).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/account#sessions").into_response())
}

/// `POST /account/sessions/end-others`: all but this one, and every browser is a stranger again.
pub(crate) async fn end_other_sessions(
    State(app): State<Arc<App>>,
    session: Session,
    headers: axum::http::HeaderMap,
) -> Result<Response, Error> {
    let me = &session.account;
    let mut tx = app.db.begin().await?;
    let ended = sessions::end_others(&mut tx, &me.id, &session.token_hash).await?;
    browsers::forget(&mut tx, &me.id).await?;
    let cookie = crate::auth::browser::remember(&mut tx, &app, &headers, &me.id).await?;
    trail::note(&mut tx, &app, me, "end_other_sessions", ("account", &me.id), json!({ "ended": ended }))
        .await?;
    tx.commit().await?;
    let cookies = axum_extra::extract::CookieJar::new().add(cookie);
    Ok((cookies, Redirect::to("/account#sessions")).into_response())
}
