//! Turns lists that a school has already into rule files for a person to read:
//! `cargo run --release --example import -- csv TABLE REVIEWED OUT` or `… -- weighted LIST CATEGORY REVIEWED OUT`.
//!
//! The files go to the folder OUT, which must not have them yet; what has no counterpart is named on standard error.

use lapwing_core::{Category, Imported, Provenance, import_csv, import_weighted};
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;

const USAGE: &str = "give: csv TABLE REVIEWED OUT, or: weighted LIST CATEGORY REVIEWED OUT; REVIEWED is the day on which \
                     somebody last read the list, such as 2026-11-22";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (imported, out) = match arguments.as_slice() {
        ["csv", table, reviewed, out] => (import_csv(&read(table)?, from(table, reviewed))?, out),
        ["weighted", list, category, reviewed, out] => {
            let category: Category = category.parse()?;
            (import_weighted(&read(list)?, category, from(list, reviewed))?, out)
        }
        _ => return Err(USAGE.into()),
    };
    write(&imported, Path::new(out))
}

fn read(file: &str) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))
}

/// A rule names the list that it came from by its file.
fn from<'a>(file: &'a str, reviewed: &'a str) -> Provenance<'a> {
    let name = Path::new(file).file_name().and_then(|name| name.to_str());
    Provenance { source: name.unwrap_or(file), reviewed }
}

/// Writes the files, and never over one that is there.
fn write(imported: &Imported, out: &Path) -> Result<(), Box<dyn Error>> {
    for (name, text) in &imported.files {
        let path = out.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = fs::File::create_new(&path).map_err(|error| format!("{}: {error}", path.display()));
        file?.write_all(text.as_bytes())?;
        eprintln!("wrote {}", path.display());
    }
    for problem in &imported.skipped {
        eprintln!("left out: {problem}");
    }
    Ok(())
}
