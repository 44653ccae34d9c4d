//! Somebody who is signed in and fills in forms faster than a browser can: it borrows the session of a browser, and sends
//! what the browser would send.

use anyhow::{Context, Result, ensure};
use reqwest::{Client, StatusCode};

use crate::browser::Browser;
use crate::device;
use crate::tls::Certificate;

/// The cookie of a session.
const COOKIE: &str = "__Host-lapwing";

/// A session without a browser.
pub struct Clerk {
    client: Client,
    relay: String,
    cookie: String,
}

impl Clerk {
    /// Borrows the session of whoever is signed in at `browser`.
    ///
    /// # Errors
    /// When nobody is.
    pub async fn of(browser: &Browser, relay: &str, certificate: &Certificate) -> Result<Self> {
        let cookie = browser.driver.get_named_cookie(COOKIE).await.context("nobody is signed in")?;
        Ok(Self {
            client: device::client(certificate)?,
            relay: relay.to_owned(),
            cookie: format!("{COOKIE}={}", cookie.value),
        })
    }

    /// Sends a form and gives the page that answers it, the one that it leads to included.
    ///
    /// # Errors
    /// When the relay does not take it.
    pub async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> Result<String> {
        let request = self.client.post(format!("{}{path}", self.relay)).header("cookie", &self.cookie);
        let answer = request.header("origin", &self.relay).form(fields).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status == StatusCode::OK, "{path} answered {status}: {}", shortened(&text));
        Ok(text)
    }

    /// The page at a path.
    ///
    /// # Errors
    /// When there is none for this person.
    pub async fn reads(&self, path: &str) -> Result<String> {
        let request = self.client.get(format!("{}{path}", self.relay)).header("cookie", &self.cookie);
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status == StatusCode::OK, "{path} answered {status}: {}", shortened(&text));
        Ok(text)
    }
}

/// The words of a page's main part, as far as an error can show them.
fn shortened(html: &str) -> String {
    let main = html.split("<main").nth(1).unwrap_or(html);
    main.chars().take(600).collect()
}
