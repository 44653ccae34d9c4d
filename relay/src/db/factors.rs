//! Second factors: what an account has, the app's secret and its last code, recovery codes, and what a page under way
//! must come back with. How they are checked is in `auth::factor`; passkeys have their own file.

use super::Tx;
use crate::auth::stepup::{Rules, due_at};
use crate::auth::{Account, Role};
use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// What an account can prove itself by, besides its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Has {
    /// Since when it has an app for codes.
    pub(crate) totp_since: Option<i64>,
    /// How many passkeys it has.
    pub(crate) passkeys: i64,
    /// How many recovery codes it has left.
    pub(crate) codes: i64,
    /// Whether it has a password.
    pub(crate) password: bool,
}

impl Has {
    /// Whether there is a second factor at all; recovery codes alone are none.
    pub(crate) const fn any(&self) -> bool {
        self.totp_since.is_some() || self.passkeys > 0
    }
}

/// Whether the account has a second factor.
pub(crate) async fn has<'c>(db: impl AnyExecutor<'c>, account: &str) -> Result<bool, Error> {
    Ok(all(db, account).await?.any())
}

/// What the account has.
pub(crate) async fn all<'c>(db: impl AnyExecutor<'c>, account: &str) -> Result<Has, Error> {
    let row = sqlx::query(
        "select (select t.created_at from totp t where t.account_id = a.id) as totp_since, \
         (select count(*) from passkey p where p.account_id = a.id) as passkeys, \
         (select count(*) from recovery_code r where r.account_id = a.id and r.used_at is null) as codes, \
         case when a.password_hash is null then 0 else 1 end as password from account a where a.id = $1",
    )
    .bind(account.to_owned())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(Has::default()) };
    Ok(Has {
        totp_since: row.try_get("totp_since")?,
        passkeys: row.try_get("passkeys")?,
        codes: row.try_get("codes")?,
        password: row.try_get::<i64, _>("password")? != 0,
    })
}

/// By when `account` must set up a second factor; absent when it has one or need not.
pub(crate) async fn due<'c>(db: impl AnyExecutor<'c>, account: &Account) -> Result<Option<i64>, Error> {
    let row = sqlx::query(
        "select a.created_at, a.factor_due_at, a.role, c.staff_factor, c.factor_grace_days \
         from account a join school c on c.id = a.school_id where a.id = $1 \
         and not exists (select 1 from totp t where t.account_id = a.id) \
         and not exists (select 1 from passkey p where p.account_id = a.id)",
    )
    .bind(account.id.clone())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let role: String = row.try_get("role")?;
    let rules = Rules {
        staff_must: row.try_get::<i64, _>("staff_factor")? != 0,
        grace_days: row.try_get("factor_grace_days")?,
    };
    let role = role.parse::<Role>().map_err(Error::internal)?;
    Ok(due_at(role, rules, row.try_get("created_at")?, row.try_get("factor_due_at")?))
}

/// The app's sealed secret and the step of the last code.
pub(crate) async fn totp<'c>(
    db: impl AnyExecutor<'c>,
    account: &str,
) -> Result<Option<(Vec<u8>, i64)>, Error> {
    let row = sqlx::query("select secret, last_step from totp where account_id = $1")
        .bind(account.to_owned())
        .fetch_optional(db)
        .await?;
    row.map(|row| Ok((row.try_get("secret")?, row.try_get("last_step")?))).transpose()
}

/// Sets the account's app, in the place of an earlier one; `step` is that of the code that proved it.
pub(crate) async fn set_totp(
    tx: &mut Tx,
    account: &str,
    sealed: Vec<u8>,
    step: i64,
    now: i64,
) -> Result<(), Error> {
    sqlx::query(
        "insert into totp (account_id, secret, last_step, created_at) values ($1, $2, $3, $4) \
         on conflict (account_id) do update set secret = excluded.secret, last_step = excluded.last_step, \
         created_at = excluded.created_at",
    )
    .bind(account.to_owned())
    .bind(sealed)
    .bind(step)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Uses the code of `step` up. Answers `false` when it, or a later one, was used before.
pub(crate) async fn use_step(tx: &mut Tx, account: &str, step: i64) -> Result<bool, Error> {
    let done = sqlx::query("update totp set last_step = $1 where account_id = $2 and last_step < $3")
        .bind(step)
        .bind(account.to_owned())
        .bind(step)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the app away.
pub(crate) async fn remove_totp(tx: &mut Tx, account: &str) -> Result<(), Error> {
    sqlx::query("delete from totp where account_id = $1").bind(account.to_owned()).execute(&mut **tx).await?;
    Ok(())
}

/// Sets the account's recovery codes; earlier ones open nothing any more.
pub(crate) async fn set_codes(tx: &mut Tx, account: &str, hashes: &[String]) -> Result<(), Error> {
    sqlx::query("delete from recovery_code where account_id = $1")
        .bind(account.to_owned())
        .execute(&mut **tx)
        .await?;
    for hash in hashes {
        sqlx::query("insert into recovery_code (account_id, code_hash) values ($1, $2)")
            .bind(account.to_owned())
            .bind(hash.clone())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Uses a recovery code up. Answers `false` when it is none of the account's, or was used before.
pub(crate) async fn use_code(tx: &mut Tx, account: &str, hash: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "update recovery_code set used_at = $1 where account_id = $2 and code_hash = $3 and used_at is null",
    )
    .bind(now)
    .bind(account.to_owned())
    .bind(hash.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes every second factor of an account away. A new one is due at once.
pub(crate) async fn reset(tx: &mut Tx, account: &str, now: i64) -> Result<(), Error> {
    remove_totp(tx, account).await?;
    set_codes(tx, account, &[]).await?;
    for sql in
        ["delete from passkey where account_id = $1", "delete from pending_proof where account_id = $1"]
    {
        sqlx::query(sql).bind(account.to_owned()).execute(&mut **tx).await?;
    }
    sqlx::query("update account set factor_due_at = $1 where id = $2")
        .bind(now)
        .bind(account.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Keeps what a page under way must come back with, in the place of what an earlier one left.
pub(crate) async fn keep_pending(
    tx: &mut Tx,
    session_hash: &str,
    kind: &'static str,
    account: &str,
    state: Vec<u8>,
    now: i64,
    expires_at: i64,
) -> Result<(), Error> {
    sqlx::query("delete from pending_proof where expires_at <= $1 or (session_hash = $2 and kind = $3)")
        .bind(now)
        .bind(session_hash.to_owned())
        .bind(kind)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "insert into pending_proof (session_hash, kind, account_id, state, expires_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(session_hash.to_owned())
    .bind(kind)
    .bind(account.to_owned())
    .bind(state)
    .bind(expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was kept, if it is not too old.
pub(crate) async fn pending<'c>(
    db: impl AnyExecutor<'c>,
    session_hash: &str,
    kind: &'static str,
    now: i64,
) -> Result<Option<Vec<u8>>, Error> {
    let row = sqlx::query(
        "select state from pending_proof where session_hash = $1 and kind = $2 and expires_at > $3",
    )
    .bind(session_hash.to_owned())
    .bind(kind)
    .bind(now)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.try_get("state")).transpose()?)
}

/// Forgets what was kept: it is used once. Answers `false` when somebody was quicker.
pub(crate) async fn drop_pending(tx: &mut Tx, session_hash: &str, kind: &'static str) -> Result<bool, Error> {
    let done = sqlx::query("delete from pending_proof where session_hash = $1 and kind = $2")
        .bind(session_hash.to_owned())
        .bind(kind)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
