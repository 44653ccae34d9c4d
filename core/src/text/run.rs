//! Compares a phrase with the words around a place.
//!
//! The matcher knows where one word of a phrase stands; from there the rest is followed forwards and backwards. Words
//! must follow each other directly, except across a gap.

use super::words::{Part, Spot, Words};
use crate::lists::{Around, Code, GAP, Mask, Openers, Phrases, Pieces, Pool, Use};
use std::ops::Range;

/// A stretch of words that a phrase may lie in.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'a> {
    pub(crate) words: &'a Words<'a>,
    pub(crate) pool: &'a Pool,
    pub(crate) openers: &'a Openers,
    /// The sentence that it is of,
    pub(crate) sentence: usize,
    /// the first token that may be used, and the first after them.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Stretch<'_> {
    /// The tokens of the phrase if its piece at `place` is the word at `token`.
    pub(crate) fn around(&self, place: &Use, token: usize) -> Option<Range<usize>> {
        let steps = self.pool.steps(place.phrase);
        let (first, pieces) = (self.pool.first(place.run)?, self.pool.after(place.run));
        let (piece, before) = match place.piece.checked_sub(1) {
            None => (first, (None, Pieces::default())),
            Some(at) => (pieces.get(at)?, (Some(first), pieces.to(at)?)),
        };
        if !(self.from..self.to).contains(&token) || !self.is(piece, token) {
            return None;
        }
        let after = place.step + 1..steps.end;
        let end = self.run_forwards(after, pieces.from(place.piece)?, token + 1, 0)?;
        let start = self.run_backwards(steps.start..place.step, before, token, 0)?;
        Some(start..end)
    }

    /// The words before and after a token, as far as they are in the stretch.
    pub(crate) fn beside(&self, token: usize) -> (Around, Around) {
        let anywhere = self.words.mask(self.sentence);
        let before = self.words.spots(self.from.max(token.saturating_sub(GAP + 1))..token);
        let after = self.words.spots(token + 1..self.to.min(token + GAP + 2));
        let around = |words: &[Spot], beside: Option<&Spot>| {
            let across = words.iter().fold(Mask::UNKNOWN, |all, word| all.with(word.mask));
            Around::new(beside.map_or(Mask::UNKNOWN, |word| word.mask), across, anywhere)
        };
        (around(before, before.last()), around(after, after.first()))
    }

    /// The tokens of the phrase if it begins at `token`.
    pub(crate) fn starting(&self, phrase: u32, token: usize) -> Option<Range<usize>> {
        let end = self.forwards(self.pool.steps(phrase), token, 0)?;
        (end > token).then_some(token..end)
    }

    /// The first place in the stretch where one of the phrases lies outside `except`.
    pub(crate) fn find(&self, phrases: Phrases, except: &Range<usize>) -> Option<Range<usize>> {
        let places = self.places(phrases, &(self.from..self.to));
        let mut found = places.iter().filter_map(|(token, phrase)| self.starting(*phrase, *token));
        let found = found.find(|found| found.end <= except.start || found.start >= except.end);
        self.spend(places);
        found
    }

    /// Takes places back that have been looked through.
    pub(crate) fn spend(&self, places: Vec<(usize, u32)>) {
        self.words.begun.borrow_mut().spend(places);
    }

    /// Where the phrases could begin among some tokens, with which of them: in the order of the text.
    pub(crate) fn places(&self, phrases: Phrases, tokens: &Range<usize>) -> Vec<(usize, u32)> {
        self.words.begun.borrow_mut().places(self.words, self.openers, self.sentence, phrases, tokens)
    }

    /// The given steps, the next word at `next` or up to `slack` later. Gives the end.
    fn forwards(&self, mut steps: Range<usize>, mut next: usize, slack: usize) -> Option<usize> {
        loop {
            let Some(step) = steps.next() else { return Some(next) };
            let number = self.pool.step(step);
            let runs = self.pool.runs(number);
            // Most steps are one word, which stands there or does not: there is no other way to go on.
            if slack != 0 || !self.pool.is_plain(&runs) {
                return self.forwards_among(steps, number, runs, next, slack);
            }
            if next >= self.to || !has_any(self.pool.firsts(runs), self.words.parts_of(next)) {
                return None;
            }
            next += 1;
        }
    }

    /// The same, beginning with a step of several ways; `rest` are the steps after it.
    fn forwards_among(
        &self,
        rest: Range<usize>,
        number: usize,
        runs: Range<usize>,
        next: usize,
        slack: usize,
    ) -> Option<usize> {
        let firsts = self.pool.firsts(runs.clone());
        let by_word = (next..(next + slack + 1).min(self.to)).find_map(|token| {
            among(firsts, self.words.parts_of(token), |at| {
                self.run_forwards(rest.clone(), self.pool.after(runs.start + at), token + 1, 0)
            })
        });
        if by_word.is_some() || !self.pool.first_is_open(number) {
            return by_word;
        }
        firsts.open().find_map(|(at, first)| {
            let slack = if first.is_gap() { GAP } else { slack };
            self.run_forwards(rest.clone(), self.pool.after(runs.start + at), next, slack)
        })
    }

    fn run_forwards(
        &self,
        rest: Range<usize>,
        pieces: Pieces<'_>,
        next: usize,
        slack: usize,
    ) -> Option<usize> {
        let Some((piece, pieces)) = pieces.split_first() else { return self.forwards(rest, next, slack) };
        if piece.is_gap() {
            return self.run_forwards(rest, pieces, next, GAP);
        }
        (next..(next + slack + 1).min(self.to))
            .filter(|token| self.is(piece, *token))
            .find_map(|token| self.run_forwards(rest.clone(), pieces, token + 1, 0))
    }

    /// The given steps, the last word directly before `before` or up to `slack` earlier. Gives the start.
    fn backwards(&self, mut steps: Range<usize>, mut before: usize, slack: usize) -> Option<usize> {
        loop {
            let Some(step) = steps.next_back() else { return Some(before) };
            let number = self.pool.step(step);
            let runs = self.pool.runs(number);
            if slack != 0 || !self.pool.is_plain(&runs) {
                return self.backwards_among(steps, number, runs, before, slack);
            }
            let last = before.checked_sub(1).filter(|last| *last >= self.from)?;
            if !has_any(self.pool.lasts(runs), self.words.parts_of(last)) {
                return None;
            }
            before = last;
        }
    }

    /// The same, beginning with a step of several ways; `rest` are the steps before it.
    fn backwards_among(
        &self,
        rest: Range<usize>,
        number: usize,
        runs: Range<usize>,
        before: usize,
        slack: usize,
    ) -> Option<usize> {
        let lasts = self.pool.lasts(runs.clone());
        let by_word = (before.saturating_sub(slack + 1).max(self.from)..before).rev().find_map(|token| {
            among(lasts, self.words.parts_of(token), |at| {
                self.run_backwards(rest.clone(), self.but_last(runs.start + at), token, 0)
            })
        });
        if by_word.is_some() || !self.pool.last_is_open(number) {
            return by_word;
        }
        lasts.open().find_map(|(at, last)| {
            let slack = if last.is_gap() { GAP } else { slack };
            self.run_backwards(rest.clone(), self.but_last(runs.start + at), before, slack)
        })
    }

    /// The pieces of a run before its last: the first, and those after it.
    fn but_last(&self, run: usize) -> (Option<Code>, Pieces<'_>) {
        match self.pool.after(run).split_last() {
            Some((_, pieces)) => (self.pool.first(run), pieces),
            None => (None, Pieces::default()),
        }
    }

    fn run_backwards(
        &self,
        rest: Range<usize>,
        (first, pieces): (Option<Code>, Pieces<'_>),
        before: usize,
        slack: usize,
    ) -> Option<usize> {
        let (piece, pieces) = match (pieces.split_last(), first) {
            (Some((piece, pieces)), first) => (piece, (first, pieces)),
            (None, Some(first)) => (first, (None, pieces)),
            (None, None) => return self.backwards(rest, before, slack),
        };
        if piece.is_gap() {
            return self.run_backwards(rest, pieces, before, GAP);
        }
        (before.saturating_sub(slack + 1).max(self.from)..before)
            .rev()
            .filter(|token| self.is(piece, *token))
            .find_map(|token| self.run_backwards(rest.clone(), pieces, token, 0))
    }

    fn is(&self, piece: Code, token: usize) -> bool {
        is(self.words.parts_of(token), piece)
    }
}

/// Whether a word is one of the alternatives of a step.
#[inline]
fn has_any(alternatives: Pieces<'_>, parts: &[Part]) -> bool {
    parts.iter().any(|part| alternatives.contains(part.code))
}

/// Whether a word is a piece.
fn is(parts: &[Part], piece: Code) -> bool {
    parts.iter().any(|part| part.code == piece)
}

/// The first that is made of those of a step's alternatives that a word is the end of, by their places in order. A step may
/// have a hundred, so they are looked through many at a time.
#[inline]
fn among<T>(ends: Pieces<'_>, parts: &[Part], mut make: impl FnMut(usize) -> Option<T>) -> Option<T> {
    if parts.is_empty() {
        return None;
    }
    ends.chunks().find_map(|(from, some)| {
        if !parts.iter().any(|part| some.contains(part.code)) {
            return None;
        }
        some.iter().zip(from..).filter(|(end, _)| is(parts, *end)).find_map(|(_, at)| make(at))
    })
}
