//! Where requests wait for the writer: two lanes, so that what somebody may have to act on today overtakes a backlog.
//! Both are bounded by the number of alerts in them; a full lane refuses, and the alerts stay on their device. How many
//! requests come this far at all is decided in `limit`.

use crate::db::intake::Arrival;
use crate::limit::Lane;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// Alerts that may wait in each lane: more than a second's work, some megabytes.
const MOST: usize = 30_000;

/// One request's alerts, and whoever waits for them to be on the disk.
#[derive(Debug)]
pub(super) struct Job {
    /// What is to be kept.
    pub(super) arrival: Arrival,
    /// Who is told.
    pub(super) answer: oneshot::Sender<super::Answer>,
}

/// The lane is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    alerts: usize,
}

#[derive(Debug, Default)]
struct Lanes {
    severe: Waiting,
    bulk: Waiting,
}

/// A queue with one reader and any number of writers.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    more: Notify,
}

impl Waiting {
    /// A request that holds more than a whole lane may is let in when nothing else waits: it would never be.
    fn push(&mut self, job: Job) -> Result<(), Full> {
        let after = self.alerts + weight(&job);
        if after > MOST && !self.jobs.is_empty() {
            return Err(Full);
        }
        self.alerts = after;
        self.jobs.push_back(job);
        Ok(())
    }

    /// Moves jobs to `group` until it holds `most` alerts; the first goes in whatever its size.
    fn fill(&mut self, group: &mut Vec<Job>, alerts: &mut usize, most: usize) {
        while let Some(job) = self.jobs.pop_front() {
            let size = weight(&job);
            if !group.is_empty() && *alerts + size > most {
                self.jobs.push_front(job);
                return;
            }
            self.alerts -= size;
            *alerts += size;
            group.push(job);
        }
    }
}

/// Even a request without an alert takes a place.
fn weight(job: &Job) -> usize {
    job.arrival.alerts.len().max(1)
}

impl Queue {
    /// Puts `job` at the end of its lane.
    pub(super) fn push(&self, job: Job, lane: Lane) -> Result<(), Full> {
        let mut lanes = self.locked();
        match lane {
            Lane::Severe => lanes.severe.push(job),
            Lane::Bulk => lanes.bulk.push(job),
        }?;
        self.more.notify_one();
        Ok(())
    }

    /// Waits until there is something, and takes about `most` alerts of it: the severe lane first.
    pub(super) async fn take(&self, most: usize) -> Vec<Job> {
        loop {
            let (mut group, mut alerts) = (Vec::new(), 0);
            {
                let mut lanes = self.locked();
                lanes.severe.fill(&mut group, &mut alerts, most);
                lanes.bulk.fill(&mut group, &mut alerts, most);
            }
            if !group.is_empty() {
                return group;
            }
            self.more.notified().await;
        }
    }

    fn locked(&self) -> MutexGuard<'_, Lanes> {
        // Each holder leaves the lanes whole, whatever happens after.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
