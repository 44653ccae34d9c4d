//! The relay's half of a session: a key that a device and the relay agree on at a check-in, and by which the device may
//! sign afterwards (`signed`). What both ends must do alike stands in `lapwing_core::wire`.

use super::checked::Unfit;
use super::problem::Problem;
use crate::app::App;
use crate::db::device_sessions::Stored;
use crate::db::devices::Device;
use crate::random::NoRandomness;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lapwing_core::wire::{SESSION_SALT, SessionGrant, session_info};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

/// Bytes of a session's key.
const LENGTH: usize = 32;

/// Agrees on a key with `device`, which offers `point`. Answers what is to be stored and what the device is to be told.
///
/// # Errors
/// When the point is none, or the operating system gives no random bytes.
pub(super) fn begin(app: &App, device: &Device, point: &str) -> Result<(Stored, SessionGrant), Problem> {
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).map_err(|_| NoRandomness)?;
    let own_point = own.compute_public_key().map_err(|_| NoRandomness)?;
    let grant = SessionGrant { id: app.new_id()?, point: URL_SAFE_NO_PAD.encode(own_point) };
    let key = agreed(own, &device.id, point, &grant)?;
    let place = (device.school_id.as_str(), device.id.as_str());
    let stored =
        Stored::new((&app.secrets, app.random.as_ref()), place, &grant.id, key.as_slice(), app.now())?;
    Ok((stored, grant))
}

/// The key, from the relay's private half and the device's point.
fn agreed(
    own: EphemeralPrivateKey,
    device_id: &str,
    point: &str,
    grant: &SessionGrant,
) -> Result<Zeroizing<[u8; LENGTH]>, Unfit> {
    let unfit =
        || Unfit::new("session_point", "must be an uncompressed P-256 point, 65 bytes in unpadded base64url");
    let peer = UnparsedPublicKey::new(&ECDH_P256, URL_SAFE_NO_PAD.decode(point).map_err(|_| unfit())?);
    let info = session_info(device_id, point, grant);
    let mut key = Zeroizing::new([0; LENGTH]);
    agree_ephemeral(own, &peer, |shared| {
        let derived = Salt::new(HKDF_SHA256, SESSION_SALT.as_bytes()).extract(shared);
        derived.expand(&[info.as_bytes()], Length).and_then(|bytes| bytes.fill(key.as_mut_slice()))
    })
    .and_then(|filled| filled)
    .map_err(|_| unfit())?;
    Ok(key)
}

/// How much HKDF is to give.
#[derive(Clone, Copy)]
struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        LENGTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (EphemeralPrivateKey, String) {
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let point = URL_SAFE_NO_PAD.encode(private.compute_public_key().unwrap());
        (private, point)
    }

    #[test]
    fn both_ends_have_the_same_key_and_whoever_changes_a_point_on_the_way_has_another() {
        let ((relay, relay_point), (device, device_point)) = (pair(), pair());
        let grant = SessionGrant { id: "s".into(), point: relay_point };
        let here = agreed(relay, "d", &device_point, &grant).unwrap();
        // The device does the same with the relay's point, except that each point keeps its place in the info.
        let there = {
            let peer = UnparsedPublicKey::new(&ECDH_P256, URL_SAFE_NO_PAD.decode(&grant.point).unwrap());
            let info = format!("d\ns\n{device_point}\n{}", grant.point);
            let mut key = [0; LENGTH];
            agree_ephemeral(device, &peer, |shared| {
                let derived = Salt::new(HKDF_SHA256, SESSION_SALT.as_bytes()).extract(shared);
                derived.expand(&[info.as_bytes()], Length).unwrap().fill(&mut key).unwrap();
            })
            .unwrap();
            key
        };
        assert_eq!(*here, there);

        // Somebody between them answers the device with a point of their own.
        let ((relay, _), (middle, middle_point)) = (pair(), pair());
        let relay = agreed(relay, "d", &device_point, &grant).unwrap();
        let grant = SessionGrant { id: "s".into(), point: middle_point };
        let middle = agreed(middle, "d", &device_point, &grant).unwrap();
        assert_ne!(*relay, *middle);
    }

    #[test]
    fn what_is_no_point_is_refused() {
        let grant = SessionGrant { id: "s".into(), point: pair().1 };
        for point in ["", "AAAA", "not base64!", &URL_SAFE_NO_PAD.encode([4; 65])] {
            assert!(agreed(pair().0, "d", point, &grant).is_err(), "{point}");
        }
    }
}
