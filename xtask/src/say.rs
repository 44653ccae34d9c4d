//! What xtask prints: one line a step, with a moving one on a terminal.
//!
//! On a terminal a long step shows a spinner, its latest news and the seconds gone by; anywhere else it is two plain
//! lines. No other file of this crate prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is this module's job")]

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// Prints to a terminal or to a log.
pub(crate) struct Say {
    terminal: bool,
}

/// One step under way.
pub(crate) struct Step {
    bar: Option<ProgressBar>,
}

impl Say {
    /// Looks whether somebody is watching.
    pub(crate) fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal() }
    }

    /// One line of news.
    pub(crate) fn line(&self, text: &str) {
        println!("{text}");
    }

    /// Something to know that stops nothing.
    pub(crate) fn note(&self, text: &str) {
        println!("  note: {text}");
    }

    /// Why xtask stops: the error and what led to it, one a line.
    pub(crate) fn problem(&self, error: &anyhow::Error) {
        eprintln!("error: {error}");
        for cause in error.chain().skip(1) {
            eprintln!("  because: {cause}");
        }
    }

    /// Does `work` and tells how long it took. The name reads as a sentence's start: "Building the relay".
    pub(crate) fn step<T>(&self, name: &str, work: impl FnOnce(&Step) -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let step = if self.terminal {
            let bar = ProgressBar::new_spinner().with_message(String::new());
            // The template is fixed and known to be good; a plain spinner is as useful if it ever were not.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} ({elapsed}) {wide_msg:.dim}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            Step { bar: Some(bar) }
        } else {
            println!("{name} ...");
            Step { bar: None }
        };
        let result = work(&step);
        if let Some(bar) = &step.bar {
            bar.finish_and_clear();
        }
        let word = if result.is_ok() { "done" } else { "FAILED" };
        println!("{name}: {word} in {}", seconds(started.elapsed()));
        result
    }
}

impl Step {
    /// The latest news of the step, such as the last line of a compiler. Seen on a terminal only.
    pub(crate) fn news(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.trim().to_owned());
        }
    }
}

/// A length of time as people say it: `0.4 s`, `12.3 s`, `4 min 05 s`.
pub(crate) fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole < 100 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 05 s");
    }
}
