//! Keys that change hands: wrapped anew under another key, retired, destroyed; and holds, which forbid that. When, and in
//! which order, is decided in `seal::rotate` and `seal::destroy`. The keys that everything else uses are in `keys`.

use super::Tx;
use super::keys::{KeyRow, Kind, key_row};
use crate::error::Error;
use crate::seal::{Object, Wrapped};
use sqlx::{AnyExecutor, Row as _};

/// Keys or records that are wrapped anew in one transaction. A writer waits for it for some milliseconds.
pub(crate) const BATCH: i64 = 200;

/// The keys of a school, or of the relay when `school` is '', that a master key wrapped other than `fingerprint`.
pub(crate) async fn under_other_masters(
    tx: &mut Tx,
    school: &str,
    fingerprint: &str,
) -> Result<Vec<KeyRow>, Error> {
    sqlx::query(
        "select k.id, k.kind, k.under, k.wrapped from sealing_key k where coalesce(k.school_id, '') = $1 \
         and k.wrapped is not null and k.under <> $2 \
         and not exists (select 1 from sealing_key w where w.id = k.under) order by k.id",
    )
    .bind(school.to_owned())
    .bind(fingerprint.to_owned())
    .fetch_all(&mut **tx)
    .await?
    .iter()
    .map(key_row)
    .collect()
}

/// How many keys a master key other than `fingerprint` wraps, in every school.
pub(crate) async fn count_under_other_masters<'c>(
    db: impl AnyExecutor<'c>,
    fingerprint: &str,
) -> Result<i64, Error> {
    let row = sqlx::query(
        "select count(*) as n from sealing_key k where k.wrapped is not null and k.under <> $1 \
         and not exists (select 1 from sealing_key w where w.id = k.under)",
    )
    .bind(fingerprint.to_owned())
    .fetch_one(db)
    .await?;
    Ok(row.try_get("n")?)
}

/// Keeps a key as it is wrapped now. One that was destroyed in the meantime stays destroyed.
pub(crate) async fn keep(tx: &mut Tx, row: &KeyRow) -> Result<(), Error> {
    sqlx::query("update sealing_key set under = $1, wrapped = $2 where id = $3 and wrapped is not null")
        .bind(row.under.clone())
        .bind(row.wrapped.clone())
        .bind(row.id.clone())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Lets a school's new key wait.
pub(crate) async fn wait(tx: &mut Tx, id: &str) -> Result<(), Error> {
    sqlx::query("update sealing_key set waits = 1 where id = $1")
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Lets a school's waiting key wrap from now on: it becomes the newest, whatever the clock says.
pub(crate) async fn put_to_use(tx: &mut Tx, school: &str, id: &str, now: i64) -> Result<(), Error> {
    let row = sqlx::query(
        "select max(created_at) as newest from sealing_key where school_id = $1 and kind = 'school'",
    )
    .bind(school.to_owned())
    .fetch_one(&mut **tx)
    .await?;
    let newest: i64 = row.try_get("newest")?;
    sqlx::query("update sealing_key set waits = 0, created_at = $1 where id = $2 and waits = 1")
        .bind(now.max(newest + 1))
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A school's own keys that can be used: id, and whether it waits. The one that wraps comes first, waiting ones last.
pub(crate) async fn school_keys<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
) -> Result<Vec<(String, bool)>, Error> {
    sqlx::query(
        "select id, waits from sealing_key where school_id = $1 and kind = 'school' and wrapped is not null \
         order by waits, created_at desc, id desc",
    )
    .bind(school.to_owned())
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| Ok((row.try_get("id")?, row.try_get::<i64, _>("waits")? == 1)))
    .collect()
}

/// Some keys of people, and the search key, that are wrapped under a school's key other than `current` that is still there.
/// One that is not must not keep others from being wrapped anew.
pub(crate) async fn keys_under_others(
    tx: &mut Tx,
    school: &str,
    current: &str,
) -> Result<Vec<KeyRow>, Error> {
    sqlx::query(
        "select k.id, k.kind, k.under, k.wrapped from sealing_key k \
         join sealing_key w on w.id = k.under and w.kind = 'school' and w.wrapped is not null \
         where k.school_id = $1 and k.kind in ('person', 'search') and k.wrapped is not null and k.under <> $2 \
         order by k.id limit $3",
    )
    .bind(school.to_owned())
    .bind(current.to_owned())
    .bind(BATCH)
    .fetch_all(&mut **tx)
    .await?
    .iter()
    .map(key_row)
    .collect()
}

/// A way to a record's key through a school's key.
#[derive(Debug)]
pub(crate) struct Way {
    /// What kind of record.
    pub(crate) object: Object,
    /// The record's id.
    pub(crate) id: String,
    /// Its key as it is wrapped.
    pub(crate) wrapped: Wrapped,
}

/// Some ways to records' keys through a school's key other than `current` that is still there. Through one that was destroyed
/// there is none, and it must not keep others from being wrapped anew.
pub(crate) async fn ways_under_others(tx: &mut Tx, school: &str, current: &str) -> Result<Vec<Way>, Error> {
    sqlx::query(
        "select r.object_kind, r.object_id, r.under, r.wrapped from record_key r \
         join sealing_key k on k.id = r.under and k.kind = 'school' and k.wrapped is not null \
         where r.school_id = $1 and r.under <> $2 \
         order by r.object_id limit $3",
    )
    .bind(school.to_owned())
    .bind(current.to_owned())
    .bind(BATCH)
    .fetch_all(&mut **tx)
    .await?
    .iter()
    .map(|row| {
        let kind: String = row.try_get("object_kind")?;
        let object = Object::read(&kind)
            .ok_or_else(|| Error::Internal(format!("a key is stored for a “{kind}”, which is no record")))?;
        let wrapped = Wrapped { under: row.try_get("under")?, bytes: row.try_get("wrapped")? };
        Ok(Way { object, id: row.try_get("object_id")?, wrapped })
    })
    .collect()
}

/// Whether a school's key wraps anything that can be used: another key, or a record's.
pub(crate) async fn wraps_something(tx: &mut Tx, school: &str, id: &str) -> Result<bool, Error> {
    let row = sqlx::query(
        "select 1 as one from record_key where school_id = $1 and under = $2 union all \
         select 1 as one from sealing_key where school_id = $1 and under = $2 and wrapped is not null limit 1",
    )
    .bind(school.to_owned())
    .bind(id.to_owned())
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.is_some())
}

/// Keeps a way as it is wrapped now. One that was taken away in the meantime, because a child was named in the record, is
/// not brought back.
pub(crate) async fn keep_way(tx: &mut Tx, school: &str, way: &Way, now: &Wrapped) -> Result<(), Error> {
    // Where there is a way through the new key already, the old one only goes.
    sqlx::query(
        "delete from record_key where school_id = $1 and object_kind = $2 and object_id = $3 and under = $4 \
         and exists (select 1 from record_key n where n.school_id = $1 and n.object_kind = $2 and n.object_id = $3 \
         and n.under = $5)",
    )
    .bind(school.to_owned())
    .bind(way.object.as_str())
    .bind(way.id.clone())
    .bind(way.wrapped.under.clone())
    .bind(now.under.clone())
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "update record_key set under = $5, wrapped = $6 \
         where school_id = $1 and object_kind = $2 and object_id = $3 and under = $4",
    )
    .bind(school.to_owned())
    .bind(way.object.as_str())
    .bind(way.id.clone())
    .bind(way.wrapped.under.clone())
    .bind(now.under.clone())
    .bind(now.bytes.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Destroys a key: its row stays, its bytes go. Answers whether there was anything to destroy.
pub(crate) async fn destroy(
    tx: &mut Tx,
    school: &str,
    kind: Kind,
    id: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update sealing_key set wrapped = null, destroyed_at = $1 where school_id = $2 and kind = $3 and id = $4 \
         and wrapped is not null",
    )
    .bind(now)
    .bind(school.to_owned())
    .bind(kind.as_str())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes away every way to records through this person's key, and the hashes of the words of records to which no way is
/// left. Answers how many ways there were, and how many records nobody can open any more.
pub(crate) async fn forget_records_of(tx: &mut Tx, school: &str, person: &str) -> Result<(u64, u64), Error> {
    let lost = sqlx::query(
        "select count(*) as n from record_key r where r.school_id = $1 and r.under = $2 and not exists \
         (select 1 from record_key o where o.school_id = r.school_id and o.object_kind = r.object_kind \
         and o.object_id = r.object_id and o.under <> $2)",
    )
    .bind(school.to_owned())
    .bind(person.to_owned())
    .fetch_one(&mut **tx)
    .await?
    .try_get::<i64, _>("n")?;
    let ways = sqlx::query("delete from record_key where school_id = $1 and under = $2")
        .bind(school.to_owned())
        .bind(person.to_owned())
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "delete from search_word where school_id = $1 and not exists (select 1 from record_key r \
         where r.school_id = search_word.school_id and r.object_kind = search_word.object_kind \
         and r.object_id = search_word.object_id)",
    )
    .bind(school.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok((ways.rows_affected(), u64::try_from(lost).unwrap_or_default()))
}

/// The school of a person, and whether their key is still there.
pub(crate) async fn person<'c>(
    db: impl AnyExecutor<'c>,
    person: &str,
) -> Result<Option<(String, bool)>, Error> {
    let row = sqlx::query(
        "select p.school_id, count(k.wrapped) as there from person p \
         left join sealing_key k on k.id = p.id and k.kind = 'person' where p.id = $1 group by p.school_id",
    )
    .bind(person.to_owned())
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((row.try_get("school_id")?, row.try_get::<i64, _>("there")? == 1))).transpose()
}

/// Whether a hold forbids destroying this person's key.
pub(crate) async fn is_held(tx: &mut Tx, school: &str, person: &str) -> Result<bool, Error> {
    let row = sqlx::query(
        "select id from hold where school_id = $1 and person_id = $2 and lifted_at is null limit 1",
    )
    .bind(school.to_owned())
    .bind(person.to_owned())
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.is_some())
}

/// Places a hold with the id `id`.
pub(crate) async fn hold(
    tx: &mut Tx,
    (id, school, person): (&str, &str, &str),
    by: &str,
    now: i64,
) -> Result<(), Error> {
    sqlx::query(
        "insert into hold (id, school_id, person_id, placed_by, placed_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(id.to_owned())
    .bind(school.to_owned())
    .bind(person.to_owned())
    .bind(by.to_owned())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Lifts every hold on this person. Answers how many there were.
pub(crate) async fn lift(tx: &mut Tx, school: &str, person: &str, by: &str, now: i64) -> Result<u64, Error> {
    let done = sqlx::query(
        "update hold set lifted_by = $1, lifted_at = $2 where school_id = $3 and person_id = $4 and lifted_at is null",
    )
    .bind(by.to_owned())
    .bind(now)
    .bind(school.to_owned())
    .bind(person.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// What there is of one kind of key in one school, or in the relay as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The school's id and name; both empty for the relay.
    pub(crate) school: (String, String),
    /// The kind, as stored.
    pub(crate) kind: String,
    /// What wraps it: a master key's fingerprint, or the id of a school's key.
    pub(crate) under: String,
    /// How many can be used.
    pub(crate) there: i64,
    /// How many were destroyed or retired.
    pub(crate) gone: i64,
    /// When the newest was made, milliseconds.
    pub(crate) newest: i64,
}

/// Every key, counted by school, kind, and what wraps it.
pub(crate) async fn overview<'c>(db: impl AnyExecutor<'c>) -> Result<Vec<Line>, Error> {
    sqlx::query(
        "select coalesce(k.school_id, '') as school_id, coalesce(s.name, '') as name, k.kind, k.under, \
         count(k.wrapped) as there, count(*) - count(k.wrapped) as gone, max(k.created_at) as newest \
         from sealing_key k left join school s on s.id = k.school_id \
         group by coalesce(k.school_id, ''), coalesce(s.name, ''), k.kind, k.under order by 1, 3, 4",
    )
    .fetch_all(db)
    .await?
    .iter()
    .map(|row| {
        Ok(Line {
            school: (row.try_get("school_id")?, row.try_get("name")?),
            kind: row.try_get("kind")?,
            under: row.try_get("under")?,
            there: row.try_get("there")?,
            gone: row.try_get("gone")?,
            newest: row.try_get("newest")?,
        })
    })
    .collect()
}
