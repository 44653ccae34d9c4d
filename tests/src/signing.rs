//! A device's keys and its signatures: RFC 9421 in the profile of `lapwing_core::wire`, made outside a browser, with the
//! device's own key or with a session's.
//!
//! Who sends what is in `device` (one device of a browser test) and in `load` (thousands of them).

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use lapwing_core::wire::{
    SESSION_SALT, SessionGrant, SignatureInput, content_digest, session_info, signature_base,
};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::digest::{SHA256, digest};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

/// A P-256 key.
pub struct Key {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Key {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new() -> Result<Self> {
        let random = SystemRandom::new();
        let pair =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).ok().and_then(|pkcs8| {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).ok()
            });
        Ok(Self { pair: pair.context("ring could not make a key")?, random })
    }

    /// The public half as enrolment wants it: the uncompressed point in unpadded base64url.
    #[must_use]
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key())
    }

    /// The headers of a POST of `body` to `path` by `device`, at `created` (seconds since 1970).
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn headers(&self, device: &str, path: &str, body: &[u8], created: i64) -> Result<Headers> {
        let input = SignatureInput { created, key_id: device.to_owned(), session: None };
        headers(&input, path, body, |base| {
            let signature = self.pair.sign(&self.random, base).ok().context("ring could not sign")?;
            Ok(STANDARD.encode(signature))
        })
    }
}

/// Names and values of a signed request's headers.
pub type Headers = [(&'static str, String); 4];

fn headers(
    input: &SignatureInput,
    path: &str,
    body: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<String>,
) -> Result<Headers> {
    let digest = content_digest(&STANDARD.encode(digest(&SHA256, body)));
    let signature = sign(signature_base("POST", path, &digest, input).as_bytes())?;
    Ok([
        ("content-type", "application/json".to_owned()),
        ("content-digest", digest),
        ("signature-input", input.header()),
        ("signature", format!("lapwing=:{signature}:")),
    ])
}

/// A device's half of a session that the relay has not yet answered.
pub struct Offer {
    private: EphemeralPrivateKey,
    /// The `session_point` of a check-in.
    pub point: String,
}

impl Offer {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new() -> Result<Self> {
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).ok();
        let private = private.context("ring could not make a key")?;
        let point = private.compute_public_key().ok().context("ring could not make a point")?;
        Ok(Self { private, point: URL_SAFE_NO_PAD.encode(point) })
    }

    /// The session that the relay granted to `device`.
    ///
    /// # Errors
    /// When the relay's point is none.
    pub fn agree(self, device: &str, grant: &SessionGrant) -> Result<Session> {
        let peer = UnparsedPublicKey::new(&ECDH_P256, URL_SAFE_NO_PAD.decode(&grant.point)?);
        let info = session_info(device, &self.point, grant);
        let key = agree_ephemeral(self.private, &peer, |shared| {
            let derived = Salt::new(HKDF_SHA256, SESSION_SALT.as_bytes()).extract(shared);
            derived.expand(&[info.as_bytes()], hmac::HMAC_SHA256).map(hmac::Key::from)
        });
        let key = key.and_then(|key| key).ok().context("the relay’s point is none")?;
        Ok(Session { id: grant.id.clone(), key })
    }
}

/// A session of a device.
pub struct Session {
    id: String,
    key: hmac::Key,
}

impl Session {
    /// The headers of a POST of `body` to `path` by `device`, at `created` (seconds since 1970).
    ///
    /// # Errors
    /// Never: it is one of two ways to sign.
    pub fn headers(&self, device: &str, path: &str, body: &[u8], created: i64) -> Result<Headers> {
        let input = SignatureInput { created, key_id: device.to_owned(), session: Some(self.id.clone()) };
        headers(&input, path, body, |base| Ok(STANDARD.encode(hmac::sign(&self.key, base))))
    }
}
