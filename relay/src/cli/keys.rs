//! `keys`: showing, changing and destroying keys from the server's console. What is done to them is in `seal::rotate` and
//! `seal::destroy`.

use super::backup::moment;
use super::options::Options;
use super::plural;
use crate::db::{rewrap, schools};
use crate::error::Error;
use crate::random::SystemRandom;
use crate::seal::{self, Master, Rotated};
use crate::serve;
use clap::{Args, Subcommand};
use std::io::Write;
use std::time::Duration;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// List the keys of each school, by what wraps them
    List {
        #[command(flatten)]
        options: Options,
    },
    /// Print a new master key, for whoever keeps it elsewhere than in a file of the relay
    New,
    /// Change the master key, or the key of a school, while the relay runs
    Rotate {
        /// The school's id, or “all”; the master key when absent
        #[arg(long, value_name = "ID")]
        school: Option<String>,
        #[command(flatten)]
        alone: Alone,
        #[command(flatten)]
        options: Options,
    },
    /// Destroy a child's key, and with it all that concerns nobody else. It cannot be undone
    Destroy {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        alone: Alone,
        #[command(flatten)]
        options: Options,
    },
    /// Forbid destroying a child's key, for an inquiry or a court
    Hold {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        options: Options,
    },
    /// Lift every hold on a child's key
    Release {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        options: Options,
    },
}

/// Whose key, why, and who says so.
#[derive(Debug, Args)]
pub(super) struct Whom {
    /// The person's id
    person: String,
    /// Why; it is kept in the audit trail
    #[arg(long)]
    reason: String,
    /// The e-mail address of the account that answers for it
    #[arg(long, value_name = "EMAIL")]
    by: String,
}

/// Whether the file of the master key can be changed here.
#[derive(Debug, Args)]
pub(super) struct Alone {
    /// With PostgreSQL: no other machine has a copy of the master key's file and uses this database
    #[arg(long)]
    only_relay: bool,
}

/// Does it.
///
/// # Errors
/// When it cannot be done, with what to do about it.
pub(super) async fn keys(what: What, out: &mut dyn Write) -> anyhow::Result<()> {
    let wait = |time: Duration| tokio::time::sleep(time);
    let wait = async |time| wait(time).await;
    match what {
        What::New => {
            write!(out, "{}", *Master::new(&SystemRandom::default())?.text())?;
        }
        What::List { options } => {
            let app = serve::console(&options.config()?).await?;
            for line in rewrap::overview(app.db.read()).await.map_err(Error::into_anyhow)? {
                print_line(&line, out)?;
            }
        }
        What::Rotate { school: None, alone, options } => {
            let config = options.config()?;
            let alone = alone.only_relay || config.database.is_none();
            writeln!(out, "Changing the master key; this takes about a minute…")?;
            let app = serve::console(&config).await?;
            print(&seal::rotate_master(&app, alone, wait).await?, out)?;
        }
        What::Rotate { school: Some(school), options, .. } => {
            let app = serve::console(&options.config()?).await?;
            let mut ids = schools::ids(app.db.read()).await.map_err(Error::into_anyhow)?;
            ids.retain(|id| school == "all" || *id == school);
            anyhow::ensure!(
                !ids.is_empty(),
                "there is no school with the id {school}: `lapwing-relay keys list` shows the ids"
            );
            for id in ids {
                writeln!(out, "Changing the key of the school {id}; this takes about a minute and a half…")?;
                print(&seal::rotate_school(&app, &id, wait).await?, out)?;
            }
        }
        What::Destroy { whom, alone, options } => {
            let config = options.config()?;
            let alone = alone.only_relay || config.database.is_none();
            let app = serve::console(&config).await?;
            writeln!(
                out,
                "Destroying the key, and changing those above it; this takes about three minutes…"
            )?;
            let why = (whom.reason.as_str(), whom.by.as_str());
            let done = seal::destroy_person(&app, &whom.person, why, alone, wait).await?;
            writeln!(
                out,
                "Destroyed. Of {} that concerned this person, nobody can open {} any more.",
                plural(done.records, "record"),
                done.lost
            )?;
            to_do(&done.to_do, out)?;
        }
        What::Hold { whom, options } => {
            let app = serve::console(&options.config()?).await?;
            seal::hold_person(&app, &whom.person, (&whom.reason, &whom.by)).await?;
            writeln!(out, "This person’s key can no longer be destroyed.")?;
        }
        What::Release { whom, options } => {
            let app = serve::console(&options.config()?).await?;
            let lifted = seal::release_person(&app, &whom.person, (&whom.reason, &whom.by)).await?;
            writeln!(out, "Lifted {}.", plural(lifted, "hold"))?;
        }
    }
    Ok(())
}

fn print(rotated: &Rotated, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "Changed. {} and {} hang from it now.",
        plural(rotated.keys, "key"),
        plural(rotated.records, "record")
    )?;
    to_do(&rotated.to_do, out)
}

fn to_do(what: &[String], out: &mut dyn Write) -> std::io::Result<()> {
    if !what.is_empty() {
        writeln!(out, "What is left for you to do:")?;
    }
    what.iter().try_for_each(|line| writeln!(out, "  - {line}"))
}

fn print_line(line: &rewrap::Line, out: &mut dyn Write) -> std::io::Result<()> {
    let (id, name) = &line.school;
    let whose = if id.is_empty() { "the relay".to_owned() } else { format!("{name} ({id})") };
    let above =
        if matches!(line.kind.as_str(), "school" | "backup") { "master key" } else { "school’s key" };
    let gone = if line.gone == 0 { String::new() } else { format!(", {} destroyed", line.gone) };
    writeln!(
        out,
        "{whose}: {} under {above} {}{gone}; newest of {}",
        plural(u64::try_from(line.there).unwrap_or_default(), &format!("{} key", line.kind)),
        line.under,
        moment(line.newest)
    )
}
