//! One line a step, with its time: what a demonstration prints.
#![allow(clippy::print_stdout, reason = "printing is this module's job")]

use std::future::Future;
use std::io::Write;
use std::time::Instant;

use anyhow::{Context, Result};

/// Numbers the steps and prints them.
#[derive(Default)]
pub struct Steps {
    done: usize,
}

impl Steps {
    /// Does one step and prints its line. `name` says what is true when it has succeeded.
    ///
    /// # Errors
    /// What the step itself reports, with its name in front.
    pub async fn step<T>(&mut self, name: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let started = Instant::now();
        let result = work.await;
        self.done += 1;
        let word = if result.is_ok() { "ok  " } else { "FAIL" };
        line(&format!("{:>3} {word} {:>7.2} s  {name}", self.done, started.elapsed().as_secs_f64()));
        result.with_context(|| format!("step {} ({name}) failed", self.done))
    }

    /// How many steps were done.
    #[must_use]
    pub fn count(&self) -> usize {
        self.done
    }
}

/// Prints a line at once, also into a pipe.
pub fn line(text: &str) {
    println!("{text}");
    // Nobody reads on: there is nothing left to tell them.
    std::io::stdout().flush().ok();
}
