//! Power cuts, simulated from what the relay really wrote.
//!
//! The relay runs under `strace`, which notes every write, truncation, removal and sync of the database's files with the
//! bytes and the time ([`trace`]). Meanwhile devices send alerts and note when each was acknowledged, by the same clock.
//! Afterwards the power is cut at thousands of points in between: what had been synced by then is on the medium, and of
//! what had been written without a sync any part, by sectors, in any order ([`medium`]). SQLite opens what is left
//! ([`replay`]): it must find nothing damaged, and every alert that was acknowledged before that point. Now
//! and then the relay itself is asked whether its chain of hashes holds.
//!
//! Why the order can be trusted: a process under `strace` goes on after a call only once its end has been noted, so an
//! acknowledgement that is sent because a sync returned is read by the device after the noted end of that sync.
//!
//! A test that cannot fail proves nothing, so the same points are tried once more on a medium that ignores syncs: there
//! alerts must be lost.

pub mod medium;
pub mod replay;
pub mod trace;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use self::medium::{Files, Medium};
use self::replay::Cuts;
use self::trace::Event;
use super::{Ledger, Outcome, Traffic, tracer};
use crate::load::{Base, Engine, store};
use crate::relay::Relay;
use crate::steps;

/// How many devices send while the relay is recorded.
const DEVICES: usize = 6;
/// Of the medium that ignores syncs, one point in so many is tried.
const CONTROL: usize = 10;

/// Cuts the power at `points` points of a recording of `alerts` alerts.
///
/// # Errors
/// When the relay cannot be recorded or the recording cannot be read.
pub async fn run(points: usize, alerts: usize, seed: u64) -> Result<Outcome> {
    let mut outcome = Outcome::new("power cuts, SQLite");
    if !tracer::is_there() {
        return Ok(Outcome::not_run("power cuts, SQLite", tracer::MISSING));
    }
    let Recording { relay, before, events, ledger } = record(alerts, seed).await?;
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    outcome.count("recorded_calls", events.len());
    outcome.count("writes", count(|event| matches!(event.action, trace::Action::Write { .. })));
    outcome.count("syncs", count(|event| matches!(event.action, trace::Action::Sync { .. })));
    // The log is copied back into the main file now and then; a recording without that would leave out half of the risk.
    let copied =
        |event: &Event| matches!(&event.action, trace::Action::Sync { name } if name == "lapwing.db");
    let checkpoints = events.iter().filter(|event| copied(event)).count();
    outcome.count("syncs_of_the_main_file", checkpoints);
    outcome.expect(checkpoints > 0, "no checkpoint was recorded: send more alerts");
    let acknowledged = ledger.acknowledged();
    outcome.count("acknowledged_meanwhile", acknowledged.len());
    ensure!(!events.is_empty(), "strace noted no write of the database");
    steps::line(&format!("   recorded {} calls for {} alerts", events.len(), acknowledged.len()));

    let started = Instant::now();
    let cuts = Cuts { events: &events, acknowledged: &acknowledged, seed, relay: &relay };
    let found = cuts.replay(points, Medium::honest(&before)).await?;
    outcome.count("points", found.points);
    outcome.count("lost", found.lost);
    outcome.count("corrupt", found.corrupt);
    outcome.count("chains_verified", found.chains);
    outcome.count("seconds", started.elapsed().as_secs());
    for note in &found.notes {
        outcome.expect(false, note.clone());
    }
    outcome.expect(found.lost == 0, format!("acknowledged alerts are missing after {} cuts", found.lost));
    outcome.expect(found.corrupt == 0, format!("the database is damaged after {} cuts", found.corrupt));

    let control = cuts.replay((points / CONTROL).max(20), Medium::that_ignores_syncs(&before)).await?;
    outcome.count("control_points_without_syncs", control.points);
    outcome.count("control_lost_or_corrupt", control.lost + control.corrupt);
    let seen = control.lost + control.corrupt > 0;
    outcome
        .expect(seen, "a medium that ignores syncs lost nothing, so this test could not have found a loss");
    Ok(outcome)
}

/// What a relay wrote while devices sent alerts.
struct Recording {
    /// The relay, stopped.
    relay: Relay,
    /// The database's files before.
    before: Files,
    /// The calls.
    events: Vec<Event>,
    /// What was acknowledged meanwhile.
    ledger: Arc<Ledger>,
}

async fn record(alerts: usize, seed: u64) -> Result<Recording> {
    let mut base = Base::start(Engine::Sqlite).await?;
    let fleet = base.fleet(DEVICES).await?;
    base.relay.stop().await?;
    let before = read(&base.data)?;
    let folder = tempfile::Builder::new().prefix("lapwing-trace-").tempdir()?;
    let notes = folder.path().join("calls");
    base.relay.manner().under = tracer::recording(&notes, &base.data);
    base.relay.start_again().await?;
    let traffic = Traffic::start(&base.dial, &fleet, seed);
    traffic.acknowledges(alerts, Duration::from_secs(300)).await?;
    let ledger = traffic.finish().await?;
    base.relay.stop().await?;
    let events = trace::read(folder.path(), &base.data)?;
    Ok(Recording { relay: base.relay, before, events, ledger })
}

/// The database's files that are there, by name. The shared-memory file is not among them: it does not outlive power.
fn read(data: &Path) -> Result<Files> {
    let mut files = Vec::new();
    for path in store::files(data) {
        let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        if path.is_file() && !name.ends_with("-shm") {
            files.push((name, std::fs::read(&path)?));
        }
    }
    Ok(files)
}
