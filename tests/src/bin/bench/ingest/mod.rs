//! How fast the relay takes alerts in: over TLS, each request signed, and on disk before each answer. `intake` measures
//! alerts, `open` what a connected device costs.
//!
//! Beside the relay, in the same run and in turn with it, stand two limits: a server of the same TLS and HTTP stack that
//! does nothing, and the bare database committing rows of the same size in groups.

mod intake;
mod open;

use anyhow::Result;
use clap::{Args, ValueEnum};
use lapwing_tests::load::{Base, Engine, Sign, machine};
use lapwing_tests::steps;
use serde_json::{Value, json};

/// Which databases are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
    Both,
}

impl Database {
    const fn engines(self) -> &'static [Engine] {
        match self {
            Self::Sqlite => &[Engine::Sqlite],
            Self::Postgres => &[Engine::Postgres],
            Self::Both => &[Engine::Sqlite, Engine::Postgres],
        }
    }
}

/// What is measured, and for how long.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Which databases.
    #[arg(long, value_enum, default_value_t = Database::Both)]
    database: Database,
    /// Seconds of each measurement, after one second that is not counted.
    #[arg(long, default_value_t = 8)]
    seconds: u32,
    /// How often everything is measured, in turn; medians are shown.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Connections at the same time, for single alerts.
    #[arg(long, default_value_t = 64)]
    lines: usize,
    /// Connections at the same time, for batches of 50.
    #[arg(long, default_value_t = 16)]
    batch_lines: usize,
    /// Single alerts a second, for the times at a steady rate.
    #[arg(long, default_value_t = 5_000.0)]
    rate: f64,
    /// Devices that send alerts.
    #[arg(long, default_value_t = 1_000)]
    senders: usize,
    /// Schools that they belong to: a relay lets no single school take all of it.
    #[arg(long, default_value_t = 10)]
    schools: usize,
    /// Devices with an open connection; 0 leaves that out.
    #[arg(long, default_value_t = 10_000)]
    devices: usize,
    /// With which key devices sign alerts.
    #[arg(long, value_enum, default_value_t = Sign::Session)]
    sign: Sign,
}

impl Options {
    /// Measures all of it.
    pub(crate) async fn run(&self) -> Result<Value> {
        let machine = machine::describe(&std::env::temp_dir());
        steps::line(&format!("machine: {machine}"));
        let mut databases = Vec::new();
        for &engine in self.database.engines() {
            steps::line(&format!("== {}", engine.name()));
            let base = Base::start(engine).await?;
            let schools = base.schools(self.schools).await?;
            let fleet = base.fleet_that_signs(self.senders, self.sign).await?;
            steps::line(&format!(
                "{} devices of {schools} schools are enrolled and send alerts, each request signed by {}",
                self.senders,
                self.sign.name()
            ));
            let intake = intake::measure(self, &base, &fleet).await?;
            let connections = match self.devices {
                0 => Value::Null,
                count => open::measure(&base, count).await?,
            };
            databases
                .push(json!({ "database": engine.name(), "intake": intake, "connections": connections }));
        }
        let sign = match self.sign {
            Sign::Session => "hmac-sha256",
            Sign::Key => "ecdsa-p256-sha256",
        };
        Ok(json!({ "bench": "ingest", "machine": machine, "sign": sign, "databases": databases }))
    }
}
