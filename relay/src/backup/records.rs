//! What stands in a backup, one record after another, compressed: tables with their columns' names, their rows, small
//! files, and at the end what all of it must add up to. A reader needs to know nothing of the schema.
//!
//! A record is a byte that says which, and its body. Lengths are four bytes, numbers eight, highest byte first.

use super::tally::Summary;
use crate::db::catalogue::Column;
use crate::db::dump::Value;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// The rows that follow are of this table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Heading {
    /// The table.
    pub(super) table: String,
    /// Its columns; each row has a value for each.
    pub(super) columns: Vec<Column>,
    /// The columns by which the rows are ordered.
    pub(super) key: Vec<String>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    /// A table begins.
    Table(Heading),
    /// A row of it: the school that it belongs to, or '', and its values.
    Row(String, Vec<Value>),
    /// A file of the data folder: its path there, and what is in it.
    File(String, Vec<u8>),
    /// Nothing follows.
    End(Summary),
}

/// The longest text, bytes or heading that is read: far above the megabyte that the relay takes from anybody.
const MOST: u32 = 256 * 1024 * 1024;

impl Record {
    /// Writes the record.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Table(heading) => {
                out.write_all(b"T")?;
                put(out, &serde_json::to_vec(heading)?)
            }
            Self::Row(school, values) => {
                out.write_all(b"R")?;
                put(out, school.as_bytes())?;
                values.iter().try_for_each(|value| put_value(out, value))
            }
            Self::File(path, bytes) => {
                out.write_all(b"F")?;
                put(out, path.as_bytes())?;
                put(out, bytes)
            }
            Self::End(summary) => {
                out.write_all(b"E")?;
                put(out, &serde_json::to_vec(summary)?)
            }
        }
    }

    /// Reads a record. `columns` is how many the table has that rows belong to.
    ///
    /// # Errors
    /// When the input ends or holds something else.
    pub(super) fn read(input: &mut impl Read, columns: usize) -> io::Result<Self> {
        match byte(input)? {
            b'T' => Ok(Self::Table(serde_json::from_slice(&get(input)?)?)),
            b'R' => {
                let school = text(input)?;
                Ok(Self::Row(school, (0..columns).map(|_| get_value(input)).collect::<io::Result<_>>()?))
            }
            b'F' => Ok(Self::File(text(input)?, get(input)?)),
            b'E' => Ok(Self::End(serde_json::from_slice(&get(input)?)?)),
            other => Err(wrong(format!("there is no record of the kind {other}"))),
        }
    }
}

/// Writes a value, so that no two different ones are written alike.
pub(super) fn put_value(out: &mut impl Write, value: &Value) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(&[0]),
        Value::Text(text) => {
            out.write_all(&[1])?;
            put(out, text.as_bytes())
        }
        Value::Number(number) => {
            out.write_all(&[2])?;
            out.write_all(&number.to_be_bytes())
        }
        Value::Bytes(bytes) => {
            out.write_all(&[3])?;
            put(out, bytes)
        }
    }
}

/// Writes bytes with their length before them.
pub(super) fn put(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&u32::try_from(bytes.len()).map_err(io::Error::other)?.to_be_bytes())?;
    out.write_all(bytes)
}

fn get_value(input: &mut impl Read) -> io::Result<Value> {
    Ok(match byte(input)? {
        0 => Value::Null,
        1 => Value::Text(text(input)?),
        2 => {
            let mut number = [0; 8];
            input.read_exact(&mut number)?;
            Value::Number(i64::from_be_bytes(number))
        }
        3 => Value::Bytes(get(input)?),
        other => return Err(wrong(format!("there is no value of the kind {other}"))),
    })
}

fn byte(input: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    input.read_exact(&mut byte)?;
    let [byte] = byte;
    Ok(byte)
}

fn get(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > MOST {
        return Err(wrong(format!("a value of {length} bytes is none of ours")));
    }
    let mut bytes = Vec::new();
    // Not allocated ahead: the length may be wrong, what is there is not.
    if input.take(u64::from(length)).read_to_end(&mut bytes)?
        < usize::try_from(length).map_err(io::Error::other)?
    {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

fn text(input: &mut impl Read) -> io::Result<String> {
    String::from_utf8(get(input)?).map_err(|_| wrong("a text is not UTF-8".into()))
}

fn wrong(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            ".{0,20}".prop_map(Value::Text),
            any::<i64>().prop_map(Value::Number),
            proptest::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(school in "[a-f0-9-]{0,36}", values in proptest::collection::vec(value(), 0..9)) {
            let record = Record::Row(school, values.clone());
            let mut bytes = Vec::new();
            record.write(&mut bytes).unwrap();
            prop_assert_eq!(Record::read(&mut bytes.as_slice(), values.len()).unwrap(), record);
            // Cut anywhere, it is refused.
            prop_assert!(Record::read(&mut &bytes[..bytes.len() - 1], values.len()).is_err());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), columns in 0_usize..5) {
            let _ = Record::read(&mut bytes.as_slice(), columns);
        }
    }
}
