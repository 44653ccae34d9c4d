//! The words that rules know, whole, as beginnings and as endings, and ordinary English words.
//!
//! Used to find where rules may match, to tell a disguised or mistyped word from an ordinary one, and to cut letters that
//! were run together: `k1ll` is read as “kill” because a rule knows that word, `mp3` stays `mp3` because none knows “mpe”.
//! Made by the compiler of lists and read in place: a word is found by one look into a hash table.

use crate::lists::kind;
use crate::lists::known::Known;
use crate::lists::lexicon::Lexicon;
use crate::lists::mask::Mask;
use crate::lists::numbers::{Numbers, Spans, Table};
use crate::lists::pool::Code;
use crate::lists::recent::{NUMBER_BITS, Recent, few};

/// Endings that words usually have.
const ENDINGS: [&str; 35] = [
    "", "a", "al", "als", "able", "d", "e", "ed", "er", "ers", "es", "ful", "ic", "ied", "ies", "in", "ing",
    "ings", "ion", "ions", "ise", "ish", "ism", "ist", "ists", "ity", "ive", "less", "ly", "ment", "n",
    "ness", "s", "t", "y",
];
/// Fewest and most letters of which it is known whether a word begins with them.
pub(super) const LEAST_OPENING: usize = 3;
pub(crate) const MOST_OPENING: usize = 6;
/// In a slot of a table, the bits of a word's number and of its mark above it together, because the tables are large,
const SLOT: u32 = (1 << 24) - 1;
/// and the number.
pub(super) const NUMBER: u32 = (1 << NUMBER_BITS) - 1;

/// All words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Vocabulary {
    pub(super) words: Lexicon,
    /// For each word, its [`kind`]s.
    pub(super) kinds: Table<1>,
    /// Which pieces of phrases each is: as a whole, as a beginning, as an ending, as far as its kinds say.
    pub(super) pieces: Spans<1>,
    /// For each word, one more than the number of the longest other word that it begins with and that may go on.
    pub(super) above: Numbers,
    /// A bit for each of the first letters of every word, three to six of them, by [`opening`].
    pub(super) starts: Table<4>,
    /// A bit for each word that may go on, and one for its first three letters, by [`opening`].
    pub(super) openings: Table<4>,
    /// Bytes of the longest of them.
    pub(super) longest: u32,
    /// The words that may end longer ones.
    pub(super) closed: Numbers,
    /// A bit for the last letter of each of these, because nearly no word ends like one of them.
    pub(super) last_letters: u32,
    /// Words by [`hash`].
    pub(super) slots: Slots,
    /// A bit for the [`letters`] of each word, to be looked at before the words themselves; and for each that a rule has.
    pub(super) jumbles: Table<4>,
    pub(super) jumbles_of_rules: Table<4>,
    /// Words by [`letters`].
    pub(super) jumbled: Slots,
    pub(super) recent: Recent,
}

/// A hash of a word.
pub(super) fn hash(word: &[u8]) -> u32 {
    let mut state = word.len() as u64;
    let mut add = |eight: u64| state = (state.rotate_left(5) ^ eight).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (eights, rest) = word.as_chunks::<8>();
    eights.iter().for_each(|eight| add(u64::from_le_bytes(*eight)));
    if !rest.is_empty() {
        add(few(rest));
    }
    ((state ^ state >> 32) & 0xffff_ffff) as u32
}

/// Whether two words are the same. WebAssembly has no instruction for it, and compares byte by byte.
fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let ((eights, rest), (others, rest_of_other)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let equal = |(one, other): (&[u8; 8], &[u8; 8])| u64::from_le_bytes(*one) == u64::from_le_bytes(*other);
    eights.iter().zip(others).all(equal) && few(rest) == few(rest_of_other)
}

/// A bit of a table of bits of so many numbers, a power of two: its place, and the bit in it. `None` when it is empty.
pub(super) const fn bit(number: u32, words: usize) -> Option<(usize, u32)> {
    let Some(last) = (words * 32).checked_sub(1) else { return None };
    let bit = number as usize & last;
    Some((bit / 32, 1 << (bit % 32)))
}

/// Which bit stands for the last letter of a word, and for some others.
pub(super) const fn last_letter(byte: u8) -> u32 {
    1 << (byte % 32)
}

fn has_bit(number: u32, table: &Table<4>) -> bool {
    bit(number, table.len()).is_some_and(|(place, bit)| table.get(place).is_some_and(|bits| bits & bit != 0))
}

/// Which bit of a table of so many numbers stands for the beginning of a word; `None` for one of fewer than three bytes.
pub(super) fn opening(beginning: &[u8], words: usize) -> Option<(usize, u32)> {
    if beginning.len() < LEAST_OPENING {
        return None;
    }
    bit(hash(beginning), words)
}

const fn mixed(letters: u32) -> u32 {
    (letters ^ letters >> 15).wrapping_mul(0x9e37_79b1) >> 8
}

/// Which bit of a table of so many numbers stands for the letters of a word.
#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
pub(super) const fn jumble(letters: u32, words: usize) -> Option<(usize, u32)> {
    bit(mixed(letters), words)
}

/// What each letter adds to a word's [`letters`].
const LETTERS: [u32; 256] = {
    let mut letters = [0; 256];
    let mut byte = 0;
    while byte < letters.len() {
        let spread = (byte as u32).wrapping_add(0x9e37).wrapping_mul(0x9e37_79b1);
        letters[byte] = (spread ^ spread >> 15).wrapping_mul(0x85eb_ca6b);
        byte += 1;
    }
    letters
};

/// What a letter adds to a word's [`letters`].
pub(crate) const fn letter(byte: u8) -> u32 {
    LETTERS[byte as usize]
}

/// A hash of the letters of a word in any order.
pub(crate) fn letters(word: &[u8]) -> u32 {
    word.iter().fold(0, |sum, byte| sum.wrapping_add(letter(*byte)))
}

/// Words by a hash: in a few thousand groups, with a mark that tells most of a group apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Slots {
    pub(super) groups: Spans<1>,
    /// Of each group in order.
    pub(super) slots: Table<3>,
}

/// Which of so many groups, a power of two, a hash belongs to, and the mark of its slots.
pub(super) const fn slot(hash: u32, groups: usize) -> (usize, u32) {
    let mixed = hash.wrapping_mul(0x9e37_79b1);
    (mixed as usize & groups.wrapping_sub(1), hash & SLOT & !NUMBER)
}

impl Slots {
    /// The numbers that have the mark of a hash.
    fn candidates(&self, hash: u32) -> impl Iterator<Item = u32> {
        let (group, mark) = slot(hash, self.groups.len());
        let slots = self.slots.among(self.groups.range(group));
        slots.filter(move |slot| slot & !NUMBER == mark).map(|slot| (slot & NUMBER).wrapping_sub(1))
    }
}

impl Vocabulary {
    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// A word by its number.
    pub(crate) fn word(&self, id: u32) -> &str {
        self.words.word(id)
    }

    /// The [`kind`]s of a word.
    pub(crate) fn kinds(&self, id: u32) -> u32 {
        self.kinds.get(id as usize).unwrap_or_default()
    }

    /// The mask of a word.
    pub(crate) fn mask(&self, id: u32) -> Mask {
        Mask::of(id, self.kinds(id))
    }

    /// The number of a word.
    pub(crate) fn number(&self, word: &[u8]) -> Option<u32> {
        self.recent.number(word, || self.look_for(word))
    }

    fn look_for(&self, word: &[u8]) -> Option<u32> {
        self.slots.candidates(hash(word)).find(|id| same(self.words.bytes(*id), word))
    }

    /// The words of at least four letters that may have these [`letters`].
    pub(crate) fn with_letters(&self, letters: u32) -> impl Iterator<Item = u32> {
        let there = has_bit(mixed(letters), &self.jumbles);
        there.then(|| self.jumbled.candidates(letters)).into_iter().flatten()
    }

    /// Whether a word that a rule has may have these [`letters`].
    pub(crate) fn may_be_of_a_rule(&self, letters: u32) -> bool {
        has_bit(mixed(letters), &self.jumbles_of_rules)
    }

    /// Whether some rule would look at this word: it has it, or the beginning of it before a usual ending.
    pub(crate) fn knows(&self, word: &str) -> bool {
        let known = self.look(word);
        known.number().is_some_and(|id| self.kinds(id) & kind::WHOLE != 0)
            || known.closed
            || self.has_usual_ending(word, known.beginning())
    }

    fn has_usual_ending(&self, word: &str, beginning: Option<u32>) -> bool {
        let ending = beginning.and_then(|id| word.strip_prefix(self.word(id)));
        ending.is_some_and(|ending| ENDINGS.contains(&ending))
    }

    /// Whether this is a word of a rule or of English.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        let kinds = self.number(word.as_bytes()).map_or(0, |id| self.kinds(id));
        kinds & (kind::WHOLE | kind::ENGLISH) != 0
    }

    /// Whether this is an English word.
    pub(crate) fn is_english(&self, word: &str) -> bool {
        self.number(word.as_bytes()).is_some_and(|id| self.kinds(id) & kind::ENGLISH != 0)
    }

    /// What is known of a word of the vocabulary.
    pub(crate) fn look_at(&self, id: u32) -> Known {
        let kinds = self.kinds(id);
        let beginning = if kinds & kind::OPEN != 0 { Some(id) } else { self.above(id) };
        let closed = self.is_closed(self.words.bytes(id));
        let leads = kinds & kind::LEADS != 0;
        let whole = kinds & kind::WHOLE != 0;
        Known {
            number: id.saturating_add(1),
            beginning: beginning.map_or(0, |id| id.saturating_add(1)),
            mask: if whole { Mask::of(id, kinds) } else { Mask::UNKNOWN },
            piece: if whole { self.whole(id) } else { Code::NONE },
            closed,
            leads,
            ..Known::default()
        }
    }

    /// Looks a word up.
    pub(crate) fn look(&self, word: &str) -> Known {
        self.number(word.as_bytes()).map_or_else(|| self.unknown(word), |id| self.look_at(id))
    }

    /// What is known of a word that is not in the vocabulary.
    pub(crate) fn unknown(&self, word: &str) -> Known {
        let beginning = self.beginning(word, LEAST_OPENING);
        let closed = self.is_closed(word.as_bytes());
        let strange = !closed && !self.has_usual_ending(word, beginning);
        let leads = beginning.is_some() || closed;
        let beginning = beginning.map_or(0, |id| id.saturating_add(1));
        Known { beginning, closed, leads, strange, ..Known::default() }
    }

    /// The longest word, of at least so many bytes, that may go on and that a word begins with which is not in the vocabulary.
    fn beginning(&self, word: &str, least: usize) -> Option<u32> {
        let word = word.as_bytes();
        // Most strange words begin like no beginning that rules have, and are done with here.
        if !has_bit(hash(word.get(..LEAST_OPENING)?), &self.openings) {
            return None;
        }
        let longest = word.len().min(self.longest as usize);
        (least.max(LEAST_OPENING)..=longest).rev().find_map(|length| {
            let beginning = word.get(..length)?;
            let hash = hash(beginning);
            if !has_bit(hash, &self.openings) {
                return None;
            }
            let mut found = self.slots.candidates(hash);
            found.find(|id| self.kinds(*id) & kind::OPEN != 0 && same(self.words.bytes(*id), beginning))
        })
    }

    /// Whether a word ends with one that may end longer ones.
    fn is_closed(&self, word: &[u8]) -> bool {
        word.last().is_some_and(|last| self.last_letters & last_letter(*last) != 0)
            && self.closed.iter().any(|id| word.ends_with(self.words.bytes(id)))
    }

    /// The words that may end longer ones and that this one ends with.
    fn endings(&self, word: &str) -> impl Iterator<Item = u32> {
        self.closed.iter().filter(move |id| word.ends_with(self.word(*id)))
    }

    /// The words of which rules want something where this word stands: itself or the longest beginning first.
    pub(crate) fn leads(&self, known: Known, word: &str) -> impl Iterator<Item = u32> {
        let itself = known.number().filter(|_| known.number != known.beginning);
        let ends = known.closed.then(|| self.endings(word)).into_iter().flatten();
        itself
            .into_iter()
            .chain(self.from(known.beginning()))
            .chain(ends.filter(move |id| known.number() != Some(*id)))
    }

    /// A beginning, and those that it begins with.
    fn from(&self, beginning: Option<u32>) -> impl Iterator<Item = u32> {
        std::iter::successors(beginning, |id| self.above(*id))
    }

    fn above(&self, id: u32) -> Option<u32> {
        if self.kinds(id) & kind::NESTED == 0 {
            return None;
        }
        self.above.get(id as usize).and_then(|above| above.checked_sub(1))
    }

    /// How many bytes this word has beyond the longest beginning that rules know: none for a whole word. `None` when no
    /// rule would look at it.
    pub(crate) fn ending(&self, word: &str) -> Option<usize> {
        let known = self.look(word);
        if known.number().is_some_and(|id| self.kinds(id) & kind::WHOLE != 0) {
            return Some(0);
        }
        known.beginning().and_then(|known| word.len().checked_sub(self.word(known).len()))
    }

    /// Whether a word that is not in the vocabulary has an ending of at most so many bytes after the longest beginning that
    /// rules know.
    pub(crate) fn is_ended(&self, word: &str, most: usize) -> bool {
        self.beginning(word, word.len().saturating_sub(most)).is_some()
    }

    /// Whether a word of the vocabulary could begin like this. It may say so where none does.
    pub(crate) fn may_begin(&self, letters: &[u8]) -> bool {
        let known = letters.get(..letters.len().min(MOST_OPENING)).unwrap_or_default();
        opening(known, self.starts.len())
            .is_none_or(|(place, bit)| self.starts.get(place).is_some_and(|bits| bits & bit != 0))
    }

    /// Whether a word that some rule would look at could begin like this; it may say so where none does. Where this says
    /// no, so does [`could_begin`](Self::could_begin), and of all that is longer too.
    pub(crate) fn might_begin(&self, letters: &str) -> bool {
        self.may_begin(letters.as_bytes()) || self.beginning(letters, LEAST_OPENING).is_some()
    }

    /// Whether a word of the vocabulary could begin like this. Of a few letters it may say so where none does.
    pub(crate) fn could_begin(&self, letters: &str) -> bool {
        let begins = || {
            let next = self.words.word(self.words.place(letters));
            !next.is_empty() && next.starts_with(letters)
        };
        let few = letters.len() <= MOST_OPENING;
        (self.may_begin(letters.as_bytes()) && (few || begins()))
            || self.beginning(letters, LEAST_OPENING).is_some()
    }
}

#[cfg(test)]
#[cfg(feature = "sources")]
#[path = "vocabulary_tests.rs"]
mod tests;
