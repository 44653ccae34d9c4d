//! Episodes that alerts joined a moment ago, so that the next alert of the same pupil and theme need not look for them.
//! What is kept here may be old: `join` says in the database what it believes, and is told when it is not so. A key is
//! kept as it is wrapped, so that nothing here opens what a destroyed key closed.

use super::themes::Theme;
use crate::seal::Wrapped;
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Episodes in one generation, of which there are two: some ten megabytes each.
const MOST: usize = 25_000;

/// An episode that was open, and its key, wrapped under the school's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) wrapped: Wrapped,
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
    /// The episode that alerts of this theme joined last.
    pub(super) fn find(&self, theme: &Theme<'_>) -> Option<Arc<Known>> {
        let theme = text(theme);
        let mut kept = self.locked();
        if let Some(known) = kept.young.get(&theme) {
            return Some(Arc::clone(known));
        }
        let known = kept.old.remove(&theme)?;
        kept.keep(theme, Arc::clone(&known));
        Some(known)
    }

    /// Alerts of this theme join this episode from now on.
    pub(super) fn keep(&self, theme: &Theme<'_>, id: &str, wrapped: Wrapped) {
        self.locked().keep(text(theme), Arc::new(Known { id: id.to_owned(), wrapped }));
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
        known.keep(&theme(device), device, Wrapped { under: "k".into(), bytes: vec![1] });
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
            assert!(known.find(&theme("asked for")).is_some());
        }
        assert!(known.find(&theme("not asked for")).is_none());
        let kept = known.locked();
        assert!(kept.young.len() <= MOST && kept.old.len() <= MOST);
    }
}
