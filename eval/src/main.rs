//! `cargo xtask eval`: measures detection and prints what came of it, for people, as Markdown, or as JSON.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use lapwing_core::Lists;
use lapwing_eval::{Data, Panel, Part, markdown, measure, read_lists, show};

/// Measures detection against labelled texts, under the policy that a school has by default.
#[derive(Parser)]
#[command(bin_name = "cargo xtask eval")]
struct Options {
    /// The folder of labelled texts
    #[arg(long, value_name = "DIR", default_value = "../shared/eval")]
    data: PathBuf,
    /// Lists as people write them, instead of those that are compiled in
    #[arg(long, value_name = "DIR")]
    lists: Option<PathBuf>,
    /// Only these parts
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<Part>,
    /// Show so many of each kind that went wrong: numbers, rules, and the first words where the set allows it
    #[arg(long, value_name = "N", default_value_t = 0)]
    worst: usize,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print tables for docs/detection.md
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("eval: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let data = Data::open(&options.data)?;
    let lists = match &options.lists {
        Some(folder) => read_lists(folder)?,
        None => Lists::starter()?,
    };
    let parts = if options.only.is_empty() { Part::ALL.to_vec() } else { options.only.clone() };
    let report = measure(&data, &Panel::new(lists)?, &parts, options.worst)?;
    let text = if options.json {
        serde_json::to_string(&report)? + "\n"
    } else if options.markdown {
        markdown(&report)
    } else {
        show(&report)
    };
    std::io::stdout().write_all(text.as_bytes()).context("the report could not be written")
}
