//! Sessions: which browser is signed in as whom, and what it has proved. The cookie's token itself is never stored, only
//! its SHA-256.

use super::{Tx, accounts};
use crate::auth::Account;
use crate::auth::stepup::{Proof, Rules, due_at};
use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// How many characters of the hash name a session on its owner's own page: 96 bits, and no way back to the cookie.
const HANDLE: i64 = 24;

/// A session as stored, with whom it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// Whose it is.
    pub(crate) account: Account,
    /// What it has proved.
    pub(crate) proof: Proof,
    /// When it was last used, milliseconds.
    pub(crate) seen_at: i64,
}

/// A session that begins.
#[derive(Debug, Clone)]
pub(crate) struct New<'a> {
    /// The hash of its token.
    pub(crate) token_hash: &'a str,
    /// Whose it is.
    pub(crate) account_id: &'a str,
    /// When it begins.
    pub(crate) now: i64,
    /// When it ends at the latest.
    pub(crate) expires_at: i64,
    /// When a second factor was proved, if it was.
    pub(crate) factor_at: Option<i64>,
    /// How it began.
    pub(crate) begun_by: &'a str,
    /// The browser in words.
    pub(crate) browser: String,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    /// The start of its hash, by which it can be ended.
    pub(crate) handle: String,
    /// When it began.
    pub(crate) created_at: i64,
    /// When it was last used.
    pub(crate) seen_at: i64,
    /// The browser in words.
    pub(crate) browser: String,
    /// How it began.
    pub(crate) begun_by: String,
    /// Whether it is the one that asks.
    pub(crate) this: bool,
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
        "select a.id, a.school_id, a.email, a.name, a.role, a.job, s.seen_at, s.factor_at, \
         coalesce(s.proved_at, s.created_at) as proved_at, a.created_at as made_at, a.factor_due_at, \
         c.staff_factor, c.factor_grace_days, \
         case when exists (select 1 from totp t where t.account_id = a.id) \
         or exists (select 1 from passkey p where p.account_id = a.id) then 1 else 0 end as enrolled \
         from session s join account a on a.id = s.account_id join school c on c.id = a.school_id \
         where s.token_hash = $1 and s.expires_at > $2 and s.seen_at > $3 and a.disabled_at is null",
    )
    .bind(token_hash.to_owned())
    .bind(now)
    .bind(idle_since)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let account = accounts::account(&row)?;
    let rules = Rules {
        staff_must: row.try_get::<i64, _>("staff_factor")? != 0,
        grace_days: row.try_get("factor_grace_days")?,
    };
    let enrolled = row.try_get::<i64, _>("enrolled")? != 0;
    let due = due_at(account.role, rules, row.try_get("made_at")?, row.try_get("factor_due_at")?);
    let proof = Proof {
        enrolled,
        due_at: due.filter(|_| !enrolled),
        proved_at: row.try_get("proved_at")?,
        factor_at: row.try_get("factor_at")?,
    };
    Ok(Some(Stored { account, proof, seen_at: row.try_get("seen_at")? }))
}

/// Starts a session, and clears away those that ended.
pub(crate) async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<(), Error> {
    sqlx::query("delete from session where expires_at <= $1").bind(new.now).execute(&mut **tx).await?;
    sqlx::query(
        "insert into session (token_hash, account_id, created_at, seen_at, expires_at, proved_at, factor_at, begun_by, \
         browser) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.token_hash.to_owned())
    .bind(new.account_id.to_owned())
    .bind(new.now)
    .bind(new.now)
    .bind(new.expires_at)
    .bind(new.now)
    .bind(new.factor_at)
    .bind(new.begun_by.to_owned())
    .bind(new.browser.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes a proof, and gives the session a new token; `life` is how long it lasts from its beginning. Answers `false`
/// when the session has ended meanwhile.
pub(crate) async fn prove(
    tx: &mut Tx,
    token_hash: &str,
    new_hash: &str,
    now: i64,
    factor: bool,
    life: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update session set token_hash = $1, seen_at = $2, proved_at = $3, \
         factor_at = case when $4 = 1 then $5 else factor_at end, expires_at = created_at + $6 \
         where token_hash = $7 and expires_at > $8",
    )
    .bind(new_hash.to_owned())
    .bind(now)
    .bind(now)
    .bind(i64::from(factor))
    .bind(now)
    .bind(life)
    .bind(token_hash.to_owned())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
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

/// The open sessions of an account, the last used first; `own` is the hash of the one that asks.
pub(crate) async fn list<'c>(
    db: impl AnyExecutor<'c>,
    account_id: &str,
    own: &str,
    now: i64,
    idle_since: i64,
) -> Result<Vec<Open>, Error> {
    let rows = sqlx::query(
        "select substr(token_hash, 1, $1) as handle, created_at, seen_at, browser, begun_by, \
         case when token_hash = $2 then 1 else 0 end as this from session \
         where account_id = $3 and expires_at > $4 and seen_at > $5 order by seen_at desc, created_at desc",
    )
    .bind(i32::try_from(HANDLE).unwrap_or(i32::MAX))
    .bind(own.to_owned())
    .bind(account_id.to_owned())
    .bind(now)
    .bind(idle_since)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Open {
                handle: row.try_get("handle")?,
                created_at: row.try_get("created_at")?,
                seen_at: row.try_get("seen_at")?,
                browser: row.try_get("browser")?,
                begun_by: row.try_get("begun_by")?,
                this: row.try_get::<i64, _>("this")? != 0,
            })
        })
        .collect()
}

/// Ends the session of `account_id` that goes by `handle` on its owner's page.
pub(crate) async fn end_by_handle(tx: &mut Tx, account_id: &str, handle: &str) -> Result<u64, Error> {
    let done = sqlx::query("delete from session where account_id = $1 and substr(token_hash, 1, $2) = $3")
        .bind(account_id.to_owned())
        .bind(i32::try_from(HANDLE).unwrap_or(i32::MAX))
        .bind(handle.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
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
    end_others(tx, account_id, "").await.map(drop)
}

/// Ends every session of an account but the one with the hash `own`. Answers how many.
pub(crate) async fn end_others(tx: &mut Tx, account_id: &str, own: &str) -> Result<u64, Error> {
    let done = sqlx::query("delete from session where account_id = $1 and token_hash <> $2")
        .bind(account_id.to_owned())
        .bind(own.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}
