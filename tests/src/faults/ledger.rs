//! What devices were told, and the comparison with what is stored.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use crate::load::Store;

/// The acknowledgement of one alert. Times are microseconds since 1970 by this machine's clock, which the relay and the
/// tracer of its writes go by as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The alert's id.
    pub id: String,
    /// When the request that was answered was sent.
    pub sent: u64,
    /// When the answer had been read.
    pub at: u64,
}

#[derive(Debug, Default)]
struct Pages {
    acknowledged: Vec<Acknowledged>,
    statuses: BTreeMap<u16, u64>,
    unanswered: u64,
}

/// Kept by all devices of a run.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Pages>);

/// What the comparison showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Ids that were acknowledged.
    pub acknowledged: usize,
    /// Ids that are stored.
    pub stored: usize,
    /// Acknowledged and not stored.
    pub lost: usize,
    /// Stored more than once.
    pub twice: usize,
    /// Alerts that the episodes count.
    pub counted: usize,
    /// What the database's own check found.
    pub faults: Vec<String>,
}

impl Ledger {
    /// An answer of 200: all of these ids are acknowledged.
    pub fn acknowledge(&self, ids: &[String], sent: u64, at: u64) {
        let entries = ids.iter().map(|id| Acknowledged { id: id.clone(), sent, at });
        self.pages().acknowledged.extend(entries);
    }

    /// Any other answer.
    pub fn refuse(&self, status: u16) {
        *self.pages().statuses.entry(status).or_default() += 1;
    }

    /// No answer: the connection broke or could not be made.
    pub fn miss(&self) {
        self.pages().unanswered += 1;
    }

    /// Everything that was acknowledged, in order of time.
    #[must_use]
    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        let mut all = self.pages().acknowledged.clone();
        all.sort_by_key(|entry| entry.at);
        all
    }

    /// How many alerts were acknowledged.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pages().acknowledged.len()
    }

    /// How many alerts were acknowledged to requests that were sent and answered between these two times.
    #[must_use]
    pub fn within(&self, from: u64, to: u64) -> usize {
        self.pages().acknowledged.iter().filter(|entry| entry.sent >= from && entry.at <= to).count()
    }

    /// When the first acknowledgement after `from` came.
    #[must_use]
    pub fn first_after(&self, from: u64) -> Option<u64> {
        self.pages().acknowledged.iter().map(|entry| entry.at).filter(|at| *at > from).min()
    }

    /// Answers other than 200, by status.
    #[must_use]
    pub fn statuses(&self) -> BTreeMap<u16, u64> {
        self.pages().statuses.clone()
    }

    /// How many requests got no answer.
    #[must_use]
    pub fn unanswered(&self) -> u64 {
        self.pages().unanswered
    }

    /// Compares with what is stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn prove(&self, store: &Store) -> Result<Proof> {
        let stored = store.alerts().await?;
        let (_, counted) = store.counts().await?;
        let faults = store.faults().await?;
        let acknowledged = self.acknowledged();
        let proof = compare(acknowledged.iter().map(|entry| entry.id.as_str()), &stored);
        Ok(Proof { counted: usize::try_from(counted)?, faults, ..proof })
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn compare<'a>(acknowledged: impl Iterator<Item = &'a str>, stored: &HashMap<String, u32>) -> Proof {
    let mut proof = Proof {
        stored: stored.len(),
        twice: stored.values().filter(|count| **count > 1).count(),
        ..Proof::default()
    };
    for id in acknowledged {
        proof.acknowledged += 1;
        proof.lost += usize::from(!stored.contains_key(id));
    }
    proof
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_doubles_are_found() {
        let stored = HashMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
        let proof = compare(["a", "b", "c"].into_iter(), &stored);
        assert_eq!((proof.acknowledged, proof.stored, proof.lost, proof.twice), (3, 2, 1, 1));
    }
}
