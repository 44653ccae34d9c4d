//! A change in the making: a transaction that knows what will be audited. At its end the events are written into their
//! school's hash chain (`linking`), with digests of the rows that were written, and everything is committed together. What
//! an event is, is in `audit`; what a link of the chain is made of, in `proof`.

use super::audit::Event;
use super::catalogue::Engine;
use super::linking::{self, Noted, Pending};
use super::turns::Turn;
use crate::error::Error;
use crate::proof::covers::{Cover, Table};
use sqlx::{Any, AnyConnection, Transaction};
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

/// A change in the making. Dropping it without `commit` undoes it.
pub(crate) struct Tx {
    inner: Transaction<'static, Any>,
    schools: BTreeMap<String, Pending>,
    // Last, so that it outlives the connection's use.
    turn: Turn,
}

impl Tx {
    pub(super) const fn new(inner: Transaction<'static, Any>, turn: Turn) -> Self {
        Self { inner, schools: BTreeMap::new(), turn }
    }

    /// Adds `event` to what this transaction will write into its school's chain. `at` is now, milliseconds.
    pub(crate) fn note(&mut self, event: &Event<'_>, at: i64) {
        let detail = if event.detail.is_null() { "{}".to_owned() } else { event.detail.to_string() };
        self.of(event.school_id.unwrap_or_default()).events.push(Noted {
            at,
            account: event.account_id.map(str::to_owned),
            action: event.action.to_owned(),
            object_kind: event.object_kind.to_owned(),
            object_id: event.object_id.to_owned(),
            detail,
        });
    }

    /// Whether others may write at the same time, so that rows must be held before they are changed.
    pub(super) fn is_shared(&self) -> bool {
        self.engine() == Engine::Postgres
    }

    /// Whose statements these are.
    pub(super) fn engine(&self) -> Engine {
        Engine::of(&self.inner)
    }

    /// Says that the row `id` of `table` was written: the school's last event of this transaction vouches for it.
    pub(crate) fn wrote(&mut self, school: &str, table: Table, id: &str) {
        self.of(school).rows.push((table, id.to_owned()));
    }

    /// The same for many rows whose digests are known already.
    pub(crate) fn wrote_all(&mut self, school: &str, covers: Vec<Cover>) {
        self.of(school).covers.extend(covers);
    }

    /// Writes the audit events into their chains, and commits. Answers when everything is on the disk.
    ///
    /// # Errors
    /// When the database refuses; then nothing of it was done, unless the error is [`Error::InDoubt`]. A change without any
    /// event is refused too: that is a fault of ours, which must not go unnoticed.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        let (engine, schools) = (self.engine(), std::mem::take(&mut self.schools));
        linking::write(&mut self.inner, engine, schools).await?;
        // In a task of its own: whoever awaits this may give up in its midst (a tab that is closed), and then it would be in
        // doubt how it ended.
        let Self { inner, turn, .. } = self;
        let committed = tokio::spawn(async move {
            let committed = inner.commit().await;
            if committed.is_err() {
                turn.is_in_doubt();
            }
            committed
        });
        let committed = committed.await.map_err(Error::internal).and_then(|ended| Ok(ended?));
        committed.map_err(|error| Error::InDoubt(Box::new(error)))
    }

    fn of(&mut self, school: &str) -> &mut Pending {
        self.schools.entry(school.to_owned()).or_default()
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}
