//! Chromium, driven over WebDriver.
//!
//! Starts one headless Chromium and Debian's chromedriver on it, with a profile of its own. Nothing of the outside world is
//! reached: every host name is mapped to the run's local web, loopback addresses are left as they are.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{BrowserLogEntry, ChromiumLikeCapabilities, LoggingPrefsLogLevel};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::wait;

/// How a browser is to start.
pub struct Start<'a> {
    /// Its profile: a folder that may be kept for another start.
    pub profile: &'a Path,
    /// Public keys to trust; see [`Certificate`](crate::tls::Certificate).
    pub trust: &'a [&'a str],
    /// The port of the local web that every host name leads to.
    pub web: u16,
}

/// A running Chromium with its driver.
pub struct Browser {
    /// The WebDriver session.
    pub driver: WebDriver,
    // In this order: the session ends before what carries it.
    _chromedriver: Child,
    chromium: Child,
}

impl Browser {
    /// Starts a headless Chromium and lets a driver look on. Chromium is not started by the driver: under the switches
    /// that chromedriver gives, an extension's managed storage stays empty, and no school's browser has them either.
    ///
    /// # Errors
    /// When Chromium or its driver is missing or does not start.
    pub async fn start(start: &Start<'_>) -> Result<Self> {
        Self::start_with(start, &[]).await
    }

    /// The same with more flags.
    ///
    /// # Errors
    /// As for [`Browser::start`].
    pub async fn start_with(start: &Start<'_>, more: &[String]) -> Result<Self> {
        let (chromium, debugger) = launch(start, more).await?;
        let (chromedriver, address) = chromedriver().await?;
        let mut caps = DesiredCapabilities::chrome();
        caps.set_debugger_address(&debugger)?;
        caps.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let driver = WebDriver::new(&address, caps).await.context("chromedriver cannot reach Chromium")?;
        Ok(Self { driver, _chromedriver: chromedriver, chromium })
    }

    /// Opens an address in the present tab.
    ///
    /// # Errors
    /// When the page does not load.
    pub async fn goto(&self, url: &str) -> Result<()> {
        self.driver.goto(url).await.with_context(|| format!("cannot open {url}"))
    }

    /// A command of the DevTools protocol to the present tab.
    ///
    /// # Errors
    /// When Chromium refuses the command.
    pub async fn cdp(&self, command: &str, params: Value) -> Result<Value> {
        self.driver.cdp().send_raw(command, params).await.with_context(|| format!("{command} failed"))
    }

    /// Stops every service worker, as Chromium does after half a minute without events. Only an extension's own page may
    /// ask for it, and nothing may be attached to the worker itself: a debugger keeps it alive.
    ///
    /// # Errors
    /// When the present tab is not a page of the extension.
    pub async fn stop_workers(&self) -> Result<()> {
        self.cdp("ServiceWorker.enable", json!({})).await?;
        self.cdp("ServiceWorker.stopAllWorkers", json!({})).await.map(drop)
    }

    /// The id of an extension, by its worker, which must be running.
    ///
    /// # Errors
    /// When no extension's worker comes up.
    pub async fn extension_id(&self) -> Result<String> {
        wait::until("an extension's worker", || async {
            let targets = self.cdp("Target.getTargets", json!({})).await?;
            let targets = targets["targetInfos"].as_array().cloned().unwrap_or_default();
            let mut urls = targets.iter().filter_map(|target| target["url"].as_str());
            let id = urls
                .find_map(|url| url.strip_prefix("chrome-extension://")?.strip_suffix("/js/background.js"));
            Ok(id.map(str::to_owned))
        })
        .await
    }

    /// What the console said since it was last asked, errors only.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub async fn console_errors(&self) -> Result<Vec<String>> {
        let entries: Vec<BrowserLogEntry> = self.driver.browser_log().await?;
        Ok(entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect())
    }

    /// The number of its main process.
    ///
    /// # Errors
    /// When it has ended.
    pub fn process(&self) -> Result<u32> {
        self.chromium.id().context("Chromium has ended by itself")
    }

    /// Closes the browser as a person does, so that its profile is complete on disk.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn close(mut self) -> Result<()> {
        self.driver.quit().await.context("the driver's session did not end")?;
        let id = self.chromium.id().context("Chromium has ended by itself")?;
        Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        timeout(wait::PATIENCE, self.chromium.wait()).await.context("Chromium did not close")?.map(drop)?;
        Ok(())
    }
}

/// Starts a Chromium with this page as its first, without a driver, which would look for a window of its own and not see an
/// extension's. Waits until a page whose title begins like this is shown, and closes it.
///
/// # Errors
/// When another page is shown.
pub async fn shows_first(start: &Start<'_>, url: &str, title: &str) -> Result<()> {
    let (mut child, debugger) = launch(start, &[url.to_owned()]).await?;
    let what = format!("the page “{title}” in place of {url}");
    let shown = wait::until(&what, || async {
        let pages: Vec<Value> = reqwest::get(format!("http://{debugger}/json/list")).await?.json().await?;
        let titles: Vec<&str> = pages
            .iter()
            .filter(|page| page["type"] == "page")
            .filter_map(|page| page["title"].as_str())
            .collect();
        if titles.iter().any(|shown| shown.starts_with(title)) {
            return Ok(Some(()));
        }
        bail!("the browser shows {titles:?}")
    });
    let shown = shown.await;
    let id = child.id().context("Chromium has ended by itself")?;
    Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
    timeout(wait::PATIENCE, child.wait()).await.context("Chromium did not close")??;
    shown
}

/// The flags that every Chromium of a run needs, with or without a driver.
#[must_use]
pub fn flags(start: &Start<'_>) -> Vec<String> {
    let mut flags = vec![
        format!("--user-data-dir={}", start.profile.display()),
        format!("--ignore-certificate-errors-spki-list={}", start.trust.join(",")),
        // Without the port in the map a test page would need one in its address, and no real address has one.
        format!("--host-resolver-rules=MAP * 127.0.0.1:{}, EXCLUDE 127.0.0.1, EXCLUDE localhost", start.web),
        "--window-size=1280,900".to_owned(),
        "--lang=en-GB".to_owned(),
    ];
    flags.extend(
        [
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
        ]
        .map(str::to_owned),
    );
    // Chromium's sandbox refuses to run as root, which containers and CI machines are.
    if std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        flags.push("--no-sandbox".to_owned());
    }
    flags
}

/// Where Chromium is.
///
/// # Errors
/// When it is not installed.
pub fn chromium() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("chromium"))
        .find(|file| file.is_file())
        .context("chromium is not installed: sudo apt-get install -y chromium chromium-driver")
}

/// Starts Chromium; gives the address of its debugger, which it writes into its profile.
async fn launch(start: &Start<'_>, more: &[String]) -> Result<(Child, String)> {
    std::fs::create_dir_all(start.profile)
        .with_context(|| format!("cannot make {}", start.profile.display()))?;
    let port_file = start.profile.join("DevToolsActivePort");
    // Of an earlier start with this profile.
    std::fs::remove_file(&port_file).ok();
    let mut child = Command::new(chromium()?)
        .args(flags(start))
        .args(more)
        .args(["--headless=new", "--remote-debugging-port=0"])
        // One page to begin with: headless Chromium takes no more.
        .args((!more.iter().any(|flag| flag.starts_with("http"))).then_some("about:blank"))
        // Dates typed into a form are read by the browser's language and clock.
        .envs([("LANGUAGE", "en_GB"), ("TZ", "Europe/London")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("Chromium cannot be started")?;
    let port = wait::until("Chromium to start", || {
        let ended = child.try_wait();
        let text = std::fs::read_to_string(&port_file).unwrap_or_default();
        async move {
            if let Some(status) = ended? {
                return Ok(Some(Err(status)));
            }
            // Port, then a path: the second line is there when the first is complete.
            Ok(text.split_once('\n').and_then(|(port, _)| port.parse::<u16>().ok()).map(Ok))
        }
    });
    match port.await? {
        Ok(port) => Ok((child, format!("127.0.0.1:{port}"))),
        Err(status) => bail!("Chromium ended at once ({status}): is its profile in use?"),
    }
}

/// Starts chromedriver on a free port; gives its address.
///
/// It takes a free port of IPv4 and then the same one of IPv6, and ends where another program has that one meanwhile
/// ("IPv6 port not available"): it is asked again, and its own words are in the error when it never starts.
async fn chromedriver() -> Result<(Child, String)> {
    let mut said = String::new();
    for _ in 0..5 {
        match one_chromedriver().await? {
            Ok(started) => return Ok(started),
            Err(words) => said = words,
        }
    }
    bail!("chromedriver ended before it said its port, five times; its last words: {said}")
}

/// One start of chromedriver: its address, or what it said before it ended.
async fn one_chromedriver() -> Result<Result<(Child, String), String>> {
    let mut child = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("chromedriver is not installed: sudo apt-get install -y chromium-driver")?;
    let output = child.stdout.take().context("chromedriver has no output to read")?;
    let errors = child.stderr.take().context("chromedriver has no errors to read")?;
    // Read all along: a full pipe would stop it.
    let errors = tokio::spawn(async move {
        let mut lines = BufReader::new(errors).lines();
        let mut last = String::new();
        while let Ok(Some(line)) = lines.next_line().await {
            last = line;
        }
        last
    });
    let mut lines = BufReader::new(output).lines();
    let mut said = Vec::new();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, rest)) = line.split_once("started successfully on port ") {
            let port: u16 = rest.trim_end_matches('.').parse().context("chromedriver named no port")?;
            // Nobody reads on; chromedriver says next to nothing after this line, and a full pipe would only stop its log.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(Ok((child, format!("http://127.0.0.1:{port}"))));
        }
        said.push(line);
    }
    let status = child.wait().await?;
    said.push(errors.await.unwrap_or_default());
    Ok(Err(format!("{} ({status})", said.join(" | "))))
}
