//! `backup`: what it is given, and what it prints. How a backup is made is in `crate::backup`.

use super::plural;
use crate::backup::{Summary, back_up};
use crate::config::Config;
use crate::db::schools;
use crate::error::Error;
use crate::serve;
use clap::Args;
use jiff::Timestamp;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

/// What to back up, and where to.
#[derive(Debug, Args)]
pub(super) struct What {
    /// The data file to write; it must not be there yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The keys file to write; an older one that is there is replaced. FILE.keys when absent
    #[arg(long, value_name = "KEYS")]
    keys: Option<PathBuf>,
    /// Only this school, for another relay
    #[arg(long, value_name = "ID")]
    school: Option<String>,
}

/// Makes the backup.
///
/// # Errors
/// When there is nothing to back up, or it cannot be read or written.
pub(super) async fn backup(config: &Config, what: &What, out: &mut dyn Write) -> anyhow::Result<()> {
    let app = serve::console(config).await?;
    if !schools::exists(app.db.read()).await.map_err(Error::into_anyhow)? {
        anyhow::bail!(
            "there is no school in this database yet, so there is nothing to back up: is it the right one?"
        );
    }
    let keys = what.keys.clone().unwrap_or_else(|| keys_of(&what.out));
    let taken = back_up(&app, &config.data, (&what.out, &keys), what.school.as_deref()).await?;
    app.db.close().await;
    writeln!(out, "Backed up as of {}", moment(taken.at))?;
    writeln!(out, "{}: {}", what.out.display(), sums(&taken.data))?;
    if taken.newer_keys {
        writeln!(
            out,
            "{}: a later backup was quicker, and its keys stay. They open this data file too",
            keys.display()
        )?;
    } else {
        writeln!(out, "{}: {}. Keep only the newest of these", keys.display(), sums(&taken.keys))?;
    }
    match taken.transfer_key {
        Some(path) => writeln!(
            out,
            "{} opens it. Give it to the other relay by another way than the two files",
            path.display()
        )?,
        None => writeln!(out, "The master key is in neither: keep it apart from them")?,
    }
    Ok(())
}

/// The keys file of a data file, when nothing else was said.
pub(super) fn keys_of(data: &std::path::Path) -> PathBuf {
    let mut name = OsString::from(data);
    name.push(".keys");
    name.into()
}

/// A moment for people at the console.
pub(super) fn moment(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |at| at.to_string())
}

fn sums(summary: &Summary) -> String {
    let rows: u64 = summary.tables.values().sum();
    let schools = summary.schools.keys().filter(|school| !school.is_empty()).count();
    format!("{} of {}", plural(rows, "row"), plural(schools as u64, "school"))
}
