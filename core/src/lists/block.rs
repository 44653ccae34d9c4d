//! The bytes of compiled lists, from which every table is taken and read where it lies.
//!
//! A worker that wakes up would have to decode a million numbers before it can answer, and keep them beside the bytes that
//! hold them already. So the lists that are built in are borrowed; those that are read from elsewhere are kept, each table
//! by itself. What the tables are is said where each is used.

use crate::lists::ListsError;
use std::borrow::Cow;

/// Bytes of a table.
pub(crate) type Bytes = Cow<'static, [u8]>;

/// Takes one table after another.
pub(crate) struct Reader {
    bytes: Bytes,
    /// How many have been taken.
    taken: usize,
}

impl Reader {
    pub(crate) const fn new(bytes: Bytes) -> Self {
        Self { bytes, taken: 0 }
    }

    /// The next bytes.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when there are not as many.
    pub(crate) fn take(&mut self, count: usize) -> Result<Bytes, ListsError> {
        let next = self.taken..self.taken.saturating_add(count);
        self.taken = next.end;
        let bytes = match &self.bytes {
            Cow::Borrowed(bytes) => bytes.get(next).map(Cow::Borrowed),
            Cow::Owned(bytes) => bytes.get(next).map(|bytes| Cow::Owned(bytes.to_vec())),
        };
        bytes.ok_or_else(|| ListsError::Damaged("a table is cut off".to_owned()))
    }

    /// The next number of 32 bits.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when there is none.
    pub(crate) fn number(&mut self) -> Result<u32, ListsError> {
        let four = self.take(4)?;
        Ok(four.first_chunk().copied().map(u32::from_le_bytes).unwrap_or_default())
    }

    /// As many bytes as the next number says.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when there are not as many.
    pub(crate) fn counted(&mut self) -> Result<Bytes, ListsError> {
        let count = self.number()? as usize;
        self.take(count)
    }

    /// What has not been taken.
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }
}

/// Puts one table after another.
#[derive(Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(crate) fn number(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    /// Bytes, after how many they are. Lists that outgrow 32 bits would not fit in memory, and could not be read again.
    pub(crate) fn counted(&mut self, bytes: &[u8]) {
        self.number(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.bytes(bytes);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_borrowed_or_kept() {
        let mut writer = Writer::default();
        writer.number(7);
        writer.counted(b"abc");
        writer.bytes(b"rest");
        let bytes = writer.finish();
        for bytes in [Cow::Owned(bytes.clone()), Cow::Borrowed(&*Box::leak(bytes.into_boxed_slice()))] {
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.number(), Ok(7));
            assert_eq!(reader.counted().as_deref(), Ok(&b"abc"[..]));
            assert!(reader.rest() == b"rest" && reader.take(5).is_err() && reader.counted().is_err());
        }
    }
}
