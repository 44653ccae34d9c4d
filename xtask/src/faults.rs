//! `cargo xtask test faults`: breaks what the relay stands on, and counts what was lost.
//!
//! What is broken and how the proof is made is in the `tests` crate (`src/faults`); this builds the programs and installs
//! what they need.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::place::Place;
use crate::say::Say;
use crate::{build, run, tools};

/// What to break, and how often. Everything left out is as the program itself has it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// The numbers that a release is measured by: about an hour
    #[arg(long)]
    full: bool,
    /// How often the relay is killed, on each database [default: 10; with --full 1000]
    #[arg(long, value_name = "N")]
    kills: Option<usize>,
    /// At how many points the power is cut [default: 300; with --full 10000]
    #[arg(long, value_name = "N")]
    cuts: Option<usize>,
    /// Alerts in the backlog of a day [default: none; with --full 2500000]
    #[arg(long, value_name = "N")]
    backlog: Option<usize>,
    /// Seconds for which a lock is held [default: 6; with --full 30]
    #[arg(long, value_name = "N")]
    lock: Option<u64>,
    /// Only these: birth, kill, cuts, full, eio, lock, outage, backlog
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Only on this database: sqlite or postgres
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Decides every choice of the run
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Builds the relay and the faults program, optimised, and runs it.
pub(crate) fn run(say: &Say, place: &Place, options: &Options) -> Result<()> {
    tools::ensure(say, place, &[&tools::POSTGRESQL, &tools::STRACE])?;
    let relay = build::everything(say, place, true)?;
    let mut build = build::with_extension(place, run::cargo());
    build.args(["build", "--release", "--package", "lapwing-tests", "--bin", "faults"]);
    say.step("Building the faults program", |step| {
        run::quietly(step, &place.logs().join("faults.log"), &mut build)
    })?;
    let mut faults = program(&place.program("release", "faults"), &relay);
    faults.args(options.words());
    run::shown(&mut faults, |_| {})
}

/// The faults program, told which relay to break.
pub(crate) fn program(faults: &Path, relay: &Path) -> Command {
    let mut command = run::command(faults);
    command.env("LAPWING_RELAY", relay);
    command
}

impl Options {
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.full {
            words.push("--full".to_owned());
        }
        let numbers = [
            ("--kills", self.kills.map(|number| number.to_string())),
            ("--cuts", self.cuts.map(|number| number.to_string())),
            ("--backlog", self.backlog.map(|number| number.to_string())),
            ("--lock", self.lock.map(|number| number.to_string())),
            ("--seed", self.seed.map(|number| number.to_string())),
            ("--database", self.database.clone()),
        ];
        for (name, value) in numbers {
            words.extend(value.map(|value| [name.to_owned(), value]).into_iter().flatten());
        }
        for name in &self.only {
            words.extend(["--only".to_owned(), name.clone()]);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_left_to_the_program() {
        assert!(Options::default().words().is_empty());
        let options = Options { full: true, kills: Some(5), only: vec!["kill".into()], ..Options::default() };
        assert_eq!(options.words(), ["--full", "--kills", "5", "--only", "kill"]);
    }
}
