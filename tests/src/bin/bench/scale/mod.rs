//! Whether pages and intake stay quick beside millions of rows: PostgreSQL is filled with the alerts of hundreds of
//! schools (`fill`), the relay is used as its users do, and each statement that it runs is explained by the server itself
//! (`plans`), so that no statement can be forgotten and none is tested in words that the relay does not use.
//!
//! It fails when a statement reads a large table from end to end, or touches more pages than it may.

mod fill;
mod plans;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use lapwing_tests::load::drive::{self, Load, Source};
use lapwing_tests::load::{Alerts, Base, Engine, Fleet, machine};
use lapwing_tests::steps;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What is filled in.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Alerts; a million takes about 0.8 GB in the folder for temporary files.
    #[arg(long, default_value_t = 20_000_000)]
    alerts: u64,
    /// Schools that they belong to.
    #[arg(long, default_value_t = 400)]
    schools: u32,
}

/// Devices whose alerts come through the relay.
const DEVICES: usize = 20;
/// Alerts of each.
const EACH: usize = 10;

impl Options {
    /// Fills, uses the relay, and judges.
    pub(crate) async fn run(&self) -> Result<Value> {
        let machine = machine::describe(&std::env::temp_dir());
        steps::line(&format!("machine: {machine}"));
        let mut base = Base::start(Engine::Postgres).await?;
        let fleet = base.fleet(DEVICES).await?;
        deliver(&base, &fleet, 1).await?;
        let started = Instant::now();
        fill::fill(&base.store, self.alerts, self.schools).await?;
        let sizes = fill::sizes(&base.store).await?;
        steps::line(&format!("filled in {:.0} s: {sizes}", started.elapsed().as_secs_f64()));
        plans::explain_from_now_on(&base.store).await?;
        // Connections that are open already do not explain themselves.
        base.relay.stop().await?;
        base.relay.start_again().await?;
        let log = base.postgres.as_ref().context("there is no server")?.log();
        let before = std::fs::metadata(&log)?.len();
        browse(&base).await?;
        deliver(&base, &fleet, 2).await?;
        base.relay.stop().await?;
        let seen = plans::read(&log, before)?;
        ensure!(seen.len() > 10, "the server explained only {} statements", seen.len());
        for line in plans::table(&seen) {
            steps::line(&line);
        }
        let wrong = plans::wrong(&seen);
        for line in &wrong {
            steps::line(&format!("WRONG: {line}"));
        }
        if !wrong.is_empty() {
            bail!("{} statements are not fit for this many rows", wrong.len());
        }
        let alerts = self.alerts;
        let statements = plans::json(&seen);
        Ok(
            json!({ "bench": "scale", "machine": machine, "alerts": alerts, "sizes": sizes, "statements": statements }),
        )
    }
}

/// What a DSL opens in the morning.
async fn browse(base: &Base) -> Result<()> {
    let list = base.office.list().await?;
    let mut paths: Vec<String> =
        ["/inbox", "/inbox/done", "/concerns", "/reports"].map(str::to_owned).to_vec();
    let episodes: Vec<&str> = list.split("href=\"").filter_map(|part| part.split('"').next()).collect();
    paths.extend(
        episodes.iter().filter(|path| path.starts_with("/episodes/")).take(20).map(|path| (*path).to_owned()),
    );
    ensure!(paths.len() > 10, "the inbox shows no episodes");
    paths.push(format!("/alerts/{}", fill::an_alert(&base.store).await?));
    for path in paths {
        let (status, time) = base.office.open(&path).await?;
        ensure!(status < 500, "{path} answered {status}");
        steps::line(&format!("   {path}: {status}, {:.1} ms", time.as_secs_f64() * 1e3));
    }
    Ok(())
}

/// Alerts of all devices, through the relay.
async fn deliver(base: &Base, fleet: &Fleet, seed: u64) -> Result<()> {
    let mut alerts = Alerts::new(seed);
    let mut loads = std::collections::VecDeque::new();
    for number in 0..DEVICES * 2 {
        let device = fleet.turn(number)?;
        let message = device.batch(alerts.many(&device.account, EACH / 2))?;
        loads.push_back(Load { message, alerts: EACH / 2 });
    }
    drive::closed(&base.dial, 4, Duration::from_secs(20), Source::Ahead(loads)).await?;
    Ok(())
}
