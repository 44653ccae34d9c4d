//! A change in the making: a transaction that knows what will be audited. At its end the events are written into their
//! school's hash chain, with digests of the rows that were written, and everything is committed together. What an event
//! is, is in `audit`; what a link of the chain is made of, in `proof`.

use super::audit::Event;
use crate::error::Error;
use crate::proof::chain::Link;
use crate::proof::covers::{self, Column, Cover, Table, Value};
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row as _, Transaction};
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A change in the making. Dropping it without `commit` undoes it.
pub(crate) struct Tx {
    inner: Transaction<'static, Any>,
    doubt: Doubt,
    schools: BTreeMap<String, Pending>,
}

/// Set when a commit failed: then nobody knows what the disk holds of it, and the connection is not used again before that
/// has been settled (`Db::begin`).
pub(super) type Doubt = Arc<AtomicBool>;

/// What one school's chain gets from a transaction.
#[derive(Default)]
struct Pending {
    events: Vec<Noted>,
    rows: Vec<(Table, String)>,
    covers: Vec<Cover>,
}

/// An event that waits for its place in the chain.
struct Noted {
    at: i64,
    account: Option<String>,
    action: String,
    object_kind: String,
    object_id: String,
    detail: String,
}

impl Tx {
    pub(super) const fn new(inner: Transaction<'static, Any>, doubt: Doubt) -> Self {
        Self { inner, doubt, schools: BTreeMap::new() }
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
        self.inner.backend_name() == "PostgreSQL"
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
    /// When the database refuses; then nothing of it was done. A change without any event is refused too: that is a
    /// fault of ours, which must not go unnoticed.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        // In the order of their names, so that two transactions never wait for each other in a circle.
        for (school, pending) in std::mem::take(&mut self.schools) {
            chain(&mut self.inner, &school, pending).await?;
        }
        if let Err(error) = self.inner.commit().await {
            self.doubt.store(true, Ordering::Release);
            return Err(error.into());
        }
        Ok(())
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

async fn chain(db: &mut AnyConnection, school: &str, pending: Pending) -> Result<(), Error> {
    let Pending { mut events, rows, mut covers } = pending;
    let Some(last) = events.pop() else {
        return Err(Error::Internal("rows were written without an audit event; nothing was saved".into()));
    };
    for (table, id) in rows {
        // Written twice in one transaction, it is vouched for as it stands at the end.
        if !covers.iter().any(|cover| cover.table == table && cover.id == id) {
            covers.push(cover(db, school, table, &id).await?);
        }
    }
    let vouched = covers::encode(&covers);
    let count = i64::try_from(events.len() + 1).map_err(Error::internal)?;
    let (mut seq, mut hash) = claim(db, school, count).await?;
    for (event, vouched) in
        events.iter().map(|event| (event, [].as_slice())).chain([(&last, vouched.as_slice())])
    {
        seq += 1;
        let link = Link {
            school,
            seq,
            at: event.at,
            account: event.account.as_deref(),
            action: &event.action,
            object_kind: &event.object_kind,
            object_id: &event.object_id,
            detail: &event.detail,
            covers: vouched,
        };
        hash = link.hash(&hash);
        insert(db, &link, &hash).await?;
    }
    sqlx::query("update chain_head set hash = $1 where school_id = $2")
        .bind(hash)
        .bind(school.to_owned())
        .execute(&mut *db)
        .await?;
    Ok(())
}

/// Takes the next `count` numbers of the school's chain; answers the last number and hash before them. The row is locked
/// until the transaction ends.
async fn claim(db: &mut AnyConnection, school: &str, count: i64) -> Result<(i64, Vec<u8>), Error> {
    loop {
        let row =
            sqlx::query("update chain_head set seq = seq + $1 where school_id = $2 returning seq, hash")
                .bind(count)
                .bind(school.to_owned())
                .fetch_optional(&mut *db)
                .await?;
        if let Some(row) = row {
            return Ok((row.try_get::<i64, _>("seq")? - count, row.try_get("hash")?));
        }
        sqlx::query(
            "insert into chain_head (school_id, seq, hash) values ($1, 0, $2) on conflict do nothing",
        )
        .bind(school.to_owned())
        .bind(Vec::<u8>::new())
        .execute(&mut *db)
        .await?;
    }
}

async fn insert(db: &mut AnyConnection, link: &Link<'_>, hash: &[u8]) -> Result<(), Error> {
    sqlx::query(
        "insert into audit_event (school_id, seq, at, account_id, action, object_kind, object_id, detail, covers, hash) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(link.school.to_owned())
    .bind(link.seq)
    .bind(link.at)
    .bind(link.account.map(str::to_owned))
    .bind(link.action.to_owned())
    .bind(link.object_kind.to_owned())
    .bind(link.object_id.to_owned())
    .bind(link.detail.to_owned())
    .bind(link.covers.to_vec())
    .bind(hash.to_vec())
    .execute(&mut *db)
    .await?;
    Ok(())
}

async fn cover(db: &mut AnyConnection, school: &str, table: Table, id: &str) -> Result<Cover, Error> {
    let sql = format!("select {} from {} where school_id = $1 and id = $2", columns(table), table.name);
    let row =
        sqlx::query(AssertSqlSafe(sql)).bind(school.to_owned()).bind(id.to_owned()).fetch_one(db).await?;
    Ok(Cover { table, id: id.to_owned(), digest: row_digest(&row, table)? })
}

/// The columns of `table` that are vouched for, for a `select`.
pub(crate) fn columns(table: Table) -> String {
    table.columns.iter().map(|column| column.name()).collect::<Vec<_>>().join(", ")
}

/// The digest of a row that was read with [`columns`].
pub(crate) fn row_digest(row: &AnyRow, table: Table) -> Result<[u8; 32], sqlx::Error> {
    enum Owned {
        Text(Option<String>),
        Number(Option<i64>),
        Bytes(Option<Vec<u8>>),
    }
    let values = table
        .columns
        .iter()
        .map(|column| {
            Ok(match column {
                Column::Text(name) => Owned::Text(row.try_get(name)?),
                Column::Number(name) => Owned::Number(row.try_get(name)?),
                Column::Bytes(name) => Owned::Bytes(row.try_get(name)?),
            })
        })
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    let values: Vec<Value<'_>> = values
        .iter()
        .map(|value| match value {
            Owned::Text(Some(text)) => Value::Text(text),
            Owned::Number(Some(number)) => Value::Number(*number),
            Owned::Bytes(Some(bytes)) => Value::Bytes(bytes),
            Owned::Text(None) | Owned::Number(None) | Owned::Bytes(None) => Value::Null,
        })
        .collect();
    Ok(covers::digest(table, &values))
}
