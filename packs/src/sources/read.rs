//! Opens files, packed or not, and reads their lines within bounds: of bytes when unpacked, of a line, of files in an
//! archive. A list is somebody else's, and may be anything.

use super::{SourceError, file_error};
use ruzstd::decoding::StreamingDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// Unpacked bytes of one list. UT1 has about 150 MB.
const MOST_BYTES: u64 = 500_000_000;
/// Bytes of a line, or of a line of a table; what is longer is no rule.
pub(crate) const MOST_LINE: u64 = 16 * 1024;

/// A file's bytes, unpacked if its name ends with `.gz` or `.zst`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, SourceError> {
    let file = BufReader::new(File::open(path).map_err(file_error(path))?);
    let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
    let unpacked: Box<dyn Read> = match end.as_deref() {
        Some("gz" | "tgz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("zst" | "tzst") => {
            Box::new(StreamingDecoder::new(file).map_err(|error| SourceError::Wrong {
                place: path.display().to_string(),
                what: format!("it is not packed by zstd, as its name says ({error})"),
            })?)
        }
        _ => return Ok(Box::new(file)),
    };
    Ok(Box::new(Bounded { inner: unpacked, left: MOST_BYTES }))
}

/// Ends with an error after so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left =
            self.left.checked_sub(read as u64).ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        Ok(read)
    }
}

/// Why reading stopped, in words.
pub(crate) fn failed(place: &str, error: io::Error) -> SourceError {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return SourceError::Large { place: place.to_owned(), megabytes: MOST_BYTES / 1_000_000 };
    }
    SourceError::File { path: place.into(), source: error }
}

/// Calls `each` with the number and the text of every line, without its end and what is white around it; with none for a
/// line that is not text or far too long.
pub(crate) fn lines(
    reader: impl Read,
    place: &str,
    mut each: impl FnMut(u64, Option<&str>),
) -> Result<(), SourceError> {
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut reader).take(MOST_LINE).read_until(b'\n', &mut line);
        if read.map_err(|error| failed(place, error))? == 0 {
            break;
        }
        let whole = line.ends_with(b"\n") || (line.len() as u64) < MOST_LINE;
        if !whole {
            reader.skip_until(b'\n').map_err(|error| failed(place, error))?;
        }
        let text = std::str::from_utf8(&line).ok().filter(|_| whole);
        // Some editors write a mark at the beginning that is no part of the first line.
        let text = text.map(|text| if number == 1 { text.trim_start_matches('\u{feff}') } else { text });
        each(number, text.map(str::trim));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<(u64, Option<String>)> {
        let mut all = Vec::new();
        lines(bytes, "a", |number, text| all.push((number, text.map(str::to_owned)))).unwrap();
        all
    }

    #[test]
    fn lines_end_as_they_like_and_nonsense_is_one_bad_line() {
        let text = |number, text: &str| (number, Some(text.to_owned()));
        assert_eq!(
            read("\u{feff}a\r\nb\n\n c".as_bytes()),
            [text(1, "a"), text(2, "b"), text(3, ""), text(4, "c")]
        );
        assert_eq!(read(b"a\n\xff\xfe\nb"), [text(1, "a"), (2, None), text(3, "b")]);
        let long = [vec![b'a'; 100_000], b"\nb".to_vec()].concat();
        assert_eq!(read(&long), [(1, None), text(2, "b")]);
    }

    #[test]
    fn what_unpacks_without_end_is_stopped() {
        let mut bounded = Bounded { inner: io::repeat(0), left: 1_000_000 };
        let error = io::copy(&mut bounded, &mut io::sink()).unwrap_err();
        assert!(failed("a.gz", error).to_string().contains("more than 500 MB"));
    }
}
