//! News for open pages: who waits for changes in which school. It says that something changed, never what: a page that
//! hears it asks again, through the same checks as the first time. How it reaches a browser is in `web::inbox`.

use crate::metrics::Present;
use futures_util::{Stream, StreamExt};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// How many changes a slow listener may miss before it is only told that there were some.
const BACKLOG: usize = 16;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Something that waits in the inbox, or somebody who took it.
    Inbox,
}

/// The hub. One for the whole process.
#[derive(Debug, Default)]
pub(crate) struct Live {
    schools: Mutex<HashMap<String, broadcast::Sender<Change>>>,
}

impl Live {
    /// Tells every open page of `school`. Call it after the commit, so that who asks again finds the change.
    pub(crate) fn notify(&self, school: &str, change: Change) {
        let mut schools = self.schools.lock().unwrap_or_else(PoisonError::into_inner);
        if schools.get(school).is_some_and(|sender| sender.send(change).is_err()) {
            // The last listener left.
            schools.remove(school);
        }
    }

    /// Ends every subscription, so that open pages do not hold up the relay's stop. They come back by themselves.
    pub(crate) fn close(&self) {
        self.schools.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The changes of `school` from now on. A listener that falls behind is told of a change, so it never misses one.
    pub(crate) fn subscribe(&self, school: &str) -> impl Stream<Item = Change> + Send + use<> {
        let mut schools = self.schools.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = schools.entry(school.to_owned()).or_insert_with(|| broadcast::channel(BACKLOG).0);
        let page = Present::page();
        BroadcastStream::new(sender.subscribe()).map(move |change| {
            // Counted for as long as the stream is there.
            let _ = &page;
            change.unwrap_or(Change::Inbox)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn each_school_hears_only_of_itself() {
        let live = Live::default();
        let mut oak = Box::pin(live.subscribe("oak"));
        let mut ash = Box::pin(live.subscribe("ash"));
        live.notify("oak", Change::Inbox);
        assert_eq!(oak.next().await, Some(Change::Inbox));
        assert!(ash.next().now_or_never().is_none(), "a change of another school was heard");
    }

    #[tokio::test]
    async fn closing_ends_the_subscriptions() {
        let live = Live::default();
        let mut oak = Box::pin(live.subscribe("oak"));
        live.close();
        assert_eq!(oak.next().await, None);
    }

    #[tokio::test]
    async fn a_slow_listener_still_hears_that_something_changed() {
        let live = Live::default();
        let mut slow = Box::pin(live.subscribe("oak"));
        for _ in 0..BACKLOG * 3 {
            live.notify("oak", Change::Inbox);
        }
        assert_eq!(slow.next().await, Some(Change::Inbox));
    }
}
