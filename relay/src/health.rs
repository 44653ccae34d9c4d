//! Whether the relay is alive, and whether it should be given work: for load balancers and service managers.
//!
//! `/health` says that the process answers; whoever sees it fail restarts the relay. `/ready` says that what it takes in
//! would be kept; whoever sees it fail sends devices elsewhere, and tries again. `doctor` says what is wrong and how to
//! mend it; here a word each must do, because anybody may ask.

use crate::app::App;
use crate::db::operation;
use crate::db::scope::{self, Scope};
use axum::extract::State;
use axum::http::StatusCode;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long an answer of the database stands: however often anybody asks, the writer is bothered once in this time.
const STANDS: Duration = Duration::from_secs(1);
/// How long the writer may be busy before the database counts as out of reach.
const PATIENCE: Duration = Duration::from_secs(4);

/// What the answers rest on.
#[derive(Debug, Default)]
pub(crate) struct Health {
    draining: AtomicBool,
    disk: OnceLock<Disk>,
    writable: Mutex<Option<(Instant, bool)>>,
}

/// The disk that must not fill up.
#[derive(Debug)]
struct Disk {
    folder: PathBuf,
    least: u64,
}

impl Health {
    /// Names the data folder, and the free bytes that its disk must have. Without it no disk is looked at.
    pub(crate) fn watch_disk(&self, folder: &Path, least: u64) {
        // A second call would come from a second start in one process, which there is not.
        let _ = self.disk.set(Disk { folder: folder.to_path_buf(), least });
    }

    /// The relay has been told to stop: it finishes what is under way and should be given nothing new.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Free bytes on the data folder's disk, where it is known.
    pub(crate) fn free(&self) -> Option<u64> {
        self.disk.get().and_then(|disk| free_bytes(&disk.folder))
    }

    fn disk_is_low(&self) -> bool {
        self.disk.get().is_some_and(|disk| free_bytes(&disk.folder).is_none_or(|free| free < disk.least))
    }

    /// Asked by many at once, the database is asked once: the others wait for its answer.
    async fn writable(&self, app: &App) -> bool {
        let mut known = self.writable.lock().await;
        let now = Instant::now();
        if let Some((at, answer)) = *known
            && now.duration_since(at) < STANDS
        {
            return answer;
        }
        let everything = tokio::time::timeout(PATIENCE, operation::probe(&app.db));
        let intake = scope::within(Scope::Relay, operation::probe_intake(app.db.clone()));
        let (everything, intake) = tokio::join!(everything, app.writers.ask(PATIENCE, intake));
        let answer = matches!((everything, intake), (Ok(Ok(())), Some(Ok(()))));
        *known = Some((Instant::now(), answer));
        answer
    }
}

/// Free bytes for an ordinary user where `folder` is; none when it cannot be told.
#[cfg(unix)]
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Free bytes for an ordinary user where `folder` is; none when it cannot be told.
#[cfg(not(unix))]
pub(crate) fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// `GET /health`.
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /ready`: 200, or 503 with one line for each reason.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let mut reasons = String::new();
    let mut reason = |text: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(reasons, "{text}");
    };
    if app.health.draining.load(Ordering::Relaxed) {
        reason("stopping");
    }
    if app.health.disk_is_low() {
        reason("disk nearly full");
    }
    if !app.health.writable(&app).await {
        reason("database not writable");
    }
    if reasons.is_empty() {
        (StatusCode::OK, "ready\n".into())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, reasons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_the_wanted_space_is_low() {
        let folder = tempfile::tempdir().unwrap();
        let health = Health::default();
        assert!(!health.disk_is_low(), "no disk is looked at yet");
        health.watch_disk(folder.path(), u64::MAX);
        assert!(health.disk_is_low());
        assert!(health.free().is_some_and(|free| free > 0));
        let gone = Health::default();
        gone.watch_disk(&folder.path().join("gone"), 1);
        assert!(gone.disk_is_low(), "a folder that is gone has no space");
    }
}
