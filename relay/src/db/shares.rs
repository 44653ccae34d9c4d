//! Records shared with one colleague until a date; the reason is sealed with the record's key. Whether somebody may share,
//! and what a share opens, is in `walls`.

use super::Tx;
use crate::error::Error;
use crate::proof::Table;
use crate::seal::Opener;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// A share, with names in place of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    /// Its id.
    pub(crate) id: String,
    /// `concern`, `episode` or `report`.
    pub(crate) object_kind: String,
    /// The record.
    pub(crate) object_id: String,
    /// With whom.
    pub(crate) with: String,
    /// `read` or `note`.
    pub(crate) level: String,
    /// Why, sealed.
    sealed: Vec<u8>,
    /// By whom.
    pub(crate) shared_by: String,
    /// When, milliseconds.
    pub(crate) shared_at: i64,
    /// Until when, milliseconds.
    pub(crate) until: i64,
    /// When it was taken back, milliseconds.
    pub(crate) revoked_at: Option<i64>,
}

/// A share to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewShare<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// `concern`, `episode` or `report`.
    pub(crate) object_kind: &'a str,
    /// The record.
    pub(crate) object_id: &'a str,
    /// With whom: account id.
    pub(crate) with: &'a str,
    /// `read` or `note`.
    pub(crate) level: &'a str,
    /// Why, sealed for the row `id` of `share`.
    pub(crate) sealed: &'a [u8],
    /// By whom: account id.
    pub(crate) by: &'a str,
    /// When, milliseconds.
    pub(crate) at: i64,
    /// Until when, milliseconds.
    pub(crate) until: i64,
}

impl Share {
    /// Why, in the words of whoever shared it; `opener` is the record's.
    pub(crate) fn reason(&self, opener: &Opener) -> String {
        opener.words(("share", &self.id), &self.sealed)
    }
}

fn share(row: &AnyRow) -> Result<Share, Error> {
    Ok(Share {
        id: row.try_get("id")?,
        object_kind: row.try_get("object_kind")?,
        object_id: row.try_get("object_id")?,
        with: row.try_get("with_name")?,
        level: row.try_get("level")?,
        sealed: row.try_get("sealed")?,
        shared_by: row.try_get("by_name")?,
        shared_at: row.try_get("shared_at")?,
        until: row.try_get("until")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}

macro_rules! shares_where {
    ($rest:literal) => {
        concat!(
            "select s.id, s.object_kind, s.object_id, w.name as with_name, s.level, s.sealed, b.name as by_name, ",
            "s.shared_at, s.until, s.revoked_at from share s join account w on w.id = s.account_id ",
            "join account b on b.id = s.shared_by where s.school_id = $1 and ",
            $rest
        )
    };
}

/// What is shared with `account` now, latest first, at most 200.
pub(crate) async fn with<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    account: &str,
    now: i64,
) -> Result<Vec<Share>, Error> {
    let rows = sqlx::query(shares_where!(
        "s.account_id = $2 and s.revoked_at is null and s.until > $3 order by s.shared_at desc, s.id desc limit 200"
    ))
    .bind(school.to_owned())
    .bind(account.to_owned())
    .bind(now)
    .fetch_all(db)
    .await?;
    rows.iter().map(share).collect()
}

/// With whom a record is or was shared, latest first, at most 200.
pub(crate) async fn of<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    kind: &str,
    id: &str,
) -> Result<Vec<Share>, Error> {
    let rows = sqlx::query(shares_where!(
        "s.object_kind = $2 and s.object_id = $3 order by s.shared_at desc, s.id desc limit 200"
    ))
    .bind(school.to_owned())
    .bind(kind.to_owned())
    .bind(id.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(share).collect()
}

/// Shares a record.
pub(crate) async fn insert(tx: &mut Tx, school: &str, new: NewShare<'_>) -> Result<(), Error> {
    sqlx::query(
        "insert into share (id, school_id, object_kind, object_id, account_id, level, sealed, shared_by, shared_at, \
         until) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id.to_owned())
    .bind(school.to_owned())
    .bind(new.object_kind.to_owned())
    .bind(new.object_id.to_owned())
    .bind(new.with.to_owned())
    .bind(new.level.to_owned())
    .bind(new.sealed.to_owned())
    .bind(new.by.to_owned())
    .bind(new.at)
    .bind(new.until)
    .execute(&mut **tx)
    .await?;
    tx.wrote(school, Table::SHARE, new.id);
    Ok(())
}

/// Takes a share of the record back. Answers whether it stood.
pub(crate) async fn revoke(
    tx: &mut Tx,
    school: &str,
    (kind, object, id): (&str, &str, &str),
    by: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update share set revoked_at = $1, revoked_by = $2 where school_id = $3 and object_kind = $4 \
         and object_id = $5 and id = $6 and revoked_at is null",
    )
    .bind(now)
    .bind(by.to_owned())
    .bind(school.to_owned())
    .bind(kind.to_owned())
    .bind(object.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    let revoked = done.rows_affected() == 1;
    if revoked {
        tx.wrote(school, Table::SHARE, id);
    }
    Ok(revoked)
}
