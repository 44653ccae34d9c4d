//! Tables of numbers, read where they lie.
//!
//! `Numbers` have as many bytes for each as the largest needs. What is asked for every word is a `Table`, of which it is known
//! beforehand how many: that is one comparison and one load. `Spans` say where the items of a flat table lie, in hardly more
//! than one or two bytes for each.

use crate::lists::ListsError;
use crate::lists::block::{Bytes, Reader, Writer};
use std::borrow::Cow;
use std::ops::Range;

/// Bytes after the last number, so that each can be read as four and what is too much be cut off.
const PAD: usize = 3;

/// Numbers in one to four bytes each, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// The numbers, and [`PAD`].
    bytes: Bytes,
    width: usize,
    /// The bits of a number.
    mask: u32,
    count: usize,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { bytes: Cow::Borrowed(&[0; PAD]), width: 1, mask: 0xff, count: 0 }
    }
}

/// The bits of so many bytes.
const fn bits(width: usize) -> u32 {
    if width < 4 { (1 << (8 * width)) - 1 } else { u32::MAX }
}

impl Numbers {
    /// Keeps numbers.
    pub(crate) fn new(numbers: &[u32]) -> Self {
        let largest = numbers.iter().copied().max().unwrap_or_default();
        let width = (1..4).find(|width| largest <= bits(*width)).unwrap_or(4);
        let mut bytes = Vec::with_capacity(numbers.len() * width + PAD);
        for number in numbers {
            bytes.extend(number.to_le_bytes().iter().take(width));
        }
        bytes.extend([0; PAD]);
        Self { bytes: Cow::Owned(bytes), width, mask: bits(width), count: numbers.len() }
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        let (width, count) = (reader.number()? as usize, reader.number()? as usize);
        let length = count.checked_mul(width).and_then(|length| length.checked_add(PAD));
        match length {
            Some(length) if (1..=4).contains(&width) => {
                Ok(Self { bytes: reader.take(length)?, width, mask: bits(width), count })
            }
            _ => Err(ListsError::Damaged("a table of another width".to_owned())),
        }
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.number(u32::try_from(self.width).unwrap_or(u32::MAX));
        writer.number(u32::try_from(self.count).unwrap_or(u32::MAX));
        writer.bytes(&self.bytes);
    }

    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// A number by its place.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<u32> {
        let four = self.bytes.get(index.wrapping_mul(self.width)..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*four) & self.mask)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + Clone {
        self.among(0..self.count)
    }

    /// Those at some places.
    pub(crate) fn among(&self, places: Range<usize>) -> impl Iterator<Item = u32> + Clone {
        places.map_while(|place| self.get(place))
    }

    /// Of places at which numbers are in order the first that has this one or a larger one; where they end if none has.
    pub(crate) fn first_from(&self, places: Range<usize>, least: u32) -> usize {
        // As arrays of so many bytes each step of the search is a few instructions.
        match self.width {
            1 => self.first_of_width::<1>(places, least),
            2 => self.first_of_width::<2>(places, least),
            3 => self.first_of_width::<3>(places, least),
            _ => self.first_of_width::<4>(places, least),
        }
    }

    fn first_of_width<const WIDTH: usize>(&self, places: Range<usize>, least: u32) -> usize {
        let numbers = self.bytes.as_chunks::<WIDTH>().0.get(places.clone()).unwrap_or_default();
        places.start + numbers.partition_point(|number| Table::<WIDTH>::number(*number) < least)
    }

    /// Whether every number is less than this.
    pub(crate) fn below(&self, limit: usize) -> bool {
        self.iter().all(|number| (number as usize) < limit)
    }
}

/// Numbers in so many bytes each, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table<const WIDTH: usize>(Cow<'static, [[u8; WIDTH]]>);

impl<const WIDTH: usize> Default for Table<WIDTH> {
    fn default() -> Self {
        Self(Cow::Borrowed(&[]))
    }
}

impl<const WIDTH: usize> Table<WIDTH> {
    /// Keeps numbers; `None` when one of them needs more bytes.
    pub(crate) fn new(numbers: impl IntoIterator<Item = u32>) -> Option<Self> {
        let narrow = |number: u32| (number <= bits(WIDTH)).then(|| number.to_le_bytes());
        let bytes = |number: u32| narrow(number)?.first_chunk::<WIDTH>().copied();
        numbers.into_iter().map(bytes).collect::<Option<Vec<_>>>().map(|numbers| Self(Cow::Owned(numbers)))
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        let count = reader.number()? as usize;
        Ok(Self(match reader.take(count.saturating_mul(WIDTH))? {
            Cow::Borrowed(bytes) => Cow::Borrowed(bytes.as_chunks().0),
            Cow::Owned(bytes) => Cow::Owned(bytes.as_chunks().0.to_vec()),
        }))
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.number(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        writer.bytes(self.0.as_flattened());
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn number(bytes: [u8; WIDTH]) -> u32 {
        let mut four = [0; 4];
        four.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        u32::from_le_bytes(four)
    }

    /// A number by its place.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<u32> {
        self.0.get(index).map(|bytes| Self::number(*bytes))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + Clone {
        self.0.iter().map(|bytes| Self::number(*bytes))
    }

    /// Those at some places as they are stored, the lowest byte first.
    #[inline]
    pub(crate) fn bytes(&self, places: Range<usize>) -> &[[u8; WIDTH]] {
        self.0.get(places).unwrap_or_default()
    }

    /// Those at some places.
    pub(crate) fn among(&self, places: Range<usize>) -> impl Iterator<Item = u32> + Clone {
        self.0.get(places).unwrap_or_default().iter().map(|bytes| Self::number(*bytes))
    }

    /// Whether every number is less than this.
    pub(crate) fn below(&self, limit: usize) -> bool {
        self.iter().all(|number| (number as usize) < limit)
    }
}

/// Where the items of a flat table begin and end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Spans<const WIDTH: usize> {
    /// How many items there are,
    count: u32,
    /// how many of them have a base in common, as a power of two,
    shift: u32,
    /// the bases,
    bases: Table<4>,
    /// and how far beyond its base each begins; after the last of a base, where it ends.
    beyond: Table<WIDTH>,
}

/// Most items with a base in common, as a power of two.
const MOST_SHIFT: u32 = 12;

impl<const WIDTH: usize> Spans<WIDTH> {
    /// Keeps how long each item is; nothing, which does not fit, when one is longer than its bytes can say.
    pub(crate) fn new(lengths: impl Iterator<Item = usize>) -> Self {
        // Lists that outgrow 32 bits would not fit in memory; the last number then makes them unsound.
        let number = |length| u32::try_from(length).unwrap_or(u32::MAX);
        let lengths: Vec<u32> = lengths.map(number).collect();
        let of = |shift: u32| {
            let (mut bases, mut beyond, mut end) = (Vec::new(), Vec::new(), 0_u32);
            for group in lengths.chunks(1 << shift) {
                let base = end;
                bases.push(base);
                beyond.push(0);
                for length in group {
                    end = end.saturating_add(*length);
                    beyond.push(end - base);
                }
            }
            let (bases, beyond) = (Table::new(bases)?, Table::new(beyond)?);
            Some(Self { count: number(lengths.len()), shift, bases, beyond })
        };
        (0..=MOST_SHIFT).rev().find_map(of).unwrap_or_default()
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        let (count, shift) = (reader.number()?, reader.number()?);
        let (bases, beyond) = (Table::read(reader)?, Table::read(reader)?);
        if shift > MOST_SHIFT {
            return Err(ListsError::Damaged("a table of too large groups".to_owned()));
        }
        Ok(Self { count, shift, bases, beyond })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.number(self.count);
        writer.number(self.shift);
        self.bases.write(writer);
        self.beyond.write(writer);
    }

    /// How many items there are.
    pub(crate) const fn len(&self) -> usize {
        self.count as usize
    }

    #[inline]
    fn lies(&self, index: usize) -> Option<Range<usize>> {
        let group = index >> (self.shift & 31);
        let [start, end] = self.beyond.0.get(index.wrapping_add(group)..)?.first_chunk::<2>()?;
        let base = self.bases.get(group)? as usize;
        let at = |beyond| base + Table::<WIDTH>::number(beyond) as usize;
        Some(at(*start)..at(*end))
    }

    /// Where an item lies; nowhere when there is none.
    #[inline]
    pub(crate) fn range(&self, index: usize) -> Range<usize> {
        self.lies(index).unwrap_or_default()
    }

    /// Where an item begins; `None` when there is none.
    #[inline]
    pub(crate) fn start(&self, index: usize) -> Option<usize> {
        let group = index >> (self.shift & 31);
        let beyond = self.beyond.get(index.wrapping_add(group))?;
        Some(self.bases.get(group)? as usize + beyond as usize)
    }

    /// Where all items end.
    pub(crate) fn end(&self) -> usize {
        self.len().checked_sub(1).map_or(0, |last| self.range(last).end)
    }

    /// Whether the items follow each other and are as many and as long together.
    pub(crate) fn fit(&self, items: usize, length: usize) -> bool {
        let groups = self.len().div_ceil(1 << self.shift);
        let follow = (0..items).try_fold(0, |end, index| {
            self.lies(index)
                .filter(|place| place.start == end && place.start <= place.end)
                .map(|place| place.end)
        });
        self.len() == items
            && self.bases.len() == groups
            && self.beyond.len() == items + groups
            && follow == Some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again<T>(write: impl Fn(&mut Writer), read: impl Fn(&mut Reader) -> Result<T, ListsError>) -> T {
        let mut writer = Writer::default();
        write(&mut writer);
        let mut reader = Reader::new(Cow::Owned(writer.finish()));
        let table = read(&mut reader).unwrap();
        assert!(reader.rest().is_empty());
        table
    }

    #[test]
    fn numbers_of_every_width_come_back() {
        for largest in [0, 0xff, 0x100, 0xffff, 0x1_0000, 0xff_ffff, 0x100_0000, u32::MAX] {
            let table = Numbers::new(&[0, 1, largest, 7]);
            let read = again(|writer| table.write(writer), Numbers::read);
            assert_eq!(read, table);
            assert_eq!(read.iter().collect::<Vec<u32>>(), [0, 1, largest, 7]);
            assert_eq!([4, 5, 99].map(|index| read.get(index)), [None; 3], "{largest}");
        }
        for largest in [7, 0xff, 0x100, 0xffff, 0x1_0000, 0xff_ffff, 0x100_0000, u32::MAX] {
            let table = Numbers::new(&[9, 1, 3, 3, 5, largest, 0]);
            let first = [0, 3, 4, 6, largest].map(|least| table.first_from(1..6, least));
            assert_eq!(first, [1, 2, 4, 5, 5], "{largest}");
            assert_eq!((table.first_from(1..3, 9), table.first_from(2..2, 0)), (3, 2));
        }
        let none = Numbers::default();
        assert_eq!((none.len(), none.get(0)), (0, None));
        assert_eq!(again(|writer| none.write(writer), Numbers::read), Numbers::new(&[]));
    }

    #[test]
    fn numbers_that_fit_so_many_bytes_come_back() {
        let table = Table::<3>::new([0, 0xff_ffff, 7]).unwrap();
        let read: Table<3> = again(|writer| table.write(writer), Table::read);
        assert_eq!(read, table);
        assert_eq!([0, 1, 2, 3].map(|index| read.get(index)), [Some(0), Some(0xff_ffff), Some(7), None]);
        assert_eq!(read.among(1..3).chain(read.among(2..9)).collect::<Vec<u32>>(), [0xff_ffff, 7]);
        assert!(Table::<1>::new([256]).is_none() && Table::<4>::new([u32::MAX]).is_some());
    }

    #[test]
    fn whole_tables_are_looked_at() {
        let below = |numbers: &[u32], limit| Numbers::new(numbers).below(limit);
        assert!(below(&[], 0) && below(&[0, 2], 3) && !below(&[3, 0], 3));
    }

    #[test]
    fn items_lie_one_after_another() {
        let long = |index: usize| index * 7 % 13 + usize::from(index.is_multiple_of(100)) * 240;
        for lengths in [vec![], vec![3], vec![0, 0], vec![3, 0, 197], (0..5_000).map(long).collect()] {
            let spans: Spans<1> = Spans::new(lengths.iter().copied());
            let wide: Spans<2> = Spans::new(lengths.iter().copied());
            assert_eq!(again(|writer| spans.write(writer), Spans::read), spans);
            let mut end = 0;
            for (index, length) in lengths.iter().enumerate() {
                assert_eq!(spans.range(index), end..end + length);
                assert_eq!(wide.range(index), end..end + length);
                end += length;
            }
            assert!(spans.fit(lengths.len(), end) && !spans.fit(lengths.len(), end + 1));
            assert!(spans.range(lengths.len() + 1).is_empty() && spans.range(usize::MAX / 2).is_empty());
        }
        assert_eq!(Spans::<2>::new([1000, 3].into_iter()).range(1), 1000..1003);
        assert!(!Spans::<1>::new([1000, 3].into_iter()).fit(2, 1003), "an item is too long for one byte");
        assert!(Spans::<2>::default().fit(0, 0) && !Spans::<2>::default().fit(1, 0));
    }

    #[test]
    fn damaged_tables_cannot_be_read() {
        let read = |numbers: &[u32]| {
            let mut writer = Writer::default();
            numbers.iter().for_each(|number| writer.number(*number));
            Numbers::read(&mut Reader::new(Cow::Owned(writer.finish())))
        };
        assert!(read(&[4, 0, 0]).is_ok());
        for damaged in [&[][..], &[4], &[0, 0, 0], &[5, 0, 0], &[4, 1, 0], &[4, u32::MAX, 0]] {
            assert!(read(damaged).is_err(), "{damaged:?}");
        }
        let (bases, beyond) = (Table::new([0]).unwrap(), Table::<1>::new([0, 5, 3]).unwrap());
        assert!(
            !Spans { count: 2, shift: 1, bases, beyond }.fit(2, 3),
            "an item does not end before it begins"
        );
    }
}
