//! The relay attacked from outside: hostile requests, old TLS, slow clients, a restart under load, and an authority that
//! issues certificates. `cargo xtask test security` builds what it needs, installs the tools, and starts this.
//!
//! Each part prints what it counted. The program fails when anything is not as it must be.

mod acme;
mod partial;
mod program;
mod restart;
mod schema;
mod slow;
mod tls;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use lapwing_tests::load::{Base, Engine};
use lapwing_tests::steps;

/// Attacks the relay from outside.
#[derive(Parser)]
struct Arguments {
    /// Only these parts.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Requests that schemathesis makes up for each operation and phase.
    #[arg(long, default_value_t = 100)]
    examples: u32,
}

/// What can be tried.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Requests made up from the OpenAPI document, sound and unsound, signed.
    Schema,
    /// Which versions of TLS are spoken.
    Tls,
    /// Clients that send or read slowly, by the hundred.
    Slow,
    /// A restart under load on a socket that was passed.
    Restart,
    /// A certificate from a real ACME server.
    Acme,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Several libraries here speak TLS: all are to use the same one.
    rustls::crypto::ring::default_provider().install_default().ok();
    match run(&arguments).await {
        Ok(faults) if faults.is_empty() => {
            steps::line("security: everything is as it must be");
            ExitCode::SUCCESS
        }
        Ok(faults) => {
            for fault in faults {
                steps::line(&format!("FAULT: {fault}"));
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            steps::line(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<Vec<String>> {
    let wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let mut faults = Vec::new();
    if wanted(Part::Schema) {
        // A school of its own: it fills with what was made up.
        let base = Base::start(Engine::Sqlite).await?;
        faults.extend(schema::run(&base, arguments.examples).await?);
    }
    if wanted(Part::Tls) || wanted(Part::Slow) {
        let base = Base::start(Engine::Sqlite).await?;
        if wanted(Part::Tls) {
            faults.extend(tls::run(&base).await?);
        }
        if wanted(Part::Slow) {
            faults.extend(partial::run(&base).await?);
            faults.extend(slow::run(&base).await?);
        }
    }
    if wanted(Part::Restart) {
        faults.extend(restart::run().await?);
    }
    if wanted(Part::Acme) {
        faults.extend(acme::run().await?);
    }
    Ok(faults)
}
