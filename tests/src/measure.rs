//! Times in a real browser, taken by the pages' own clocks, so that WebDriver's polling is not measured with them.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::desk::Desk;
use crate::numbers::Times;
use crate::pupil::Pupil;
use crate::wait;

/// What is typed; its last key is the one that counts.
const PHRASE: &str = "i want to kill myself tonight";

/// From the last key in a pupil's textarea to the alert on the DSL's open page, this many times. Both browsers are on one
/// machine, so one clock serves both ends.
///
/// # Errors
/// When an alert does not arrive.
pub async fn last_key(pupil: &Pupil, desk: &Desk<'_>, trials: usize) -> Result<Times> {
    desk.look().await?;
    let mut times = Vec::with_capacity(trials);
    for _ in 0..trials {
        let before = desk.alerts().await?;
        // The list is swapped at once; its first change after the key is the alert.
        let watch = "
            window.changedAt = null;
            const list = document.getElementById('waiting');
            const watcher = new MutationObserver(() => { window.changedAt = Date.now(); watcher.disconnect(); });
            watcher.observe(list, { childList: true, subtree: true });";
        pupil.opens("/textarea").await?;
        let listen = "addEventListener('input', () => { window.lastKey = Date.now(); }, true);";
        let typing = &pupil.browser()?.driver;
        typing.execute(listen, vec![]).await?;
        desk.browser().driver.execute(watch, vec![]).await?;
        pupil.types_on(PHRASE).await?;
        desk.wait_for_alerts(before + 1).await?;
        let key = number(typing, "return window.lastKey").await?;
        let seen = number(&desk.browser().driver, "return window.changedAt").await?;
        times.push(Duration::from_secs_f64((seen - key).max(0.0) / 1000.0));
    }
    Ok(Times::of(&times))
}

/// Opening a page with the extension's worker running, from one of the extension's own pages.
///
/// # Errors
/// When a page does not load.
pub async fn warm(pupil: &Pupil, trials: usize) -> Result<Times> {
    let mut times = Vec::with_capacity(trials);
    for trial in 0..trials {
        pupil.browser()?.goto(&pupil.page("checked")).await?;
        times.push(navigation(pupil.browser()?, "warm", trial).await?);
    }
    Ok(Times::of(&times))
}

/// The same with the worker stopped just before.
///
/// # Errors
/// When a page does not load.
pub async fn cold(pupil: &Pupil, trials: usize) -> Result<Times> {
    let mut times = Vec::with_capacity(trials);
    for trial in 0..trials {
        pupil.stop_worker().await?;
        times.push(navigation(pupil.browser()?, "cold", trial).await?);
    }
    Ok(Times::of(&times))
}

/// Opening a page in a browser without the extension, from another site's page.
///
/// # Errors
/// When a page does not load.
pub async fn without(browser: &Browser, trials: usize) -> Result<Times> {
    let mut times = Vec::with_capacity(trials);
    for trial in 0..trials {
        browser.goto("https://start.example/").await?;
        times.push(navigation(browser, "without", trial).await?);
    }
    Ok(Times::of(&times))
}

/// From the start of the navigation to the page's DOM being ready, on a host that was not asked before.
pub(crate) async fn navigation(browser: &Browser, kind: &str, trial: usize) -> Result<Duration> {
    browser.goto(&format!("https://{kind}-{trial}.example/")).await?;
    let read = "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd";
    let what = "the page's own timing";
    let time = wait::until(what, || async {
        let time = number(&browser.driver, read).await?;
        Ok((time > 0.0).then_some(time))
    });
    Ok(Duration::from_secs_f64(time.await? / 1000.0))
}

async fn number(driver: &WebDriver, script: &str) -> Result<f64> {
    let answer = driver.execute(script, vec![json!(null)]).await?;
    answer.json().as_f64().context("the page gave no number")
}
