//! One sealed value: XChaCha20-Poly1305 under a 256-bit key, a random 24-byte nonce before the ciphertext, and the place
//! of the value in the database as associated data, so that a value moved to another row no longer opens. Which key is
//! used for what is in `vault`.

use crate::random::{self, NoRandomness, Random};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::fmt;
use zeroize::{Zeroize as _, Zeroizing};

/// The form of a sealed value. A value of another form is refused, never guessed at.
const FORM: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Why a value could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// It was altered, moved, or sealed under another key.
    #[error("a sealed value does not open: it was changed or moved, or its key is another one")]
    Refused,
    /// It was written by a newer relay, or is no sealed value.
    #[error("a sealed value has a form that this version of Lapwing does not know")]
    Form,
    /// What is inside is not what this place holds.
    #[error("a sealed value opens, but does not hold what belongs there")]
    Content,
    /// The key that wraps it is not among the school's.
    #[error(
        "the key that a record is wrapped under is not there; restore the keys file of the newest backup"
    )]
    NoKey,
    /// No nonce could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// A key. It is wiped from memory when it is dropped, and never printed.
#[derive(Clone)]
pub(crate) struct Key([u8; Self::LENGTH]);

impl Key {
    /// Bytes of a key.
    pub(crate) const LENGTH: usize = 32;

    /// A new key.
    pub(crate) fn new(random: &dyn Random) -> Result<Self, NoRandomness> {
        Ok(Self(random::bytes(random)?))
    }

    /// The key in these bytes.
    pub(crate) const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The key's bytes, for deriving from it.
    pub(crate) const fn bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Seals `plain` for the place `place`.
    pub(crate) fn seal(&self, random: &dyn Random, place: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE] = random::bytes(random)?;
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Refused)?;
        let mut value = Vec::with_capacity(1 + NONCE + sealed.len());
        value.push(FORM);
        value.extend_from_slice(&nonce);
        value.extend_from_slice(&sealed);
        Ok(value)
    }

    /// Opens what [`seal`](Self::seal) made for the same place.
    pub(crate) fn open(&self, place: &str, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let [form, rest @ ..] = value else { return Err(SealError::Form) };
        if *form != FORM || rest.len() < NONCE + TAG {
            return Err(SealError::Form);
        }
        let (nonce, sealed) = rest.split_at(NONCE);
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SealError::Form)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let plain = self.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Refused)?;
        Ok(Zeroizing::new(plain))
    }

    /// Wraps `key` for the place `place`.
    pub(crate) fn wrap(&self, random: &dyn Random, place: &str, key: &Self) -> Result<Vec<u8>, SealError> {
        self.seal(random, place, &key.0)
    }

    /// The key that [`wrap`](Self::wrap) wrapped.
    pub(crate) fn unwrap_key(&self, place: &str, wrapped: &[u8]) -> Result<Self, SealError> {
        let plain = self.open(place, wrapped)?;
        Ok(Self(plain.as_slice().try_into().map_err(|_| SealError::Content)?))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_only_whole_in_its_place_under_its_key(
            plain in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let random = SystemRandom::default();
            let (key, other) = (Key::new(&random).unwrap(), Key::new(&random).unwrap());
            let sealed = key.seal(&random, "entry:1", &plain).unwrap();
            let opened = key.open("entry:1", &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plain.as_slice());
            prop_assert!(key.open("entry:2", &sealed).is_err());
            prop_assert!(other.open("entry:1", &sealed).is_err());
            let mut changed = sealed.clone();
            changed[at.index(sealed.len())] ^= 1 << bit;
            prop_assert!(key.open("entry:1", &changed).is_err());
            prop_assert!(key.open("entry:1", &sealed[..at.index(sealed.len())]).is_err());
        }
    }

    #[test]
    fn the_same_words_never_look_the_same() {
        let random = SystemRandom::default();
        let key = Key::new(&random).unwrap();
        assert_ne!(key.seal(&random, "a", b"words").unwrap(), key.seal(&random, "a", b"words").unwrap());
        assert_eq!(format!("{key:?}"), "Key(…)");
    }
}
