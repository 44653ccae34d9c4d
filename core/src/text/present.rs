//! Whether a sentence has what a phrase or a rule cannot do without.

use super::words::Words;
use crate::lists::{Bits, Needed};

/// What the words of one sentence said.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// One more than the sentence, so that at first it is none.
    sentence: usize,
    /// The sets of words that phrases need one of; none until they are asked for.
    sets: Option<Bits>,
}

impl Present {
    /// Forgets the text.
    pub(super) fn clear(&mut self) {
        self.sentence = 0;
    }

    /// The sets of which a sentence has a word.
    #[inline]
    pub(super) fn sets(&mut self, words: &Words<'_>, needed: &Needed, sentence: usize) -> &Bits {
        let sets = self.sets.get_or_insert_default();
        if self.sentence != sentence + 1 {
            self.sentence = sentence + 1;
            ask(sets, words, needed, sentence);
        }
        sets
    }
}

#[inline(never)]
fn ask(sets: &mut Bits, words: &Words<'_>, needed: &Needed, sentence: usize) {
    needed.none(sets);
    let parts = words.parts(words.tokens(sentence));
    parts.iter().for_each(|part| needed.add(part.word, sets));
}
