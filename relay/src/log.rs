//! The log: where it goes, in which form, and the rule that it never holds what a page, a pupil or a person said.
//!
//! One line tells of each request (`watch`): method, route as a pattern, status, time, and an id that every other line
//! of the same request carries; of a device's request only if it was refused or failed. Paths, query strings, addresses, names and bodies are not in it; a test posts a word in
//! every field and looks for it here. What happened to a record is in the audit trail instead.

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Debug, Clone, Args)]
pub(crate) struct LogOptions {
    /// Form of the log on standard error: text on a terminal and JSON elsewhere, unless told
    #[arg(long, env = "LAPWING_LOG_FORMAT", value_name = "FORM", value_enum, default_value_t = Format::Auto)]
    log_format: Format,
    /// How much is logged, by module
    #[arg(long, env = "LAPWING_LOG", value_name = "FILTER", default_value = "warn,lapwing_relay=info")]
    log: String,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text on a terminal, JSON elsewhere
    Auto,
    /// A JSON object a line
    Json,
    /// Plain text
    Text,
}

/// Sends the log to standard error, for the whole process.
///
/// # Errors
/// When the filter makes no sense.
pub(crate) fn start(options: &LogOptions) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&options.log).with_context(|| {
        format!("--log {}: give levels by module, such as warn,lapwing_relay=info", options.log)
    })?;
    let terminal = std::io::stderr().is_terminal();
    let json = match options.log_format {
        Format::Auto => !terminal,
        Format::Json => true,
        Format::Text => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if json {
        builder.json().flatten_event(true).with_span_list(false).try_init()
    } else {
        builder.with_ansi(terminal).try_init()
    };
    started.map_err(|error| anyhow::anyhow!("the log could not be started: {error}"))
}
