//! The words with which phrases begin that are looked for around a match.
//!
//! What a rule wants or does not want in the sentence, and what cues make of it, are phrases too, hundreds of them. They
//! are asked for only where a rule's own phrase stands, so they have no anchors; but a look at the words of the sentence
//! says which few of them could begin there. Made when lists are compiled.

use crate::lists::ListsError;
use crate::lists::block::{Reader, Writer};
use crate::lists::numbers::{Numbers, Spans};
use crate::lists::pool::Phrases;
use std::ops::Range;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Openers {
    /// Where the phrases are that begin with each word, as a whole or as the part that a phrase has of it.
    pub(super) words: Spans<2>,
    /// Of each word in order.
    pub(super) phrases: Numbers,
    /// Phrases that may begin with any word, in order.
    pub(super) open: Numbers,
}

impl Openers {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        Ok(Self {
            words: Spans::read(reader)?,
            phrases: Numbers::read(reader)?,
            open: Numbers::read(reader)?,
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.words.write(writer);
        self.phrases.write(writer);
        self.open.write(writer);
    }

    /// Where the phrases of the opener are that a word is, or a part of it; `None` when it is none.
    pub(crate) fn of(&self, word: u32) -> Option<Range<usize>> {
        Some(self.words.range(word as usize)).filter(|phrases| !phrases.is_empty())
    }

    /// Where among the phrases of an opener, by where they are, the first of a group or of a later one is.
    pub(crate) fn first(&self, opener: Range<usize>, group: Phrases) -> usize {
        self.phrases.first_from(opener, group.numbers().start)
    }

    /// The phrases of a group from a place on.
    #[inline]
    pub(crate) fn from(&self, places: Range<usize>, group: Phrases, each: impl FnMut(u32)) {
        from(&self.phrases, places, group, each);
    }

    /// From the first phrase that begins with an opener to the last.
    pub(crate) fn span(&self, opener: Range<usize>) -> Range<u32> {
        let ends = (self.phrases.get(opener.start), self.phrases.get(opener.end.saturating_sub(1)));
        match ends {
            (Some(first), Some(last)) => first..last.saturating_add(1),
            _ => 0..0,
        }
    }

    /// Those of a group that may begin with any word.
    pub(crate) fn anywhere(&self, group: Phrases, each: impl FnMut(u32)) {
        let first = self.open.first_from(0..self.open.len(), group.numbers().start);
        from(&self.open, first..self.open.len(), group, each);
    }

    /// Whether the tables fit together, for so many words and phrases.
    pub(crate) fn is_sound(&self, words: usize, phrases: usize) -> bool {
        self.words.fit(words, self.phrases.len())
            && self.phrases.below(phrases)
            && self.open.below(phrases)
            && self.open.iter().is_sorted()
    }
}

/// Of phrases that are in order, and none of them before a group, those of the group.
#[inline]
fn from(phrases: &Numbers, places: Range<usize>, group: Phrases, mut each: impl FnMut(u32)) {
    // There are hardly ever more than two or three.
    for place in places {
        match phrases.get(place) {
            Some(phrase) if phrase < group.numbers().end => each(phrase),
            _ => return,
        }
    }
}
