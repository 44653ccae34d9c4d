//! The words by which phrases are looked for.
//!
//! Of every phrase one step is chosen that is cheap to look for: few alternatives, and none of them a word that is
//! everywhere, so that the phrase is compared seldom. Chosen when lists are compiled, so that nothing has to be chosen
//! each time the browser wakes the extension.

use crate::lists::ListsError;
use crate::lists::block::{Bytes, Reader, Writer};
use crate::lists::mask::{Around, Mask};
use crate::lists::numbers::{Numbers, Spans};
use crate::lists::pool::Pool;
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Anchors {
    /// Where the uses of each word are.
    pub(super) uses: Spans<2>,
    pub(super) phrases: Numbers,
    /// Which run of its step.
    pub(super) runs: Numbers,
    /// Where in the phrase its step is, and in the run the piece: see [`unpack`].
    pub(super) places: Numbers,
    /// How many steps a phrase has, at most.
    pub(super) most: u32,
    /// Words of which one must be there, two sets for each use, before it and after it: which of the pairs, in two bytes.
    pub(super) beside: Bytes,
    /// The different pairs, of 64 bits each. See `mask`.
    pub(super) pairs: Bytes,
}

/// The step of a phrase and the piece of a run in one number, for phrases of at most so many steps.
pub(super) const fn unpack(place: u32, most: u32) -> (usize, usize) {
    match (place.checked_rem(most), place.checked_div(most)) {
        (Some(step), Some(piece)) => (step as usize, piece as usize),
        _ => (place as usize, 0),
    }
}

/// Two sets as they are stored.
type Pair = [[u8; 8]; 2];

/// Uses of a word up to which it is said what its sentence must have: with more, hardly any sentence has nothing of it.
const FEW: usize = 8;

impl Anchors {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        Ok(Self {
            uses: Spans::read(reader)?,
            phrases: Numbers::read(reader)?,
            runs: Numbers::read(reader)?,
            places: Numbers::read(reader)?,
            most: reader.number()?,
            beside: reader.counted()?,
            pairs: reader.counted()?,
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.uses.write(writer);
        for table in [&self.phrases, &self.runs, &self.places] {
            table.write(writer);
        }
        writer.number(self.most);
        writer.counted(&self.beside);
        writer.counted(&self.pairs);
    }

    /// Whether anything is looked for where a word stands.
    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
    pub(crate) fn has(&self, word: u32) -> bool {
        !self.of(word).is_empty()
    }

    /// Where what is looked for stands in the order of uses, where a word stands.
    #[inline]
    pub(crate) fn of(&self, word: u32) -> Range<usize> {
        self.uses.range(word as usize)
    }

    /// Words of which the sentence must have one for any of the uses of a word to be there: of each use, of its two sets the
    /// smaller. All words, when there are many uses.
    pub(crate) fn wanted(&self, word: u32) -> Mask {
        let uses = self.of(word);
        if uses.len() > FEW {
            return Mask::ALL;
        }
        let smaller = |index| self.pair(index).map_or(Mask::ALL, |[one, other]| Mask::smaller(one, other));
        uses.map(smaller).fold(Mask::default(), Mask::with)
    }

    /// The two sets of a use; `None` when it has none, so that nothing is left out.
    #[inline]
    fn pair(&self, index: usize) -> Option<[u64; 2]> {
        let number: &[u8; 2] = self.beside.as_chunks().0.get(index)?;
        let pair: &Pair =
            self.pairs.as_chunks().0.as_chunks().0.get(usize::from(u16::from_le_bytes(*number)))?;
        Some(pair.map(u64::from_le_bytes))
    }

    /// Whether a use may be between two words.
    #[inline]
    pub(crate) fn may_be(&self, index: usize, before: &Around, after: &Around) -> bool {
        self.pair(index).is_none_or(|[one, other]| after.has(other) && before.has(one))
    }

    /// How many uses there are.
    pub(crate) const fn len(&self) -> usize {
        self.phrases.len()
    }

    /// The phrase of a use.
    #[inline]
    pub(crate) fn phrase(&self, index: usize) -> Option<u32> {
        self.phrases.get(index)
    }

    /// A use by its number.
    pub(crate) fn get(&self, pool: &Pool, index: usize) -> Option<Use> {
        let phrase = self.phrases.get(index)?;
        let (step, piece) = unpack(self.places.get(index)?, self.most);
        let step = pool.steps(phrase).start + step;
        let run = pool.runs(pool.step(step)).start + self.runs.get(index)? as usize;
        Some(Use { phrase, step, run, piece })
    }

    /// Whether the tables fit together, for so many words and phrases.
    pub(crate) fn is_sound(&self, words: usize, phrases: usize) -> bool {
        let uses = self.phrases.len();
        self.uses.fit(words, uses)
            && [&self.runs, &self.places].iter().all(|table| table.len() == uses)
            && self.beside.len() == 2 * uses
            && self.pairs.len().is_multiple_of(size_of::<Pair>())
            && self.phrases.below(phrases)
    }
}
