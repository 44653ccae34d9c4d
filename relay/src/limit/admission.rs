//! Who of the devices is let in when more comes than the relay can take: nothing is dropped, it stays on its device until
//! there is room. The rule that shapes all of this: a flood from one device, or from one school, never delays another
//! device's severe alert.
//!
//! Two doors, both after the signature is known to be the device's own, so that nobody is charged for another's flood.
//! At the first (`arrive`, before the body is read) a device may have only so many requests under way, and small bodies,
//! as a lone severe alert is, have memory of their own. At the second (`admit`, when it is known what the body says)
//! there are two lanes. Severe alerts and reports have places that nothing else can take, and a lone one places that no
//! batch can take, for a day's backlog has something severe in every batch; each device has a few of them, beyond which
//! it queues with the rest. In the bulk lane a device and its school may bring so many alerts a second. Of all places and
//! all memory a school may hold as much as is left for the others (`shares`).
//!
//! Whoever is refused is told when to come back, and nobody the same moment as anybody else: a thousand devices that
//! were sent away together do not return together. The extension keeps to `Retry-After` (`extension/src/pace.rs`).

use super::shares::{Share, Shares};
use super::{Limit, TooMany};
use crate::clock::Clock;
use crate::db::devices::Device;
use crate::metrics::{self, Present};
use crate::random::{self, Random};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Requests that one device may have under way. The extension has one or two.
const DEVICE_AT_ONCE: u32 = 32;
/// A body up to this many bytes is small: several lone alerts fit.
const SMALL: u64 = 32 * 1024;
/// Kilobytes of small bodies that may be in memory at once. As of all places here, a single school may have half.
const SMALL_BODIES: usize = 64 * 1024;
/// Kilobytes of all other bodies.
const LARGE_BODIES: usize = 192 * 1024;
/// A request that brings up to so many alerts brings little: it costs next to nothing to let it in.
pub(crate) const FEW: usize = 8;
/// Requests between admission and answer: in the bulk lane, and twice in the severe lane, for little and for batches.
const LANE: usize = 1_024;
/// Alerts that a device may bring at once: a whole outbox of the extension, after a day without network.
const DEVICE_BURST: u32 = 5_000;
/// How long until it may do so again: 200 alerts a second. Nobody types one a second.
const DEVICE_WHOLE: Duration = Duration::from_secs(25);
/// Requests of a device in the severe lane at once, and how long until it may send as many again: one a second.
const SEVERE_BURST: u32 = 60;
const SEVERE_WHOLE: Duration = Duration::from_secs(60);
/// Alerts that one school's devices may bring at once in the bulk lane, and how long until again: 10,000 a second, more
/// than its devices have in an outage's wake, less than a machine of four cores can commit.
const SCHOOL_BURST: u32 = 50_000;
const SCHOOL_WHOLE: Duration = Duration::from_secs(5);
/// Seconds over which the return of those is spread that found the relay full.
const SPREAD: u64 = 10;

/// Which places a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Somebody may be waiting for it: a high or critical alert, an active stage, a pupil's report or message.
    Severe,
    /// Everything else.
    Bulk,
}

impl Lane {
    const fn word(self) -> &'static str {
        match self {
            Self::Severe => "severe",
            Self::Bulk => "bulk",
        }
    }
}

/// Why a request was not let in, and when to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// The device itself sends too much.
    #[error("this device sends more than the relay takes from one device")]
    Device {
        /// Whole seconds until it may succeed, at least 1, spread by chance.
        seconds: u64,
    },
    /// The school's devices together, or all devices, send more than can be kept just now.
    #[error("the relay has as much as it can keep at this moment")]
    Full {
        /// Whole seconds until it may succeed, at least 1, spread by chance.
        seconds: u64,
    },
}

/// Lets devices in. One for the whole process.
pub(crate) struct Admission {
    small: Arc<Shares>,
    large: Arc<Shares>,
    severe: Arc<Shares>,
    severe_batches: Arc<Shares>,
    bulk: Arc<Shares>,
    device: Limit,
    device_severe: Limit,
    school: Limit,
    under_way: UnderWay,
    random: Arc<dyn Random>,
}

/// How many requests each device has under way. Devices that have none are not in it.
type UnderWay = Arc<Mutex<HashMap<String, u32>>>;

/// A request whose body may be read. Keep it until the request is answered.
#[derive(Debug)]
pub(crate) struct Arrival {
    device: String,
    under_way: UnderWay,
    _body: Share,
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.device) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                under_way.remove(&self.device);
            }
        }
    }
}

/// A request that has been let in. Keep it until what it brought is on disk.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The lane that it got, which may be a slower one than it asked for.
    pub(crate) lane: Lane,
    _place: Share,
    _waiting: Present,
}

impl Admission {
    /// All doors open.
    pub(crate) fn new(clock: &Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            small: Shares::new(SMALL_BODIES),
            large: Shares::new(LARGE_BODIES),
            severe: Shares::new(LANE),
            severe_batches: Shares::new(LANE),
            bulk: Shares::new(LANE),
            device: Limit::new(clock, DEVICE_BURST, DEVICE_WHOLE),
            device_severe: Limit::new(clock, SEVERE_BURST, SEVERE_WHOLE),
            school: Limit::new(clock, SCHOOL_BURST, SCHOOL_WHOLE),
            under_way: UnderWay::default(),
            random,
        }
    }

    /// The first door: `device` is about to send a body of `announced` bytes, or of any size when it does not say.
    ///
    /// # Errors
    /// When the device has too many requests under way, or its school all the memory for bodies that it may have.
    pub(crate) fn arrive(
        &self,
        device: &Device,
        announced: Option<u64>,
        most: u64,
    ) -> Result<Arrival, Refused> {
        let size = announced.unwrap_or(most).min(most);
        let memory = if size <= SMALL { &self.small } else { &self.large };
        let kilobytes = usize::try_from(size / 1024).unwrap_or(usize::MAX).saturating_add(1);
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = under_way.get(&device.id).copied().unwrap_or(0);
        if count >= DEVICE_AT_ONCE {
            metrics::intake("device");
            return Err(Refused::Device { seconds: 1 + self.chance(2) });
        }
        let Some(body) = memory.take(&device.school_id, kilobytes) else {
            return Err(self.full(Lane::Bulk));
        };
        under_way.insert(device.id.clone(), count + 1);
        Ok(Arrival { device: device.id.clone(), under_way: Arc::clone(&self.under_way), _body: body })
    }

    /// The second door: `device` brings `alerts` of them, or something else that counts as that many.
    ///
    /// # Errors
    /// When the device or its school sends more than its share, or the school has every place of the lane that it may have.
    pub(crate) fn admit(&self, device: &Device, lane: Lane, alerts: usize) -> Result<Admitted, Refused> {
        if lane == Lane::Severe && self.device_severe.check(&device.id).is_ok() {
            // Where even the severe lane is full, the bulk lane may have a place; no further limit applies.
            let own = if alerts > FEW { &self.severe_batches } else { &self.severe };
            let place = own.take(&device.school_id, 1).map(|place| (Lane::Severe, place));
            let bulk = || self.bulk.take(&device.school_id, 1).map(|place| (Lane::Bulk, place));
            let place = place.or_else(bulk);
            return place.map(Self::admitted).ok_or_else(|| self.full(Lane::Severe));
        }
        let place = self.bulk.take(&device.school_id, 1).ok_or_else(|| self.full(Lane::Bulk))?;
        let alerts = u32::try_from(alerts.max(1)).unwrap_or(u32::MAX);
        if let Err(TooMany { seconds }) = self.device.check_many(&device.id, alerts) {
            metrics::intake("device");
            return Err(Refused::Device { seconds: seconds + self.chance(seconds / 2 + 2) });
        }
        if let Err(TooMany { seconds }) = self.school.check_many(&device.school_id, alerts) {
            metrics::intake("school");
            return Err(Refused::Full { seconds: seconds + self.chance(SPREAD) });
        }
        Ok(Self::admitted((Lane::Bulk, place)))
    }

    fn admitted((lane, place): (Lane, Share)) -> Admitted {
        metrics::intake("admitted");
        Admitted { lane, _place: place, _waiting: Present::waiting(lane.word()) }
    }

    fn full(&self, lane: Lane) -> Refused {
        metrics::intake("busy");
        let spread = if lane == Lane::Severe { 2 } else { SPREAD };
        Refused::Full { seconds: 1 + self.chance(spread) }
    }

    /// A number from 0 to `most`, by chance; in the middle when there is no chance to be had.
    fn chance(&self, most: u64) -> u64 {
        random::bytes::<8>(self.random.as_ref())
            .map_or(most / 2, |bytes| u64::from_le_bytes(bytes) % most.saturating_add(1))
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Admission")
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
