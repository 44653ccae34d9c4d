//! How fast the relay takes alerts in: over TLS, signed, and on disk before each answer.
//!
//! Beside it in the same run stands the least that any server could do: the same client, TLS library and body, to a handler
//! that reads the body and answers. The difference is what verifying, storing and syncing cost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum_server::tls_rustls::RustlsConfig;
use lapwing_core::wire::{AlertBatch, limit};
use lapwing_tests::device::{self, Device, alert};
use lapwing_tests::numbers::Times;
use lapwing_tests::stage::Ground;
use lapwing_tests::tls::Certificate;
use lapwing_tests::{School, steps};
use serde_json::{Value, json};

const SINGLE: usize = 300;
const BATCHES: usize = 40;
const AT_ONCE: usize = 16;
const EACH: usize = 50;

/// One by one, many at once, and in full batches.
pub(crate) async fn run() -> Result<Value> {
    let ground = Ground::start().await?;
    let school = School::set_up(&ground.office, &ground.relay, None).await?;
    let device = Arc::new(Device::enrol(&ground.relay.url, &school, &ground.certificate).await?);

    let single = timed(SINGLE, async || device.deliver(vec![alert()]).await).await?;
    steps::line(&format!("one signed alert a request, one after another: {}", single.words()));
    let at_once = many_at_once(&device).await?;
    steps::line(&format!("one signed alert a request, {AT_ONCE} at once: {at_once:.0} alerts a second"));
    let started = Instant::now();
    let batches =
        timed(BATCHES, async || device.deliver((0..limit::BATCH).map(|_| alert()).collect()).await).await?;
    let batched = rate(BATCHES * limit::BATCH, started.elapsed());
    steps::line(&format!(
        "{} signed alerts a request: {}, {batched:.0} alerts a second",
        limit::BATCH,
        batches.words()
    ));
    let floor = empty(&ground.certificate).await?;
    steps::line(&format!("an empty handler, same TLS and body: {}", floor.words()));
    Ok(json!({
        "bench": "ingest",
        "database": "sqlite, synchronous=FULL",
        "single": single.json(),
        "single_at_once_per_second": at_once.round(),
        "batch_of_50": batches.json(),
        "batched_per_second": batched.round(),
        "empty_handler": floor.json(),
        "single_over_empty": (single.median() / floor.median() * 100.0).round() / 100.0,
    }))
}

async fn timed(count: usize, mut work: impl AsyncFnMut() -> Result<()>) -> Result<Times> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let started = Instant::now();
        work().await?;
        times.push(started.elapsed());
    }
    Ok(Times::of(&times))
}

async fn many_at_once(device: &Arc<Device>) -> Result<f64> {
    let started = Instant::now();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let device = Arc::clone(device);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    device.deliver(vec![alert()]).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await.context("a sender ended early")??;
    }
    Ok(rate(AT_ONCE * EACH, started.elapsed()))
}

#[allow(clippy::cast_precision_loss, reason = "thousands of alerts, not quadrillions")]
fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// The floor: a server of this process that reads the body and says 204.
async fn empty(certificate: &Certificate) -> Result<Times> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("https://{}/", listener.local_addr()?);
    let router = Router::new().fallback(async |body: Bytes| {
        drop(body);
        axum::http::StatusCode::NO_CONTENT
    });
    let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(certificate.server()?))?;
    let server = tokio::spawn(server.serve(router.into_make_service()));
    let client = device::client(certificate)?;
    let body = serde_json::to_vec(&AlertBatch { alerts: vec![alert()] })?;
    let times = timed(SINGLE, async || {
        client.post(&url).body(body.clone()).send().await?.error_for_status()?;
        Ok(())
    })
    .await;
    server.abort();
    times
}
