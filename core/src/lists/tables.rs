//! Makes the tables of the vocabulary, when lists are compiled.

use crate::lists::anchors::Anchors;
use crate::lists::kind;
use crate::lists::lexicon::Lexicon;
use crate::lists::recent::Recent;
use crate::lists::vocabulary::{
    LEAST_OPENING, MOST_OPENING, NUMBER, Vocabulary, hash, jumble, letters, opening, slot,
};
use std::collections::BTreeMap;

/// Letters that a word must have before it is looked for among mistyped ones.
const LEAST_LETTERS: usize = 4;
/// Numbers of 32 bits that tell which beginnings there are.
const OPENINGS: usize = 512;
/// Numbers of 32 bits that tell how words begin: a quarter of the bits are set.
const STARTS: usize = 4096;
/// Numbers of 32 bits that tell which letters words have: they stay in the nearest cache, as the words do not.
const JUMBLES: usize = 8192;

/// Quarters of the places that a table's words need: room where every word of a text is looked for, so that the first
/// place nearly always has the answer; less where the jumbles say no before.
const ROOMY: usize = 6;
const FULL: usize = 5;

/// Sets the bit for the first bytes of a word.
fn mark(table: &mut [u32], word: &[u8], length: usize) {
    let bit = word.get(..length).and_then(|beginning| opening(beginning, table));
    if let Some((place, bit)) = bit {
        table[place] |= bit;
    }
}

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
        let mut starts = vec![0_u32; STARTS];
        let mut longest = 0;
        for (word, kinds) in words {
            if kinds & kind::OPEN != 0 {
                mark(&mut openings, word.as_bytes(), LEAST_OPENING);
                mark(&mut openings, word.as_bytes(), word.len());
                longest = longest.max(u32::try_from(word.len()).unwrap_or(u32::MAX));
            }
            (LEAST_OPENING..=MOST_OPENING).for_each(|length| mark(&mut starts, word.as_bytes(), length));
        }
        let long: Vec<(u32, u32)> = long.map(|(id, (word, _))| (id, letters(word.as_bytes()))).collect();
        let mut jumbles = vec![0_u32; JUMBLES];
        let mut jumbles_of_rules = jumbles.clone();
        for (id, letters) in &long {
            let Some((place, bit)) = jumble(*letters, &jumbles) else { continue };
            jumbles[place] |= bit;
            if kinds.get(*id as usize).is_some_and(|kinds| kinds & kind::WHOLE != 0) {
                jumbles_of_rules[place] |= bit;
            }
        }
        Self {
            jumbles,
            jumbles_of_rules,
            openings,
            longest,
            starts,
            above: nest(&lexicon, &kinds),
            closed: closed.collect(),
            slots: table(numbers().map(|(id, (word, _))| (id, hash(word.as_bytes()))), ROOMY),
            jumbled: table(long.into_iter(), FULL),
            words: lexicon,
            kinds,
            recent: Recent::default(),
        }
    }

    /// Marks the words that lead to an anchor.
    pub(crate) fn mark_leads(&mut self, anchors: &Anchors) {
        for id in 0..u32::try_from(self.len()).unwrap_or(u32::MAX) {
            let leads = self.leads(self.look_at(id), self.word(id)).any(|lead| anchors.has(lead));
            if let Some(kinds) = self.kinds.get_mut(id as usize).filter(|_| leads) {
                *kinds |= kind::LEADS;
            }
        }
    }
}

/// A hash table with so many quarters of the places that its words need, at least.
fn table(numbers: impl Iterator<Item = (u32, u32)>, quarters: usize) -> Vec<u32> {
    let numbers: Vec<(u32, u32)> = numbers.collect();
    let mut table = vec![0; (numbers.len() * quarters / 4 + 1).next_power_of_two()];
    for (id, hash) in numbers {
        let (mut at, mark) = slot(hash, table.len());
        while table[at] != 0 {
            at = (at + 1) & (table.len() - 1);
        }
        // More words than fit 17 bits would make the table unsound, and loading says so.
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
