//! One-time links: the first set-up, and the link by which a person sets their own password. Only the SHA-256 of a
//! link's token is stored.

use super::{Tx, accounts};
use crate::auth::Account;
use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// Adds a set-up link. Earlier ones stop working.
pub(crate) async fn insert_setup(
    tx: &mut Tx,
    token_hash: &str,
    now: i64,
    expires_at: i64,
) -> Result<(), Error> {
    sqlx::query("update one_time_link set used_at = $1 where purpose = 'setup' and for_school is null and used_at is null")
        .bind(now)
        .execute(&mut **tx)
        .await?;
    insert(tx, token_hash, "setup", None, now, expires_at).await
}

/// Adds the set-up link of a further school, which is there already and has no account. Earlier ones of the school stop
/// working.
pub(crate) async fn insert_setup_for(
    tx: &mut Tx,
    token_hash: &str,
    school: &str,
    now: i64,
    expires_at: i64,
) -> Result<(), Error> {
    sqlx::query("update one_time_link set used_at = $1 where for_school = $2 and used_at is null")
        .bind(now)
        .bind(school.to_owned())
        .execute(&mut **tx)
        .await?;
    insert(tx, token_hash, "setup", None, now, expires_at).await?;
    sqlx::query("update one_time_link set for_school = $1 where token_hash = $2")
        .bind(school.to_owned())
        .bind(token_hash.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Adds a link by which `account` sets a password; with `resets_factor`, using it takes second factors away as well.
/// Earlier ones stop working.
pub(crate) async fn insert_join(
    tx: &mut Tx,
    token_hash: &str,
    account: &str,
    resets_factor: bool,
    now: i64,
    expires_at: i64,
) -> Result<(), Error> {
    cancel(tx, account, now).await?;
    insert(tx, token_hash, "join", Some(account), now, expires_at).await?;
    if resets_factor {
        sqlx::query("update one_time_link set resets_factor = 1 where token_hash = $1")
            .bind(token_hash.to_owned())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Whether using the link with this hash takes second factors away.
pub(crate) async fn resets_factor<'c>(db: impl AnyExecutor<'c>, token_hash: &str) -> Result<bool, Error> {
    let row = sqlx::query("select resets_factor from one_time_link where token_hash = $1")
        .bind(token_hash.to_owned())
        .fetch_one(db)
        .await?;
    Ok(row.try_get::<i64, _>("resets_factor")? != 0)
}

async fn insert(
    tx: &mut Tx,
    token_hash: &str,
    purpose: &'static str,
    account: Option<&str>,
    now: i64,
    expires_at: i64,
) -> Result<(), Error> {
    sqlx::query(
        "insert into one_time_link (token_hash, purpose, account_id, created_at, expires_at) \
         values ($1, $2, $3, $4, $5)",
    )
    .bind(token_hash.to_owned())
    .bind(purpose)
    .bind(account.map(str::to_owned))
    .bind(now)
    .bind(expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes every unused link of an account useless.
pub(crate) async fn cancel(tx: &mut Tx, account: &str, now: i64) -> Result<(), Error> {
    sqlx::query("update one_time_link set used_at = $1 where account_id = $2 and used_at is null")
        .bind(now)
        .bind(account.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What the set-up link with this hash sets up, if it still works: the first school (none), or a further one by id.
pub(crate) async fn setup_works<'c>(
    db: impl AnyExecutor<'c>,
    token_hash: &str,
    now: i64,
) -> Result<Option<Option<String>>, Error> {
    let row = sqlx::query(
        "select for_school from one_time_link \
         where token_hash = $1 and purpose = 'setup' and used_at is null and expires_at > $2",
    )
    .bind(token_hash.to_owned())
    .bind(now)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.try_get("for_school")).transpose()?)
}

/// Whose password the link with this hash sets, if it still works and the account is open.
pub(crate) async fn joining<'c>(
    db: impl AnyExecutor<'c>,
    token_hash: &str,
    now: i64,
) -> Result<Option<Account>, Error> {
    sqlx::query(
        "select a.id, a.school_id, a.email, a.name, a.role, a.job \
         from one_time_link l join account a on a.id = l.account_id \
         where l.token_hash = $1 and l.purpose = 'join' and l.used_at is null and l.expires_at > $2 \
         and a.disabled_at is null",
    )
    .bind(token_hash.to_owned())
    .bind(now)
    .fetch_optional(db)
    .await?
    .map(|row| accounts::account(&row))
    .transpose()
}

/// Uses a link up. Answers `false` when somebody was quicker: then nothing may be done with it.
pub(crate) async fn use_up(tx: &mut Tx, token_hash: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "update one_time_link set used_at = $1 where token_hash = $2 and used_at is null and expires_at > $3",
    )
    .bind(now)
    .bind(token_hash.to_owned())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
