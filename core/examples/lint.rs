//! Says what in a folder of lists a reviewer should look at: `cargo run --release --example lint -- core/lists`.
//!
//! One line for each thing, and the exit code says whether there was one. Mistakes, for which the build fails, come first
//! and alone.

use lapwing_core::Lists;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("lint: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints every problem, and counts them.
fn run() -> Result<usize, Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("give the folder of the lists, such as core/lists")?;
    let mut files = Vec::new();
    for under in ["", "phrases", "sites"] {
        let place = Path::new(&folder).join(under);
        let entries = std::fs::read_dir(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".toml") {
                let name = if under.is_empty() { name } else { format!("{under}/{name}") };
                files.push((name, std::fs::read_to_string(&path)?));
            }
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let problems = Lists::from_sources(&files)?.lint();
    let mut output = io::stdout().lock();
    problems.iter().try_for_each(|problem| writeln!(output, "{problem}"))?;
    Ok(problems.len())
}
