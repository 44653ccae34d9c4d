//! Devices that behave as the extension does: what was made is kept and sent again until the relay has acknowledged it,
//! over a new connection when the old one broke. Only one thing differs: they ask again within half a second even when
//! the relay asks for more time, so that the moment of its recovery is seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::Ledger;
use crate::load::drive::acknowledged;
use crate::load::machine::now;
use crate::load::{Alerts, Device, Dial, Fleet, Line, Protocol};

/// How soon a device asks again, at most.
const PATIENCE: Duration = Duration::from_millis(500);
/// Pause after a broken connection.
const PAUSE: Duration = Duration::from_millis(10);
/// In this time everything that is still to be sent must be acknowledged at the end.
const END: Duration = Duration::from_secs(90);

/// Devices at work.
pub struct Traffic {
    /// What they were told.
    pub ledger: Arc<Ledger>,
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<Result<()>>>,
}

impl Traffic {
    /// Every device of the fleet starts sending.
    #[must_use]
    pub fn start(dial: &Dial, fleet: &Fleet, seed: u64) -> Self {
        let ledger = Arc::new(Ledger::default());
        let stop = Arc::new(AtomicBool::new(false));
        let workers = fleet.devices.iter().zip(0_u64..).map(|(device, number)| {
            let sender = Sender {
                device: Arc::clone(device),
                dial: dial.clone(),
                ledger: Arc::clone(&ledger),
                line: None,
            };
            let random = fastrand::Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number));
            tokio::spawn(sender.work(random, Arc::clone(&stop)))
        });
        let workers = workers.collect();
        Self { ledger, stop, workers }
    }

    /// Waits until `more` alerts have been acknowledged from now on.
    ///
    /// # Errors
    /// When that takes longer than `limit`.
    pub async fn acknowledges(&self, more: usize, limit: Duration) -> Result<()> {
        let (from, end) = (self.ledger.count(), Instant::now() + limit);
        while self.ledger.count() < from + more {
            if Instant::now() > end {
                bail!(
                    "{} of {more} alerts were acknowledged within {} s; other answers so far: {:?}, none at all: {}",
                    self.ledger.count() - from,
                    limit.as_secs(),
                    self.ledger.statuses(),
                    self.ledger.unanswered()
                );
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Lets every device deliver what it has made, and no more; answers the ledger.
    ///
    /// # Errors
    /// When the relay does not take it.
    pub async fn finish(self) -> Result<Arc<Ledger>> {
        self.stop.store(true, Ordering::Relaxed);
        for worker in self.workers {
            let done = tokio::time::timeout(END, worker).await;
            done.context("a device could not deliver what it had")?.context("a device ended early")??;
        }
        Ok(self.ledger)
    }
}

struct Sender {
    device: Arc<Device>,
    dial: Dial,
    ledger: Arc<Ledger>,
    line: Option<Line>,
}

impl Sender {
    async fn work(mut self, mut random: fastrand::Rng, stop: Arc<AtomicBool>) -> Result<()> {
        let mut alerts = Alerts::new(random.u64(..));
        while !stop.load(Ordering::Relaxed) {
            // Mostly one, as pupils type; now and then what has gathered.
            let count = if random.u8(..4) > 0 { 1 } else { random.usize(2..8) };
            let batch = alerts.many(&self.device.account, count);
            let ids: Vec<String> = batch.iter().map(|alert| alert.id.clone()).collect();
            let message = self.device.batch(batch)?;
            loop {
                let sent = now();
                let pause = match self.try_once(&message).await {
                    Ok(reply) if reply.status == 200 => {
                        let known = acknowledged(&reply)?;
                        if known.len() != ids.len() {
                            bail!("{} of {} alerts were acknowledged", known.len(), ids.len());
                        }
                        self.ledger.acknowledge(&known, sent, now());
                        break;
                    }
                    Ok(reply) => {
                        self.ledger.refuse(reply.status);
                        reply.retry_after.unwrap_or(PAUSE).min(PATIENCE)
                    }
                    Err(_) => {
                        self.line = None;
                        self.ledger.miss();
                        PAUSE
                    }
                };
                sleep(pause).await;
            }
        }
        Ok(())
    }

    async fn try_once(&mut self, message: &crate::load::Message) -> Result<crate::load::Reply> {
        if self.line.is_none() {
            self.line = Some(self.dial.line(Protocol::Http1, self.device.from).await?);
        }
        self.line.as_mut().context("a line was just opened")?.send(message).await
    }
}
