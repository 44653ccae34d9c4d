//! The writers' thread. A group is a dozen ways to the database and back, and on the threads that serve requests each of these
//! waited for its turn behind every request that had just arrived. Here nothing else is done, so an answer of the database is
//! taken up at once; and the connections that the writers open are heard of here too.

use std::convert::Infallible;
use std::io;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A thread that runs tasks until this is dropped. Those that have not ended then end where they wait.
#[derive(Debug)]
pub(crate) struct Thread {
    tasks: Handle,
    // Nothing is ever sent: what counts is that it is there.
    _keep: oneshot::Sender<Infallible>,
}

impl Thread {
    /// Starts it.
    ///
    /// # Errors
    /// When the operating system gives no thread, or nothing to wait for connections with.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let tasks = runtime.handle().clone();
        let (keep, kept) = oneshot::channel::<Infallible>();
        std::thread::Builder::new().name("intake".into()).spawn(move || {
            // An error: whoever keeps the thread let it go.
            let _ = runtime.block_on(kept);
        })?;
        Ok(Self { tasks, _keep: keep })
    }

    /// Runs `task`.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// What `task` comes to here; none when it takes longer than `patience`, or nothing runs here any more.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.spawn(async move {
            if let Ok(outcome) = tokio::time::timeout(patience, task).await {
                // Who asked may have gone.
                let _ = answer.send(outcome);
            }
        });
        // Here too: a thread that is stuck ends no task.
        tokio::time::timeout(patience, answered).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn tasks_run_on_a_thread_of_their_own_and_end_with_it() {
        let writers = Thread::start().unwrap();
        let (say, mut said) = mpsc::unbounded_channel();
        writers.spawn(async move {
            say.send(thread::current().id()).unwrap();
            std::future::pending::<()>().await;
        });
        assert_ne!(said.recv().await, Some(thread::current().id()));
        drop(writers);
        assert_eq!(said.recv().await, None, "the task, and with it the channel's other end, is still there");
    }

    #[tokio::test]
    async fn whoever_asks_is_answered_or_told_that_there_is_no_answer() {
        let writers = Thread::start().unwrap();
        let long = Duration::from_secs(60);
        assert_eq!(writers.ask(long, async { 7 }).await, Some(7));
        assert_eq!(writers.ask(Duration::from_millis(20), std::future::pending::<()>()).await, None);
        let Thread { tasks, _keep } = Thread::start().unwrap();
        drop(_keep);
        let (other, _kept) = oneshot::channel();
        let ended = Thread { tasks, _keep: other };
        // Its thread ends by and by; a task that is given to it until then ends with it.
        assert_eq!(ended.ask(long, std::future::pending::<()>()).await, None);
    }
}
