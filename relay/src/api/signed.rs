//! The device behind a request, by its signature: the profile of HTTP Message Signatures in `lapwing_core::wire`, with the
//! device's own key or with a session's. The time in a signature is not enforced: a wrong clock must not silence a device,
//! and replays change nothing.

use super::body;
use super::problem::{Kind, Problem};
use crate::app::App;
use crate::db::devices::Device;
use crate::db::known_devices::Known;
use crate::db::scope;
use crate::limit::Arrival;
use crate::metrics;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lapwing_core::wire::{SignatureInput, content_digest, limit, signature_base};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use ring::{digest, hmac};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A request whose signature holds.
#[derive(Debug)]
pub(crate) struct Signed<T> {
    /// Who signed it.
    pub(crate) device: Device,
    /// With which key.
    pub(crate) by: By,
    /// What it says.
    pub(crate) body: T,
    /// Its share of what may be under way at once, given back when this is dropped.
    pub(crate) arrival: Arrival,
}

/// Which key signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The device's own, which nobody else has.
    Device,
    /// A session's, which the relay has too.
    Session,
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
        let session = input.session.as_deref();
        let known =
            app.devices.find((&app.db, &app.secrets), &input.key_id, session).await?.ok_or_else(|| {
                Problem::new(Kind::UNKNOWN_DEVICE, "No device has this keyid here. Enrol again.")
            })?;
        let base = signature_base(parts.method.as_str(), parts.uri.path(), digest, &input);
        let checked = verify(&known, session, app.now(), (base.as_bytes(), &signature));
        metrics::signature(match &checked {
            Ok(By::Device) => "device",
            Ok(By::Session) => "session",
            Err(problem) if problem.is(Kind::UNKNOWN_SESSION) => "unknown_session",
            Err(_) => "wrong",
        });
        let by = checked?;
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
        Ok(Self { device, by, body: body::parse(&bytes)?, arrival })
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

fn verify(
    known: &Known,
    session: Option<&str>,
    now: i64,
    (base, signature): (&[u8], &[u8]),
) -> Result<By, Problem> {
    let wrong =
        |_| Problem::new(Kind::BAD_SIGNATURE, "The signature is not this device’s over this request.");
    let Some(id) = session else {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &known.key);
        return key.verify(base, signature).map(|()| By::Device).map_err(wrong);
    };
    let session = known.session.as_ref().filter(|session| session.id == id && session.holds(now));
    let session = session.ok_or_else(|| {
        Problem::new(
            Kind::UNKNOWN_SESSION,
            "The device has no such session, or it has ended. Sign this with the device’s own key, and offer a new point \
             at the next check-in.",
        )
    })?;
    // In constant time.
    hmac::verify(&session.key, base, signature).map(|()| By::Session).map_err(wrong)
}
