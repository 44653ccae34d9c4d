//! The hub of one relay: open pages subscribe to their school, and whoever changes something tells the hub after the
//! commit. What other relays have yet to hear is kept here too, each school once; `bridge` sends it.

use crate::db::known_devices::KnownDevices;
use crate::metrics::Present;
use futures_util::{Stream, StreamExt};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// What other relays are told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    /// Something changed in the school with this id.
    School(String),
    /// The device with this id is no longer what it was.
    Device(String),
}

/// The hub. One for the whole process.
#[derive(Debug, Default)]
pub(crate) struct Live {
    schools: Mutex<HashMap<String, broadcast::Sender<Change>>>,
    devices: Arc<KnownDevices>,
    /// Whether there may be other relays.
    shared: bool,
    /// What other relays have not been told. However many changes: each school is named once.
    untold: Mutex<BTreeSet<Word>>,
    more_untold: Notify,
}

impl Live {
    /// A hub, which drops changed devices from `devices`; `shared` when other relays may work on the same database.
    pub(crate) fn new(shared: bool, devices: Arc<KnownDevices>) -> Self {
        Self { shared, devices, ..Self::default() }
    }

    /// Tells every open page of `school`, here and on other relays. Call it after the commit, so that who asks again
    /// finds the change.
    pub(crate) fn notify(&self, school: &str, change: Change) {
        self.tell(school, change);
        if self.shared {
            self.owe([Word::School(school.to_owned())]);
        }
    }

    /// Makes this relay and every other ask the database for a device again. Call it after the commit of what changed it.
    pub(crate) fn device_changed(&self, id: &str) {
        self.devices.forget(id);
        if self.shared {
            self.owe([Word::Device(id.to_owned())]);
        }
    }

    /// What another relay said.
    pub(super) fn hear(&self, word: &Word) {
        match word {
            Word::School(id) => self.tell(id, Change::Inbox),
            Word::Device(id) => self.devices.forget(id),
        }
    }

    fn tell(&self, school: &str, change: Change) {
        let mut schools = locked(&self.schools);
        if schools.get(school).is_some_and(|sender| sender.send(change).is_err()) {
            // The last listener left.
            schools.remove(school);
        }
    }

    /// Tells every open page of every school, and forgets every device: something may have changed unheard.
    pub(super) fn tell_everyone(&self) {
        self.devices.forget_all();
        locked(&self.schools).retain(|_, sender| sender.send(Change::Inbox).is_ok());
    }

    /// Remembers what other relays are to be told.
    pub(super) fn owe(&self, words: impl IntoIterator<Item = Word>) {
        locked(&self.untold).extend(words);
        self.more_untold.notify_one();
    }

    /// Waits until other relays are to be told something, and answers what. It counts as told.
    pub(super) async fn owed(&self) -> BTreeSet<Word> {
        loop {
            let words = std::mem::take(&mut *locked(&self.untold));
            if !words.is_empty() {
                return words;
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
        let live = Live::new(true, Arc::default());
        for school in ["oak", "ash", "oak", "oak"] {
            live.notify(school, Change::Inbox);
        }
        live.device_changed("d");
        live.hear(&Word::School("elm".into()));
        live.hear(&Word::Device("e".into()));
        let owed = live.owed().await;
        assert_eq!(
            owed,
            BTreeSet::from([
                Word::School("ash".into()),
                Word::School("oak".into()),
                Word::Device("d".into())
            ])
        );
        assert!(live.owed().now_or_never().is_none(), "told twice");
        live.owe(owed);
        assert_eq!(live.owed().await.len(), 3, "what could not be sent is owed again");

        let alone = Live::default();
        alone.notify("oak", Change::Inbox);
        alone.device_changed("d");
        assert!(alone.owed().now_or_never().is_none(), "a relay on SQLite has nobody to tell");
    }
}
