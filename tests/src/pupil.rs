//! A pupil's browser: the extension arrives by policy, and the pupil opens pages, types, and reports.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use thirtyfour::prelude::*;

use crate::browser::{self, Browser, Start};
use crate::page;
use crate::wait;

/// Long enough for a first installation on a busy machine: Chromium asks for the extension a moment after it has started.
const INSTALLATION: Duration = Duration::from_secs(60);
/// How long a page is left alone for Chromium to call it idle.
const CALM: Duration = Duration::from_millis(2500);
/// A site of no category, for typing.
pub const SITE: &str = "https://notes.example";

/// The pupil's browser, which may be closed and opened again on the same profile.
pub struct Pupil {
    browser: Option<Browser>,
    profile: PathBuf,
    trust: String,
    web: u16,
    extension: String,
}

impl Pupil {
    /// Opens the browser; its profile is made in `profile`, or used if it is there.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn open(profile: &Path, trust: &str, web: u16, extension: &str) -> Result<Self> {
        let mut pupil = Self {
            browser: None,
            profile: profile.to_path_buf(),
            trust: trust.to_owned(),
            web,
            extension: extension.to_owned(),
        };
        pupil.open_again().await?;
        Ok(pupil)
    }

    /// Opens the browser again after [`Pupil::close`].
    ///
    /// # Errors
    /// When it does not start.
    pub async fn open_again(&mut self) -> Result<()> {
        let start = Start { profile: &self.profile, trust: &[&self.trust], web: self.web };
        self.browser = Some(Browser::start(&start).await?);
        Ok(())
    }

    /// Opens the browser with this page as its first, after [`Pupil::close`], waits for a page with this title in its place,
    /// and closes the browser again.
    ///
    /// # Errors
    /// When another page is shown.
    pub async fn is_stopped_at_start(&self, url: &str, title: &str) -> Result<()> {
        let start = Start { profile: &self.profile, trust: &[&self.trust], web: self.web };
        browser::shows_first(&start, url, title).await
    }

    /// Closes the browser; the profile stays.
    ///
    /// # Errors
    /// When it does not close.
    pub async fn close(&mut self) -> Result<()> {
        self.browser.take().context("the pupil's browser is closed already")?.close().await
    }

    /// The open browser.
    ///
    /// # Errors
    /// When it is closed.
    pub fn browser(&self) -> Result<&Browser> {
        self.browser.as_ref().context("the pupil's browser is closed")
    }

    /// The address of one of the extension's own pages.
    #[must_use]
    pub fn page(&self, name: &str) -> String {
        format!("chrome-extension://{}/pages/{name}.html", self.extension)
    }

    /// Waits until the popup says that Lapwing is on.
    ///
    /// # Errors
    /// When the extension does not arrive, or does not start.
    pub async fn wait_until_watching(&self) -> Result<()> {
        let browser = self.browser()?;
        let popup = self.page("popup");
        // Chromium puts off its background work, among it the reading of policies for a new extension, until a page has been
        // idle for a moment after its start. Whoever looks all the time waits for minutes.
        let waited = wait::calmly(CALM, INSTALLATION, "the extension to be on", || async {
            let text = page::text(&browser.driver).await.unwrap_or_default();
            if text.contains("Lapwing is on") {
                return Ok(Some(()));
            }
            // Not installed yet (then Chromium shows its own error page), or installed without its policy: neither changes
            // by itself, so open the popup anew, as a person would. It is looked at next time.
            browser.goto(&popup).await.ok();
            Ok(None)
        });
        match waited.await {
            Ok(()) => Ok(()),
            Err(error) => {
                let text = page::text(&browser.driver).await.unwrap_or_default();
                let console = browser.console_errors().await.unwrap_or_default().join("\n");
                let relay = "is the relay built by `cargo xtask build`, and no other policy in the way?";
                Err(error.context(format!("{relay} The popup shows: {text}\nThe console says: {console}")))
            }
        }
    }

    /// Opens an address that Lapwing should stop, and waits for the page with this title in its place.
    ///
    /// # Errors
    /// When another page is shown.
    pub async fn is_stopped_at(&self, url: &str, title: &str) -> Result<()> {
        let browser = self.browser()?;
        browser.goto(url).await?;
        let what = format!("the page “{title}” in place of {url}");
        wait::until(&what, || async {
            let now = browser.driver.title().await?;
            ensure!(now.starts_with(title), "the tab shows “{now}”");
            Ok(Some(()))
        })
        .await
    }

    /// Opens a page of the local web and types into its field, as one types. The field is the page's `#field`, the first
    /// thing that takes text inside its frame or shadow, or whatever takes the focus there.
    ///
    /// # Errors
    /// When the page has nothing to type into.
    pub async fn types(&self, path: &str, text: &str) -> Result<()> {
        self.opens(path).await?;
        self.types_on(text).await
    }

    /// The same on another site: the whole address.
    ///
    /// # Errors
    /// As for [`Pupil::types`].
    pub async fn types_at(&self, url: &str, text: &str) -> Result<()> {
        self.browser()?.goto(url).await?;
        self.types_on(text).await
    }

    /// Opens a page of the local web.
    ///
    /// # Errors
    /// When it does not load.
    pub async fn opens(&self, path: &str) -> Result<()> {
        self.browser()?.goto(&format!("{SITE}{path}")).await
    }

    /// Types into the field of the page that is open.
    ///
    /// # Errors
    /// As for [`Pupil::types`].
    pub async fn types_on(&self, text: &str) -> Result<()> {
        let driver = &self.browser()?.driver;
        while let Ok(frame) = driver.find(By::Css("iframe#frame")).await {
            frame.enter_frame().await?;
        }
        let typed = type_here(driver, text).await;
        driver.enter_default_frame().await?;
        typed
    }

    /// Takes a text to the clipboard, as from another program: nobody types it.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub async fn copies(&self, text: &str) -> Result<()> {
        self.opens("/textarea").await?;
        let driver = &self.browser()?.driver;
        let filled = "const field = document.getElementById('field');
            field.value = arguments[0]; field.focus(); field.select();";
        driver.execute(filled, vec![text.into()]).await?;
        with_control(driver, 'c').await
    }

    /// Opens a page of the local web and pastes into its `#field` what [`Pupil::copies`] took.
    ///
    /// # Errors
    /// When the page has no field.
    pub async fn pastes(&self, path: &str) -> Result<()> {
        self.opens(path).await?;
        let driver = &self.browser()?.driver;
        driver.find(By::Id("field")).await.context("the page has no field")?.click().await?;
        with_control(driver, 'v').await
    }

    /// Waits until this many alerts and reports are stored on the device and not yet delivered, as the extension tells its
    /// own pages. The popup is open afterwards.
    ///
    /// # Errors
    /// When it is another number.
    pub async fn waits_to_send(&self, wanted: u64) -> Result<()> {
        let browser = self.browser()?;
        browser.goto(&self.page("popup")).await?;
        let read = "
            const done = arguments[arguments.length - 1];
            chrome.runtime.sendMessage({ kind: 'status' }).then((answer) => done(answer?.counts?.waiting ?? null));";
        let what = format!("{wanted} alerts that wait on the device");
        wait::until(&what, || async {
            let waiting = browser.driver.execute_async(read, vec![]).await?.json().as_u64();
            ensure!(waiting == Some(wanted), "the device says that {waiting:?} wait");
            Ok(Some(()))
        })
        .await
    }

    /// Stops the extension's worker, as Chromium does after half a minute of quiet. The tab then shows one of the
    /// extension's pages, and the next thing that the pupil does wakes the worker.
    ///
    /// # Errors
    /// When the extension is not there.
    pub async fn stop_worker(&self) -> Result<()> {
        let browser = self.browser()?;
        browser.goto(&self.page("checked")).await?;
        page::see(&browser.driver, "What is checked").await?;
        browser.stop_workers().await
    }

    /// Reports a concern from the popup, to the first person offered by that name, without a name. Gives the receipt code.
    ///
    /// # Errors
    /// When a screen of the form is not as it should be.
    pub async fn reports(&self, adult: &str, story: &str) -> Result<String> {
        let driver = self.begins_report(adult, story).await?;
        page::choose(driver, "Send it without my name").await?;
        page::fill(driver, "What would you like to happen?", "I would like somebody to talk to").await?;
        page::press(driver, "Send").await?;
        page::see(driver, "Your receipt code").await?;
        let code = driver.find(By::Id("receipt")).await?.text().await?;
        ensure!(code.chars().filter(char::is_ascii_digit).count() == 16, "“{code}” is no receipt code");
        Ok(code)
    }

    /// Fills in the first two screens of the report form; the third is then open.
    ///
    /// # Errors
    /// When a screen of the form is not as it should be.
    pub async fn begins_report(&self, adult: &str, story: &str) -> Result<&WebDriver> {
        let browser = self.browser()?;
        browser.goto(&self.page("popup")).await?;
        let driver = &browser.driver;
        page::press(driver, "Report a concern").await?;
        page::choose(driver, adult).await?;
        page::press(driver, "Next").await?;
        page::fill(driver, "Tell us in your own words", story).await?;
        page::choose(driver, "A friend or another pupil").await?;
        page::press(driver, "Next").await?;
        page::see(driver, "How should we handle it?").await?;
        Ok(driver)
    }

    /// Opens the conversation of a report with its receipt code; gives what it shows.
    ///
    /// # Errors
    /// When the code opens nothing.
    pub async fn reads_replies(&self, receipt: &str) -> Result<String> {
        let browser = self.browser()?;
        browser.goto(&self.page("popup")).await?;
        let driver = &browser.driver;
        page::press(driver, "See a reply").await?;
        page::fill(driver, "Your receipt code", receipt).await?;
        page::press(driver, "Open").await?;
        page::see(driver, "Your report").await?;
        page::text(driver).await
    }
}

/// Presses a key while Control is held.
async fn with_control(driver: &WebDriver, key: char) -> Result<()> {
    let chain = driver.action_chain().key_down(Key::Control).key_down(key).key_up(key).key_up(Key::Control);
    chain.perform().await.with_context(|| format!("cannot press Control and {key}"))
}

/// Types into the field of this document: named `field`, or inside the shadow of `host`, which a click puts in focus.
async fn type_here(driver: &WebDriver, text: &str) -> Result<()> {
    if let Ok(host) = driver.find(By::Id("host")).await {
        host.click().await?;
        driver.action_chain().send_keys(text).perform().await.context("cannot type into the shadow")?;
        return Ok(());
    }
    let field = driver.find(By::Id("field")).await.context("the page has no field")?;
    field.click().await?;
    field.send_keys(text).await.context("cannot type into the field")
}
