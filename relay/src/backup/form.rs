//! The form of a backup file: a readable header, then chunks, each sealed under the file's own key for its place in this
//! very file. A chunk that was changed, left out, repeated or moved, a file that was cut short or added to, and a header
//! that was edited are all refused. What stands in the chunks is in `records`.
//!
//! A file is the line [`MAGIC`], four bytes with the length of the header, the header in JSON, and chunks: a byte that is 1
//! for the last one, four bytes with the length, and the sealed bytes. All numbers have their highest byte first.

use super::BackupError;
use crate::db::backups::Reached;
use crate::random::Random;
use crate::seal::{Key, SealError};
use crate::secrets::hex;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::Path;

/// How every backup begins.
const MAGIC: &[u8; 16] = b"LAPWING BACKUP\r\n";
/// The form that this version writes and reads.
const FORM: u16 = 1;
/// Bytes that are sealed together.
const CHUNK: usize = 256 * 1024;
/// The longest header that is read. A real one has some 400 bytes.
const HEADER: u32 = 64 * 1024;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Contents {
    /// The record.
    Data,
    /// The keys to it.
    Keys,
}

/// What can be read of a file without any key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The form of the file.
    pub(super) form: u16,
    /// What it holds.
    pub(super) contents: Contents,
    /// The file's own id.
    pub(super) id: String,
    /// The school, when it holds one alone.
    pub(super) school: Option<String>,
    /// The version of the schema that its rows have.
    pub(super) schema: i64,
    /// The version of the program that wrote it.
    pub(super) program: String,
    /// The moment that it holds, milliseconds since 1970.
    pub(super) at: i64,
    /// How far the record had got then. Files of older versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reached: Option<Reached>,
    /// What the file's key is wrapped by.
    pub(super) under: Under,
    /// The file's key, wrapped; hexadecimal.
    pub(super) key: String,
}

/// What a file's key is wrapped by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Under {
    /// The master key with this fingerprint.
    Master(String),
    /// The relay's backup key with this id, which is in the keys file.
    Backup(String),
}

impl Header {
    /// A header for a new file, and the file's key.
    pub(super) fn new(
        random: &dyn Random,
        wrapper: &Key,
        (contents, id, school): (Contents, String, Option<String>),
        (schema, at): (i64, i64),
        under: Under,
    ) -> Result<(Self, Key), SealError> {
        let key = Key::new(random)?;
        let wrapped = wrapper.wrap(random, &key_place(&id), &key)?;
        let program = env!("CARGO_PKG_VERSION").to_owned();
        let key_text = hex(&wrapped);
        let header = Self {
            form: FORM,
            contents,
            id,
            school,
            schema,
            program,
            at,
            reached: None,
            under,
            key: key_text,
        };
        Ok((header, key))
    }

    /// The file's key. None when `wrapper` is not what wrapped it, or the header was edited.
    pub(super) fn key(&self, wrapper: &Key) -> Option<Key> {
        wrapper.unwrap_key(&key_place(&self.id), &unhex(&self.key)?).ok()
    }
}

fn key_place(id: &str) -> String {
    format!("lapwing:1:backup_file:{id}")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<_>>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let byte = |[high, low]: &[u32; 2]| u8::try_from(high * 16 + low).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// The place of every chunk of a file, but for its number: the header is a part of it.
fn place(id: &str, header: &[u8], number: u64, last: bool) -> String {
    let header = hex(digest(&SHA256, header).as_ref());
    format!("lapwing:1:backup_chunk:{id}:{header}:{number}:{last}")
}

/// Writes a file. What is written to it is sealed chunk by chunk; [`finish`](Self::finish) writes the last one.
pub(super) struct Sealed<'r, W> {
    file: W,
    random: &'r dyn Random,
    key: Key,
    id: String,
    header: Vec<u8>,
    number: u64,
    waiting: Vec<u8>,
}

impl<'r, W: Write> Sealed<'r, W> {
    /// Begins a file.
    pub(super) fn begin(mut file: W, random: &'r dyn Random, header: &Header, key: Key) -> io::Result<Self> {
        let text = serde_json::to_vec(header)?;
        file.write_all(MAGIC)?;
        file.write_all(&u32::try_from(text.len()).map_err(io::Error::other)?.to_be_bytes())?;
        file.write_all(&text)?;
        let waiting = Vec::with_capacity(CHUNK);
        Ok(Self { file, random, key, id: header.id.clone(), header: text, number: 0, waiting })
    }

    /// Writes the last chunk, and gives the file back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.chunk(true)?;
        Ok(self.file)
    }

    fn chunk(&mut self, last: bool) -> io::Result<()> {
        let place = place(&self.id, &self.header, self.number, last);
        let sealed = self.key.seal(self.random, &place, &self.waiting).map_err(io::Error::other)?;
        self.file.write_all(&[u8::from(last)])?;
        self.file.write_all(&u32::try_from(sealed.len()).map_err(io::Error::other)?.to_be_bytes())?;
        self.file.write_all(&sealed)?;
        self.number += 1;
        self.waiting.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.len() == CHUNK {
            self.chunk(false)?;
        }
        let (now, _) = bytes.split_at(bytes.len().min(CHUNK - self.waiting.len()));
        self.waiting.extend_from_slice(now);
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // What waits is sealed when there is a whole chunk of it, or none follows.
        Ok(())
    }
}

/// Reads a header, and leaves `file` at the first chunk. Answers the header's own bytes too.
///
/// # Errors
/// When it is no backup, or one of a form that this version does not know.
pub(super) fn read_header(file: &mut impl Read, path: &Path) -> Result<(Header, Vec<u8>), BackupError> {
    let not_one = || BackupError::NotABackup(path.to_path_buf());
    let mut start = [0; MAGIC.len() + 4];
    fill(file, &mut start).map_err(|error| unread(path, error, not_one))?;
    let Some((MAGIC, length)) = start.split_first_chunk() else { return Err(not_one()) };
    let length = u32::from_be_bytes(length.try_into().map_err(|_| not_one())?);
    if length > HEADER {
        return Err(not_one());
    }
    let mut text = vec![0; usize::try_from(length).map_err(|_| not_one())?];
    fill(file, &mut text).map_err(|error| unread(path, error, not_one))?;
    // The form is looked at first: a later one may have other fields.
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|_| not_one())?;
    match value.get("form").and_then(serde_json::Value::as_u64) {
        Some(form) if form == u64::from(FORM) => {}
        Some(form) => {
            return Err(BackupError::Newer { path: path.to_path_buf(), what: format!("form {form}") });
        }
        None => return Err(not_one()),
    }
    let header = serde_json::from_value(value).map_err(|_| not_one())?;
    Ok((header, text))
}

fn unread(path: &Path, error: io::Error, not_one: impl Fn() -> BackupError) -> BackupError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        not_one()
    } else {
        BackupError::File { path: path.to_path_buf(), source: error }
    }
}

fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
    file.read_exact(buffer)
}

/// Reads the chunks of a file, each checked before any of it is handed on.
pub(super) struct Opened<R> {
    file: R,
    key: Key,
    id: String,
    header: Vec<u8>,
    number: u64,
    last: bool,
    plain: io::Cursor<zeroize::Zeroizing<Vec<u8>>>,
}

/// What is wrong with a chunk; it travels inside an [`io::Error`] through the decompressor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// It does not open in its place.
    #[error("part {0} was changed, or is not where it was")]
    Changed(u64),
    /// The file ends before its last chunk.
    #[error("it ends after part {0}, before its end")]
    CutShort(u64),
    /// Something follows its last chunk.
    #[error("something was added after its end")]
    Added,
}

impl<R: Read> Opened<R> {
    /// Reads on after the header, whose own bytes are `text`.
    pub(super) fn new(file: R, header: &Header, text: Vec<u8>, key: Key) -> Self {
        let plain = io::Cursor::new(zeroize::Zeroizing::new(Vec::new()));
        Self { file, key, id: header.id.clone(), header: text, number: 0, last: false, plain }
    }

    /// Checks that the end has been reached.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let mut rest = [0; 4096];
        // What a decompressor did not want to read is still checked.
        while self.read(&mut rest)? != 0 {}
        Ok(())
    }

    fn next(&mut self) -> io::Result<()> {
        let broken = |broken: Broken| io::Error::new(io::ErrorKind::InvalidData, broken);
        let (number, cut) = (self.number, || broken(Broken::CutShort(self.number)));
        let short =
            |error: io::Error| if error.kind() == io::ErrorKind::UnexpectedEof { cut() } else { error };
        let mut start = [0; 5];
        self.file.read_exact(&mut start).map_err(short)?;
        let [last, length @ ..] = start;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
        // A sealed chunk is its nonce, tag and form longer than what is in it.
        if last > 1 || length > CHUNK + 64 {
            return Err(broken(Broken::Changed(number)));
        }
        let mut sealed = vec![0; length];
        self.file.read_exact(&mut sealed).map_err(short)?;
        let place = place(&self.id, &self.header, number, last == 1);
        let plain = self.key.open(&place, &sealed).map_err(|_| broken(Broken::Changed(number)))?;
        if last == 1 && self.file.read(&mut [0])? != 0 {
            return Err(broken(Broken::Added));
        }
        self.plain = io::Cursor::new(plain);
        self.number += 1;
        self.last = last == 1;
        Ok(())
    }
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            // `Cursor` reads from what derefs to bytes.
            let at = usize::try_from(self.plain.position()).map_err(io::Error::other)?;
            let rest = self.plain.get_ref().get(at..).unwrap_or_default();
            if !rest.is_empty() || self.last || buffer.is_empty() {
                let (now, _) = rest.split_at(rest.len().min(buffer.len()));
                buffer.get_mut(..now.len()).unwrap_or_default().copy_from_slice(now);
                let read = now.len();
                self.plain.set_position((at + read) as u64);
                return Ok(read);
            }
            self.next()?;
        }
    }
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
