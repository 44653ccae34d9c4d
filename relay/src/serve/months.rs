//! Every few hours: the parts of PostgreSQL's large tables for the months to come (`db::partitions`).

use crate::app::App;
use std::sync::Arc;
use std::time::Duration;

/// Often enough that a failure is made good long before the month that it is about.
const EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// Looks ahead for as long as the relay runs. The first time was at its start.
pub(super) async fn look_ahead(app: Arc<App>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = app.look_ahead().await {
            tracing::warn!(%error, "the parts of tables for the coming months could not be made");
        }
    }
}
