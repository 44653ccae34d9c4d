//! `lapwing-relay lists publish`, `show`, `roll-back` and `withdraw`: what devices of this relay are to have. The work is `crate::lists`';
//! here are the flags, and the words of the answer.

use super::{Options, plural};
use crate::app::App;
use crate::config::Config;
use crate::db::packs::{self, Published};
use crate::error::Error;
use crate::lists::{self, Back, Reason};
use crate::serve;
use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use lapwing_core::pack::PublicKey;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;

/// A pack for every device.
#[derive(Debug, Args)]
pub(super) struct Publish {
    /// A whole pack, as `lists build` makes it
    #[arg(long, value_name = "FILE", required_unless_present = "changes")]
    pack: Option<PathBuf>,
    /// A change of what is in force, as `lists delta` makes it; may be given several times, in their order
    #[arg(long = "change", value_name = "FILE")]
    changes: Vec<PathBuf>,
    /// Public key of packs that were signed elsewhere; this relay's own when absent. Devices that know another key refuse
    /// them until their managed policy names this one
    #[arg(long, value_name = "KEY")]
    signed_by: Option<PublicKey>,
    #[command(flatten)]
    options: Options,
}

/// What is in force.
#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    options: Options,
}

/// What was in force before.
#[derive(Debug, Args)]
pub(super) struct RollBack {
    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The version to bring back; the one before that in force when absent
    #[arg(long, value_name = "N")]
    to: Option<i64>,
    /// Go back even when that lacks a licensed list of unlawful content (IWF, CTIRU) which is in force now
    #[arg(long)]
    without_licensed: bool,
    #[command(flatten)]
    options: Options,
}

/// No published lists.
#[derive(Debug, Args)]
pub(super) struct Withdraw {
    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    options: Options,
}

impl Publish {
    /// Publishes, and tells what is in force now.
    pub(super) async fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut files = Vec::new();
        for path in self.pack.iter().chain(&self.changes) {
            files.push(std::fs::read(path).with_context(|| path.display().to_string())?);
        }
        let config = self.options.config()?;
        let app = serve::app(&config).await?;
        let trusted = match self.signed_by {
            Some(key) => key,
            None => own_key(&config, out)?,
        };
        let known = packs::offer(app.db.read()).await.map_err(Error::into_anyhow)?;
        let done = lists::publish(&app, files, &trusted, None).await?;
        for pack in &done.made {
            writeln!(out, "Published version {}: {}", pack.version, numbers(pack))?;
        }
        gone(&done.gone, out)?;
        if known.is_some_and(|known| known.key != trusted.to_string()) {
            writeln!(
                out,
                "The key is another than before. Devices refuse these lists until their managed policy says: \
                 lists_key = {trusted}"
            )?;
        }
        writeln!(out, "Devices hear of it at their next check-in, within minutes.")?;
        Ok(())
    }
}

impl Show {
    /// Tells what is in force and what was.
    pub(super) async fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let config = self.options.config()?;
        let app = serve::app(&config).await?;
        let key = own_key(&config, out)?;
        writeln!(out, "Key of this relay: {key}")?;
        show(&app, out).await
    }
}

impl RollBack {
    /// Brings it back, and tells what is in force now.
    pub(super) async fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let reason = reason(&self.reason)?;
        let config = self.options.config()?;
        let app = serve::app(&config).await?;
        let (key, _) = lists::key(&config.data)?;
        let back = Back { to: self.to, without_licensed: self.without_licensed };
        let done = lists::roll_back(&app, &key, back, reason).await?;
        for pack in &done.made {
            writeln!(out, "In force again, as version {}: {}", pack.version, numbers(pack))?;
        }
        gone(&done.gone, out)
    }
}

impl Withdraw {
    /// Takes all of it back, and tells what devices have then.
    pub(super) async fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let reason = reason(&self.reason)?;
        let config = self.options.config()?;
        let app = serve::app(&config).await?;
        let (key, _) = lists::key(&config.data)?;
        let done = lists::withdraw(&app, &key, reason).await?;
        for pack in &done.made {
            writeln!(
                out,
                "Withdrawn, as version {}: from their next check-in devices have the lists that are built in, and no others.",
                pack.version
            )?;
        }
        gone(&done.gone, out)
    }
}

/// Says which licensed lists are in force no more, and how they come back.
fn gone(words: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    if !words.is_empty() {
        writeln!(
            out,
            "Not in force any more: {words}. From their next check-in devices do not stop what is on it. If that is not meant, \
             build a pack with --source iwf=FILE and --source ctiru=FILE, and publish it."
        )?;
    }
    Ok(())
}

fn reason(words: &str) -> anyhow::Result<Reason<'_>> {
    let words = words.trim();
    if words.is_empty() || words.chars().any(char::is_control) {
        bail!("--reason must say in one line why");
    }
    Ok(Reason { words, by: None })
}

fn own_key(config: &Config, out: &mut dyn Write) -> anyhow::Result<PublicKey> {
    let (key, made) = lists::key(&config.data)?;
    if made {
        let path = config.data.join(lists::FILE);
        writeln!(out, "Made the key {}. Keep it secret, and a copy of it elsewhere.", path.display())?;
    }
    Ok(key.public())
}

fn numbers(pack: &Published) -> String {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    format!(
        "{}, {}, {}, digest {}",
        plural(count(pack.hosts), "host"),
        plural(count(pack.paths), "path"),
        plural(count(pack.length), "byte"),
        pack.digest
    )
}

async fn show(app: &App, out: &mut dyn Write) -> anyhow::Result<()> {
    let all = packs::all(app.db.read()).await.map_err(Error::into_anyhow)?;
    let Some(offer) = packs::offer(app.db.read()).await.map_err(Error::into_anyhow)? else {
        writeln!(out, "Nothing has been published: devices have the lists that are built in.")?;
        return Ok(());
    };
    writeln!(out, "Signed with: {}", offer.key)?;
    for pack in &all {
        let is_in_force = offer.packs.iter().any(|offered| offered.digest == pack.digest);
        let at = Timestamp::from_millisecond(pack.published_at)
            .map_or_else(|_| String::new(), |at| at.to_string());
        let what = if pack.parent.is_empty() { "whole" } else { "change" };
        let state = if is_in_force { "in force" } else { "before" };
        writeln!(out, "{state}: version {} ({what}), published {at}: {}", pack.version, numbers(pack))?;
        if lists::is_withdrawn(pack) {
            writeln!(out, "  withdraws all published lists: {}", pack.reason)?;
        }
        if !pack.restores.is_empty() {
            writeln!(out, "  brings back {}: {}", pack.restores, pack.reason)?;
        }
        if is_in_force {
            sources(&pack.about, out)?;
        }
    }
    for (version, devices) in packs::on_devices(app.db.read(), None).await.map_err(Error::into_anyhow)? {
        let what = if version == 0 { "built in only".to_owned() } else { format!("version {version}") };
        writeln!(out, "{what}: {}", plural(u64::try_from(devices).unwrap_or_default(), "device"))?;
    }
    Ok(())
}

/// Each list with its licence and whose it is, as the pack says.
fn sources(about: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let about: Value = serde_json::from_str(about).unwrap_or_default();
    for source in about["sources"].as_array().into_iter().flatten() {
        let said = |name: &str| {
            source[name].as_str().filter(|text| !text.is_empty()).unwrap_or("not stated").to_owned()
        };
        writeln!(out, "  {}; licence: {}; by: {}", said("name"), said("licence"), said("attribution"))?;
    }
    Ok(())
}
