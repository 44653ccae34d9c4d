//! `cargo xtask demo`: builds everything, then hands over to the demonstration program of the `tests` crate.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::place::Place;
use crate::say::Say;
use crate::{build, run, tools};

/// Runs the demonstration: for a person to look at, or with `check` as a user would, step by step.
pub(crate) fn run(say: &Say, place: &Place, check: bool, data: Option<&Path>) -> Result<()> {
    tools::ensure(say, place, &[&tools::BROWSER])?;
    build::everything(say, place, false)?;
    let mut demo = built(say, place)?;
    if let Some(data) = data {
        demo.arg("--data").arg(std::path::absolute(data)?);
    }
    if check {
        return as_a_user(say, place, demo);
    }
    // A person stops it with Ctrl-C, which the program hears too: it puts the machine's policy back and ends.
    demo.status()?;
    Ok(())
}

/// The demonstration as a user would see it, step by step, with the relay and the extension that are built already.
pub(crate) fn checked(say: &Say, place: &Place) -> Result<()> {
    as_a_user(say, place, built(say, place)?)
}

fn as_a_user(say: &Say, place: &Place, mut demo: Command) -> Result<()> {
    demo.arg("--check").env("LAPWING_AXE", tools::axe(say, place)?);
    run::shown(&mut demo, |_| ())
}

fn built(say: &Say, place: &Place) -> Result<Command> {
    program(say, place, "demo")?;
    let mut demo = run::command(place.program("debug", "demo"));
    demo.env("LAPWING_RELAY", place.program("debug", "lapwing-relay"));
    demo.env("LAPWING_OUT", place.target.join("demo"));
    Ok(demo)
}

/// Builds one program of the `tests` crate.
pub(crate) fn program(say: &Say, place: &Place, name: &str) -> Result<()> {
    let mut cargo = build::with_extension(place, run::cargo());
    cargo.args(["build", "--package", "lapwing-tests", "--bin", name]);
    say.step(&format!("Building the {name} program"), |step| {
        run::quietly(step, &place.logs().join("tests.log"), &mut cargo)
    })
}
