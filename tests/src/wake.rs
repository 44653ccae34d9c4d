//! What a worker that slept costs, and one that runs: times by the pages' own clocks, and the memory of the extension's process.
//! The same is measured of Lapwing and of an extension that does nothing; only the difference is Lapwing's.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::measure::navigation;
use crate::numbers::Times;
use crate::steps;
use crate::wait;

/// How long a worker is left to itself before its memory is read; after half a minute it would end.
const SETTLED: Duration = Duration::from_secs(15);

/// What was measured of one extension.
pub struct Measured {
    /// Opening a page, the worker running and complete.
    pub warm: Times,
    /// Opening a page, the worker stopped just before.
    pub cold: Times,
    /// From a message to a stopped worker to its answer, which Lapwing gives when its packs of lists are in force.
    pub ready: Times,
    /// Bytes of the extension's process: its own pages, and its share of what it has in common with others.
    pub memory: u64,
}

impl Measured {
    /// Measures the extension whose page is at `page`, each time so many times.
    ///
    /// # Errors
    /// When a page does not load, or the worker does not answer.
    pub async fn of(browser: &Browser, page: &str, trials: usize) -> Result<Self> {
        let (mut warm, mut cold, mut ready) = (Vec::new(), Vec::new(), Vec::new());
        for trial in 0..trials {
            stand_at(browser, page).await?;
            browser.stop_workers().await?;
            cold.push(navigation(browser, "cold", trial).await?);
            stand_at(browser, page).await?;
            // Everything that a worker gathers at its start is there: only then does it run as it does all day.
            answer(browser).await?;
            warm.push(navigation(browser, "warm", trial).await?);
            stand_at(browser, page).await?;
            browser.stop_workers().await?;
            ready.push(answer(browser).await?);
        }
        // Of the running worker, with an ordinary page open, when what its start needed has been given back.
        stand_at(browser, page).await?;
        answer(browser).await?;
        navigation(browser, "memory", 0).await?;
        tokio::time::sleep(SETTLED).await;
        let memory = memory(browser.process()?)?;
        Ok(Self { warm: Times::of(&warm), cold: Times::of(&cold), ready: Times::of(&ready), memory })
    }

    /// Shows it to people.
    pub fn show(&self, what: &str) {
        steps::line(&format!("{what}: navigation, worker running: {}", self.warm.words()));
        steps::line(&format!("{what}: navigation, worker stopped: {}", self.cold.words()));
        steps::line(&format!("{what}: stopped worker answers in full: {}", self.ready.words()));
        steps::line(&format!("{what}: memory of its process: {:.1} MB", megabytes(self.memory)));
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "navigation_warm": self.warm.json(),
            "navigation_cold": self.cold.json(),
            "ready": self.ready.json(),
            "memory_mb": megabytes(self.memory),
        })
    }
}

/// Bytes as people read them.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "megabytes with a decimal")]
pub fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / 100_000.0).round() / 10.0
}

/// Opens the extension's page; it is installed a moment after the browser's first start.
async fn stand_at(browser: &Browser, page: &str) -> Result<()> {
    wait::until_within(Duration::from_secs(60), "the extension's page", || async {
        browser.goto(page).await?;
        let at = browser.driver.current_url().await?;
        ensure!(at.as_str() == page, "the tab shows {at}");
        Ok(Some(()))
    })
    .await
}

/// From a message to the answer, from a page of the extension.
async fn answer(browser: &Browser) -> Result<Duration> {
    let ask = "
        const done = arguments[arguments.length - 1];
        const start = performance.now();
        chrome.runtime.sendMessage({ kind: 'status', complete: true }).then(() => done(performance.now() - start));";
    let time = browser.driver.execute_async(ask, vec![]).await?;
    Ok(Duration::from_secs_f64(time.json().as_f64().context("the worker gave no answer")? / 1000.0))
}

/// The memory of the browser's processes for extensions, in bytes.
fn memory(browser: u32) -> Result<u64> {
    let mut found = 0;
    for entry in fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let command = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command);
        if command.split([' ', '\0']).any(|word| word == "--extension-process") && descends(process, browser)
        {
            found += share(process)?;
        }
    }
    ensure!(found > 0, "no process of an extension is running");
    Ok(found)
}

/// Whether a process was started by another, or by one that it started.
fn descends(mut process: u32, from: u32) -> bool {
    while process > 1 && process != from {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        process = parent.and_then(|parent| parent.trim().parse().ok()).unwrap_or(0);
    }
    process == from
}

/// What a process has in memory, pages that others share counted by its part.
fn share(process: u32) -> Result<u64> {
    let map = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = map.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}
