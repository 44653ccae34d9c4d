//! Working a page as a person does: by the words on it.
//!
//! Fields are found by their labels and buttons by what they say, never by ids or classes: a test then fails when a person
//! would be lost, and goes on working when the markup changes under the same words.

use anyhow::{Context, Result, bail};
use serde_json::json;
use thirtyfour::prelude::*;

use crate::wait;

/// Finds the field that a label stands for: the label's own text first, then a label that starts with it.
const FIELD: &str = "
    const clean = (text) => text.replace(/\\s+/g, ' ').trim();
    const want = clean(arguments[0]);
    const labels = [...document.querySelectorAll('label')].filter((label) => label.control);
    const hit = labels.find((label) => clean(label.textContent) === want)
        ?? labels.find((label) => clean(label.textContent).startsWith(want));
    return hit ? hit.control : document.querySelector(`[aria-label='${want.replaceAll(`'`, ``)}']`);";

/// Finds what can be pressed: a button or a link that says exactly this, or else starts with it.
const PRESSABLE: &str = "
    const clean = (text) => text.replace(/\\s+/g, ' ').trim();
    const want = clean(arguments[0]);
    const seen = (thing) => thing.checkVisibility() && !thing.disabled;
    const things = [...document.querySelectorAll('button, a[href], input[type=submit], summary')].filter(seen);
    const says = (thing) => clean(thing.value && thing.localName === 'input' ? thing.value : thing.innerText);
    return things.find((thing) => says(thing) === want) ?? things.find((thing) => says(thing).startsWith(want)) ?? null;";

/// Types into the field with this label, in place of what was there.
///
/// # Errors
/// When no field has that label.
pub async fn fill(driver: &WebDriver, label: &str, text: &str) -> Result<()> {
    let field = found(driver, FIELD, label, "field").await?;
    field.clear().await.ok();
    field.send_keys(text).await.with_context(|| format!("cannot type into “{label}”"))
}

/// Chooses the radio button or ticks the box with this label.
///
/// # Errors
/// When there is none.
pub async fn choose(driver: &WebDriver, label: &str) -> Result<()> {
    let field = found(driver, FIELD, label, "choice").await?;
    if !field.is_selected().await? {
        field.scroll_into_view().await?;
        field.click().await.with_context(|| format!("cannot choose “{label}”"))?;
    }
    Ok(())
}

/// Picks an option of the list with this label.
///
/// # Errors
/// When there is no such list or option.
pub async fn pick(driver: &WebDriver, label: &str, option: &str) -> Result<()> {
    let field = found(driver, FIELD, label, "list").await?;
    let options = field.find_all(By::Css("option")).await?;
    for choice in options {
        if choice.text().await?.trim().starts_with(option) {
            return choice.click().await.with_context(|| format!("cannot pick “{option}”"));
        }
    }
    bail!("the list “{label}” does not offer “{option}”")
}

/// Presses the button or link that says this.
///
/// # Errors
/// When nothing says so.
pub async fn press(driver: &WebDriver, words: &str) -> Result<()> {
    let thing = found(driver, PRESSABLE, words, "button or link").await?;
    thing.scroll_into_view().await?;
    thing.click().await.with_context(|| format!("cannot press “{words}”"))
}

/// Waits until the page shows these words.
///
/// # Errors
/// When it does not; the error shows what it showed instead.
pub async fn see(driver: &WebDriver, words: &str) -> Result<()> {
    let what = format!("“{words}” on the page");
    let waited = wait::until(&what, || async { Ok(text(driver).await?.contains(words).then_some(())) });
    match waited.await {
        Ok(()) => Ok(()),
        Err(error) => {
            Err(error.context(format!("the page shows: {}", text(driver).await.unwrap_or_default())))
        }
    }
}

/// All the words on the page that a person can see.
///
/// # Errors
/// When the page is gone.
pub async fn text(driver: &WebDriver) -> Result<String> {
    let body = driver.execute("return document.body.innerText", vec![]).await?;
    body.convert().context("the page has no words")
}

/// The value of the field with this label.
///
/// # Errors
/// When there is no such field.
pub async fn value(driver: &WebDriver, label: &str) -> Result<String> {
    let field = found(driver, FIELD, label, "field").await?;
    Ok(field.value().await?.unwrap_or_default())
}

async fn found(driver: &WebDriver, script: &str, words: &str, kind: &str) -> Result<WebElement> {
    let what = format!("a {kind} that says “{words}”");
    let found = wait::until(&what, || async {
        let answer = driver.execute(script, vec![json!(words)]).await?;
        Ok(if answer.json().is_null() { None } else { Some(answer.element()?) })
    });
    match found.await {
        Ok(element) => Ok(element),
        Err(error) => Err(error.context(format!(
            "on {}, which shows: {}",
            driver.current_url().await.map(|url| url.path().to_owned()).unwrap_or_default(),
            text(driver).await.unwrap_or_default()
        ))),
    }
}
