//! The people of a simulated school, over plain HTTP: the first set-up, the DSL's sign-in, and the inbox as an open page
//! sees it. Browser tests do the same by pressing buttons (`crate::school`, `crate::desk`).

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout};

use crate::relay::Relay;
use crate::tls::Certificate;

const PASSWORD: &str = "harbour violet tractor spoon";

/// A signed-in DSL.
pub struct Office {
    client: Client,
    relay: String,
}

impl Office {
    /// Sets a school up by the relay's own link, and signs its DSL in.
    ///
    /// # Errors
    /// When a page on the way does not do what it says.
    pub async fn set_up(relay: &Relay, certificate: &Certificate) -> Result<Self> {
        let it = Self { client: client(certificate)?, relay: relay.url.clone() };
        let fields = [
            ("school", "Demo School (fictional)"),
            ("hours", "Monday to Friday"),
            ("it_name", "Priya Nair"),
            ("it_email", "it@demo.example"),
            ("password", "kettle orbit maple lantern"),
            ("dsl_name", "Mrs Okafor"),
            ("dsl_email", "dsl@demo.example"),
            ("dsl_job", "Designated Safeguarding Lead"),
        ];
        let done = it.post(&relay.set_up_link().await?, &fields).await?.text().await?;
        let words = done.split(|letter: char| letter.is_whitespace() || "<>\"".contains(letter));
        let link = words.into_iter().find(|word| word.starts_with("https://") && word.contains("/join/"));
        let link = link.context("the set-up page shows no link for the DSL")?;
        let dsl = Self { client: client(certificate)?, relay: relay.url.clone() };
        dsl.post(link, &[("password", PASSWORD)]).await?;
        dsl.list().await.context("the DSL is not signed in")?;
        Ok(dsl)
    }

    async fn post(&self, url: &str, fields: &[(&str, &str)]) -> Result<Response> {
        let request = self.client.post(url).header("origin", &self.relay).form(fields);
        let response = request.send().await?;
        let status = response.status();
        if !status.is_success() {
            let page = response.text().await?;
            bail!("a form was refused ({status}): {}", page.chars().take(2_000).collect::<String>());
        }
        Ok(response)
    }

    /// The list of what waits, as the open inbox asks for it after each change.
    ///
    /// # Errors
    /// When the relay does not show it.
    pub async fn list(&self) -> Result<String> {
        let response = self.client.get(format!("{}/inbox?part=list", self.relay)).send().await?;
        ensure!(response.status().is_success(), "the inbox answered {}", response.status());
        let list = response.text().await?;
        ensure!(list.contains("id=\"waiting\""), "the answer holds no list: the session has ended");
        Ok(list)
    }

    /// Opens a page; answers its status, and how long it took to come.
    ///
    /// # Errors
    /// When the relay cannot be reached.
    pub async fn open(&self, path: &str) -> Result<(u16, Duration)> {
        let begun = Instant::now();
        let response = self.client.get(format!("{}{path}", self.relay)).send().await?;
        let status = response.status().as_u16();
        response.bytes().await?;
        Ok((status, begun.elapsed()))
    }

    /// Whether the relay shows pages at all; for times when it cannot write.
    pub async fn reads(&self) -> bool {
        self.list().await.is_ok()
    }

    /// Opens the stream of changes that an open inbox listens to.
    ///
    /// # Errors
    /// When the relay does not offer it.
    pub async fn listen(&self) -> Result<Changes> {
        let response = self.client.get(format!("{}/inbox/events", self.relay)).send().await?;
        ensure!(response.status().is_success(), "the live page answered {}", response.status());
        Ok(Changes { response })
    }

    /// Waits as an open page does, by asking for the list on each change, until it shows `marker`; answers when it did.
    ///
    /// # Errors
    /// When it does not show within `limit`.
    pub async fn sees(&self, changes: &mut Changes, marker: &str, limit: Duration) -> Result<Instant> {
        let looking = async {
            loop {
                if self.list().await?.contains(marker) {
                    return anyhow::Ok(Instant::now());
                }
                changes.next().await?;
            }
        };
        timeout(limit, looking).await.with_context(|| format!("not seen within {} s", limit.as_secs()))?
    }
}

/// The changes that the relay announces.
pub struct Changes {
    response: Response,
}

impl Changes {
    /// Waits for the next one. Several that have come since count as one, as they do for a page that is busy.
    ///
    /// # Errors
    /// When the stream ends.
    async fn next(&mut self) -> Result<()> {
        loop {
            let chunk = self.response.chunk().await?.context("the relay ended the live page")?;
            let text = String::from_utf8_lossy(&chunk);
            if text.contains("event: end") {
                bail!("the relay says that the session has ended");
            }
            if text.contains("change") {
                return Ok(());
            }
        }
    }
}

fn client(certificate: &Certificate) -> Result<Client> {
    let trusted = reqwest::Certificate::from_pem(&std::fs::read(&certificate.cert_file)?)?;
    let builder = Client::builder().tls_certs_only([trusted]).cookie_store(true);
    builder.build().context("no HTTP client can be made")
}
