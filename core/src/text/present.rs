//! Whether a sentence has what a phrase cannot do without.

use super::words::Words;
use crate::lists::Needed;

/// What the words of one sentence said.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// One more than the sentence, so that at first it is none.
    sentence: usize,
    /// A bit for each of the steps that phrases need.
    steps: Vec<u64>,
}

impl Present {
    /// Whether the sentence of a token may have the step that a phrase needs. It may say so where it has not.
    pub(super) fn may_have(&mut self, words: &Words<'_>, needed: &Needed, phrase: u32, token: usize) -> bool {
        let Some(step) = needed.by(phrase) else { return true };
        let Some(sentence) = words.folded.tokens.get(token).map(|token| token.sentence + 1) else {
            return false;
        };
        if self.sentence != sentence {
            self.sentence = sentence;
            self.ask(words, needed, token);
        }
        self.steps.get(step / 64).is_some_and(|bits| bits >> (step % 64) & 1 != 0)
    }

    fn ask(&mut self, words: &Words<'_>, needed: &Needed, token: usize) {
        self.steps.clear();
        self.steps.resize(needed.count().div_ceil(64), 0);
        for token in words.sentence(token) {
            for word in words.parts(token) {
                for step in needed.of(word) {
                    if let Some(bits) = self.steps.get_mut(*step as usize / 64) {
                        *bits |= 1 << (step % 64);
                    }
                }
            }
        }
    }
}
