//! Records opened in need: who broke the glass over which, why (sealed with the record's key), for how long, and who took
//! note of it.

use super::Tx;
use crate::error::Error;
use crate::proof::Table;
use crate::seal::Opener;
use sqlx::{AnyExecutor, Row as _};

/// A record that was opened in need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// Its id.
    pub(crate) id: String,
    /// `concern`, `episode` or `report`.
    pub(crate) object_kind: String,
    /// The record.
    pub(crate) object_id: String,
    /// Who opened it: account id, perhaps of another school of the trust.
    pub(crate) account_id: String,
    /// Their name.
    pub(crate) name: String,
    /// Their role, as stored.
    pub(crate) role: String,
    /// Why, sealed for the row `id` of `break_glass`.
    pub(crate) sealed: Vec<u8>,
    /// When, milliseconds.
    pub(crate) opened_at: i64,
    /// Until when, milliseconds.
    pub(crate) until: i64,
    /// Which role gets the notice: `dsl` or `head`.
    pub(crate) notice_to: String,
}

impl Broken {
    /// Why, in the words of whoever opened it; `opener` is the record's.
    pub(crate) fn reason(&self, opener: &Opener) -> String {
        opener.words(("break_glass", &self.id), &self.sealed)
    }
}

/// Writes that a record was opened in need.
pub(crate) async fn insert(tx: &mut Tx, school: &str, broken: &Broken) -> Result<(), Error> {
    sqlx::query(
        "insert into break_glass (id, school_id, object_kind, object_id, account_id, name, role, sealed, opened_at, \
         until, notice_to) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(broken.id.clone())
    .bind(school.to_owned())
    .bind(broken.object_kind.clone())
    .bind(broken.object_id.clone())
    .bind(broken.account_id.clone())
    .bind(broken.name.clone())
    .bind(broken.role.clone())
    .bind(broken.sealed.clone())
    .bind(broken.opened_at)
    .bind(broken.until)
    .bind(broken.notice_to.clone())
    .execute(&mut **tx)
    .await?;
    tx.wrote(school, Table::GLASS, &broken.id);
    Ok(())
}

/// What nobody has taken note of yet, of the notices to `role`, latest first, at most 50; never one's own.
pub(crate) async fn unnoticed<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    role: &str,
    me: &str,
) -> Result<Vec<Broken>, Error> {
    let rows = sqlx::query(
        "select id, object_kind, object_id, account_id, name, role, sealed, opened_at, until, notice_to \
         from break_glass where school_id = $1 and acknowledged_at is null and notice_to = $2 and account_id <> $3 \
         order by opened_at desc, id desc limit 50",
    )
    .bind(school.to_owned())
    .bind(role.to_owned())
    .bind(me.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Broken {
                id: row.try_get("id")?,
                object_kind: row.try_get("object_kind")?,
                object_id: row.try_get("object_id")?,
                account_id: row.try_get("account_id")?,
                name: row.try_get("name")?,
                role: row.try_get("role")?,
                sealed: row.try_get("sealed")?,
                opened_at: row.try_get("opened_at")?,
                until: row.try_get("until")?,
                notice_to: row.try_get("notice_to")?,
            })
        })
        .collect()
}

/// Notes that `me` has seen the notice. Answers whether nobody had before.
pub(crate) async fn acknowledge(
    tx: &mut Tx,
    school: &str,
    id: &str,
    me: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update break_glass set acknowledged_at = $1, acknowledged_by = $2 \
         where school_id = $3 and id = $4 and acknowledged_at is null",
    )
    .bind(now)
    .bind(me.to_owned())
    .bind(school.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    let first = done.rows_affected() == 1;
    if first {
        tx.wrote(school, Table::GLASS, id);
    }
    Ok(first)
}

/// The id of the concern with this number.
pub(crate) async fn concern_by_number<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    number: i64,
) -> Result<Option<String>, Error> {
    let row = sqlx::query("select id from concern where school_id = $1 and number = $2")
        .bind(school.to_owned())
        .bind(number)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("id")).transpose()?)
}
