//! For each phrase the step that its sentence is least likely to have.
//!
//! Where a word of a phrase stands, most of its other words stand nowhere in the sentence, and comparing the phrase word by
//! word finds that out slowly. So of each phrase one step is chosen besides its anchor. The words of a sentence are asked
//! once which of these steps they belong to; one look at what they said then dismisses most phrases. Made when lists are
//! compiled.

use crate::lists::numbers::below;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Needed {
    /// For each phrase one more than which of the chosen steps it needs; 0 when it needs none of them.
    #[serde(with = "super::numbers")]
    pub(super) phrases: Vec<u32>,
    /// How many chosen steps there are.
    pub(super) count: u32,
    /// Where the chosen steps of each word end.
    #[serde(with = "super::numbers::ends")]
    pub(super) ends: Vec<u32>,
    #[serde(with = "super::numbers")]
    pub(super) steps: Vec<u32>,
}

impl Needed {
    /// How many chosen steps there are.
    pub(crate) const fn count(&self) -> usize {
        self.count as usize
    }

    /// Which of the chosen steps a phrase needs.
    pub(crate) fn by(&self, phrase: u32) -> Option<usize> {
        let step = self.phrases.get(phrase as usize)?;
        (*step as usize).checked_sub(1)
    }

    /// The chosen steps that a word belongs to.
    pub(crate) fn of(&self, word: u32) -> &[u32] {
        let word = word as usize;
        let start = word.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(word).copied().unwrap_or(start);
        self.steps.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Whether the tables fit together, for so many words and phrases.
    pub(crate) fn is_sound(&self, words: usize, phrases: usize) -> bool {
        self.phrases.len() == phrases
            && below(&self.phrases, self.count() + 1)
            && self.ends.len() == words
            && self.ends.last().map_or(0, |end| *end as usize) == self.steps.len()
            && below(&self.steps, self.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed() -> Needed {
        Needed { phrases: vec![1, 0], count: 1, ends: vec![0, 1, 1], steps: vec![0] }
    }

    #[test]
    fn phrases_and_words_lead_to_the_same_steps() {
        let needed = needed();
        assert!(needed.is_sound(3, 2));
        assert_eq!([0, 1, 9].map(|phrase| needed.by(phrase)), [Some(0), None, None]);
        assert_eq!([0, 1, 2, 9].map(|word| needed.of(word).len()), [0, 1, 0, 0]);
    }

    #[test]
    fn tables_that_do_not_fit_are_noticed() {
        assert!(!needed().is_sound(2, 2) && !needed().is_sound(3, 3));
        assert!(!Needed { count: 0, ..needed() }.is_sound(3, 2));
        assert!(!Needed { phrases: vec![2, 0], ..needed() }.is_sound(3, 2));
        assert!(!Needed { ends: vec![0, 1, 2], ..needed() }.is_sound(3, 2));
        assert!(!Needed { steps: vec![1], ..needed() }.is_sound(3, 2));
    }
}
