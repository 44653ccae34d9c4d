//! Sessions: which browser is signed in as whom. The cookie's token itself is never stored, only its SHA-256.

use super::{Tx, accounts};
use crate::auth::Account;
use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// A session as stored, with whom it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// Whose it is.
    pub(crate) account: Account,
    /// When it was last used, milliseconds.
    pub(crate) seen_at: i64,
}

/// The session with this token hash, if it has not ended by `now` or gone unused since `idle_since`, and its account
/// is not disabled.
pub(crate) async fn find<'c>(
    db: impl AnyExecutor<'c>,
    token_hash: &str,
    now: i64,
    idle_since: i64,
) -> Result<Option<Stored>, Error> {
    let row = sqlx::query(
        "select a.id, a.school_id, a.email, a.name, a.role, a.job, s.seen_at \
         from session s join account a on a.id = s.account_id \
         where s.token_hash = $1 and s.expires_at > $2 and s.seen_at > $3 and a.disabled_at is null",
    )
    .bind(token_hash.to_owned())
    .bind(now)
    .bind(idle_since)
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok(Stored { account: accounts::account(&row)?, seen_at: row.try_get("seen_at")? }))
        .transpose()
}

/// Starts a session, and clears away those that ended.
pub(crate) async fn insert(
    tx: &mut Tx,
    token_hash: &str,
    account_id: &str,
    now: i64,
    expires_at: i64,
) -> Result<(), Error> {
    sqlx::query("delete from session where expires_at <= $1").bind(now).execute(&mut **tx).await?;
    sqlx::query(
        "insert into session (token_hash, account_id, created_at, seen_at, expires_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(token_hash.to_owned())
    .bind(account_id.to_owned())
    .bind(now)
    .bind(now)
    .bind(expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that a session was used.
pub(crate) async fn touch(tx: &mut Tx, token_hash: &str, now: i64) -> Result<(), Error> {
    sqlx::query("update session set seen_at = $1 where token_hash = $2 and seen_at < $3")
        .bind(now)
        .bind(token_hash.to_owned())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends one session.
pub(crate) async fn end(tx: &mut Tx, token_hash: &str) -> Result<(), Error> {
    sqlx::query("delete from session where token_hash = $1")
        .bind(token_hash.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends every session of an account.
pub(crate) async fn end_all(tx: &mut Tx, account_id: &str) -> Result<(), Error> {
    sqlx::query("delete from session where account_id = $1")
        .bind(account_id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
