//! Finds the model's words in a text.
//!
//! Nearly every word of a text is in the vocabulary of the lists, which has been asked for it already: then its number there
//! says which of the model's it is. Any other is looked for by a number made of its first and last letters, in a table with
//! much room, and compared as text only when a second number agrees.

use super::weights::Weights;
use crate::lists::{Known, Vocabulary};
use crate::taxonomy::Surface;
use crate::text::fold::Folded;
use std::ops::Range;

/// Places in the table; a power of two, several times as many as there are words.
const PLACES: usize = 1 << BITS;
const BITS: u32 = 13;
/// The number that no word has.
const NONE: u16 = u16::MAX;

/// Where a term stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) token: usize,
    pub(super) term: u16,
}

/// What a text has of the model's words, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Hits {
    pub(super) points: Vec<Hit>,
    /// Tokens of the writer's own voice.
    pub(super) own: Vec<usize>,
}

/// What one text has, in tables that are filled anew for each.
#[derive(Debug, Default)]
pub(crate) struct Signs {
    /// The model's number of each word.
    numbers: Vec<u16>,
    pub(super) hits: Hits,
}

impl Signs {
    /// Forgets the text.
    pub(crate) fn clear(&mut self) {
        self.numbers.clear();
        self.hits.points.clear();
        self.hits.own.clear();
    }
}

/// The words and terms of the weights, arranged for looking up.
#[derive(Debug)]
pub(super) struct Table {
    /// For each place a word's second number and the word's own number.
    places: Vec<(u16, u16)>,
    /// For each word of a vocabulary the word's own number; empty when there is none.
    by_number: Vec<u16>,
    words: Vec<Entry>,
    text: String,
    terms: Vec<Spelled>,
    spelling: Vec<u16>,
}

#[derive(Debug, Clone, Default)]
struct Entry {
    /// Bytes of the text.
    word: Range<usize>,
    /// The terms that begin with the word,
    terms: Range<usize>,
    /// whether one of them is only the word,
    alone: bool,
    /// and the second words of the others: a bit for each, which several share.
    seconds: u64,
    /// Where any of them, or a term of which it is a later word, counts: a bit for each surface.
    surfaces: u8,
    own: bool,
}

#[derive(Debug, Clone)]
struct Spelled {
    /// Its words in the spelling.
    words: Range<usize>,
    /// The second of them, if there is one.
    second: u16,
    sign: u16,
    surfaces: u8,
}

const fn bit(surface: Surface) -> u8 {
    1 << surface as u8
}

impl Table {
    pub(super) fn new(weights: &Weights) -> Self {
        let mut end = 0;
        let mut words: Vec<Entry> = Vec::new();
        for (number, word) in (0..).zip(weights.words.split_terminator(' ')) {
            let own = weights.own.contains(&number);
            // The writer's own voice is heard everywhere.
            let surfaces = if own { u8::MAX } else { 0 };
            words.push(Entry { word: end..end + word.len(), surfaces, own, ..Entry::default() });
            end += word.len() + 1;
        }
        let mut terms = Vec::with_capacity(weights.terms.len());
        let mut start = 0;
        for (number, term) in weights.terms.iter().enumerate() {
            let range = start..start + usize::from(term.length);
            start = range.end;
            let head = weights.signs.get(usize::from(term.sign)).and_then(|sign| sign.head);
            let head = head.and_then(|head| weights.heads.get(head));
            let surfaces =
                head.map_or(u8::MAX, |head| head.surfaces.iter().fold(0, |all, each| all | bit(*each)));
            let spelling = weights.spelling.get(range.clone()).unwrap_or_default();
            for word in spelling {
                if let Some(entry) = words.get_mut(usize::from(*word)) {
                    entry.surfaces |= surfaces;
                }
            }
            let second = spelling.get(1).copied().unwrap_or(NONE);
            if let Some(entry) = spelling.first().and_then(|word| words.get_mut(usize::from(*word))) {
                entry.alone |= second == NONE;
                entry.seconds |= 1 << (second % 64);
                // Terms lie in the order of their first words.
                let first = if entry.terms.is_empty() { number } else { entry.terms.start };
                entry.terms = first..number + 1;
            }
            terms.push(Spelled { words: range, second, sign: term.sign, surfaces });
        }
        let mut places = vec![(0, NONE); PLACES];
        for (number, entry) in (0..).zip(&words) {
            let (mut place, tag) = numbers(weights.words.get(entry.word.clone()).unwrap_or_default());
            // Soundness of the weights leaves far more places than words.
            while places.get(place).is_some_and(|(_, taken)| *taken != NONE) {
                place = (place + 1) % PLACES;
            }
            if let Some(free) = places.get_mut(place) {
                *free = (tag, number);
            }
        }
        let by_number = Vec::new();
        Self {
            places,
            by_number,
            words,
            text: weights.words.clone(),
            terms,
            spelling: weights.spelling.clone(),
        }
    }

    /// Learns the numbers that the words have in a vocabulary.
    pub(super) fn meet(&mut self, vocabulary: &Vocabulary) {
        let mut by_number = vec![NONE; vocabulary.len()];
        for (number, entry) in (0..).zip(&self.words) {
            let word = self.text.get(entry.word.clone()).unwrap_or_default();
            let id = vocabulary.number(word.as_bytes());
            if let Some(place) = id.and_then(|id| by_number.get_mut(id as usize)) {
                *place = number;
            }
        }
        self.by_number = by_number;
    }

    /// Puts the model's words in a text into empty tables, as far as they count where it was written. `known` is what the vocabulary that it has
    /// met says of each word.
    pub(super) fn read(&self, folded: &Folded, known: &[Known], surface: Surface, signs: &mut Signs) {
        let Signs { numbers, hits } = signs;
        numbers.extend(folded.tokens.iter().zip(known).map(|(token, known)| {
            let number = match known.sign {
                Known::UNASKED => self.number(*known, folded.word(token)),
                number => number,
            };
            if number == NONE { NONE } else { self.counting(number, surface) }
        }));
        for (token, number) in numbers.iter().enumerate().filter(|(_, number)| **number != NONE) {
            let Some(entry) = self.words.get(usize::from(*number)) else { continue };
            if entry.own {
                hits.own.push(token);
            }
            let (before, next) = (hits.points.len(), numbers.get(token + 1));
            // Of most words no term can stand here, and that need not be asked term by term.
            let follows = |next: &u16| *next != NONE && entry.seconds >> (next % 64) & 1 != 0;
            if !entry.alone && !next.is_some_and(follows) {
                continue;
            }
            for number in entry.terms.clone() {
                let Some(term) = self.terms.get(number) else { continue };
                // Of the terms of a word nearly all end with their second, which is not there.
                if term.second != NONE && Some(&term.second) != next {
                    continue;
                }
                if term.surfaces & bit(surface) == 0 || !self.stands(term, token, numbers, folded) {
                    continue;
                }
                // Of one sign the longest term at a place counts, and it comes first.
                let has = |hit: &Hit| self.sign(hit.term) == Some(term.sign);
                if !hits.points.get(before..).unwrap_or_default().iter().any(has) {
                    hits.points.push(Hit { token, term: u16::try_from(number).unwrap_or(NONE) });
                }
            }
        }
    }

    /// The number of a word, of which `known` is what the vocabulary that it has met says; [`NONE`] if it is not the model's.
    pub(super) fn number(&self, known: Known, word: &str) -> u16 {
        let met = known.number().and_then(|number| self.by_number.get(number as usize));
        met.copied().unwrap_or_else(|| self.look(word))
    }

    /// Whether the words of a term follow each other from `token`, in one sentence.
    fn stands(&self, term: &Spelled, token: usize, numbers: &[u16], folded: &Folded) -> bool {
        if term.words.len() == 1 {
            return true;
        }
        let last = token + term.words.len() - 1;
        let sentence = |at: usize| folded.tokens.get(at).map(|token| token.sentence);
        numbers.get(token..=last) == self.spelling.get(term.words.clone())
            && sentence(last) == sentence(token)
    }

    fn sign(&self, term: u16) -> Option<u16> {
        self.terms.get(usize::from(term)).map(|term| term.sign)
    }

    /// How many words a term has.
    pub(super) fn length(&self, term: u16) -> usize {
        self.terms.get(usize::from(term)).map_or(0, |term| term.words.len())
    }

    /// A term as text.
    pub(super) fn words(&self, term: u16) -> String {
        let words = self.terms.get(usize::from(term)).and_then(|term| self.spelling.get(term.words.clone()));
        let words = words.unwrap_or_default().iter().map(|word| self.word(*word));
        words.collect::<Vec<_>>().join(" ")
    }

    fn word(&self, number: u16) -> &str {
        let entry = self.words.get(usize::from(number));
        entry.and_then(|entry| self.text.get(entry.word.clone())).unwrap_or_default()
    }

    /// The number of a word if it counts on this surface; else [`NONE`].
    fn counting(&self, number: u16, surface: Surface) -> u16 {
        let entry = self.words.get(usize::from(number));
        if entry.is_some_and(|entry| entry.surfaces & bit(surface) != 0) { number } else { NONE }
    }

    /// The number of a word that is in no vocabulary.
    fn look(&self, word: &str) -> u16 {
        let (mut place, tag) = numbers(word);
        while let Some((known, number)) = self.places.get(place).filter(|(_, number)| *number != NONE) {
            if *known == tag && self.word(*number) == word {
                return *number;
            }
            place = (place + 1) % PLACES;
        }
        NONE
    }
}

/// Where to look for a word, and a second number to know it by, from its first and last four bytes and its length.
fn numbers(word: &str) -> (usize, u16) {
    let bytes = word.as_bytes();
    let (first, last) = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => (u32::from_le_bytes(*first), u32::from_le_bytes(*last)),
        // Up to three bytes are all different places of them, or one twice.
        _ => {
            let at = |index: usize| bytes.get(index).copied().map_or(0, u32::from);
            (at(0) | at(bytes.len() / 2) << 8, at(bytes.len().saturating_sub(1)))
        }
    };
    let both = u64::from(first) << 32 | u64::from(last);
    let mixed = (both ^ (bytes.len() as u64) << 27).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let place = usize::try_from(mixed >> (64 - BITS)).unwrap_or_default();
    (place, u16::try_from(mixed >> 16 & 0xffff).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn words_that_differ_at_an_end_or_in_length_have_numbers_of_their_own() {
        let words =
            ["", "a", "aa", "ab", "é", "abcdefgh", "abcdefghi", "bbcdefghi", "abcdefghj", "abcdefgabcdefgh"];
        let mut all = words.map(numbers);
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
    }
}
