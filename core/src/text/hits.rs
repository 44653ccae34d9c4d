//! The rules that have been found in a text, each once in a sentence.

use std::ops::Range;

/// Sentences in which one rule is reported.
pub(super) const MAX_PER_RULE: usize = 8;

/// A rule that was found.
pub(super) struct Hit {
    /// Its number,
    pub(super) rule: usize,
    /// the sentence,
    pub(super) sentence: usize,
    /// and the words of its phrase.
    pub(super) tokens: Range<usize>,
}

/// What has been found so far.
#[derive(Default)]
pub(super) struct Hits {
    pub(super) found: Vec<Hit>,
}

impl Hits {
    /// Whether this rule need not be looked for in this sentence again. Hits are few, so all of them are looked at.
    pub(super) fn has(&self, rule: usize, sentence: usize) -> bool {
        let mut same = self.found.iter().filter(|hit| hit.rule == rule);
        same.clone().any(|hit| hit.sentence == sentence) || same.nth(MAX_PER_RULE - 1).is_some()
    }
}
