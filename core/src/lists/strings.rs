//! Many short texts in one string, known by number and read where they lie.

use crate::lists::ListsError;
use crate::lists::block::{Reader, Writer};
use crate::lists::numbers::Spans;
use std::borrow::Cow;

/// The texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Strings {
    /// One directly after another.
    text: Cow<'static, str>,
    /// Where each is.
    places: Spans<2>,
}

impl Strings {
    /// Keeps texts.
    #[cfg_attr(
        not(feature = "sources"),
        allow(dead_code, reason = "only the compiler of lists writes texts")
    )]
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Self {
        Self { places: Spans::new(texts.clone().map(str::len)), text: texts.collect::<String>().into() }
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        let damaged = || ListsError::Damaged("a text is no text".to_owned());
        let text = match reader.counted()? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map_err(|_| damaged())?.into(),
            Cow::Owned(bytes) => String::from_utf8(bytes).map_err(|_| damaged())?.into(),
        };
        Ok(Self { text, places: Spans::read(reader)? })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.counted(self.text.as_bytes());
        self.places.write(writer);
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// A text by its number; empty when there is none.
    pub(crate) fn get(&self, number: u32) -> &str {
        self.text.get(self.places.range(number as usize)).unwrap_or_default()
    }

    /// A text, compared more quickly than as text; the order is the same.
    pub(crate) fn bytes(&self, number: u32) -> &[u8] {
        self.text.as_bytes().get(self.places.range(number as usize)).unwrap_or_default()
    }

    /// Whether every text is where it should be.
    pub(crate) fn is_sound(&self) -> bool {
        let ends = (0..self.len()).map(|number| self.places.range(number).end);
        self.places.fit(self.len(), self.text.len()) && { ends }.all(|end| self.text.is_char_boundary(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_by_number() {
        let strings = Strings::new(["die", "", "ellé"].into_iter());
        assert!(strings.is_sound());
        assert_eq!([0, 1, 2, 3, u32::MAX].map(|n| strings.get(n)), ["die", "", "ellé", "", ""]);
        let mut writer = Writer::default();
        strings.write(&mut writer);
        assert_eq!(Strings::read(&mut Reader::new(Cow::Owned(writer.finish()))), Ok(strings));
    }

    #[test]
    fn damage_is_noticed_and_harmless() {
        for lengths in [vec![9], vec![4, 1], vec![1]] {
            let strings = Strings { text: "ellé".into(), places: Spans::new(lengths.into_iter()) };
            assert!(!strings.is_sound());
            assert!(strings.get(7).is_empty());
        }
        let mut writer = Writer::default();
        writer.counted(b"\xff");
        assert!(Strings::read(&mut Reader::new(Cow::Owned(writer.finish()))).is_err());
    }
}
