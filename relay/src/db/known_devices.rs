//! Devices that have just been asked for, kept for two seconds: a device with a backlog sends request after request, and
//! each would read the same row. Revoking a device drops it here at once, and on other relays as soon as they hear of it
//! (`live`); two seconds is what they would take if they heard nothing.

use super::Db;
use super::devices::{self, Device};
use crate::error::Error;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a device is believed to be what it was.
const BELIEVED: Duration = Duration::from_secs(2);

/// Devices that may be kept at once; beyond that those that are no longer believed go first.
const MOST: usize = 50_000;

/// A device, with its key as the signature's check needs it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// The device.
    pub(crate) device: Device,
    /// Its public key: an uncompressed point. Empty when what is stored is none, and then no signature holds.
    pub(crate) key: Vec<u8>,
}

#[derive(Debug, Default)]
struct Kept {
    devices: HashMap<String, (Arc<Known>, Instant)>,
    /// How often something was forgotten. What was read before may be what was forgotten.
    forgotten: u64,
}

/// The devices that have just been asked for. One for the whole process.
#[derive(Debug, Default)]
pub(crate) struct KnownDevices(Mutex<Kept>);

impl KnownDevices {
    /// The device with this id, whatever its school; revoked ones too.
    pub(crate) async fn find(&self, db: &Db, id: &str) -> Result<Option<Arc<Known>>, Error> {
        let (known, forgotten) = self.look(id);
        if known.is_some() {
            return Ok(known);
        }
        let Some(device) = devices::find(db.read(), id).await? else { return Ok(None) };
        let key = URL_SAFE_NO_PAD.decode(&device.public_key).unwrap_or_default();
        let known = Arc::new(Known { device, key });
        self.keep(&known, forgotten);
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

    fn look(&self, id: &str) -> (Option<Arc<Known>>, u64) {
        let kept = self.locked();
        let known = kept.devices.get(id).filter(|(_, since)| since.elapsed() < BELIEVED);
        (known.map(|(known, _)| Arc::clone(known)), kept.forgotten)
    }

    fn keep(&self, known: &Arc<Known>, forgotten: u64) {
        let mut kept = self.locked();
        if kept.forgotten != forgotten {
            return;
        }
        if kept.devices.len() >= MOST {
            kept.devices.retain(|_, (_, since)| since.elapsed() < BELIEVED);
        }
        if kept.devices.len() < MOST {
            kept.devices.insert(known.device.id.clone(), (Arc::clone(known), Instant::now()));
        }
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        // Each holder leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: &str) -> Arc<Known> {
        let device = Device {
            id: id.into(),
            school_id: "oak".into(),
            public_key: String::new(),
            revoked_at: None,
            last_seen_at: 0,
        };
        Arc::new(Known { device, key: Vec::new() })
    }

    #[test]
    fn what_was_forgotten_is_asked_for_again() {
        let devices = KnownDevices::default();
        devices.keep(&known("a"), 0);
        assert!(devices.look("a").0.is_some());
        devices.forget("a");
        assert!(devices.look("a").0.is_none());
    }

    #[test]
    fn what_was_read_before_a_revocation_is_not_kept_after_it() {
        let devices = KnownDevices::default();
        let (_, before) = devices.look("a");
        devices.forget("a");
        devices.keep(&known("a"), before);
        assert!(devices.look("a").0.is_none(), "the row was read while the device was still in force");
        let (_, after) = devices.look("a");
        devices.keep(&known("a"), after);
        assert!(devices.look("a").0.is_some());
    }
}
