//! `cargo xtask eval`: builds the measuring of detection, optimised, and runs it.
//!
//! The measuring itself is in the `eval` crate. The labelled texts lie outside the repository; without them there is
//! nothing to measure, and that is said before anything is built.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::place::Place;
use crate::say::Say;
use crate::{build, run};

/// Where the texts are by default, seen from the workspace.
pub(crate) const DATA: &str = "../shared/eval";

/// What to measure, and how to print it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder of labelled texts [default: ../shared/eval beside the workspace]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Lists as people write them, instead of those that are compiled in
    #[arg(long, value_name = "DIR")]
    lists: Option<PathBuf>,
    /// Only these parts: recall, alarms, functions, bias, disguises
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<String>,
    /// Show so many of each kind that went wrong: numbers, rules, and the first words where the set allows it
    #[arg(long, value_name = "N")]
    worst: Option<u32>,
    /// Print one JSON object on the last line
    #[arg(long)]
    json: bool,
    /// Print tables for docs/detection.md
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// Builds and runs.
pub(crate) fn run(say: &Say, place: &Place, options: &Options) -> Result<()> {
    let data = options.data.clone().unwrap_or_else(|| place.root.join(DATA));
    if !data.is_dir() {
        bail!(
            "there are no labelled texts at {}. They are not part of this repository, because their licences allow \
             measuring and not copying; docs/detection.md says which sets they are and where each comes from. Name the \
             folder that holds them with --data DIR",
            data.display()
        );
    }
    let mut build = build::with_extension(place, run::cargo());
    build.args(["build", "--release", "--package", "lapwing-eval"]);
    say.step("Building the measuring, optimised", |step| {
        run::quietly(step, &place.logs().join("eval.log"), &mut build)
    })?;
    let mut eval = run::command(place.program("release", "lapwing-eval"));
    eval.arg("--data").arg(data);
    if let Some(lists) = &options.lists {
        eval.arg("--lists").arg(lists);
    }
    if !options.only.is_empty() {
        eval.arg("--only").arg(options.only.join(","));
    }
    if let Some(worst) = options.worst {
        eval.arg("--worst").arg(worst.to_string());
    }
    for (name, wanted) in [("--json", options.json), ("--markdown", options.markdown)] {
        if wanted {
            eval.arg(name);
        }
    }
    run::shown(&mut eval, |_| ())
}
