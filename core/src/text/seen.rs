//! What is known of the words that were looked up lately.
//!
//! Most words of a text are among a few thousand. What the vocabulary says of a word depends on nothing but the word, so it
//! is kept with it, in a table that never grows: one load and one comparison then answer for all that would be asked of the
//! vocabulary. A word of up to sixteen bytes is compared as two numbers, so that nothing but the same word is ever answered
//! for. Only words are kept, one by one, in no order of a text, and they do not leave the engine.

use super::fold::{Folded, Token};
use crate::lists::Known;

/// Words that are remembered at most.
const PLACES: usize = 1 << BITS;
const BITS: u32 = 14;
/// Most bytes of one.
const BYTES: usize = 16;

/// See the module. Empty until the first word is looked up.
#[derive(Default)]
pub(super) struct Seen(Vec<Place>);

#[derive(Clone, Default)]
struct Place {
    word: Word,
    known: Known,
}

/// A word as two numbers, its first byte lowest, and no bytes after its last; no word has a byte of nought.
type Word = [u64; 2];

/// What of sixteen bytes is left when only so many of them are the word.
const OF_WORD: [Word; BYTES + 1] = {
    let mut all = [[0; 2]; BYTES + 1];
    let mut bytes = 0;
    while bytes <= BYTES {
        all[bytes] = match bytes {
            0 => [0, 0],
            1..8 => [u64::MAX >> (64 - 8 * bytes), 0],
            8 => [u64::MAX, 0],
            _ => [u64::MAX, u64::MAX >> (128 - 8 * bytes)],
        };
        bytes += 1;
    }
    all
};

/// A word of a text as two numbers; `None` when it is too long.
#[inline]
fn exact(text: &[u8], token: &Token) -> Option<Word> {
    let [low, high] = OF_WORD.get(token.word.len())?;
    let rest = text.get(token.word.start..)?;
    let sixteen = match rest.first_chunk::<BYTES>() {
        Some(sixteen) => *sixteen,
        None => last(rest),
    };
    let [first, second] = *sixteen.as_chunks::<8>().0 else { return None };
    Some([u64::from_le_bytes(first) & low, u64::from_le_bytes(second) & high])
}

/// The last bytes of a text, fewer than sixteen.
#[cold]
fn last(rest: &[u8]) -> [u8; BYTES] {
    let mut sixteen = [0; BYTES];
    sixteen.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    sixteen
}

const fn place([low, high]: Word) -> usize {
    ((low ^ high.rotate_left(25)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as usize
}

impl Seen {
    /// What is known of each word, as `look` says it of one, added to `known`.
    #[inline(never)]
    pub(super) fn look_up(&mut self, folded: &Folded, known: &mut Vec<Known>, look: impl Fn(&str) -> Known) {
        let text = folded.text.as_bytes();
        self.0.resize(PLACES, Place::default());
        known.extend(folded.tokens.iter().map(|token| {
            let Some(word) = exact(text, token) else { return look(folded.word(token)) };
            let at = place(word);
            let Some(place) = self.0.get_mut(at) else { return look(folded.word(token)) };
            if place.word != word {
                self.change(at, word, || look(folded.word(token)));
            }
            self.0.get(at).map_or_else(|| look(folded.word(token)), |place| place.known)
        }));
    }

    /// Puts a word where it belongs; what was there goes to the place beside, where the word may have been.
    #[cold]
    fn change(&mut self, at: usize, word: Word, look: impl FnOnce() -> Known) {
        let beside = at ^ 1;
        if self.0.get(beside).is_none_or(|place| place.word != word)
            && let Some(place) = self.0.get_mut(beside)
        {
            *place = Place { word, known: look() };
        }
        self.0.swap(at, beside);
    }
}

/// What a vocabulary says of each word of a text.
#[cfg(test)]
#[cfg(feature = "sources")]
pub(super) fn look_up(folded: &Folded, vocabulary: &crate::lists::Vocabulary) -> Vec<Known> {
    let mut known = Vec::new();
    Seen::default().look_up(folded, &mut known, |word| vocabulary.look(word));
    known
}

#[cfg(test)]
#[cfg(feature = "sources")]
mod tests {
    use super::*;
    use crate::Lists;
    use crate::lists::Vocabulary;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static VOCABULARY: LazyLock<Vocabulary> =
        LazyLock::new(|| Lists::starter().unwrap().into_compiled().vocabulary);

    fn looked_up(seen: &mut Seen, text: &str) {
        let folded = Folded::new(text);
        let mut known = Vec::new();
        seen.look_up(&folded, &mut known, |word| VOCABULARY.look(word));
        let asked: Vec<Known> =
            folded.tokens.iter().map(|token| VOCABULARY.look(folded.word(token))).collect();
        assert_eq!(known, asked, "{text:?}");
    }

    #[test]
    fn every_word_of_the_vocabulary_is_known_as_it_is() {
        let mut seen = Seen::default();
        let words: Vec<&str> =
            (0..u32::try_from(VOCABULARY.len()).unwrap()).map(|id| VOCABULARY.word(id)).collect();
        // Far more words than places, with their neighbours and backwards, twice.
        for words in words.chunks(40).chain(words.chunks(7).rev()) {
            let text = words.join(" ");
            looked_up(&mut seen, &text);
            looked_up(&mut seen, &text);
        }
    }

    proptest! {
        #[test]
        fn a_word_that_was_seen_is_never_answered_for_another(texts in prop::collection::vec(
            "(([ab]{1,18}|kill(s|ed|ing)?|é{1,9}|[a-z]{1,3}|🔪)[ .']){0,30}", 1..6)) {
            let mut seen = Seen::default();
            texts.iter().chain(&texts).for_each(|text| looked_up(&mut seen, text));
        }
    }
}
