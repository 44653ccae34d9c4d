//! Every minute: lists of sites that are due are fetched (`crate::sources::due`).

use crate::app::App;
use std::sync::Arc;
use std::time::Duration;

/// Sources are due by the day; a minute is how long somebody waits who has just added one.
const EVERY: Duration = Duration::from_secs(60);

/// Fetches lists for as long as the relay runs.
pub(super) async fn fetch_lists(app: Arc<App>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = app.fetch_lists().await {
            tracing::warn!(%error, "lists of sites could not be fetched or kept");
        }
    }
}
