//! Signing in and out. Wrong e-mail address and wrong password get the same answer in the same time, and guessing is
//! slowed down (`auth::slow`). What a session is, is in `auth::session`.

use super::form::{Errors, Posted};
use super::{Chrome, show, show_as};
use crate::app::App;
use crate::auth::slow::{self, Guessed};
use crate::auth::{Session, browser, session};
use crate::db::{accounts, sso};
use crate::error::Error;
use crate::extract::{Address, Query};
use crate::limit::TooMany;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct Page<'a> {
    chrome: Chrome,
    email: &'a str,
    next: &'a str,
    sso: Vec<Offer>,
    errors: Errors,
}

/// One way to sign in with single sign-on.
struct Offer {
    /// Where it begins, with the page to go on to.
    href: String,
    label: &'static str,
    school: String,
}

/// How many schools’ providers the page offers: a relay with more gives each school its own link (`signing_in`).
const OFFERED: i64 = 12;

async fn offers(app: &App, next: &str) -> Result<Vec<Offer>, Error> {
    let rows = sso::offered(app.db.read(), OFFERED).await?;
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    Ok(rows
        .into_iter()
        .map(|(id, kind, school)| Offer { href: format!("/sso/{id}?{query}"), label: kind.label(), school })
        .collect())
}

/// What stands after the question mark.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    next: String,
}

/// The form's fields.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`. Whoever is signed in already goes on.
pub(crate) async fn form(
    State(app): State<Arc<App>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if Session::of(&app, &headers).await?.is_some() {
        return Ok(Redirect::to(within(&wanted.next).unwrap_or("/")).into_response());
    }
    let sso = offers(&app, &wanted.next).await?;
    show(&Page { chrome: Chrome::outside(), email: "", next: &wanted.next, sso, errors: Errors::default() })
}

/// `POST /sign-in`.
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let email = fields.email.trim().to_lowercase();
    let offered = offers(&app, &fields.next).await?;
    let refused = |status, message: String| {
        let mut errors = Errors::default();
        errors.add("email", message);
        let (chrome, email, next) = (Chrome::outside(), fields.email.trim(), &fields.next);
        show_as(status, &Page { chrome, email, next, sso: offered, errors })
    };
    let by_network = match browser::is_known(&app, &headers).await? {
        true => Ok(()),
        false => app.limits.sign_in_address.check(&address),
    };
    let allowed = match by_network {
        Ok(()) => {
            let owner = accounts::by_email(app.db.read(), &email).await?.map(|(account, _)| account.id);
            slow::count(&app, Guessed::Password, &email, owner.as_deref(), &address, &headers).await
        }
        Err(too_many) => Err(too_many.into()),
    };
    let attempt = match allowed {
        Ok(attempt) => attempt,
        Err(Error::TooMany(TooMany { seconds })) => {
            let message = format!("Too many tries. Try again in {seconds} seconds.");
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, message)?;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            return Ok(response);
        }
        Err(error) => return Err(error),
    };
    let (account, hash) = accounts::by_email(app.db.read(), &email).await?.unzip();
    let right = app.passwords.verify(&fields.password, hash.flatten()).await?;
    let Some(account) = account.filter(|_| right) else {
        tracing::info!(address, "a sign-in was refused");
        let message = "The e-mail address or the password is not right. If you have not set a password yet, use the \
                       link that you were given.";
        return refused(StatusCode::UNPROCESSABLE_ENTITY, message.into());
    };
    let mut tx = app.db.begin().await?;
    attempt.right(&mut tx, &app).await?;
    let cookies = session::start(&mut tx, &app, &headers, &account, session::Begun::Password).await?;
    tx.commit().await?;
    // Where a second factor is still to be proved, the gate asks for it on the way there.
    let next = within(&fields.next).unwrap_or(account.role.home());
    Ok((cookies, Redirect::to(next)).into_response())
}

/// `POST /sign-out`.
pub(crate) async fn sign_out(State(app): State<Arc<App>>, session: Session) -> Result<Response, Error> {
    let cookie = session::end(&app, &session).await?;
    let clear = [(header::HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\"")];
    Ok((CookieJar::new().add(cookie), clear, Redirect::to("/sign-in")).into_response())
}

/// A path of this relay that can stand in a header, and nothing else: `next` comes from the address bar.
pub(super) fn within(next: &str) -> Option<&str> {
    let plain = !next.contains(|c: char| c == '\\' || c.is_control());
    let local = next.starts_with('/') && !next.starts_with("//") && plain;
    (local && next.len() <= 2_000).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        assert_eq!(within("/episodes/1?a=b"), Some("/episodes/1?a=b"));
        for elsewhere in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "\\\\evil",
            "javascript:1",
            "/\u{1}",
        ] {
            assert_eq!(within(elsewhere), None, "{elsewhere}");
        }
    }
}
