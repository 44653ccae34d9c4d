//! The words of all phrases, each once and in order, in one string.
//!
//! A worker that wakes up reads thousands of them before it can answer: as strings of their own each would be an
//! allocation.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Sorted words, known by number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Lexicon {
    /// The words, one directly after another.
    text: String,
    /// Where each word ends.
    #[serde(with = "super::ends")]
    ends: Vec<u32>,
}

impl Lexicon {
    /// Keeps words that are in order already.
    #[cfg_attr(
        not(feature = "sources"),
        allow(dead_code, reason = "only the compiler of lists writes words")
    )]
    pub(crate) fn new<'a>(sorted: impl IntoIterator<Item = &'a str>) -> Self {
        let mut lexicon = Self::default();
        for word in sorted {
            lexicon.text.push_str(word);
            // Words that outgrow 32 bits would not fit in memory; the last number then makes them unsound.
            lexicon.ends.push(u32::try_from(lexicon.text.len()).unwrap_or(u32::MAX));
        }
        lexicon
    }

    /// How many words there are.
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// A word by its number; empty when there is none.
    pub(crate) fn word(&self, number: u32) -> &str {
        self.text.get(self.range(number)).unwrap_or_default()
    }

    /// A word, compared more quickly than as text; the order is the same.
    fn bytes(&self, number: u32) -> &[u8] {
        self.text.as_bytes().get(self.range(number)).unwrap_or_default()
    }

    fn range(&self, number: u32) -> Range<usize> {
        let index = number as usize;
        let before =
            index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        before as usize..self.ends.get(index).copied().unwrap_or(before) as usize
    }

    /// The number of the first word that does not come before this one: the word itself if it is there.
    pub(crate) fn place(&self, word: &str) -> u32 {
        let (mut low, mut high) = (0, u32::try_from(self.len()).unwrap_or(u32::MAX));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.bytes(middle) < word.as_bytes() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The number of a word.
    pub(crate) fn number(&self, word: &str) -> Option<u32> {
        let place = self.place(word);
        ((place as usize) < self.len() && self.word(place) == word).then_some(place)
    }

    /// Whether every word is where it should be.
    pub(crate) fn is_sound(&self) -> bool {
        self.ends.is_sorted()
            && self.ends.last().map_or(0, |end| *end as usize) == self.text.len()
            && self.ends.iter().all(|end| self.text.is_char_boundary(*end as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_by_number_and_numbers_by_word() {
        let lexicon = Lexicon::new(["die", "ellé", "kill"]);
        assert!(lexicon.is_sound());
        assert_eq!([0, 1, 2, 3, u32::MAX].map(|n| lexicon.word(n)), ["die", "ellé", "kill", "", ""]);
        assert_eq!(
            ["die", "kill", "a", "zoo", ""].map(|w| lexicon.number(w)),
            [Some(0), Some(2), None, None, None]
        );
        assert_eq!(["a", "dies", "zoo"].map(|word| lexicon.place(word)), [0, 1, 3]);
        assert_eq!(Lexicon::default().number("die"), None);
    }

    #[test]
    fn damage_is_noticed_and_harmless() {
        for ends in [vec![3, 2], vec![9], vec![4, 5], vec![]] {
            let lexicon = Lexicon { text: "ellé".to_owned(), ends };
            assert!(!lexicon.is_sound());
            assert!(lexicon.number("x").is_none());
        }
    }
}
