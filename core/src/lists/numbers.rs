//! How tables of numbers are written: as many bytes for each as the largest needs, so that reading is one pass.
//!
//! A worker that wakes up reads some hundred thousand numbers before it can answer; decoding each by itself took most
//! of that time.

use serde::Serializer;
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;

/// Writes numbers: how many bytes each has, and then their bytes, the lowest first.
pub(crate) fn serialize<S: Serializer>(numbers: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
    let largest = numbers.iter().copied().max().unwrap_or_default();
    let width: u8 = match largest {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xff_ffff => 3,
        _ => 4,
    };
    let mut bytes = Vec::with_capacity(1 + numbers.len() * usize::from(width));
    bytes.push(width);
    for number in numbers {
        bytes.extend(number.to_le_bytes().iter().take(usize::from(width)));
    }
    serializer.serialize_bytes(&bytes)
}

/// Reads numbers.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    deserializer.deserialize_bytes(Numbers)
}

struct Numbers;

impl Visitor<'_> for Numbers {
    type Value = Vec<u32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of numbers")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u32>, E> {
        read(bytes, |number| number).map_err(E::custom)
    }
}

/// What is made of each number of a table.
fn read<T>(bytes: &[u8], each: impl Fn(u32) -> T) -> Result<Vec<T>, &'static str> {
    let (width, body) = bytes.split_first().ok_or("a table without a width")?;
    if !matches!(width, 1..=4) || body.len() % usize::from(*width) != 0 {
        return Err("a table of another width");
    }
    Ok(match width {
        1 => body.iter().map(|byte| each(u32::from(*byte))).collect(),
        2 => body.as_chunks::<2>().0.iter().map(|pair| each(u32::from(u16::from_le_bytes(*pair)))).collect(),
        3 => {
            let threes = body.as_chunks::<3>().0.iter();
            threes.map(|[a, b, c]| each(u32::from_le_bytes([*a, *b, *c, 0]))).collect()
        }
        _ => body.as_chunks::<4>().0.iter().map(|four| each(u32::from_le_bytes(*four))).collect(),
    })
}

/// Whether something holds of every number. Without stopping at the first of which it does not: it nearly always holds, and
/// a loop that does not stop is done several numbers at a time.
pub(crate) fn all(numbers: &[u32], holds: impl Fn(u32) -> bool) -> bool {
    numbers.iter().fold(true, |so_far, number| so_far & holds(*number))
}

/// Whether every number is less than this.
pub(crate) fn below(numbers: &[u32], limit: usize) -> bool {
    all(numbers, |number| (number as usize) < limit)
}

/// Whether no number is less than the one before.
pub(crate) fn ascend(numbers: &[u32]) -> bool {
    let next = numbers.get(1..).unwrap_or_default();
    numbers.iter().zip(next).fold(true, |so_far, (one, next)| so_far & (one <= next))
}

/// Where the items of a flat table end, written as how long they are, which most often fits a byte.
pub(crate) mod ends {
    use super::{Deserializer, Error, Serializer, read};
    use serde::Deserialize;
    use std::cell::Cell;

    /// Writes where items end as how long they are.
    pub(crate) fn serialize<S: Serializer>(ends: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
        let starts = std::iter::once(0).chain(ends.iter().copied());
        // An end before its start would be written as a length that cannot be read again.
        let lengths: Vec<u32> = ends.iter().zip(starts).map(|(end, start)| end.wrapping_sub(start)).collect();
        super::serialize(&lengths, serializer)
    }

    /// Reads how long items are as where they end.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        let lengths: &[u8] = Deserialize::deserialize(deserializer)?;
        // Of the sum only the lower half is kept: the last says whether that is all of each.
        let sum = Cell::new(0_u64);
        let add = |length: u32| {
            sum.set(sum.get() + u64::from(length));
            (sum.get() & 0xffff_ffff) as u32
        };
        let ends = read(lengths, add).map_err(D::Error::custom)?;
        if u32::try_from(sum.get()).is_ok() { Ok(ends) } else { Err(D::Error::custom("a table is too long")) }
    }
}

/// Numbers of which many are the same: each different one once, in order, and then which of them each is.
pub(crate) mod few {
    use super::{Deserializer, Error, Serializer, read};
    use serde::{Deserialize, Serialize};
    use std::cell::Cell;

    #[derive(Serialize, Deserialize)]
    struct Table(#[serde(with = "super")] Vec<u32>);

    /// Writes the different numbers, and which of them each is.
    pub(crate) fn serialize<S: Serializer>(numbers: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
        let mut different = numbers.to_vec();
        different.sort_unstable();
        different.dedup();
        let place = |number: &u32| different.partition_point(|other| other < number);
        let places = numbers.iter().map(|number| u32::try_from(place(number)).unwrap_or(u32::MAX)).collect();
        (Table(different), Table(places)).serialize(serializer)
    }

    /// Reads the numbers, and each different one once: what holds of these holds of all, and they are few.
    pub(crate) fn both<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(Vec<u32>, Vec<u32>), D::Error> {
        // Borrowed, so that what is read is the numbers themselves.
        let (Table(different), places): (Table, &[u8]) = Deserialize::deserialize(deserializer)?;
        named(different, places).map_err(D::Error::custom)
    }

    /// How many places two bytes can name,
    const NAMED: usize = 1 << 16;
    /// and from how many different numbers on their table is made as long.
    const LARGE: usize = NAMED / 4;

    /// Which of these numbers each place names; and the numbers again.
    fn named<T: Copy + Default>(
        mut different: Vec<T>,
        places: &[u8],
    ) -> Result<(Vec<T>, Vec<T>), &'static str> {
        let count = different.len();
        let most = Cell::new(0);
        let mark = |place: u32| most.set(most.get().max(place));
        let short = matches!(places.first(), Some(..=2));
        if (LARGE..NAMED).contains(&count) && short {
            different.resize(NAMED, T::default());
        }
        let numbers = match different.first_chunk::<NAMED>() {
            // Then none of them need be asked whether it is there.
            Some(table) if short => read(places, |place| {
                mark(place);
                table.get(place as usize & (NAMED - 1)).copied().unwrap_or_default()
            }),
            _ => read(places, |place| {
                mark(place);
                different.get(place as usize).copied().unwrap_or_default()
            }),
        }?;
        different.truncate(count);
        // Without any places, none is missing.
        if numbers.is_empty() || (most.get() as usize) < count {
            Ok((numbers, different))
        } else {
            Err("a table names a number that it does not have")
        }
    }

    /// Numbers of 64 bits, of which many are the same: the different ones as their lower and their higher halves.
    pub(crate) mod wide {
        use super::{Deserialize, Deserializer, Error, Serialize, Serializer, Table, named};

        /// Writes the different numbers, and which of them each is.
        pub(crate) fn serialize<S: Serializer>(numbers: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
            let mut different = numbers.to_vec();
            different.sort_unstable();
            different.dedup();
            let place = |number: &u64| different.partition_point(|other| other < number);
            let places =
                numbers.iter().map(|number| u32::try_from(place(number)).unwrap_or(u32::MAX)).collect();
            let half = |shift: u32| {
                different.iter().map(|number: &u64| (number >> shift & 0xffff_ffff) as u32).collect()
            };
            (Table(half(0)), Table(half(32)), Table(places)).serialize(serializer)
        }

        /// Reads the numbers.
        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
            let (Table(low), Table(high), places): (Table, Table, &[u8]) =
                Deserialize::deserialize(deserializer)?;
            let whole = |(low, high): (&u32, &u32)| u64::from(*high) << 32 | u64::from(*low);
            let different: Vec<u64> = low.iter().zip(&high).map(whole).collect();
            named(different, places).map(|(numbers, _)| numbers).map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Table(#[serde(with = "super")] Vec<u32>);

    #[derive(Serialize, Deserialize)]
    struct Lengths(#[serde(with = "super::ends")] Vec<u32>);

    #[derive(Serialize, Deserialize)]
    struct Few(#[serde(serialize_with = "super::few::serialize", deserialize_with = "few")] Vec<u32>);

    fn few<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        super::few::both(deserializer).map(|(numbers, _)| numbers)
    }

    #[derive(Serialize, Deserialize)]
    struct Wide(#[serde(with = "super::few::wide")] Vec<u64>);

    #[test]
    fn whole_tables_are_looked_at() {
        use super::{ascend, below};
        assert!(
            ascend(&[]) && ascend(&[7]) && ascend(&[1, 1, 2]) && !ascend(&[1, 2, 1]) && !ascend(&[2, 1, 3])
        );
        assert!(below(&[], 0) && below(&[0, 2], 3) && !below(&[3, 0], 3) && !below(&[0, 3], 3));
    }

    #[test]
    fn numbers_of_every_width_come_back() {
        for largest in [0, 0xff, 0x100, 0xffff, 0x1_0000, 0xff_ffff, 0x100_0000, u32::MAX] {
            let numbers = vec![0, 1, largest, 7];
            let bytes = postcard::to_allocvec(&Table(numbers.clone())).unwrap();
            assert_eq!(postcard::from_bytes::<Table>(&bytes).unwrap().0, numbers);
        }
        assert!(
            postcard::from_bytes::<Table>(&postcard::to_allocvec(&Table(vec![])).unwrap())
                .unwrap()
                .0
                .is_empty()
        );
    }

    #[test]
    fn ends_are_written_as_lengths() {
        let bytes = postcard::to_allocvec(&Lengths(vec![3, 3, 200])).unwrap();
        assert_eq!(bytes, [4, 1, 3, 0, 197]);
        assert_eq!(postcard::from_bytes::<Lengths>(&bytes).unwrap().0, [3, 3, 200]);
    }

    #[test]
    fn a_few_numbers_are_written_once() {
        let numbers = vec![7_000_000, 3, 7_000_000, 7_000_000, 3];
        let bytes = postcard::to_allocvec(&Few(numbers.clone())).unwrap();
        assert_eq!(bytes, [7, 3, 3, 0, 0, 0xc0, 0xcf, 0x6a, 6, 1, 1, 0, 1, 1, 0]);
        assert_eq!(postcard::from_bytes::<Few>(&bytes).unwrap().0, numbers);
        assert!(postcard::from_bytes::<Few>(&[2, 1, 7, 3, 1, 0, 1]).is_err(), "there is only one");
        let none = postcard::to_allocvec(&Few(Vec::new())).unwrap();
        assert!(postcard::from_bytes::<Few>(&none).unwrap().0.is_empty());
    }

    #[test]
    fn wide_numbers_are_written_in_halves() {
        let numbers = vec![7 << 32 | 5, 3, u64::MAX, 7 << 32 | 5];
        let bytes = postcard::to_allocvec(&Wide(numbers.clone())).unwrap();
        assert_eq!(postcard::from_bytes::<Wide>(&bytes).unwrap().0, numbers);
        let damaged = [&[2, 1, 7, 2, 1, 0, 3, 1, 0, 1][..], &[2, 1, 7, 1, 1, 2, 1, 0]];
        assert!(damaged.iter().all(|bytes| postcard::from_bytes::<Wide>(bytes).is_err()));
    }

    #[test]
    fn damaged_tables_cannot_be_read() {
        let ends = postcard::to_allocvec(&Lengths(vec![3, 2])).unwrap();
        assert!(postcard::from_bytes::<Lengths>(&ends).is_err());
        for bytes in [&[0][..], &[1, 0], &[2, 2, 9], &[2, 5, 0]] {
            assert!(postcard::from_bytes::<Table>(bytes).is_err(), "{bytes:?}");
        }
    }
}
