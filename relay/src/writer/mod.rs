//! The writer: many requests, one commit. A durable commit costs about the same for one alert as for hundreds (four
//! milliseconds on an idle machine), so requests hand their checked alerts to a queue, and whoever writes takes what has
//! gathered, commits it together and only then tells each request that its alerts are on the disk.
//!
//! On SQLite one task writes. On PostgreSQL there are a few, each with schools of its own: every commit ends with the
//! chains of its schools, and two that shared a school would wait for each other. They have a thread to themselves
//! (`thread`). The statements are in `db::intake`; what is let in at all is decided in `limit`.

mod group;
mod queue;
mod size;
mod thread;

pub(crate) use thread::Thread;

use crate::app::App;
use crate::db::intake::Arrival;
use crate::db::scope::{self, Scope};
use crate::error::Error;
use crate::limit::Lane;
use crate::metrics;
use lapwing_core::wire::Refusal;
use queue::{Full, Job, Queue};
use size::Size;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Most tasks that write at once where the engine takes several writers. There are half as many as processors, and two at
/// least, so that one works while the other waits for the disk: more would only make smaller groups, and each group is the
/// same dozen ways to the database and back.
const WRITERS: usize = 4;

/// How long a request waits for its commit, longer than anything should that `queue` lets in. Then it is refused as busy,
/// although it may yet be kept: sent again, it is known.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of one request's alerts.
type Answer = Result<Kept, Failed>;

/// They are on the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// How many of them were not there before.
    pub(crate) new: u64,
    /// Those that can never be kept, while their neighbours could.
    pub(crate) refused: Vec<Refusal>,
    /// Ids of those that a damaged store did not take, while it took their neighbours: the device keeps them and sends them
    /// again.
    pub(crate) left: Vec<String>,
}

/// They are not, or nobody knows. The device sends them again.
#[derive(Debug, Clone)]
enum Failed {
    Busy(String),
    Fault(String),
    Damaged(String),
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Busy(detail) => Self::Busy(detail),
            Failed::Fault(detail) => Self::Internal(detail),
            Failed::Damaged(detail) => Self::Damaged(detail),
        }
    }
}

/// The way to whoever writes.
#[derive(Debug)]
pub(crate) struct Writer {
    queues: Vec<Arc<Queue>>,
}

impl Writer {
    /// A writer; `shared` when the engine takes several at once. Nothing is written before [`start`](Self::start).
    pub(crate) fn new(shared: bool) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let writers = if shared { (processors / 2).clamp(2, WRITERS) } else { 1 };
        Self { queues: (0..writers).map(|_| Arc::default()).collect() }
    }

    /// Starts the tasks that write for `app`, on `thread`.
    pub(crate) fn start(&self, thread: &Thread, app: &Weak<App>) {
        for queue in &self.queues {
            thread.spawn(write(Arc::clone(queue), Weak::clone(app)));
        }
    }

    /// Keeps the alerts of `arrival`. Answers when they are on the disk, and not before. What is in the severe lane
    /// overtakes what is not.
    ///
    /// # Errors
    /// When too much waits, or the database does not take it. Then nothing may be acknowledged.
    pub(crate) async fn keep(&self, arrival: Arrival, lane: Lane) -> Result<Kept, Error> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue(&arrival.school_id)?;
        queue.push(Job { arrival, answer }, lane, Instant::now()).map_err(|Full| {
            metrics::intake("busy");
            Error::Full
        })?;
        // A device that is told nothing would be told by the time limit of all requests that its body was slow.
        let answer = tokio::time::timeout(PATIENCE, answered)
            .await
            .map_err(|_| Error::Busy("the disk did not take what waits in time".into()))?;
        // Without an answer the writer broke off; what it had is not on the disk, or nobody knows.
        let answer = answer.map_err(|_| Error::Internal("the writer broke off".into()))?;
        Ok(answer?)
    }

    /// All alerts of a school go to one writer.
    fn queue(&self, school: &str) -> Result<&Queue, Error> {
        let mut hasher = DefaultHasher::new();
        school.hash(&mut hasher);
        let writers = u64::try_from(self.queues.len()).unwrap_or(1).max(1);
        let index = usize::try_from(hasher.finish() % writers).unwrap_or_default();
        let queue = self.queues.get(index).ok_or_else(|| Error::Internal("there is no writer".into()))?;
        Ok(queue)
    }
}

/// Writes what comes to `queue`, group after group, for as long as the app is there.
async fn write(queue: Arc<Queue>, app: Weak<App>) {
    let mut size = Size::default();
    loop {
        let jobs = queue.take(size.alerts()).await;
        let deep = queue.is_deep();
        let Some(app) = app.upgrade() else { return };
        let alerts = jobs.iter().map(|job| job.arrival.alerts.len()).sum();
        let started = Instant::now();
        // In a task of its own, so that a panic there ends this group and not the writer.
        match tokio::spawn(scope::within(Scope::Relay, group::commit(app, jobs))).await {
            // What failed, however quickly, says nothing about how much can be written.
            Ok(false) => {}
            Ok(true) => {
                size.learn(alerts, started.elapsed(), deep);
                queue.hear_pace(size.pace());
            }
            Err(broken) => {
                tracing::error!(panicked = broken.is_panic(), "a group of alerts could not be written");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Vault;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_too_long_is_told_to_come_again() {
        // Nobody writes.
        let writer = Writer::new(false);
        let vault = Arc::new(Vault::for_tests("oak"));
        let arrival = Arrival {
            school_id: "oak".into(),
            device_id: "d".into(),
            now: 1,
            news: None,
            vault,
            alerts: Vec::new(),
        };
        let refused = writer.keep(arrival, Lane::Bulk).await.unwrap_err();
        assert!(matches!(refused, Error::Busy(_)), "{refused:?}");
    }
}
