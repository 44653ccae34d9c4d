//! For each phrase of a rule the words that its sentence must have and is least likely to.
//!
//! Where a word of a phrase stands, most of its other words stand nowhere in the sentence, and comparing the phrase word by
//! word finds that out slowly. So for each phrase a set of words is chosen of which one must be there: those of another step,
//! or those of what the rule wants beside it. The words of a sentence are asked once which of these sets they belong to; one
//! look at what they said then dismisses most phrases. Made when lists are compiled.

use crate::lists::numbers::below;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Needed {
    /// For each phrase one more than which of the sets it needs; 0 when it needs none of them.
    #[serde(with = "super::numbers")]
    pub(super) phrases: Vec<u32>,
    /// The same for each group that is wanted near a match,
    #[serde(with = "super::numbers")]
    pub(super) near: Vec<u32>,
    /// and for what each rule wants in its sentence.
    #[serde(with = "super::numbers")]
    pub(super) with: Vec<u32>,
    /// How many sets there are.
    pub(super) count: u32,
    /// Where the sets of each word end.
    #[serde(with = "super::numbers::ends")]
    pub(super) ends: Vec<u32>,
    #[serde(with = "super::numbers")]
    pub(super) sets: Vec<u32>,
    #[serde(skip)]
    rows: Rows,
}

/// Sets of a word from which on it has a row.
const MANY: usize = 24;

/// The sets of words that belong to many of them once more, a bit for each: a sentence adds them all at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Rows {
    /// One row directly after another,
    bits: Vec<u64>,
    /// where each begins in the bits, and with which number of a sentence's,
    starts: Vec<(usize, usize)>,
    /// and for each word one more than which of the rows it has; 0 for none.
    by_word: Vec<u16>,
}

/// Of something that needs a set of words, which one.
fn set(of: &[u32], index: usize) -> Option<usize> {
    let set = of.get(index)?;
    (*set as usize).checked_sub(1)
}

/// Sets the bit of a set.
fn mark(bits: &mut [u64], set: u32) {
    if let Some(bits) = bits.get_mut(set as usize / 64) {
        *bits |= 1 << (set % 64);
    }
}

impl Needed {
    /// Keeps which set each phrase, group and rule needs, and the sets that each word belongs to, in order.
    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists makes them"))]
    pub(super) fn keep(
        [phrases, near, with]: [Vec<u32>; 3],
        count: usize,
        words: usize,
        mut pairs: Vec<(u32, u32)>,
    ) -> Self {
        pairs.sort_unstable();
        let number = |length| u32::try_from(length).unwrap_or(u32::MAX);
        let end = |word| number(pairs.partition_point(|(id, _)| *id <= word));
        let (ends, sets) =
            ((0..number(words)).map(end).collect(), pairs.iter().map(|(_, set)| *set).collect());
        let mut needed =
            Self { phrases, near, with, count: number(count), ends, sets, rows: Rows::default() };
        needed.fill();
        needed
    }

    /// Makes the rows of sets that have been read.
    pub(crate) fn fill(&mut self) {
        let mut rows = Rows { by_word: vec![0; self.ends.len()], ..Rows::default() };
        let mut start = 0;
        for (place, end) in rows.by_word.iter_mut().zip(&self.ends) {
            let from = std::mem::replace(&mut start, *end as usize);
            if start - from < MANY {
                continue;
            }
            // More rows than have a number are no rows: those words are asked set by set.
            let Ok(number) = u16::try_from(rows.starts.len() + 1) else { continue };
            let [first, .., last] = self.sets.get(from..start).unwrap_or_default() else { continue };
            let (base, row) = (*first as usize / 64, rows.bits.len());
            rows.bits.resize(row + *last as usize / 64 + 1 - base, 0);
            for set in self.sets.get(from..start).unwrap_or_default() {
                mark(rows.bits.get_mut(row..).unwrap_or_default(), set - first / 64 * 64);
            }
            rows.starts.push((row, base));
            *place = number;
        }
        self.rows = rows;
    }

    /// How many numbers of 64 bits the sets are.
    pub(crate) const fn width(&self) -> usize {
        (self.count as usize).div_ceil(64)
    }

    /// Adds the sets that a word belongs to, a bit for each.
    pub(crate) fn add(&self, word: u32, bits: &mut [u64]) {
        let number = self.rows.by_word.get(word as usize).copied().unwrap_or_default();
        let Some(at) = usize::from(number).checked_sub(1) else {
            self.of(word).iter().for_each(|set| mark(bits, *set));
            return;
        };
        let Some((row, base)) = self.rows.starts.get(at) else { return };
        let end = self.rows.starts.get(at + 1).map_or(self.rows.bits.len(), |(next, _)| *next);
        let row = self.rows.bits.get(*row..end).unwrap_or_default();
        bits.iter_mut().skip(*base).zip(row).for_each(|(all, bits)| *all |= bits);
    }

    /// Which of the sets a phrase needs.
    pub(crate) fn by(&self, phrase: u32) -> Option<usize> {
        set(&self.phrases, phrase as usize)
    }

    /// Which of the sets what a rule wants needs: in its sentence, and near its match.
    pub(crate) fn by_rule(&self, rule: usize, near: Range<usize>) -> impl Iterator<Item = usize> {
        set(&self.with, rule).into_iter().chain(near.filter_map(|group| set(&self.near, group)))
    }

    /// The sets that a word belongs to.
    fn of(&self, word: u32) -> &[u32] {
        let word = word as usize;
        let start = word.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(word).copied().unwrap_or(start);
        self.sets.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Whether the tables fit together, for so many words and phrases.
    pub(crate) fn is_sound(&self, words: usize, phrases: usize) -> bool {
        let sets = self.count as usize;
        self.phrases.len() == phrases
            && [&self.phrases, &self.near, &self.with].iter().all(|table| below(table, sets + 1))
            && self.ends.len() == words
            && self.ends.last().map_or(0, |end| *end as usize) == self.sets.len()
            && below(&self.sets, sets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed() -> Needed {
        Needed::keep([vec![2, 0], vec![1, 0], vec![0, 1]], 2, 3, vec![(1, 1), (0, 1), (2, 0)])
    }

    #[test]
    fn phrases_rules_and_words_lead_to_sets() {
        let needed = needed();
        assert!(needed.is_sound(3, 2));
        assert_eq!([0, 1, 9].map(|phrase| needed.by(phrase)), [Some(1), None, None]);
        assert_eq!([0..2, 1..2, 7..9].map(|near| needed.by_rule(0, near).count()), [1, 0, 0]);
        assert_eq!(needed.by_rule(1, 0..2).count(), 2);
        assert_eq!([0, 1, 2, 9].map(|word| needed.of(word)), [&[1][..], &[1], &[0], &[]]);
    }

    #[test]
    fn words_of_many_sets_add_them_all_at_once() {
        let (few, many): (Vec<u32>, Vec<u32>) =
            (vec![3, 70], (100..400).filter(|set| set % 7 == 3).collect());
        let pairs =
            [(0, &few), (1, &many), (3, &many)].map(|(word, sets)| sets.iter().map(move |set| (word, *set)));
        let needed = Needed::keep([vec![], vec![], vec![]], 400, 4, pairs.into_iter().flatten().collect());
        assert_eq!((needed.rows.starts.len(), &needed.rows.by_word[..]), (2, &[0, 1, 0, 2][..]));
        for (word, sets) in [(0, few), (1, many.clone()), (2, vec![]), (3, many)] {
            let mut bits = vec![0; needed.width()];
            needed.add(word, &mut bits);
            let has = |set: &u32| bits[*set as usize / 64] >> (set % 64) & 1 != 0;
            assert_eq!((0..400).filter(has).collect::<Vec<u32>>(), sets);
        }
    }

    #[test]
    fn tables_that_do_not_fit_are_noticed() {
        assert!(!needed().is_sound(2, 2) && !needed().is_sound(3, 3));
        assert!(!Needed { phrases: vec![3, 0], ..needed() }.is_sound(3, 2));
        assert!(!Needed { near: vec![3], ..needed() }.is_sound(3, 2));
        assert!(!Needed { ends: vec![0, 1, 2], ..needed() }.is_sound(3, 2));
        assert!(!Needed { sets: vec![0, 1, 2], ..needed() }.is_sound(3, 2));
    }
}
