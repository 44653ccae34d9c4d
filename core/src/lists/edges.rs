//! The first and the last piece of every alternative, side by side.
//!
//! A step of a phrase may have a hundred alternatives, and nearly always the word that stands there is none of them:
//! then one look along these tables says so. And of a hundred phrases that a word leads to, nearly all want another word
//! beside it: for each, a mask of 32 bits says which words may stand there.

use crate::lists::anchors::Use;
use crate::lists::pool::{Code, Pool};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Edges {
    /// For each step what its alternatives are like, at either end: an [`End`] in two bits, and another. Made when lists
    /// are compiled, because a worker that wakes up would have to look at every piece of every alternative.
    #[serde(with = "super::numbers")]
    steps: Vec<u32>,
    /// For each run its first piece, and its last; [`Code::NONE`] for an empty run. Quickly made, and large.
    #[serde(skip)]
    firsts: Vec<u32>,
    #[serde(skip)]
    lasts: Vec<u32>,
}

/// A set of words, in which some are always that do not belong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mask(pub(crate) u32);

impl Mask {
    /// Every word, so that nothing is left out.
    pub(crate) const ALL: Self = Self(u32::MAX);
    /// The bit that only the set of all words has, and every word: one comparison is then enough for both.
    const EVERY: u32 = 1 << 31;

    /// A word of a text; one that no phrase has is only among all words.
    pub(crate) const fn of(code: Code) -> Self {
        if code.is_open() { Self(Self::EVERY) } else { Self(Self::EVERY | Self::bucket(code)) }
    }

    const fn bucket(code: Code) -> u32 {
        1 << ((code.0.wrapping_mul(0x9e37_79b1) >> 16) % 31)
    }

    /// The words that this piece stands for.
    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
    const fn of_piece(code: Code) -> Self {
        if code.is_open() || code.is_part() { Self::ALL } else { Self(Self::bucket(code)) }
    }

    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether this word may be in the set.
    pub(crate) const fn has(self, word: Self) -> bool {
        self.0 & word.0 != 0
    }
}

/// What the alternatives of a step are like, at one end.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct End {
    /// Some are the beginnings or ends of words.
    pub(crate) parts: bool,
    /// Some are empty, or have a gap there.
    pub(crate) open: bool,
}

impl End {
    const BITS: u32 = 2;

    const fn from_bits(bits: u32) -> Self {
        Self { parts: bits & 1 != 0, open: bits & 2 != 0 }
    }
}

#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
impl Edges {
    pub(crate) fn new(pool: &Pool) -> Self {
        let mut edges = Self::default();
        edges.fill(pool);
        let end = |edges: &[u32]| {
            let codes = edges.iter().map(|code| Code(*code));
            codes.fold(0, |bits, code| bits | u32::from(code.is_part()) | u32::from(code.is_open()) << 1)
        };
        let step = |runs: Range<usize>| end(edges.firsts(runs.clone())) | end(edges.lasts(runs)) << End::BITS;
        let steps = (0..pool.step_count()).map(|number| step(pool.runs(number))).collect();
        Self { steps, ..edges }
    }

    /// The words that may stand directly before and after an anchor.
    pub(crate) fn beside(&self, pool: &Pool, place: &Use) -> (Mask, Mask) {
        let steps = pool.steps(place.phrase);
        let pieces = pool.pieces(place.run);
        let mask = |edges: &[u32]| {
            edges.iter().fold(Mask::default(), |mask, code| mask.with(Mask::of_piece(Code(*code))))
        };
        let inside =
            |at: Option<usize>| at.and_then(|at| pieces.get(at)).map(|code| Mask::of_piece(Code(*code)));
        let before = inside(place.piece.checked_sub(1)).unwrap_or_else(|| match place.step.checked_sub(1) {
            Some(step) if step >= steps.start => mask(self.lasts(pool.runs(pool.step(step)))),
            _ => Mask::ALL,
        });
        let after = inside(Some(place.piece + 1)).unwrap_or_else(|| match place.step + 1 {
            step if step < steps.end => mask(self.firsts(pool.runs(pool.step(step)))),
            _ => Mask::ALL,
        });
        (before, after)
    }
}

impl Edges {
    /// Makes the large tables of a pool that has been read.
    pub(crate) fn fill(&mut self, pool: &Pool) {
        (self.firsts, self.lasts) = pool.edges();
    }

    /// Whether there is something for each step.
    pub(crate) const fn is_sound(&self, steps: usize) -> bool {
        self.steps.len() == steps
    }

    /// The first pieces of these runs.
    pub(crate) fn firsts(&self, runs: Range<usize>) -> &[u32] {
        among(&self.firsts, runs)
    }

    /// The last pieces of these runs.
    pub(crate) fn lasts(&self, runs: Range<usize>) -> &[u32] {
        among(&self.lasts, runs)
    }

    /// What a step's alternatives begin with.
    pub(crate) fn first(&self, step: usize) -> End {
        End::from_bits(self.bits(step))
    }

    /// What a step's alternatives end with.
    pub(crate) fn last(&self, step: usize) -> End {
        End::from_bits(self.bits(step) >> End::BITS)
    }

    fn bits(&self, step: usize) -> u32 {
        self.steps.get(step).copied().unwrap_or_default()
    }
}

fn among(edges: &[u32], runs: Range<usize>) -> &[u32] {
    edges.get(runs).unwrap_or_default()
}
