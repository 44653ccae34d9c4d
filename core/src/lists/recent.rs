//! The numbers of words that were looked up lately.
//!
//! Most words of a text are among a few thousand, and short. A word of up to eight plain letters and its number fit 64 bits
//! exactly, so a table of such numbers, which never grows, answers without the word being hashed, looked for and compared;
//! that a word is none is remembered too. Only words are kept, one by one, and they do not leave the engine.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words that are remembered at most.
const PLACES: usize = 1 << BITS;
const BITS: u32 = 14;
/// Bits of a word's number, one more than it, below its letters.
pub(super) const NUMBER_BITS: u32 = 17;
const NUMBER: u64 = (1 << NUMBER_BITS) - 1;
/// Most letters of one, and where their count stands above five bits of each.
const LETTERS: usize = 8;
const ABOVE: u32 = LETTERS as u32 * 5;

/// See the module.
pub(super) struct Recent(Vec<AtomicU64>);

impl Default for Recent {
    fn default() -> Self {
        Self(std::iter::repeat_with(AtomicU64::default).take(PLACES).collect())
    }
}

impl Clone for Recent {
    /// What was remembered is found again.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Recent {
    /// What is remembered changes no answer.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Recent {}

impl fmt::Debug for Recent {
    /// Not the words: somebody typed them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recent")
    }
}

/// Up to eight bytes as one number, the first of them lowest. Whole loads, because this is asked of every word.
pub(super) fn few(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            // What lies in both is the same in both.
            u64::from(first) | u64::from(last) << ((bytes.len() - 4) * 8)
        }
        _ => bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// A word as one number, no two the same; `None` when it is empty or too long, or has other than plain letters.
fn exact(word: &[u8]) -> Option<u64> {
    if word.is_empty() || word.len() > LETTERS {
        return None;
    }
    let letters = few(word);
    // Plain letters are 011 and five bits more, as are five bytes that no word has.
    if letters & 0xe0e0_e0e0_e0e0_e0e0 != 0x6060_6060_6060_6060 >> ((LETTERS - word.len()) * 8) {
        return None;
    }
    // The five bits of all eight pushed together: of two, of four, of eight.
    let letters = letters & 0x001f_001f_001f_001f | (letters & 0x1f00_1f00_1f00_1f00) >> 3;
    let letters = letters & 0x0000_03ff_0000_03ff | (letters & 0x03ff_0000_03ff_0000) >> 6;
    let letters = letters & 0x000f_ffff | letters >> 32 << 20;
    Some((word.len() as u64) << ABOVE | letters)
}

impl Recent {
    /// The number of a word as `look` found it last, or finds it now.
    pub(super) fn number(&self, word: &[u8], look: impl FnOnce() -> Option<u32>) -> Option<u32> {
        let place = exact(word).and_then(|exact| {
            let mixed = exact.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS);
            Some((exact, self.0.get(usize::try_from(mixed).ok()?)?))
        });
        let Some((exact, place)) = place else { return look() };
        // Each place is one number, so what another thread writes meanwhile is whole as well.
        let kept = place.load(Ordering::Relaxed);
        if kept >> NUMBER_BITS == exact {
            return u32::try_from(kept & NUMBER).ok().and_then(|number| number.checked_sub(1));
        }
        let found = look();
        let number = found.map_or(0, |id| u64::from(id) + 1);
        if number <= NUMBER {
            place.store(exact << NUMBER_BITS | number, Ordering::Relaxed);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_words_are_the_same_number() {
        let pairs = || (b'a'..=b'z').flat_map(|one| (b'a'..=b'z').map(move |other| [one, other]));
        let mut words: Vec<Vec<u8>> = ["a", "`a", "a`", "abcd"].map(|word| word.as_bytes().to_vec()).to_vec();
        for length in 2..=LETTERS {
            // Every two letters beside each other, at every place.
            for at in 0..length - 1 {
                let word = pairs()
                    .map(|pair| [&[b'x'; LETTERS][..at], &pair, &[b'x'; LETTERS][at + 2..length]].concat());
                words.extend(word);
            }
        }
        words.sort_unstable();
        words.dedup();
        let mut numbers: Vec<u64> = words.iter().filter_map(|word| exact(word)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), words.len());
        assert!(numbers.iter().all(|number| number >> (64 - NUMBER_BITS) == 0));
        assert!(
            ["", "abcdefghi", "é", "a1", "1", "A", "abcdéf"]
                .iter()
                .all(|word| exact(word.as_bytes()).is_none())
        );
    }

    #[test]
    fn what_is_remembered_is_what_was_found() {
        let recent = Recent::default();
        let found = |n: u32| (!n.is_multiple_of(3)).then_some(n * 13 % ((1 << NUMBER_BITS) - 1));
        let word = |n: u32| -> Vec<u8> { (0..5).map(|at| b'a' + (n / 9_u32.pow(at) % 9) as u8).collect() };
        // Far more words than places, each asked again at once and after many others.
        for n in (0..50_000).chain((0..50_000).rev()).chain((0..50_000).step_by(7)) {
            assert_eq!(recent.number(&word(n), || found(n)), found(n));
            assert_eq!(recent.number(&word(n), || panic!("it was remembered")), found(n));
        }
    }

    #[test]
    fn long_words_and_numbers_that_do_not_fit_are_looked_for_each_time() {
        let recent = Recent::default();
        for (word, number) in [("abcdefghi", 1), ("abc", 1 << NUMBER_BITS)] {
            assert_eq!(recent.number(word.as_bytes(), || Some(number)), Some(number));
            assert_eq!(recent.number(word.as_bytes(), || None), None);
        }
    }
}
