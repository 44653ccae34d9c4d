//! Places, or kilobytes, that schools share. A school may go on taking for as long as it holds no more than is left free: one
//! that takes all it can get ends up with half, two that do so at the same time with a third each, and no school needs a share
//! of its own that lies idle while it is quiet. Where many flood at once each leaves less than the one before: then the last
//! finds nothing until the first give something back, which they do as soon as their requests are answered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A number of places.
#[derive(Debug)]
pub(super) struct Shares {
    places: usize,
    held: Mutex<Held>,
}

/// Schools that hold nothing are not in it.
#[derive(Debug, Default)]
struct Held {
    total: usize,
    by_school: HashMap<String, usize>,
}

/// Some of the places, given back when this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    of: Arc<Shares>,
    school: String,
    places: usize,
}

impl Shares {
    /// `places` of them, all free.
    pub(super) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { places, held: Mutex::default() })
    }

    /// `places` more for `school`, or none when the school would then hold more than was left until now.
    pub(super) fn take(self: &Arc<Self>, school: &str, places: usize) -> Option<Share> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let own = held.by_school.get(school).copied().unwrap_or(0) + places;
        if own > self.places.saturating_sub(held.total) {
            return None;
        }
        held.total += places;
        held.by_school.insert(school.to_owned(), own);
        Some(Share { of: Arc::clone(self), school: school.to_owned(), places })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.total = held.total.saturating_sub(self.places);
        let left = held.by_school.get(&self.school).map_or(0, |own| own.saturating_sub(self.places));
        if left == 0 {
            held.by_school.remove(&self.school);
        } else if let Some(own) = held.by_school.get_mut(&self.school) {
            *own = left;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(shares: &Arc<Shares>, school: &str) -> Vec<Share> {
        std::iter::from_fn(|| shares.take(school, 1)).collect()
    }

    #[test]
    fn the_greediest_leaves_as_much_as_it_has() {
        let shares = Shares::new(100);
        let oak = all(&shares, "oak");
        assert_eq!(oak.len(), 50);
        let ash = all(&shares, "ash");
        assert_eq!(ash.len(), 25);
        assert!(shares.take("oak", 1).is_none());
        assert!(shares.take("elm", 1).is_some(), "who had nothing still gets something");
        drop(ash);
        drop(oak);
        assert_eq!(all(&shares, "ash").len(), 50);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_and_nobody_is_remembered() {
        let shares = Shares::new(1_000);
        let some = shares.take("oak", 300);
        assert!(shares.take("oak", 401).is_none(), "it would hold 701, and 700 were free");
        assert!(shares.take("oak", 1_001).is_none());
        drop(some);
        assert!(shares.take("oak", 500).is_some());
        let held = shares.held.lock().unwrap();
        assert!(held.by_school.is_empty() && held.total == 0);
    }
}
