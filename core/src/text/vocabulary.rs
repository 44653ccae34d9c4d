//! The words that rules know, whole and as beginnings.
//!
//! Used to tell a disguised word from an ordinary one: `k1ll` is read as “kill” because a rule knows that word, `mp3`
//! stays `mp3` because none knows “mpe”. Every question is answered with a few binary searches.

use crate::lists::{Piece, Pool};

/// The words of all phrases.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// Sorted, as compiled; if they were not, words would be missed, not misread.
    words: Vec<String>,
    /// For each word, whether a rule wants it as it is.
    whole: Vec<bool>,
    /// Sorted: the words that may go on.
    beginnings: Vec<String>,
}

impl Vocabulary {
    /// Collects how each word is used.
    pub(crate) fn new(words: Vec<String>, pool: &Pool) -> Self {
        let mut whole = vec![false; words.len()];
        let mut open = vec![false; words.len()];
        for piece in pool.all() {
            if let Piece::Word { id, prefix } = piece {
                let uses = if prefix { &mut open } else { &mut whole };
                if let Some(used) = uses.get_mut(id as usize) {
                    *used = true;
                }
            }
        }
        let beginnings = words.iter().zip(open).filter(|(_, open)| *open);
        Self { beginnings: beginnings.map(|(word, _)| word.clone()).collect(), words, whole }
    }

    /// How many words there are.
    pub(crate) const fn len(&self) -> usize {
        self.words.len()
    }

    /// A word by its number.
    pub(crate) fn word(&self, id: u32) -> &str {
        self.words.get(id as usize).map_or("", String::as_str)
    }

    /// Whether some rule would look at this word.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.ending(word).is_some()
    }

    /// The number of a word that some phrase has.
    pub(crate) fn number(&self, word: &str) -> Option<u32> {
        let place = self.words.binary_search_by(|known| known.as_str().cmp(word));
        place.ok().and_then(|index| u32::try_from(index).ok())
    }

    /// How many bytes this word has beyond the longest beginning that rules know: none for a whole word. `None` when no
    /// rule would look at it.
    pub(crate) fn ending(&self, word: &str) -> Option<usize> {
        if self.number(word).is_some_and(|id| self.whole.get(id as usize).copied().unwrap_or_default()) {
            return Some(0);
        }
        self.beginning(word).map(|known| word.len() - known.len())
    }

    /// Whether a word that rules know could begin like this.
    pub(crate) fn could_begin(&self, letters: &str) -> bool {
        let at = self.words.partition_point(|known| known.as_str() < letters);
        self.words.get(at).is_some_and(|known| known.starts_with(letters))
            || self.beginning(letters).is_some()
    }

    /// The longest known beginning of a word.
    fn beginning(&self, word: &str) -> Option<&str> {
        let mut rest = word;
        loop {
            // The nearest beginning that is not after the word either begins it, or shows how much of the word any
            // other could share.
            let after = self.beginnings.partition_point(|known| known.as_str() <= rest);
            let known = self.beginnings.get(after.checked_sub(1)?)?;
            if rest.starts_with(known.as_str()) {
                return Some(known);
            }
            let shared = rest.chars().zip(known.chars()).take_while(|(a, b)| a == b);
            rest = rest.get(..shared.map(|(c, _)| c.len_utf8()).sum())?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vocabulary(whole: &[&str], beginnings: &[&str]) -> Vocabulary {
        let sorted = |words: &[&str]| {
            let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            words.sort();
            words.dedup();
            words
        };
        let words = sorted(&[whole, beginnings].concat());
        Vocabulary {
            whole: words.iter().map(|word| whole.contains(&word.as_str())).collect(),
            words,
            beginnings: sorted(beginnings),
        }
    }

    #[test]
    fn whole_words_and_words_that_go_on() {
        let vocabulary = vocabulary(&["die", "killer"], &["kill", "ki"]);
        assert_eq!(vocabulary.ending("die"), Some(0));
        assert_eq!(vocabulary.ending("dies"), None);
        assert_eq!(vocabulary.ending("killing"), Some(3));
        assert_eq!(vocabulary.ending("killer"), Some(0));
        assert_eq!(vocabulary.ending("kilt"), Some(2));
        assert!(
            vocabulary.could_begin("d") && vocabulary.could_begin("killi") && !vocabulary.could_begin("x")
        );
    }

    proptest! {
        #[test]
        fn the_longest_beginning_is_the_one_that_a_search_through_all_finds(
            beginnings in prop::collection::vec("[abé]{1,4}", 0..12),
            word in "[abé]{0,6}",
        ) {
            let refs: Vec<&str> = beginnings.iter().map(String::as_str).collect();
            let longest = refs.iter().filter(|known| word.starts_with(**known)).max_by_key(|known| known.len());
            let vocabulary = vocabulary(&[], &refs);
            prop_assert_eq!(vocabulary.beginning(&word), longest.copied());
        }
    }
}
