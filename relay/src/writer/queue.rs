//! Where requests wait for the writer. Each has a moment by which it is due, and whoever writes takes what is due first:
//! what somebody may have to act on today before what is not, and little before much. A lone severe alert so overtakes a
//! thousand devices that bring a day's alerts, although there is something severe among those too; and a request that waits
//! long enough comes first whatever arrives after it. Two lanes of which the first always goes first would leave the second
//! waiting until the first is empty, which under a backlog takes minutes.
//!
//! What waits is bounded by what can be written in a few seconds at the pace of late: who would wait longer is refused at
//! once and comes again. How many requests come this far at all is decided in `limit`.

use crate::db::intake::Arrival;
use crate::limit::{FEW, Lane};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};

/// Alerts that may wait whatever the pace: some tens of megabytes.
const MOST: usize = 60_000;

/// Alerts that may always wait, however slow the disk seems to be.
const LEAST: usize = 2_000;

/// Work for so long may wait before bulk requests are refused, and for twice as long before severe ones are.
const AHEAD: Duration = Duration::from_secs(3);

/// From this much waiting work on, groups may be larger (`size`): nobody whose turn it is notices.
const DEEP: Duration = Duration::from_millis(500);

/// So much later than at its arrival is a request due for each alert that it brings: five seconds for a full batch, which
/// is about as long as any severe one waits.
const EACH: Duration = Duration::from_millis(100);

/// And so much later when there is nothing severe in it.
const BULK: Duration = Duration::from_secs(5);

/// One request's alerts, and whoever waits for them to be on the disk.
#[derive(Debug)]
pub(super) struct Job {
    /// What is to be kept.
    pub(super) arrival: Arrival,
    /// Who is told.
    pub(super) answer: oneshot::Sender<super::Answer>,
}

/// Too much waits already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

#[derive(Debug)]
struct Waiting {
    /// By when they are due, then in the order of their arrival.
    jobs: BTreeMap<(Instant, u64), Job>,
    arrived: u64,
    alerts: usize,
    /// Alerts that are written in a second.
    pace: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { jobs: BTreeMap::new(), arrived: 0, alerts: 0, pace: 10_000 }
    }
}

/// A queue with one reader and any number of writers.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    more: Notify,
}

impl Waiting {
    /// Alerts that are written in `time`.
    fn work(&self, time: Duration) -> usize {
        let millis = usize::try_from(time.as_millis()).unwrap_or(usize::MAX);
        self.pace.saturating_mul(millis) / 1_000
    }

    /// Whether `job` may wait. One that brings little may for as long as there is memory, and any when nothing else waits:
    /// otherwise it never would.
    fn has_room(&self, job: &Job, lane: Lane) -> bool {
        let (size, ahead) = (weight(job), if lane == Lane::Severe { AHEAD * 2 } else { AHEAD });
        let most = if size <= FEW { MOST } else { self.work(ahead).clamp(LEAST, MOST) };
        self.jobs.is_empty() || self.alerts + size <= most
    }
}

/// Even a request without an alert takes a place.
fn weight(job: &Job) -> usize {
    job.arrival.alerts.len().max(1)
}

impl Queue {
    /// Puts `job`, which comes `now`, where it is due.
    pub(super) fn push(&self, job: Job, lane: Lane, now: Instant) -> Result<(), Full> {
        let mut waiting = self.locked();
        if !waiting.has_room(&job, lane) {
            return Err(Full);
        }
        let size = weight(&job);
        let due = now + EACH * u32::try_from(size).unwrap_or(u32::MAX);
        let due = if lane == Lane::Severe { due } else { due + BULK };
        waiting.alerts += size;
        waiting.arrived += 1;
        let place = (due, waiting.arrived);
        waiting.jobs.insert(place, job);
        drop(waiting);
        self.more.notify_one();
        Ok(())
    }

    /// Waits until there is something, and takes about `most` alerts of it, what is due first; the first request whatever
    /// its size.
    pub(super) async fn take(&self, most: usize) -> Vec<Job> {
        loop {
            let group = self.group(most);
            if !group.is_empty() {
                return group;
            }
            self.more.notified().await;
        }
    }

    fn group(&self, most: usize) -> Vec<Job> {
        let (mut group, mut alerts) = (Vec::new(), 0);
        let mut waiting = self.locked();
        while let Some(first) = waiting.jobs.first_entry() {
            let size = weight(first.get());
            if !group.is_empty() && alerts + size > most {
                break;
            }
            group.push(first.remove());
            alerts += size;
        }
        waiting.alerts -= alerts;
        group
    }

    /// Hears at what pace alerts are written, in a second.
    pub(super) fn hear_pace(&self, pace: usize) {
        self.locked().pace = pace;
    }

    /// Whether so much waits that it cannot be short.
    pub(super) fn is_deep(&self) -> bool {
        let waiting = self.locked();
        waiting.alerts > waiting.work(DEEP)
    }

    fn locked(&self) -> MutexGuard<'_, Waiting> {
        // Each holder leaves it whole, whatever happens after.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
