//! Compares a phrase with the words around a place.
//!
//! The matcher knows where one word of a phrase stands; from there the rest is followed forwards and backwards. Words
//! must follow each other directly, except across a gap.

use super::words::Words;
use crate::lists::{Around, Code, Edges, GAP, Mask, Needed, Openers, Phrases, Pool, Use};
use std::ops::Range;

/// A stretch of words that a phrase may lie in.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'a> {
    pub(crate) words: &'a Words<'a>,
    pub(crate) pool: &'a Pool,
    pub(crate) edges: &'a Edges,
    pub(crate) openers: &'a Openers,
    pub(crate) needed: &'a Needed,
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

    /// The words before and after a token, as far as they are in the stretch.
    pub(crate) fn beside(&self, token: usize) -> (Around, Around) {
        let masks = &self.words.masks;
        let anywhere = self.words.of_sentences.get(self.sentence).copied().unwrap_or(Mask::ALL);
        let before = masks.get(self.from.max(token.saturating_sub(GAP + 1))..token).unwrap_or_default();
        let after = masks.get(token + 1..self.to.min(token + GAP + 2)).unwrap_or_default();
        let around = |words: &[Mask], beside: Option<&Mask>| {
            let across = words.iter().fold(Mask::UNKNOWN, |all, word| all.with(*word));
            Around::new(beside.copied().unwrap_or(Mask::UNKNOWN), across, anywhere)
        };
        (around(before, before.last()), around(after, after.first()))
    }

    /// Whether the sentence may have what a phrase of a rule needs. It may say so where it has not.
    pub(crate) fn may_have(&self, phrase: u32) -> bool {
        self.needed.by(phrase).is_none_or(|set| self.has(set))
    }

    /// Whether the sentence may have what a rule wants besides its phrase. It may say so where it has not.
    pub(crate) fn may_fit(&self, rule: usize, near: Range<usize>) -> bool {
        self.needed.by_rule(rule, near).all(|set| self.has(set))
    }

    fn has(&self, set: usize) -> bool {
        self.words.present.borrow_mut().has(self.words, self.needed, set, self.sentence)
    }

    /// The tokens of the phrase if it begins at `token`.
    pub(crate) fn starting(&self, phrase: u32, token: usize) -> Option<Range<usize>> {
        let end = self.forwards(self.pool.steps(phrase), token, 0)?;
        (end > token).then_some(token..end)
    }

    /// The first place in the stretch where one of the phrases lies outside `except`.
    pub(crate) fn find(&self, phrases: Phrases, except: &Range<usize>) -> Option<Range<usize>> {
        self.places(phrases, &(self.from..self.to))
            .filter_map(|(token, phrase)| self.starting(phrase, token))
            .find(|found| found.end <= except.start || found.start >= except.end)
    }

    /// Where the phrases could begin among some tokens, with which of them: in the order of the text.
    pub(crate) fn places(&self, phrases: Phrases, tokens: &Range<usize>) -> std::vec::IntoIter<(usize, u32)> {
        let places = self.words.begun.borrow_mut().places(self.words, self.openers, phrases, tokens);
        places.into_iter()
    }

    /// The given steps, the next word at `next` or up to `slack` later. Gives the end.
    fn forwards(&self, steps: Range<usize>, next: usize, slack: usize) -> Option<usize> {
        let Some(step) = steps.clone().next() else { return Some(next) };
        let rest = step + 1..steps.end;
        let number = self.pool.step(step);
        let runs = self.pool.runs(number);
        let firsts = self.edges.firsts(runs.clone());
        let by_word = (next..(next + slack + 1).min(self.to)).find_map(|token| {
            let codes = among(firsts, self.words.codes(token))?;
            let mut there = runs.clone().zip(firsts).filter(|(_, first)| codes.contains(first));
            there.find_map(|(run, _)| {
                self.run_forwards(rest.clone(), self.pool.pieces(run).get(1..)?, token + 1, 0)
            })
        });
        if by_word.is_some() || !self.edges.first_is_open(number) {
            return by_word;
        }
        let mut open = runs.zip(firsts).filter(|(_, first)| Code(**first).is_open());
        open.find_map(|(run, _)| self.run_forwards(rest.clone(), self.pool.pieces(run), next, slack))
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
        let number = self.pool.step(step);
        let runs = self.pool.runs(number);
        let lasts = self.edges.lasts(runs.clone());
        let by_word = (before.saturating_sub(slack + 1).max(self.from)..before).rev().find_map(|token| {
            let codes = among(lasts, self.words.codes(token))?;
            let mut there = runs.clone().zip(lasts).filter(|(_, last)| codes.contains(last));
            there.find_map(|(run, _)| {
                let (_, others) = self.pool.pieces(run).split_last()?;
                self.run_backwards(rest.clone(), others, token, 0)
            })
        });
        if by_word.is_some() || !self.edges.last_is_open(number) {
            return by_word;
        }
        let mut open = runs.zip(lasts).filter(|(_, last)| Code(**last).is_open());
        open.find_map(|(run, _)| self.run_backwards(rest.clone(), self.pool.pieces(run), before, slack))
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
        self.words.codes(token).contains(&piece.0)
    }
}

/// The codes of a word, if one of them is among the ends of a step's alternatives.
fn among<'a>(ends: &[u32], codes: &'a [u32]) -> Option<&'a [u32]> {
    codes.iter().any(|code| ends.contains(code)).then_some(codes)
}
