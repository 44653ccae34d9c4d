//! Says what in a folder of lists a reviewer should look at: `cargo run --release --example lint -- core/lists`.
//!
//! One line for each thing, and the exit code says whether there was one. Mistakes, for which the build fails, come first
//! and alone.

mod folder;

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
    let problems = folder::read(Path::new(&folder))?.lint();
    let mut output = io::stdout().lock();
    problems.iter().try_for_each(|problem| writeln!(output, "{problem}"))?;
    Ok(problems.len())
}
