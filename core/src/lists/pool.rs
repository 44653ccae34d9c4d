//! All phrases in a few flat tables, read where they lie.
//!
//! A phrase is steps that follow each other, a step one of several runs of pieces, a piece a word or a part of one. A step may
//! have a hundred alternatives, and nearly always the word that stands there begins none of them: so the first pieces of all
//! runs lie side by side, and the last ones where somebody comes from behind. Steps are in such an order that those whose
//! runs are all one word come last: of these nothing else need be said. Phrases are put together in `gathered`.

use crate::lists::ListsError;
use crate::lists::block::{Bytes, Reader, Writer};
use crate::lists::numbers::{Numbers, Spans};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Words that may stand in a gap.
pub(crate) const GAP: usize = 3;

/// A piece of a phrase as it is stored: the vocabulary numbers them, the lowest byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Code(pub(super) [u8; 2]);

impl Code {
    /// Up to three words of any kind.
    pub(crate) const GAP: Self = Self::new(u16::MAX);
    /// No piece: what an empty run has at its ends.
    pub(crate) const NONE: Self = Self::new(u16::MAX - 1);
    /// Different pieces that there may be.
    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists counts them"))]
    pub(crate) const MOST: usize = u16::MAX as usize - 1;

    /// A piece by its number.
    pub(crate) const fn new(number: u16) -> Self {
        Self(number.to_le_bytes())
    }

    /// The number of the piece.
    pub(crate) const fn number(self) -> u16 {
        u16::from_le_bytes(self.0)
    }

    /// Whether it is no word.
    pub(crate) const fn is_open(self) -> bool {
        self.number() >= u16::MAX - 1
    }

    pub(crate) const fn is_gap(self) -> bool {
        self.number() == u16::MAX
    }
}

/// Codes beside each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Codes(pub(super) Bytes);

/// Codes that are compared in one go.
const AT_ONCE: usize = 16;

/// Whether a code is one of so many. Without stopping in between: all are compared by one or two instructions.
#[inline]
fn is_among<const COUNT: usize>(codes: &[[u8; 2]; COUNT], Code(code): Code) -> bool {
    codes.iter().fold(false, |so_far, other| so_far | (*other == code))
}

/// Codes as they are stored.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pieces<'a>(&'a [[u8; 2]]);

impl<'a> Pieces<'a> {
    /// As many at a time as [`contains`](Self::contains) compares at once, and where each of these begins.
    #[inline]
    pub(crate) fn chunks(self) -> impl Iterator<Item = (usize, Self)> {
        (0..).step_by(AT_ONCE).zip(self.0.chunks(AT_ONCE).map(Self))
    }

    /// Whether this is one of them. Nearly always it is not.
    #[inline]
    pub(crate) fn contains(self, code: Code) -> bool {
        let (many, rest) = self.0.as_chunks::<AT_ONCE>();
        let (some, rest) = rest.as_chunks::<8>();
        let (few, rest) = rest.as_chunks::<4>();
        many.iter().any(|codes| is_among(codes, code))
            || some.iter().any(|codes| is_among(codes, code))
            || few.iter().any(|codes| is_among(codes, code))
            || rest.iter().any(|other| Code(*other) == code)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Code> + 'a {
        self.0.iter().map(|code| Code(*code))
    }

    /// Those that are no word, by their places.
    #[inline]
    pub(crate) fn open(self) -> impl Iterator<Item = (usize, Code)> + 'a {
        let some = self
            .chunks()
            .filter(|(_, some)| some.0.iter().fold(false, |any, code| any | Code(*code).is_open()));
        some.flat_map(|(from, some)| (from..).zip(some.iter())).filter(|(_, code)| code.is_open())
    }

    pub(crate) fn get(self, index: usize) -> Option<Code> {
        self.0.get(index).map(|code| Code(*code))
    }

    /// All from a place on; `None` beyond the end.
    pub(crate) fn from(self, start: usize) -> Option<Self> {
        self.0.get(start..).map(Self)
    }

    /// All before a place; `None` beyond the end.
    pub(crate) fn to(self, end: usize) -> Option<Self> {
        self.0.get(..end).map(Self)
    }

    pub(crate) fn split_first(self) -> Option<(Code, Self)> {
        self.0.split_first().map(|(code, rest)| (Code(*code), Self(rest)))
    }

    pub(crate) fn split_last(self) -> Option<(Code, Self)> {
        self.0.split_last().map(|(code, rest)| (Code(*code), Self(rest)))
    }
}

impl Codes {
    fn len(&self) -> usize {
        self.0.len() / 2
    }

    fn all(&self) -> Pieces<'_> {
        Pieces(self.0.as_chunks().0)
    }

    fn at(&self, places: Range<usize>) -> Pieces<'_> {
        Pieces(self.0.as_chunks().0.get(places).unwrap_or_default())
    }

    /// Whether every one is no word, or one of so many pieces.
    fn below(&self, pieces: usize) -> bool {
        self.all().iter().all(|code| code.is_open() || usize::from(code.number()) < pieces)
    }
}

/// Some phrases of the pool, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Phrases {
    from: u32,
    to: u32,
}

impl Phrases {
    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists adds some"))]
    pub(crate) const fn new(from: u32, to: u32) -> Self {
        Self { from, to }
    }

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

/// The tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pool {
    /// The first piece of every run,
    pub(super) firsts: Codes,
    /// the last one of each run of a step before an anchor in which some have more or fewer than one,
    pub(super) lasts: Codes,
    /// and where the pieces after the first are, of each run of any such step,
    pub(super) rests: Spans<1>,
    /// one run after another.
    pub(super) rest: Codes,
    /// The runs of each step,
    pub(super) steps: Spans<2>,
    /// and whether it has alternatives without a word at an end, in two bits.
    pub(super) open: Numbers,
    /// Numbers of steps, in the order in which phrases have them.
    pub(super) order: Numbers,
    pub(super) phrases: Spans<1>,
}

/// Some alternatives of the step are empty, or have a gap at their beginning,
pub(super) const FIRST_OPEN: u32 = 1;
/// or at their end.
pub(super) const LAST_OPEN: u32 = 2;

impl Pool {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        Ok(Self {
            firsts: Codes(reader.counted()?),
            lasts: Codes(reader.counted()?),
            rests: Spans::read(reader)?,
            rest: Codes(reader.counted()?),
            steps: Spans::read(reader)?,
            open: Numbers::read(reader)?,
            order: Numbers::read(reader)?,
            phrases: Spans::read(reader)?,
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.counted(&self.firsts.0);
        writer.counted(&self.lasts.0);
        self.rests.write(writer);
        writer.counted(&self.rest.0);
        self.steps.write(writer);
        self.open.write(writer);
        self.order.write(writer);
        self.phrases.write(writer);
    }

    /// The places of a phrase's steps.
    #[inline]
    pub(crate) fn steps(&self, phrase: u32) -> Range<usize> {
        self.phrases.range(phrase as usize)
    }

    /// The number of the step at a place. Several places may have the same.
    #[inline]
    pub(crate) fn step(&self, place: usize) -> usize {
        self.order.get(place).map_or(usize::MAX, |step| step as usize)
    }

    /// The runs of a step.
    #[inline]
    pub(crate) fn runs(&self, step: usize) -> Range<usize> {
        self.steps.range(step)
    }

    /// The first pieces of these runs.
    pub(crate) fn firsts(&self, runs: Range<usize>) -> Pieces<'_> {
        self.firsts.at(runs)
    }

    /// The last pieces of these runs, which are all of one step that stands before an anchor.
    pub(crate) fn lasts(&self, runs: Range<usize>) -> Pieces<'_> {
        if runs.end <= self.lasts.len() { self.lasts.at(runs) } else { self.firsts.at(runs) }
    }

    /// The first piece of a run, if it has one.
    pub(crate) fn first(&self, run: usize) -> Option<Code> {
        self.firsts.all().get(run).filter(|code| *code != Code::NONE)
    }

    /// The pieces of a run after its first.
    #[inline]
    pub(crate) fn after(&self, run: usize) -> Pieces<'_> {
        if run < self.rests.len() { self.rest.at(self.rests.range(run)) } else { Pieces::default() }
    }

    /// Whether all runs of a step are one word each, by its runs.
    #[inline]
    pub(crate) const fn is_plain(&self, runs: &Range<usize>) -> bool {
        runs.start >= self.rests.len()
    }

    /// All pieces of a run.
    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only what looks at lists asks for them"))]
    pub(crate) fn pieces(&self, run: usize) -> impl Iterator<Item = Code> {
        self.first(run).into_iter().chain(self.after(run).iter())
    }

    /// Whether an alternative of a step has no word at its beginning.
    pub(crate) fn first_is_open(&self, step: usize) -> bool {
        self.bits(step) & FIRST_OPEN != 0
    }

    /// Whether an alternative of a step has no word at its end.
    pub(crate) fn last_is_open(&self, step: usize) -> bool {
        self.bits(step) & LAST_OPEN != 0
    }

    fn bits(&self, step: usize) -> u32 {
        self.open.get(step).unwrap_or_default()
    }

    /// Whether the tables fit together, and every word is one of so many pieces.
    pub(crate) fn is_sound(&self, pieces: usize) -> bool {
        let steps = self.steps.len();
        [&self.firsts, &self.lasts, &self.rest].iter().all(|codes| codes.below(pieces))
            && self.lasts.len() <= self.firsts.len()
            && self.rests.fit(self.rests.len(), self.rest.len())
            && self.rests.len() <= self.firsts.len()
            && self.steps.fit(steps, self.firsts.len())
            && self.open.len() == steps
            // What is one word is no gap, and is there.
            && (0..steps).all(|step| self.bits(step) == 0 || !self.is_plain(&self.runs(step)))
            && self.order.below(steps)
            && self.phrases.fit(self.phrase_count(), self.order.len())
    }

    /// How many phrases there are.
    pub(crate) fn phrase_count(&self) -> usize {
        self.phrases.len()
    }

    /// Whether these phrases are all there.
    pub(crate) fn has(&self, phrases: Phrases) -> bool {
        phrases.from <= phrases.to && phrases.to as usize <= self.phrase_count()
    }
}

#[cfg(test)]
#[cfg(feature = "sources")]
#[path = "pool_tests.rs"]
mod tests;
