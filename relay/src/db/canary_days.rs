//! The daily test in the audit chains: when a day is over, one event of its school vouches for all its rows, with their
//! number and one digest. A row would be an event each otherwise, which for two thousand devices is more than all else that
//! a school does. What verification makes of it is in `proof::days`.

use super::audit::Event;
use super::{Tx, keys};
use crate::app::App;
use crate::error::Error;
use crate::proof::covers::{self, Table, Value};
use crate::secrets::hex;
use ring::digest::{Context, SHA256};
use serde_json::json;
use sqlx::{AnyConnection, AnyExecutor, Row as _};
use std::collections::BTreeMap;

/// What such events are about, as they name it; their id is the day's number.
pub(crate) const KIND: &str = "canary_day";
/// A day is over.
pub(crate) const CLOSE: &str = "close_day";
/// The days before this one were deleted, because they are old.
pub(crate) const FORGET: &str = "forget_days";

/// A row's digest is made like those of rows that have an event of their own.
const ROW: Table = Table { code: u8::MAX, name: KIND, columns: &[], changes: true };

/// What a day of a school comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    /// How many rows it has.
    pub(crate) rows: u64,
    /// The digest of all, hexadecimal.
    pub(crate) digest: String,
}

/// What `day` of `school` comes to; none when it has no rows.
pub(crate) async fn sum(db: &mut AnyConnection, school: &str, day: i64) -> Result<Option<Sum>, Error> {
    let rows = sqlx::query(
        "select device_id, member, first_at, ran_at, proved_at, failing, failed, why, safe_search, lists_version, \
         pack_version, policy_version, extension_version from canary_day where school_id = $1 and day = $2",
    )
    .bind(school.to_owned())
    .bind(day)
    .fetch_all(db)
    .await?;
    // In an order that is no engine's.
    let mut digests = BTreeMap::new();
    for row in &rows {
        let text = |name: &str| row.try_get::<String, _>(name);
        let number = |name: &str| row.try_get::<i64, _>(name);
        let (device, member, failed, why) =
            (text("device_id")?, text("member")?, text("failed")?, text("why")?);
        let (lists, policy) = (text("lists_version")?, text("policy_version")?);
        let extension = text("extension_version")?;
        let values = [
            Value::Text(&device),
            Value::Text(&member),
            Value::Number(number("first_at")?),
            Value::Number(number("ran_at")?),
            Value::Number(number("proved_at")?),
            Value::Number(number("failing")?),
            Value::Text(&failed),
            Value::Text(&why),
            Value::Number(number("safe_search")?),
            Value::Text(&lists),
            Value::Number(number("pack_version")?),
            Value::Text(&policy),
            Value::Text(&extension),
        ];
        let digest = covers::digest(ROW, &values);
        digests.insert(device, digest);
    }
    if digests.is_empty() {
        return Ok(None);
    }
    let mut all = Context::new(&SHA256);
    all.update(b"lapwing:1:canary_day");
    all.update(&day.to_be_bytes());
    for digest in digests.values() {
        all.update(digest);
    }
    Ok(Some(Sum { rows: digests.len() as u64, digest: hex(all.finish().as_ref()) }))
}

/// The days of `school` that have rows, up to the day `last`.
pub(crate) async fn with_rows(db: &mut AnyConnection, school: &str, last: i64) -> Result<Vec<i64>, Error> {
    let rows =
        sqlx::query("select distinct day from canary_day where school_id = $1 and day <= $2 order by day")
            .bind(school.to_owned())
            .bind(last)
            .fetch_all(db)
            .await?;
    rows.iter().map(|row| Ok(row.try_get("day")?)).collect()
}

/// Writes an event for each day before `before` that has rows and no event yet. Nothing comes to such a day any more.
pub(crate) async fn close(app: &App, before: i64) -> Result<(), Error> {
    for (school, day) in open(app.db.read(), before).await? {
        let mut tx = app.db.begin().await?;
        // Another relay may be at it.
        keys::lock(&mut tx, &school).await?;
        if is_closed(&mut tx, &school, day).await? {
            continue;
        }
        let Some(sum) = sum(&mut tx, &school, day).await? else { continue };
        let detail = json!({ "rows": sum.rows, "digest": sum.digest });
        tx.note(&event(&school, CLOSE, &day.to_string(), detail), app.now());
        tx.commit().await?;
    }
    Ok(())
}

/// Deletes the rows of every school from before a day, and notes it in the schools' chains.
pub(crate) async fn forget(app: &App, before: i64) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let rows = sqlx::query("delete from canary_day where day < $1 returning school_id")
        .bind(before)
        .fetch_all(&mut *tx)
        .await?;
    let mut schools: Vec<String> =
        rows.iter().map(|row| row.try_get("school_id")).collect::<Result<_, _>>()?;
    schools.sort_unstable();
    schools.dedup();
    for school in &schools {
        tx.note(&event(school, FORGET, &before.to_string(), serde_json::Value::Null), app.now());
    }
    tx.commit().await
}

fn event<'a>(school: &'a str, action: &'a str, day: &'a str, detail: serde_json::Value) -> Event<'a> {
    Event { school_id: Some(school), account_id: None, action, object_kind: KIND, object_id: day, detail }
}

async fn open<'c>(db: impl AnyExecutor<'c>, before: i64) -> Result<Vec<(String, i64)>, Error> {
    let rows = sqlx::query(
        "select d.school_id, d.day from (select distinct school_id, day from canary_day where day < $1) d \
         where not exists (select 1 from audit_event t where t.school_id = d.school_id and t.object_kind = 'canary_day' \
         and t.object_id = cast(d.day as text) and t.action = 'close_day') order by d.day, d.school_id",
    )
    .bind(before)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("school_id")?, row.try_get("day")?))).collect()
}

async fn is_closed(tx: &mut Tx, school: &str, day: i64) -> Result<bool, Error> {
    let row = sqlx::query(
        "select 1 as one from audit_event where school_id = $1 and object_kind = 'canary_day' and object_id = $2 \
         and action = 'close_day' limit 1",
    )
    .bind(school.to_owned())
    .bind(day.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.is_some())
}
