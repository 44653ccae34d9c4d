//! The demonstration: the whole of Lapwing on this machine, with a fictional school.
//!
//! `cargo xtask demo` builds everything and starts this program, which opens a browser for a person to try (`show`);
//! with `--check` it does the whole job itself as its users would, without a display, and says what worked (`check`).

mod check;
mod show;
mod tour;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use lapwing_tests::steps;

/// Runs Lapwing on this machine with a fictional school.
#[derive(Parser)]
struct Arguments {
    /// Do everything as its users would, without a display; fail if any step fails.
    #[arg(long)]
    check: bool,
    /// Keep the school in this folder from one run to the next.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = if arguments.check {
        // Stopped by hand, everything is dropped on the way out, and with it the machine's policy.
        tokio::select! {
            result = check::run() => result,
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped by Ctrl-C")),
        }
    } else {
        show::run(arguments.data.as_deref()).await
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            steps::line(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
