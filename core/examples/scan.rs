//! Scans JSON Lines from standard input, under the default policy of a school for a Year 9 pupil.
//!
//! In: `{"id", "text", "surface": "search|chat|ai|document"}` or `{"id", "url"}`, one object a line. Out: one line for
//! each, in order. A line that cannot be answered gets an `error`, and the exit code says that there was one.
//! `--lists DIR` reads list files as people write them (core/lists has the format) instead of those that were compiled
//! in, so that a new rule can be tried without building anything.
//! `--pack FILE [--key PUBLIC] [--change FILE …]` asks the sites of a pack too, and its phrases instead of those that are compiled in when it
//! has some; without the key that is trusted, the pack is only checked against the one that it names itself.
//! `lapwing-relay scan` does the same with a school's own lists and policy.

mod folder;

use lapwing_core::pack::{Kind, Pack, PublicKey};
use lapwing_core::scan::scan_line;
use lapwing_core::{Audience, Engine, Lists, Policy, Sites};
use std::error::Error;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(bad) => {
            eprintln!("scan: {bad} line(s) could not be answered; each has an “error” in the output");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("scan: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers every line, and counts those that could not be.
fn run() -> Result<usize, Box<dyn Error>> {
    let (mut folder, mut pack, mut key, mut changes) = (None, None, None, Vec::new());
    let mut options = std::env::args().skip(1);
    while let Some(option) = options.next() {
        if option == "--change" {
            changes.push(options.next().ok_or("--change needs a value")?);
            continue;
        }
        let place = match option.as_str() {
            "--lists" => &mut folder,
            "--pack" => &mut pack,
            "--key" => &mut key,
            _ => {
                return Err("the options are --lists DIR, --pack FILE, --change FILE and --key PUBLIC".into());
            }
        };
        *place = Some(options.next().ok_or_else(|| format!("{option} needs a value"))?);
    }
    let pack = pack.map(|file| open(Path::new(&file), key.as_deref())).transpose()?;
    let packed = pack.as_ref().and_then(|pack| pack.section(Kind::Phrases));
    let lists = match (folder, packed) {
        (Some(folder), _) => folder::read(Path::new(&folder))?,
        (None, Some(bytes)) => Lists::from_bytes(bytes)?,
        (None, None) => Lists::starter()?,
    };
    let mut engine = Engine::new(lists, Policy::school_default(Audience::Year(9)))?;
    if let Some(pack) = pack {
        let mut sites = Sites::new(pack)?;
        for change in changes {
            sites.lay(open(Path::new(&change), key.as_deref())?)?;
        }
        engine = engine.with_sites(Arc::new(sites));
    }
    let mut input = io::stdin().lock();
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut line = Vec::new();
    let mut bad = 0;
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            output.flush()?;
            return Ok(bad);
        }
        // A byte that is not UTF-8 makes one bad line, not the end of the run.
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        let answer = scan_line(&engine, &text).unwrap_or_else(|error| {
            bad += 1;
            error.to_json()
        });
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
    }
}

/// Reads a pack and checks it.
fn open(file: &Path, key: Option<&str>) -> Result<Pack, Box<dyn Error>> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let key = match key {
        Some(key) => key.parse::<PublicKey>()?,
        None => Pack::signer(&bytes)?,
    };
    Ok(Pack::open(bytes, &key, 0).map_err(|error| format!("{}: {error}", file.display()))?)
}
