//! Devices that have just been asked for, kept for two seconds: a device with a backlog sends request after request, and
//! each would read the same row. Revoking a device drops it here at once, and on other relays as soon as they hear of it
//! (`live`); two seconds is what they would take if they heard nothing.
//!
//! With a device its session is kept, opened. A session that is not the one kept here may have begun at another relay a
//! moment ago, so the row is read again, but only so often: anybody can send ids that no session has.

use super::Db;
use super::device_reads::Reads;
use super::device_sessions::Session;
use super::devices::Device;
use crate::error::Error;
use crate::secrets::Secrets;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a device is believed to be what it was.
const BELIEVED: Duration = Duration::from_secs(2);

/// Devices that may be kept at once; beyond that those that are no longer believed go first.
const MOST: usize = 50_000;

/// How often a device that is believed is read again for the sake of a session that is not the one it had.
const AGAIN: u8 = 4;

/// A device, with its keys as the signature's check needs them.
#[derive(Debug)]
pub(crate) struct Known {
    /// The device.
    pub(crate) device: Device,
    /// Its public key: an uncompressed point. Empty when what is stored is none, and then no signature holds.
    pub(crate) key: Vec<u8>,
    /// Its session, which may have ended.
    pub(crate) session: Option<Session>,
}

impl Known {
    /// Whether a request that names `session`, or none, can be judged by what is known here.
    fn suits(&self, session: Option<&str>) -> bool {
        session.is_none_or(|id| self.session.as_ref().is_some_and(|session| session.id == id))
    }
}

#[derive(Debug)]
struct Entry {
    known: Arc<Known>,
    since: Instant,
    /// How often it was read again while it was believed.
    again: u8,
}

impl Entry {
    fn is_believed(&self) -> bool {
        self.since.elapsed() < BELIEVED
    }
}

#[derive(Debug, Default)]
struct Kept {
    devices: HashMap<String, Entry>,
    /// How often something was forgotten. What was read before may be what was forgotten.
    forgotten: u64,
}

/// The devices that have just been asked for. One for the whole process.
#[derive(Debug, Default)]
pub(crate) struct KnownDevices {
    kept: Mutex<Kept>,
    reads: Arc<Reads>,
}

/// What was found here, or how to keep what is read instead.
enum Look {
    Known(Arc<Known>),
    Read {
        /// How often something had been forgotten.
        forgotten: u64,
        /// How often the device has been read again, with this time.
        again: u8,
    },
}

impl KnownDevices {
    /// The device with this id, whatever its school; revoked ones too. `session` is the one that the request names: the
    /// answer may have another, or none.
    pub(crate) async fn find(
        &self,
        (db, secrets): (&Db, &Secrets),
        id: &str,
        session: Option<&str>,
    ) -> Result<Option<Arc<Known>>, Error> {
        let (forgotten, again) = match self.look(id, session) {
            Look::Known(known) => return Ok(Some(known)),
            Look::Read { forgotten, again } => (forgotten, again),
        };
        let Some((device, stored)) = self.reads.read(db, id).await? else { return Ok(None) };
        let key = URL_SAFE_NO_PAD.decode(&device.public_key).unwrap_or_default();
        let session = stored.and_then(|stored| stored.open(secrets, (&device.school_id, &device.id)));
        let known = Arc::new(Known { device, key, session });
        self.keep(&known, forgotten, again);
        Ok(Some(known))
    }

    /// Drops what is known of a device: the database knows better.
    pub(crate) fn forget(&self, id: &str) {
        let mut kept = self.locked();
        kept.forgotten += 1;
        kept.devices.remove(id);
    }

    /// Drops all.
    pub(crate) fn forget_all(&self) {
        let mut kept = self.locked();
        kept.forgotten += 1;
        kept.devices.clear();
    }

    fn look(&self, id: &str, session: Option<&str>) -> Look {
        let mut kept = self.locked();
        let forgotten = kept.forgotten;
        match kept.devices.get_mut(id).filter(|entry| entry.is_believed()) {
            Some(entry) if entry.known.suits(session) || entry.again >= AGAIN => {
                Look::Known(Arc::clone(&entry.known))
            }
            Some(entry) => {
                entry.again += 1;
                Look::Read { forgotten, again: entry.again }
            }
            None => Look::Read { forgotten, again: 0 },
        }
    }

    fn keep(&self, known: &Arc<Known>, forgotten: u64, again: u8) {
        let mut kept = self.locked();
        if kept.forgotten != forgotten {
            return;
        }
        if kept.devices.len() >= MOST {
            kept.devices.retain(|_, entry| entry.is_believed());
        }
        if kept.devices.len() < MOST {
            let entry = Entry { known: Arc::clone(known), since: Instant::now(), again };
            kept.devices.insert(known.device.id.clone(), entry);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        // Each holder leaves it whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::device_sessions::Stored;
    use crate::random::{Random, SystemRandom};

    fn known(id: &str, session: Option<&str>) -> Arc<Known> {
        let device = Device {
            id: id.into(),
            school_id: "oak".into(),
            public_key: String::new(),
            revoked_at: None,
            last_seen_at: 0,
        };
        let secrets = Secrets::from_bytes(&[7; 32]);
        let session = session.and_then(|session| {
            let sealing = (&secrets, &SystemRandom::default() as &dyn Random);
            Stored::new(sealing, ("oak", id), session, &[1; 32], 1).unwrap().open(&secrets, ("oak", id))
        });
        Arc::new(Known { device, key: Vec::new(), session })
    }

    /// Whether the device is known, or how often things had been forgotten.
    fn look(devices: &KnownDevices, session: Option<&str>) -> Result<Arc<Known>, (u64, u8)> {
        match devices.look("a", session) {
            Look::Known(known) => Ok(known),
            Look::Read { forgotten, again } => Err((forgotten, again)),
        }
    }

    #[test]
    fn what_was_forgotten_is_asked_for_again() {
        let devices = KnownDevices::default();
        devices.keep(&known("a", None), 0, 0);
        assert!(look(&devices, None).is_ok());
        devices.forget("a");
        assert_eq!(look(&devices, None).unwrap_err(), (1, 0));
    }

    #[test]
    fn what_was_read_before_a_revocation_is_not_kept_after_it() {
        let devices = KnownDevices::default();
        let (before, _) = look(&devices, None).unwrap_err();
        devices.forget("a");
        devices.keep(&known("a", None), before, 0);
        assert!(look(&devices, None).is_err(), "the row was read while the device was still in force");
        let (after, _) = look(&devices, None).unwrap_err();
        devices.keep(&known("a", None), after, 0);
        assert!(look(&devices, None).is_ok());
    }

    #[test]
    fn a_session_of_another_relay_is_looked_for_and_a_flood_of_wrong_ones_is_not() {
        let devices = KnownDevices::default();
        devices.keep(&known("a", Some("old")), 0, 0);
        assert!(look(&devices, Some("old")).is_ok());
        let (forgotten, again) = look(&devices, Some("new")).unwrap_err();
        devices.keep(&known("a", Some("new")), forgotten, again);
        assert_eq!(look(&devices, Some("new")).unwrap().session.as_ref().unwrap().id, "new");
        let mut reads = 0;
        for number in 0..1_000 {
            if let Err((forgotten, again)) = look(&devices, Some(&format!("wrong-{number}"))) {
                reads += 1;
                devices.keep(&known("a", Some("new")), forgotten, again);
            }
        }
        assert_eq!(reads, AGAIN - 1);
        assert!(look(&devices, Some("new")).is_ok() && look(&devices, None).is_ok());
    }
}
