//! Anchors on a schedule: the signed ends of the audit chains, written outside the database. What an anchor is, is in
//! `crate::proof`.

use crate::app::App;
use crate::proof::{self, anchor::Signer};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How often the ends of the chains are signed and written outside the database.
const ANCHOR: Duration = Duration::from_secs(60);

/// Writes an anchor, every minute, for each chain that has grown. What cannot be written is tried again.
pub(super) async fn drop_anchors(app: Arc<App>, signer: Signer) {
    let mut written = HashMap::new();
    let mut minute = tokio::time::interval(ANCHOR);
    loop {
        minute.tick().await;
        if let Err(error) = proof::drop_anchors(&app, &signer, &mut written).await {
            tracing::error!(%error, "anchors could not be written: is the folder’s disk there, and not full?");
        }
    }
}
