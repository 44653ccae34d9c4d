//! Times in a real browser; see `lapwing_tests::measure` for how each is taken.

use anyhow::Result;
use lapwing_tests::numbers::Times;
use lapwing_tests::{Stage, measure, steps};
use serde_json::{Value, json};

const KEYS: usize = 30;
const NAVIGATIONS: usize = 20;

/// From the last key to the DSL's page, and navigation with and without the extension.
pub(crate) async fn all() -> Result<Value> {
    let stage = Stage::open().await?;
    let desk = stage.desk().await?;
    let last_key = shown(
        "from the last key to the alert on the DSL's page",
        measure::last_key(&stage.pupil, &desk, KEYS).await?,
    );
    let warm = shown("navigation, worker running", measure::warm(&stage.pupil, NAVIGATIONS).await?);
    let cold = shown("navigation, worker stopped", measure::cold(&stage.pupil, NAVIGATIONS).await?);
    let without = shown("navigation, no extension", bare(&stage).await?);
    Ok(json!({
        "bench": "browser",
        "last_key_to_dsl": last_key.json(),
        "navigation_warm": warm.json(),
        "navigation_cold": cold.json(),
        "navigation_without": without.json(),
        "warm_over_without": ratio(&warm, &without),
        "cold_over_without": ratio(&cold, &without),
    }))
}

/// The same machine and local web, with the policy lifted and a fresh profile: no extension.
async fn bare(stage: &Stage) -> Result<Times> {
    stage.policy.lift()?;
    let browser = stage.ground.another_browser("bare").await?;
    let times = measure::without(&browser, NAVIGATIONS).await?;
    browser.close().await?;
    Ok(times)
}

fn shown(what: &str, times: Times) -> Times {
    steps::line(&format!("{what}: {}", times.words()));
    times
}

fn ratio(over: &Times, under: &Times) -> f64 {
    (over.median() / under.median() * 100.0).round() / 100.0
}
