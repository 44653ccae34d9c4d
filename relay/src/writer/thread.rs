//! The writers' thread. A group is a dozen ways to the database and back, and on the threads that serve requests each of these
//! waited for its turn behind every request that had just arrived. Here nothing else is done, so an answer of the database is
//! taken up at once; and the connections that the writers open are heard of here too.

use std::convert::Infallible;
use std::io;
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
}
