//! A fictional school, set up through the relay's own pages as its people would do it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::look::Gallery;
use crate::page;
use crate::relay::Relay;

/// Plainly not a real one, wherever it is shown.
pub const NAME: &str = "Demo School (fictional)";

/// Somebody who signs in to the relay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// As pupils and colleagues know them.
    pub name: String,
    /// Their sign-in name.
    pub email: String,
    /// Their password: of a fictional person, in a relay on loopback.
    pub password: String,
}

impl Person {
    fn new(name: &str, email: &str, password: &str) -> Self {
        Self { name: name.to_owned(), email: email.to_owned(), password: password.to_owned() }
    }

    /// Signs in from the sign-in page and waits for the first page of this role.
    ///
    /// # Errors
    /// When the relay does not let them in.
    pub async fn sign_in(&self, browser: &Browser, relay: &Relay) -> Result<()> {
        browser.goto(&format!("{}/sign-in", relay.url)).await?;
        page::fill(&browser.driver, "E-mail address", &self.email).await?;
        page::fill(&browser.driver, "Password", &self.password).await?;
        page::press(&browser.driver, "Sign in").await?;
        page::see(&browser.driver, "Sign out").await?;
        page::see(&browser.driver, &self.name).await
    }

    /// Sets the password by a one-time link; the relay then signs them in.
    async fn join(&self, browser: &Browser, link: &str, gallery: Option<&mut Gallery>) -> Result<()> {
        browser.goto(link).await?;
        if let Some(gallery) = gallery {
            gallery.show(browser, "join").await?;
        }
        page::fill(&browser.driver, "Your password", &self.password).await?;
        page::press(&browser.driver, "Set the password").await?;
        // Not their name: the page with the form greets them by it already.
        page::see(&browser.driver, "Sign out").await
    }
}

/// Signs out whoever is signed in.
///
/// # Errors
/// When nobody is.
pub async fn sign_out(browser: &Browser) -> Result<()> {
    page::press(&browser.driver, "Sign out").await?;
    page::see(&browser.driver, "Sign in").await
}

/// The school: its people, and the policy that its devices get.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct School {
    /// Who looks after devices and accounts.
    pub it: Person,
    /// The Designated Safeguarding Lead.
    pub dsl: Person,
    /// A head of year, whom pupils may choose.
    pub staff: Person,
    /// The policy for Linux, as the Install page gives it.
    pub policy: String,
}

impl School {
    /// Follows the relay's one-time link, makes the three accounts, and copies the policy from the Install page.
    /// Ends signed out.
    ///
    /// # Errors
    /// When a page on the way does not do what it says.
    pub async fn set_up(browser: &Browser, relay: &Relay, mut gallery: Option<&mut Gallery>) -> Result<Self> {
        let it = Person::new("Priya Nair", "it@demo.example", "kettle orbit maple lantern");
        let dsl = Person::new("Mrs Okafor", "dsl@demo.example", "harbour violet tractor spoon");
        let staff = Person::new("Mr Evans", "staff@demo.example", "cobweb marble sunday piano");
        let driver = &browser.driver;

        browser.goto(&relay.set_up_link().await?).await?;
        if let Some(gallery) = gallery.as_deref_mut() {
            gallery.show(browser, "set-up").await?;
        }
        page::fill(driver, "Name of the school", NAME).await?;
        page::fill(driver, "When are pupils’ reports read?", "Monday to Friday, 8am to 4pm in term time")
            .await?;
        page::fill(driver, "Your name", &it.name).await?;
        page::fill(driver, "Your e-mail address", &it.email).await?;
        page::fill(driver, "Your password", &it.password).await?;
        page::fill(driver, "Name of the DSL", &dsl.name).await?;
        page::fill(driver, "E-mail address of the DSL", &dsl.email).await?;
        page::fill(driver, "What they do", "Designated Safeguarding Lead").await?;
        page::press(driver, "Set up").await?;
        page::see(driver, "is set up").await?;
        if let Some(gallery) = gallery.as_deref_mut() {
            gallery.show(browser, "set-up-done").await?;
        }
        let dsl_link = link_shown(driver).await?;

        browser.goto(&format!("{}/install", relay.url)).await?;
        let policy = page::value(driver, "Text to copy: linux.json").await?;
        if let Some(gallery) = gallery.as_deref_mut() {
            gallery.show(browser, "install").await?;
        }
        sign_out(browser).await?;

        dsl.join(browser, &dsl_link, gallery).await?;
        browser.goto(&format!("{}/people", relay.url)).await?;
        page::fill(driver, "Name", &staff.name).await?;
        page::fill(driver, "E-mail address", &staff.email).await?;
        page::choose(driver, "Member of staff").await?;
        page::fill(driver, "What is their job?", "Head of Year 9").await?;
        page::choose(driver, "Pupils may choose this adult").await?;
        page::press(driver, "Add and show their link").await?;
        page::see(driver, "Give this link").await?;
        let staff_link = link_shown(driver).await?;
        sign_out(browser).await?;
        staff.join(browser, &staff_link, None).await?;
        sign_out(browser).await?;
        Ok(Self { it, dsl, staff, policy })
    }

    /// The school that an earlier run left in this folder, if any.
    ///
    /// # Errors
    /// When the file is there and holds something else.
    pub fn remembered(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("demo-school.json");
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .with_context(|| format!("{} is not ours", path.display())),
            Err(_) => Ok(None),
        }
    }

    /// Keeps accounts and policy for the next run with the same data.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn remember(&self, folder: &Path) -> Result<()> {
        fs::write(folder.join("demo-school.json"), serde_json::to_string_pretty(self)?)
            .with_context(|| format!("cannot write into {}", folder.display()))
    }

    /// The extension's id, which follows from the key that the relay made.
    ///
    /// # Errors
    /// When the policy names no extension.
    pub fn extension_id(&self) -> Result<String> {
        let policy: Value = serde_json::from_str(&self.policy).context("the policy is no JSON")?;
        let forced = policy["ExtensionSettings"].as_object().and_then(|settings| settings.keys().next());
        forced
            .cloned()
            .context("the policy force-installs nothing: was the relay built by `cargo xtask build`?")
    }
}

/// The one-time link on the page: a word that starts like one, as a person would find it.
async fn link_shown(driver: &WebDriver) -> Result<String> {
    let text = page::text(driver).await?;
    let link = text.split_whitespace().find(|word| word.starts_with("https://") && word.contains("/join/"));
    link.map(str::to_owned).context("the page shows no link for the new person")
}
