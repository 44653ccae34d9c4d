//! The device behind a request, by its signature: the profile of HTTP Message Signatures in `lapwing_core::wire`. The
//! time in a signature is not enforced: a wrong clock must not silence a device, and replays change nothing.

use super::body;
use super::problem::{Kind, Problem};
use crate::app::App;
use crate::db::devices::Device;
use crate::db::scope;
use crate::limit::Arrival;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lapwing_core::wire::{SignatureInput, content_digest, limit, signature_base};
use ring::digest;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A request whose signature holds.
#[derive(Debug)]
pub(crate) struct Signed<T> {
    /// Who signed it.
    pub(crate) device: Device,
    /// What it says.
    pub(crate) body: T,
    /// Its share of what may be under way at once, given back when this is dropped.
    pub(crate) arrival: Arrival,
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Signed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let input = header(&parts.headers, "signature-input")?;
        let input =
            SignatureInput::parse(input).map_err(|error| Problem::new(Kind::UNSIGNED, error.to_string()))?;
        let signature = signature(header(&parts.headers, "signature")?)?;
        let digest = header(&parts.headers, "content-digest")?;
        let known = app.devices.find(&app.db, &input.key_id).await?.ok_or_else(|| {
            Problem::new(Kind::UNKNOWN_DEVICE, "No device has this keyid here. Enrol again.")
        })?;
        let base = signature_base(parts.method.as_str(), parts.uri.path(), digest, &input);
        verify(&known.key, base.as_bytes(), &signature)?;
        let device = known.device.clone();
        if device.revoked_at.is_some() {
            return Err(Problem::new(
                Kind::REVOKED_DEVICE,
                "IT has revoked this device. Nothing of it is taken.",
            ));
        }
        scope::settle(&device.school_id);
        // Now it is known whose request this is, and before memory is spent on its body.
        let arrival = app.admission.arrive(&device, announced(&parts.headers), limit::BODY as u64)?;
        let bytes = body::read(&parts.headers, body).await?;
        if content_digest(&STANDARD.encode(digest::digest(&digest::SHA256, &bytes))) != digest {
            return Err(Problem::new(
                Kind::BAD_SIGNATURE,
                "The body is not the one that Content-Digest names.",
            ));
        }
        Ok(Self { device, body: body::parse(&bytes)?, arrival })
    }
}

/// How many bytes the body will have, where the request says so.
fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, Problem> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or_else(|| {
        Problem::new(Kind::UNSIGNED, format!("The {name} header is missing. Enrol, and sign every request."))
    })
}

pub(super) fn signature(header: &str) -> Result<Vec<u8>, Problem> {
    header
        .strip_prefix("lapwing=:")
        .and_then(|rest| rest.strip_suffix(':'))
        .and_then(|base64| STANDARD.decode(base64).ok())
        .ok_or_else(|| Problem::new(Kind::UNSIGNED, "The signature header must read: lapwing=:BASE64:"))
}

fn verify(key: &[u8], base: &[u8], signature: &[u8]) -> Result<(), Problem> {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(base, signature).map_err(|_| {
        Problem::new(Kind::BAD_SIGNATURE, "The signature is not this device’s over this request.")
    })
}
