//! How a page looks and behaves: screenshots at two widths or three, light and dark, and what must be wrong on none of them.
//!
//! Wrong is: an axe violation, a page wider than its window, text cut off in its box, an error on the console. A breach of
//! the content security policy is an error on the console too.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::axe;
use crate::browser::Browser;

/// A desk and a phone: CSS pixels, and device pixels for each.
const WIDTHS: &[(u32, u32)] = &[(1280, 1), (390, 1)];
/// The same, and the desk at 200 %.
const ZOOMED: &[(u32, u32)] = &[(1280, 1), (640, 2), (390, 1)];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// Pictures of many pages, and what is wrong on any of them.
pub struct Gallery {
    folder: PathBuf,
    widths: &'static [(u32, u32)],
    shown: usize,
    wrong: Vec<String>,
}

impl Gallery {
    /// Pictures go to this folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), widths: WIDTHS, shown: 0, wrong: Vec::new() }
    }

    /// The same, with a desk at 200 % besides.
    #[must_use]
    pub fn zoomed(folder: &Path) -> Self {
        Self { widths: ZOOMED, ..Self::new(folder) }
    }

    /// Judges the present page of this browser; see [`judge`].
    ///
    /// # Errors
    /// When the page cannot be looked at. What is wrong on it comes with [`Gallery::close`].
    pub async fn show(&mut self, browser: &Browser, name: &str) -> Result<()> {
        self.shown += 1;
        self.wrong.extend(judge_at(browser, &self.folder, name, self.widths).await?);
        Ok(())
    }

    /// How many pages were shown.
    ///
    /// # Errors
    /// When something was wrong on any of them: all of it, one line each.
    pub fn close(self) -> Result<usize> {
        if self.wrong.is_empty() {
            return Ok(self.shown);
        }
        bail!("{} faults on {} pages:\n{}", self.wrong.len(), self.shown, self.wrong.join("\n"))
    }
}

/// Judges the present page in every width and scheme, and keeps a picture of each in `folder` as
/// `NAME-1280-light.png`. Gives what is wrong, one line each; nothing when all is well.
///
/// # Errors
/// When the page cannot be looked at at all.
pub async fn judge(browser: &Browser, folder: &Path, name: &str) -> Result<Vec<String>> {
    judge_at(browser, folder, name, WIDTHS).await
}

async fn judge_at(
    browser: &Browser,
    folder: &Path,
    name: &str,
    widths: &[(u32, u32)],
) -> Result<Vec<String>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut wrong = Vec::new();
    // A scroll bar would take its width from the page, which a phone's does not.
    browser.cdp("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await?;
    for scheme in SCHEMES {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme },
                              { "name": "prefers-reduced-motion", "value": "reduce" }]);
        browser.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await?;
        for &(width, scale) in widths {
            let height = if width > 600 { 900 / scale } else { 844 };
            let size =
                json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
            browser.cdp("Emulation.setDeviceMetricsOverride", size).await?;
            let here = format!("{name} at {width} px, {scheme}");
            picture(browser, &folder.join(format!("{name}-{width}-{scheme}.png"))).await?;
            for rule in axe::violations(&browser.driver).await? {
                wrong.push(format!("{here}: {} ({}) at {}", rule.help, rule.id, rule.places.join(" | ")));
            }
            wrong.extend(clipped(browser).await?.into_iter().map(|what| format!("{here}: {what}")));
        }
    }
    browser.cdp("Emulation.clearDeviceMetricsOverride", json!({})).await?;
    browser.cdp("Emulation.setScrollbarsHidden", json!({ "hidden": false })).await?;
    browser.cdp("Emulation.setEmulatedMedia", json!({ "features": [] })).await?;
    wrong
        .extend(browser.console_errors().await?.into_iter().map(|error| format!("{name}: console: {error}")));
    Ok(wrong)
}

/// The whole page, however long, as a PNG.
async fn picture(browser: &Browser, file: &Path) -> Result<()> {
    let answer = browser
        .cdp("Page.captureScreenshot", json!({ "captureBeyondViewport": true, "format": "png" }))
        .await?;
    let data = answer["data"].as_str().context("the screenshot holds no data")?;
    fs::write(file, STANDARD.decode(data)?).with_context(|| format!("cannot write {}", file.display()))
}

/// What is wider than its place. Text for screen readers only is meant to be cut off, and a box that scrolls says so.
async fn clipped(browser: &Browser) -> Result<Vec<String>> {
    let look = "
        const wrong = [];
        const root = document.documentElement;
        if (root.scrollWidth > root.clientWidth)
            wrong.push('the page is ' + root.scrollWidth + ' px wide in a window of ' + root.clientWidth);
        for (const box of document.body.querySelectorAll('*')) {
            const style = getComputedStyle(box);
            const hides = ['hidden', 'clip'].includes(style.overflowX) && style.clipPath === 'none';
            const seen = box.clientWidth > 1 && box.clientHeight > 1 && style.visibility !== 'hidden';
            if (hides && seen && box.scrollWidth > box.clientWidth + 1)
                wrong.push('text is cut off in <' + box.localName + ' class=\"' + box.className + '\">: '
                    + box.textContent.trim().slice(0, 60));
        }
        return wrong;";
    browser.driver.execute(look, vec![]).await?.convert().context("the page's layout cannot be read")
}
