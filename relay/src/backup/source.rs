//! Opening a pair of backup files: which keys they need, whether they belong together, and their records one by one, every
//! part checked. What is done with the records is in `restore`.

use super::form::{Contents, Header, Opened, Under, read_header};
use super::records::{Heading, Record};
use super::{BackupError, file_error};
use crate::db::dump::Value;
use crate::db::keys::{KeyRow, Kind};
use crate::seal::{self, Key, Master};
use flate2::read::DeflateDecoder;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

/// A backup file whose key is known.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) header: Header,
    text: Vec<u8>,
    key: Key,
}

/// Opens both files' headers, and finds their keys.
///
/// # Errors
/// When one is no backup, the two do not belong together, or no key at hand opens them.
pub(super) fn sources<'a>(
    data: &'a Path,
    keys: &'a Path,
    master: &Master,
) -> anyhow::Result<(Source<'a>, Source<'a>)> {
    let damaged = |path: &Path| BackupError::Damaged {
        path: path.to_path_buf(),
        what: "its beginning was changed, or it is sealed under another key".to_owned(),
    };
    let keys_file = opened(keys, Contents::Keys)?;
    let master_key = |header: &Header, path: &Path| match &header.under {
        Under::Master(fingerprint) => master.find(fingerprint).cloned().ok_or_else(|| {
            BackupError::OtherMaster { path: path.to_path_buf(), fingerprint: fingerprint.clone() }
        }),
        Under::Backup(_) => Err(damaged(path)),
    };
    let wrapper = master_key(&keys_file.0, keys)?;
    let key = keys_file.0.key(&wrapper).ok_or_else(|| damaged(keys))?;
    let keys_source = Source { path: keys, header: keys_file.0, text: keys_file.1, key };

    let (header, text) = opened(data, Contents::Data)?;
    let not_its = || BackupError::NotItsKeys { keys: keys.to_path_buf(), data: data.to_path_buf() };
    if header.school != keys_source.header.school {
        return Err(not_its().into());
    }
    if is_older(&keys_source.header, &header) {
        return Err(BackupError::OlderKeys { keys: keys.to_path_buf(), data: data.to_path_buf() }.into());
    }
    let wrapper = match &header.under {
        Under::Backup(id) => backup_key(&keys_source, id, master)?.ok_or_else(not_its)?,
        Under::Master(_) => master_key(&header, data)?,
    };
    let key = header.key(&wrapper).ok_or_else(|| damaged(data))?;
    Ok((Source { path: data, header, text, key }, keys_source))
}

/// Whether a keys file is from before a data file: by the clock, and by how far the record had got, which a clock that was
/// set back does not change.
fn is_older(keys: &Header, data: &Header) -> bool {
    let further = keys
        .reached
        .as_ref()
        .zip(data.reached.as_ref())
        .is_some_and(|(keys, data)| keys.events >= data.events);
    keys.at < data.at && !further
}

fn opened(path: &Path, wanted: Contents) -> Result<(Header, Vec<u8>), BackupError> {
    let mut file =
        File::open(path).map_err(|source| BackupError::File { path: path.to_path_buf(), source })?;
    let (header, text) = read_header(&mut file, path)?;
    if header.contents != wanted {
        let name = |contents| match contents {
            Contents::Data => "data",
            Contents::Keys => "keys",
        };
        return Err(BackupError::OtherContents {
            path: path.to_path_buf(),
            found: name(header.contents),
            wanted: name(wanted),
        });
    }
    Ok((header, text))
}

/// The backup key `id` from a keys file. All of the file is read, and with that checked before anything is restored.
fn backup_key(keys: &Source<'_>, id: &str, master: &Master) -> anyhow::Result<Option<Key>> {
    let mut found = None;
    each(keys, |record, heading| {
        let (Record::Row(_, values), Some(heading)) = (record, heading) else { return Ok(()) };
        let value = |name: &str| {
            heading.columns.iter().position(|column| column.name == name).and_then(|at| values.get(at))
        };
        if heading.table == "sealing_key"
            && value("id") == Some(&Value::Text(id.to_owned()))
            && let (Some(Value::Text(under)), Some(Value::Bytes(wrapped))) =
                (value("under"), value("wrapped"))
        {
            let wrapper = master.find(under).ok_or_else(|| BackupError::OtherMaster {
                path: keys.path.to_path_buf(),
                fingerprint: under.clone(),
            })?;
            let row = KeyRow {
                id: id.to_owned(),
                kind: Kind::Backup,
                under: under.clone(),
                wrapped: wrapped.clone(),
            };
            found = Some(seal::unwrap_by(wrapper, "", &row)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Reads every record of a file, to its very end.
fn each(
    source: &Source<'_>,
    mut take: impl FnMut(Record, Option<&Heading>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut records = Records::open(source)?;
    loop {
        match records.next()? {
            Record::End(_) => return Ok(records.finish()?),
            record => take(record, records.heading.as_ref())?,
        }
    }
}

/// The records of a file, in order.
pub(super) struct Records<'a> {
    path: &'a Path,
    input: BufReader<DeflateDecoder<Opened<BufReader<File>>>>,
    heading: Option<Heading>,
}

impl<'a> Records<'a> {
    /// Begins to read a file.
    pub(super) fn open(source: &Source<'a>) -> Result<Self, BackupError> {
        let path = source.path;
        let failed = |error| file_error(path, error);
        let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
        let (header, text) = read_header(&mut file, path)?;
        if text != source.text {
            let what = "it was changed while it was read".to_owned();
            return Err(BackupError::Damaged { path: path.to_path_buf(), what });
        }
        let opened = Opened::new(file, &header, text, source.key.clone());
        let input = BufReader::with_capacity(1 << 18, DeflateDecoder::new(opened));
        Ok(Self { path, input, heading: None })
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Result<Record, BackupError> {
        let columns = self.heading.as_ref().map_or(0, |heading| heading.columns.len());
        let record = Record::read(&mut self.input, columns).map_err(|error| file_error(self.path, error))?;
        if let Record::Table(heading) = &record {
            self.heading = Some(heading.clone());
        }
        Ok(record)
    }

    /// Checks that nothing follows.
    pub(super) fn finish(mut self) -> Result<(), BackupError> {
        let failed = |error| file_error(self.path, error);
        let more = self.input.read(&mut [0]).map_err(failed)?;
        self.input.into_inner().into_inner().finish().map_err(failed)?;
        if more == 0 {
            return Ok(());
        }
        Err(BackupError::Damaged {
            path: self.path.to_path_buf(),
            what: "something follows its end".to_owned(),
        })
    }
}
