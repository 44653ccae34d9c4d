//! Compares a phrase with the words around a place.
//!
//! The matcher knows where one word of a phrase stands; from there the rest is followed forwards and backwards. Words
//! must follow each other directly, except across a gap.

use super::fold::Folded;
use crate::lists::{Code, Known, Phrases, Pool, Use, Vocabulary};
use std::ops::Range;

/// Words that may stand in a gap.
const GAP: usize = 3;

/// The words of a text, with what the vocabulary says of each.
pub(crate) struct Words<'a> {
    pub(crate) folded: &'a Folded,
    vocabulary: &'a Vocabulary,
    known: Vec<Known>,
}

/// What the vocabulary says of every word.
pub(crate) fn look_up(folded: &Folded, vocabulary: &Vocabulary) -> Vec<Known> {
    folded.tokens.iter().map(|token| vocabulary.look(folded.word(token))).collect()
}

impl<'a> Words<'a> {
    pub(crate) const fn new(folded: &'a Folded, vocabulary: &'a Vocabulary, known: Vec<Known>) -> Self {
        Self { folded, vocabulary, known }
    }

    /// What the vocabulary says of every word.
    pub(crate) fn known(&self) -> &[Known] {
        &self.known
    }

    /// The code of a phrase's word that is this very word.
    fn code(&self, token: usize) -> Code {
        let number = self.known.get(token).and_then(|known| known.number);
        number.map_or(Code::UNKNOWN, Code::whole)
    }

    /// Whether the piece is the word at `token`, whose code is `code`.
    fn is(&self, piece: Code, token: usize, code: Code) -> bool {
        let part = |word: &str| {
            piece.beginning().is_some_and(|id| word.starts_with(self.vocabulary.word(id)))
                || piece.ending().is_some_and(|id| word.ends_with(self.vocabulary.word(id)))
        };
        let other = |id: &u32| piece == Code::whole(*id) || part(self.vocabulary.word(*id));
        piece == code
            || part(self.word(token))
            || (!self.folded.others.is_empty() && self.folded.others(token).iter().any(other))
    }

    /// The word at a place; empty beyond the last.
    pub(crate) fn word(&self, token: usize) -> &str {
        self.folded.tokens.get(token).map_or("", |token| self.folded.word(token))
    }
}

/// A stretch of words that a phrase may lie in.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'a> {
    pub(crate) words: &'a Words<'a>,
    pub(crate) pool: &'a Pool,
    /// First token that may be used, and the first after them.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Stretch<'_> {
    /// The tokens of the phrase if its piece at `place` is the word at `token`.
    pub(crate) fn around(&self, place: &Use, token: usize) -> Option<Range<usize>> {
        let steps = self.pool.steps(place.phrase);
        let pieces = self.pool.pieces(place.run);
        if !(self.from..self.to).contains(&token) || !self.is(Code(*pieces.get(place.piece)?), token) {
            return None;
        }
        let after = place.step + 1..steps.end;
        let end = self.run_forwards(after, pieces.get(place.piece + 1..)?, token + 1, 0)?;
        let before = steps.start..place.step;
        let start = self.run_backwards(before, pieces.get(..place.piece)?, token, 0)?;
        Some(start..end)
    }

    /// The tokens of the phrase if it begins at `token`.
    pub(crate) fn starting(&self, phrase: u32, token: usize) -> Option<Range<usize>> {
        let end = self.forwards(self.pool.steps(phrase), token, 0)?;
        (end > token).then_some(token..end)
    }

    /// The first place in the stretch where one of the phrases lies outside `except`.
    pub(crate) fn find(&self, phrases: Phrases, except: &Range<usize>) -> Option<Range<usize>> {
        if phrases.is_empty() {
            return None;
        }
        (self.from..self.to).find_map(|token| {
            phrases
                .numbers()
                .filter_map(|phrase| self.starting(phrase, token))
                .find(|found| found.end <= except.start || found.start >= except.end)
        })
    }

    /// The given steps, the next word at `next` or up to `slack` later. Gives the end.
    fn forwards(&self, steps: Range<usize>, next: usize, slack: usize) -> Option<usize> {
        let Some(step) = steps.clone().next() else { return Some(next) };
        let rest = step + 1..steps.end;
        let runs = || self.pool.runs(self.pool.step(step)).map(|run| self.pool.pieces(run));
        // A step may have a hundred alternatives, so the text's word is looked up once and compared with all of them.
        let by_word = (next..(next + slack + 1).min(self.to)).find_map(|token| {
            let code = self.words.code(token);
            runs()
                .filter_map(<[u32]>::split_first)
                .filter(|(first, _)| self.words.is(Code(**first), token, code))
                .find_map(|(_, others)| self.run_forwards(rest.clone(), others, token + 1, 0))
        });
        by_word.or_else(|| {
            runs()
                .filter(|pieces| pieces.first().is_none_or(|first| Code(*first).is_gap()))
                .find_map(|pieces| self.run_forwards(rest.clone(), pieces, next, slack))
        })
    }

    fn run_forwards(&self, rest: Range<usize>, pieces: &[u32], next: usize, slack: usize) -> Option<usize> {
        let Some((piece, pieces)) = pieces.split_first() else { return self.forwards(rest, next, slack) };
        if Code(*piece).is_gap() {
            return self.run_forwards(rest, pieces, next, GAP);
        }
        (next..(next + slack + 1).min(self.to))
            .filter(|token| self.is(Code(*piece), *token))
            .find_map(|token| self.run_forwards(rest.clone(), pieces, token + 1, 0))
    }

    /// The given steps, the last word directly before `before` or up to `slack` earlier. Gives the start.
    fn backwards(&self, steps: Range<usize>, before: usize, slack: usize) -> Option<usize> {
        let Some(step) = steps.clone().next_back() else { return Some(before) };
        let rest = steps.start..step;
        let runs = || self.pool.runs(self.pool.step(step)).map(|run| self.pool.pieces(run));
        let by_word = (before.saturating_sub(slack + 1).max(self.from)..before).rev().find_map(|token| {
            let code = self.words.code(token);
            runs()
                .filter_map(<[u32]>::split_last)
                .filter(|(last, _)| self.words.is(Code(**last), token, code))
                .find_map(|(_, others)| self.run_backwards(rest.clone(), others, token, 0))
        });
        by_word.or_else(|| {
            runs()
                .filter(|pieces| pieces.last().is_none_or(|last| Code(*last).is_gap()))
                .find_map(|pieces| self.run_backwards(rest.clone(), pieces, before, slack))
        })
    }

    fn run_backwards(
        &self,
        rest: Range<usize>,
        pieces: &[u32],
        before: usize,
        slack: usize,
    ) -> Option<usize> {
        let Some((piece, pieces)) = pieces.split_last() else {
            return self.backwards(rest, before, slack);
        };
        if Code(*piece).is_gap() {
            return self.run_backwards(rest, pieces, before, GAP);
        }
        (before.saturating_sub(slack + 1).max(self.from)..before)
            .rev()
            .filter(|token| self.is(Code(*piece), *token))
            .find_map(|token| self.run_backwards(rest.clone(), pieces, token, 0))
    }

    fn is(&self, piece: Code, token: usize) -> bool {
        self.words.is(piece, token, self.words.code(token))
    }
}
