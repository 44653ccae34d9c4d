//! UT1's lists: a folder or a tar archive with a folder for each category, and in it `domains`, `urls` and `usage`.
//!
//! `usage` says whether a category is meant for blocking; one that is only meant for allowing (`white`) gives no rules.

use super::{Source, SourceError, file_error, read, ut1_names};
use crate::skip::Skip;
use lapwing_core::CategorySet;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const NAME: &str = "Blacklists UT1";
const LICENCE: &str = "CC BY-SA 4.0";
const ATTRIBUTION: &str = "Blacklists UT1, Université Toulouse Capitole (Fabrice Prigent), https://creativecommons.org/licenses/by-sa/4.0/";

/// Files of an archive; UT1 has about 300.
const MOST_FILES: usize = 20_000;
/// Hosts of categories that we do not have, of which is made sure that they are not found by chance.
const MOST_GOOD: usize = 200_000;

/// Reads all of it.
pub(crate) fn read(source: &mut Source<'_>, path: &Path) -> Result<(), SourceError> {
    source.about.name = NAME.to_owned();
    source.about.licence = LICENCE.to_owned();
    source.about.attribution = ATTRIBUTION.to_owned();
    let mut left_out = BTreeMap::new();
    if path.is_dir() {
        folder(source, path, &mut left_out)?;
    } else {
        archive(source, path, &mut left_out)?;
    }
    for (folder, lines) in left_out {
        source.skipped.note_many(Skip::NoCategory, lines, format!("{folder} ({lines})"));
    }
    Ok(())
}

fn folder(source: &mut Source<'_>, path: &Path, left_out: &mut LeftOut) -> Result<(), SourceError> {
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for root in [path.to_path_buf(), path.join("blacklists")].iter().filter(|root| root.is_dir()) {
        for entry in std::fs::read_dir(root).map_err(file_error(root))? {
            let entry = entry.map_err(file_error(root))?.path();
            if entry.is_dir() {
                folders.insert(entry);
            }
        }
    }
    for folder in folders {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let usage = std::fs::read_to_string(folder.join("usage")).unwrap_or_default();
        for file in ["domains", "urls"] {
            let path = folder.join(file);
            if path.is_file() {
                let reader = File::open(&path).map_err(file_error(&path))?;
                list(source, &name, file, only_white(&usage), reader, left_out)?;
            }
        }
    }
    Ok(())
}

/// An archive is read twice, because `usage` may stand after what it speaks of.
fn archive(source: &mut Source<'_>, path: &Path, left_out: &mut LeftOut) -> Result<(), SourceError> {
    let mut white = BTreeSet::new();
    each(path, |folder, file, reader| {
        let mut usage = String::new();
        if file == "usage" && reader.take(4_096).read_to_string(&mut usage).is_ok() && only_white(&usage) {
            white.insert(folder.to_owned());
        }
        Ok(())
    })?;
    each(path, |folder, file, reader| match file {
        "domains" | "urls" => list(source, folder, file, white.contains(folder), reader, left_out),
        _ => Ok(()),
    })
}

fn each(
    path: &Path,
    mut with: impl FnMut(&str, &str, &mut dyn Read) -> Result<(), SourceError>,
) -> Result<(), SourceError> {
    let place = path.display().to_string();
    let wrong = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => read::failed(&place, error),
        _ => SourceError::Wrong {
            place: place.clone(),
            what: format!(
                "it cannot be read as a tar archive ({error}); give UT1’s folder, or its archive as .tar, .tar.gz or .tar.zst"
            ),
        },
    };
    let mut archive = tar::Archive::new(read::open(path)?);
    for (number, entry) in archive.entries().map_err(wrong)?.enumerate() {
        let mut entry = entry.map_err(wrong)?;
        if number >= MOST_FILES {
            return Err(SourceError::Wrong {
                place,
                what: format!("it has more than {MOST_FILES} files, which UT1 has not"),
            });
        }
        // Links are not followed, and nothing is written anywhere: names in it can do no harm.
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path().map_err(wrong)?.to_string_lossy().into_owned();
        let mut parts = name.rsplit('/');
        if let (Some(file), Some(folder)) = (parts.next(), parts.next()) {
            with(folder, file, &mut entry)?;
        }
    }
    Ok(())
}

/// Lines of each folder that has no category of ours.
type LeftOut = BTreeMap<String, u64>;

fn list(
    source: &mut Source<'_>,
    folder: &str,
    file: &str,
    white: bool,
    reader: impl Read,
    left_out: &mut LeftOut,
) -> Result<(), SourceError> {
    let category = ut1_names::category(folder).filter(|_| !white);
    let name = format!("{folder}/{file}");
    read::lines(reader, &name, |number, text| {
        let place = || format!("{name}:{number}");
        if text.is_some_and(|text| text.is_empty() || text.starts_with('#')) {
            return;
        }
        source.about.lines += 1;
        match (text, category) {
            (None, _) => source.skip(Skip::NotText, place, ""),
            (Some(text), Some(category)) => {
                source.rule(text, CategorySet::only(category), CategorySet::NONE, place);
            }
            (Some(text), None) => {
                *left_out.entry(folder.to_owned()).or_default() += 1;
                let good = &mut source.all.known_good;
                if file == "domains" && good.len() < MOST_GOOD {
                    good.push(text.to_owned());
                }
            }
        }
    })
}

/// Whether a list is only meant for allowing.
fn only_white(usage: &str) -> bool {
    let words: Vec<&str> = usage.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
    words.contains(&"white") && !words.contains(&"black")
}
