//! The first and the last piece of every alternative, side by side.
//!
//! A step of a phrase may have a hundred alternatives, and nearly always the word that stands there is none of them:
//! then one look along these tables says so. And of a hundred phrases that a word leads to, nearly all want another word
//! beside it: for each, a mask of 32 bits says which words may stand there.

use crate::lists::anchors::Use;
use crate::lists::pool::{Code, Pool};
use std::ops::Range;

/// See the module.
#[derive(Debug)]
pub(crate) struct Edges {
    /// For each run its first piece, and its last; [`Code::NONE`] for an empty run.
    firsts: Vec<u32>,
    lasts: Vec<u32>,
    /// For each step.
    steps: Vec<Step>,
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
    const fn of_piece(code: Code) -> Self {
        if code.is_open() || code.is_part() { Self::ALL } else { Self(Self::bucket(code)) }
    }

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
    /// The words that may stand there.
    mask: Mask,
}

#[derive(Debug, Clone, Copy, Default)]
struct Step {
    first: End,
    last: End,
}

impl Edges {
    pub(crate) fn new(pool: &Pool) -> Self {
        let run_count = (0..pool.step_count()).map(|step| pool.runs(step).end).max().unwrap_or_default();
        let edge = |piece: Option<&u32>| piece.copied().unwrap_or(Code::NONE.0);
        let firsts: Vec<u32> = (0..run_count).map(|run| edge(pool.pieces(run).first())).collect();
        let lasts: Vec<u32> = (0..run_count).map(|run| edge(pool.pieces(run).last())).collect();
        // In one pass: all of this is done again each time the browser wakes the extension.
        let end = |edges: &[u32], step| {
            let codes = among(edges, pool.runs(step)).iter().map(|code| Code(*code));
            codes.fold(End::default(), |end, code| End {
                parts: end.parts | code.is_part(),
                open: end.open | code.is_open(),
                mask: end.mask.with(Mask::of_piece(code)),
            })
        };
        let steps =
            (0..pool.step_count()).map(|step| Step { first: end(&firsts, step), last: end(&lasts, step) });
        Self { steps: steps.collect(), firsts, lasts }
    }

    /// The words that may stand directly before and after an anchor.
    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
    pub(crate) fn beside(&self, pool: &Pool, place: &Use) -> (Mask, Mask) {
        let steps = pool.steps(place.phrase);
        let pieces = pool.pieces(place.run);
        let inside =
            |at: Option<usize>| at.and_then(|at| pieces.get(at)).map(|code| Mask::of_piece(Code(*code)));
        let before = inside(place.piece.checked_sub(1)).unwrap_or_else(|| match place.step.checked_sub(1) {
            Some(step) if step >= steps.start => self.last(pool.step(step)).mask,
            _ => Mask::ALL,
        });
        let after = inside(Some(place.piece + 1)).unwrap_or_else(|| match place.step + 1 {
            step if step < steps.end => self.first(pool.step(step)).mask,
            _ => Mask::ALL,
        });
        (before, after)
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
        self.steps.get(step).map(|step| step.first).unwrap_or_default()
    }

    /// What a step's alternatives end with.
    pub(crate) fn last(&self, step: usize) -> End {
        self.steps.get(step).map(|step| step.last).unwrap_or_default()
    }
}

fn among(edges: &[u32], runs: Range<usize>) -> &[u32] {
    edges.get(runs).unwrap_or_default()
}
