//! Other people's programs: where they are, and running them to their end.

use std::path::PathBuf;
use std::process::Output;

use anyhow::{Context, Result};
use tokio::process::Command;

/// A program of the Python environment that xtask made (`LAPWING_VENV`).
pub(crate) fn python(name: &str) -> Result<PathBuf> {
    let venv = std::env::var_os("LAPWING_VENV")
        .context("LAPWING_VENV is not set: start this as `cargo xtask test security`")?;
    Ok(PathBuf::from(venv).join("bin").join(name))
}

/// Runs to the end and gives what it said.
pub(crate) async fn output(command: &mut Command) -> Result<Output> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let output = command.kill_on_drop(true).output();
    output
        .await
        .with_context(|| format!("{name} cannot be started: start this as `cargo xtask test security`"))
}
