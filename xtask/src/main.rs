//! `cargo xtask`: everything that is done to Lapwing rather than by it.
//!
//! One file a command: `build` (with `wasm`, `package` and `join` under it), `schema`, `tidy`, `demo`, `test` (with `faults` and
//! `security`), `sso`, `deny`, `sbom`, `fuzz`, `eval` and `bench`.
//! `say` prints, `run` starts other programs, `tools` finds or installs them, and `place` knows where things lie.
//! Nothing here is part of the product: the relay and the extension never depend on this crate.

mod bench;
mod build;
mod demo;
mod deny;
mod eval;
mod evidence;
mod faults;
mod fuzz;
mod join;
mod package;
mod place;
mod run;
mod say;
mod sbom;
mod schema;
mod security;
mod sso;
mod test;
mod tidy;
mod tools;
mod wasm;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use place::Place;
use say::Say;

/// Builds, packages, tests, demonstrates and measures Lapwing.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the extension, pack it, and build the relay with the extension inside.
    Build {
        /// The relay as a school runs it: optimised, and slower to build.
        #[arg(long)]
        release: bool,
    },
    /// Write manifest/managed_schema.json from the catalogue of policy keys in core.
    Schema {
        /// Write nothing; fail when the file is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Check the house rules: file lengths, module docs, versions, links, no leftovers.
    Tidy,
    /// Run the whole product on this machine with a fictional school.
    Demo {
        /// Do the whole job without a display, as a user would, and exit non-zero if any step fails.
        #[arg(long)]
        check: bool,
        /// Keep the demo school here from one run to the next; by default it is forgotten.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Run every check and test, from formatting to the browser; or one part of them, at length.
    Test {
        /// Only this part.
        #[command(subcommand)]
        part: Option<Part>,
    },
    /// Test single sign-on against a real OpenID Connect provider, fetched when absent.
    Sso,
    /// Check what comes from other people: licences, banned crates, sources, known weaknesses.
    Deny,
    /// Write the bill of materials of what is given to schools (CycloneDX).
    Sbom,
    /// Fuzz everything that reads what a device, a browser, a file or a person wrote.
    Fuzz(fuzz::Options),
    /// Measure detection against labelled texts, which are no part of this repository.
    Eval(eval::Options),
    /// Measure, and print medians and percentiles.
    Bench {
        /// What to measure.
        name: bench::Name,
        /// Print one JSON object on the last line.
        #[arg(long)]
        json: bool,
        /// For text: the folder of labelled texts [default: ../shared/eval beside the workspace, else our own cases]; for sites: the
        /// folder of published lists [default: ../shared/lists beside the workspace]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        #[command(flatten)]
        ingest: bench::Ingest,
    },
}

/// Parts of the tests that can be run at length by themselves.
#[derive(Subcommand)]
enum Part {
    /// Break what the relay stands on (its process, power, disk, database), and count what was lost.
    Faults(faults::Options),
    /// Attack the relay from outside: made-up requests, old TLS, slow clients, a restart under load, an ACME authority.
    Security(security::Options),
}

fn main() -> ExitCode {
    let say = Say::new();
    match act(&say, Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say.problem(&error);
            ExitCode::FAILURE
        }
    }
}

fn act(say: &Say, command: Command) -> Result<()> {
    let place = Place::find()?;
    match command {
        Command::Build { release } => build::everything(say, &place, release).map(drop),
        Command::Schema { check } => schema::run(say, &place, check),
        Command::Tidy => tidy::run(say, &place),
        Command::Demo { check, data } => demo::run(say, &place, check, data.as_deref()),
        Command::Test { part: None } => test::run(say, &place),
        Command::Test { part: Some(Part::Faults(options)) } => faults::run(say, &place, &options),
        Command::Test { part: Some(Part::Security(options)) } => security::run(say, &place, &options),
        Command::Bench { name, json, data, ingest } => bench::run(say, &place, name, json, data, &ingest),
        Command::Eval(options) => eval::run(say, &place, &options),
        Command::Sso => sso::run(say, &place),
        Command::Deny => deny::run(say, &place),
        Command::Sbom => sbom::run(say, &place),
        Command::Fuzz(options) => fuzz::run(say, &place, &options),
    }
}
