//! `cargo xtask deny`: what comes into Lapwing from other people, by the rules in `deny.toml`: licences, banned crates,
//! sources, and known weaknesses.
//!
//! Weaknesses are looked up in the RustSec database, which is fetched from GitHub. Where it cannot be reached the other
//! rules are still checked and this one is said to be unchecked; where it can, the database's date is printed, because a
//! clean answer is worth no more than the data behind it.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::place::Place;
use crate::say::Say;
use crate::{run, tools};

/// Pinned, so that a run means the same next year.
const CARGO_DENY: (&str, &str) = ("cargo-deny", "0.20.2");

/// What cargo-deny says when the database could not be had.
const UNREACHED: [&str; 2] = ["failed to fetch advisory database", "failed to open advisory database"];

/// Checks everything; fails on any breach.
pub(crate) fn run(say: &Say, place: &Place) -> Result<()> {
    let cargo_deny = tools::cargo_tool(say, place, CARGO_DENY)?;
    let deny = |what: &[&str]| {
        let mut command = run::command(&cargo_deny);
        command
            .args(["--all-features", "check", "--hide-inclusion-graph"])
            .args(what)
            .current_dir(&place.root);
        command
    };
    say.step("Licences, banned crates and sources", |step| {
        let log = place.logs().join("deny.log");
        run::quietly(step, &log, &mut deny(&["licenses", "bans", "sources"]))
    })?;
    let log = place.logs().join("deny-advisories.log");
    let checked =
        say.step("Known weaknesses", |step| match run::quietly(step, &log, &mut deny(&["advisories"])) {
            Err(error) if UNREACHED.iter().any(|words| error.to_string().contains(words)) => Ok(false),
            Err(error) => Err(error),
            Ok(()) => Ok(true),
        })?;
    if !checked {
        say.note("the RustSec database could not be fetched, so known weaknesses are unchecked");
        return Ok(());
    }
    match database_date() {
        Some(date) => say.line(&format!("  no known weakness; the RustSec database is of {date}")),
        None => bail!(
            "cargo-deny used a database whose date cannot be read; remove ~/.cargo/advisory-dbs and try again"
        ),
    }
    Ok(())
}

/// When the newest of the databases that cargo-deny keeps was last changed: year, month, day.
fn database_date() -> Option<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))?;
    let databases = std::fs::read_dir(home.join("advisory-dbs")).ok()?;
    let dates = databases.filter_map(|database| {
        let folder = database.ok()?.path();
        run::answer(run::command("git").arg("-C").arg(folder).args(["log", "-1", "--format=%cs"])).ok()
    });
    dates.max()
}
