//! `cargo xtask test`: every check and every test, in the order in which a failure is cheapest to find.
//!
//! Stops at the first failure and says what to do. The relay under test is the one with the packed extension inside, and
//! the browser tests drive that very program.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::place::Place;
use crate::say::{Say, seconds};
use crate::{build, demo, faults, run, schema, tidy, tools, wasm};

/// Megabytes; with less than that left, nothing can be relied on.
const LITTLE: u64 = 2_000;
/// Gigabytes: how much a checkout has grown to when everything has run.
const ALL_OF_IT: u64 = 14;

/// Runs everything.
pub(crate) fn run(say: &Say, place: &Place) -> Result<()> {
    let started = Instant::now();
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let mut counts = Counts::default();
    let mut stage = |name: &'static str, work: &mut dyn FnMut() -> Result<()>| -> Result<()> {
        let begun = Instant::now();
        say.line(&format!("== {name}"));
        let passed = work().with_context(|| format!("{name}: not passed"));
        passed.map_err(|error| with_room(error, place))?;
        times.push((name, begun.elapsed()));
        Ok(())
    };

    stage("tools", &mut || {
        tools::components()?;
        tools::ensure(say, place, &[&tools::BROWSER, &tools::POSTGRESQL, &tools::NPM, &tools::STRACE])?;
        tools::axe(say, place).map(drop)
    })?;
    stage("formatting (mend it with `cargo fmt`)", &mut || {
        let mut cargo = build::with_extension(place, run::cargo());
        cargo.args(["fmt", "--all", "--check"]);
        say.step("cargo fmt --check", |step| run::quietly(step, &place.logs().join("fmt.log"), &mut cargo))
    })?;
    stage("policy schema", &mut || schema::run(say, place, true))?;
    stage("house rules", &mut || tidy::run(say, place))?;
    stage("JavaScript", &mut || javascript(say, place))?;
    stage("extension and relay", &mut || build::everything(say, place, false).map(drop))?;
    stage("clippy", &mut || {
        let mut cargo = build::with_extension(place, run::cargo());
        cargo.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
        say.step("cargo clippy", |step| run::quietly(step, &place.logs().join("clippy.log"), &mut cargo))
    })?;
    stage("unit, property and database tests", &mut || {
        let mut cargo = build::with_extension(place, run::cargo());
        cargo.args(["test", "--workspace", "--exclude", "lapwing-tests"]);
        run::shown(&mut cargo, |line| counts.hear(line))
    })?;
    stage("native and WebAssembly answers", &mut || {
        let mut cargo = build::with_extension(place, run::cargo());
        cargo.args(["test", "--package", "lapwing-eval", "--test", "same_answers", "--", "--ignored"]);
        cargo.env("LAPWING_WASM", wasm::folder(place));
        run::shown(&mut cargo, |line| counts.hear(line))
    })?;
    stage("browser tests", &mut || {
        let mut cargo = build::with_extension(place, run::cargo());
        cargo.args(["test", "--package", "lapwing-tests", "--", "--test-threads=1"]);
        cargo.env("LAPWING_RELAY", place.program("debug", "lapwing-relay"));
        cargo.env("LAPWING_EXTENSION", place.extension());
        cargo.env("LAPWING_OUT", place.target.join("browser-tests"));
        cargo.env("LAPWING_AXE", tools::axe(say, place)?);
        run::shown(&mut cargo, |line| counts.hear(line))
    })?;
    stage("the demonstration, step by step, and every page under axe", &mut || demo::checked(say, place))?;
    stage("faults, a few of each (all of them: cargo xtask test faults --full)", &mut || {
        let mut cargo = build::with_extension(place, run::cargo());
        cargo.args(["build", "--package", "lapwing-tests", "--bin", "faults"]);
        let log = place.logs().join("faults.log");
        say.step("Building the faults program", |step| run::quietly(step, &log, &mut cargo))?;
        let relay = place.program("debug", "lapwing-relay");
        let mut program = faults::program(&place.program("debug", "faults"), &relay);
        run::shown(&mut program, |line| counts.hear_fault(line))
    })?;

    say.line("== summary");
    for (name, time) in &times {
        say.line(&format!("{:>12}  {name}", seconds(*time)));
    }
    say.line(&format!("{:>12}  everything", seconds(started.elapsed())));
    say.line(&format!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped));
    Ok(())
}

/// A full disk fails in ways that nobody takes for one, such as a database that goes away in the midst of a test.
fn with_room(error: anyhow::Error, place: &Place) -> anyhow::Error {
    let answer = run::command("df").arg("-Pm").arg(&place.target).output();
    let text = answer.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned()).unwrap_or_default();
    match free_megabytes(&text) {
        Some(free) if free < LITTLE => error.context(format!(
            "the disk of {} has {free} MB left, which may be why: all of this takes up to {ALL_OF_IT} GB",
            place.target.display()
        )),
        _ => error,
    }
}

/// What is free, from what `df -Pm` says of one folder.
fn free_megabytes(text: &str) -> Option<u64> {
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// The syntax of every script; whether they work is for the browser tests.
fn javascript(say: &Say, place: &Place) -> Result<()> {
    let mut scripts = Vec::new();
    let mut folders: Vec<PathBuf> = ["eval/js", "extension/js", "extension/pages", "relay/static"]
        .iter()
        .map(|folder| place.root.join(folder))
        .collect();
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "js") {
                scripts.push(path);
            }
        }
    }
    scripts.sort();
    say.step(&format!("Checking {} scripts with node", scripts.len()), |step| {
        for script in &scripts {
            // Modules and plain scripts parse differently; node tells them apart by how they begin.
            let text = std::fs::read_to_string(script)?;
            let module = text.lines().any(|line| line.starts_with("import ") || line.starts_with("export "));
            let kind = if module { "--input-type=module" } else { "--input-type=commonjs" };
            let mut node = run::command("node");
            node.args([kind, "--check"]).arg("-");
            step.news(&script.to_string_lossy());
            run::fed(&mut node, &text).with_context(|| format!("{} does not parse", script.display()))?;
        }
        Ok(())
    })
}

/// How many tests ran, added up over cargo's own closing lines.
#[derive(Default)]
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Counts {
    /// Takes in a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; ...`.
    fn hear(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result:") else { return };
        let before = |word: &str| -> u64 {
            let mut words = result.split_whitespace().peekable();
            let mut number = 0;
            while let Some(this) = words.next() {
                if words.peek().is_some_and(|next| next.trim_end_matches(';') == word) {
                    number = this.parse().unwrap_or(0);
                }
            }
            number
        };
        self.passed += before("passed");
        self.failed += before("failed");
        self.skipped += before("ignored");
    }

    /// Takes in a line of the faults program, which begins with how a fault went.
    fn hear_fault(&mut self, line: &str) {
        self.passed += u64::from(line.starts_with("held "));
        self.failed += u64::from(line.starts_with("BROKEN "));
        self.skipped += u64::from(line.starts_with("NOT RUN "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_s_closing_lines_are_added_up() {
        let mut counts = Counts::default();
        counts.hear("running 3 tests");
        counts.hear(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        );
        counts.hear("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!((counts.passed, counts.failed, counts.skipped), (14, 3, 1));
        for line in ["held     disk full: lost 0", "NOT RUN  disk full: needs root", "machine: {}"] {
            counts.hear_fault(line);
        }
        assert_eq!((counts.passed, counts.failed, counts.skipped), (15, 3, 2));
    }

    #[test]
    fn what_is_free_is_read_from_the_fourth_column() {
        let said = "Filesystem     1048576-blocks  Used Available Capacity Mounted on\n/dev/vda 257903 36521 210443 15% /\n";
        assert_eq!(free_megabytes(said), Some(210_443));
        assert_eq!(free_megabytes("df: nowhere"), None);
    }
}
