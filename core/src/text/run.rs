//! Compares a phrase with the words around a place.
//!
//! The matcher knows where one word of a phrase stands; from there the rest is followed forwards and backwards. Words
//! must follow each other directly, except across a gap.

use super::begun::Begun;
use super::fold::Folded;
use crate::lists::{Code, Edges, End, Known, Mask, Openers, Phrases, Pool, Use, Vocabulary, kind};
use std::cell::RefCell;
use std::ops::Range;

/// Words that may stand in a gap.
const GAP: usize = 3;

/// The words of a text, with what the vocabulary says of each.
pub(crate) struct Words<'a> {
    pub(crate) folded: &'a Folded,
    vocabulary: &'a Vocabulary,
    known: &'a [Known],
    /// The first token of each sentence, and the first after the last.
    sentences: Vec<usize>,
    begun: RefCell<Begun>,
}

/// What the vocabulary says of every word.
pub(crate) fn look_up(folded: &Folded, vocabulary: &Vocabulary) -> Vec<Known> {
    folded.tokens.iter().map(|token| vocabulary.look(folded.word(token))).collect()
}

impl<'a> Words<'a> {
    pub(crate) fn new(folded: &'a Folded, vocabulary: &'a Vocabulary, known: &'a [Known]) -> Self {
        let mut sentences = Vec::with_capacity(folded.sentences.len() + 1);
        for (index, token) in folded.tokens.iter().enumerate() {
            while sentences.len() <= token.sentence {
                sentences.push(index);
            }
        }
        sentences.push(folded.tokens.len());
        Self { folded, vocabulary, known, sentences, begun: RefCell::default() }
    }

    /// The tokens of the sentence that a token stands in.
    pub(crate) fn sentence(&self, token: usize) -> Range<usize> {
        let Some(sentence) = self.folded.tokens.get(token).map(|token| token.sentence) else { return 0..0 };
        let at = |index: usize| self.sentences.get(index).copied().unwrap_or_default();
        at(sentence)..at(sentence + 1)
    }

    /// The code of a phrase's word that is this very word.
    fn code(&self, token: usize) -> Code {
        let number = self.known.get(token).and_then(|known| known.number);
        number.map_or(Code::UNKNOWN, Code::whole)
    }

    /// The same, but none for a word that no phrase has as a whole.
    fn code_in_rules(&self, token: usize) -> Code {
        let number = self.known.get(token).and_then(|known| known.number);
        let number = number.filter(|id| self.vocabulary.kinds(*id) & kind::WHOLE != 0);
        number.map_or(Code::UNKNOWN, Code::whole)
    }

    /// Whether the word at a place may stand for others too.
    pub(crate) fn may_be_several(&self, token: usize) -> bool {
        self.folded.tokens.get(token).is_some_and(|token| token.several)
    }

    /// The words of the vocabulary that stand at a place, as a whole, as a beginning or as an end; and those that the word
    /// there may stand for.
    pub(super) fn leads(&self, token: usize, mut each: impl FnMut(u32)) {
        let Some(known) = self.known.get(token) else { return };
        self.vocabulary.leads(*known, self.word(token)).for_each(&mut each);
        if self.may_be_several(token) {
            for other in self.folded.others(token) {
                let word = self.vocabulary.word(*other);
                self.vocabulary.leads(self.vocabulary.look(word), word).for_each(&mut each);
            }
        }
    }

    /// Whether the word at a place begins or ends with a word that phrases have the beginning or the end of.
    fn has_part(&self, token: usize) -> bool {
        self.known.get(token).is_some_and(|known| known.beginning.is_some() || known.closed)
    }

    /// Whether the piece is the word at `token`, whose code is `code`.
    fn is(&self, piece: Code, token: usize, code: Code) -> bool {
        if piece == code {
            return true;
        }
        let may_be_part = piece.is_part() && self.has_part(token);
        if !may_be_part && !self.may_be_several(token) {
            return false;
        }
        let part = |word: &str| {
            piece.beginning().is_some_and(|id| word.starts_with(self.vocabulary.word(id)))
                || piece.ending().is_some_and(|id| word.ends_with(self.vocabulary.word(id)))
        };
        let other = |id: &u32| piece == Code::whole(*id) || part(self.vocabulary.word(*id));
        part(self.word(token)) || (self.may_be_several(token) && self.folded.others(token).iter().any(other))
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
    pub(crate) edges: &'a Edges,
    pub(crate) openers: &'a Openers,
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

    /// The words directly before and after a token, where they are in the stretch.
    pub(crate) fn beside(&self, token: usize) -> (Mask, Mask) {
        let mask = |at: Option<usize>| {
            let at = at.filter(|at| (self.from..self.to).contains(at));
            Mask::of(at.map_or(Code::UNKNOWN, |at| self.words.code_in_rules(at)))
        };
        (mask(token.checked_sub(1)), mask(Some(token + 1)))
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

    /// Whether any of the phrases may begin among some tokens. It may say so where none does.
    pub(crate) fn may_begin(&self, phrases: Phrases, tokens: &Range<usize>) -> bool {
        self.words.begun.borrow_mut().may(self.words, self.openers, phrases, tokens)
    }

    /// The given steps, the next word at `next` or up to `slack` later. Gives the end.
    fn forwards(&self, steps: Range<usize>, next: usize, slack: usize) -> Option<usize> {
        let Some(step) = steps.clone().next() else { return Some(next) };
        let rest = step + 1..steps.end;
        let number = self.pool.step(step);
        let (runs, end) = (self.pool.runs(number), self.edges.first(number));
        let firsts = self.edges.firsts(runs.clone());
        // A step may have a hundred alternatives, so the text's word is looked up once and compared with all of them.
        let by_word = (next..(next + slack + 1).min(self.to)).find_map(|token| {
            let code = self.words.code(token);
            if !self.may_be(firsts, end, token, code) {
                return None;
            }
            let mut there = runs.clone().zip(firsts).filter(|(_, it)| self.words.is(Code(**it), token, code));
            there.find_map(|(run, _)| {
                self.run_forwards(rest.clone(), self.pool.pieces(run).get(1..)?, token + 1, 0)
            })
        });
        by_word.or_else(|| {
            let mut open = runs.zip(firsts).filter(|(_, first)| end.open && Code(**first).is_open());
            open.find_map(|(run, _)| self.run_forwards(rest.clone(), self.pool.pieces(run), next, slack))
        })
    }

    /// Whether the word at a place, which has this code, may be one of these pieces.
    fn may_be(&self, pieces: &[u32], end: End, token: usize, code: Code) -> bool {
        pieces.contains(&code.0)
            || (end.parts && self.words.has_part(token))
            || self.words.may_be_several(token)
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
        let (runs, end) = (self.pool.runs(number), self.edges.last(number));
        let lasts = self.edges.lasts(runs.clone());
        let by_word = (before.saturating_sub(slack + 1).max(self.from)..before).rev().find_map(|token| {
            let code = self.words.code(token);
            if !self.may_be(lasts, end, token, code) {
                return None;
            }
            let mut there = runs.clone().zip(lasts).filter(|(_, it)| self.words.is(Code(**it), token, code));
            there.find_map(|(run, _)| {
                let (_, others) = self.pool.pieces(run).split_last()?;
                self.run_backwards(rest.clone(), others, token, 0)
            })
        });
        by_word.or_else(|| {
            let mut open = runs.zip(lasts).filter(|(_, last)| end.open && Code(**last).is_open());
            open.find_map(|(run, _)| self.run_backwards(rest.clone(), self.pool.pieces(run), before, slack))
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
