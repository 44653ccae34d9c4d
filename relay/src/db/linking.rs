//! Writes a transaction's audit events into the chains of their schools, each with digests of the rows that it vouches
//! for. However many schools a group of alerts is from, it is a few statements: each costs a way to the database and back,
//! and all other writers of these schools wait for them. What a link is made of is in `proof::chain`; how chains are read
//! again, in `chain`.

use super::catalogue::Engine;
use super::many::Many;
use crate::error::Error;
use crate::proof::chain::Link;
use crate::proof::covers::{self, Column, Cover, Table, Value};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::{BTreeMap, HashMap};

/// What one school's chain gets from a transaction.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) events: Vec<Noted>,
    pub(super) rows: Vec<(Table, String)>,
    pub(super) covers: Vec<Cover>,
}

/// An event that waits for its place in the chain.
pub(super) struct Noted {
    pub(super) at: i64,
    pub(super) account: Option<String>,
    pub(super) action: String,
    pub(super) object_kind: String,
    pub(super) object_id: String,
    pub(super) detail: String,
}

/// The last number and hash of each chain.
type Ends = HashMap<String, (i64, Vec<u8>)>;

static CLAIM: Many = Many::new(
    "update chain_head set seq = seq + v.column2 from (",
    2,
    ") v where school_id = v.column1 returning school_id, seq, hash",
);

// Rows are locked in the order of their names, so that two transactions never wait for each other in a circle.
static CLAIM_SHARED: Many = Many::new(
    "update chain_head set seq = chain_head.seq + v.count from (select h.school_id, w.column2 as count from (",
    2,
    ") w join chain_head h on h.school_id = w.column1 order by h.school_id || '' for no key update of h) v \
     where chain_head.school_id = v.school_id returning chain_head.school_id, chain_head.seq, chain_head.hash",
);

static BEGIN: Many =
    Many::new("insert into chain_head (school_id, seq, hash) ", 3, " on conflict (school_id) do nothing");

static INSERT: Many = Many::new(
    "insert into audit_event (school_id, seq, at, account_id, action, object_kind, object_id, detail, covers, hash) ",
    10,
    "",
);

static MOVE: Many = Many::new(
    "update chain_head set hash = v.column2 from (",
    2,
    ") v where chain_head.school_id = v.column1",
);

/// A link on its way into the database.
struct Written<'a> {
    link: Link<'a>,
    hash: Vec<u8>,
}

/// Writes what each school's chain gets. The chains stay locked until the transaction ends.
///
/// # Errors
/// When the database refuses, or rows were written of which no event tells.
pub(super) async fn write(
    db: &mut AnyConnection,
    engine: Engine,
    mut schools: BTreeMap<String, Pending>,
) -> Result<(), Error> {
    let mut vouched = BTreeMap::new();
    for (school, pending) in &mut schools {
        if pending.events.is_empty() {
            return Err(Error::Internal(
                "rows were written without an audit event; nothing was saved".into(),
            ));
        }
        for (table, id) in std::mem::take(&mut pending.rows) {
            // Written twice in one transaction, it is vouched for as it stands at the end.
            if !pending.covers.iter().any(|cover| cover.table == table && cover.id == id) {
                pending.covers.push(cover(db, school, table, &id).await?);
            }
        }
        vouched.insert(school.clone(), covers::encode(&pending.covers));
    }
    let ends = claim(db, engine, &schools).await?;
    let mut written = Vec::new();
    let mut moved: Vec<(&str, Vec<u8>)> = Vec::new();
    for (school, pending) in &schools {
        let (mut seq, mut hash) = ends.get(school).cloned().unwrap_or_default();
        let last = pending.events.len().saturating_sub(1);
        for (place, event) in pending.events.iter().enumerate() {
            seq += 1;
            // The last event of a transaction vouches for all its rows.
            let covers = vouched.get(school).filter(|_| place == last).map_or(&[][..], Vec::as_slice);
            let link = event.link(school, seq, covers);
            hash = link.hash(&hash);
            written.push(Written { link, hash: hash.clone() });
        }
        moved.push((school, hash));
    }
    INSERT.insert(&mut *db, &written, |query, row| row.bind(query)).await?;
    for statement in
        MOVE.over(engine, &moved, |query, (school, hash)| query.bind((*school).to_owned()).bind(hash.clone()))
    {
        statement.execute(&mut *db).await?;
    }
    Ok(())
}

/// Takes the next numbers of each school's chain; answers the last number and hash before them.
async fn claim(
    db: &mut AnyConnection,
    engine: Engine,
    schools: &BTreeMap<String, Pending>,
) -> Result<Ends, Error> {
    let mut wanted = schools
        .iter()
        .map(|(school, pending)| Ok((school.as_str(), i64::try_from(pending.events.len())?)))
        .collect::<Result<Vec<_>, std::num::TryFromIntError>>()
        .map_err(Error::internal)?;
    let statement = if engine == Engine::Postgres { &CLAIM_SHARED } else { &CLAIM };
    let mut ends = Ends::new();
    while !wanted.is_empty() {
        for query in statement
            .over(engine, &wanted, |query, (school, count)| query.bind((*school).to_owned()).bind(*count))
        {
            for row in query.fetch_all(&mut *db).await? {
                ends.insert(row.try_get("school_id")?, (row.try_get("seq")?, row.try_get("hash")?));
            }
        }
        wanted.retain(|(school, _)| !ends.contains_key(*school));
        for query in BEGIN.over(engine, &wanted, |query, (school, _)| {
            query.bind((*school).to_owned()).bind(0_i64).bind(Vec::<u8>::new())
        }) {
            query.execute(&mut *db).await?;
        }
    }
    for (school, (seq, _)) in &mut ends {
        let count = schools.get(school).map_or(0, |pending| pending.events.len());
        *seq -= i64::try_from(count).map_err(Error::internal)?;
    }
    Ok(ends)
}

impl Noted {
    fn link<'a>(&'a self, school: &'a str, seq: i64, covers: &'a [u8]) -> Link<'a> {
        Link {
            school,
            seq,
            at: self.at,
            account: self.account.as_deref(),
            action: &self.action,
            object_kind: &self.object_kind,
            object_id: &self.object_id,
            detail: &self.detail,
            covers,
        }
    }
}

impl Written<'_> {
    fn bind(&self, query: super::many::Bound) -> super::many::Bound {
        let link = &self.link;
        query
            .bind(link.school.to_owned())
            .bind(link.seq)
            .bind(link.at)
            .bind(link.account.map(str::to_owned))
            .bind(link.action.to_owned())
            .bind(link.object_kind.to_owned())
            .bind(link.object_id.to_owned())
            .bind(link.detail.to_owned())
            .bind(link.covers.to_vec())
            .bind(self.hash.clone())
    }
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
