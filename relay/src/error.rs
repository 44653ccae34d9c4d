//! What can go wrong for a person, and the page that says so. A page never shows what failed inside: it carries a
//! reference number, and the log has the rest. What it says of what was sent depends on whether anything was (`asked`), and
//! on whether a commit was under way. Devices get problem details instead, from `api::problem`.

use crate::asked;
use crate::limit::TooMany;
use crate::metrics;
use crate::random::NoRandomness;
use crate::seal::SealError;
use crate::web::message;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::fmt;

/// Why a request could not be done.
#[derive(Debug)]
pub(crate) enum Error {
    /// Nobody is signed in, or the session has ended. `next` is where a reader wanted to go.
    SignIn {
        /// The path to come back to; none when the request would have changed something.
        next: Option<String>,
    },
    /// Signed in, but it must be proved (again) that it is them.
    Confirm {
        /// The page to return to.
        next: String,
        /// Whether something was sent, which was not done and has to be sent again.
        again: bool,
    },
    /// Signed in, but the second factor that this account must have is not set up.
    Enrol {
        /// Whether something was sent, which was not done and has to be sent again.
        again: bool,
    },
    /// Signed in, but not with a role that may do this.
    Forbidden,
    /// The request came from a page of another site.
    OtherSite,
    /// There is no such thing in this school.
    NotFound,
    /// There is such a page, but it does not take this method.
    Method,
    /// The request makes no sense; the text tells the person what to do.
    BadRequest(String),
    /// More was sent than anybody types.
    TooLarge,
    /// Somebody else was quicker, or a link was used before; the text tells the person what to do.
    Gone(String),
    /// Too many tries.
    TooMany(TooMany),
    /// It took too long.
    TimedOut,
    /// The database is busy or full; nothing was lost, and trying again may help.
    Busy(String),
    /// More comes than can be kept in time; nothing was lost, and trying again in a few seconds helps.
    Full,
    /// A fault of ours.
    Internal(String),
    /// The store is damaged or must not be written: somebody has to mend it, and nothing is wrong with what was sent.
    Damaged(String),
    /// A commit failed, or something after it may have: nobody knows what is saved. Inside is what went wrong.
    InDoubt(Box<Self>),
}

/// What a page says that could not be shown. A form that was sent before leads to such a page, and stands; or it led there by
/// way of a further proof, and does not: so nothing is said of it but where to look.
const UNREAD: &str = "This page could not be read just now. What was saved before stands: if you have just sent something, \
     look for it before you send it again.";

/// What a page says of a form of which nothing was kept. Going back may show an empty form, because no page is stored.
const RELOAD: &str = "Nothing was saved. Do not go back: reload this page, which sends it again.";

/// What a page says where nobody knows.
const UNSURE: &str = "It may or may not have been saved. Look before you send it again.";

impl Error {
    /// A fault of ours, from anything that explains itself.
    pub(crate) fn internal(error: impl fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }

    /// The same for whoever is at the server's console.
    pub(crate) fn into_anyhow(self) -> anyhow::Error {
        let (_, title, text) = match self {
            Self::Internal(detail) | Self::Busy(detail) | Self::Damaged(detail) => {
                return anyhow::anyhow!(detail);
            }
            Self::InDoubt(cause) => return anyhow::anyhow!("a commit failed: {}", cause.into_anyhow()),
            other => other.explained(),
        };
        anyhow::anyhow!("{title}. {text}")
    }

    /// The status, the title and the text of the page. What failed inside goes to the log.
    fn explained(self) -> (StatusCode, &'static str, String) {
        match self {
            Self::SignIn { .. } => (
                StatusCode::UNAUTHORIZED,
                "You have been signed out",
                "Nothing was sent. Sign in again in another tab, then come back to this one and send it again.".into(),
            ),
            Self::Enrol { again: true } => (
                StatusCode::FORBIDDEN,
                "You need a second factor to go on",
                "Nothing was recorded. Set up a second factor under Your account in another tab, then come back to this \
                 one and reload it, which sends it again."
                    .into(),
            ),
            Self::Confirm { .. } | Self::Enrol { again: false } => (
                StatusCode::FORBIDDEN,
                "Confirm that it is you",
                "Nothing was done. Open Your account, then try again.".into(),
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "This page is not for your role",
                "Ask your safeguarding lead or IT administrator if you need it.".into(),
            ),
            Self::OtherSite => (
                StatusCode::FORBIDDEN,
                "That did not come from Lapwing",
                "The request came from a page of another site, so nothing was done. Open Lapwing and try again there."
                    .into(),
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "There is no such page",
                "The address may be mistyped, or what it names is not yours to see.".into(),
            ),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "This page does not work that way",
                "Open it from the link that leads to it.".into(),
            ),
            Self::BadRequest(text) => (StatusCode::BAD_REQUEST, "That could not be read", text),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "That is too long",
                "Nothing was saved. Go back, make it shorter, and send it again.".into(),
            ),
            Self::Gone(text) => (StatusCode::GONE, "This is no longer possible", text),
            Self::TooMany(TooMany { seconds }) => (
                StatusCode::TOO_MANY_REQUESTS,
                "Please wait",
                format!("There were too many tries. Try again in {seconds} seconds."),
            ),
            Self::TimedOut => (
                StatusCode::REQUEST_TIMEOUT,
                "That took too long",
                if asked::only_reads() { UNREAD } else { UNSURE }.into(),
            ),
            Self::Busy(detail) => {
                let reference = logged(&detail);
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Lapwing is busy",
                    format!("{} Wait a minute first. If it goes on, tell IT: reference {reference}.", unsaved()),
                )
            }
            Self::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Lapwing is busy",
                format!("{} Wait a few seconds first.", unsaved()),
            ),
            Self::Internal(detail) | Self::Damaged(detail) => {
                let reference = logged(&detail);
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Something went wrong",
                    format!("This is a fault in Lapwing. {} Tell IT: reference {reference}.", unsaved()),
                )
            }
            Self::InDoubt(cause) if asked::only_reads() => cause.explained(),
            Self::InDoubt(cause) => {
                let status = match *cause {
                    Self::Busy(_) | Self::Full => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                let reference = logged(&cause.into_anyhow().to_string());
                (status, "Something went wrong", format!("{UNSURE} Tell IT: reference {reference}."))
            }
        }
    }
}

/// What to say of what was sent where nothing was committed.
fn unsaved() -> &'static str {
    if asked::only_reads() { UNREAD } else { RELOAD }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let (word, kind): (_, fn(String) -> Self) = match &error {
            // A pool that is closed is a relay that ends: the next one takes it.
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => ("busy", Self::Busy),
            sqlx::Error::Database(inner) if passes(inner.code().as_deref()) => ("busy", Self::Busy),
            sqlx::Error::Database(inner) if is_damage(inner.code().as_deref()) => ("fault", Self::Damaged),
            _ => ("fault", Self::Internal),
        };
        metrics::database_error(word);
        kind(error.to_string())
    }
}

/// SQLite's number without what extends it. PostgreSQL's codes have five characters.
fn sqlite(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|number| number & 0xff)
}

/// SQLite's BUSY (5), LOCKED (6), NOMEM (7), IOERR (10), FULL (13), CANTOPEN (14) and PROTOCOL (15) with their extended codes;
/// PostgreSQL's classes for broken connections, transactions that must be tried again, lack of resources, an operator's
/// intervention, and what the machine below refuses. Such a fault passes, and what met it must not be refused for good.
fn passes(code: Option<&str>) -> bool {
    let code = code.unwrap_or_default();
    match sqlite(code) {
        Some(number) => matches!(number, 5..=7 | 10 | 13..=15),
        // 55P03 is a lock that did not come in time, 25006 a server that only reads, as one does that has not taken over yet.
        None => ["08", "40", "53", "57", "58", "55P03", "25006"].iter().any(|class| code.starts_with(class)),
    }
}

/// SQLite's READONLY (8), CORRUPT (11) and NOTADB (26), and PostgreSQL's class for faults of its own and damaged pages. It may
/// be only one page, so what else was sent can still be kept.
fn is_damage(code: Option<&str>) -> bool {
    let code = code.unwrap_or_default();
    sqlite(code).map_or_else(|| code.starts_with("XX"), |number| matches!(number, 8 | 11 | 26))
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<TooMany> for Error {
    fn from(error: TooMany) -> Self {
        Self::TooMany(error)
    }
}

impl From<NoRandomness> for Error {
    fn from(error: NoRandomness) -> Self {
        Self::Internal(error.to_string())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let retry = match &self {
            Self::SignIn { next: Some(next) } => {
                let query: String =
                    url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
                return Redirect::to(&format!("/sign-in?{query}")).into_response();
            }
            Self::Confirm { next, again } => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                query.append_pair("next", next);
                if *again {
                    query.append_pair("again", "yes");
                }
                return Redirect::to(&format!("/confirm?{}", query.finish())).into_response();
            }
            Self::Enrol { again: false } => return Redirect::to("/account").into_response(),
            Self::TooMany(TooMany { seconds }) => Some(*seconds),
            Self::Busy(_) => Some(30),
            Self::Full => Some(5),
            _ => None,
        };
        let (status, title, text) = self.explained();
        let mut response = message(status, title, &text);
        if let Some(seconds) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Logs `detail` under a reference number that a person can read out.
pub(crate) fn logged(detail: &str) -> String {
    let reference: String =
        uuid::Uuid::new_v4().simple().to_string().to_uppercase().chars().take(8).collect();
    tracing::error!(reference, detail, "a request failed");
    reference
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Method;

    async fn shown(error: Error) -> (StatusCode, String) {
        let response = error.into_response();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_fault_of_ours_shows_a_reference_and_nothing_from_inside() {
        let (status, html) = shown(Error::Internal("no such table: alert".into())).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(html.contains("reference ") && !html.contains("no such table"), "{html}");
    }

    #[tokio::test]
    async fn a_page_speaks_of_what_was_sent_only_as_far_as_it_is_known() {
        let faults = || {
            let kinds: [fn() -> Error; 4] = [
                || Error::Busy("pool timed out".into()),
                || Error::Full,
                || Error::Internal("odd".into()),
                || Error::Damaged("torn".into()),
            ];
            kinds
        };
        for fault in faults() {
            let (_, read) = asked::within(&Method::GET, shown(fault())).await;
            assert!(read.contains(UNREAD) && !read.contains("Nothing was saved"), "{read}");
            let (status, sent) = asked::within(&Method::POST, shown(fault())).await;
            assert!(sent.contains(RELOAD) && !sent.contains(UNREAD), "{sent}");
            let (doubtful, html) =
                asked::within(&Method::POST, shown(Error::InDoubt(Box::new(fault())))).await;
            assert!(html.contains(UNSURE) && !html.contains("Nothing was saved"), "{html}");
            assert_eq!(doubtful, status);
            let (_, html) = asked::within(&Method::GET, shown(Error::InDoubt(Box::new(fault())))).await;
            assert!(html.contains(UNREAD), "{html}");
        }
        let (_, late) = asked::within(&Method::GET, shown(Error::TimedOut)).await;
        assert!(late.contains(UNREAD) && !late.contains(UNSURE), "{late}");
        assert!(asked::within(&Method::POST, shown(Error::TimedOut)).await.1.contains(UNSURE));
    }

    #[test]
    fn only_what_may_pass_is_called_busy_and_only_the_store_damaged() {
        for code in ["5", "517", "7", "13", "14", "08006", "25006", "40001", "53100", "57P01", "58030"] {
            assert!(passes(Some(code)) && !is_damage(Some(code)), "{code}");
        }
        for code in ["8", "11", "267", "26", "XX000", "XX001"] {
            assert!(!passes(Some(code)) && is_damage(Some(code)), "{code}");
        }
        for code in ["1", "19", "2067", "23505", "42P01", ""] {
            assert!(!passes(Some(code)) && !is_damage(Some(code)), "{code}");
        }
    }

    #[test]
    fn a_reader_without_a_session_is_sent_to_sign_in_and_back() {
        let response = Error::SignIn { next: Some("/inbox?a=b&c".into()) }.into_response();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], "/sign-in?next=%2Finbox%3Fa%3Db%26c");
    }
}
