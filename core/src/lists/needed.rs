//! For each phrase of a rule the words that its sentence must have and is least likely to.
//!
//! Where a word of a phrase stands, most of its other words stand nowhere in the sentence, and comparing the phrase word by
//! word finds that out slowly. So for each phrase a set of words is chosen of which one must be there: those of another step,
//! or those of what the rule wants beside it. The words of a sentence are asked once which of these sets they belong to; one
//! look at what they said then dismisses most phrases. Made when lists are compiled.

use crate::lists::ListsError;
use crate::lists::block::{Reader, Writer};
use crate::lists::numbers::{Numbers, Spans, Table};
use std::ops::Range;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Needed {
    /// For the phrase of each use of an anchor one more than which of the sets it needs; 0 when it needs none of them.
    pub(super) uses: Table<2>,
    /// The same for each group that is wanted near a match,
    pub(super) near: Numbers,
    /// and for what each rule wants in its sentence.
    pub(super) with: Numbers,
    /// How many sets there are.
    pub(super) count: u32,
    /// Where the sets of each word are.
    pub(super) words: Spans<2>,
    pub(super) sets: Table<2>,
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
fn set(of: &Numbers, index: usize) -> Option<usize> {
    (of.get(index)? as usize).checked_sub(1)
}

/// Sets the bit of a set.
fn mark(bits: &mut [u64], set: u32) {
    if let Some(bits) = bits.get_mut(set as usize / 64) {
        *bits |= 1 << (set % 64);
    }
}

impl Needed {
    /// Keeps which set each use, group and rule needs, and the sets that each word belongs to, in order. `None` when there are
    /// too many sets.
    #[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists makes them"))]
    pub(super) fn keep(
        [uses, near, with]: [Vec<u32>; 3],
        count: usize,
        words: usize,
        mut pairs: Vec<(u32, u32)>,
    ) -> Option<Self> {
        pairs.sort_unstable();
        let mut lengths = vec![0; words];
        pairs.iter().for_each(|(word, _)| lengths[*word as usize] += 1);
        let sets: Vec<u32> = pairs.iter().map(|(_, set)| *set).collect();
        let mut needed = Self {
            uses: Table::new(uses)?,
            near: Numbers::new(&near),
            with: Numbers::new(&with),
            count: u32::try_from(count).unwrap_or(u32::MAX),
            words: Spans::new(lengths.into_iter()),
            sets: Table::new(sets)?,
            rows: Rows::default(),
        };
        needed.fill();
        Some(needed)
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        Ok(Self {
            uses: Table::read(reader)?,
            near: Numbers::read(reader)?,
            with: Numbers::read(reader)?,
            count: reader.number()?,
            words: Spans::read(reader)?,
            sets: Table::read(reader)?,
            rows: Rows::default(),
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.uses.write(writer);
        self.near.write(writer);
        self.with.write(writer);
        writer.number(self.count);
        self.words.write(writer);
        self.sets.write(writer);
    }

    /// Makes the rows of sets that have been read.
    pub(crate) fn fill(&mut self) {
        let mut rows = Rows { by_word: vec![0; self.words.len()], ..Rows::default() };
        for (word, place) in rows.by_word.iter_mut().enumerate() {
            let sets = self.words.range(word);
            if sets.len() < MANY {
                continue;
            }
            // More rows than have a number are no rows: those words are asked set by set.
            let Ok(number) = u16::try_from(rows.starts.len() + 1) else { continue };
            let (first, last) = (self.sets.get(sets.start), self.sets.get(sets.end - 1));
            let (Some(first), Some(last)) = (first, last) else { continue };
            // Sound lists have them in order.
            if last < first {
                continue;
            }
            let (base, row) = (first as usize / 64, rows.bits.len());
            rows.bits.resize(row + last as usize / 64 + 1 - base, 0);
            for set in self.sets.among(sets) {
                mark(rows.bits.get_mut(row..).unwrap_or_default(), set.saturating_sub(first / 64 * 64));
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
            self.of(word).for_each(|set| mark(bits, set));
            return;
        };
        let Some((row, base)) = self.rows.starts.get(at) else { return };
        let end = self.rows.starts.get(at + 1).map_or(self.rows.bits.len(), |(next, _)| *next);
        let row = self.rows.bits.get(*row..end).unwrap_or_default();
        bits.iter_mut().skip(*base).zip(row).for_each(|(all, bits)| *all |= bits);
    }

    /// Which of the sets the phrase of a use needs.
    pub(crate) fn by(&self, index: usize) -> Option<usize> {
        (self.uses.get(index)? as usize).checked_sub(1)
    }

    /// Which of the sets what a rule wants needs: in its sentence, and near its match.
    pub(crate) fn by_rule(&self, rule: usize, near: Range<usize>) -> impl Iterator<Item = usize> {
        set(&self.with, rule).into_iter().chain(near.filter_map(|group| set(&self.near, group)))
    }

    /// The sets that a word belongs to.
    fn of(&self, word: u32) -> impl Iterator<Item = u32> {
        self.sets.among(self.words.range(word as usize))
    }

    /// Whether the tables fit together, for so many words and uses.
    pub(crate) fn is_sound(&self, words: usize, uses: usize) -> bool {
        let sets = self.count as usize;
        self.uses.len() == uses
            // Each has a word.
            && sets <= self.sets.len()
            && self.uses.below(sets + 1)
            && [&self.near, &self.with].iter().all(|table| table.below(sets + 1))
            && self.words.fit(words, self.sets.len())
            && self.sets.below(sets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed() -> Needed {
        Needed::keep([vec![2, 0], vec![1, 0], vec![0, 1]], 2, 3, vec![(1, 1), (0, 1), (2, 0)]).unwrap()
    }

    #[test]
    fn uses_rules_and_words_lead_to_sets() {
        let needed = needed();
        assert!(needed.is_sound(3, 2));
        assert_eq!([0, 1, 9].map(|index| needed.by(index)), [Some(1), None, None]);
        assert_eq!([0..2, 1..2, 7..9].map(|near| needed.by_rule(0, near).count()), [1, 0, 0]);
        assert_eq!(needed.by_rule(1, 0..2).count(), 2);
        assert_eq!([0, 1, 2, 9].map(|word| needed.of(word).next()), [Some(1), Some(1), Some(0), None]);
        let mut writer = Writer::default();
        needed.write(&mut writer);
        let mut read = Needed::read(&mut Reader::new(writer.finish().into())).unwrap();
        read.fill();
        assert_eq!(read, needed);
    }

    #[test]
    fn words_of_many_sets_add_them_all_at_once() {
        let (few, many): (Vec<u32>, Vec<u32>) =
            (vec![3, 70], (100..400).filter(|set| set % 7 == 3).collect());
        let pairs =
            [(0, &few), (1, &many), (3, &many)].map(|(word, sets)| sets.iter().map(move |set| (word, *set)));
        let needed =
            Needed::keep([vec![], vec![], vec![]], 400, 4, pairs.into_iter().flatten().collect()).unwrap();
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
        assert!(!Needed { uses: Table::new([3, 0]).unwrap(), ..needed() }.is_sound(3, 2));
        assert!(!Needed { near: Numbers::new(&[3]), ..needed() }.is_sound(3, 2));
        assert!(!Needed { words: Spans::new([0, 1, 1].into_iter()), ..needed() }.is_sound(3, 2));
        assert!(!Needed { sets: Table::new([0, 1, 2]).unwrap(), ..needed() }.is_sound(3, 2));
    }
}
