//! An extension that does nothing, installed by policy as Lapwing is: what is measured with it is the browser's own part.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use serde_json::json;
use tokio::process::Command;

use crate::browser;
use crate::tls::Certificate;

/// Its page, at which measurements stand.
const PAGE: &str = "blank.html";
/// As Lapwing, it is asked about each navigation before it happens, and answers messages; it has nothing to say to either.
const WORKER: &str = "
    const all = { urls: ['http://*/*', 'https://*/*'], types: ['main_frame', 'sub_frame'] };
    chrome.webRequest.onBeforeRequest.addListener(() => undefined, all, ['blocking']);
    chrome.runtime.onMessage.addListener((message, sender, respond) => { respond({}); });";
/// What stands before the extension's id in the header of a CRX3 file: field 10000, 18 bytes, in it field 1, 16 bytes.
const BEFORE_ID: [u8; 6] = [0x82, 0xf1, 0x04, 0x12, 0x0a, 0x10];

/// The extension, and the server that browsers get it from. Ends when dropped.
pub struct Bare {
    /// The address of its page.
    pub page: String,
    /// The policy that installs it.
    pub policy: String,
    handle: Handle<SocketAddr>,
}

impl Bare {
    /// Packs it in `folder` with Chromium's own packer, and serves it.
    ///
    /// # Errors
    /// When Chromium does not pack it, or no port can be had.
    pub async fn start(folder: &Path, certificate: &Certificate) -> Result<Self> {
        let crx = fs::read(packed(folder).await?)?;
        let id = id(&crx)?;
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
        listener.set_nonblocking(true)?;
        let url = format!("https://{}", listener.local_addr()?);
        let update = format!(
            "<gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'><app appid='{id}'>\
             <updatecheck codebase='{url}/bare.crx' version='1.0'/></app></gupdate>"
        );
        let router = Router::new()
            .route("/update.xml", get(|| async move { ([(CONTENT_TYPE, "text/xml")], update) }))
            .route(
                "/bare.crx",
                get(|| async move { ([(CONTENT_TYPE, "application/x-chrome-extension")], crx) }),
            );
        let handle = Handle::new();
        let server =
            axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(certificate.server()?))?
                .handle(handle.clone())
                .serve(router.into_make_service());
        tokio::spawn(server);
        let policy = json!({ "ExtensionSettings": { (id.clone()): {
            "installation_mode": "force_installed",
            "update_url": format!("{url}/update.xml"),
            "override_update_url": true,
        }}});
        Ok(Self { page: format!("chrome-extension://{id}/{PAGE}"), policy: policy.to_string(), handle })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

/// Writes it and has it packed; gives the CRX file.
async fn packed(folder: &Path) -> Result<PathBuf> {
    let source = folder.join("bare");
    fs::create_dir_all(&source)?;
    let manifest = json!({
        "manifest_version": 3,
        "name": "Nothing",
        "version": "1.0",
        "background": { "service_worker": "worker.js" },
        "permissions": ["webRequest", "webRequestBlocking"],
        "host_permissions": ["<all_urls>"],
    });
    fs::write(source.join("manifest.json"), manifest.to_string())?;
    fs::write(source.join("worker.js"), WORKER)?;
    fs::write(source.join(PAGE), "<!doctype html><title>Nothing</title><p>Nothing is here.</p>")?;
    let profile = folder.join("packer");
    let start = browser::Start { profile: &profile, trust: &[], web: 9 };
    let done = Command::new(browser::chromium()?)
        .args(browser::flags(&start))
        .args(["--headless=new", "--no-message-box"])
        .arg(format!("--pack-extension={}", source.display()))
        .output()
        .await?;
    let crx = source.with_extension("crx");
    ensure!(crx.is_file(), "Chromium packed nothing: {}", String::from_utf8_lossy(&done.stderr));
    Ok(crx)
}

/// The extension's id: 32 letters from a to p.
fn id(crx: &[u8]) -> Result<String> {
    let at = crx
        .windows(BEFORE_ID.len())
        .position(|window| window == BEFORE_ID)
        .context("this is no CRX3 file")?;
    let id = crx
        .get(at + BEFORE_ID.len()..)
        .and_then(|rest| rest.first_chunk::<16>())
        .context("a short CRX3 file")?;
    Ok(id.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| char::from(b'a' + half)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_where_it_stands() {
        let crx = [&b"Cr24...."[..], &BEFORE_ID, &[0x01; 16], b"PK"].concat();
        assert_eq!(id(&crx).unwrap(), "ab".repeat(16));
        assert!(id(b"Cr24").is_err());
    }
}
