//! A device's key and its signatures: RFC 9421 in the profile of `lapwing_core::wire`, made outside a browser.
//!
//! Who sends what is in `device` (one device of a browser test) and in `load` (thousands of them).

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use lapwing_core::wire::{SignatureInput, content_digest, signature_base};
use ring::digest::{SHA256, digest};
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
    pub fn headers(
        &self,
        device: &str,
        path: &str,
        body: &[u8],
        created: i64,
    ) -> Result<[(&'static str, String); 4]> {
        let digest = content_digest(&STANDARD.encode(digest(&SHA256, body)));
        let input = SignatureInput { created, key_id: device.to_owned() };
        let base = signature_base("POST", path, &digest, &input);
        let signature = self.pair.sign(&self.random, base.as_bytes()).ok().context("ring could not sign")?;
        Ok([
            ("content-type", "application/json".to_owned()),
            ("content-digest", digest),
            ("signature-input", input.header()),
            ("signature", format!("lapwing=:{}:", STANDARD.encode(signature))),
        ])
    }
}
