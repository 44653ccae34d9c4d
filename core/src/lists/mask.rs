//! Sets of words in 64 bits, which say quickly that a phrase cannot be where one of its words stands.
//!
//! A word such as “want” leads to thousands of phrases, and nearly all of them need another word near it that is not there.
//! So each use of an anchor has two such sets: words of which one must stand directly beside it, or across a gap, or anywhere
//! in the sentence. Each word is one of [`BUCKETS`] bits, so a set may say yes where it should not, never the other way
//! round.

use crate::lists::kind;
use crate::lists::vocabulary::Vocabulary;

/// Some phrase has it, whole or as a part.
#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
const OF_PHRASES: u32 = kind::WHOLE | kind::OPEN | kind::CLOSED;

/// Bits that words are sorted into,
const BUCKETS: u32 = 61;
/// of which so many are for the words of nearly every sentence,
const OF_EVERYWHERE: u32 = 23;
/// and so many for those of many.
const OF_COMMON: u32 = 15;
/// Set in a set of words that may stand across a gap,
const ACROSS: u64 = 1 << 62;
/// or anywhere in the sentence.
const ANYWHERE: u64 = 1 << 63;
/// Only in the set of all words, and of every word: one comparison is then enough for both.
const EVERY: u64 = 1 << 61;

/// Where one of a set's words must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
pub(crate) enum Reach {
    /// Directly beside the anchor.
    Beside,
    /// Beside it or up to [`GAP`](crate::lists::GAP) words further.
    Across,
    /// Anywhere in the sentence.
    Anywhere,
}

/// A set of words, in which some are always that do not belong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mask(pub(crate) u64);

impl Mask {
    /// Every word, so that nothing is left out.
    pub(crate) const ALL: Self = Self(u64::MAX);
    /// A word of a text that no phrase has.
    pub(crate) const UNKNOWN: Self = Self(EVERY);

    /// The bit of a word. Words of every sentence have bits of their own, so that they do not stand for rare ones.
    const fn bucket(word: u32, kinds: u32) -> u64 {
        let (first, count) = match kinds {
            _ if kinds & kind::EVERYWHERE != 0 => (0, OF_EVERYWHERE),
            _ if kinds & kind::COMMON != 0 => (OF_EVERYWHERE, OF_COMMON),
            _ => (OF_EVERYWHERE + OF_COMMON, BUCKETS - OF_EVERYWHERE - OF_COMMON),
        };
        // The high bits of the product, spread evenly over the buckets.
        1 << (first + (((word.wrapping_mul(0x9e37_79b1) >> 16) * count) >> 16))
    }

    /// A word that phrases have, or a part of words, by its number and its kinds.
    pub(crate) const fn of(word: u32, kinds: u32) -> Self {
        Self(EVERY | Self::bucket(word, kinds))
    }

    /// Of two sets of words of which there must be one of each, the one of fewer words.
    pub(crate) const fn smaller(one: u64, other: u64) -> Self {
        let set = if other.count_ones() < one.count_ones() { other } else { one };
        Self(set & !(ACROSS | ANYWHERE))
    }

    /// Whether a word may be in both.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both together.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What stands around a word of a text on one side of it: by how far a set reaches, in two bits, the words that it meets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around([u64; 4]);

impl Around {
    /// Of the word directly beside it, the words across which a gap may reach, and all words of the sentence.
    pub(crate) const fn new(beside: Mask, across: Mask, anywhere: Mask) -> Self {
        let (across, anywhere) = (beside.0 | across.0, beside.0 | anywhere.0);
        // The set of all words has both bits.
        Self([beside.0, across, anywhere, across | anywhere])
    }

    /// Whether one of the words of a set may stand there.
    pub(crate) const fn has(&self, set: u64) -> bool {
        set & self.0[(set >> ACROSS.trailing_zeros() & 3) as usize] != 0
    }
}

/// How much of ordinary text the words in each bucket are.
#[derive(Debug)]
#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
pub(crate) struct Weights([u32; BUCKETS as usize]);

#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
impl Weights {
    /// The weights of the words that phrases have.
    pub(crate) fn new(vocabulary: &Vocabulary) -> Self {
        let mut weights = [0; BUCKETS as usize];
        for id in 0..u32::try_from(vocabulary.len()).unwrap_or(u32::MAX) {
            let kinds = vocabulary.kinds(id);
            let weight = match kinds {
                _ if kinds & OF_PHRASES == 0 => 0,
                _ if kinds & kind::EVERYWHERE != 0 => 400,
                _ if kinds & kind::COMMON != 0 => 20,
                _ => 1,
            };
            weights[Mask::bucket(id, kinds).trailing_zeros() as usize] += weight;
        }
        Self(weights)
    }

    /// How likely it is that one of a set's words is there, in thousandths: the words of `set` as `reach` says.
    fn likely(&self, set: Set) -> u64 {
        let all: u64 = self.0.iter().map(|weight| u64::from(*weight)).sum();
        let bits = (0..).zip(&self.0).filter(|(bit, _)| set.words >> bit & 1 != 0);
        let ours: u64 = bits.map(|(_, weight)| u64::from(*weight)).sum();
        // Words of a text that phrases have, in each reach: about half of the words are.
        let words = match set.reach {
            Reach::Beside => 1,
            Reach::Across => 3,
            Reach::Anywhere => 8,
        };
        let one = 1000 - (ours * 700 / all.max(1)).min(1000);
        1000 - (0..words).fold(1000, |none, _| none * one / 1000)
    }
}

/// Words of which one must stand somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
pub(crate) struct Set {
    words: u64,
    reach: Reach,
}

#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
impl Set {
    /// Some words, by number.
    pub(crate) fn new(vocabulary: &Vocabulary, words: impl IntoIterator<Item = u32>, reach: Reach) -> Self {
        let bit = |word| Mask::bucket(word, vocabulary.kinds(word));
        let words = words.into_iter().fold(0, |all, word| all | bit(word));
        Self { words, reach }
    }

    const fn mask(self) -> u64 {
        self.words
            | match self.reach {
                Reach::Beside => 0,
                Reach::Across => ACROSS,
                Reach::Anywhere => ANYWHERE,
            }
    }

    /// The two sets of a use that say most: of what is before it or anywhere, and of what is after it or anywhere.
    pub(crate) fn best(
        before: Option<Self>,
        after: Option<Self>,
        anywhere: &[Self],
        weights: &Weights,
    ) -> [u64; 2] {
        let price = |set: Option<(usize, Self)>| set.map_or(1000, |(_, set)| weights.likely(set));
        let sides = |side: Option<Self>| {
            let all = anywhere.iter().copied().enumerate().map(|(at, set)| (at + 1, set));
            let mut sides: Vec<Option<(usize, Self)>> = all.map(Some).collect();
            sides.push(side.map(|set| (0, set)));
            sides
        };
        let afters = sides(after);
        let pairs = sides(before).into_iter().flat_map(|one| afters.iter().map(move |other| (one, *other)));
        // The same set twice says it once.
        let sensible = pairs.filter(|(one, other)| match (one, other) {
            (Some((one, _)), Some((other, _))) => one == &0 || one != other,
            _ => true,
        });
        let best = sensible.min_by_key(|(one, other)| price(*one) * price(*other));
        let mask = |set: Option<(usize, Self)>| set.map_or(Mask::ALL.0, |(_, set)| set.mask());
        best.map_or([Mask::ALL.0; 2], |(one, other)| [mask(one), mask(other)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &[u32]) -> Mask {
        words.iter().fold(Mask::UNKNOWN, |mask, word| mask.with(Mask::of(*word, 0)))
    }

    #[test]
    fn a_set_reaches_as_far_as_it_says() {
        let around = Around::new(text(&[1]), text(&[1, 2]), text(&[1, 2, 3]));
        for (reach, there) in [
            (Reach::Beside, [true, false, false, false]),
            (Reach::Across, [true, true, false, false]),
            (Reach::Anywhere, [true, true, true, false]),
        ] {
            let has =
                [1, 2, 3, 4].map(|word| around.has(Set::new(&Vocabulary::default(), [word], reach).mask()));
            assert_eq!(has, there, "{reach:?}");
            assert!(around.has(Set::new(&Vocabulary::default(), [4, 1], reach).mask()));
        }
        let nothing = Around::new(Mask::UNKNOWN, Mask::UNKNOWN, Mask::UNKNOWN);
        assert!(nothing.has(Mask::ALL.0), "a phrase of one word needs nothing beside it");
    }

    #[test]
    fn where_two_sets_may_be_there_the_smaller_meets_the_sentence() {
        let vocabulary = Vocabulary::default();
        let set = |words: &[u32], reach| Set::new(&vocabulary, words.iter().copied(), reach).mask();
        let sets = [
            set(&[1], Reach::Beside),
            set(&[2, 9, 30], Reach::Across),
            set(&[3, 4], Reach::Anywhere),
            Mask::ALL.0,
        ];
        for words in [&[1, 2, 3][..], &[7], &[3], &[9, 4], &[]] {
            let sentence = text(words);
            for part in 0..=words.len() {
                let around = Around::new(text(&words[..part.min(1)]), text(&words[..part]), sentence);
                for (one, other) in sets.iter().flat_map(|one| sets.map(|other| (*one, other))) {
                    let there = around.has(one) && around.has(other);
                    assert!(
                        !there || Mask::smaller(one, other).meets(sentence),
                        "{words:?} {one:x} {other:x}"
                    );
                }
            }
        }
        assert!(
            !Mask::smaller(sets[0], sets[2]).meets(text(&[50])),
            "and where neither is there, it need not"
        );
    }

    #[test]
    fn every_word_has_a_bucket_and_the_buckets_are_evenly_filled() {
        for (kinds, buckets) in [(kind::EVERYWHERE, 0..23), (kind::COMMON, 23..38), (kind::ENGLISH, 38..61)] {
            let mut filled = [0; BUCKETS as usize];
            let each = 1_000;
            let words = u32::try_from(buckets.len()).unwrap() * each;
            (0..words).for_each(|word| filled[Mask::bucket(word, kinds).trailing_zeros() as usize] += 1);
            for (bucket, words) in filled.into_iter().enumerate() {
                let of_others = !buckets.contains(&bucket);
                assert!((of_others && words == 0) || (each - 100..each + 100).contains(&words), "{filled:?}");
            }
        }
    }
}
