//! Randomness: the one place where the relay asks the operating system. Tokens, keys and ids are made from a [`Random`]
//! that is handed in. What a token opens is decided where it is used, in `auth` and `web::setup`.

use crate::clock::Clock;
use ring::rand::{SecureRandom, SystemRandom as Ring};

/// Fills buffers with bytes that nobody can guess.
pub trait Random: Send + Sync {
    /// Fills all of `buffer`.
    ///
    /// # Errors
    /// When the operating system gives no random bytes; nothing may then be issued.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes, so no key, token or id can be made; restart the machine")]
pub struct NoRandomness;

/// The operating system's generator.
#[derive(Debug, Clone)]
pub struct SystemRandom(Ring);

impl Default for SystemRandom {
    fn default() -> Self {
        Self(Ring::new())
    }
}

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        self.0.fill(buffer).map_err(|_| NoRandomness)
    }
}

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>(random: &dyn Random) -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}

/// A new row's id: a UUIDv7, so that rows made later sort later.
pub(crate) fn id(clock: &dyn Clock, random: &dyn Random) -> Result<String, NoRandomness> {
    let millis = u64::try_from(clock.millis()).unwrap_or_default();
    let bytes = bytes::<10>(random)?;
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().hyphenated().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;
    use jiff::SignedDuration;

    #[test]
    fn ids_are_uuids_that_sort_by_time() {
        let clock = FixedClock::new("2026-11-24T09:14:00Z".parse().unwrap());
        let random = SystemRandom::default();
        let first = id(&clock, &random).unwrap();
        clock.advance(SignedDuration::from_millis(1));
        let second = id(&clock, &random).unwrap();
        assert!(first < second, "{first} {second}");
        assert_eq!(uuid::Uuid::parse_str(&first).unwrap().get_version_num(), 7);
    }
}
