//! The words of all phrases, and ordinary English words, each once and in order.

use crate::lists::ListsError;
use crate::lists::block::{Reader, Writer};
use crate::lists::strings::Strings;

/// Sorted words, known by number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lexicon(Strings);

impl Lexicon {
    /// Keeps words that are in order already.
    #[cfg_attr(
        not(feature = "sources"),
        allow(dead_code, reason = "only the compiler of lists writes words")
    )]
    pub(crate) fn new<'a>(sorted: impl Iterator<Item = &'a str> + Clone) -> Self {
        Self(Strings::new(sorted))
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        Strings::read(reader).map(Self)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// A word by its number; empty when there is none.
    pub(crate) fn word(&self, number: u32) -> &str {
        self.0.get(number)
    }

    /// A word as bytes.
    pub(crate) fn bytes(&self, number: u32) -> &[u8] {
        self.0.bytes(number)
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

    /// Whether every word is where it should be.
    pub(crate) fn is_sound(&self) -> bool {
        self.0.is_sound()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_by_number_and_places_by_word() {
        let lexicon = Lexicon::new(["die", "ellé", "kill"].into_iter());
        assert!(lexicon.is_sound());
        assert_eq!([0, 1, 2, 3, u32::MAX].map(|n| lexicon.word(n)), ["die", "ellé", "kill", "", ""]);
        assert_eq!(["a", "dies", "ellé", "zoo"].map(|word| lexicon.place(word)), [0, 1, 1, 3]);
    }
}
