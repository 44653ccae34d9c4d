//! Requests to the relay as they leave the device: where each goes, and the bytes that are signed.
//!
//! JavaScript hashes and signs, because the private key is one that WebCrypto will not let out; everything that the
//! hash and the signature cover is put together here, from the same `wire` code that the relay checks with.

use lapwing_core::wire::{self, SignatureInput};
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
}

/// The headers of a signed request, and the bytes to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signing {
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub signature_input: String,
    /// What the device's key signs, in UTF-8.
    pub base: String,
}

/// Puts together what is signed.
#[must_use]
pub fn signing(request: &ToSign) -> Signing {
    let input = SignatureInput { created: request.now.div_euclid(1000), key_id: request.device_id.clone() };
    let content_digest = wire::content_digest(&request.digest);
    let base = wire::signature_base(&request.method, &request.path, &content_digest, &input);
    Signing { content_digest, signature_input: input.header(), base }
}

/// The value of the `Signature` header for a signature in standard base64.
#[must_use]
pub fn signature_header(signature: &str) -> String {
    format!("lapwing=:{signature}:")
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
    #[error("“{0}” is not a request that a device makes; use enrol, check-in or thread")]
    Unknown(String),
}

/// Checks and writes a request that is not kept in the outbox: `enrol`, `check-in` or `thread`.
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
        let signing = signing(&ToSign {
            method: "POST".into(),
            path: wire::path::ALERTS.into(),
            digest: "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=".into(),
            now: 1_763_800_000_999,
            device_id: "0199-ab".into(),
        });
        let input = SignatureInput::parse(&signing.signature_input).unwrap();
        assert_eq!(input, SignatureInput { created: 1_763_800_000, key_id: "0199-ab".into() });
        assert_eq!(
            signing.base,
            wire::signature_base("POST", wire::path::ALERTS, &signing.content_digest, &input)
        );
        assert_eq!(signature_header("AAAA"), "lapwing=:AAAA:");
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
