//! Starting and stopping: everything between a checked configuration and the first request, in the order in which it
//! can fail. What is printed here is for whoever started the relay; what happens later goes to the log.

use crate::accept::Limited;
use crate::app::{App, Parts};
use crate::clock::SystemClock;
use crate::config::{self, Config};
use crate::crx::{Key, Package};
use crate::db::Db;
use crate::proof::{self, anchor::Signer};
use crate::random::SystemRandom;
use crate::routes::router;
use crate::secrets::Secrets;
use crate::{Clock as _, tls};
use anyhow::Context as _;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use std::collections::HashMap;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a request's headers may take, and the handshake before them.
const HEADERS: Duration = Duration::from_secs(10);
/// How often the ends of the chains are signed and written outside the database.
const ANCHOR: Duration = Duration::from_secs(60);
/// How long requests that are under way may take once the relay has been told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Runs the relay until it is told to stop. Prints where it listens, and a set-up link when there is no school yet.
///
/// # Errors
/// When something it needs cannot be opened, with what to do about it.
pub(crate) async fn serve(config: &Config, out: &mut dyn Write) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("{} cannot be listened on: is another program using it?", config.listen))?;
    listener.set_nonblocking(true)?;
    let bound = listener.local_addr()?;
    let app = open(config, bound).await?;
    let tls = certificate(config, out)?;

    writeln!(out, "Lapwing is listening on https://{}", config::reachable(bound))?;
    if let Some(link) = app.set_up_link().await? {
        writeln!(out, "Set up Lapwing here (works once, for 24 hours): {link}")?;
    }
    out.flush()?;

    let handle = Handle::new();
    tokio::spawn(stop_when_told(handle.clone(), Arc::clone(&app)));
    let anchors = Signer::open(&config.data, &config.anchors(), app.random.as_ref())?;
    tokio::spawn(drop_anchors(Arc::clone(&app), anchors));
    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(Arc::new(tls))).handshake_timeout(HEADERS);
    let mut server = axum_server::from_tcp(listener)?.acceptor(Limited::new(acceptor)).handle(handle);
    let builder = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(HEADERS)
        .max_concurrent_streams(100)
        .max_header_list_size(64 * 1024);
    server.serve(router(&app).into_make_service_with_connect_info::<SocketAddr>()).await?;
    app.db.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Writes an anchor, every minute, for each chain that has grown. What cannot be written is tried again.
async fn drop_anchors(app: Arc<App>, signer: Signer) {
    let mut written = HashMap::new();
    let mut minute = tokio::time::interval(ANCHOR);
    loop {
        minute.tick().await;
        if let Err(error) = proof::drop_anchors(&app, &signer, &mut written).await {
            tracing::error!(%error, "anchors could not be written: is the folder’s disk there, and not full?");
        }
    }
}

/// A new set-up link.
///
/// # Errors
/// When there is a school already, or the data cannot be opened.
pub(crate) async fn set_up_link(config: &Config, out: &mut dyn Write) -> anyhow::Result<()> {
    let app = open(config, config.listen).await?;
    let link = app.set_up_link().await?.context(
        "the school has been set up already; for somebody who cannot sign in, use: lapwing-relay join-link EMAIL",
    )?;
    writeln!(out, "Set up Lapwing here (works once, for 24 hours): {link}")?;
    Ok(())
}

/// A new link for somebody who cannot sign in any more.
///
/// # Errors
/// When nobody has this e-mail address, or the data cannot be opened.
pub(crate) async fn join_link(config: &Config, email: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let app = open(config, config.listen).await?;
    let link = app
        .join_link(&email.trim().to_lowercase())
        .await?
        .with_context(|| format!("no open account has the e-mail address {email}"))?;
    writeln!(out, "Set a new password here (works once, for a week): {link}")?;
    Ok(())
}

/// Opens the database that the configuration names.
///
/// # Errors
/// When it cannot be opened or brought up to date.
pub(crate) async fn database(config: &Config) -> anyhow::Result<Db> {
    Ok(match &config.database {
        Some(url) => Db::postgres(url).await?,
        None => Db::sqlite(&config.data.join("lapwing.db")).await?,
    })
}

async fn open(config: &Config, bound: SocketAddr) -> anyhow::Result<Arc<App>> {
    let data = config.data.as_path();
    make_folder(data)?;
    let random = SystemRandom::default();
    let secrets = Secrets::open(data, &random)?;
    let db = database(config).await?;
    let folder = data.to_path_buf();
    // Making a key takes up to some seconds of one core.
    let package = move || Key::open(&folder).and_then(|key| Package::embedded(&key));
    let extension = tokio::task::spawn_blocking(package).await??;
    let public_url = config.address(bound)?;
    let parts = Parts {
        db,
        clock: Arc::new(SystemClock),
        random: Arc::new(random),
        secrets,
        master: config.master(),
        public_url,
        extension,
    };
    Ok(App::new(parts)?)
}

fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("the data folder {} cannot be made", folder.display()))
}

fn certificate(config: &Config, out: &mut dyn Write) -> anyhow::Result<rustls::ServerConfig> {
    if let Some(files) = &config.tls {
        return Ok(tls::config(files)?);
    }
    let (files, new) = tls::own(&config.data, &config.hosts(), SystemClock.now())?;
    if new {
        writeln!(
            out,
            "Made a certificate of the relay’s own: {}. Browsers warn about it until they are told to trust it; for a \
             school, give a certificate with --tls-cert and --tls-key.",
            files.certificate.display()
        )?;
    }
    Ok(tls::config(&files)?)
}

async fn stop_when_told(handle: Handle<SocketAddr>, app: Arc<App>) {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => {
                tokio::select! { _ = interrupted => {}, _ = terminated.recv() => {} }
            }
            Err(error) => {
                tracing::warn!(%error, "only Ctrl-C stops the relay: no handler for SIGTERM");
                let _ = interrupted.await;
            }
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
    tracing::info!("told to stop");
    app.live.close();
    handle.graceful_shutdown(Some(GRACE));
}
