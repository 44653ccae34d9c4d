//! Strange words that a way of reading found nothing in.
//!
//! Names, slang and what is typed half are strange again in every text and at every key, and asking what they may stand for
//! is most of what a repair costs. The answer depends on nothing but the word and the lists, so that it was nothing is
//! remembered: of plain words of up to twenty-four letters, which fit two numbers exactly, in a table that never grows. Only words
//! are kept, one by one, and they do not leave the engine.

use std::cell::Cell;

/// Words that are remembered at most.
const PLACES: usize = 1 << BITS;
const BITS: u32 = 14;
/// Most letters of one, and of each of the two numbers that hold them, and bits of each letter.
const LETTERS: usize = 24;
const EACH: usize = 12;
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

/// The words, each with the ways in which it is nothing: its letters below, and a bit for each way above the last of them.
/// Empty until it is needed.
#[derive(Default)]
pub(crate) struct Inert(Vec<Cell<Word>>);

/// The letters of a word.
type Word = [u64; 2];

const ABOVE: u32 = EACH as u32 * LETTER;
const LAST: u64 = (1 << ABOVE) - 1;

/// The letters of a word as two numbers, no two words the same; `None` when it is too long, or has other than plain letters.
fn number(word: &str) -> Option<Word> {
    let bytes = word.as_bytes();
    let (first, rest) = bytes.split_at_checked(EACH).unwrap_or((bytes, &[]));
    if bytes.len() > LETTERS {
        return None;
    }
    let number = |letters: &[u8]| {
        letters.iter().try_fold(0, |number: u64, byte| {
            let letter = byte.wrapping_sub(b'a');
            (letter < 26).then_some(number << LETTER | (u64::from(letter) + 1))
        })
    };
    Some([number(first)?, number(rest)?])
}

impl Inert {
    /// Makes room for words.
    pub(super) fn open(&mut self) {
        self.0.resize(PLACES, Cell::default());
    }

    fn place(&self, [first, rest]: Word) -> Option<&Cell<Word>> {
        let mixed = (first ^ rest.rotate_left(31)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS);
        self.0.get(usize::try_from(mixed).ok()?)
    }

    /// What is remembered of a word.
    pub(super) fn of(&self, word: &str) -> Ways<'_> {
        let number = number(word);
        Ways(number.and_then(|number| Some((number, self.place(number)?))))
    }
}

/// What is remembered of one word; nothing of a long one.
#[derive(Clone, Copy)]
pub(super) struct Ways<'a>(Option<(Word, &'a Cell<Word>)>);

impl Ways<'_> {
    /// What a way of reading makes of the word: nothing when it is known to be nothing, else what `read` says.
    pub(super) fn read<T>(self, way: Way, read: impl FnOnce() -> Option<T>) -> Option<T> {
        let Some((number, place)) = self.0 else { return read() };
        let ways = || {
            let [first, rest] = place.get();
            if [first, rest & LAST] == number { rest >> ABOVE } else { 0 }
        };
        if ways() & way as u64 != 0 {
            return None;
        }
        let found = read();
        if found.is_none() {
            place.set([number[0], number[1] | (ways() | way as u64) << ABOVE]);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_words_are_the_same_number() {
        let longest = "z".repeat(LETTERS);
        let words = [
            "a",
            "aa",
            "b",
            "ab",
            "ba",
            "z",
            "zz",
            "abcdefghijkl",
            "bbcdefghijkl",
            "zzzzzzzzzzzz",
            "abcdefghijkla",
            "aabcdefghijkl",
            "abcdefghijklaabcdefghijk",
            "abcdefghijklaabcdefghijl",
            &longest,
        ];
        let mut numbers: Vec<Word> = words.iter().filter_map(|word| number(word)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), words.len());
        assert!(numbers.iter().flatten().all(|number| number & !LAST == 0));
        assert!(
            [format!("{longest}a").as_str(), "é", "abcdefghijké", "a1", "A"]
                .iter()
                .all(|word| number(word).is_none())
        );
    }

    #[test]
    fn what_was_nothing_is_not_asked_again_and_what_was_something_is() {
        let mut inert = Inert::default();
        inert.open();
        for (word, again) in [
            ("gokys", false),
            ("a1b", true),
            ("abcdefghijklmno", false),
            ("abcdefghijklmnopqrstuvwxyz", true),
        ] {
            assert_eq!(inert.of(word).read::<u8>(Way::Slip, || None), None);
            let mut asked = false;
            inert.of(word).read::<u8>(Way::Slip, || {
                asked = true;
                None
            });
            assert_eq!(asked, again, "{word}");
            assert_eq!(inert.of(word).read(Way::Joined, || Some(7)), Some(7), "another way");
            assert_eq!(inert.of(word).read(Way::Joined, || Some(8)), Some(8));
        }
    }

    #[test]
    fn words_that_meet_in_a_place_never_answer_for_each_other() {
        let mut inert = Inert::default();
        inert.open();
        let words: Vec<String> = (0..20_000_u32)
            .map(|n| (0..5).map(|at| char::from(b'a' + (n / 7_u32.pow(at) % 7) as u8)).collect())
            .collect();
        // A word stands for something or not by itself; far more words than places, in an order that mixes them.
        let stands = |word: &str| word.bytes().map(u32::from).sum::<u32>() % 3 == 0;
        for step in [1, 7, 13] {
            for word in words.iter().step_by(step).chain(words.iter().rev()) {
                let read = inert.of(word).read(Way::Slip, || stands(word).then_some(()));
                assert_eq!(read.is_some(), stands(word), "{word}");
            }
        }
    }
}
