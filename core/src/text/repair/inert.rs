//! Strange words that a way of reading found nothing in.
//!
//! Names, slang and what is typed half are strange again in every text and at every key, and asking what they may stand for
//! is most of what a repair costs. The answer depends on nothing but the word and the lists, so that it was nothing is
//! remembered: of plain words of up to twelve letters, which fit a number exactly, in a table that never grows. Only words
//! are kept, one by one, and they do not leave the engine.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words that are remembered at most.
const PLACES: usize = 1 << BITS;
const BITS: u32 = 14;
/// Most letters of one, and bits of each letter.
const LETTERS: usize = 12;
const LETTER: u32 = 5;

/// A way of reading a word by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// With letters typed twice for one, where not all of the text is like that.
    Stretched = 1,
    /// As words run together, where the text has spaces.
    Joined = 2,
    /// As a word mistyped.
    Slip = 4,
}

/// The words, each with the ways in which it is nothing: its letters below, and a bit for each way above them.
pub(crate) struct Inert(Vec<AtomicU64>);

impl Default for Inert {
    fn default() -> Self {
        Self(std::iter::repeat_with(AtomicU64::default).take(PLACES).collect())
    }
}

impl fmt::Debug for Inert {
    /// Not the words: somebody typed them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inert")
    }
}

const ABOVE: u32 = LETTERS as u32 * LETTER;
const WORD: u64 = (1 << ABOVE) - 1;

/// The letters of a word as one number, no two words the same; `None` when it is too long, or has other than plain letters.
fn number(word: &str) -> Option<u64> {
    if word.len() > LETTERS {
        return None;
    }
    word.bytes().try_fold(0, |number, byte| {
        let letter = byte.wrapping_sub(b'a');
        (letter < 26).then_some(number << LETTER | (u64::from(letter) + 1))
    })
}

impl Inert {
    fn place(&self, number: u64) -> Option<&AtomicU64> {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS);
        self.0.get(usize::try_from(mixed).ok()?)
    }

    /// What a way of reading makes of a word: nothing when it is known to be nothing, else what `read` says.
    pub(super) fn read<T>(&self, word: &str, way: Way, read: impl FnOnce() -> Option<T>) -> Option<T> {
        let number = number(word);
        let Some((number, place)) = number.and_then(|number| Some((number, self.place(number)?))) else {
            return read();
        };
        // Each place is one number, so what another thread writes meanwhile is whole as well.
        let kept = place.load(Ordering::Relaxed);
        let ways = if kept & WORD == number { kept >> ABOVE } else { 0 };
        if ways & way as u64 != 0 {
            return None;
        }
        let found = read();
        if found.is_none() {
            place.store(number | (ways | way as u64) << ABOVE, Ordering::Relaxed);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_words_are_the_same_number() {
        let words = ["a", "aa", "b", "ab", "ba", "z", "zz", "abcdefghijkl", "bbcdefghijkl", "zzzzzzzzzzzz"];
        let mut numbers: Vec<u64> = words.iter().filter_map(|word| number(word)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), words.len());
        assert!(numbers.iter().all(|number| number & !WORD == 0));
        assert!(["abcdefghijklm", "é", "a1", "A"].iter().all(|word| number(word).is_none()));
    }

    #[test]
    fn what_was_nothing_is_not_asked_again_and_what_was_something_is() {
        let inert = Inert::default();
        for (word, again) in [("gokys", false), ("a1b", true), ("abcdefghijklmno", true)] {
            assert_eq!(inert.read::<u8>(word, Way::Slip, || None), None);
            let mut asked = false;
            inert.read::<u8>(word, Way::Slip, || {
                asked = true;
                None
            });
            assert_eq!(asked, again, "{word}");
            assert_eq!(inert.read(word, Way::Joined, || Some(7)), Some(7), "another way");
            assert_eq!(inert.read(word, Way::Joined, || Some(8)), Some(8));
        }
    }

    #[test]
    fn words_that_meet_in_a_place_never_answer_for_each_other() {
        let inert = Inert::default();
        let words: Vec<String> = (0..20_000_u32)
            .map(|n| (0..5).map(|at| char::from(b'a' + (n / 7_u32.pow(at) % 7) as u8)).collect())
            .collect();
        // A word stands for something or not by itself; far more words than places, in an order that mixes them.
        let stands = |word: &str| word.bytes().map(u32::from).sum::<u32>() % 3 == 0;
        for step in [1, 7, 13] {
            for word in words.iter().step_by(step).chain(words.iter().rev()) {
                let read = inert.read(word, Way::Slip, || stands(word).then_some(()));
                assert_eq!(read.is_some(), stands(word), "{word}");
            }
        }
    }
}
