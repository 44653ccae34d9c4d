//! Starting and stopping: everything between a checked configuration and the first request, in the order in which it
//! can fail. What is printed here is for whoever started the relay; what happens later goes to the log.
//!
//! `listen` is the socket, `certificate` keeps TLS up to date, `anchors` signs the ends of the audit chains, `stop` is the
//! way out, `manager` tells systemd, and `scraped` answers Prometheus.

mod anchors;
mod certificate;
mod fetching;
mod listen;
mod manager;
mod months;
mod scraped;
mod stop;

use crate::accept::{BEGINNING, Limited, Places};
use crate::app::{App, Parts};
use crate::clock::SystemClock;
use crate::config::{self, Config};
use crate::crx::{Key, Package};
use crate::db::Db;
use crate::db::keys;
use crate::db::scope::{self, Scope};
use crate::error::Error;
use crate::proof::anchor::Signer;
use crate::random::SystemRandom;
use crate::routes::router;
use crate::secrets::Secrets;
use crate::{canary, doctor, metrics, shadow};
use anyhow::Context as _;
use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use listen::Closing;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a request's headers may take, and the handshake before them.
const HEADERS: Duration = BEGINNING;

/// Runs the relay until it is told to stop. Prints where it listens, and a set-up link when there is no school yet.
///
/// # Errors
/// When something it needs cannot be opened, with what to do about it.
pub(crate) async fn serve(config: Config, out: &mut dyn Write) -> anyhow::Result<()> {
    let counts =
        config.metrics.map(|address| metrics::install().map(|handle| (address, handle))).transpose()?;
    raise_open_files();
    doctor::before_start(&config)?;
    let (socket, passed) = listen::socket(config.listen)?;
    let bound = socket.local_addr()?;
    let app = open(&config, bound).await?;
    if app.db.bypasses_row_security().await.map_err(Error::into_anyhow)? {
        tracing::warn!(
            "the database's role walks past row-level security, so the second wall between schools does not stand: \
             connect as an ordinary role that owns the tables (alter role NAME nosuperuser nobypassrls)"
        );
    }
    if let Err(error) = app.look_ahead().await {
        tracing::warn!(%error, "the parts of tables for the coming months could not be made");
    }
    app.health.watch_disk(&config.data, config.min_free);
    let certificate = certificate::open(&config, out)?;
    let scraped = match counts {
        Some((address, handle)) => Some(scraped::listen(address, handle, Arc::clone(&app)).await?),
        None => None,
    };

    writeln!(out, "Lapwing is listening on https://{}", config::reachable(bound))?;
    if let Some(link) = app.set_up_link().await? {
        writeln!(out, "Set up Lapwing here (works once, for 24 hours): {link}")?;
    }
    out.flush()?;

    let (close, closing) = watch::channel(false);
    let places = Places::new(config.connections);
    let handle = Handle::new();
    let acceptor = RustlsAcceptor::new(certificate.served()).handshake_timeout(HEADERS);
    let mut server = Server::from_listener(Closing::new(socket, Arc::clone(&places), closing)?)
        .acceptor(Limited::new(acceptor, Arc::clone(&places)))
        .handle(handle.clone());
    let builder = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(HEADERS)
        .max_concurrent_streams(100)
        .max_header_list_size(64 * 1024);
    tokio::spawn(stop::when_told(stop::Stop { handle, close, places, app: Arc::clone(&app) }));
    let signer = Signer::open(&config.data, &config.anchors(), app.random.as_ref())?;
    let background = [
        tokio::spawn(certificate.keep_fresh()),
        tokio::spawn(scope::within(Scope::Relay, manager::tell(Arc::clone(&app), passed))),
        tokio::spawn(months::look_ahead(Arc::clone(&app))),
        tokio::spawn(fetching::fetch_lists(Arc::clone(&app))),
        tokio::spawn(scope::within(Scope::Relay, anchors::drop_anchors(Arc::clone(&app), signer))),
        tokio::spawn(canary::tidy(Arc::clone(&app))),
        tokio::spawn(shadow::tidy(Arc::clone(&app))),
    ];
    server.serve(router(&app).into_make_service_with_connect_info::<SocketAddr>()).await?;
    background.iter().chain(&scraped).for_each(tokio::task::JoinHandle::abort);
    app.db.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Each connection is an open file; the usual limit is for programs that hold few. The hard limit needs no rights.
fn raise_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "the limit of open files could not be raised");
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

/// The relay's parts, for a command that does one thing at the console.
///
/// # Errors
/// When the data cannot be opened.
pub(crate) async fn app(config: &Config) -> anyhow::Result<Arc<App>> {
    open(config, config.listen).await
}

/// A new link for somebody who lost their second factor and every recovery code.
///
/// # Errors
/// When nobody has this e-mail address, or the data cannot be opened.
pub(crate) async fn recovery_link(config: &Config, email: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let app = open(config, config.listen).await?;
    let link = app
        .recovery_link(&email.trim().to_lowercase())
        .await?
        .with_context(|| format!("no open account has the e-mail address {email}"))?;
    writeln!(
        out,
        "Set a new password and a new second factor here (works once, for an hour): {link}\n\
         Give it only to its owner, in person. Their passkeys, app and recovery codes end when it is used. That this \
         link was made is in the audit trail."
    )?;
    Ok(())
}

/// What the commands of the console need: everything but the extension, and nothing is made that is not there yet.
///
/// # Errors
/// When there is no database or master key, or they cannot be opened.
pub(crate) async fn console(config: &Config) -> anyhow::Result<Arc<App>> {
    let file = config.data.join("lapwing.db");
    if config.database.is_none() && !file.try_exists()? {
        anyhow::bail!("{} is not there: give the relay’s data folder with --data", file.display());
    }
    let random = SystemRandom::default();
    let master = config.master();
    master.read_again(&random).context("the master key")?;
    let secrets = Secrets::open(&config.data, &random)?;
    let parts = Parts {
        db: database(config).await?,
        clock: Arc::new(SystemClock),
        random: Arc::new(random),
        secrets,
        master,
        public_url: config.address(config.listen)?,
        extension: None,
        intranet_lists: config.intranet_lists.clone(),
    };
    Ok(App::new(parts)?)
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
    let master = config.master();
    if scope::within(Scope::Relay, keys::are_there(db.read())).await.map_err(Error::into_anyhow)? {
        // Reading a file that is not there makes another key, which opens nothing of what is stored.
        master.read_again(&random).context(
            "the database is sealed under a master key, and it is not here: restore it from where it was kept apart from \
             the backups, or give its place with --master-key-file",
        )?;
    }
    let parts = Parts {
        db,
        clock: Arc::new(SystemClock),
        random: Arc::new(random),
        secrets,
        master,
        public_url,
        extension,
        intranet_lists: config.intranet_lists.clone(),
    };
    Ok(App::new(parts)?)
}

/// Makes the data folder, open to its owner alone.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("the data folder {} cannot be made", folder.display()))
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
