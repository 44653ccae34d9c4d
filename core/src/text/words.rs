//! The words of a text, with what phrases may want of each.
//!
//! A phrase has whole words, and beginnings and ends of words. Which of these a word of the text is, is found once for each
//! word; comparing it with a piece of a phrase is then comparing numbers.

use super::begun::Begun;
use super::fold::{Folded, Token};
use super::room::Room;
use crate::lists::{Code, Known, Mask, Vocabulary, kind};
use std::cell::RefCell;
use std::ops::Range;

/// See the module.
pub(crate) struct Words<'a> {
    pub(crate) folded: &'a Folded,
    vocabulary: &'a Vocabulary,
    /// As the last, what is after all sentences.
    sentences: Vec<Sentence>,
    /// The pieces that each token is, one token after another.
    parts: Vec<Part>,
    tokens: Vec<Spot>,
    pub(super) begun: RefCell<Begun>,
}

/// A piece of phrases that a token is.
pub(super) struct Part {
    pub(super) code: Code,
    /// The word of the vocabulary that the piece is or is a part of.
    pub(super) word: u32,
}

/// What is known of a token.
pub(super) struct Spot {
    /// Where its pieces end,
    end: u32,
    /// and what they are, in a few bits.
    pub(super) mask: Mask,
}

pub(super) struct Sentence {
    first: usize,
    /// What its tokens are, in a few bits.
    mask: Mask,
}

impl<'a> Words<'a> {
    /// The words of a text, in the tables of an empty room.
    #[inline(never)]
    pub(super) fn new(
        folded: &'a Folded,
        vocabulary: &'a Vocabulary,
        known: &[Known],
        room: &mut Room,
    ) -> Self {
        let count = folded.tokens.len();
        let mut words = Self {
            folded,
            vocabulary,
            sentences: std::mem::take(&mut room.sentences),
            parts: std::mem::take(&mut room.parts),
            tokens: std::mem::take(&mut room.tokens),
            begun: RefCell::new(std::mem::take(&mut room.begun)),
        };
        words.sentences.reserve(folded.sentences.len() + 1);
        words.parts.reserve(count + count / 4);
        // Of the sentence that is being read.
        let mut all = Mask::UNKNOWN;
        let mut tokens = std::mem::take(&mut words.tokens);
        tokens.extend(folded.tokens.iter().zip(known).enumerate().map(|(index, (token, known))| {
            if token.sentence >= words.sentences.len() {
                words.begin(token.sentence, index, all);
                all = Mask::UNKNOWN;
            }
            // Most words are one piece at most.
            let mask = if known.is_only_itself() && !token.several {
                if let Some((code, word)) = known.piece() {
                    words.push(code, word);
                }
                known.mask
            } else {
                words.add_all(index, token, *known)
            };
            all = all.with(mask);
            Spot { end: u32::try_from(words.parts.len()).unwrap_or(u32::MAX), mask }
        }));
        words.tokens = tokens;
        words.begin(words.sentences.len(), count, all);
        words
    }

    /// Begins a sentence with a token, and those that there are none of before it; `last` is what is known of the last one.
    fn begin(&mut self, sentence: usize, first: usize, last: Mask) {
        if let Some(before) = self.sentences.last_mut() {
            before.mask = last;
        }
        while self.sentences.len() <= sentence {
            self.sentences.push(Sentence { first, mask: Mask::UNKNOWN });
        }
    }

    /// Gives the tables back.
    pub(super) fn leave(self, room: &mut Room) {
        room.sentences = self.sentences;
        room.parts = self.parts;
        room.tokens = self.tokens;
        room.begun = self.begun.into_inner();
    }

    /// Adds the pieces that a word is or may stand for, and says what they are in a few bits.
    fn add_all(&mut self, index: usize, token: &Token, known: Known) -> Mask {
        let before = self.parts.len();
        let folded = self.folded;
        self.add(known, folded.word(token));
        if token.several {
            for other in folded.others(index) {
                let word = self.vocabulary.word(*other);
                self.add(self.vocabulary.look(word), word);
            }
        }
        let parts = self.parts.get(before..).unwrap_or_default();
        parts.iter().fold(Mask::UNKNOWN, |all, part| all.with(self.vocabulary.mask(part.word)))
    }

    fn push(&mut self, code: Code, word: u32) {
        self.parts.push(Part { code, word });
    }

    /// Adds the pieces that a word is.
    fn add(&mut self, known: Known, word: &str) {
        let vocabulary = self.vocabulary;
        if let Some((code, id)) = known.piece() {
            self.push(code, id);
        }
        if known.is_only_itself() {
            return;
        }
        if !known.closed {
            // Then all of these are words that it is or begins with, each once.
            for id in vocabulary.leads(known, word) {
                let kinds = vocabulary.kinds(id);
                if kinds & kind::OPEN != 0 {
                    self.push(vocabulary.opening(id, kinds), id);
                }
            }
            return;
        }
        let before = self.parts.len();
        for id in vocabulary.leads(known, word) {
            let (part, kinds) = (vocabulary.word(id), vocabulary.kinds(id));
            let opens = kinds & kind::OPEN != 0 && word.starts_with(part);
            let closes = kinds & kind::CLOSED != 0 && word.ends_with(part);
            let opening = opens.then(|| vocabulary.opening(id, kinds));
            let closing = closes.then(|| vocabulary.closing(id, kinds));
            for code in [opening, closing].into_iter().flatten() {
                let added = self.parts.get(before..).unwrap_or_default();
                if !added.iter().any(|part| part.code == code) {
                    self.push(code, id);
                }
            }
        }
    }

    /// The pieces of phrases that each of several words that follow each other is.
    pub(super) fn parts(&self, tokens: Range<usize>) -> &[Part] {
        let end = |token: usize| token.checked_sub(1).and_then(|before| self.tokens.get(before));
        let start = end(tokens.start).map_or(0, |token| token.end);
        let end = end(tokens.end).map_or(start, |token| token.end);
        self.parts.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The pieces of phrases that a word is.
    #[inline]
    pub(super) fn parts_of(&self, token: usize) -> &[Part] {
        let start = match token.checked_sub(1) {
            Some(before) => self.tokens.get(before).map_or(0, |spot| spot.end),
            None => 0,
        };
        let end = self.tokens.get(token).map_or(start, |spot| spot.end);
        self.parts.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Several tokens that follow each other.
    pub(super) fn spots(&self, tokens: Range<usize>) -> &[Spot] {
        self.tokens.get(tokens).unwrap_or_default()
    }

    /// What the tokens of a sentence are, in a few bits.
    pub(super) fn mask(&self, sentence: usize) -> Mask {
        self.sentences.get(sentence).map_or(Mask::ALL, |sentence| sentence.mask)
    }

    /// The tokens of a sentence.
    pub(crate) fn tokens(&self, sentence: usize) -> Range<usize> {
        let at = |index: usize| self.sentences.get(index).map_or(0, |sentence| sentence.first);
        at(sentence)..at(sentence + 1)
    }

    /// The word at a place; empty beyond the last.
    pub(crate) fn word(&self, token: usize) -> &str {
        self.folded.tokens.get(token).map_or("", |token| self.folded.word(token))
    }
}
