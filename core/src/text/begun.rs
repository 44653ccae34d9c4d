//! Which phrases could begin where, around a match.
//!
//! A rule that has matched asks for dozens of groups of phrases in the same sentence: what it wants there, what it does
//! not, and every cue. So the words of the sentence are asked once which phrases begin with them, and a group is then a
//! range of what they said.

use super::words::Words;
use crate::lists::{Openers, Phrases};
use std::ops::Range;

/// How far before a match a cue for it may begin, though it be outside the stretch.
pub(super) const BEFORE: usize = 6;

/// A word of the stretch with which phrases begin.
#[derive(Debug)]
struct Opened {
    token: usize,
    /// Where the phrases of the opener that it is are,
    opener: Range<usize>,
    /// and from the first of their phrases to the last.
    phrases: Range<u32>,
}

/// What the words of a sentence said.
#[derive(Debug, Default)]
pub(super) struct Begun {
    /// One more than the sentence, so that at first it is none.
    sentence: usize,
    /// In the order of the text.
    openers: Vec<Opened>,
    /// Places that somebody has looked through.
    spent: Vec<(usize, u32)>,
    firsts: Firsts,
}

/// Where the first phrase of a group is among those of an opener. The same groups are looked for again and again, among the
/// phrases of the same few words, so it is remembered: it depends on nothing but the lists.
#[derive(Debug, Default)]
struct Firsts(Vec<First>);

/// The beginnings of the opener's phrases and of the group, and the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct First {
    opener: u32,
    group: u32,
    first: u32,
}

/// Such places that are remembered at most.
const FIRSTS: usize = 1 << FIRST_BITS;
const FIRST_BITS: u32 = 13;

impl Firsts {
    #[inline]
    fn of(&mut self, openers: &Openers, opener: Range<usize>, group: Phrases) -> usize {
        let begins = group.numbers().start;
        // There are no lists of as many phrases that they would not fit.
        let begin = u32::try_from(opener.start).unwrap_or(u32::MAX);
        let mixed = (u64::from(begin) ^ u64::from(begins) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = self.0.get_mut((mixed >> (64 - FIRST_BITS)) as usize);
        match place {
            Some(kept) if (kept.opener, kept.group) == (begin, begins) => kept.first as usize,
            Some(kept) => {
                let first = openers.first(opener, group);
                *kept =
                    First { opener: begin, group: begins, first: u32::try_from(first).unwrap_or(u32::MAX) };
                first
            }
            None => {
                self.0.resize(FIRSTS, First { opener: u32::MAX, group: 0, first: 0 });
                openers.first(opener, group)
            }
        }
    }
}

impl Begun {
    /// Forgets the text.
    pub(super) fn clear(&mut self) {
        self.sentence = 0;
        self.openers.clear();
    }

    /// Where phrases of a group could begin among some tokens of a sentence: in the order of the text, and then of the
    /// phrases.
    pub(super) fn places(
        &mut self,
        words: &Words<'_>,
        openers: &Openers,
        sentence: usize,
        group: Phrases,
        tokens: &Range<usize>,
    ) -> Vec<(usize, u32)> {
        if group.is_empty() || tokens.is_empty() {
            return Vec::new();
        }
        if self.sentence != sentence + 1 {
            self.sentence = sentence + 1;
            self.ask(words, openers, words.tokens(sentence));
        }
        let mut places = std::mem::take(&mut self.spent);
        let mut firsts = std::mem::take(&mut self.firsts);
        for it in self.of(group, tokens) {
            let first = firsts.of(openers, it.opener.clone(), group);
            openers.from(first..it.opener.end, group, |phrase| places.push((it.token, phrase)));
        }
        self.firsts = firsts;
        openers.anywhere(group, |phrase| places.extend(tokens.clone().map(|token| (token, phrase))));
        // Several words begin the same phrases only where one may stand for others.
        if !places.is_sorted() {
            places.sort_unstable();
        }
        places
    }

    /// Takes places back that have been looked through, so that the next need no memory of their own.
    pub(super) fn spend(&mut self, mut places: Vec<(usize, u32)>) {
        places.clear();
        if self.spent.capacity() < places.capacity() {
            self.spent = places;
        }
    }

    /// The words among some tokens with which a phrase of a group may begin.
    fn of(&self, group: Phrases, tokens: &Range<usize>) -> impl Iterator<Item = &Opened> {
        let numbers = group.numbers();
        let first = self.openers.partition_point(|it| it.token < tokens.start);
        let (openers, end) = (self.openers.get(first..).unwrap_or_default(), tokens.end);
        openers
            .iter()
            .take_while(move |it| it.token < end)
            .filter(move |it| it.phrases.start < numbers.end && numbers.start < it.phrases.end)
    }

    fn ask(&mut self, words: &Words<'_>, openers: &Openers, tokens: Range<usize>) {
        self.openers.clear();
        self.openers.reserve(tokens.len());
        for token in tokens {
            let mut last = None;
            // The whole word and the beginning of others may be the same.
            let parts = words.parts_of(token).iter().map(|part| part.word);
            for word in parts.filter(|word| last.replace(*word) != Some(*word)) {
                let Some(opener) = openers.of(word) else { continue };
                self.openers.push(Opened { token, phrases: openers.span(opener.clone()), opener });
            }
        }
    }
}
