//! Which phrases could begin where, around a match.
//!
//! A rule that has matched asks for dozens of groups of phrases in the same sentence: what it wants there, what it does
//! not, and every cue. So the words of the sentence are asked once which phrases begin with them, and a group is then a
//! range of what they said.

use super::run::Words;
use crate::lists::{Openers, Phrases};
use std::ops::Range;

/// How far before a match a cue for it may begin, though it be outside the stretch.
pub(super) const BEFORE: usize = 6;

const BITS: usize = u64::BITS as usize;

/// What the words of a stretch said last.
#[derive(Debug, Default)]
pub(super) struct Begun {
    tokens: Range<usize>,
    /// A token, and which of the openers it leads to.
    openers: Vec<(usize, Range<usize>)>,
    /// A bit for each phrase that any of them begins: of most groups there is none, and a look at few numbers says so.
    phrases: Vec<u64>,
}

impl Begun {
    /// Where phrases of a group could begin among some tokens: in the order of the text, and then of the phrases.
    pub(super) fn places(
        &mut self,
        words: &Words<'_>,
        openers: &Openers,
        group: Phrases,
        tokens: &Range<usize>,
    ) -> Vec<(usize, u32)> {
        if group.is_empty() || tokens.is_empty() {
            return Vec::new();
        }
        self.ask(words, openers, tokens);
        let mut places: Vec<(usize, u32)> = Vec::new();
        let begun = if self.has_any(group) { self.openers.as_slice() } else { &[] };
        for (token, range) in begun.iter().filter(|(token, _)| tokens.contains(token)) {
            places.extend(openers.among(range, group).iter().map(|phrase| (*token, *phrase)));
        }
        for phrase in openers.anywhere(group) {
            places.extend(tokens.clone().map(|token| (token, *phrase)));
        }
        places.sort_unstable();
        places
    }

    /// Which phrases of a group could begin among some tokens, in order.
    pub(super) fn phrases(
        &mut self,
        words: &Words<'_>,
        openers: &Openers,
        group: Phrases,
        tokens: &Range<usize>,
    ) -> Vec<u32> {
        self.ask(words, openers, tokens);
        let begun = self.openers.iter().filter(|(token, _)| tokens.contains(token));
        let begun = begun.flat_map(|(_, range)| openers.among(range, group));
        let mut phrases: Vec<u32> = begun.chain(openers.anywhere(group)).copied().collect();
        phrases.sort_unstable();
        phrases.dedup();
        phrases
    }

    /// Whether any phrase of a group could begin anywhere in the stretch.
    fn has_any(&self, group: Phrases) -> bool {
        let numbers = group.numbers();
        let (first, last) = (numbers.start as usize, (numbers.end as usize).saturating_sub(1));
        let bits = self.phrases.get(first / BITS..).unwrap_or_default();
        let mut bits = bits.iter().take(last / BITS - first / BITS + 1).zip(first / BITS..);
        bits.any(|(bits, place)| {
            let from = first.saturating_sub(place * BITS).min(BITS - 1);
            let to = (last - place * BITS).min(BITS - 1);
            bits & (u64::MAX << from) & (u64::MAX >> (BITS - 1 - to)) != 0
        })
    }

    fn ask(&mut self, words: &Words<'_>, openers: &Openers, tokens: &Range<usize>) {
        if tokens.start >= self.tokens.start && tokens.end <= self.tokens.end {
            return;
        }
        self.phrases.fill(0);
        self.tokens = tokens.start.saturating_sub(BEFORE)..tokens.end;
        self.openers.clear();
        for token in self.tokens.clone() {
            words.leads(token, |word| {
                let range = openers.of(word);
                for phrase in openers.all(&range) {
                    let place = *phrase as usize / BITS;
                    if place >= self.phrases.len() {
                        self.phrases.resize(place + 1, 0);
                    }
                    if let Some(bits) = self.phrases.get_mut(place) {
                        *bits |= 1 << (*phrase as usize % BITS);
                    }
                }
                if !range.is_empty() {
                    self.openers.push((token, range));
                }
            });
        }
    }
}
