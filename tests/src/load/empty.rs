//! A server that does nothing: the relay's TLS and HTTP stack with a handler that reads the body and says 204. It runs as
//! a process of its own, as the relay does.

use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum_server::tls_rustls::RustlsConfig;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::tls::Certificate;

/// The word that makes the bench program this server.
pub const WORD: &str = "empty";

/// Serves until it is killed; prints its address first.
///
/// # Errors
/// When it cannot listen.
pub async fn serve(folder: &Path) -> Result<()> {
    let certificate = Certificate::in_folder(folder)?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    crate::steps::line(&format!("https://{}", listener.local_addr()?));
    let router = Router::new().fallback(async |body: Bytes| {
        drop(body);
        axum::http::StatusCode::NO_CONTENT
    });
    let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(certificate.server()?))?;
    server.serve(router.into_make_service()).await.context("the empty server ended")
}

/// Such a server, started from this very program.
pub struct Empty {
    /// Its address.
    pub url: String,
    /// Its process.
    pub child: Child,
    /// Its certificate.
    pub certificate: Certificate,
}

impl Empty {
    /// Starts it, with its certificate in `folder`.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(folder: &Path) -> Result<Self> {
        let certificate = Certificate::in_folder(folder)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg(WORD)
            .arg(folder)
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().context("the empty server has no output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url).await?;
        Ok(Self { url: url.trim().to_owned(), child, certificate })
    }
}
