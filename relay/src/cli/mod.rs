//! The command line: what may be asked of the program, and how it answers. What `serve` does is in `crate::serve`.

mod scan;
mod verify;

use crate::config::{self, Config, ConfigError};
use crate::{serve, tls};
use clap::{Args, Parser, Subcommand};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

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
    },
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
    /// Check that nobody has changed the record behind the relay's back, and name the first row that was
    Verify {
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        how: verify::Against,
    },
    /// Check addresses and texts: JSON Lines in on standard input, JSON Lines out
    Scan(scan::Options),
    /// Print the version
    Version,
}

#[derive(Debug, Args)]
struct Options {
    /// Folder of everything that must be backed up
    #[arg(long, env = "LAPWING_DATA", value_name = "DIR", default_value = "lapwing-data")]
    data: PathBuf,
    /// Address and port to listen on
    #[arg(long, env = "LAPWING_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8443", value_parser = config::listen)]
    listen: std::net::SocketAddr,
    /// Address by which people and devices reach the relay, if not the one that it listens on
    #[arg(long, env = "LAPWING_PUBLIC_URL", value_name = "URL", value_parser = config::public_url)]
    public_url: Option<url::Url>,
    /// Certificate chain, PEM
    #[arg(long, env = "LAPWING_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, env = "LAPWING_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// PostgreSQL, as postgres://USER@HOST/DATABASE; SQLite in the data folder when absent
    #[arg(long, env = "LAPWING_DATABASE", value_name = "URL", hide_env_values = true, value_parser = config::database)]
    database: Option<url::Url>,
    /// File of the master key; master.key in the data folder when absent. LAPWING_MASTER_KEY may hold the key itself
    #[arg(long, env = "LAPWING_MASTER_KEY_FILE", value_name = "FILE")]
    master_key_file: Option<PathBuf>,
    /// Command that prints the master key in base64, such as one that asks a key management service
    #[arg(long, env = "LAPWING_MASTER_KEY_COMMAND", value_name = "COMMAND")]
    master_key_command: Option<String>,
    /// Folder for the signed ends of the audit chains, best on another disk or machine; anchors in the data folder when absent
    #[arg(long, env = "LAPWING_ANCHORS", value_name = "DIR")]
    anchors: Option<PathBuf>,
}

impl Options {
    fn config(self) -> Result<Config, ConfigError> {
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(certificate), Some(key)) => Some(tls::Files { certificate, key }),
            (None, None) => None,
            _ => return Err(ConfigError::HalfTls),
        };
        // Not a flag: what stands on a command line, everybody on the machine can read.
        let key = std::env::var("LAPWING_MASTER_KEY").ok();
        Ok(Config {
            data: self.data,
            listen: self.listen,
            public_url: self.public_url,
            tls,
            database: self.database,
            master: config::master(self.master_key_file, self.master_key_command, key)?,
            anchors: self.anchors,
        })
    }
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
        Command::Serve { options } => {
            log();
            runtime()?.block_on(serve::serve(&options.config()?, &mut out))?;
        }
        Command::SetUpLink { options } => {
            runtime()?.block_on(serve::set_up_link(&options.config()?, &mut out))?;
        }
        Command::JoinLink { email, options } => {
            runtime()?.block_on(serve::join_link(&options.config()?, &email, &mut out))?;
        }
        Command::Verify { options, how } => {
            return runtime()?.block_on(verify::verify(&options.config()?, &how, &mut out));
        }
        Command::Scan(options) => return scan::scan(&options, std::io::stdin().lock(), out.lock()),
        Command::Version => writeln!(out, "lapwing-relay {}", env!("CARGO_PKG_VERSION"))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// The log goes to standard error, plain on a terminal and JSON elsewhere; LAPWING_LOG says how much.
fn log() {
    use std::io::IsTerminal as _;
    let filter =
        EnvFilter::try_from_env("LAPWING_LOG").unwrap_or_else(|_| EnvFilter::new("warn,lapwing_relay=info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() { builder.init() } else { builder.json().init() }
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
    fn half_a_certificate_is_refused() {
        let cli = Cli::try_parse_from(["lapwing-relay", "serve", "--tls-cert", "a.pem"]).unwrap();
        let Command::Serve { options } = cli.command else { panic!("not serve") };
        assert_eq!(options.config(), Err(ConfigError::HalfTls));
    }

    #[test]
    fn a_wrong_address_is_explained() {
        let error =
            Cli::try_parse_from(["lapwing-relay", "serve", "--listen", "here"]).unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:0"), "{error}");
    }
}
