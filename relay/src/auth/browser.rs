//! Browsers that are known: a long-lived cookie that says “somebody has signed in from here before”. It opens nothing.
//! Its tries to sign in are counted apart (`slow`), so that whoever guesses from elsewhere cannot keep the owner out.
//! And a browser in words, for the list of one's own sessions.

use super::token;
use crate::app::App;
use crate::db::{Tx, browsers};
use crate::error::Error;
use axum::http::{HeaderMap, header};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

const COOKIE: &str = "__Host-lapwing-browser";
/// As long as browsers keep a cookie (RFC 6265bis): 400 days.
const DAYS: i64 = 400;

/// What the database knows this browser by, if it has the cookie at all.
pub(crate) fn hash(headers: &HeaderMap) -> Option<String> {
    CookieJar::from_headers(headers).get(COOKIE).map(|cookie| token::hash(cookie.value()))
}

/// Whether anybody has signed in from this browser before. Limits by network do not count its tries: a flood from the
/// school's own network must not keep those out who work there.
pub(crate) async fn is_known(app: &App, headers: &HeaderMap) -> Result<bool, Error> {
    match hash(headers) {
        Some(hash) => browsers::is_known(app.db.read(), &hash, None).await,
        None => Ok(false),
    }
}

/// Notes as part of `tx` that `account` has signed in from this browser. One cookie serves everybody who shares it.
pub(crate) async fn remember(
    tx: &mut Tx,
    app: &App,
    headers: &HeaderMap,
    account: &str,
) -> Result<Cookie<'static>, Error> {
    let sent = CookieJar::from_headers(headers).get(COOKIE).map(|cookie| cookie.value().to_owned());
    // Only a token of our own making is kept: a planted one would be known to whoever planted it.
    let token = match sent {
        Some(token) if browsers::is_known(&mut **tx, &token::hash(&token), None).await? => token,
        _ => token::new(app.random.as_ref())?,
    };
    let now = app.now();
    browsers::remember(tx, &token::hash(&token), account, now, now - DAYS * 24 * 60 * 60 * 1_000).await?;
    let cookie = Cookie::build((COOKIE, token)).path("/").secure(true).http_only(true);
    Ok(cookie.same_site(SameSite::Lax).max_age(time::Duration::days(DAYS)).build())
}

/// The browser of a request: “Firefox on Windows”. Only words of this list, whatever the header says.
pub(crate) fn in_words(headers: &HeaderMap) -> String {
    // In this order: each of the later names stands in the headers of the earlier browsers too.
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("CrOS", "a Chromebook"),
        ("Android", "Android"),
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "a Mac"),
        ("Linux", "Linux"),
    ];
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let find = |list: &[(&str, &'static str)], otherwise| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map_or(otherwise, |(_, word)| *word)
    };
    format!("{} on {}", find(&BROWSERS, "A browser"), find(&SYSTEMS, "another system"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_in_words_of_ours_alone() {
        let words = |agent: &'static str| {
            in_words(&HeaderMap::from_iter([(header::USER_AGENT, agent.parse().unwrap())]))
        };
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 \
                    Safari/537.36 Edg/140.0";
        assert_eq!(words(edge), "Edge on Windows");
        assert_eq!(
            words("Mozilla/5.0 (X11; CrOS x86_64 1) Chrome/140.0 Safari/537.36"),
            "Chrome on a Chromebook"
        );
        assert_eq!(
            words("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:1) Firefox/1"),
            "Firefox on a Mac"
        );
        assert_eq!(words("<script>alert(1)</script>"), "A browser on another system");
        assert_eq!(in_words(&HeaderMap::new()), "A browser on another system");
    }
}
