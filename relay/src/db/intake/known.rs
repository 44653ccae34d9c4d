//! Episodes that alerts joined a moment ago, so that the next alert of the same pupil and theme need not look for them.
//! What is kept here may be old: `join` says in the database what it believes, and is told when it is not so. A key is
//! kept as it is wrapped, so that nothing here opens what a destroyed key closed.

use super::open::JOIN_WITHIN;
use super::themes::Theme;
use crate::seal::Wrapped;
use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Episodes in one generation, of which there are two: some ten megabytes each.
const MOST: usize = 25_000;

/// An episode that was open, and its key, wrapped under the school's.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) wrapped: Wrapped,
    /// When its last alert came: milliseconds since 1970.
    last_at: AtomicI64,
}

impl Known {
    /// Whether an alert that came at `now` is too late for it. It would be said so in the database too, but only after the
    /// whole group had been undone: of pupils whose theme comes back every other day there are many.
    fn is_over(&self, now: i64) -> bool {
        self.last_at.load(Ordering::Relaxed) < now - JOIN_WITHIN
    }

    /// An alert that came at `at` has joined it.
    pub(super) fn joined(&self, at: i64) {
        self.last_at.fetch_max(at, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, Arc<Known>>,
    old: HashMap<String, Arc<Known>>,
}

impl Generations {
    fn keep(&mut self, theme: String, known: Arc<Known>) {
        if self.young.len() >= MOST {
            // Who was not asked for since the last time is forgotten.
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(theme, known);
    }
}

/// The episodes that alerts joined a moment ago. One for the whole process.
#[derive(Debug, Default)]
pub(crate) struct KnownEpisodes(Mutex<Generations>);

impl KnownEpisodes {
    /// The episode that alerts of this theme joined last, unless one that came at `now` is too late for it.
    pub(super) fn find(&self, theme: &Theme<'_>, now: i64) -> Option<Arc<Known>> {
        let theme = text(theme);
        let mut kept = self.locked();
        let known = if let Some(known) = kept.young.get(&theme) {
            Arc::clone(known)
        } else {
            let known = kept.old.remove(&theme)?;
            kept.keep(theme, Arc::clone(&known));
            known
        };
        Some(known).filter(|known| !known.is_over(now))
    }

    /// Alerts of this theme join this episode from now on; the last of them came at `last_at`.
    pub(super) fn keep(&self, theme: &Theme<'_>, id: &str, wrapped: Wrapped, last_at: i64) {
        let known = Known { id: id.to_owned(), wrapped, last_at: AtomicI64::new(last_at) };
        self.locked().keep(text(theme), Arc::new(known));
    }

    fn locked(&self) -> MutexGuard<'_, Generations> {
        // Each holder leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No part of a theme has a control character in it: ids, a hash, a category.
fn text(theme: &Theme<'_>) -> String {
    [theme.school, theme.device, theme.account_hash, theme.category].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(device: &str) -> Theme<'_> {
        Theme { school: "oak", device, account_hash: "", category: "suicide" }
    }

    fn keep(known: &KnownEpisodes, device: &str) {
        known.keep(&theme(device), device, Wrapped { under: "k".into(), bytes: vec![1] }, 0);
    }

    #[test]
    fn what_is_asked_for_stays_and_what_is_not_goes() {
        let known = KnownEpisodes::default();
        keep(&known, "asked for");
        keep(&known, "not asked for");
        for round in 0..3 {
            for number in 0..MOST {
                keep(&known, &format!("{round} {number}"));
            }
            assert!(known.find(&theme("asked for"), 0).is_some());
        }
        assert!(known.find(&theme("not asked for"), 0).is_none());
        let kept = known.locked();
        assert!(kept.young.len() <= MOST && kept.old.len() <= MOST);
    }

    #[test]
    fn an_episode_is_over_a_day_after_its_last_alert() {
        let known = KnownEpisodes::default();
        keep(&known, "d");
        assert!(known.find(&theme("d"), JOIN_WITHIN + 1).is_none());
        known.find(&theme("d"), JOIN_WITHIN).unwrap().joined(10);
        assert!(known.find(&theme("d"), JOIN_WITHIN + 10).is_some());
    }
}
