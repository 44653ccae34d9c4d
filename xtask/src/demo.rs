//! `cargo xtask demo`: builds everything, then hands over to the demonstration program of the `tests` crate.

use std::path::Path;

use anyhow::Result;

use crate::place::Place;
use crate::say::Say;
use crate::{build, run, tools};

/// Runs the demonstration: for a person to look at, or with `check` as a user would, step by step.
pub(crate) fn run(say: &Say, place: &Place, check: bool, data: Option<&Path>) -> Result<()> {
    tools::ensure(say, place, &[&tools::BROWSER])?;
    let relay = build::everything(say, place, false)?;
    program(say, place, "demo")?;
    let mut demo = run::command(place.program("debug", "demo"));
    demo.env("LAPWING_RELAY", relay).env("LAPWING_OUT", place.target.join("demo"));
    if let Some(data) = data {
        demo.arg("--data").arg(std::path::absolute(data)?);
    }
    if !check {
        // A person stops it with Ctrl-C, which the program hears too: it puts the machine's policy back and ends.
        demo.status()?;
        return Ok(());
    }
    demo.arg("--check").env("LAPWING_AXE", tools::axe(say, place)?);
    run::shown(&mut demo, |_| ())
}

/// Builds one program of the `tests` crate.
pub(crate) fn program(say: &Say, place: &Place, name: &str) -> Result<()> {
    let mut cargo = build::with_extension(place, run::cargo());
    cargo.args(["build", "--package", "lapwing-tests", "--bin", name]);
    say.step(&format!("Building the {name} program"), |step| {
        run::quietly(step, &place.logs().join("tests.log"), &mut cargo)
    })
}
