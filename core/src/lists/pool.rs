//! All phrases in five flat tables.
//!
//! Alternatives make phrases wide: the starter lists have tens of thousands of them, and a worker that wakes up reads
//! them all before it can answer. As nested vectors that would be as many allocations; here it is five. Phrases have
//! many steps in common, above all those that lists name, so each step is stored once.

use crate::lists::numbers::{ascend, below, few};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::ops::Range;

/// Words that may stand in a gap.
pub(crate) const GAP: usize = 3;

/// A piece of a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    /// A word.
    Word {
        /// Index in the list of words.
        id: u32,
        /// How much of a word it is.
        form: Form,
    },
    /// Up to three words of any kind.
    Gap,
}

/// How much of a word a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// All of it.
    Whole,
    /// Longer words that begin with it match too.
    Beginning,
    /// Longer words that end with it match too.
    Ending,
}

/// A piece as it is stored: the word's number, and in the last two bits its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) u32);

const OPEN: u32 = u32::MAX;

impl Code {
    /// No piece.
    pub(crate) const NONE: Self = Self(OPEN - 8);

    /// Whether it is no word.
    pub(crate) const fn is_open(self) -> bool {
        self.0 & 3 == 3
    }

    /// A whole word.
    pub(crate) const fn whole(id: u32) -> Self {
        Self(id << 2)
    }

    /// A word that longer words may begin with.
    pub(crate) const fn opening(id: u32) -> Self {
        Self(id << 2 | Form::Beginning as u32)
    }

    /// A word that longer words may end with.
    pub(crate) const fn closing(id: u32) -> Self {
        Self(id << 2 | Form::Ending as u32)
    }

    pub(crate) const fn is_gap(self) -> bool {
        self.0 == OPEN
    }
}

impl From<Piece> for Code {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Word { id, form } => Self(id << 2 | form as u32),
            Piece::Gap => Self(OPEN),
        }
    }
}

impl From<Code> for Piece {
    fn from(Code(code): Code) -> Self {
        match code & 3 {
            0 => Self::Word { id: code >> 2, form: Form::Whole },
            1 => Self::Word { id: code >> 2, form: Form::Beginning },
            2 => Self::Word { id: code >> 2, form: Form::Ending },
            _ => Self::Gap,
        }
    }
}

/// One of several runs of pieces; a run may be empty.
pub(crate) type Step = Vec<Vec<Piece>>;

/// Steps that follow each other.
#[cfg_attr(
    not(feature = "sources"),
    allow(dead_code, reason = "only the compiler of lists writes to a pool")
)]
pub(crate) type Phrase = Vec<Step>;

/// The steps that a pool has already, with their numbers.
pub(crate) type Known = BTreeMap<Step, u32>;

/// Some phrases of the pool, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Phrases {
    from: u32,
    to: u32,
}

impl Phrases {
    pub(crate) const fn is_empty(self) -> bool {
        self.from >= self.to
    }

    /// From the first of several groups to the last: theirs, and what lies between them.
    pub(crate) fn around(groups: impl Iterator<Item = Self>) -> Self {
        let both = |one: Self, other: Self| Self { from: one.from.min(other.from), to: one.to.max(other.to) };
        groups.filter(|group| !group.is_empty()).reduce(both).unwrap_or_default()
    }

    pub(crate) const fn numbers(self) -> Range<u32> {
        self.from..self.to
    }
}

/// The [`Code`]s of all pieces, one directly after another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Pieces {
    codes: Vec<u32>,
    /// More than the number of any word among them. Found where the codes are read, each different one once: to look at
    /// all of them took a tenth of the time in which a worker wakes up.
    words: u32,
}

/// More than the number of any word among some codes.
fn words(codes: &[u32]) -> u32 {
    let words = codes.iter().filter(|code| !Code(**code).is_open()).map(|code| (code >> 2) + 1);
    words.max().unwrap_or_default()
}

impl Serialize for Pieces {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        few::serialize(&self.codes, serializer)
    }
}

impl<'de> Deserialize<'de> for Pieces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (codes, different) = few::both(deserializer)?;
        Ok(Self { codes, words: words(&different) })
    }
}

/// The tables. Runs, steps and phrases are where they end in the table before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Pool {
    pieces: Pieces,
    #[serde(with = "super::numbers::ends")]
    runs: Vec<u32>,
    #[serde(with = "super::numbers::ends")]
    steps: Vec<u32>,
    /// Numbers of steps, in the order in which phrases have them.
    #[serde(with = "super::numbers")]
    order: Vec<u32>,
    #[serde(with = "super::numbers::ends")]
    phrases: Vec<u32>,
}

#[cfg_attr(
    not(feature = "sources"),
    allow(dead_code, reason = "only the compiler of lists writes to a pool")
)]
impl Pool {
    /// Stores phrases.
    pub(crate) fn add(&mut self, phrases: &[Phrase], known: &mut Known) -> Phrases {
        let from = number(self.phrases.len());
        for phrase in phrases {
            for step in phrase {
                let step = match known.get(step) {
                    Some(step) => *step,
                    None => {
                        let added = self.add_step(step);
                        known.insert(step.clone(), added);
                        added
                    }
                };
                self.order.push(step);
            }
            self.phrases.push(number(self.order.len()));
        }
        Phrases { from, to: number(self.phrases.len()) }
    }

    fn add_step(&mut self, step: &Step) -> u32 {
        for run in step {
            let from = self.pieces.codes.len();
            self.pieces.codes.extend(run.iter().map(|piece| Code::from(*piece).0));
            let added = words(self.pieces.codes.get(from..).unwrap_or_default());
            self.pieces.words = self.pieces.words.max(added);
            self.runs.push(number(self.pieces.codes.len()));
        }
        self.steps.push(number(self.runs.len()));
        number(self.steps.len() - 1)
    }

    /// Gives every word another number.
    pub(crate) fn renumber(&mut self, place: impl Fn(u32) -> u32) {
        for code in &mut self.pieces.codes {
            if let Piece::Word { id, form } = Piece::from(Code(*code)) {
                *code = Code::from(Piece::Word { id: place(id), form }).0;
            }
        }
        self.pieces.words = words(&self.pieces.codes);
    }
}

impl Pool {
    /// The places of a phrase's steps.
    pub(crate) fn steps(&self, phrase: u32) -> Range<usize> {
        between(&self.phrases, phrase as usize)
    }

    /// The number of the step at a place. Several places may have the same.
    pub(crate) fn step(&self, place: usize) -> usize {
        self.order.get(place).map_or(self.steps.len(), |step| *step as usize)
    }

    /// How many different steps there are.
    pub(crate) const fn step_count(&self) -> usize {
        self.steps.len()
    }

    /// The runs of a step.
    pub(crate) fn runs(&self, step: usize) -> Range<usize> {
        between(&self.steps, step)
    }

    /// The pieces of a run.
    pub(crate) fn pieces(&self, run: usize) -> &[u32] {
        self.pieces.codes.get(between(&self.runs, run)).unwrap_or_default()
    }

    /// The first piece of each run, and the last; [`Code::NONE`] of an empty one.
    pub(crate) fn edges(&self) -> (Vec<u32>, Vec<u32>) {
        let edges = |edge: fn(u32, u32) -> u32| {
            let mut start = 0;
            let edge = |end: &u32| {
                let at = edge(std::mem::replace(&mut start, *end), *end);
                self.pieces.codes.get(at as usize).copied().unwrap_or(Code::NONE.0)
            };
            self.runs.iter().map(edge).collect()
        };
        let firsts = edges(|start, end| if start < end { start } else { u32::MAX });
        let lasts = edges(|start, end| if start < end { end - 1 } else { u32::MAX });
        (firsts, lasts)
    }

    /// Every piece of every step.
    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
    pub(crate) fn all(&self) -> impl Iterator<Item = Piece> {
        self.pieces.codes.iter().map(|code| Piece::from(Code(*code)))
    }

    /// Whether the tables fit together, and every word is one of so many.
    pub(crate) fn is_sound(&self, words: usize) -> bool {
        let fits = |ends: &[u32], length: usize| {
            ascend(ends) && ends.last().map_or(0, |end| *end as usize) == length
        };
        fits(&self.runs, self.pieces.codes.len())
            && fits(&self.steps, self.runs.len())
            && below(&self.order, self.steps.len())
            && fits(&self.phrases, self.order.len())
            && self.pieces.words as usize <= words
    }

    /// How many phrases there are.
    pub(crate) const fn phrase_count(&self) -> usize {
        self.phrases.len()
    }

    /// Whether these phrases are all there.
    pub(crate) fn has(&self, phrases: Phrases) -> bool {
        phrases.from <= phrases.to && phrases.to as usize <= self.phrases.len()
    }
}

/// Lists that outgrow 32 bits would not fit in memory; the last number then makes them unsound.
#[cfg_attr(
    not(feature = "sources"),
    allow(dead_code, reason = "only the compiler of lists writes to a pool")
)]
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The items between the end of the one before and the end of this one.
fn between(ends: &[u32], index: usize) -> Range<usize> {
    let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    start as usize..ends.get(index).copied().unwrap_or(start) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(id: u32) -> Piece {
        Piece::Word { id, form: if id.is_multiple_of(2) { Form::Beginning } else { Form::Ending } }
    }

    #[test]
    fn what_is_put_in_comes_out() {
        let phrases: Vec<Phrase> = vec![
            vec![vec![vec![word(0)], vec![]], vec![vec![Piece::Gap]], vec![vec![word(1), word(2)]]],
            vec![vec![vec![word(3)]], vec![vec![Piece::Gap]], vec![vec![word(3)]]],
        ];
        let mut pool = Pool::default();
        let mut known = Known::new();
        let first = pool.add(&phrases[..1], &mut known);
        let second = pool.add(&phrases[1..], &mut known);
        let read = |phrases: Phrases| -> Vec<Phrase> {
            let run = |run| pool.pieces(run).iter().map(|code| Piece::from(Code(*code))).collect();
            let step = |place| pool.runs(pool.step(place)).map(run).collect();
            phrases.numbers().map(|phrase| pool.steps(phrase).map(step).collect()).collect()
        };
        assert_eq!([read(first), read(second)].concat(), phrases);
        assert_eq!(pool.step_count(), 4, "steps that are the same are stored once");
        assert!(pool.is_sound(4) && !pool.is_sound(3) && pool.has(second));
        assert!(!pool.has(Phrases { from: 1, to: 3 }));
        let again: Pool = postcard::from_bytes(&postcard::to_allocvec(&pool).unwrap()).unwrap();
        assert_eq!(again, pool, "the words are counted while the pieces are read");
    }

    #[test]
    fn tables_that_do_not_fit_are_noticed_and_harmless() {
        let mut pool = Pool::default();
        pool.add(&[vec![vec![vec![word(0)]]]], &mut Known::new());
        pool.runs = vec![9];
        assert!(!pool.is_sound(1));
        assert!(pool.pieces(0).is_empty() && pool.pieces(7).is_empty() && pool.steps(9).is_empty());
        assert!(pool.runs(pool.step(9)).is_empty());
    }
}
