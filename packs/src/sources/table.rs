//! Lists as tables: CSV with a header, in which each line has its own category.
//!
//! A quotation mark that is never closed makes one line of all that follows, so a line is bounded, and one with which sites would
//! be lost refuses the table: left out are only lines that say by themselves that they are no rule.

use super::{Source, SourceError, read};
use crate::skip::Skip;
use lapwing_core::{Category, CategorySet};
use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

/// What a column with sites may be called.
const SITES: [&str; 6] = ["host_or_url", "host", "url", "domain", "site", "website"];
const CATEGORIES: [&str; 2] = ["category", "categories"];
/// A column that says that the site is not of the category after all.
const EXCEPTIONS: [&str; 2] = ["exception", "allow"];
/// Bytes that are read ahead of what has been asked for.
const AHEAD: usize = 8 * 1024;

/// Reads a table: `host_or_url`, `category` (or several, with `;` or `|` between), and if it likes `exception` (`yes`).
pub(crate) fn read(source: &mut Source<'_>, path: &Path) -> Result<(), SourceError> {
    let place = path.display().to_string();
    let wrong =
        |line: u64, what: &str| SourceError::Line { path: place.clone(), line, what: what.to_owned() };
    let taken = Rc::new(Cell::new(0));
    let metered = Metered { inner: read::open(path)?, taken: Rc::clone(&taken) };
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.flexible(true).trim(csv::Trim::All).buffer_capacity(AHEAD).from_reader(metered);
    let unreadable = |line: u64, error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData && is_long(&error) => {
            wrong(line, LONG)
        }
        csv::ErrorKind::Io(error) => read::failed(&place, error),
        _ => wrong(line, "this line is not CSV in UTF-8; save the table as “CSV UTF-8”"),
    };
    let header = reader.byte_headers().map_err(|error| unreadable(1, error))?.clone();
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').to_lowercase())
        .collect();
    let column = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
    let (Some(sites), Some(categories)) = (column(&SITES), column(&CATEGORIES)) else {
        return Err(wrong(1, "the first line must name the columns, among them host_or_url and category"));
    };
    let exceptions = column(&EXCEPTIONS);
    let file = source.about.name.clone();
    let mut record = csv::ByteRecord::new();
    loop {
        taken.set(0);
        let (from, number) = (reader.position().byte(), reader.position().line());
        if !reader.read_byte_record(&mut record).map_err(|error| unreadable(number, error))? {
            return Ok(());
        }
        if reader.position().byte().saturating_sub(from) > read::MOST_LINE {
            return Err(wrong(number, LONG));
        }
        let place = || format!("{file}:{number}");
        source.about.lines += 1;
        let field = |at: usize| std::str::from_utf8(record.get(at).unwrap_or_default()).ok();
        let (Some(site), Some(named)) = (field(sites), field(categories)) else {
            source.skip(Skip::NotText, place, "");
            continue;
        };
        if site.contains('\n') || named.contains('\n') {
            return Err(wrong(
                number,
                "a site or category goes on in the next line: a quotation mark is not closed",
            ));
        }
        let parsed: Option<CategorySet> =
            named.split([';', '|']).map(|name| name.trim().parse().ok()).collect::<Option<_>>();
        let Some(set) = parsed else {
            source.skip(Skip::NoCategory, place, named);
            continue;
        };
        if set.contains(Category::Illegal) {
            return Err(wrong(
                number,
                "no table gives the category “illegal”: unlawful content comes from licensed lists, which only the command line takes (iwf=FILE, ctiru=FILE)",
            ));
        }
        if set.contains(Category::Canary) {
            return Err(wrong(number, "“canary” is the daily test’s own category, which no list has"));
        }
        let said = exceptions.and_then(field).unwrap_or_default().to_lowercase();
        if matches!(said.as_str(), "yes" | "true" | "1") {
            source.rule(site, CategorySet::NONE, set, place);
        } else {
            source.rule(site, set, CategorySet::NONE, place);
        }
    }
}

const LONG: &str = "it is longer than 16 kB, or a quotation mark in it is not closed";

/// Ends with an error when one line takes far more than a line may have: the reader would keep all of it in memory first.
struct Metered<R> {
    inner: R,
    /// Bytes since the last line.
    taken: Rc<Cell<u64>>,
}

/// What was read is longer than a line.
#[derive(Debug, thiserror::Error)]
#[error("a line is too long")]
struct Long;

fn is_long(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Long>())
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken.get() > read::MOST_LINE + AHEAD as u64 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, Long));
        }
        let read = self.inner.read(buffer)?;
        self.taken.set(self.taken.get().saturating_add(read as u64));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_end_is_stopped_while_it_is_read() {
        let taken = Rc::new(Cell::new(0));
        let metered = Metered { inner: b"\"".chain(io::repeat(b'a')), taken: Rc::clone(&taken) };
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(AHEAD).from_reader(metered);
        let csv::ErrorKind::Io(error) = reader.byte_headers().unwrap_err().into_kind() else {
            panic!("it is read as a table");
        };
        assert!(is_long(&error) && taken.get() <= read::MOST_LINE + 2 * AHEAD as u64, "{error}");
    }
}
