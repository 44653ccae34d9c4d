//! The audit chain and the rows that it vouches for, as verification and anchoring read them. How links are written is in
//! `tx`.

use super::linking::{columns, row_digest};
use crate::error::Error;
use crate::proof::Table;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::HashMap;

/// Where a chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The school, or ''.
    pub(crate) school: String,
    /// The number of the last link.
    pub(crate) seq: i64,
    /// Its hash.
    pub(crate) hash: Vec<u8>,
}

/// A link as stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// Its number.
    pub(crate) seq: i64,
    /// When, milliseconds.
    pub(crate) at: i64,
    /// Who.
    pub(crate) account: Option<String>,
    /// What they did.
    pub(crate) action: String,
    /// To what kind of thing.
    pub(crate) object_kind: String,
    /// To which.
    pub(crate) object_id: String,
    /// JSON.
    pub(crate) detail: String,
    /// The rows that it vouches for.
    pub(crate) covers: Vec<u8>,
    /// Its hash.
    pub(crate) hash: Vec<u8>,
}

/// Every chain's end, by school.
pub(crate) async fn heads(db: &mut AnyConnection) -> Result<Vec<Head>, Error> {
    sqlx::query("select school_id, seq, hash from chain_head order by school_id")
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            Ok(Head {
                school: row.try_get("school_id")?,
                seq: row.try_get("seq")?,
                hash: row.try_get("hash")?,
            })
        })
        .collect()
}

/// Schools that have events without having a chain's end: somebody deleted it.
pub(crate) async fn headless(db: &mut AnyConnection) -> Result<Vec<String>, Error> {
    sqlx::query(
        "select distinct e.school_id from audit_event e left join chain_head h on h.school_id = e.school_id \
         where h.school_id is null order by e.school_id",
    )
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| Ok(row.try_get("school_id")?))
    .collect()
}

/// Whether a value has another type than its column: the relay never writes one, so somebody else did.
fn is_foreign(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::AnyDriverError(_)
    )
}

/// The next links of a chain after number `after`, at most `most`. One that cannot be read comes with an empty hash, which
/// fits nothing.
pub(crate) async fn links(
    db: &mut AnyConnection,
    school: &str,
    after: i64,
    most: i64,
) -> Result<Vec<Stored>, Error> {
    match some_links(db, school, after, most).await {
        Err(error) if is_foreign(&error) && most == 1 => Ok(vec![Stored::unreadable(after + 1)]),
        // One of them cannot be read: the first alone tells whether it is that one.
        Err(error) if is_foreign(&error) => Box::pin(links(db, school, after, 1)).await,
        other => Ok(other?),
    }
}

async fn some_links(
    db: &mut AnyConnection,
    school: &str,
    after: i64,
    most: i64,
) -> Result<Vec<Stored>, sqlx::Error> {
    sqlx::query(
        "select seq, at, account_id, action, object_kind, object_id, detail, covers, hash from audit_event \
         where school_id = $1 and seq > $2 order by seq limit $3",
    )
    .bind(school.to_owned())
    .bind(after)
    .bind(most)
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| {
        Ok(Stored {
            seq: row.try_get("seq")?,
            at: row.try_get("at")?,
            account: row.try_get("account_id")?,
            action: row.try_get("action")?,
            object_kind: row.try_get("object_kind")?,
            object_id: row.try_get("object_id")?,
            detail: row.try_get("detail")?,
            covers: row.try_get("covers")?,
            hash: row.try_get("hash")?,
        })
    })
    .collect()
}

impl Stored {
    fn unreadable(seq: i64) -> Self {
        Self {
            seq,
            at: 0,
            account: None,
            action: String::new(),
            object_kind: String::new(),
            object_id: String::new(),
            detail: String::new(),
            covers: Vec::new(),
            hash: Vec::new(),
        }
    }
}

/// The digests of the rows of `table` with these ids, as they are now. A row that cannot be read has a digest that fits
/// nothing.
pub(crate) async fn digests(
    db: &mut AnyConnection,
    school: &str,
    table: Table,
    ids: &[&str],
) -> Result<HashMap<String, [u8; 32]>, Error> {
    match some_digests(db, school, table, ids).await {
        Err(error) if is_foreign(&error) => {
            let mut all = HashMap::new();
            for &id in ids {
                match some_digests(db, school, table, &[id]).await {
                    Err(error) if is_foreign(&error) => {
                        all.insert(id.to_owned(), [0; 32]);
                    }
                    other => all.extend(other?),
                }
            }
            Ok(all)
        }
        other => Ok(other?),
    }
}

async fn some_digests(
    db: &mut AnyConnection,
    school: &str,
    table: Table,
    ids: &[&str],
) -> Result<HashMap<String, [u8; 32]>, sqlx::Error> {
    let places = (2..ids.len() + 2).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let sql =
        format!("select {} from {} where school_id = $1 and id in ({places})", columns(table), table.name);
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(school.to_owned());
    for &id in ids {
        query = query.bind(id.to_owned());
    }
    query.fetch_all(db).await?.iter().map(|row| Ok((row.try_get("id")?, row_digest(row, table)?))).collect()
}

/// How many rows of `table` the school has.
pub(crate) async fn count(db: &mut AnyConnection, school: &str, table: Table) -> Result<i64, Error> {
    let sql = format!("select count(*) as n from {} where school_id = $1", table.name);
    let row = sqlx::query(AssertSqlSafe(sql)).bind(school.to_owned()).fetch_one(db).await?;
    Ok(row.try_get("n")?)
}

/// The next ids of `table` after `after`, at most `most`.
pub(crate) async fn ids(
    db: &mut AnyConnection,
    school: &str,
    table: Table,
    (after, most): (&str, i64),
) -> Result<Vec<String>, Error> {
    let sql = format!("select id from {} where school_id = $1 and id > $2 order by id limit $3", table.name);
    sqlx::query(AssertSqlSafe(sql))
        .bind(school.to_owned())
        .bind(after.to_owned())
        .bind(most)
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| Ok(row.try_get("id")?))
        .collect()
}

/// The schools that rows of `table` belong to and that have no chain at all: nobody vouches for these rows.
pub(crate) async fn unchained(db: &mut AnyConnection, table: Table) -> Result<Vec<String>, Error> {
    let sql = format!(
        "select distinct t.school_id from {} t left join chain_head h on h.school_id = t.school_id \
         where h.school_id is null order by t.school_id",
        table.name
    );
    sqlx::query(AssertSqlSafe(sql))
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| Ok(row.try_get("school_id")?))
        .collect()
}
