//! The first and the last piece of every alternative, side by side.
//!
//! A step of a phrase may have a hundred alternatives, and nearly always the word that stands there is none of them:
//! then one look along these tables says so.

use crate::lists::pool::{Code, Pool};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Edges {
    /// For each step whether it has alternatives without a word at an end, in two bits. Made when lists are compiled,
    /// because a worker that wakes up would have to look at every piece of every alternative.
    #[serde(with = "super::numbers")]
    steps: Vec<u32>,
    /// For each run its first piece, and its last; [`Code::NONE`] for an empty run. Quickly made, and large.
    #[serde(skip)]
    firsts: Vec<u32>,
    #[serde(skip)]
    lasts: Vec<u32>,
}

/// Some alternatives of the step are empty, or have a gap at their beginning,
const FIRST_OPEN: u32 = 1;
/// or at their end.
const LAST_OPEN: u32 = 2;

#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
impl Edges {
    pub(crate) fn new(pool: &Pool) -> Self {
        let mut edges = Self::default();
        edges.fill(pool);
        let open = |edges: &[u32]| edges.iter().any(|code| Code(*code).is_open());
        let steps = (0..pool.step_count()).map(|step| {
            let runs = pool.runs(step);
            let first = if open(edges.firsts(runs.clone())) { FIRST_OPEN } else { 0 };
            first | if open(edges.lasts(runs)) { LAST_OPEN } else { 0 }
        });
        let steps = steps.collect();
        Self { steps, ..edges }
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

    /// Whether an alternative of a step has no word at its beginning.
    pub(crate) fn first_is_open(&self, step: usize) -> bool {
        self.bits(step) & FIRST_OPEN != 0
    }

    /// Whether an alternative of a step has no word at its end.
    pub(crate) fn last_is_open(&self, step: usize) -> bool {
        self.bits(step) & LAST_OPEN != 0
    }

    fn bits(&self, step: usize) -> u32 {
        self.steps.get(step).copied().unwrap_or_default()
    }
}

fn among(edges: &[u32], runs: Range<usize>) -> &[u32] {
    edges.get(runs).unwrap_or_default()
}
