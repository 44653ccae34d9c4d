//! Requests to the relay as they leave the device: where each goes, and the bytes that are signed.
//!
//! JavaScript hashes, signs and derives, because the keys are ones that WebCrypto will not let out; everything that the
//! hash, the signature and the derivation cover is put together here, from the same `wire` code that the relay checks with.

use lapwing_core::wire::{self, SessionGrant, SignatureInput};
use serde::{Deserialize, Serialize};

/// What JavaScript has worked out about a request that is to be signed.
#[derive(Debug, Clone, Deserialize)]
pub struct ToSign {
    /// Upper case.
    pub method: String,
    /// The path alone, as in [`wire::path`].
    pub path: String,
    /// SHA-256 of the body's bytes in standard base64.
    pub digest: String,
    /// Milliseconds since 1970 by the device's clock.
    pub now: i64,
    /// From enrolment.
    pub device_id: String,
    /// The session whose key is to sign; none when the device's own is.
    #[serde(default)]
    pub session: Option<String>,
}

/// The headers of a signed request, and the bytes to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signing {
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub signature_input: String,
    /// What the key signs, in UTF-8.
    pub base: String,
}

/// Puts together what is signed.
#[must_use]
pub fn signing(request: &ToSign) -> Signing {
    let input = SignatureInput {
        created: request.now.div_euclid(1000),
        key_id: request.device_id.clone(),
        session: request.session.clone(),
    };
    let content_digest = wire::content_digest(&request.digest);
    let base = wire::signature_base(&request.method, &request.path, &content_digest, &input);
    Signing { content_digest, signature_input: input.header(), base }
}

/// The value of the `Signature` header for a signature in standard base64.
#[must_use]
pub fn signature_header(signature: &str) -> String {
    format!("lapwing=:{signature}:")
}

/// A session that the relay has granted, of which JavaScript is to derive the key.
#[derive(Debug, Clone, Deserialize)]
pub struct Granted {
    /// From enrolment.
    pub device_id: String,
    /// The point that the device offered.
    pub point: String,
    /// What the relay answered.
    pub grant: SessionGrant,
}

/// What HKDF takes beside the secret, both in ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Derivation {
    /// The salt.
    pub salt: &'static str,
    /// The info.
    pub info: String,
}

/// Puts together what a session's key is derived with.
#[must_use]
pub fn derivation(granted: &Granted) -> Derivation {
    let info = wire::session_info(&granted.device_id, &granted.point, &granted.grant);
    Derivation { salt: wire::SESSION_SALT, info }
}

/// Whether to offer a session at this check-in: `since` is when the last one was granted or declined, by the same clock,
/// in milliseconds. A clock that was set back is a reason to offer.
#[must_use]
pub fn session_due(since: Option<i64>, now: i64) -> bool {
    since.is_none_or(|since| !(0..wire::SESSION_RENEW).contains(&now.saturating_sub(since)))
}

/// A request without its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Under the relay's own address.
    pub path: &'static str,
    /// JSON.
    pub body: String,
}

/// Why a request could not be made, in words for whoever reads the log of the worker.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// A value that JavaScript gave does not have the shape of the wire.
    #[error("the {what} could not be put together: {source}")]
    Shape {
        /// Which request.
        what: &'static str,
        /// What was wrong.
        source: serde_json::Error,
    },
    /// The kind of request has no path.
    #[error("“{0}” is not a request that a device makes; use enrol, check-in, thread or access")]
    Unknown(String),
}

/// Checks and writes a request that is not kept in the outbox: `enrol`, `check-in`, `thread` or `access`.
///
/// # Errors
/// When `json` does not have the shape that the wire asks for.
pub fn request(kind: &str, json: &str) -> Result<Request, RequestError> {
    match kind {
        "enrol" => {
            let mut enrolment: wire::Enrolment = read("enrolment", json)?;
            enrolment.label = cut(&enrolment.label, wire::limit::LINE);
            write("enrolment", wire::path::ENROL, &enrolment)
        }
        "check-in" => {
            let mut check_in: wire::CheckIn = read("check-in", json)?;
            check_in.browser = cut(&check_in.browser, wire::limit::LINE);
            write("check-in", wire::path::CHECK_IN, &check_in)
        }
        "thread" => write("question", wire::path::THREAD, &read::<wire::ThreadQuery>("question", json)?),
        "access" => {
            let mut asked: wire::AccessRequest = read("request for a site", json)?;
            let line: String = asked.reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            asked.reason = cut(line.trim(), wire::limit::LINE);
            write("request for a site", wire::path::ACCESS, &asked)
        }
        other => Err(RequestError::Unknown(other.to_owned())),
    }
}

fn read<T: serde::de::DeserializeOwned>(what: &'static str, json: &str) -> Result<T, RequestError> {
    serde_json::from_str(json).map_err(|source| RequestError::Shape { what, source })
}

fn write<T: Serialize>(what: &'static str, path: &'static str, value: &T) -> Result<Request, RequestError> {
    let body = serde_json::to_string(value).map_err(|source| RequestError::Shape { what, source })?;
    Ok(Request { path, body })
}

/// The first `most` characters of a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_what_the_relay_will_check() {
        let request = |session: Option<&str>| ToSign {
            method: "POST".into(),
            path: wire::path::ALERTS.into(),
            digest: "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=".into(),
            now: 1_763_800_000_999,
            device_id: "0199-ab".into(),
            session: session.map(str::to_owned),
        };
        for session in [None, Some("01a0-cd")] {
            let signing = signing(&request(session));
            let input = SignatureInput::parse(&signing.signature_input).unwrap();
            let session = session.map(str::to_owned);
            assert_eq!(input, SignatureInput { created: 1_763_800_000, key_id: "0199-ab".into(), session });
            assert_eq!(
                signing.base,
                wire::signature_base("POST", wire::path::ALERTS, &signing.content_digest, &input)
            );
        }
        assert_eq!(signature_header("AAAA"), "lapwing=:AAAA:");
    }

    #[test]
    fn a_session_is_offered_once_a_day_and_whenever_there_is_none() {
        let day = wire::SESSION_RENEW;
        assert!(session_due(None, 0) && session_due(Some(1), 1 + day) && session_due(Some(2), 1));
        assert!(!session_due(Some(1), 1) && !session_due(Some(1), day));
    }

    #[test]
    fn a_session_is_derived_as_the_relay_derives_it() {
        let grant = SessionGrant { id: "s".into(), point: "R".into() };
        let json = serde_json::json!({ "device_id": "d", "point": "P", "grant": grant });
        let made = derivation(&serde_json::from_value(json).unwrap());
        assert_eq!(made, Derivation { salt: wire::SESSION_SALT, info: wire::session_info("d", "P", &grant) });
    }

    #[test]
    fn a_request_is_written_as_the_wire_reads_it() {
        let long = "x".repeat(wire::limit::LINE + 50);
        let json = serde_json::json!({
            "enrolment_key": "k", "public_key": "p", "label": long, "extension_version": "0.1.0"
        });
        let made = request("enrol", &json.to_string()).unwrap();
        assert_eq!(made.path, "/api/v1/enrol");
        let back: wire::Enrolment = serde_json::from_str(&made.body).unwrap();
        assert_eq!(back.label.chars().count(), wire::limit::LINE);
    }

    #[test]
    fn a_wrong_shape_says_what_was_wrong() {
        let error = request("check-in", r#"{"browser":"x"}"#).unwrap_err().to_string();
        assert!(error.contains("check-in") && error.contains("extension_version"), "{error}");
        assert!(request("alerts", "{}").unwrap_err().to_string().contains("alerts"));
    }
}
