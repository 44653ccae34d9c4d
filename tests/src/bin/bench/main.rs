//! Measurements that need a relay or a browser; `cargo xtask bench` builds all of it, optimised, and starts this.
//!
//! Lines for people come first, one JSON object last. Everything runs on this one machine, browsers and relay alike: the
//! ratios travel to other machines, the absolute times do not.

mod browser;
mod ingest;
mod scale;
mod wake;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use serde_json::Value;
use tokio::runtime::Builder;

use lapwing_tests::{load, steps};

/// Measures Lapwing from outside.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// From the last key to the DSL's page; navigation with and without the extension.
    Browser,
    /// What a worker costs that slept, and one that runs, with five million sites, beside an extension that does nothing.
    Wake(wake::Options),
    /// Alerts that the relay commits in a second, and what an open connection costs.
    Ingest(ingest::Options),
    /// Every statement of pages and intake, explained beside millions of rows in PostgreSQL.
    Scale(scale::Options),
    /// The server that does nothing, beside which the relay is measured. Not for people.
    #[command(hide = true, name = load::empty::WORD)]
    Empty {
        /// Folder of its certificate.
        folder: PathBuf,
    },
}

fn main() -> ExitCode {
    match measure(Arguments::parse().what) {
        Ok(Value::Null) => ExitCode::SUCCESS,
        Ok(numbers) => {
            steps::line(&numbers.to_string());
            ExitCode::SUCCESS
        }
        Err(error) => {
            steps::line(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(what: What) -> Result<Value> {
    let mut runtime = Builder::new_multi_thread();
    match what {
        What::Browser => runtime.enable_all().build()?.block_on(browser::all()),
        What::Wake(options) => runtime.enable_all().build()?.block_on(options.run()),
        // One thread: the relay needs the rest of the machine.
        What::Ingest(options) => runtime.worker_threads(1).enable_all().build()?.block_on(options.run()),
        What::Scale(options) => runtime.enable_all().build()?.block_on(options.run()),
        What::Empty { folder } => {
            runtime.enable_all().build()?.block_on(load::empty::serve(&folder)).map(|()| Value::Null)
        }
    }
}
