//! The page that Prometheus reads, on a plain listener of its own: it tells nothing of any child, person or school, but
//! how a school's relay is doing is nobody else's business, so it belongs on loopback or a private network. Health and
//! readiness are answered here too, for those who probe without TLS.

use crate::app::App;
use crate::db::operation;
use crate::{health, metrics};
use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How often histograms are brought together, so that they do not grow while nobody reads them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts answering on `address`, until the task is aborted.
///
/// # Errors
/// When it cannot be listened on.
pub(super) async fn listen(
    address: SocketAddr,
    kept: PrometheusHandle,
    app: Arc<App>,
) -> anyhow::Result<JoinHandle<()>> {
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("--metrics {address} cannot be listened on: is another program using it?")
    })?;
    if !address.ip().is_loopback() {
        tracing::warn!("metrics are served without TLS on an address that is not loopback: keep it private");
    }
    let probes = Router::new().route("/health", get(health::health)).route("/ready", get(health::ready));
    let router =
        probes.with_state(Arc::clone(&app)).route("/metrics", get(page).with_state((kept.clone(), app)));
    Ok(tokio::spawn(async move {
        let upkeep = async {
            let mut due = tokio::time::interval(UPKEEP);
            loop {
                due.tick().await;
                kept.run_upkeep();
            }
        };
        let serve = axum::serve(listener, router).into_future();
        tokio::select! {
            () = upkeep => {}
            ended = serve => if let Err(error) = ended { tracing::error!(%error, "metrics are no longer served") },
        }
    }))
}

/// `GET /metrics`. What is only worth looking up when somebody asks is looked up now.
async fn page(State((kept, app)): State<(PrometheusHandle, Arc<App>)>) -> impl IntoResponse {
    if let Some(free) = app.health.free() {
        metrics::disk_free(free);
    }
    if let Ok(count) = operation::sessions(app.db.read(), app.now()).await {
        metrics::sessions(count);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], kept.render())
}
