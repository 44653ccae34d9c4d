//! axe-core on an open page: the accessibility rules that a program can check.
//!
//! The script is fetched by xtask and named by `LAPWING_AXE`; it is injected by the driver, so a page's own CSP neither
//! stops it nor is weakened for it.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;
use thirtyfour::prelude::*;

/// One broken rule.
#[derive(Debug, Clone, Deserialize)]
pub struct Violation {
    /// The rule's name, such as `color-contrast`.
    pub id: String,
    /// What is wrong, in a sentence.
    pub help: String,
    /// Where: a selector and what is there.
    pub places: Vec<String>,
}

/// Runs the WCAG A and AA rules and axe's best practices over the present page.
///
/// # Errors
/// When `LAPWING_AXE` names no script, or the page is gone.
pub async fn violations(driver: &WebDriver) -> Result<Vec<Violation>> {
    let path = std::env::var_os("LAPWING_AXE").context(
        "LAPWING_AXE names no axe-core: start this by `cargo xtask test` or `cargo xtask demo --check`",
    )?;
    let axe = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.to_string_lossy()))?;
    if !driver.execute("return typeof axe === 'object'", vec![]).await?.convert::<bool>()? {
        driver.execute(&axe, vec![]).await.context("axe-core did not start in the page")?;
    }
    let run = "
        const done = arguments[arguments.length - 1];
        axe.run(document, { resultTypes: ['violations'] }).then(
            (result) => done(result.violations.map((rule) => ({
                id: rule.id,
                help: rule.help,
                places: rule.nodes.map((node) => node.target.join(' ') + ': ' + node.failureSummary),
            }))),
            (error) => done([{ id: 'axe', help: String(error), places: [] }]),
        );";
    driver.execute_async(run, vec![]).await?.convert().context("axe-core gave no answer that can be read")
}
