//! `cargo xtask bench NAME`: builds what a measurement needs, optimised, and runs it.
//!
//! The measuring itself is elsewhere: the `speed` example of the `eval` crate for text, its `sites`
//! example for looking up sites, the `bench` program of the `tests` crate for all that needs a relay or a browser. Each prints lines for people and, last, one JSON object.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::place::Place;
use crate::say::Say;
use crate::{build, eval, run, tools, wasm};

/// The peer in JavaScript, of the version that docs/detection.md names.
const OBSCENITY: &str = "obscenity@0.4.6";
/// The peer for sites, of the version that docs/sites.md names. Its licence is GPL-3.0: it is run, and nothing of it is kept.
const UBO: &str = "@gorhill/ubo-core@0.1.30";
/// Where published lists are by default, seen from the workspace.
const LISTS: &str = "../shared/lists";

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Name {
    /// Checking text, native and WebAssembly, beside rustrict and obscenity: megabytes a second, windows, loading.
    Text,
    /// Looking up sites, native and WebAssembly, beside a Set, uBlock Origin's trie, adblock-rust and an fst.
    Sites,
    /// Waking a stopped worker with five million sites: to its first decision, to every list in force; its memory.
    Wake,
    /// Taking alerts in: how many a second the relay commits.
    Ingest,
    /// Every statement of pages and intake, explained beside 20 million alerts in PostgreSQL: about 16 GB for a while.
    Scale,
    /// In a real browser: from the last key to the DSL's page, and what a navigation costs.
    Browser,
}

/// How the intake is measured; the rest is as the bench program has it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Ingest {
    /// For ingest: sqlite, postgres or both [default: both]
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// For ingest: seconds of each measurement [default: 8]
    #[arg(long, value_name = "N")]
    seconds: Option<u32>,
    /// For ingest: how often everything is measured, in turn [default: 3]
    #[arg(long, value_name = "N")]
    rounds: Option<u32>,
    /// For ingest: devices with an open connection [default: 10000]
    #[arg(long, value_name = "N")]
    devices: Option<u32>,
    /// For ingest: the key that signs alerts, session (HMAC-SHA256) or key (the device's own, ECDSA) [default: session]
    #[arg(long, value_name = "NAME")]
    sign: Option<String>,
}

impl Ingest {
    fn words(&self) -> Vec<String> {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let options = [
            ("--database", self.database.clone()),
            ("--seconds", number(self.seconds)),
            ("--rounds", number(self.rounds)),
            ("--devices", number(self.devices)),
            ("--sign", self.sign.clone()),
        ];
        let given = options.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?]));
        given.flatten().collect()
    }
}

/// Measures and prints; with `json` the last line is one JSON object.
pub(crate) fn run(
    say: &Say,
    place: &Place,
    name: Name,
    json: bool,
    data: Option<PathBuf>,
    ingest: &Ingest,
) -> Result<()> {
    let mut last = String::new();
    let mut hear = |line: &str| {
        if line.starts_with('{') {
            line.clone_into(&mut last);
        }
    };
    match name {
        Name::Text => {
            let mut build = cargo(place);
            build.args(["build", "--release", "--package", "lapwing-eval", "--example", "speed"]);
            say.step("Building the measuring, optimised", |step| {
                run::quietly(step, &place.logs().join("bench.log"), &mut build)
            })?;
            let mut speed = run::command(place.program("release", "examples/speed"));
            speed.arg("--data").arg(data.unwrap_or_else(|| place.root.join(eval::DATA)));
            // What needs node, a network or another compiler is left out where that is missing, and said to be.
            if tools::find(&["node"]).is_none() {
                say.note("node is not here: neither WebAssembly nor obscenity is measured");
            } else {
                match wasm::build(say, place) {
                    Ok(_) => drop(speed.arg("--wasm").arg(wasm::folder(place))),
                    Err(error) => say.note(&format!("WebAssembly is not measured: {error:#}")),
                }
                match tools::npm_package(say, place, OBSCENITY) {
                    Ok(folder) => drop(speed.arg("--obscenity").arg(folder)),
                    Err(error) => say.note(&format!("obscenity is not measured: {error:#}")),
                }
            }
            run::shown(&mut speed, &mut hear)?;
        }
        Name::Sites => {
            let mut build = cargo(place);
            build.args(["build", "--release", "--package", "lapwing-eval", "--example", "sites"]);
            say.step("Building the measuring, optimised", |step| {
                run::quietly(step, &place.logs().join("bench.log"), &mut build)
            })?;
            let mut sites = run::command(place.program("release", "examples/sites"));
            let lists = data.unwrap_or_else(|| place.root.join(LISTS));
            if lists.is_dir() {
                sites.arg("--lists").arg(lists);
            } else {
                say.note(&format!(
                    "there are no published lists at {}: they are not part of this repository, and docs/sites.md says \
                     where each comes from. Only made-up names are measured; name the lists' folder with --data DIR",
                    lists.display()
                ));
            }
            if tools::find(&["node"]).is_none() {
                say.note("node is not here: neither WebAssembly nor what runs in JavaScript is measured");
            } else {
                match wasm::build(say, place) {
                    Ok(_) => drop(sites.arg("--wasm").arg(wasm::folder(place))),
                    Err(error) => say.note(&format!("WebAssembly is not measured: {error:#}")),
                }
                match tools::npm_package(say, place, UBO) {
                    Ok(folder) => drop(sites.arg("--ubo").arg(folder)),
                    Err(error) => say.note(&format!("uBlock Origin's trie is not measured: {error:#}")),
                }
            }
            run::shown(&mut sites, &mut hear)?;
        }
        Name::Wake | Name::Ingest | Name::Scale | Name::Browser => {
            let need =
                if matches!(name, Name::Ingest | Name::Scale) { &tools::POSTGRESQL } else { &tools::BROWSER };
            tools::ensure(say, place, &[need])?;
            let relay = build::everything(say, place, true)?;
            let mut build = cargo(place);
            build.args(["build", "--release", "--package", "lapwing-tests", "--bin", "bench"]);
            say.step("Building the bench program", |step| {
                run::quietly(step, &place.logs().join("bench.log"), &mut build)
            })?;
            let mut bench = run::command(place.program("release", "bench"));
            bench.env("LAPWING_RELAY", relay).arg(match name {
                Name::Wake => "wake",
                Name::Ingest => "ingest",
                Name::Scale => "scale",
                Name::Text | Name::Sites | Name::Browser => "browser",
            });
            if name == Name::Ingest {
                bench.args(ingest.words());
            }
            run::shown(&mut bench, &mut hear)?;
        }
    }
    if json {
        let value: serde_json::Value = serde_json::from_str(&last)
            .context("the measurement printed no JSON object on a line of its own")?;
        say.line(&value.to_string());
    }
    Ok(())
}

fn cargo(place: &Place) -> Command {
    build::with_extension(place, run::cargo())
}
