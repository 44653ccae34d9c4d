//! The words with which phrases begin that are looked for around a match.
//!
//! What a rule wants or does not want in the sentence, and what cues make of it, are phrases too, hundreds of them. They
//! are asked for only where a rule's own phrase stands, so they have no anchors; but a look at the words of the sentence
//! says which few of them could begin there. Made when lists are compiled.

use crate::lists::numbers::below;
use crate::lists::pool::{Phrases, Pool};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Openers {
    /// Words with which phrases begin, in order; as a whole or as the part that a phrase has of them.
    #[serde(with = "super::numbers")]
    words: Vec<u32>,
    /// Where the phrases of each end.
    #[serde(with = "super::numbers::ends")]
    ends: Vec<u32>,
    #[serde(with = "super::numbers")]
    phrases: Vec<u32>,
    /// Phrases that may begin with any word, in order.
    #[serde(with = "super::numbers")]
    open: Vec<u32>,
    /// For each word, up to the last that is one, one more than which of the openers it is; else 0.
    #[serde(skip)]
    by_word: Vec<u32>,
}

#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
impl Openers {
    /// The first words of these phrases.
    pub(crate) fn new(groups: impl Iterator<Item = Phrases>, pool: &Pool) -> Self {
        use crate::lists::pool::{Code, Piece};
        let mut openers = Self::default();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for phrase in groups.flat_map(Phrases::numbers) {
            let Some(first) = pool.steps(phrase).next() else { continue };
            let words = pool.runs(pool.step(first)).map(|run| match pool.pieces(run).first() {
                Some(code) => match Piece::from(Code(*code)) {
                    Piece::Word { id, .. } => Some((id, phrase)),
                    Piece::Gap => None,
                },
                None => None,
            });
            match words.collect::<Option<Vec<_>>>() {
                Some(words) => pairs.extend(words),
                None => openers.open.push(phrase),
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        for (word, phrase) in pairs {
            if openers.words.last() != Some(&word) {
                openers.words.push(word);
                openers.ends.push(0);
            }
            openers.phrases.push(phrase);
            if let Some(end) = openers.ends.last_mut() {
                *end = u32::try_from(openers.phrases.len()).unwrap_or(u32::MAX);
            }
        }
        openers.open.sort_unstable();
        openers.open.dedup();
        openers.fill();
        openers
    }
}

impl Openers {
    /// Makes the other table of openers that have been read.
    pub(crate) fn fill(&mut self) {
        self.by_word = vec![0; self.words.last().map_or(0, |last| *last as usize + 1)];
        for (word, number) in self.words.iter().zip(1..) {
            if let Some(place) = self.by_word.get_mut(*word as usize) {
                *place = number;
            }
        }
    }

    /// Where the phrases of the opener are that a word is, or a part of it.
    pub(crate) fn of(&self, word: u32) -> Option<Range<usize>> {
        let number = self.by_word.get(word as usize)?;
        Some(range(&self.ends, (*number as usize).checked_sub(1)?))
    }

    /// The phrases of a group that begin with an opener, by where its phrases are.
    pub(crate) fn among(&self, opener: Range<usize>, group: Phrases) -> &[u32] {
        among(self.phrases.get(opener).unwrap_or_default(), group)
    }

    /// From the first phrase that begins with an opener to the last.
    pub(crate) fn span(&self, opener: Range<usize>) -> Range<u32> {
        match self.phrases.get(opener) {
            Some([first, .., last]) => *first..last.saturating_add(1),
            Some([only]) => *only..only.saturating_add(1),
            _ => 0..0,
        }
    }

    /// Those of a group that may begin with any word.
    pub(crate) fn anywhere(&self, group: Phrases) -> &[u32] {
        among(&self.open, group)
    }

    /// Whether the tables fit together, for so many words and phrases.
    pub(crate) fn is_sound(&self, words: usize, phrases: usize) -> bool {
        self.words.is_sorted()
            && below(&self.words, words)
            && self.words.len() == self.ends.len()
            && self.ends.last().map_or(0, |end| *end as usize) == self.phrases.len()
            && below(&self.phrases, phrases)
            && below(&self.open, phrases)
            && self.open.is_sorted()
    }
}

/// From the end of the one before to the end of this one.
fn range(ends: &[u32], index: usize) -> Range<usize> {
    let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    start as usize..ends.get(index).copied().unwrap_or(start) as usize
}

/// Of phrases that are in order those of a group.
fn among(phrases: &[u32], group: Phrases) -> &[u32] {
    let numbers = group.numbers();
    // Most often it is none of them.
    if phrases.last().is_none_or(|last| *last < numbers.start) {
        return &[];
    }
    let start = phrases.partition_point(|phrase| *phrase < numbers.start);
    let rest = phrases.get(start..).unwrap_or_default();
    // There are hardly ever more than two or three.
    let count = rest.iter().take_while(|phrase| **phrase < numbers.end).count();
    rest.get(..count).unwrap_or_default()
}
