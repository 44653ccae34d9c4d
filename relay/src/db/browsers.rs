//! Browsers from which somebody has signed in before. What that is good for is in `auth::slow`.

use super::Tx;
use crate::error::Error;
use sqlx::AnyExecutor;

/// Whether `account` (or, without one, anybody) has signed in from the browser with this hash.
pub(crate) async fn is_known<'c>(
    db: impl AnyExecutor<'c>,
    token_hash: &str,
    account: Option<&str>,
) -> Result<bool, Error> {
    let row = sqlx::query(
        "select account_id from known_browser where token_hash = $1 and (account_id = $2 or $3 = 1) limit 1",
    )
    .bind(token_hash.to_owned())
    .bind(account.unwrap_or_default().to_owned())
    .bind(i64::from(account.is_none()))
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

/// Notes that `account` has signed in from this browser, and forgets browsers not seen since `forgotten`.
pub(crate) async fn remember(
    tx: &mut Tx,
    token_hash: &str,
    account: &str,
    now: i64,
    forgotten: i64,
) -> Result<(), Error> {
    sqlx::query("delete from known_browser where account_id = $1 and seen_at < $2")
        .bind(account.to_owned())
        .bind(forgotten)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "insert into known_browser (token_hash, account_id, seen_at) values ($1, $2, $3) \
         on conflict (token_hash, account_id) do update set seen_at = excluded.seen_at",
    )
    .bind(token_hash.to_owned())
    .bind(account.to_owned())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets every browser of `account`.
pub(crate) async fn forget(tx: &mut Tx, account: &str) -> Result<(), Error> {
    sqlx::query("delete from known_browser where account_id = $1")
        .bind(account.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
