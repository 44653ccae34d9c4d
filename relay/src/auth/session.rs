//! Sessions of people: a random token in a `__Host-` cookie, its hash in the database, an end after twelve hours and
//! after an hour without use. An open inbox is use. The pages for signing in and out are in `web::sign_in`.

use super::{Account, token};
use crate::app::App;
use crate::db::audit::{self, Event};
use crate::db::{Tx, sessions};
use crate::error::Error;
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

/// The cookie's name. The prefix makes browsers insist on Secure, Path=/ and no Domain.
pub(crate) const COOKIE: &str = "__Host-lapwing";

const MINUTE: i64 = 60_000;
/// How long a session may go unused.
const IDLE: i64 = 60 * MINUTE;
/// How long a session lasts at most.
const LIFE: i64 = 12 * 60 * MINUTE;
/// How old the note of the last use may grow: not every request needs a write.
const NOTE: i64 = MINUTE;

/// A signed-in browser.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Who is signed in.
    pub(crate) account: Account,
    token_hash: String,
}

impl Session {
    /// The session of the request's cookie, if there is one and it has not ended. Using a session keeps it alive.
    pub(crate) async fn of(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let Some(token_hash) = cookie_hash(headers) else { return Ok(None) };
        let account = used(app, &token_hash).await?;
        Ok(account.map(|account| Self { account, token_hash }))
    }

    /// Whether the session still stands. A page that stays open (server-sent events) asks now and then, and counts as
    /// use: a DSL who waits for an alert must not be signed out before it comes. The session still ends in time.
    pub(crate) async fn stands(&self, app: &App) -> Result<bool, Error> {
        Ok(used(app, &self.token_hash).await?.is_some())
    }
}

/// Whose session this is, if it has not ended; and a note that it was used.
async fn used(app: &App, token_hash: &str) -> Result<Option<Account>, Error> {
    let now = app.now();
    let Some(stored) = sessions::find(app.db.read(), token_hash, now, now - IDLE).await? else {
        return Ok(None);
    };
    if now - stored.seen_at > NOTE {
        let mut tx = app.db.begin().await?;
        sessions::touch(&mut tx, token_hash, now).await?;
        tx.commit().await?;
    }
    Ok(Some(stored.account))
}

/// Starts a session as part of `tx`, ends the one that the browser had, and answers the new cookie. Every sign-in gets
/// a new token, so one that was planted in a browser beforehand opens nothing.
pub(crate) async fn start(
    tx: &mut Tx,
    app: &App,
    headers: &HeaderMap,
    account: &Account,
) -> Result<Cookie<'static>, Error> {
    if let Some(old) = cookie_hash(headers) {
        sessions::end(tx, &old).await?;
    }
    let token = token::new(app.random.as_ref())?;
    let now = app.now();
    sessions::insert(tx, &token::hash(&token), &account.id, now, now + LIFE).await?;
    audit::record(
        tx,
        app,
        Event {
            school_id: Some(&account.school_id),
            account_id: Some(&account.id),
            action: "sign_in",
            object_kind: "account",
            object_id: &account.id,
            detail: serde_json::Value::Null,
        },
    )
    .await?;
    Ok(cookie(token))
}

/// Ends the browser's session.
pub(crate) async fn end(app: &App, session: &Session) -> Result<Cookie<'static>, Error> {
    let mut tx = app.db.begin().await?;
    sessions::end(&mut tx, &session.token_hash).await?;
    audit::record(
        &mut tx,
        app,
        Event {
            school_id: Some(&session.account.school_id),
            account_id: Some(&session.account.id),
            action: "sign_out",
            object_kind: "account",
            object_id: &session.account.id,
            detail: serde_json::Value::Null,
        },
    )
    .await?;
    tx.commit().await?;
    let mut gone = cookie(String::new());
    gone.make_removal();
    Ok(gone)
}

fn cookie_hash(headers: &HeaderMap) -> Option<String> {
    CookieJar::from_headers(headers).get(COOKIE).map(|cookie| token::hash(cookie.value()))
}

fn cookie(token: String) -> Cookie<'static> {
    // Lax, so that a link in a mail opens the page; changing anything needs the same origin besides (`security`).
    Cookie::build((COOKIE, token)).path("/").secure(true).http_only(true).same_site(SameSite::Lax).build()
}
