//! The morning after a day without a relay: every device has a day's alerts, all of them come at once, and a child says
//! something on another device that nobody may wait for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lapwing_core::wire::limit;
use tokio::time::{Instant, sleep};

use super::{Outcome, chain};
use crate::load::drive::acknowledged;
use crate::load::{Alerts, Base, Device, Dial, Engine, Message, Protocol, Reply};
use crate::numbers::Times;
use crate::steps;

/// How long the whole backlog may take.
pub const DRAIN: Duration = Duration::from_secs(300);
/// How long a critical alert may take from the device to the DSL's page.
pub const VISIBLE: Duration = Duration::from_secs(2);
/// A critical alert is sent this often.
const EVERY: Duration = Duration::from_secs(2);
/// After this long it is not merely late.
const GIVEN_UP: Duration = Duration::from_secs(60);

/// What all devices count together.
#[derive(Default)]
struct Counts {
    acknowledged: AtomicUsize,
    refused: AtomicU64,
    broken: AtomicU64,
}

/// Lets `devices` devices deliver `alerts` alerts between them.
///
/// # Errors
/// When the relay refuses an alert for good, or does not take it within an hour.
pub async fn run(engine: Engine, alerts: usize, devices: usize, seed: u64) -> Result<Outcome> {
    let mut outcome =
        Outcome::new(format!("a backlog of {alerts} alerts on {devices} devices, {}", engine.name()));
    let mut base = Base::start(engine).await?;
    // The last is the child's.
    let mut fleet = base.fleet(devices + 1).await?;
    let child = fleet.devices.pop().context("the fleet has a last device")?;
    let each = alerts.div_ceil(devices * limit::BATCH);
    let counts = Arc::new(Counts::default());
    let started = Instant::now();
    let workers: Vec<_> = fleet
        .devices
        .iter()
        .zip(0_u64..)
        .map(|(device, number)| {
            let made = Alerts::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
            tokio::spawn(deliver(Arc::clone(device), base.dial.clone(), made, each, Arc::clone(&counts)))
        })
        .collect();
    let all = each * devices * limit::BATCH;
    let times = watch(&base, &child, &counts, all, seed).await?;
    for worker in workers {
        worker.await.context("a device ended early")??;
    }
    let took = started.elapsed();
    let times = Times::of(&times);
    #[allow(clippy::cast_precision_loss, reason = "millions of alerts")]
    let rate = all as f64 / took.as_secs_f64();
    outcome.count("alerts", all);
    outcome.count("seconds", took.as_secs());
    outcome.count("alerts_a_second", rate.round());
    outcome.count("asked_to_wait", counts.refused.load(Ordering::Relaxed));
    outcome.count("connections_broken", counts.broken.load(Ordering::Relaxed));
    let latency = times.json();
    for (key, name) in [
        ("n", "critical_alerts"),
        ("median_ms", "visible_p50_ms"),
        ("p99_ms", "visible_p99_ms"),
        ("max_ms", "visible_max_ms"),
    ] {
        outcome.count(name, latency.get(key).cloned().unwrap_or_default());
    }
    outcome.expect(took <= DRAIN, format!("it took {} s, more than {}", took.as_secs(), DRAIN.as_secs()));
    let late = times.percentile(0.99) > VISIBLE.as_secs_f64() * 1000.0;
    outcome.expect(!late, format!("a critical alert was not on the page within {} s", VISIBLE.as_secs()));
    base.relay.stop().await?;
    let (stored, counted) = base.store.counts().await?;
    let expected = i64::try_from(all + times.count())?;
    outcome.count("stored", stored);
    outcome.count("counted_by_episodes", counted);
    // Ids are unique and each was acknowledged, so an equal count is each of them once.
    outcome.expect(stored == expected, format!("{expected} were acknowledged and {stored} are stored"));
    outcome.expect(counted == stored, format!("episodes count {counted} and {stored} are stored"));
    chain::judge(&base.relay, &mut outcome).await?;
    Ok(outcome)
}

/// One device's backlog, in full batches, as patient as the relay asks it to be.
async fn deliver(
    device: Arc<Device>,
    dial: Dial,
    mut made: Alerts,
    batches: usize,
    counts: Arc<Counts>,
) -> Result<()> {
    let mut line = None;
    for _ in 0..batches {
        let message = device.batch(made.many(&device.account, limit::BATCH))?;
        let known = patiently(&dial, &device, &mut line, &message, &counts).await?;
        if known != limit::BATCH {
            bail!("{known} of {} alerts were acknowledged", limit::BATCH);
        }
        counts.acknowledged.fetch_add(known, Ordering::Relaxed);
    }
    Ok(())
}

/// Sends until it is acknowledged; answers how many alerts were.
async fn patiently(
    dial: &Dial,
    device: &Device,
    line: &mut Option<crate::load::Line>,
    message: &Message,
    counts: &Counts,
) -> Result<usize> {
    loop {
        match once(dial, device, line, message).await {
            Ok(reply) if reply.status == 200 => return Ok(acknowledged(&reply)?.len()),
            Ok(reply) if matches!(reply.status, 429 | 503) => {
                counts.refused.fetch_add(1, Ordering::Relaxed);
                sleep(reply.retry_after.unwrap_or(Duration::from_secs(1))).await;
            }
            Ok(reply) => {
                bail!("the relay answered {}: {}", reply.status, String::from_utf8_lossy(&reply.body))
            }
            Err(_) => {
                counts.broken.fetch_add(1, Ordering::Relaxed);
                *line = None;
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn once(
    dial: &Dial,
    device: &Device,
    line: &mut Option<crate::load::Line>,
    message: &Message,
) -> Result<Reply> {
    if line.is_none() {
        *line = Some(dial.line(Protocol::Http1, device.from).await?);
    }
    line.as_mut().context("a line was just opened")?.send(message).await
}

/// Sends a critical alert now and then until the backlog has drained; answers how long each took to the DSL's page.
async fn watch(base: &Base, child: &Device, counts: &Counts, all: usize, seed: u64) -> Result<Vec<Duration>> {
    let mut made = Alerts::new(seed ^ 0x00c4_117d);
    let mut changes = base.office.listen().await?;
    let (mut times, mut line) = (Vec::new(), None);
    let mut told = Instant::now();
    let patience = Counts::default();
    while counts.acknowledged.load(Ordering::Relaxed) < all {
        // An account of its own, so that each is a new row of the inbox.
        let account = format!("child{:05}@demo.example", times.len());
        let message = child.batch(vec![made.critical(&account)])?;
        let begun = Instant::now();
        let sending = patiently(&base.dial, child, &mut line, &message, &patience);
        let seeing = base.office.sees(&mut changes, &account, GIVEN_UP);
        let (sent, seen) = tokio::join!(sending, seeing);
        sent?;
        times.push(seen? - begun);
        sleep(EVERY.saturating_sub(begun.elapsed())).await;
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            let done = counts.acknowledged.load(Ordering::Relaxed);
            steps::line(&format!(
                "   {done} of {all} alerts are delivered; critical: {}",
                Times::of(&times).tail()
            ));
        }
    }
    Ok(times)
}
