//! The way to a provider and back: begun by one browser, ended once, by that browser, within ten minutes. The cookie
//! and the provider's `state` are the same token; `nonce` and the PKCE verifier wait sealed in the database.

use super::client::{self, Identity};
use super::provider::Provider;
use crate::app::App;
use crate::auth::token;
use crate::db::sso;
use crate::error::Error;
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use url::Url;

const COOKIE: &str = "__Host-lapwing-sso";
/// How long somebody may take at the provider's.
const MINUTES: i64 = 10;

/// What it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To sign in with an account that is tied already.
    SignIn,
    /// To tie the provider's account to this one, which is signed in.
    Tie {
        /// The account.
        account: String,
    },
    /// To tie it to the account of a one-time link, which is used up.
    Join {
        /// The account.
        account: String,
        /// The hash of the link's token.
        link_hash: String,
    },
}

/// A journey that has ended well.
#[derive(Debug, Clone)]
pub(crate) struct Journey {
    /// The provider.
    pub(crate) provider: Provider,
    /// What it was for.
    pub(crate) purpose: Purpose,
    /// Where to go on.
    pub(crate) next: String,
    /// Who it is there.
    pub(crate) identity: Identity,
}

/// Begins a journey: where to send the browser, and the cookie that it comes back with.
pub(crate) async fn begin(
    app: &App,
    provider: &Provider,
    purpose: Purpose,
    next: &str,
) -> Result<(CookieJar, Url), Error> {
    let random = app.random.as_ref();
    let (state, nonce, verifier) = (token::new(random)?, token::new(random)?, token::new(random)?);
    let there = client::way_there(app, provider, &state, &nonce, &verifier).await?;
    let hash = token::hash(&state);
    let secrets = app.secrets.seal(random, &place(&hash), format!("{nonce} {verifier}").as_bytes())?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let row = sso::Begun {
        state_hash: hash,
        provider_id: provider.id.clone(),
        purpose,
        secrets,
        next: next.to_owned(),
    };
    sso::begin(&mut tx, &row, now, now + MINUTES * 60_000).await?;
    tx.commit().await?;
    // Lax: the way back is a link from the provider's site.
    let cookie =
        Cookie::build((COOKIE, state)).path("/").secure(true).http_only(true).same_site(SameSite::Lax);
    let cookie = cookie.max_age(time::Duration::minutes(MINUTES)).build();
    Ok((CookieJar::new().add(cookie), there))
}

/// Ends the journey with which the browser came back. None when it is not this browser's, too old, or ended before.
pub(crate) async fn finish(
    app: &App,
    headers: &HeaderMap,
    state: &str,
    code: &str,
) -> Result<Option<Journey>, Error> {
    let jar = CookieJar::from_headers(headers);
    let hash = token::hash(state);
    // By their hashes: how much of a guess was right does not show in the time that it takes.
    if jar.get(COOKIE).is_none_or(|cookie| token::hash(cookie.value()) != hash) {
        return Ok(None);
    }
    let mut tx = app.db.begin().await?;
    let taken = sso::take(&mut tx, &hash, app.now()).await?;
    tx.commit().await?;
    let Some(begun) = taken else { return Ok(None) };
    let Some(provider) = sso::provider(app.db.read(), &begun.provider_id).await? else { return Ok(None) };
    let secrets =
        app.secrets.unseal(&place(&hash), &begun.secrets).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((nonce, verifier)) = secrets.as_deref().and_then(|text| text.split_once(' ')) else {
        return Ok(None);
    };
    let identity = client::who(app, &provider, code, nonce, verifier).await?;
    Ok(Some(Journey { provider, purpose: begun.purpose, next: begun.next, identity }))
}

fn place(state_hash: &str) -> String {
    format!("sso_journey/{state_hash}")
}
