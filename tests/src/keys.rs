//! Working a page by keyboard alone: Tab to a thing by the words on it, then keys. A test that can do something like this
//! shows that a person without a mouse can, and that the focus gets there in a sensible number of steps.

use anyhow::{Context, Result, bail};
use thirtyfour::prelude::*;

/// More steps than this to a thing on a page is a page that nobody works by keyboard.
const STEPS: usize = 150;

/// What has the focus, in words: its label, or what it says. The legend of its group goes before a choice.
const FOCUSED: &str = "
    const clean = (text) => (text ?? '').replace(/\\s+/g, ' ').trim();
    const thing = document.activeElement;
    if (!thing || thing === document.body) return '';
    return clean(thing.labels?.[0]?.textContent) || clean(thing.innerText) || clean(thing.value);";

/// Whether what has the focus shows it: an outline, or a shadow.
const SHOWN: &str = "
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';";

/// Presses Tab until the focus is on what these words begin, and checks that the focus can be seen there.
///
/// # Errors
/// When it does not get there, or is not shown.
pub async fn reach(driver: &WebDriver, words: &str) -> Result<()> {
    for _ in 0..STEPS {
        let now: String = driver.execute(FOCUSED, vec![]).await?.convert()?;
        if now.starts_with(words) {
            let shown: bool = driver.execute(SHOWN, vec![]).await?.convert()?;
            return if shown { Ok(()) } else { bail!("nothing shows that the focus is on “{words}”") };
        }
        send(driver, &Key::Tab.value().to_string()).await?;
    }
    bail!("{STEPS} times Tab did not lead to “{words}”")
}

/// Types at whatever has the focus.
///
/// # Errors
/// When the driver does not answer.
pub async fn send(driver: &WebDriver, keys: &str) -> Result<()> {
    driver.action_chain().send_keys(keys).perform().await.with_context(|| format!("cannot type {keys:?}"))
}

/// Goes to a field by its label and types.
///
/// # Errors
/// As for [`reach`].
pub async fn fill(driver: &WebDriver, label: &str, text: &str) -> Result<()> {
    reach(driver, label).await?;
    send(driver, text).await
}

/// Goes to a button or link and presses it with Enter.
///
/// # Errors
/// As for [`reach`].
pub async fn press(driver: &WebDriver, words: &str) -> Result<()> {
    reach(driver, words).await?;
    send(driver, &Key::Enter.value().to_string()).await
}

/// Goes to a box or a radio button and chooses it with the space bar. Of radio buttons the arrow keys reach the others, so
/// `down` says how many steps below the one that Tab reaches it lies.
///
/// # Errors
/// As for [`reach`].
pub async fn choose(driver: &WebDriver, words: &str, down: usize) -> Result<()> {
    reach(driver, words).await?;
    send(driver, " ").await?;
    for _ in 0..down {
        send(driver, &Key::Down.value().to_string()).await?;
    }
    Ok(())
}
