//! Whether a sentence has what a phrase or a rule cannot do without.

use super::words::Words;
use crate::lists::Needed;

/// What the words of one sentence said.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// One more than the sentence, so that at first it is none.
    sentence: usize,
    /// A bit for each of the sets of words that phrases need one of.
    sets: Vec<u64>,
}

impl Present {
    /// Whether a sentence has a word of a set.
    pub(super) fn has(&mut self, words: &Words<'_>, needed: &Needed, set: usize, sentence: usize) -> bool {
        if self.sentence != sentence + 1 {
            self.sentence = sentence + 1;
            self.ask(words, needed, sentence);
        }
        self.sets.get(set / 64).is_some_and(|bits| bits >> (set % 64) & 1 != 0)
    }

    fn ask(&mut self, words: &Words<'_>, needed: &Needed, sentence: usize) {
        self.sets.clear();
        self.sets.resize(needed.width(), 0);
        words.parts_of(words.tokens(sentence)).for_each(|word| needed.add(word, &mut self.sets));
    }
}
