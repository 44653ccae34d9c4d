//! Wrapped keys: the relay's, the schools', people's and records'. What they wrap and how is decided in `seal`; nothing
//! here ever sees a key itself.

use super::Tx;
use super::catalogue::Engine;
use super::many::Many;
use crate::error::Error;
use crate::seal::{Lost, Object, Opener, Vault, Wrapped};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};
use std::collections::BTreeSet;

static ALIVE: Many = Many::new(
    "select k.id from (",
    2,
    ") v cross join sealing_key k where k.school_id = v.column1 and k.id = v.column2 and k.wrapped is not null",
);

/// A weaker lock would not wait for a change of `wrapped`. SQLite has one writer, so there nothing need be held.
static HELD: Many = Many::new(
    "select k.id from (",
    2,
    ") v cross join sealing_key k where k.school_id = v.column1 and k.id = v.column2 and k.wrapped is not null for share of k",
);

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Wraps a school's other keys; itself wrapped by the master key.
    School,
    /// Hashes the words, names and accounts of a school.
    Search,
    /// A person's: wraps the keys of the records that concern them, and seals their name.
    Person,
    /// Seals backups; itself wrapped by the master key.
    Backup,
}

impl Kind {
    /// As stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::Search => "search",
            Self::Person => "person",
            Self::Backup => "backup",
        }
    }

    fn read(text: &str) -> Result<Self, Error> {
        [Self::School, Self::Search, Self::Person, Self::Backup]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::Internal(format!("a key is stored as of the kind “{text}”, which is none")))
    }
}

/// A wrapped key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRow {
    /// The key's id.
    pub(crate) id: String,
    /// What it is for.
    pub(crate) kind: Kind,
    /// The master key's fingerprint, or the id of the school's key.
    pub(crate) under: String,
    /// Its wrapped bytes.
    pub(crate) wrapped: Vec<u8>,
}

/// A key from its columns.
pub(super) fn key_row(row: &AnyRow) -> Result<KeyRow, Error> {
    Ok(KeyRow {
        id: row.try_get("id")?,
        kind: Kind::read(&row.try_get::<String, _>("kind")?)?,
        under: row.try_get("under")?,
        wrapped: row.try_get("wrapped")?,
    })
}

/// The school's own keys and its search key: the newest first, but those that still wait last.
pub(crate) async fn of_school<'c>(db: impl AnyExecutor<'c>, school: &str) -> Result<Vec<KeyRow>, Error> {
    sqlx::query(
        "select id, kind, under, wrapped from sealing_key where school_id = $1 and kind in ('school', 'search') \
         and wrapped is not null order by waits, created_at desc, id desc",
    )
    .bind(school.to_owned())
    .fetch_all(db)
    .await?
    .iter()
    .map(key_row)
    .collect()
}

/// Whether there are any keys that something hangs from.
pub(crate) async fn are_there<'c>(db: impl AnyExecutor<'c>) -> Result<bool, Error> {
    let row = sqlx::query("select 1 as one from sealing_key where wrapped is not null limit 1");
    Ok(row.fetch_optional(db).await?.is_some())
}

/// The newest key of backups.
pub(crate) async fn newest_backup(tx: &mut Tx) -> Result<Option<KeyRow>, Error> {
    let row = sqlx::query(
        "select id, kind, under, wrapped from sealing_key where kind = 'backup' and wrapped is not null \
         order by created_at desc, id desc limit 1",
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(key_row).transpose()
}

/// Makes other writers of this school's keys wait until `tx` ends.
pub(crate) async fn lock(tx: &mut Tx, school: &str) -> Result<(), Error> {
    sqlx::query("update school set name = name where id = $1")
        .bind(school.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Makes sure that these keys, as school and id, are still there, and stay so until `tx` ends. Whoever wraps something calls
/// it before that is stored: work that waited longer than a change of keys lasts would otherwise hang from a key that was
/// destroyed meanwhile, and nobody could ever open it.
///
/// # Errors
/// [`Error::Busy`] when one was destroyed: what was wrapped with it must be wrapped anew.
pub(crate) async fn hold<'k>(
    tx: &mut Tx,
    keys: impl Iterator<Item = (&'k str, &'k str)>,
) -> Result<(), Error> {
    let wanted: Vec<(&str, &str)> = keys.collect::<BTreeSet<_>>().into_iter().collect();
    let engine = tx.engine();
    let statement = if engine == Engine::Sqlite { &ALIVE } else { &HELD };
    let mut there: BTreeSet<String> = BTreeSet::new();
    for query in statement
        .over(engine, &wanted, |query, (school, id)| query.bind((*school).to_owned()).bind((*id).to_owned()))
    {
        for row in query.fetch_all(&mut **tx).await? {
            there.insert(row.try_get("id")?);
        }
    }
    if wanted.iter().all(|(_, id)| there.contains(*id)) {
        return Ok(());
    }
    Err(Error::Busy("a key was destroyed while something that it wraps waited to be stored".into()))
}

/// Adds a key.
pub(crate) async fn insert(tx: &mut Tx, school: Option<&str>, row: &KeyRow, now: i64) -> Result<(), Error> {
    if let Some(school) = school.filter(|_| row.kind == Kind::Person) {
        hold(tx, [(school, row.under.as_str())].into_iter()).await?;
    }
    sqlx::query(
        "insert into sealing_key (id, school_id, kind, under, wrapped, created_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(row.id.clone())
    .bind(school.map(str::to_owned))
    .bind(row.kind.as_str())
    .bind(row.under.clone())
    .bind(row.wrapped.clone())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds a way to a record's key.
pub(crate) async fn wrap_record(
    tx: &mut Tx,
    school: &str,
    (object, id): (Object, &str),
    wrapped: &Wrapped,
) -> Result<(), Error> {
    hold(tx, [(school, wrapped.under.as_str())].into_iter()).await?;
    sqlx::query(
        "insert into record_key (school_id, object_kind, object_id, under, wrapped) values ($1, $2, $3, $4, $5) \
         on conflict do nothing",
    )
    .bind(school.to_owned())
    .bind(object.as_str())
    .bind(id.to_owned())
    .bind(wrapped.under.clone())
    .bind(wrapped.bytes.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes away every way to a record's key through the school's: from now on it hangs from the children whom it concerns.
pub(crate) async fn leave_school(
    tx: &mut Tx,
    school: &str,
    (object, id): (Object, &str),
) -> Result<(), Error> {
    sqlx::query(
        "delete from record_key where school_id = $1 and object_kind = $2 and object_id = $3 \
         and under in (select id from sealing_key where school_id = $1 and kind = 'school')",
    )
    .bind(school.to_owned())
    .bind(object.as_str())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

macro_rules! of_record {
    ($end:literal) => {
        concat!(
            "select k.under as key_under, k.wrapped as key_wrapped, p.under as person_under, ",
            "p.wrapped as person_wrapped from record_key k left join sealing_key p on p.id = k.under and p.kind = 'person' ",
            "where k.school_id = $1 and k.object_kind = $2 and k.object_id = $3 order by k.under limit 1",
            $end
        )
    };
}

/// What opens one record.
pub(crate) async fn of_record(
    db: &mut AnyConnection,
    vault: &Vault,
    what: (Object, &str),
) -> Result<Opener, Error> {
    way_to(db, of_record!(""), vault, what).await
}

/// The same for whoever is about to store something sealed with that key: it stays until `tx` ends. Whoever destroys it
/// waits, and destroys what was added too; whoever comes while it is being destroyed waits and is told. Read without
/// that, words could be stored a moment after their key was gone, and nobody would ever know what was written. SQLite has
/// one writer, so there nothing need be held.
pub(crate) async fn held_record(tx: &mut Tx, vault: &Vault, what: (Object, &str)) -> Result<Opener, Error> {
    let statement = if tx.is_shared() { of_record!(" for share of k") } else { of_record!("") };
    way_to(tx, statement, vault, what).await
}

async fn way_to(
    db: &mut AnyConnection,
    statement: &'static str,
    vault: &Vault,
    (object, id): (Object, &str),
) -> Result<Opener, Error> {
    let row = sqlx::query(statement)
        .bind(vault.school().to_owned())
        .bind(object.as_str())
        .bind(id.to_owned())
        .fetch_optional(db)
        .await?;
    row.map_or(Ok(Opener::Lost(Lost::Destroyed)), |row| record(&row, vault, (object, id)))
}

static WAYS_HELD: Many = Many::new(
    "select k.object_id as id from (",
    3,
    ") v cross join record_key k where k.school_id = v.column1 and k.object_kind = 'episode' \
     and k.object_id = v.column2 and k.under = v.column3 for share of k",
);

/// [`held_record`] for episodes that alerts join, given as school, id and what their keys are wrapped under.
///
/// # Errors
/// [`Error::Busy`] when one was destroyed: its alerts begin another episode when they come again.
pub(super) async fn hold_ways(tx: &mut Tx, ways: &[(&str, &str, &str)]) -> Result<(), Error> {
    if !tx.is_shared() {
        return Ok(());
    }
    let mut there = BTreeSet::new();
    for query in WAYS_HELD.over(tx.engine(), ways, |query, (school, id, under)| {
        query.bind((*school).to_owned()).bind((*id).to_owned()).bind((*under).to_owned())
    }) {
        for row in query.fetch_all(&mut **tx).await? {
            there.insert(row.try_get::<String, _>("id")?);
        }
    }
    if ways.iter().all(|(_, id, _)| there.contains(*id)) {
        return Ok(());
    }
    Err(Error::Busy("the key of an episode was destroyed while an alert joined it".into()))
}

/// The columns and joins that [`record`] reads, for the table with the alias `$alias`, whose rows are records of the kind
/// `$kind`.
macro_rules! key_columns {
    () => {
        "k.under as key_under, k.wrapped as key_wrapped, p.under as person_under, p.wrapped as person_wrapped"
    };
}
macro_rules! key_joins {
    ($alias:literal, $kind:literal) => {
        concat!(
            " left join record_key k on k.school_id = ",
            $alias,
            ".school_id and k.object_kind = '",
            $kind,
            "' and k.object_id = ",
            $alias,
            ".id and k.under = (select min(x.under) from record_key x where x.school_id = ",
            $alias,
            ".school_id and x.object_kind = '",
            $kind,
            "' and x.object_id = ",
            $alias,
            ".id) left join sealing_key p on p.id = k.under and p.kind = 'person' "
        )
    };
}
pub(super) use {key_columns, key_joins};

/// What opens the record, from a row with the columns above.
pub(super) fn record(row: &AnyRow, vault: &Vault, what: (Object, &str)) -> Result<Opener, Error> {
    let pair = |under: &str, wrapped: &str| -> Result<(Option<String>, Option<Vec<u8>>), Error> {
        Ok((row.try_get(under)?, row.try_get(wrapped)?))
    };
    let (Some(under), Some(bytes)) = pair("key_under", "key_wrapped")? else {
        return Ok(Opener::Lost(Lost::Destroyed));
    };
    let person = match pair("person_under", "person_wrapped")? {
        (Some(under), Some(bytes)) => Some(Wrapped { under, bytes }),
        // It hangs from a person's key, and only that key's row is left.
        (Some(_), None) => return Ok(Opener::Lost(Lost::Destroyed)),
        (None, _) => None,
    };
    let opened = vault.record(what, &Wrapped { under, bytes }, person.as_ref());
    Ok(Opener::of((what.0.as_str(), what.1), opened))
}
