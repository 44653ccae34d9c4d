//! The way out: told to stop, the relay accepts no more connections, serves those that it has, and ends. Nobody who got
//! through is turned away, and nothing that was begun is broken off unless it takes too long.

use super::listen::From;
use crate::accept::{BEGINNING, Places};
use crate::app::App;
use axum_server::Handle;
use sd_notify::NotifyState;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long requests that are under way may take once the relay has been told to stop.
const GRACE: Duration = Duration::from_secs(20);
/// How often it is looked whether connections have begun.
const LOOK: Duration = Duration::from_millis(20);

/// What stopping needs.
pub(super) struct Stop {
    /// The server.
    pub(super) handle: Handle<From>,
    /// Closes the listener.
    pub(super) close: watch::Sender<bool>,
    /// The connections.
    pub(super) places: Arc<Places>,
    /// The pages that wait for news.
    pub(super) app: Arc<App>,
}

/// Waits for SIGTERM or Ctrl-C and then stops.
pub(super) async fn when_told(stop: Stop) {
    told().await;
    tracing::info!("told to stop");
    super::manager::say(&[NotifyState::Stopping]);
    stop.close.send_replace(true);
    stop.app.drain();
    // A connection that was accepted a moment ago has not said yet what it wants, and closing it would turn its request
    // away. Each begins, or is given up, within this time.
    let end = Instant::now() + BEGINNING;
    while stop.places.beginning() > 0 && Instant::now() < end {
        tokio::time::sleep(LOOK).await;
    }
    stop.handle.graceful_shutdown(Some(GRACE));
}

async fn told() {
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
}
