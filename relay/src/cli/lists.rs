//! `lapwing-relay lists`: makes packs of the lists that a school chooses, without a running relay; `publish` puts them in force. Reading lists, the map
//! and the signature are `lapwing_packs`'; here are only the flags.

use super::{publish, scan};
use crate::clock::{Clock, SystemClock};
use crate::lists::FILE;
use crate::random::{self, SystemRandom};
use crate::serve;
use crate::sources::Keeper as Named;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use lapwing_packs::sources::Spec;
use lapwing_packs::{Build, Delta, PackKey};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

/// What to do with lists.
#[derive(Debug, Subcommand)]
pub(super) enum Lists {
    #[command(flatten)]
    Make(Make),
    /// Put a pack in force for every device of this relay
    Publish(publish::Publish),
    /// Show what is in force, what was before, and which devices have it
    Show(publish::Show),
    /// Put in force again what was in force before
    RollBack(publish::RollBack),
    /// Take back every published list: devices have those that are built in
    Withdraw(publish::Withdraw),
    /// Name the school whose IT and safeguarding leads keep the lists on their pages, for every school of this relay
    Keeper(Keeper),
}

/// What is made without a relay.
#[derive(Debug, Subcommand)]
pub(super) enum Make {
    /// Build a signed pack of published lists
    Build(Options),
    /// Make a small pack of what changed in the lists since a whole one was built
    Delta(Between),
}

/// Who keeps the lists.
#[derive(Debug, Args)]
pub(super) struct Keeper {
    /// The school's name
    #[arg(value_name = "SCHOOL", required_unless_present = "nobody", conflicts_with = "nobody")]
    school: Option<String>,
    /// No school any more: lists are published at the command line
    #[arg(long)]
    nobody: bool,
    #[command(flatten)]
    options: super::Options,
}

impl Keeper {
    /// Names it, and tells what that means.
    pub(super) async fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let app = serve::app(&self.options.config()?).await?;
        app.set_lists_keeper(self.school.as_deref()).await?;
        match app.lists_keeper().await? {
            Named::Named(_, school) => writeln!(
                out,
                "{school} keeps the lists now: what its IT and safeguarding leads put in force on the page Lists, every school of \
                 this relay has."
            )?,
            Named::Alone => writeln!(out, "This relay has one school, which keeps its lists itself.")?,
            Named::Nobody => {
                writeln!(out, "No school keeps the lists now: publish them with lists publish.")?;
            }
        }
        Ok(())
    }
}

/// Which key signs.
#[derive(Debug, Args)]
struct Key {
    /// The key that signs. The relay's own when absent: pack.key in its data folder
    #[arg(long = "key", value_name = "FILE")]
    file: Option<PathBuf>,
    /// The relay's data folder
    #[arg(long, env = "LAPWING_DATA", value_name = "DIR", default_value = "lapwing-data")]
    data: PathBuf,
}

impl Key {
    /// The key's file.
    fn path(&self) -> PathBuf {
        self.file.clone().unwrap_or_else(|| self.data.join(FILE))
    }
}

/// What to compare.
#[derive(Debug, Args)]
pub(super) struct Between {
    /// The whole pack that devices have
    #[arg(long, value_name = "PACK")]
    from: PathBuf,
    /// A list of which it was built, as for `build`; may be given many times
    #[arg(long = "from-source", value_name = "LIST", required = true)]
    old: Vec<Spec>,
    /// A list as it is now; may be given many times
    #[arg(long = "source", value_name = "LIST", required = true)]
    new: Vec<Spec>,
    /// Where the change goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    key: Key,
    /// Number of the change, above that of the pack. The present second when absent
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// A public suffix that is meant when a list names it; may be given many times
    #[arg(long = "suffix", value_name = "NAME")]
    suffixes: Vec<String>,
}

/// What to build a pack of.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// A list: ut1=DIR_OR_ARCHIVE, hosts:CATEGORY=FILE, plain:CATEGORY=FILE, adblock:CATEGORY=FILE, csv=FILE, iwf=FILE or
    /// ctiru=FILE; may be given many times. Where the list does not say it itself, add ;licence=TEXT and ;by=TEXT
    #[arg(long = "source", value_name = "LIST", required = true)]
    sources: Vec<Spec>,
    /// Where the pack goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    key: Key,
    /// Number of the pack; devices refuse one under that of the pack in force. The present second when absent
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// A public suffix, such as github.io, that is meant when a list names it; may be given many times
    #[arg(long = "suffix", value_name = "NAME")]
    suffixes: Vec<String>,
    /// Hosts or addresses, one a line, that must not be found by chance; may be given many times
    #[arg(long, value_name = "FILE")]
    known_good: Vec<PathBuf>,
    /// Folder of phrase lists, laid out as core/lists, to put into the pack
    #[arg(long, value_name = "DIR")]
    phrases: Option<PathBuf>,
    /// Policy as the extension gets it, JSON, to put into the pack
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// Does it, and tells what came of it.
pub(super) fn lists(what: Make, out: &mut dyn Write) -> anyhow::Result<()> {
    let options = match what {
        Make::Build(options) => options,
        Make::Delta(between) => return delta(between, out),
    };
    let path = options.key.path();
    if options.key.file.is_none() {
        serve::make_folder(&options.key.data)?;
    }
    let (key, made) = PackKey::open(&path, || random::bytes(&SystemRandom::default()).ok())?;
    if made {
        writeln!(out, "Made the key {}. Keep it secret, and a copy of it elsewhere.", path.display())?;
    }
    let read = |path: PathBuf| {
        std::fs::read_to_string(&path).with_context(|| format!("--policy {}", path.display()))
    };
    let build = Build {
        sources: options.sources,
        suffixes: lower(&options.suffixes),
        known_good: options.known_good,
        phrases: options.phrases.as_deref().map(scan::from_folder).transpose()?,
        policy: options.policy.map(read).transpose()?,
        version: options.version.unwrap_or_else(now),
        out: options.out,
    };
    writeln!(out, "{}", build.run(&key)?)?;
    Ok(())
}

fn delta(between: Between, out: &mut dyn Write) -> anyhow::Result<()> {
    // A key that was just made cannot have signed the pack.
    let (key, _) = PackKey::open(&between.key.path(), || None)?;
    let changed = Delta {
        from: between.from,
        old: between.old,
        new: between.new,
        suffixes: lower(&between.suffixes),
        version: between.version.unwrap_or_else(now),
        out: between.out,
    }
    .run(&key)?;
    let (added, different, removed) = changed.rules;
    writeln!(out, "{added} rules added, {different} changed, {removed} removed: {} bytes", changed.bytes)?;
    Ok(())
}

fn now() -> u64 {
    u64::try_from(SystemClock.now().as_second()).unwrap_or_default()
}

fn lower(names: &[String]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Wrapper {
        #[command(subcommand)]
        lists: Make,
    }

    fn run(arguments: &str) -> anyhow::Result<String> {
        let arguments = std::iter::once("test").chain(arguments.split(' '));
        let mut out = Vec::new();
        lists(Wrapper::try_parse_from(arguments)?.lists, &mut out)?;
        Ok(String::from_utf8(out)?)
    }

    #[test]
    fn a_pack_is_built_signed_and_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display();
        std::fs::write(folder.path().join("list.txt"), "0.0.0.0 bet.example\n0.0.0.0 co.uk\n").unwrap();
        let line = format!(
            "build --source hosts:gambling={place}/list.txt --out {place}/a.pack --key {place}/a.key"
        );
        let told = run(&line).unwrap();
        for part in ["Made the key", "gambling", "public suffix", "2 hosts", "Public key: "] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!run(&line).unwrap().contains("Made the key"));
        assert!(std::fs::read(folder.path().join("a.pack")).unwrap().starts_with(b"LAPWPACK"));
        let error = run("build --source plain:knitting=a --out b --key c").unwrap_err().to_string();
        assert!(error.contains("gambling"), "{error}");
    }
}
