//! `cargo xtask build`: the extension, its package, and the relay with the package inside.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::place::Place;
use crate::say::Say;
use crate::{package, run, schema, wasm};

/// The name of the variable by which the relay's build script finds the packed extension.
const ZIP: &str = "LAPWING_EXTENSION_ZIP";

/// Builds the extension and the relay; gives the relay's program.
pub(crate) fn everything(say: &Say, place: &Place, release: bool) -> Result<PathBuf> {
    extension(say, place)?;
    let mut build = with_extension(place, run::cargo());
    build.args(["build", "--package", "lapwing-relay"]);
    if release {
        build.arg("--release");
    }
    say.step("Building the relay", |step| run::quietly(step, &place.logs().join("relay.log"), &mut build))?;
    let relay = place.program(if release { "release" } else { "debug" }, "lapwing-relay");
    say.line(&format!("  {}", relay.display()));
    Ok(relay)
}

/// Builds and packs the extension.
pub(crate) fn extension(say: &Say, place: &Place) -> Result<()> {
    schema::run(say, place, false)?;
    let modules = wasm::build(say, place)?;
    let files = package::gather(place, &modules)?;
    package::stage(&place.extension(), &files)?;
    let zip = package::pack(&files)?;
    package::write_if_new(&place.extension_zip(), &zip)?;
    say.line(&format!(
        "  {} ({} files, {} KB packed)",
        place.extension_zip().display(),
        files.len(),
        zip.len() / 1000
    ));
    Ok(())
}

/// A cargo that builds the relay as it is meant to be. Every cargo of xtask is started like this: two ways of building
/// the relay would be two builds, each undoing the other.
pub(crate) fn with_extension(place: &Place, mut cargo: Command) -> Command {
    cargo.current_dir(&place.root).env(ZIP, place.extension_zip());
    cargo
}
