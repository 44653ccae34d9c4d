//! Breaks what the relay stands on and proves what it promised; `cargo xtask test faults` builds all of it and starts this.
//!
//! Prints a line for each fault with its counts, and ends with an error when a promise did not hold. Without `--full` it
//! is small enough for every change; with it, it is what a release is measured by.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Parser, ValueEnum};
use lapwing_tests::faults::{Outcome, backlog, birth, cuts, disk, kill, lock, outage};
use lapwing_tests::load::{Engine, machine};
use lapwing_tests::steps;
use serde_json::json;

/// Breaks what the relay stands on, and counts.
#[derive(Parser)]
struct Arguments {
    /// How often the relay is killed, on each database. [default: 10; with --full 1000]
    #[arg(long)]
    kills: Option<usize>,
    /// At how many points the power is cut. [default: 300; with --full 10000]
    #[arg(long)]
    cuts: Option<usize>,
    /// Alerts in the backlog. [default: 0, which leaves it out; with --full 2500000]
    #[arg(long)]
    backlog: Option<usize>,
    /// Devices that have the backlog.
    #[arg(long, default_value_t = 1_000)]
    devices: usize,
    /// Seconds for which a lock is held. [default: 6; with --full 30]
    #[arg(long)]
    lock: Option<u64>,
    /// The numbers that a release is measured by; takes about an hour.
    #[arg(long)]
    full: bool,
    /// Only these faults.
    #[arg(long, value_enum)]
    only: Vec<Name>,
    /// Only on this database.
    #[arg(long, value_enum)]
    database: Option<Engine>,
    /// Decides every choice of the run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// kill -9 during the very first start.
    Birth,
    /// kill -9 under load.
    Kill,
    /// The power is cut.
    Cuts,
    /// The disk is full.
    Full,
    /// fsync fails with EIO.
    Eio,
    /// Another process holds the write lock.
    Lock,
    /// PostgreSQL goes away and comes back.
    Outage,
    /// A day's alerts at once.
    Backlog,
}

/// One fault on one database.
type Plan = (Name, Engine);

const PLANS: [Plan; 11] = [
    (Name::Birth, Engine::Sqlite),
    (Name::Kill, Engine::Sqlite),
    (Name::Kill, Engine::Postgres),
    (Name::Cuts, Engine::Sqlite),
    (Name::Full, Engine::Sqlite),
    (Name::Eio, Engine::Sqlite),
    (Name::Lock, Engine::Sqlite),
    (Name::Lock, Engine::Postgres),
    (Name::Outage, Engine::Postgres),
    (Name::Backlog, Engine::Sqlite),
    (Name::Backlog, Engine::Postgres),
];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let machine = machine::describe(&std::env::temp_dir());
    steps::line(&format!("machine: {machine}; seed {}", arguments.seed));
    let mut outcomes = Vec::new();
    let mut failed = false;
    for (name, engine) in PLANS.into_iter().filter(|plan| arguments.wants(*plan)) {
        let started = Instant::now();
        match arguments.run(name, engine).await {
            Ok(outcome) => {
                steps::line(&format!("{} [{} s]", outcome.words(), started.elapsed().as_secs()));
                failed |= !outcome.held();
                outcomes.push(outcome);
            }
            Err(error) => {
                steps::line(&format!("BROKEN   {name:?}, {}: {error:#}", engine.name()));
                failed = true;
            }
        }
    }
    let not_run = outcomes.iter().filter(|outcome| !outcome.ran()).count();
    let all: Vec<_> = outcomes.iter().map(Outcome::json).collect();
    steps::line(&format!("{} faults, {not_run} of them not run", outcomes.len()));
    steps::line(&json!({ "faults": all, "machine": machine, "seed": arguments.seed }).to_string());
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

impl Arguments {
    fn wants(&self, (name, engine): Plan) -> bool {
        let named = self.only.is_empty() || self.only.contains(&name);
        named
            && self.database.is_none_or(|wanted| wanted == engine)
            && (name != Name::Backlog || self.alerts() > 0)
    }

    fn alerts(&self) -> usize {
        let named = self.only.contains(&Name::Backlog);
        self.backlog.unwrap_or(if self.full || named { 2_500_000 } else { 0 })
    }

    fn number(&self, given: Option<usize>, full: usize, small: usize) -> usize {
        given.unwrap_or(if self.full { full } else { small })
    }

    async fn run(&self, name: Name, engine: Engine) -> Result<Outcome> {
        let seed = self.seed;
        match name {
            Name::Birth => birth::run(self.number(None, 100, 5), seed).await,
            Name::Kill => kill::run(engine, self.number(self.kills, 1_000, 10), seed).await,
            Name::Cuts => {
                let points = self.number(self.cuts, 10_000, 300);
                // More points want a longer recording, with more checkpoints in it.
                cuts::run(points, (points / 5).clamp(150, 2_500), seed).await
            }
            Name::Full => disk::full(seed).await,
            Name::Eio => disk::error_on_sync(seed).await,
            Name::Lock => {
                let seconds = self.lock.unwrap_or(if self.full { 30 } else { 6 });
                lock::run(engine, Duration::from_secs(seconds), seed).await
            }
            Name::Outage => {
                let rounds = self.number(None, 10, 2);
                outage::run(rounds, Duration::from_secs(3), seed).await
            }
            Name::Backlog => backlog::run(engine, self.alerts(), self.devices, seed).await,
        }
    }
}
