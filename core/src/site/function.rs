//! Static functions: a few bits for each of millions of keys, without the keys.
//!
//! A table of slots, and for each key four of them whose sum (exclusive or) is its value. The four lie in four
//! neighbouring segments, which is what lets a table with four hundredths more slots than keys exist (“binary fuse”,
//! Graf and Lemire 2022; Walzer 2021), and keeps them near each other in memory. A key that was not there when the table
//! was made gets an answer too, at random: the caller mixes the answer with the key's print, and believes only few of all
//! the numbers that can come out. Making tables is the business of the `lapwing-packs` crate.

use super::key::Key;
use serde::{Deserialize, Serialize};

/// Bytes after a table's last slot, so that every slot can be read as a whole word.
const PAD: usize = 8;

/// How a table is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shape {
    /// Bits of a slot, 1 to 32.
    pub bits: u8,
    /// A segment has two to the power of this many slots, at most 2¹⁶.
    pub log: u8,
    /// First slots lie in so many segments; three more follow. None for a function without keys.
    pub segments: u32,
}

impl Shape {
    /// How many slots there are.
    #[must_use]
    pub fn slots(self) -> usize {
        if self.segments == 0 { 0 } else { (self.segments as usize + 3) << self.log }
    }

    /// Bytes of the table, the padding included; `None` when it is no shape that can be read.
    #[must_use]
    pub fn bytes(self) -> Option<usize> {
        if self.segments == 0 {
            return Some(0);
        }
        // So that no number below can overflow, in 32 bits neither.
        let sound = (1..=32).contains(&self.bits) && self.log <= 16;
        let slots = (u64::from(self.segments) + 3).checked_shl(u32::from(self.log))?;
        let bits = slots.checked_mul(u64::from(self.bits))?;
        (sound && bits <= u64::from(u32::MAX)).then_some(bits.div_ceil(8) as usize + PAD)
    }

    /// The four slots of a key.
    #[inline]
    #[must_use]
    pub const fn places(self, key: Key) -> [u32; 4] {
        let length = 1_u32 << self.log;
        let mask = length - 1;
        let starts = (self.segments as u64) << self.log;
        let first = (((key.place >> 32) * starts) >> 32) as u32;
        [
            first,
            (first + length) ^ (key.place as u32 & mask),
            (first + 2 * length) ^ ((key.place >> 16) as u32 & mask),
            (first + 3 * length) ^ ((key.print >> 40) as u32 & mask),
        ]
    }

    /// The highest number that a slot can hold.
    #[inline]
    #[must_use]
    pub const fn mask(self) -> u32 {
        ((1_u64 << (self.bits & 63)) - 1) as u32
    }

    /// The value of a key. `table` has [`bytes`](Self::bytes) of this shape.
    #[inline]
    #[must_use]
    pub fn value(self, table: &[u8], key: Key) -> u32 {
        let [a, b, c, d] = self.places(key);
        self.slot(table, a) ^ self.slot(table, b) ^ self.slot(table, c) ^ self.slot(table, d)
    }

    #[inline]
    fn slot(self, table: &[u8], place: u32) -> u32 {
        // Fits: `bytes` has made sure of it.
        let bit = place.wrapping_mul(u32::from(self.bits));
        let byte = (bit >> 3) as usize;
        let word = table.get(byte..byte.wrapping_add(8)).and_then(|word| word.try_into().ok());
        let word = u64::from_le_bytes(word.unwrap_or_default());
        (word >> (bit & 7)) as u32 & self.mask()
    }

    /// Writes a slot of a table that is being made; the slot must hold nothing yet.
    pub fn put(self, table: &mut [u8], place: u32, value: u32) {
        let bit = place as usize * usize::from(self.bits);
        let word = (u64::from(value & self.mask()) << (bit & 7)).to_le_bytes();
        for (old, new) in table.iter_mut().skip(bit >> 3).zip(word) {
            *old |= new;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Trail;

    #[test]
    fn slots_of_any_width_are_read_as_they_were_put() {
        for bits in 1..=32 {
            let shape = Shape { bits, log: 4, segments: 3 };
            let mut table = vec![0; shape.bytes().unwrap()];
            let value = |place: u32| place.wrapping_mul(0x9e37_79b9) & shape.mask();
            for place in 0..96 {
                shape.put(&mut table, place, value(place));
            }
            for place in 0..96 {
                assert_eq!(shape.slot(&table, place), value(place), "{bits} bits, slot {place}");
            }
        }
    }

    #[test]
    fn the_four_places_lie_in_neighbouring_segments() {
        let shape = Shape { bits: 8, log: 5, segments: 7 };
        for number in 0..1_000 {
            let places = shape.places(Trail::new(number).key(3));
            let first = places[0] >> 5;
            assert_eq!(places.map(|place| place >> 5), [first, first + 1, first + 2, first + 3]);
            assert!((places[3] as usize) < shape.slots());
        }
    }

    #[test]
    fn a_shape_that_cannot_be_is_refused() {
        let sound = Shape { bits: 27, log: 14, segments: 320 };
        assert_eq!(sound.bytes(), Some(323 * 16_384 * 27 / 8 + 8));
        for shape in [
            Shape { bits: 0, ..sound },
            Shape { bits: 33, ..sound },
            Shape { log: 17, ..sound },
            Shape { log: 200, ..sound },
            Shape { segments: u32::MAX, ..sound },
        ] {
            assert_eq!(shape.bytes(), None, "{shape:?}");
        }
        assert_eq!(Shape::default().bytes(), Some(0));
    }
}
