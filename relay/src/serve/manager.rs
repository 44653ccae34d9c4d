//! What systemd is told: that the relay is ready, that it still works, that it stops. Elsewhere all of it does nothing.

use crate::app::App;
use sd_notify::NotifyState;
use std::sync::Arc;

/// Says that the relay is ready, and then, where the unit has a watchdog, that it still works: not by a timer alone, but
/// after the runtime has answered and the database can be read. A relay that hangs is started again.
pub(super) async fn tell(app: Arc<App>, passed: bool) {
    let status =
        if passed { "serving on the socket that systemd passed" } else { "serving on a socket of its own" };
    say(&[NotifyState::Ready, NotifyState::Status(status)]);
    let Some(within) = sd_notify::watchdog_enabled() else { return };
    let mut due = tokio::time::interval(within / 3);
    loop {
        due.tick().await;
        match crate::db::schools::exists(app.db.read()).await {
            Ok(_) => say(&[NotifyState::Watchdog]),
            Err(error) => tracing::error!(
                ?error,
                "the database cannot be read: the watchdog is not told that all is well"
            ),
        }
    }
}

/// Tells the service manager, if there is one.
pub(super) fn say(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
