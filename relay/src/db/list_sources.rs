//! Sources of site lists, and the bytes that are kept of each. Like packs they belong to the relay as a whole. What may be a
//! source, how it is fetched and what is made of it is in `crate::sources`; packs that were made of them in `list_builds`.

use super::Tx;
use crate::error::Error;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// Bytes of one row of a list's bytes.
const PIECE: usize = 1 << 20;

/// What IT says of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    /// What it is called.
    pub(crate) name: String,
    /// `ut1`, `hosts`, `plain`, `adblock` or `csv`.
    pub(crate) kind: String,
    /// Of all its lines; empty where each has its own.
    pub(crate) category: String,
    /// May be empty: then what the list says of itself.
    pub(crate) licence: String,
    /// Whom to name; may be empty.
    pub(crate) attribution: String,
    /// Where it is fetched; empty for one that is given as a file.
    pub(crate) url: String,
    /// `daily` or `weekly`; empty for one that is given as a file.
    pub(crate) refresh: String,
    /// Whether a small change of it goes live by itself.
    pub(crate) goes_live: bool,
    /// Whether packs are made of it.
    pub(crate) is_on: bool,
}

/// A source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Its id.
    pub(crate) id: String,
    /// What IT says of it.
    pub(crate) settings: Settings,
    /// When it is to be fetched next, milliseconds; 0 for never.
    pub(crate) due_at: i64,
    /// When it was fetched last, or was tried to be; 0 for never.
    pub(crate) asked_at: i64,
    /// `new`, `same` or `failed`; empty before the first time.
    pub(crate) outcome: String,
    /// Why it failed; empty when it did not.
    pub(crate) problem: String,
    /// What its server called the state that is kept; may be empty.
    pub(crate) etag: String,
    /// Since when that state stands, as its server said; may be empty.
    pub(crate) modified: String,
    /// SHA-256 of what is kept, hexadecimal; empty while nothing is.
    pub(crate) digest: String,
    /// Bytes of what is kept.
    pub(crate) length: i64,
    /// Rules in it.
    pub(crate) rules: i64,
    /// Since when it is kept.
    pub(crate) taken_at: i64,
}

/// What came of asking for a source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome<'a> {
    /// `new`, `same` or `failed`.
    pub(crate) what: &'a str,
    /// Why it failed; empty when it did not.
    pub(crate) problem: &'a str,
    /// When to ask again; 0 for never.
    pub(crate) due_at: i64,
}

/// What is kept of a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept<'a> {
    /// SHA-256, hexadecimal.
    pub(crate) digest: &'a str,
    /// Bytes.
    pub(crate) length: i64,
    /// Rules.
    pub(crate) rules: i64,
    /// The server's tag; may be empty.
    pub(crate) etag: &'a str,
    /// The server's date; may be empty.
    pub(crate) modified: &'a str,
}

fn source(row: &AnyRow) -> Result<Source, Error> {
    Ok(Source {
        id: row.try_get("id")?,
        settings: Settings {
            name: row.try_get("name")?,
            kind: row.try_get("kind")?,
            category: row.try_get("category")?,
            licence: row.try_get("licence")?,
            attribution: row.try_get("attribution")?,
            url: row.try_get("url")?,
            refresh: row.try_get("refresh")?,
            goes_live: row.try_get::<i64, _>("goes_live")? != 0,
            is_on: row.try_get::<i64, _>("is_on")? != 0,
        },
        due_at: row.try_get("due_at")?,
        asked_at: row.try_get("asked_at")?,
        outcome: row.try_get("outcome")?,
        problem: row.try_get("problem")?,
        etag: row.try_get("etag")?,
        modified: row.try_get("modified")?,
        digest: row.try_get("digest")?,
        length: row.try_get("length")?,
        rules: row.try_get("rules")?,
        taken_at: row.try_get("taken_at")?,
    })
}

/// Every source, in the order in which they were added.
pub(crate) async fn all<'c>(db: impl AnyExecutor<'c>) -> Result<Vec<Source>, Error> {
    let rows = sqlx::query(
        "select id, name, kind, category, licence, attribution, url, refresh, goes_live, is_on, due_at, asked_at, outcome, \
         problem, etag, modified, digest, length, rules, taken_at from list_source where removed_at is null order by made_at, id",
    )
    .fetch_all(db)
    .await?;
    rows.iter().map(source).collect()
}

/// Adds a source; `due_at` is when it is fetched first, 0 for never.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: &str,
    settings: &Settings,
    by: &str,
    (now, due_at): (i64, i64),
) -> Result<(), Error> {
    sqlx::query(
        "insert into list_source (id, name, kind, category, licence, attribution, url, refresh, goes_live, is_on, made_by, \
         made_at, due_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(id.to_owned())
    .bind(settings.name.clone())
    .bind(settings.kind.clone())
    .bind(settings.category.clone())
    .bind(settings.licence.clone())
    .bind(settings.attribution.clone())
    .bind(settings.url.clone())
    .bind(settings.refresh.clone())
    .bind(i64::from(settings.goes_live))
    .bind(i64::from(settings.is_on))
    .bind(by.to_owned())
    .bind(now)
    .bind(due_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes what IT says of a source. Its kind stays what it is: what is kept of it was read as that. What another address
/// called its state means nothing at this one.
pub(crate) async fn change(
    tx: &mut Tx,
    id: &str,
    settings: &Settings,
    by: &str,
    due_at: i64,
) -> Result<(), Error> {
    sqlx::query(
        "update list_source set name = $1, category = $2, licence = $3, attribution = $4, refresh = $5, goes_live = $6, \
         is_on = $7, due_at = $8, changed_by = $11, etag = case when url = $9 then etag else '' end, \
         modified = case when url = $9 then modified else '' end, url = $9 where id = $10 and removed_at is null",
    )
    .bind(settings.name.clone())
    .bind(settings.category.clone())
    .bind(settings.licence.clone())
    .bind(settings.attribution.clone())
    .bind(settings.refresh.clone())
    .bind(i64::from(settings.goes_live))
    .bind(i64::from(settings.is_on))
    .bind(due_at)
    .bind(settings.url.clone())
    .bind(id.to_owned())
    .bind(by.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that somebody gave a source another file.
pub(crate) async fn changed(tx: &mut Tx, id: &str, by: &str) -> Result<(), Error> {
    sqlx::query("update list_source set changed_by = $1 where id = $2")
        .bind(by.to_owned())
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether somebody added a source or was the last to change one, removed ones among them.
pub(crate) async fn has_changed_one<'c>(db: impl AnyExecutor<'c>, account: &str) -> Result<bool, Error> {
    let row = sqlx::query("select 1 as one from list_source where made_by = $1 or changed_by = $1 limit 1")
        .bind(account.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Removes a source. What packs in force were made of stays until they are gone.
pub(crate) async fn remove(tx: &mut Tx, id: &str, by: &str, now: i64) -> Result<(), Error> {
    sqlx::query(
        "update list_source set removed_at = $1, changed_by = $3, due_at = 0 where id = $2 and removed_at is null",
    )
    .bind(now)
    .bind(id.to_owned())
    .bind(by.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes it upon this relay to fetch a source that is due, and puts it off until `until`; false when another was quicker.
pub(crate) async fn claim(tx: &mut Tx, source: &Source, until: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "update list_source set due_at = $1 where id = $2 and due_at = $3 and removed_at is null",
    )
    .bind(until)
    .bind(source.id.clone())
    .bind(source.due_at)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes what came of asking for a source as it was then. If IT has set its address or its times anew meanwhile, that says when
/// it is due.
pub(crate) async fn asked(tx: &mut Tx, source: &Source, outcome: Outcome<'_>, now: i64) -> Result<(), Error> {
    sqlx::query(
        "update list_source set outcome = $1, problem = $2, asked_at = $3, \
         due_at = case when url = $4 and refresh = $5 and is_on = $6 then $7 else due_at end \
         where id = $8 and removed_at is null",
    )
    .bind(outcome.what.to_owned())
    .bind(outcome.problem.to_owned())
    .bind(now)
    .bind(source.settings.url.clone())
    .bind(source.settings.refresh.clone())
    .bind(i64::from(source.settings.is_on))
    .bind(outcome.due_at)
    .bind(source.id.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Says what is kept of a source from now on; its bytes are there already. False when it is gone by now, or has another address
/// than that from which it came: what one address calls its state means nothing at another.
pub(crate) async fn keep(tx: &mut Tx, source: &Source, kept: Kept<'_>, now: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "update list_source set digest = $1, length = $2, rules = $3, etag = $4, modified = $5, taken_at = $6 \
         where id = $7 and url = $8 and removed_at is null",
    )
    .bind(kept.digest.to_owned())
    .bind(kept.length)
    .bind(kept.rules)
    .bind(kept.etag.to_owned())
    .bind(kept.modified.to_owned())
    .bind(now)
    .bind(source.id.clone())
    .bind(source.settings.url.clone())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many rows a list of this length has.
pub(crate) fn pieces_of(length: i64) -> i64 {
    let piece = i64::try_from(PIECE).unwrap_or(i64::MAX);
    length.saturating_add(piece - 1) / piece
}

/// A list's bytes as rows: number and bytes.
pub(crate) fn pieces(bytes: &[u8]) -> impl Iterator<Item = (i64, &[u8])> {
    (0..).zip(bytes.chunks(PIECE))
}

/// Writes one row of a list's bytes; what is there already stays.
pub(crate) async fn put_piece(
    tx: &mut Tx,
    (id, digest): (&str, &str),
    number: i64,
    bytes: &[u8],
) -> Result<(), Error> {
    sqlx::query(
        "insert into list_file (source_id, digest, number, bytes) values ($1, $2, $3, $4) \
         on conflict (source_id, digest, number) do nothing",
    )
    .bind(id.to_owned())
    .bind(digest.to_owned())
    .bind(number)
    .bind(bytes.to_vec())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One row of a list's bytes; none behind the last.
pub(crate) async fn piece<'c>(
    db: impl AnyExecutor<'c>,
    (id, digest): (&str, &str),
    number: i64,
) -> Result<Option<Vec<u8>>, Error> {
    let row = sqlx::query("select bytes from list_file where source_id = $1 and digest = $2 and number = $3")
        .bind(id.to_owned())
        .bind(digest.to_owned())
        .bind(number)
        .fetch_optional(db)
        .await?;
    row.map(|row| Ok(row.try_get("bytes")?)).transpose()
}

/// How many rows of a list's bytes there are.
pub(crate) async fn count<'c>(db: impl AnyExecutor<'c>, (id, digest): (&str, &str)) -> Result<i64, Error> {
    let row = sqlx::query("select count(*) as n from list_file where source_id = $1 and digest = $2")
        .bind(id.to_owned())
        .bind(digest.to_owned())
        .fetch_one(db)
        .await?;
    Ok(row.try_get("n")?)
}

/// The lists of which bytes are kept: source and digest.
pub(crate) async fn files<'c>(db: impl AnyExecutor<'c>) -> Result<Vec<(String, String)>, Error> {
    let rows = sqlx::query("select distinct source_id, digest from list_file").fetch_all(db).await?;
    rows.iter().map(|row| Ok((row.try_get("source_id")?, row.try_get("digest")?))).collect()
}

/// Forgets the bytes of one list.
pub(crate) async fn forget(tx: &mut Tx, (id, digest): (&str, &str)) -> Result<(), Error> {
    sqlx::query("delete from list_file where source_id = $1 and digest = $2")
        .bind(id.to_owned())
        .bind(digest.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
