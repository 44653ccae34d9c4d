//! What devices are told when something is wrong: RFC 9457 problem details, each kind with an address of its own that
//! says what to do about it. What people are told is in `crate::error`.

use crate::error::{Error, logged};
use crate::limit::{Refused, TooMany};
use crate::random::NoRandomness;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The path before a kind's name, in its `type`.
pub(crate) const PATH: &str = "/problems/";

/// A kind of problem: the last part of its `type`, its title and its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The last part of `type`.
    pub(crate) name: &'static str,
    /// The same for every occurrence.
    pub(crate) title: &'static str,
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// What the person who looks after the device may do, for the page that `type` names.
    pub(crate) advice: &'static str,
}

macro_rules! kinds {
    ($( $constant:ident = $name:literal, $status:ident, $title:literal, $advice:literal; )+) => {
        impl Kind {
            $( pub(crate) const $constant: Self =
                Self { name: $name, title: $title, status: StatusCode::$status, advice: $advice }; )+

            /// Every kind.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$constant),+];
        }
    };
}

kinds! {
    MALFORMED = "malformed", BAD_REQUEST, "The request could not be read",
        "The body is not the JSON that it should be. If the extension sent it, bring the extension up to date.";
    UNSIGNED = "unsigned", UNAUTHORIZED, "The request is not signed",
        "Only enrolled devices may call this address. Something other than the extension is calling it.";
    UNKNOWN_DEVICE = "unknown-device", UNAUTHORIZED, "This relay does not know the device",
        "The extension enrols again by itself. If it does not, check its enrolment key on the Install page.";
    REVOKED_DEVICE = "revoked-device", UNAUTHORIZED, "The device has been revoked",
        "Somebody in IT revoked the device on the Devices page. Enrol it again with a fresh browser profile.";
    UNKNOWN_SESSION = "unknown-session", UNAUTHORIZED, "This relay does not know the session",
        "Nothing is lost: the device signs the same request with its own key at once, and agrees on a new session at its next check-in.";
    BAD_SIGNATURE = "bad-signature", UNAUTHORIZED, "The signature does not match",
        "The request was altered on its way, or signed by another key. Check what stands between device and relay.";
    UNKNOWN_ENROLMENT_KEY = "unknown-enrolment-key", FORBIDDEN, "No school has this enrolment key",
        "Copy the policy from the Install page again: its enrolment key belongs to another relay or is cut short.";
    NOT_FOUND = "not-found", NOT_FOUND, "There is no such address",
        "The extension and the relay do not match. Bring both up to date.";
    UNKNOWN_RECEIPT = "unknown-receipt", NOT_FOUND, "No report has this receipt code",
        "Check the sixteen digits. A report that still waits on a device has no conversation yet.";
    METHOD = "method-not-allowed", METHOD_NOT_ALLOWED, "The address does not take this method",
        "Device addresses take POST alone.";
    TIMED_OUT = "timed-out", REQUEST_TIMEOUT, "The request took too long",
        "The line is very slow. The extension tries again by itself.";
    CLASH = "clash", CONFLICT, "The id belongs to something else",
        "Something with the same id is kept already. The extension makes a new id and sends it again.";
    TOO_LARGE = "too-large", PAYLOAD_TOO_LARGE, "Too much at once",
        "The extension sends less at once by itself. If it does not, bring it up to date.";
    NOT_JSON = "not-json", UNSUPPORTED_MEDIA_TYPE, "The body is not JSON",
        "Requests carry Content-Type: application/json.";
    UNFIT = "unfit", UNPROCESSABLE_ENTITY, "The request breaks a rule",
        "The detail names the field and the rule. If the extension sent it, bring the extension up to date.";
    TOO_MANY = "too-many", TOO_MANY_REQUESTS, "Too many tries",
        "The device waits for as long as Retry-After says and sends it again; nothing is lost.";
    FAULT = "fault", INTERNAL_SERVER_ERROR, "Something went wrong in the relay",
        "The device sends again whatever was not acknowledged, and it is kept once. Look up the reference number in the relay’s log.";
    BUSY = "busy", SERVICE_UNAVAILABLE, "The relay cannot keep anything just now",
        "After Retry-After the device sends again whatever was not acknowledged, and it is kept once. If it lasts, check the relay’s disk and database.";
}

/// One occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem of `kind`; `detail` says what was wrong this time and what to do.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), retry_after: None }
    }

    /// More is being fetched than there is room for.
    pub(crate) fn crowded() -> Self {
        let seconds = soon();
        let detail = format!("Too many lists are being fetched at once. Ask again in {seconds} seconds.");
        Self { kind: Kind::BUSY, detail, retry_after: Some(seconds) }
    }

    /// Whether it is of `kind`.
    pub(crate) fn is(&self, kind: Kind) -> bool {
        self.kind == kind
    }
}

impl From<TooMany> for Problem {
    fn from(error: TooMany) -> Self {
        let retry_after = Some(error.seconds);
        Self { kind: Kind::TOO_MANY, detail: error.to_string(), retry_after }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let (kind, seconds) = match refused {
            Refused::Device { seconds } => (Kind::TOO_MANY, seconds),
            Refused::Full { seconds } => (Kind::BUSY, seconds),
        };
        let detail = format!("Nothing was kept: {refused}. Send it again in {seconds} seconds.");
        Self { kind, detail, retry_after: Some(seconds) }
    }
}

impl From<NoRandomness> for Problem {
    fn from(error: NoRandomness) -> Self {
        Error::from(error).into()
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::TooMany(many) => many.into(),
            Error::NotFound => Self::new(Kind::NOT_FOUND, "Nothing answers at this address."),
            Error::Method => Self::new(Kind::METHOD, "Use POST."),
            Error::TooLarge => Self::new(Kind::TOO_LARGE, "The body is larger than this address takes."),
            Error::TimedOut => Self::new(Kind::TIMED_OUT, "The body did not arrive in time."),
            Error::BadRequest(detail) => Self::new(Kind::MALFORMED, detail),
            Error::Busy(detail) => {
                let reference = logged(&detail);
                let detail = format!("Nothing is acknowledged; send it again later. Reference {reference}.");
                Self { kind: Kind::BUSY, detail, retry_after: Some(spread(&reference)) }
            }
            Error::Full => Refused::Full { seconds: soon() }.into(),
            Error::Internal(detail) | Error::Damaged(detail) => {
                let reference = logged(&detail);
                Self::new(
                    Kind::FAULT,
                    format!("Nothing is acknowledged; send it again later. Reference {reference}."),
                )
            }
            // Nothing is acknowledged: a device sends the same again, which is kept once.
            Error::InDoubt(cause) => (*cause).into(),
            // The device API has no sessions and no forms.
            Error::SignIn { .. }
            | Error::Confirm { .. }
            | Error::Enrol { .. }
            | Error::Forbidden
            | Error::OtherSite
            | Error::Gone(_) => Self::new(Kind::UNSIGNED, "Only an enrolled device may call this address."),
        }
    }
}

/// When to come back to a database that could not take anything: 10 to 40 seconds. A thousand devices that were refused in
/// the same moment must not return in one; the reference number, made by chance, tells them apart.
fn spread(reference: &str) -> u64 {
    10 + u64::from_str_radix(reference, 16).unwrap_or_default() % 31
}

/// When to come back to a writer that has a few seconds' work: 2 to 10 seconds, by chance.
fn soon() -> u64 {
    let chance = uuid::Uuid::new_v4().as_u128() % 9;
    2 + u64::try_from(chance).unwrap_or_default()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": format!("{PATH}{}", self.kind.name),
            "title": self.kind.title,
            "status": self.kind.status.as_u16(),
            "detail": self.detail,
        });
        let media = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.kind.status, media, body.to_string()).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Signature"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own() {
        let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }

    #[test]
    fn devices_that_were_refused_together_come_back_apart() {
        let told: std::collections::HashSet<_> = (0..200)
            .filter_map(|_| Problem::from(Error::Busy("database is locked".into())).retry_after)
            .collect();
        assert!(told.len() > 10 && told.iter().all(|seconds| (10..=40).contains(seconds)), "{told:?}");
    }

    #[test]
    fn devices_that_found_the_writer_full_come_back_soon_and_apart() {
        let told: std::collections::HashSet<_> =
            (0..200).filter_map(|_| Problem::from(Error::Full).retry_after).collect();
        assert!(told.len() > 4 && told.iter().all(|seconds| (2..=10).contains(seconds)), "{told:?}");
    }

    #[tokio::test]
    async fn a_problem_is_rfc_9457_and_keeps_the_inside_to_itself() {
        let response = Problem::from(Error::Internal("no such table".into())).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(body["type"], "/problems/fault");
        assert_eq!(body["status"], 500);
        assert!(!body.to_string().contains("no such table"), "{body}");
    }
}
