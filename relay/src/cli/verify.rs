//! `verify`: checks the record of a live store, against its anchors when they are given, and names what is not as it was
//! written. How it is checked is in `proof::verify`.

use crate::config::Config;
use crate::proof::{anchor, verify as proof};
use crate::serve;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to check against.
#[derive(Debug, Args)]
pub(super) struct Against {
    /// Public key of the anchors, from a place that whoever might have changed the record cannot reach
    #[arg(long, value_name = "FILE")]
    anchor_key: Option<PathBuf>,
    /// Do not compare with anchors: a chain that was cut off or written anew then passes
    #[arg(long)]
    without_anchors: bool,
}

/// Checks, prints what was found, and answers 0 when all is well, 1 when something was changed.
///
/// # Errors
/// When the database or the anchors cannot be read.
pub(super) async fn verify(config: &Config, how: &Against, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let folder = config.anchors();
    let anchors =
        if how.without_anchors { Vec::new() } else { anchor::read(&folder, how.anchor_key.as_deref())? };
    let db = serve::database(config).await?;
    let mut snapshot = db.snapshot().await?;
    let findings = proof::verify(&mut snapshot, &anchors).await?;
    writeln!(
        out,
        "{} chains, {} events, {} rows, {} anchors compared",
        findings.chains, findings.links, findings.rows, findings.anchors
    )?;
    for fault in &findings.faults {
        writeln!(out, "{fault}")?;
    }
    if findings.faults.is_empty() {
        writeln!(out, "Everything is as it was written.")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        out,
        "The record was changed outside Lapwing. Keep this database as it is, and compare with your backups."
    )?;
    Ok(ExitCode::FAILURE)
}
