//! Doors for the fuzz targets: a backup file as a stranger could have made it, and the records that would stand in one.

use super::form::{Opened, read_header};
use super::records::Record;
use crate::seal::Key;
use std::io::Read as _;
use std::path::Path;

/// Reads a file under a key that has sealed nothing. Answers whether anything of it opened.
#[must_use]
pub fn backup(mut bytes: &[u8]) -> bool {
    let Ok((header, text)) = read_header(&mut bytes, Path::new("a.data")) else { return false };
    let wrapper = Key::from_bytes([7; Key::LENGTH]);
    let opened = Opened::new(bytes, &header, text, Key::from_bytes([7; Key::LENGTH])).read(&mut [0; 64]);
    header.key(&wrapper).is_some() || opened.is_ok_and(|read| read > 0)
}

/// Reads records one after another, until the end or the first that is none, and writes each again. Answers how many there
/// were, and whether each was read again as it had been.
#[must_use]
pub fn records(mut bytes: &[u8]) -> (usize, bool) {
    let (mut count, mut columns, mut same) = (0, 0, true);
    while let Ok(record) = Record::read(&mut bytes, columns) {
        let mut written = Vec::new();
        let again = record.write(&mut written).and_then(|()| Record::read(&mut written.as_slice(), columns));
        same &= again.is_ok_and(|again| again == record);
        count += 1;
        match record {
            Record::Table(heading) => columns = heading.columns.len(),
            Record::End(_) => break,
            Record::Row(..) | Record::File(..) => {}
        }
    }
    (count, same)
}
