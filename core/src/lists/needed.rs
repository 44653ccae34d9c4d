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
    /// One less than what is needed by that which needs the set.
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

/// What uses, groups and rules need is at most so many, and nothing.
const MOST: usize = 1 << u16::BITS;

/// The sets of which a sentence has a word: a bit for each, after one that is always there, for what needs none.
#[derive(Debug)]
pub(crate) struct Bits(Box<[u64; MOST / 64]>);

impl Default for Bits {
    fn default() -> Self {
        Self(Box::new([0; MOST / 64]))
    }
}

impl Bits {
    /// Whether what is needed is there: one more than the set, or nothing.
    #[inline]
    const fn has(&self, needed: u16) -> bool {
        self.bit(needed) & 1 != 0
    }

    /// The same as the lowest bit of a number, whose others mean nothing.
    #[inline]
    const fn bit(&self, needed: u16) -> u64 {
        // In a table of so many numbers none is out of bounds.
        self.0[(needed / 64) as usize] >> (needed % 64)
    }

    #[inline]
    const fn mark(&mut self, needed: u16) {
        self.0[(needed / 64) as usize] |= 1 << (needed % 64);
    }
}

/// Numbers of a row that are added in one go.
const PIECE: usize = 8;

/// Uses that are asked in one go.
pub(crate) const AT_ONCE: usize = 64;

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
            // Their bits are after the one for nothing, and rows are whole pieces.
            let (Some(first), Some(last)) = (first.map(|set| set + 1), last.map(|set| set + 1)) else {
                continue;
            };
            // Sound lists have them in order.
            if last < first {
                continue;
            }
            let (base, row) = (first as usize / 64 / PIECE * PIECE, rows.bits.len());
            let end = (last as usize / 64 + 1).next_multiple_of(PIECE);
            rows.bits.resize(row + end - base, 0);
            for set in self.sets.among(sets) {
                let bit = (set as usize + 1).saturating_sub(base * 64);
                if let Some(bits) = rows.bits.get_mut(row + bit / 64) {
                    *bits |= 1 << (bit % 64);
                }
            }
            rows.starts.push((row, base));
            *place = number;
        }
        self.rows = rows;
    }

    /// How many numbers of 64 bits the sets and nothing are.
    fn width(&self) -> usize {
        (self.count as usize + 1).div_ceil(64).min(MOST / 64)
    }

    /// Sets of which no word is there.
    pub(crate) fn none(&self, bits: &mut Bits) {
        bits.0.iter_mut().take(self.width().next_multiple_of(PIECE)).for_each(|bits| *bits = 0);
        bits.mark(0);
    }

    /// Adds the sets that a word belongs to.
    pub(crate) fn add(&self, word: u32, bits: &mut Bits) {
        let number = self.rows.by_word.get(word as usize).copied().unwrap_or_default();
        let Some(at) = usize::from(number).checked_sub(1) else {
            let sets = self.sets.bytes(self.words.range(word as usize));
            sets.iter().for_each(|set| bits.mark(u16::from_le_bytes(*set).wrapping_add(1)));
            return;
        };
        let Some((row, base)) = self.rows.starts.get(at) else { return };
        let end = self.rows.starts.get(at + 1).map_or(self.rows.bits.len(), |(next, _)| *next);
        let row = self.rows.bits.get(*row..end).unwrap_or_default();
        let bits = bits.0.get_mut(*base..).unwrap_or_default();
        for (all, bits) in bits.as_chunks_mut::<PIECE>().0.iter_mut().zip(row.as_chunks::<PIECE>().0) {
            all.iter_mut().zip(bits).for_each(|(all, bits)| *all |= bits);
        }
    }

    /// Of at most [`AT_ONCE`] uses a bit for each of which the phrase may have what it needs.
    #[inline]
    pub(crate) fn which(&self, uses: Range<usize>, bits: &Bits) -> u64 {
        let needed = self.uses.bytes(uses);
        // Shifted in from above: whether a phrase has what it needs cannot be guessed, so nothing branches on it.
        let shift_in =
            |which: u64, needed: &[u8; 2]| which >> 1 | bits.bit(u16::from_le_bytes(*needed)) << 63;
        let which = needed.iter().fold(0, shift_in);
        which.checked_shr(u64::BITS.saturating_sub(needed.len() as u32)).unwrap_or_default()
    }

    /// Whether what a rule wants besides its phrase may be there: in its sentence, and near its match.
    pub(crate) fn may_fit(&self, rule: usize, mut near: Range<usize>, bits: &Bits) -> bool {
        // What is not a set is nothing.
        let has = |of: &Numbers, at| {
            bits.has(of.get(at).and_then(|set| u16::try_from(set).ok()).unwrap_or_default())
        };
        has(&self.with, rule) && near.all(|group| has(&self.near, group))
    }

    /// Whether the tables fit together, for so many words and uses.
    pub(crate) fn is_sound(&self, words: usize, uses: usize) -> bool {
        let sets = self.count as usize;
        self.uses.len() == uses
            && sets < MOST
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

    /// The sets of some words.
    fn sets(needed: &Needed, words: &[u32]) -> Bits {
        let mut bits = Bits::default();
        needed.none(&mut bits);
        words.iter().for_each(|word| needed.add(*word, &mut bits));
        bits
    }

    #[test]
    fn uses_rules_and_words_lead_to_sets() {
        let needed = needed();
        assert!(needed.is_sound(3, 2));
        for (words, which, fits) in [
            (&[][..], 0b10, [false, false]),
            (&[0][..], 0b11, [false, false]),
            (&[2][..], 0b10, [true, true]),
            (&[9, 1, 2][..], 0b11, [true, true]),
        ] {
            let bits = sets(&needed, words);
            assert_eq!(needed.which(0..2, &bits), which, "{words:?}");
            assert_eq!([0, 1].map(|rule| needed.may_fit(rule, 0..2, &bits)), fits, "{words:?}");
            assert!(needed.may_fit(0, 1..2, &bits) && needed.may_fit(0, 7..9, &bits));
            assert_eq!((needed.which(1..2, &bits), needed.which(2..9, &bits)), (1, 0));
        }
        assert!(!needed.may_fit(1, 7..9, &sets(&needed, &[0])));
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
        let first: Vec<u32> = (0..64).collect();
        let words = [(0, &few), (1, &many), (3, &many), (4, &first)];
        let pairs = words.map(|(word, sets)| sets.iter().map(move |set| (word, *set)));
        // A use for each set, and one for nothing.
        let uses = (0..=400).collect();
        let needed =
            Needed::keep([uses, vec![], vec![]], 400, 5, pairs.into_iter().flatten().collect()).unwrap();
        assert_eq!((needed.rows.starts.len(), &needed.rows.by_word[..]), (3, &[0, 1, 0, 2, 3][..]));
        for words in [&[0][..], &[1], &[2], &[3], &[4], &[0, 4], &[4, 2, 1], &[]] {
            let bits = sets(&needed, words);
            let which =
                |at: usize| needed.which(at / 64 * 64..401.min(at / 64 * 64 + 64), &bits) >> (at % 64) & 1;
            let there: Vec<u32> = (0..400).filter(|set| which(*set as usize + 1) != 0).collect();
            let of = |word: &u32| match word {
                0 => few.clone(),
                1 | 3 => many.clone(),
                4 => first.clone(),
                _ => vec![],
            };
            let mut expected: Vec<u32> = words.iter().flat_map(of).collect();
            expected.sort_unstable();
            expected.dedup();
            assert_eq!(there, expected, "{words:?}");
            assert_eq!(which(0), 1, "nothing is always there");
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
