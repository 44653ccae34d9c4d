//! `restore`: what it is given, what it prints, and the exit code. How a backup is restored is in `crate::backup`.

use super::backup::{keys_of, moment};
use super::plural;
use crate::backup::{Restored, Target, restore as put_back};
use crate::config::Config;
use crate::random::SystemRandom;
use crate::{Clock as _, SystemClock};
use anyhow::Context as _;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to restore.
#[derive(Debug, Args)]
pub(super) struct From {
    /// The data file
    file: PathBuf,
    /// The newest keys file; FILE.keys when absent
    #[arg(long, value_name = "KEYS")]
    keys: Option<PathBuf>,
}

/// Restores the backup. Answers 0 when everything is as it was backed up and the record is whole, 1 when the record had
/// been changed before the backup was made.
///
/// # Errors
/// When the files cannot be used, the place is not empty, or what was restored differs. Nothing is then left behind.
pub(super) async fn restore(config: &Config, what: &From, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    crate::serve::make_folder(&config.data)?;
    let master = config.master().read_again(&SystemRandom::default()).context(
        "the master key is needed to open a backup, and is not part of one. Put it in its place first",
    )?;
    let keys = what.keys.clone().unwrap_or_else(|| keys_of(&what.file));
    let file = config.data.join("lapwing.db");
    let target = config.database.as_ref().map_or(Target::Sqlite(&file), Target::Postgres);
    let now = SystemClock.millis();
    let restored = put_back((&what.file, &keys), &master, target, &config.data, now).await?;
    print(&restored, out)?;
    Ok(if restored.findings.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(restored: &Restored, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "Restored as of {}", moment(restored.at))?;
    for (table, rows) in restored.data.tables.iter().chain(&restored.keys.tables) {
        writeln!(out, "  {table}: {}", plural(*rows, "row"))?;
    }
    for (school, sum) in &restored.data.schools {
        let name = if school.is_empty() { "the relay itself" } else { school };
        writeln!(out, "  school {name}: {}, digest {} equal", plural(sum.rows, "row"), sum.digest)?;
    }
    for path in &restored.files {
        writeln!(out, "  {}: restored", path.display())?;
    }
    for path in &restored.kept_files {
        writeln!(out, "  {}: left as it is; the backup has another one", path.display())?;
    }
    let found = &restored.findings;
    writeln!(out, "{} chains, {} events, {} rows vouched for", found.chains, found.links, found.rows)?;
    for fault in &found.faults {
        writeln!(out, "{fault}")?;
    }
    if found.faults.is_empty() {
        writeln!(out, "Everything is as it was backed up, and as it was written.")
    } else {
        writeln!(
            out,
            "This is what was backed up, but the record had been changed outside Lapwing before that."
        )
    }
}
