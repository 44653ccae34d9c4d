//! Makes the tables of the vocabulary, when lists are compiled.

use crate::lists::anchors::Anchors;
use crate::lists::gathered::Form;
use crate::lists::kind;
use crate::lists::lexicon::Lexicon;
use crate::lists::numbers::{Numbers, Spans, Table};
use crate::lists::pool::Code;
use crate::lists::recent::Recent;
use crate::lists::stored::pieces;
use crate::lists::vocabulary::{
    LEAST_OPENING, MOST_OPENING, NUMBER, Slots, Vocabulary, hash, jumble, letters, opening, slot,
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

/// Words that a group of a table has, about: few, so that most are not looked at in vain.
const IN_A_GROUP: usize = 3;

/// Sets the bit for the first bytes of a word.
fn mark(table: &mut [u32], word: &[u8], length: usize) {
    let bit = word.get(..length).and_then(|beginning| opening(beginning, table.len()));
    if let Some((place, bit)) = bit {
        table[place] |= bit;
    }
}

impl Vocabulary {
    /// Makes the tables for words with their kinds.
    pub(crate) fn new(words: &BTreeMap<&str, u32>) -> Self {
        let lexicon = Lexicon::new(words.keys().copied());
        let above = nest(&lexicon, words.values().copied());
        let nested = |above: &u32| if *above == 0 { 0 } else { kind::NESTED };
        let kinds: Vec<u32> =
            words.values().zip(&above).map(|(kinds, above)| kinds | nested(above)).collect();
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
            let Some((place, bit)) = jumble(*letters, jumbles.len()) else { continue };
            jumbles[place] |= bit;
            if kinds.get(*id as usize).is_some_and(|kinds| kinds & kind::WHOLE != 0) {
                jumbles_of_rules[place] |= bit;
            }
        }
        let mut vocabulary = Self {
            jumbles: Table::new(jumbles).unwrap_or_default(),
            jumbles_of_rules: Table::new(jumbles_of_rules).unwrap_or_default(),
            openings: Table::new(openings).unwrap_or_default(),
            longest,
            starts: Table::new(starts).unwrap_or_default(),
            above: Numbers::new(&above),
            closed: Numbers::new(&closed.collect::<Vec<u32>>()),
            pieces: Spans::new(kinds.iter().map(|kinds| pieces(*kinds))),
            slots: slots(numbers().map(|(id, (word, _))| (id, hash(word.as_bytes())))),
            jumbled: slots(long.into_iter()),
            words: lexicon,
            kinds: Table::new(kinds).unwrap_or_default(),
            last_letters: 0,
            recent: Recent::default(),
        };
        vocabulary.last_letters = vocabulary.last_letters();
        vocabulary
    }

    /// Marks the words that lead to an anchor.
    pub(crate) fn mark_leads(&mut self, anchors: &Anchors) {
        let kinds = (0..).zip(self.kinds.iter()).map(|(id, kinds)| {
            let leads = self.leads(self.look_at(id), self.word(id)).any(|lead| anchors.has(lead));
            if leads { kinds | kind::LEADS } else { kinds }
        });
        self.kinds = Table::new(kinds.collect::<Vec<u32>>()).unwrap_or_default();
    }

    /// A word as a piece of phrases; `None` when it is not of that kind, or there are too many.
    pub(crate) fn piece(&self, id: u32, form: Form) -> Option<Code> {
        let kinds = self.kinds(id);
        let (kind, code) = match form {
            Form::Whole => (kind::WHOLE, self.whole(id)),
            Form::Beginning => (kind::OPEN, self.opening(id, kinds)),
            Form::Ending => (kind::CLOSED, self.closing(id, kinds)),
        };
        (kinds & kind != 0 && self.piece_count() <= Code::MOST).then_some(code)
    }

    /// For each piece of phrases, by number, its word, and how much of it.
    pub(crate) fn all_pieces(&self) -> Vec<(u32, Form)> {
        let forms = [(kind::WHOLE, Form::Whole), (kind::OPEN, Form::Beginning), (kind::CLOSED, Form::Ending)];
        let of = |(id, kinds): (u32, u32)| {
            forms.into_iter().filter(move |(kind, _)| kinds & kind != 0).map(move |(_, form)| (id, form))
        };
        (0..).zip(self.kinds.iter()).flat_map(of).collect()
    }
}

/// Words in groups by a hash.
fn slots(numbers: impl Iterator<Item = (u32, u32)>) -> Slots {
    let numbers: Vec<(u32, u32)> = numbers.collect();
    let count = (numbers.len() / IN_A_GROUP + 1).next_power_of_two();
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (id, hash) in numbers {
        let (group, mark) = slot(hash, count);
        // More words than fit 17 bits would make the table unsound, and loading says so.
        groups[group].push(mark | ((id + 1) & NUMBER));
    }
    Slots {
        groups: Spans::new(groups.iter().map(Vec::len)),
        // What does not fit makes the table empty, and so unsound.
        slots: Table::new(groups.into_iter().flatten()).unwrap_or_default(),
    }
}

/// Says of each word which other it begins with. In order, words that share a beginning follow it directly.
fn nest(words: &Lexicon, kinds: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut around: Vec<u32> = Vec::new();
    let mut above = Vec::with_capacity(words.len());
    for (id, kinds) in (0..).zip(kinds) {
        while around.pop_if(|outer| !words.word(id).starts_with(words.word(*outer))).is_some() {}
        above.push(around.last().map_or(0, |outer| outer + 1));
        if kinds & kind::OPEN != 0 {
            around.push(id);
        }
    }
    above
}
