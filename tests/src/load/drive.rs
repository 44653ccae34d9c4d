//! Sending messages and taking the times, in the two ways that answer different questions.
//!
//! [`closed`] keeps a stated number of connections busy and shows how much the relay can take. [`open`] sends at a stated
//! rate whatever happens, and counts a time from the moment at which a message was due, so that a relay that stalls cannot
//! hide what it made others wait for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lapwing_core::wire::BatchReceipt;
use tokio::time::{Instant, sleep, sleep_until};

use super::http::{Dial, Line, Message, Protocol, Reply};
use crate::numbers::Times;

/// Time at the start of a run that is not counted.
const WARM_UP: Duration = Duration::from_secs(1);
/// When the relay does not say when to come back.
const AGAIN: Duration = Duration::from_secs(1);

/// A message and how many alerts it holds.
#[derive(Clone)]
pub struct Load {
    /// What is sent.
    pub message: Message,
    /// How many must be acknowledged.
    pub alerts: usize,
}

/// What a run showed.
pub struct Run {
    /// From the first try (or the moment at which it was due) to the acknowledgement.
    pub times: Times,
    /// Acknowledged in a second.
    pub rate: f64,
    /// Acknowledged in all, with the time that is not counted.
    pub sent: usize,
    /// How often the relay asked to come back later.
    pub refused: u64,
    /// Whether the messages that were made ahead were used up before the time was over.
    pub ran_dry: bool,
}

/// Where the messages of a run come from.
pub enum Source {
    /// Made and signed ahead, each once: the relay keeps an alert once, so only the first time counts.
    Ahead(VecDeque<Load>),
    /// The same again and again, for a server that keeps nothing.
    Again(Box<Load>),
}

impl Source {
    fn next(&mut self) -> Option<Load> {
        match self {
            Self::Ahead(loads) => loads.pop_front(),
            Self::Again(load) => Some((**load).clone()),
        }
    }

    fn is_dry(&self) -> bool {
        matches!(self, Self::Ahead(loads) if loads.is_empty())
    }
}

type Queue = Arc<Mutex<Source>>;

/// What one connection did: end, time and alerts of each message.
#[derive(Default)]
struct Share {
    done: Vec<(Instant, Duration, usize)>,
    refused: u64,
}

/// As fast as `lines` connections can, each waiting for its answer before it sends again.
///
/// # Errors
/// When a connection breaks or an alert is refused for good.
pub async fn closed(dial: &Dial, lines: usize, time: Duration, source: Source) -> Result<Run> {
    let queue: Queue = Arc::new(Mutex::new(source));
    let opened = open_lines(dial, lines).await?;
    let start = Instant::now();
    let end = start + WARM_UP + time;
    let workers: Vec<_> = opened
        .into_iter()
        .map(|mut line| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move {
                let mut share = Share::default();
                while Instant::now() < end {
                    let Some(load) = next(&queue) else { break };
                    let begun = Instant::now();
                    share.refused += deliver(&mut line, &load).await?;
                    share.done.push((Instant::now(), begun.elapsed(), load.alerts));
                }
                anyhow::Ok(share)
            })
        })
        .collect();
    gather(workers, start + WARM_UP, end, &queue).await
}

/// `rate` messages a second over at most `lines` connections.
///
/// # Errors
/// As for [`closed`].
pub async fn open(dial: &Dial, lines: usize, rate: f64, time: Duration, source: Source) -> Result<Run> {
    let queue: Queue = Arc::new(Mutex::new(source));
    let opened = open_lines(dial, lines).await?;
    let start = Instant::now();
    let end = start + WARM_UP + time;
    let turn = Arc::new(Mutex::new(0_u32));
    let workers: Vec<_> = opened
        .into_iter()
        .map(|mut line| {
            let (queue, turn) = (Arc::clone(&queue), Arc::clone(&turn));
            tokio::spawn(async move {
                let mut share = Share::default();
                loop {
                    let due = {
                        let mut turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
                        *turn += 1;
                        start + Duration::from_secs_f64(f64::from(*turn) / rate)
                    };
                    // A relay that is far behind is not waited for: what it took by then is its rate.
                    if due >= end || Instant::now() >= end + WARM_UP {
                        break;
                    }
                    let Some(load) = next(&queue) else { break };
                    sleep_until(due).await;
                    share.refused += deliver(&mut line, &load).await?;
                    share.done.push((Instant::now(), due.elapsed(), load.alerts));
                }
                anyhow::Ok(share)
            })
        })
        .collect();
    gather(workers, start + WARM_UP, end, &queue).await
}

async fn open_lines(dial: &Dial, count: usize) -> Result<Vec<Line>> {
    let mut lines = Vec::with_capacity(count);
    for number in 0..count {
        let from = u8::try_from(2 + number % 250)?;
        lines.push(dial.line(Protocol::Http1, from).await?);
    }
    Ok(lines)
}

fn next(queue: &Queue) -> Option<Load> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// Sends until it is acknowledged; answers how often the relay asked to come back later.
async fn deliver(line: &mut Line, load: &Load) -> Result<u64> {
    let mut refused = 0;
    loop {
        let reply = line.send(&load.message).await?;
        match reply.status {
            200 => {
                let known = acknowledged(&reply)?.len();
                if known != load.alerts {
                    bail!("{known} of {} alerts were acknowledged", load.alerts);
                }
                return Ok(refused);
            }
            204 => return Ok(refused),
            429 | 503 => {
                refused += 1;
                sleep(reply.retry_after.unwrap_or(AGAIN)).await;
            }
            status => bail!("the relay answered {status}: {}", String::from_utf8_lossy(&reply.body)),
        }
    }
}

/// The ids that a receipt acknowledges.
///
/// # Errors
/// When the body is no receipt.
pub fn acknowledged(reply: &Reply) -> Result<Vec<String>> {
    let receipt: BatchReceipt = serde_json::from_slice(&reply.body).context("the answer is no receipt")?;
    Ok(receipt.acknowledged)
}

async fn gather(
    workers: Vec<tokio::task::JoinHandle<Result<Share>>>,
    from: Instant,
    to: Instant,
    queue: &Queue,
) -> Result<Run> {
    let (mut times, mut alerts, mut sent, mut refused, mut last) = (Vec::new(), 0, 0, 0, from);
    for worker in workers {
        let share = worker.await.context("a sender ended early")??;
        refused += share.refused;
        for (ended, time, count) in share.done {
            // What was begun in time and ended late counts for the times; the rate is over the time that it took.
            sent += count;
            if ended >= from {
                times.push(time);
                alerts += count;
                last = last.max(ended);
            }
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "millions of alerts, not quadrillions")]
    let rate = alerts as f64 / (last - from).as_secs_f64().max(f64::EPSILON);
    let dry = queue.lock().unwrap_or_else(PoisonError::into_inner).is_dry() && last < to;
    Ok(Run { times: Times::of(&times), rate, sent, refused, ran_dry: dry })
}
