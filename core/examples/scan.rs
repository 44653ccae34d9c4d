//! Scans JSON Lines from standard input, under the default policy of a school for a Year 9 pupil.
//!
//! In: `{"id", "text", "surface": "search|chat|ai|document"}` or `{"id", "url"}`, one object a line. Out: one line for
//! each, in order. A line that cannot be answered gets an `error`, and the exit code says that there was one.
//! `--lists DIR` reads list files as people write them (core/lists has the format) instead of those that were compiled
//! in, so that a new rule can be tried without building anything.
//! `lapwing-relay scan` does the same with a school's own lists and policy.

mod folder;

use lapwing_core::scan::scan_line;
use lapwing_core::{Audience, Engine, Lists, Policy};
use std::error::Error;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

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
    let lists = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => Lists::starter()?,
        [option, folder] if option == "--lists" => folder::read(Path::new(folder))?,
        _ => return Err("the only option is --lists DIR".into()),
    };
    let engine = Engine::new(lists, Policy::school_default(Audience::Year(9)))?;
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
