//! Measurements that need a relay or a browser; `cargo xtask bench` builds all of it, optimised, and starts this.
//!
//! Lines for people come first, one JSON object last. Everything runs on this one machine, browsers and relay alike: the
//! ratios travel to other machines, the absolute times do not.

mod browser;
mod ingest;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use lapwing_tests::steps;

/// Measures Lapwing from outside.
#[derive(Parser)]
struct Arguments {
    /// What to measure.
    what: What,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// From the last key to the DSL's page; navigation with and without the extension.
    Browser,
    /// What a navigation waits for a stopped worker.
    Wake,
    /// Alerts that the relay commits in a second.
    Ingest,
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Arguments::parse().what {
        What::Browser => browser::all().await,
        What::Wake => browser::wake().await,
        What::Ingest => ingest::run().await,
    };
    match result {
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
