//! The command line: what may be asked of the program, and how it answers. What `serve` does is in `crate::serve`.

mod backup;
mod keys;
mod lists;
mod options;
mod publish;
mod restore;
mod scan;
mod school;
mod verify;

use crate::db::scope::{self, Scope};
use crate::{doctor, log, openapi, serve};
use clap::{Parser, Subcommand};
use options::Options;
use std::io::Write as _;
use std::process::ExitCode;

/// Receives alerts and reports, shows them to Designated Safeguarding Leads, and keeps the record.
#[derive(Debug, Parser)]
#[command(name = "lapwing-relay", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the relay
    Serve {
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        log: log::LogOptions,
    },
    /// Look at everything that the relay rests on, and say what is wrong and how to mend it
    Doctor {
        /// Devices that may be switched on at once
        #[arg(long, value_name = "N", default_value_t = 2_000)]
        devices: u32,
        #[command(flatten)]
        options: Options,
    },
    /// Print the device API as an OpenAPI document
    #[command(name = "openapi")]
    OpenApi,
    /// Print a new set-up link, for a relay without a school
    SetUpLink {
        #[command(flatten)]
        options: Options,
    },
    /// Print a link by which somebody who cannot sign in sets a new password
    JoinLink {
        /// The e-mail address that they sign in with
        email: String,
        #[command(flatten)]
        options: Options,
    },
    /// Copy the record, or one school’s, into two sealed files, while the relay runs
    Backup {
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        what: backup::What,
    },
    /// Put a backup into an empty data folder or database, and prove that it is the same
    Restore {
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        what: restore::From,
    },
    /// Show, change and destroy the keys by which the record is sealed
    Keys {
        #[command(subcommand)]
        what: keys::What,
    },
    /// Check that nobody has changed the record behind the relay's back, and name the first row that was
    Verify {
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        how: verify::Against,
    },
    /// Add a further school, or put one into a trust
    #[command(subcommand)]
    School(school::Command),
    /// Print a link by which a new lead of a trust sets a password
    TrustLead(school::TrustLead),
    /// Print a link by which somebody who lost their second factor sets a new password and a new second factor
    Recover {
        /// The e-mail address that they sign in with
        email: String,
        #[command(flatten)]
        options: Options,
    },
    /// Make packs of lists of sites, and put them in force for devices
    #[command(subcommand)]
    Lists(lists::Lists),
    /// Check addresses and texts: JSON Lines in on standard input, JSON Lines out
    Scan(scan::Options),
    /// Print the version
    Version,
}

/// Runs the program with the arguments that it was started with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "lapwing-relay: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    match command {
        Command::Serve { options, log } => {
            log::start(&log)?;
            wait_for(serve::serve(options.config()?, &mut out))?;
        }
        Command::Doctor { devices, options } => {
            let config = options.config()?;
            let well = wait_for(doctor::doctor(&config, devices, &mut out))?;
            return Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::OpenApi => out.write_all(openapi::text().as_bytes())?,
        Command::SetUpLink { options } => {
            wait_for(serve::set_up_link(&options.config()?, &mut out))?;
        }
        Command::JoinLink { email, options } => {
            wait_for(serve::join_link(&options.config()?, &email, &mut out))?;
        }
        Command::Backup { options, what } => {
            wait_for(backup::backup(&options.config()?, &what, &mut out))?;
        }
        Command::Restore { options, what } => {
            return wait_for(restore::restore(&options.config()?, &what, &mut out));
        }
        Command::Keys { what } => wait_for(keys::keys(what, &mut out))?,
        Command::Verify { options, how } => {
            return wait_for(verify::verify(&options.config()?, &how, &mut out));
        }
        Command::School(command) => wait_for(command.run(&mut out))?,
        Command::TrustLead(command) => wait_for(command.run(&mut out))?,
        Command::Recover { email, options } => {
            wait_for(serve::recovery_link(&options.config()?, &email, &mut out))?;
        }
        Command::Lists(lists::Lists::Publish(what)) => wait_for(what.run(&mut out))?,
        Command::Lists(lists::Lists::Show(what)) => wait_for(what.run(&mut out))?,
        Command::Lists(lists::Lists::RollBack(what)) => wait_for(what.run(&mut out))?,
        Command::Lists(lists::Lists::Withdraw(what)) => wait_for(what.run(&mut out))?,
        Command::Lists(lists::Lists::Keeper(what)) => wait_for(what.run(&mut out))?,
        Command::Lists(lists::Lists::Make(what)) => lists::lists(what, &mut out)?,
        Command::Scan(options) => return scan::scan(&options, std::io::stdin().lock(), out.lock()),
        Command::Version => writeln!(out, "lapwing-relay {}", env!("CARGO_PKG_VERSION"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs what was asked for to its end. Whoever runs the server reaches every school's rows.
fn wait_for<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(scope::within(Scope::Relay, work))
}

/// “1 row”, “2 rows”.
fn plural(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_wrong_address_is_explained() {
        let error =
            Cli::try_parse_from(["lapwing-relay", "serve", "--listen", "here"]).unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:0"), "{error}");
    }
}
