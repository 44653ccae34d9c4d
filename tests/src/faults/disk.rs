//! The disk fails: it is full, or it can no longer sync.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::sleep;

use super::{Ledger, Outcome, Traffic, chain, tracer};
use crate::load::machine::now;
use crate::load::{Base, Engine};
use crate::wait;

/// How many devices send.
const DEVICES: usize = 6;
/// Room enough for a relay to begin on: it refuses a disk that is full already.
const SMALL: &str = "96m";
/// What is left of it for the alerts, in bytes, once the relay runs: some hundred of them.
const LEFT: u64 = 4 << 20;
/// Room for everything.
const LARGE: &str = "256m";
/// How long syncs fail.
const FAILING: Duration = Duration::from_secs(4);

/// The disk fills up, and is given room again.
///
/// # Errors
/// When the relay cannot be started, or does not recover.
pub async fn full(seed: u64) -> Result<Outcome> {
    const NAME: &str = "disk full, SQLite";
    let folder = tempfile::Builder::new().prefix("lapwing-small-").tempdir()?;
    let Some(disk) = SmallDisk::mount(folder.path())? else {
        let why = "mounting a small file system needs root: run this as root on a machine of your own";
        return Ok(Outcome::not_run(NAME, why));
    };
    let mut outcome = Outcome::new(NAME);
    let data = disk.folder.join("relay");
    let mut base = Base::start_in(Engine::Sqlite, Some(&data)).await?;
    let fleet = base.fleet(DEVICES).await?;
    disk.fill()?;
    let traffic = Traffic::start(&base.dial, &fleet, seed);
    wait::until_within(Duration::from_secs(120), "the disk to be full", || async {
        let refused: u64 = traffic.ledger.statuses().values().sum();
        Ok((refused >= 20).then_some(()))
    })
    .await?;
    let since = now();
    sleep(Duration::from_secs(2)).await;
    outcome.count("acknowledged_before", traffic.ledger.count());
    outcome.count("pages_are_shown", base.office.reads().await);
    let answers = answers(&traffic.ledger);
    outcome.count("answers", answers.clone());
    disk.resize(LARGE)?;
    let room = now();
    traffic.acknowledges(100, Duration::from_secs(60)).await.with_context(|| base.relay.complaints())?;
    recovered(&mut outcome, &traffic.ledger, room);
    outcome.count("acknowledged_while_full", traffic.ledger.within(since, room));
    outcome.expect(!base.relay.has_ended()?, "the relay ended");
    let ledger = traffic.finish().await?;
    only_asked_to_wait(&mut outcome, &ledger);
    base.relay.kill().await?;
    base.relay.start_again().await?;
    base.relay.stop().await?;
    outcome.prove(&ledger.prove(&base.store).await?);
    chain::judge(&base.relay, &mut outcome).await?;
    Ok(outcome)
}

/// Every fsync fails with EIO for some seconds, then works again.
///
/// # Errors
/// When the relay cannot be started, or does not recover.
pub async fn error_on_sync(seed: u64) -> Result<Outcome> {
    const NAME: &str = "EIO on fsync, SQLite";
    if !tracer::is_there() {
        return Ok(Outcome::not_run(NAME, tracer::MISSING));
    }
    let mut outcome = Outcome::new(NAME);
    let mut base = Base::start(Engine::Sqlite).await?;
    let fleet = base.fleet(DEVICES).await?;
    let traffic = Traffic::start(&base.dial, &fleet, seed);
    traffic.acknowledges(200, Duration::from_secs(60)).await.with_context(|| base.relay.complaints())?;
    let failing = tracer::Failing::syncs(base.relay.process()?).await?;
    let from = now();
    sleep(FAILING).await;
    let to = now();
    // A request that was sent while every sync failed can only have been acknowledged without one.
    let false_ones = traffic.ledger.within(from, to);
    failing.stop().await?;
    let again = now();
    outcome.count("acknowledged_without_a_sync", false_ones);
    outcome.expect(false_ones == 0, format!("{false_ones} alerts were acknowledged while no sync succeeded"));
    outcome.count("answers", answers(&traffic.ledger));
    traffic.acknowledges(100, Duration::from_secs(60)).await.with_context(|| base.relay.complaints())?;
    recovered(&mut outcome, &traffic.ledger, again);
    outcome.expect(!base.relay.has_ended()?, "the relay ended");
    let ledger = traffic.finish().await?;
    only_asked_to_wait(&mut outcome, &ledger);
    base.relay.kill().await?;
    base.relay.start_again().await?;
    base.relay.stop().await?;
    outcome.prove(&ledger.prove(&base.store).await?);
    chain::judge(&base.relay, &mut outcome).await?;
    Ok(outcome)
}

/// The answers other than 200, for people: `503: 214`.
pub(super) fn answers(ledger: &Ledger) -> String {
    let all = ledger.statuses();
    let words: Vec<String> = all.iter().map(|(status, count)| format!("{status}: {count}")).collect();
    if words.is_empty() { "none refused".to_owned() } else { words.join(", ") }
}

/// A device may be asked to wait, and nothing else: anything that blames the device or the program would be wrong.
pub(super) fn only_asked_to_wait(outcome: &mut Outcome, ledger: &Ledger) {
    for (status, count) in ledger.statuses() {
        outcome
            .expect(matches!(status, 429 | 503), format!("{count} requests were answered {status}, not 503"));
    }
}

/// How long it took until the first acknowledgement after the fault was gone.
pub(super) fn recovered(outcome: &mut Outcome, ledger: &Ledger, since: u64) {
    if let Some(at) = ledger.first_after(since) {
        outcome.count("recovered_after_ms", (at - since) / 1_000);
    }
}

/// A file system in memory of a given size.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts one; nothing when this user may not.
    fn mount(folder: &Path) -> Result<Option<Self>> {
        let size = format!("size={SMALL},mode=0711");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "lapwing"]).arg(folder).output();
        let output = output.context("the program `mount` is missing")?;
        Ok(output.status.success().then(|| Self { folder: folder.to_path_buf() }))
    }

    /// Something else takes the room, but for [`LEFT`]. Zeros in memory are quickly written.
    fn fill(&self) -> Result<()> {
        let output = Command::new("df").args(["--output=avail", "-B1"]).arg(&self.folder).output();
        let said =
            String::from_utf8_lossy(&output.context("the program `df` is missing")?.stdout).into_owned();
        let free: u64 = said.split_whitespace().last().context("df says nothing")?.parse()?;
        let ballast = usize::try_from(free.saturating_sub(LEFT))?;
        std::fs::write(self.folder.join("ballast"), vec![0_u8; ballast])?;
        Ok(())
    }

    fn resize(&self, size: &str) -> Result<()> {
        let options = format!("remount,size={size}");
        let status = Command::new("mount").args(["-o", &options]).arg(&self.folder).status()?;
        if !status.success() {
            bail!("the small file system cannot be made larger");
        }
        Ok(())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a relay that is just ending may still have files open.
        Command::new("umount").arg("-l").arg(&self.folder).status().ok();
    }
}
