//! Sessions of devices as stored: one a device, its key sealed. What a session is for is in `api::session`; how it is found
//! with its device, in `devices`, and kept in memory, in `known_devices`.

use super::Tx;
use super::many::Many;
use crate::error::Error;
use crate::random::{NoRandomness, Random};
use crate::secrets::Secrets;
use lapwing_core::wire::SESSION_END;
use ring::hmac;
use std::collections::BTreeMap;

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The session's id.
    pub(crate) id: String,
    /// Its key, sealed.
    pub(crate) sealed: Vec<u8>,
    /// When it began, milliseconds.
    pub(crate) begun_at: i64,
}

/// A session whose key can be used.
#[derive(Debug)]
pub(crate) struct Session {
    /// The session's id.
    pub(crate) id: String,
    /// The key that signs.
    pub(crate) key: hmac::Key,
    begun_at: i64,
}

/// What a key is sealed for: it opens for no other session.
fn place(school: &str, device: &str, id: &str) -> String {
    format!("device_session/{school}/{device}/{id}")
}

impl Stored {
    /// Seals `key` for the session `id` of a device, which begins `now`.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub(crate) fn new(
        (secrets, random): (&Secrets, &dyn Random),
        (school, device): (&str, &str),
        id: &str,
        key: &[u8],
        now: i64,
    ) -> Result<Self, NoRandomness> {
        let sealed = secrets.seal(random, &place(school, device, id), key)?;
        Ok(Self { id: id.to_owned(), sealed, begun_at: now })
    }

    /// The session, opened; none when it does not open here, which is as if there were none: it was altered, moved, or
    /// sealed under another `secret.key`.
    pub(crate) fn open(self, secrets: &Secrets, (school, device): (&str, &str)) -> Option<Session> {
        let key = zeroize::Zeroizing::new(secrets.unseal(&place(school, device, &self.id), &self.sealed)?);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        Some(Session { id: self.id, key, begun_at: self.begun_at })
    }
}

impl Session {
    /// Whether it has not ended by `now`. One that began at another relay, whose clock is ahead of this one's, holds.
    pub(crate) const fn holds(&self, now: i64) -> bool {
        now.saturating_sub(self.begun_at) < SESSION_END
    }
}

// `distinct`, because the last chunk may hold its last row twice, and no row can be changed twice in one statement.
static BEGIN: Many = Many::new(
    "insert into device_session (device_id, school_id, id, sealed, begun_at) \
     select distinct v.column1, v.column2, v.column3, v.column4, v.column5 from (",
    5,
    ") v where true on conflict (device_id) do update set id = excluded.id, sealed = excluded.sealed, \
     begun_at = excluded.begun_at",
);

/// Keeps sessions in the place of those that their devices had: by the device's id, with its school.
pub(super) async fn begin(tx: &mut Tx, begun: &BTreeMap<&str, (&str, &Stored)>) -> Result<(), Error> {
    let begun: Vec<_> = begun.iter().collect();
    for statement in BEGIN.over(tx.engine(), &begun, |query, (device, (school, session))| {
        query
            .bind((**device).to_owned())
            .bind((*school).to_owned())
            .bind(session.id.clone())
            .bind(session.sealed.clone())
            .bind(session.begun_at)
    }) {
        statement.execute(&mut **tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn a_session_opens_for_its_own_device_alone_and_ends() {
        let (random, secrets) = (SystemRandom::default(), Secrets::from_bytes(&[7; 32]));
        let stored = Stored::new((&secrets, &random), ("oak", "d"), "s", &[9; 32], 1_000).unwrap();
        let session = stored.clone().open(&secrets, ("oak", "d")).unwrap();
        let tag = hmac::sign(&session.key, b"said");
        assert!(hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &[9; 32]), b"said", tag.as_ref()).is_ok());
        assert!(session.holds(0) && session.holds(999 + SESSION_END) && !session.holds(1_000 + SESSION_END));
        assert!(stored.clone().open(&secrets, ("oak", "e")).is_none());
        assert!(stored.clone().open(&secrets, ("ash", "d")).is_none());
        assert!(stored.clone().open(&Secrets::from_bytes(&[8; 32]), ("oak", "d")).is_none());
        assert!(Stored { id: "t".into(), ..stored }.open(&secrets, ("oak", "d")).is_none());
    }
}
