//! Many short texts in one string, known by number.
//!
//! A worker that wakes up reads thousands of them before it can answer: as strings of their own each would be an
//! allocation.

use crate::lists::numbers::ascend;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The texts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Strings {
    /// One directly after another.
    text: String,
    /// Where each ends.
    #[serde(with = "super::numbers::ends")]
    ends: Vec<u32>,
}

impl Strings {
    /// Adds a text, and gives its number.
    #[cfg_attr(
        not(feature = "sources"),
        allow(dead_code, reason = "only the compiler of lists writes texts")
    )]
    pub(crate) fn push(&mut self, text: &str) -> u32 {
        self.text.push_str(text);
        // Texts that outgrow 32 bits would not fit in memory; the last number then makes them unsound.
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX)
    }

    /// How many texts there are.
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// A text by its number; empty when there is none.
    pub(crate) fn get(&self, number: u32) -> &str {
        self.text.get(self.range(number)).unwrap_or_default()
    }

    /// A text, compared more quickly than as text; the order is the same.
    pub(crate) fn bytes(&self, number: u32) -> &[u8] {
        self.text.as_bytes().get(self.range(number)).unwrap_or_default()
    }

    fn range(&self, number: u32) -> Range<usize> {
        let index = number as usize;
        let before =
            index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        before as usize..self.ends.get(index).copied().unwrap_or(before) as usize
    }

    /// Whether every text is where it should be.
    pub(crate) fn is_sound(&self) -> bool {
        ascend(&self.ends)
            && self.ends.last().map_or(0, |end| *end as usize) == self.text.len()
            && self.ends.iter().all(|end| self.text.is_char_boundary(*end as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_by_number() {
        let mut strings = Strings::default();
        assert_eq!(["die", "", "ellé"].map(|text| strings.push(text)), [0, 1, 2]);
        assert!(strings.is_sound());
        assert_eq!([0, 1, 2, 3, u32::MAX].map(|n| strings.get(n)), ["die", "", "ellé", "", ""]);
    }

    #[test]
    fn damage_is_noticed_and_harmless() {
        for ends in [vec![3, 2], vec![9], vec![4, 5], vec![]] {
            let strings = Strings { text: "ellé".to_owned(), ends };
            assert!(!strings.is_sound());
            assert!(strings.get(7).is_empty());
        }
    }
}
