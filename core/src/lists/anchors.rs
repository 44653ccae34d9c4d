//! The words by which phrases are looked for.
//!
//! Of every phrase one step is chosen that is cheap to look for: few alternatives, and none of them a word that is
//! everywhere, so that the phrase is compared seldom. Chosen when lists are compiled, so that nothing has to be chosen
//! each time the browser wakes the extension.

use crate::lists::mask::Around;
use crate::lists::numbers::below;
use crate::lists::pool::Pool;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// One phrase of a rule, and where in it a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) phrase: u32,
    /// Place of its step in the pool.
    pub(crate) step: usize,
    /// Run of the step.
    pub(crate) run: usize,
    /// Piece of the run.
    pub(crate) piece: usize,
}

/// For every word, the phrases that are looked for where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Anchors {
    /// Where the uses of each word end.
    #[serde(with = "super::numbers::ends")]
    pub(super) ends: Vec<u32>,
    #[serde(with = "super::numbers")]
    pub(super) phrases: Vec<u32>,
    /// Which run of its step.
    #[serde(with = "super::numbers")]
    pub(super) runs: Vec<u32>,
    /// Where in the phrase its step is, and in the run the piece, see [`unpack`].
    #[serde(with = "super::numbers")]
    pub(super) places: Vec<u32>,
    /// Words of which one must be there, two sets for each use: before it, and after it. See `mask`.
    #[serde(with = "super::numbers::few::wide")]
    pub(super) beside: Vec<u64>,
}

/// The step of a phrase and the piece of a run in one number: at most as many as a line has words.
pub(super) const fn unpack(place: u32) -> (usize, usize) {
    ((place & 0xff) as usize, (place >> 8) as usize)
}

/// Uses that are asked in one go.
const AT_ONCE: usize = 64;

/// A bit for each of some uses whose sets both may be there. By itself, because nothing is asked as often: a loop that only
/// asks is a short one.
#[inline(never)]
fn there(pairs: &[[u64; 2]], before: &Around, after: &Around) -> u64 {
    let mut there = 0;
    for (at, [one, other]) in pairs.iter().enumerate() {
        if after.has(*other) && before.has(*one) {
            there |= 1 << at;
        }
    }
    there
}

impl Anchors {
    /// Whether anything is looked for where a word stands.
    pub(crate) fn has(&self, word: u32) -> bool {
        !self.range(word).is_empty()
    }

    fn range(&self, word: u32) -> Range<usize> {
        let word = word as usize;
        let start = word.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        start as usize..self.ends.get(word).copied().unwrap_or(start) as usize
    }

    /// What a word leads to between two words, by number.
    pub(crate) fn between(&self, word: u32, before: &Around, after: &Around, mut each: impl FnMut(usize)) {
        let range = self.range(word);
        let (pairs, _) = self.beside.as_chunks::<2>();
        let mut from = range.start;
        for some in pairs.get(range).unwrap_or_default().chunks(AT_ONCE) {
            let mut there = there(some, before, after);
            while there != 0 {
                each(from + there.trailing_zeros() as usize);
                there &= there - 1;
            }
            from += AT_ONCE;
        }
    }

    /// The phrase of a use.
    pub(crate) fn phrase(&self, index: usize) -> Option<u32> {
        self.phrases.get(index).copied()
    }

    /// A use by its number.
    pub(crate) fn get(&self, pool: &Pool, index: usize) -> Option<Use> {
        let phrase = *self.phrases.get(index)?;
        let (step, piece) = unpack(*self.places.get(index)?);
        let step = pool.steps(phrase).start + step;
        let run = pool.runs(pool.step(step)).start + *self.runs.get(index)? as usize;
        Some(Use { phrase, step, run, piece })
    }

    /// Whether the tables fit together, for so many words and phrases.
    pub(crate) fn is_sound(&self, words: usize, phrases: usize) -> bool {
        self.ends.len() == words
            && self.ends.last().map_or(0, |end| *end as usize) == self.phrases.len()
            && [&self.runs, &self.places].iter().all(|table| table.len() == self.phrases.len())
            && self.beside.len() == 2 * self.phrases.len()
            && below(&self.phrases, phrases)
    }
}
