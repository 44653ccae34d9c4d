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
    /// Forgets the text.
    pub(super) fn clear(&mut self) {
        self.sentence = 0;
        self.sets.clear();
    }

    /// Whether a sentence has a word of a set.
    pub(super) fn has(&mut self, words: &Words<'_>, needed: &Needed, set: usize, sentence: usize) -> bool {
        if self.sentence != sentence + 1 {
            self.sentence = sentence + 1;
            self.ask(words, needed, sentence);
        }
        self.sets.get(set / 64).is_some_and(|bits| bits >> (set % 64) & 1 != 0)
    }

    #[inline(never)]
    fn ask(&mut self, words: &Words<'_>, needed: &Needed, sentence: usize) {
        self.sets.clear();
        self.sets.resize(needed.width(), 0);
        let parts = words.parts(words.tokens(sentence));
        parts.iter().for_each(|part| needed.add(part.word, &mut self.sets));
    }
}
