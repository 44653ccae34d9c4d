//! Sessions of people: a random token in a `__Host-` cookie, its hash in the database, an end after twelve hours and
//! after an hour without use. An open inbox is use. The token changes at sign-in and at each proof. The pages for
//! signing in and out are in `web::sign_in`, for proving in `web::confirm`.

use super::stepup::Proof;
use super::{Account, browser, token};
use crate::app::App;
use crate::db::audit::{self, Event};
use crate::db::{Tx, factors, sessions};
use crate::error::Error;
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde_json::json;

/// The cookie's name. The prefix makes browsers insist on Secure, Path=/ and no Domain.
pub(crate) const COOKIE: &str = "__Host-lapwing";

const MINUTE: i64 = 60_000;
/// How long a session may go unused.
pub(crate) const IDLE: i64 = 60 * MINUTE;
/// How long a session lasts at most.
pub(crate) const LIFE: i64 = 12 * 60 * MINUTE;
/// How long somebody may take over their second factor.
const HALF_LIFE: i64 = 10 * MINUTE;
/// How old the note of the last use may grow: not every request needs a write.
const NOTE: i64 = MINUTE;

/// A signed-in browser.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Who is signed in.
    pub(crate) account: Account,
    /// What has been proved.
    pub(crate) proof: Proof,
    /// The SHA-256 of the cookie's token: the session's key in the database.
    pub(crate) token_hash: String,
}

/// How a session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// With the password.
    Password,
    /// With a one-time link, by which the password was set.
    Link,
    /// At the school's identity provider; `factor` when its second factor counts and was used.
    Sso {
        /// Whether a second factor was proved there that counts here.
        factor: bool,
    },
}

impl Begun {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Link => "link",
            Self::Sso { .. } => "sso",
        }
    }
}

impl Session {
    /// The session of the request's cookie, if there is one and it has not ended. Using a session keeps it alive.
    pub(crate) async fn of(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let Some(token_hash) = cookie_hash(headers) else { return Ok(None) };
        let stored = used(app, &token_hash).await?;
        Ok(stored.map(|stored| Self { account: stored.account, proof: stored.proof, token_hash }))
    }

    /// Whether the session still stands. A page that stays open (server-sent events) asks now and then, and counts as
    /// use: a DSL who waits for an alert must not be signed out before it comes. The session still ends in time.
    pub(crate) async fn stands(&self, app: &App) -> Result<bool, Error> {
        Ok(used(app, &self.token_hash).await?.is_some())
    }
}

/// The session with this hash, if it has not ended; and a note that it was used. Nobody is refused because that could not be
/// noted: it is noted with the next request, and what this one sends may be more than the database is busy for.
async fn used(app: &App, token_hash: &str) -> Result<Option<sessions::Stored>, Error> {
    let now = app.now();
    let Some(stored) = sessions::find(app.db.read(), token_hash, now, now - IDLE).await? else {
        return Ok(None);
    };
    if now - stored.seen_at > NOTE
        && let Err(error) = touch(app, token_hash, now).await
    {
        let detail = error.into_anyhow();
        tracing::warn!(%detail, "that a session was used could not be noted");
    }
    Ok(Some(stored))
}

async fn touch(app: &App, token_hash: &str, now: i64) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    sessions::touch(&mut tx, token_hash, now).await?;
    tx.commit().await
}

/// Starts a session as part of `tx`, ends the one that the browser had, and answers the new cookies. Every sign-in gets
/// a new token, so one that was planted in a browser beforehand opens nothing. Where a second factor is still to be
/// proved, the session lasts minutes and opens nothing but the page for it.
pub(crate) async fn start(
    tx: &mut Tx,
    app: &App,
    headers: &HeaderMap,
    account: &Account,
    begun: Begun,
) -> Result<CookieJar, Error> {
    if let Some(old) = cookie_hash(headers) {
        sessions::end(tx, &old).await?;
    }
    let token = token::new(app.random.as_ref())?;
    let now = app.now();
    let factor = begun == Begun::Sso { factor: true };
    let complete = factor || !factors::has(&mut **tx, &account.id).await?;
    let new = sessions::New {
        token_hash: &token::hash(&token),
        account_id: &account.id,
        now,
        expires_at: now + if complete { LIFE } else { HALF_LIFE },
        factor_at: factor.then_some(now),
        begun_by: begun.as_str(),
        browser: browser::in_words(headers),
    };
    sessions::insert(tx, &new).await?;
    let mut jar = CookieJar::new().add(cookie(token));
    if complete {
        jar = jar.add(browser::remember(tx, app, headers, &account.id).await?);
    }
    let detail = json!({ "by": begun.as_str(), "complete": complete });
    note(tx, app, account, "sign_in", detail).await?;
    Ok(jar)
}

/// Notes as part of `tx` that this session has proved something again, and gives it a new token.
pub(crate) async fn prove(
    tx: &mut Tx,
    app: &App,
    headers: &HeaderMap,
    session: &Session,
    factor: bool,
) -> Result<CookieJar, Error> {
    let token = token::new(app.random.as_ref())?;
    let now = app.now();
    if !sessions::prove(tx, &session.token_hash, &token::hash(&token), now, factor, LIFE).await? {
        return Err(Error::SignIn { next: None });
    }
    let jar = CookieJar::new().add(cookie(token));
    Ok(jar.add(browser::remember(tx, app, headers, &session.account.id).await?))
}

/// Ends the browser's session.
pub(crate) async fn end(app: &App, session: &Session) -> Result<Cookie<'static>, Error> {
    let mut tx = app.db.begin().await?;
    sessions::end(&mut tx, &session.token_hash).await?;
    note(&mut tx, app, &session.account, "sign_out", serde_json::Value::Null).await?;
    tx.commit().await?;
    let mut gone = cookie(String::new());
    gone.make_removal();
    Ok(gone)
}

async fn note(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    action: &str,
    detail: serde_json::Value,
) -> Result<(), Error> {
    let event = Event {
        school_id: Some(&account.school_id),
        account_id: Some(&account.id),
        action,
        object_kind: "account",
        object_id: &account.id,
        detail,
    };
    audit::record(tx, app, event).await
}

fn cookie_hash(headers: &HeaderMap) -> Option<String> {
    CookieJar::from_headers(headers).get(COOKIE).map(|cookie| token::hash(cookie.value()))
}

fn cookie(token: String) -> Cookie<'static> {
    // Lax, so that a link in a mail opens the page; changing anything needs the same origin besides (`security`).
    Cookie::build((COOKIE, token)).path("/").secure(true).http_only(true).same_site(SameSite::Lax).build()
}
