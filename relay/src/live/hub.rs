//! The hub of one relay: open pages subscribe to their school, and whoever changes something tells the hub after the
//! commit. What other relays have yet to hear is kept here too, each school once; `bridge` sends it.

use crate::metrics::Present;
use futures_util::{Stream, StreamExt};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, broadcast};
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
    /// Whether there may be other relays.
    shared: bool,
    /// Schools with a change that other relays have not been told of. However many changes: a school is told once.
    untold: Mutex<BTreeSet<String>>,
    more_untold: Notify,
}

impl Live {
    /// A hub; `shared` when other relays may work on the same database.
    pub(crate) fn new(shared: bool) -> Self {
        Self { shared, ..Self::default() }
    }

    /// Tells every open page of `school`, here and on other relays. Call it after the commit, so that who asks again
    /// finds the change.
    pub(crate) fn notify(&self, school: &str, change: Change) {
        self.tell(school, change);
        if self.shared {
            self.owe([school.to_owned()]);
        }
    }

    /// Tells every open page of `school` on this relay: the change was made by another.
    pub(super) fn tell(&self, school: &str, change: Change) {
        let mut schools = locked(&self.schools);
        if schools.get(school).is_some_and(|sender| sender.send(change).is_err()) {
            // The last listener left.
            schools.remove(school);
        }
    }

    /// Tells every open page of every school: something may have changed unheard.
    pub(super) fn tell_everyone(&self) {
        locked(&self.schools).retain(|_, sender| sender.send(Change::Inbox).is_ok());
    }

    /// Remembers that other relays are to be told of these schools.
    pub(super) fn owe(&self, schools: impl IntoIterator<Item = String>) {
        locked(&self.untold).extend(schools);
        self.more_untold.notify_one();
    }

    /// Waits until other relays are to be told of something, and answers of which schools. They count as told.
    pub(super) async fn owed(&self) -> BTreeSet<String> {
        loop {
            let schools = std::mem::take(&mut *locked(&self.untold));
            if !schools.is_empty() {
                return schools;
            }
            self.more_untold.notified().await;
        }
    }

    /// Ends every subscription, so that open pages do not hold up the relay's stop. They come back by themselves.
    pub(crate) fn close(&self) {
        locked(&self.schools).clear();
    }

    /// The changes of `school` from now on. A listener that falls behind is told of a change, so it never misses one.
    pub(crate) fn subscribe(&self, school: &str) -> impl Stream<Item = Change> + Send + use<> {
        let mut schools = locked(&self.schools);
        let sender = schools.entry(school.to_owned()).or_insert_with(|| broadcast::channel(BACKLOG).0);
        let page = Present::page();
        BroadcastStream::new(sender.subscribe()).map(move |change| {
            // Counted for as long as the stream is there.
            let _ = &page;
            change.unwrap_or(Change::Inbox)
        })
    }
}

/// What is behind these locks stays sound whoever panicked: each holder makes one change.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        live.tell_everyone();
        assert_eq!(oak.next().await, Some(Change::Inbox));
        assert_eq!(ash.next().await, Some(Change::Inbox));
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

    #[tokio::test]
    async fn other_relays_are_owed_each_school_once_and_only_for_changes_made_here() {
        let live = Live::new(true);
        for school in ["oak", "ash", "oak", "oak"] {
            live.notify(school, Change::Inbox);
        }
        live.tell("elm", Change::Inbox);
        assert_eq!(live.owed().await, BTreeSet::from(["ash".to_owned(), "oak".to_owned()]));
        assert!(live.owed().now_or_never().is_none(), "told twice");
        live.owe(["oak".to_owned()]);
        assert_eq!(live.owed().await.len(), 1, "what could not be sent is owed again");

        let alone = Live::new(false);
        alone.notify("oak", Change::Inbox);
        assert!(alone.owed().now_or_never().is_none(), "a relay on SQLite has nobody to tell");
    }
}
