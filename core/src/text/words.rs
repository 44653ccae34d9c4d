//! The words of a text, with what phrases may want of each.
//!
//! A phrase has whole words, and beginnings and ends of words. Which of these a word of the text is, is found once for each
//! word; comparing it with a piece of a phrase is then comparing numbers.

use super::begun::Begun;
use super::fold::{Folded, Token};
use super::present::Present;
use crate::lists::{Code, Known, Mask, Vocabulary, kind};
use std::cell::RefCell;
use std::ops::Range;

/// See the module.
pub(crate) struct Words<'a> {
    pub(crate) folded: &'a Folded,
    vocabulary: &'a Vocabulary,
    /// The first token of each sentence, and the first after the last.
    sentences: Vec<usize>,
    /// The pieces that each token is, one token after another,
    codes: Vec<u32>,
    /// and where those of each end.
    ends: Vec<u32>,
    /// The same in a few bits: for each token,
    pub(super) masks: Vec<Mask>,
    /// and for each sentence.
    pub(super) of_sentences: Vec<Mask>,
    pub(super) begun: RefCell<Begun>,
    pub(super) present: RefCell<Present>,
}

/// What the vocabulary says of every word.
pub(crate) fn look_up(folded: &Folded, vocabulary: &Vocabulary) -> Vec<Known> {
    folded.tokens.iter().map(|token| vocabulary.look(folded.word(token))).collect()
}

impl<'a> Words<'a> {
    pub(crate) fn new(folded: &'a Folded, vocabulary: &'a Vocabulary, known: &[Known]) -> Self {
        let count = folded.tokens.len();
        let mut words = Self {
            folded,
            vocabulary,
            sentences: Vec::with_capacity(folded.sentences.len() + 1),
            codes: Vec::with_capacity(count + count / 4),
            ends: Vec::with_capacity(count),
            masks: Vec::with_capacity(count),
            of_sentences: vec![Mask::UNKNOWN; folded.sentences.len()],
            begun: RefCell::default(),
            present: RefCell::default(),
        };
        for (index, (token, known)) in folded.tokens.iter().zip(known).enumerate() {
            while words.sentences.len() <= token.sentence {
                words.sentences.push(index);
            }
            let mask = match known.number {
                // Most words are one piece at most.
                Some(id) if known.is_only_itself() && !token.several => {
                    if known.kinds & kind::WHOLE == 0 {
                        Mask::UNKNOWN
                    } else {
                        words.codes.push(Code::whole(id).0);
                        Mask::of(id, known.kinds)
                    }
                }
                None if known.is_only_itself() && !token.several => Mask::UNKNOWN,
                _ => words.add_all(index, token, *known),
            };
            words.masks.push(mask);
            if let Some(all) = words.of_sentences.get_mut(token.sentence) {
                *all = all.with(mask);
            }
            words.ends.push(u32::try_from(words.codes.len()).unwrap_or(u32::MAX));
        }
        words.sentences.push(count);
        words
    }

    /// Adds the pieces that a word is or may stand for, and says what they are in a few bits.
    fn add_all(&mut self, index: usize, token: &Token, known: Known) -> Mask {
        let before = self.codes.len();
        let folded = self.folded;
        self.add(known, folded.word(token));
        if token.several {
            for other in folded.others(index) {
                let word = self.vocabulary.word(*other);
                self.add(self.vocabulary.look(word), word);
            }
        }
        let codes = self.codes.get(before..).unwrap_or_default();
        codes.iter().fold(Mask::UNKNOWN, |all, code| all.with(self.vocabulary.mask(code >> 2)))
    }

    /// Adds the pieces that a word is.
    fn add(&mut self, known: Known, word: &str) {
        let kinds = |id| self.vocabulary.kinds(id);
        let whole = known.number.filter(|_| known.kinds & kind::WHOLE != 0);
        self.codes.extend(whole.map(|id| Code::whole(id).0));
        if known.beginning.is_none() && !known.closed {
            return;
        }
        let before = self.codes.len();
        for id in self.vocabulary.leads(known, word) {
            let part = self.vocabulary.word(id);
            let opens = kinds(id) & kind::OPEN != 0 && word.starts_with(part);
            let closes = kinds(id) & kind::CLOSED != 0 && word.ends_with(part);
            for code in
                [opens.then(|| Code::opening(id)), closes.then(|| Code::closing(id))].into_iter().flatten()
            {
                if !self.codes.get(before..).unwrap_or_default().contains(&code.0) {
                    self.codes.push(code.0);
                }
            }
        }
    }

    /// The pieces of phrases that the word at a place is.
    pub(super) fn codes(&self, token: usize) -> &[u32] {
        let start =
            token.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(token).copied().unwrap_or(start);
        self.codes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The words of phrases that the word at a place is, or begins or ends with.
    pub(super) fn parts(&self, token: usize) -> impl Iterator<Item = u32> {
        self.codes(token).iter().map(|code| code >> 2)
    }

    /// The same of several words that follow each other.
    pub(super) fn parts_of(&self, tokens: Range<usize>) -> impl Iterator<Item = u32> {
        let end = |token: usize| {
            token.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default()
                as usize
        };
        self.codes.get(end(tokens.start)..end(tokens.end)).unwrap_or_default().iter().map(|code| code >> 2)
    }

    /// The tokens of a sentence.
    pub(crate) fn tokens(&self, sentence: usize) -> Range<usize> {
        let at = |index: usize| self.sentences.get(index).copied().unwrap_or_default();
        at(sentence)..at(sentence + 1)
    }

    /// The word at a place; empty beyond the last.
    pub(crate) fn word(&self, token: usize) -> &str {
        self.folded.tokens.get(token).map_or("", |token| self.folded.word(token))
    }
}
