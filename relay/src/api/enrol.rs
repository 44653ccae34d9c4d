//! Enrolment: a device shows its school's enrolment key and gets an id for its own public key. The enrolment key can be
//! read on every device, so it opens nothing but this.

use super::body;
use super::checked::{Unfit, line};
use super::problem::{Kind, Problem};
use crate::app::App;
use crate::db::audit::{self, Event};
use crate::db::devices::{self, NewDevice};
use crate::db::schools;
use crate::extract::Address;
use axum::Json;
use axum::extract::{Request, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lapwing_core::wire::{Enrolled, Enrolment};
use ring::agreement;
use ring::rand::SystemRandom;
use std::sync::Arc;

/// `POST /api/v1/enrol`. A device that asks again with the same key gets the same id.
pub(crate) async fn enrol(
    State(app): State<Arc<App>>,
    Address(address): Address,
    request: Request,
) -> Result<Json<Enrolled>, Problem> {
    app.limits.enrol.check(&address)?;
    let (parts, body) = request.into_parts();
    let bytes = body::read(&parts.headers, body).await?;
    let asked: Enrolment = body::parse(&bytes)?;
    let label = line("label", &asked.label)?;
    let extension_version = line("extension_version", &asked.extension_version)?;
    public_key(&asked.public_key)?;
    let Some(school_id) = schools::by_enrolment_key(app.db.read(), &asked.enrolment_key).await? else {
        return Err(Problem::new(
            Kind::UNKNOWN_ENROLMENT_KEY,
            "No school here has this enrolment key. Copy the policy from the Install page again.",
        ));
    };
    let id = app.new_id()?;
    let mut tx = app.db.begin().await?;
    let new = NewDevice {
        id: &id,
        school_id: &school_id,
        public_key: &asked.public_key,
        label: &label,
        extension_version: &extension_version,
    };
    let (device, is_new) = devices::enrol(&mut tx, &new, app.now()).await?;
    if device.revoked_at.is_some() {
        return Err(Problem::new(Kind::REVOKED_DEVICE, "IT has revoked the device with this key."));
    }
    if is_new {
        let event = Event {
            school_id: Some(&school_id),
            account_id: None,
            action: "enrol",
            object_kind: "device",
            object_id: &device.id,
            detail: serde_json::Value::Null,
        };
        audit::record(&mut tx, &app, event).await?;
    }
    tx.commit().await?;
    tracing::info!(device = device.id, is_new, "a device enrolled");
    Ok(Json(Enrolled { device_id: device.id }))
}

/// Checks that a key is a point of P-256: agreeing on a secret with it fails when it is not.
pub(super) fn public_key(text: &str) -> Result<(), Problem> {
    let unfit =
        || Unfit::new("public_key", "must be an uncompressed P-256 point, 65 bytes in unpadded base64url");
    let point = URL_SAFE_NO_PAD.decode(text).map_err(|_| unfit())?;
    let algorithm = &agreement::ECDH_P256;
    let private = agreement::EphemeralPrivateKey::generate(algorithm, &SystemRandom::new())
        .map_err(|_| Problem::from(crate::random::NoRandomness))?;
    let peer = agreement::UnparsedPublicKey::new(algorithm, point);
    agreement::agree_ephemeral(private, &peer, |_| ()).map_err(|_| unfit().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

    #[test]
    fn only_points_of_the_curve_are_keys() {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let mut point = pair.public_key().as_ref().to_vec();
        assert!(public_key(&URL_SAFE_NO_PAD.encode(&point)).is_ok());
        point[40] ^= 1;
        assert!(public_key(&URL_SAFE_NO_PAD.encode(&point)).is_err());
        for text in ["", "AAAA", "not base64!", &URL_SAFE_NO_PAD.encode([4; 65])] {
            assert!(public_key(text).is_err(), "{text}");
        }
    }
}
