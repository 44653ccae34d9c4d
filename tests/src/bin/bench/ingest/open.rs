//! What a connected device costs the relay: thousands of open TLS connections over HTTP/2, as browsers hold them, each
//! checking in now and then.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use lapwing_tests::load::{Base, Device, Dial, Fleet, Line, Protocol, Sign, machine};
use lapwing_tests::numbers::Times;
use lapwing_tests::steps;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

/// How many shake hands at the same time.
const AT_ONCE: usize = 32;
/// In this time every device checks in once. Real ones take minutes; what is measured is memory.
const ROUND: Duration = Duration::from_secs(60);

/// Opens `count` connections and lets each check in twice.
pub(super) async fn measure(base: &Base, count: usize) -> Result<Value> {
    let limit = files()?;
    if limit < count + 200 {
        anyhow::bail!(
            "{count} connections need {} open files here and in the relay, and {limit} are allowed: run `ulimit -n {}` \
             first, or give --devices",
            count + 200,
            count + 1_000
        );
    }
    let fleet = base.fleet_that_signs(count, Sign::Key).await?;
    let relay = base.relay.process()?;
    let before = machine::resident(relay)?;
    let started = Instant::now();
    let (lines, refused) = open(&base.dial, &fleet).await?;
    let opening = started.elapsed().as_secs_f64();
    let opened = lines.len();
    let idle = machine::resident(relay)?;
    let spent = machine::processor_time(relay)?;
    let (lines, times, broken) = heartbeats(lines).await?;
    let busy = machine::processor_time(relay)? - spent;
    let after = machine::resident(relay)?;
    drop(lines);
    #[allow(clippy::cast_precision_loss, reason = "memory of one machine")]
    let each = |bytes: u64| bytes.saturating_sub(before) as f64 / opened.max(1) as f64 / 1024.0;
    let megabytes = |bytes: u64| bytes / (1024 * 1024);
    steps::line(&format!(
        "{opened} devices connected in {opening:.1} s ({refused} refused), HTTP/2 over TLS: the relay’s memory {} MB before, \
         {} MB after ({:.1} KB a device), {} MB after a check-in of each ({:.1} KB a device); {broken} connections broke",
        megabytes(before),
        megabytes(idle),
        each(idle),
        megabytes(after),
        each(after)
    ));
    let share = busy / ROUND.as_secs_f64();
    steps::line(&format!(
        "check-ins, {:.0} a second: {}; {:.0} % of one core",
        opened as f64 / ROUND.as_secs_f64(),
        times.tail(),
        share * 100.0
    ));
    Ok(json!({
        "open": opened,
        "refused": refused,
        "broken": broken,
        "kilobytes_a_device": (each(idle) * 10.0).round() / 10.0,
        "kilobytes_a_device_after_check_in": (each(after) * 10.0).round() / 10.0,
        "relay_megabytes": megabytes(after),
        "check_in": times.json(),
        "core_share": (share * 1000.0).round() / 1000.0,
    }))
}

type Connected = (Arc<Device>, Line);

/// Opens a connection for each device; answers those that are open and how many were refused.
async fn open(dial: &Dial, fleet: &Fleet) -> Result<(Vec<Connected>, usize)> {
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|worker| {
            let mine: Vec<_> = fleet.devices.iter().skip(worker).step_by(AT_ONCE).map(Arc::clone).collect();
            let dial = dial.clone();
            tokio::spawn(async move {
                let (mut lines, mut refused) = (Vec::with_capacity(mine.len()), 0);
                for device in mine {
                    match dial.line(Protocol::Http2, device.from).await {
                        Ok(line) => lines.push((device, line)),
                        Err(_) => refused += 1,
                    }
                }
                (lines, refused)
            })
        })
        .collect();
    let (mut lines, mut refused) = (Vec::new(), 0);
    for worker in workers {
        let share = worker.await.context("an opener ended early")?;
        lines.extend(share.0);
        refused += share.1;
    }
    Ok((lines, refused))
}

/// Every device checks in once, evenly over [`ROUND`]; answers the connections, the times, and how many had broken.
async fn heartbeats(lines: Vec<Connected>) -> Result<(Vec<Line>, Times, usize)> {
    let start = Instant::now();
    let gap = ROUND.as_secs_f64() / lines.len().max(1) as f64;
    let tasks: Vec<_> = lines
        .into_iter()
        .zip(0_u32..)
        .map(|((device, mut line), number)| {
            tokio::spawn(async move {
                sleep_until(start + Duration::from_secs_f64(gap * f64::from(number))).await;
                let message = device.check_in()?;
                let begun = Instant::now();
                let sound = line.send(&message).await.is_ok_and(|reply| reply.status == 200);
                anyhow::Ok((line, sound.then(|| begun.elapsed())))
            })
        })
        .collect();
    let (mut times, mut open) = (Vec::new(), Vec::new());
    let mut broken = 0;
    for task in tasks {
        let (line, time) = task.await.context("a device ended early")??;
        open.push(line);
        match time {
            Some(time) => times.push(time),
            None => broken += 1,
        }
    }
    Ok((open, Times::of(&times), broken))
}

/// How many files a process may have open, from /proc/self/limits.
fn files() -> Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).context("no limit of open files")?;
    Ok(soft.parse().unwrap_or(usize::MAX))
}
