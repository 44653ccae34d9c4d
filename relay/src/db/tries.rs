//! Tries that failed, by the keyed hash of who tried from where. What they mean, and how long to wait, is in
//! `auth::slow`.

use super::Tx;
use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// One counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counter {
    /// Failures in a row.
    pub(crate) failures: i64,
    /// When the last one was, milliseconds.
    pub(crate) last_at: i64,
    /// From when on the next may be.
    pub(crate) next_at: i64,
}

/// The counter of a bucket.
pub(crate) async fn find<'c>(db: impl AnyExecutor<'c>, bucket: &str) -> Result<Option<Counter>, Error> {
    let row = sqlx::query("select failures, last_at, next_at from sign_in_try where bucket = $1")
        .bind(bucket.to_owned())
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        Ok(Counter {
            failures: row.try_get("failures")?,
            last_at: row.try_get("last_at")?,
            next_at: row.try_get("next_at")?,
        })
    })
    .transpose()
}

/// Counts the first try of a bucket, and clears away what nobody has tried since `forgotten`. Answers `false` when
/// somebody was quicker.
pub(crate) async fn first(
    tx: &mut Tx,
    bucket: &str,
    now: i64,
    next_at: i64,
    forgotten: i64,
) -> Result<bool, Error> {
    sqlx::query("delete from sign_in_try where last_at < $1").bind(forgotten).execute(&mut **tx).await?;
    let done = sqlx::query(
        "insert into sign_in_try (bucket, failures, last_at, next_at) values ($1, 1, $2, $3) \
         on conflict (bucket) do nothing",
    )
    .bind(bucket.to_owned())
    .bind(now)
    .bind(next_at)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts another try on top of `before`. Answers `false` when somebody was quicker.
pub(crate) async fn another(
    tx: &mut Tx,
    bucket: &str,
    before: &Counter,
    failures: i64,
    now: i64,
    next_at: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update sign_in_try set failures = $1, last_at = $2, next_at = $3 \
         where bucket = $4 and failures = $5 and last_at = $6",
    )
    .bind(failures)
    .bind(now)
    .bind(next_at)
    .bind(bucket.to_owned())
    .bind(before.failures)
    .bind(before.last_at)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a bucket.
pub(crate) async fn forget(tx: &mut Tx, bucket: &str) -> Result<(), Error> {
    sqlx::query("delete from sign_in_try where bucket = $1")
        .bind(bucket.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes one try of a bucket back: it was right.
pub(crate) async fn take_back(tx: &mut Tx, bucket: &str, now: i64) -> Result<(), Error> {
    sqlx::query(
        "update sign_in_try set failures = failures - 1, next_at = $1 where bucket = $2 and failures > 0",
    )
    .bind(now)
    .bind(bucket.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
