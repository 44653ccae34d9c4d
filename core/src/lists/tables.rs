//! Makes the tables of the vocabulary, when lists are compiled.

use crate::lists::lexicon::Lexicon;
use crate::lists::vocabulary::{LEAST_LETTERS, NUMBER, Vocabulary, hash, kind, letters, opening, slot};
use std::collections::BTreeMap;

/// Numbers of 32 bits that tell which beginnings there are.
const OPENINGS: usize = 256;

impl Vocabulary {
    /// Makes the tables for words with their kinds.
    pub(crate) fn new(words: &BTreeMap<&str, u32>) -> Self {
        let lexicon = Lexicon::new(words.keys().copied());
        let kinds: Vec<u32> = words.values().copied().collect();
        let numbers = || (0_u32..).zip(words);
        let closed = numbers().filter(|(_, (_, kinds))| **kinds & kind::CLOSED != 0).map(|(id, _)| id);
        let long = numbers().filter(|(_, (word, kinds))| {
            word.len() >= LEAST_LETTERS && **kinds & (kind::WHOLE | kind::ENGLISH) != 0
        });
        let mut openings = vec![0_u32; OPENINGS];
        for (word, _) in words.iter().filter(|(_, kinds)| **kinds & kind::OPEN != 0) {
            if let Some(bit) = opening(word.as_bytes(), OPENINGS * 32) {
                openings[bit / 32] |= 1 << (bit % 32);
            }
        }
        Self {
            openings,
            above: nest(&lexicon, &kinds),
            closed: closed.collect(),
            slots: table(numbers().map(|(id, (word, _))| (id, hash(word.as_bytes())))),
            jumbled: table(long.map(|(id, (word, _))| (id, letters(word.as_bytes())))),
            words: lexicon,
            kinds,
        }
    }
}

/// A hash table in which at least a third is empty.
fn table(numbers: impl Iterator<Item = (u32, u32)>) -> Vec<u32> {
    let numbers: Vec<(u32, u32)> = numbers.collect();
    let mut table = vec![0; (numbers.len() * 3 / 2 + 1).next_power_of_two()];
    for (id, hash) in numbers {
        let (mut at, mark) = slot(hash, table.len());
        while table[at] != 0 {
            at = (at + 1) & (table.len() - 1);
        }
        // More words than fit 20 bits would make the table unsound, and loading says so.
        table[at] = mark | ((id + 1) & NUMBER);
    }
    table
}

/// Says of each word which other it begins with. In order, words that share a beginning follow it directly.
fn nest(words: &Lexicon, kinds: &[u32]) -> Vec<u32> {
    let mut around: Vec<u32> = Vec::new();
    let mut above = Vec::with_capacity(kinds.len());
    for (id, kinds) in (0..).zip(kinds) {
        while around.pop_if(|outer| !words.word(id).starts_with(words.word(*outer))).is_some() {}
        above.push(around.last().map_or(0, |outer| outer + 1));
        if kinds & kind::OPEN != 0 {
            around.push(id);
        }
    }
    above
}
