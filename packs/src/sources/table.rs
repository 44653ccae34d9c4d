//! Lists as tables: CSV with a header, in which each line has its own category.

use super::{Source, SourceError, read};
use crate::skip::Skip;
use lapwing_core::CategorySet;
use std::path::Path;

/// What a column with sites may be called.
const SITES: [&str; 6] = ["host_or_url", "host", "url", "domain", "site", "website"];
const CATEGORIES: [&str; 2] = ["category", "categories"];
/// A column that says that the site is not of the category after all.
const EXCEPTIONS: [&str; 2] = ["exception", "allow"];

/// Reads a table: `host_or_url`, `category` (or several, with `;` or `|` between), and if it likes `exception` (`yes`).
pub(crate) fn read(source: &mut Source<'_>, path: &Path) -> Result<(), SourceError> {
    let place = path.display().to_string();
    let wrong = |line: u64, what: String| SourceError::Wrong { place: format!("{place}, line {line}"), what };
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(read::open(path)?);
    let unreadable = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        match error.into_kind() {
            csv::ErrorKind::Io(error) => read::failed(&place, error),
            _ => wrong(line, "this line is not CSV in UTF-8; save the table as “CSV UTF-8”".to_owned()),
        }
    };
    let header = reader.byte_headers().map_err(unreadable)?.clone();
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').to_lowercase())
        .collect();
    let column = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
    let (Some(sites), Some(categories)) = (column(&SITES), column(&CATEGORIES)) else {
        let what = "the first line must name the columns, among them host_or_url and category".to_owned();
        return Err(wrong(1, what));
    };
    let exceptions = column(&EXCEPTIONS);
    let file = source.about.name.clone();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(unreadable)? {
        let number = record.position().map_or(0, csv::Position::line);
        let place = || format!("{file}:{number}");
        source.about.lines += 1;
        let field = |at: usize| std::str::from_utf8(record.get(at).unwrap_or_default()).ok();
        let (Some(site), Some(named)) = (field(sites), field(categories)) else {
            source.skip(Skip::NotText, place, "");
            continue;
        };
        let parsed: Option<CategorySet> =
            named.split([';', '|']).map(|name| name.trim().parse().ok()).collect::<Option<_>>();
        let Some(set) = parsed else {
            source.skip(Skip::NoCategory, place, named);
            continue;
        };
        let said = exceptions.and_then(field).unwrap_or_default().to_lowercase();
        if matches!(said.as_str(), "yes" | "true" | "1") {
            source.rule(site, CategorySet::NONE, set, place);
        } else {
            source.rule(site, set, CategorySet::NONE, place);
        }
    }
    Ok(())
}
