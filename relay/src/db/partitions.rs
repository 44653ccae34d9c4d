//! The parts by month of PostgreSQL's two largest tables, alerts and audit events: they are made ahead of time, so that
//! rows of one month lie together, indexes stay as small as a month, and what is past its keeping can go as a whole.
//! SQLite has one table for each, and nothing to do here.
//!
//! Rows that no month holds go into a default part, so nothing is ever refused for want of one.

use super::Db;
use super::scope::{self, Scope};
use crate::error::Error;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::BTreeSet;

/// Months beyond this one that there are parts for.
const AHEAD: i32 = 3;

/// The partitioned tables. Each is divided by a column of milliseconds since 1970.
const TABLES: [&str; 2] = ["alert", "audit_event"];

/// The column by which `table` is divided, on PostgreSQL.
pub(crate) fn divided_by(table: &str) -> Option<&'static str> {
    match table {
        "alert" => Some("received_at"),
        "audit_event" => Some("at"),
        _ => None,
    }
}

/// Held by the one relay that makes parts; any number will do that nothing else uses.
const LOCK: i64 = 0x006c_6170_7769_6e67;

/// Makes the parts for the month of `now` and for those after it that are not there. Answers how many it made. Relays may
/// ask at once: one makes them, the others leave it to that one.
///
/// # Errors
/// When the database refuses. Rows then go into the default part, and a part for their month can no longer be made.
pub(crate) async fn make_ahead(db: &Db, now: Timestamp) -> Result<usize, Error> {
    if db.news().is_none() {
        return Ok(0);
    }
    scope::within(Scope::Relay, async {
        let mut tx = db.begin().await?;
        let row = sqlx::query("select case when pg_try_advisory_xact_lock($1) then 1 else 0 end as ours")
            .bind(LOCK)
            .fetch_one(&mut *tx)
            .await?;
        if row.try_get::<i32, _>("ours")? == 0 {
            return Ok(0);
        }
        // A part needs its table for itself for a moment. Intake is not to queue behind a wait for that.
        sqlx::query("set local lock_timeout = '2s'").execute(&mut *tx).await?;
        let mut made = 0;
        for table in TABLES {
            for month in months(now)? {
                made += usize::from(make(&mut tx, table, &month).await?);
            }
        }
        tx.commit().await?;
        Ok(made)
    })
    .await
}

/// A month: its name as in a part's, its first millisecond, and that of the next.
#[derive(Debug, PartialEq, Eq)]
struct Month {
    name: String,
    from: i64,
    to: i64,
}

fn months(now: Timestamp) -> Result<Vec<Month>, Error> {
    let first = now.to_zoned(TimeZone::UTC).date().first_of_month();
    let millis = |date: Date| -> Result<i64, Error> {
        Ok(date.to_zoned(TimeZone::UTC).map_err(Error::internal)?.timestamp().as_millisecond())
    };
    (0..=AHEAD)
        .map(|ahead| {
            let month = first.checked_add(ahead.months()).map_err(Error::internal)?;
            let next = month.checked_add(1.month()).map_err(Error::internal)?;
            let name = format!("{:04}_{:02}", month.year(), month.month());
            Ok(Month { name, from: millis(month)?, to: millis(next)? })
        })
        .collect()
}

/// Makes the parts of `table` for the months of `times`, before rows of these months are restored into it: once they lie in
/// the default part, their month can have none of its own. `done` remembers the months that have been seen to. For
/// PostgreSQL alone.
///
/// # Errors
/// When a time is outside the calendar, or the database refuses.
pub(crate) async fn make_for(
    db: &mut AnyConnection,
    table: &str,
    times: impl IntoIterator<Item = i64>,
    done: &mut BTreeSet<String>,
) -> Result<(), Error> {
    for time in times {
        let at = Timestamp::from_millisecond(time).map_err(Error::internal)?;
        if let Some(month) = months(at)?.first()
            && done.insert(format!("{table}_{}", month.name))
        {
            make(db, table, month).await?;
        }
    }
    Ok(())
}

async fn make(db: &mut AnyConnection, table: &str, month: &Month) -> Result<bool, Error> {
    let Month { name, from, to } = month;
    let part = format!("{table}_{name}");
    let there = sqlx::query("select case when to_regclass($1) is null then 0 else 1 end as there")
        .bind(part.clone())
        .fetch_one(&mut *db)
        .await?;
    if there.try_get::<i32, _>("there")? == 1 {
        return Ok(false);
    }
    // Indexes and the triggers of rows come from the table. What else guards the table has to be put up for each part.
    for statement in [
        format!("create table {part} partition of {table} for values from ({from}) to ({to})"),
        format!(
            "create trigger {part}_whole before truncate on {part} for each statement execute function lapwing_refuse()"
        ),
        format!("do $$ begin perform lapwing_wall('{part}'); end $$"),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *db).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_without_a_gap() {
        let months = months("2026-11-24T09:14:00Z".parse().unwrap()).unwrap();
        let names: Vec<_> = months.iter().map(|month| month.name.as_str()).collect();
        assert_eq!(names, ["2026_11", "2026_12", "2027_01", "2027_02"]);
        assert_eq!(months[0].from, 1_793_491_200_000, "the first of November 2026, midnight UTC");
        assert!(months.windows(2).all(|pair| pair[0].to == pair[1].from));
    }
}
