//! What was done about a concern: entries, which are only ever added, and the concern's status.

use super::Entry;
use crate::app::App;
use crate::db::keys::{self, key_columns, key_joins};
use crate::db::{Tx, search};
use crate::error::Error;
use crate::proof::Table;
use crate::seal::{Object, Vault};
use sqlx::{AnyExecutor, Row as _};

/// What was done about a concern, oldest first.
pub(crate) async fn entries<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    concern: &str,
) -> Result<Vec<Entry>, Error> {
    let rows = sqlx::query(concat!(
        "select e.id, e.kind, e.sealed, a.name as author, e.at, ",
        key_columns!(),
        " from concern c",
        key_joins!("c", "concern"),
        "join entry e on e.school_id = c.school_id and e.concern_id = c.id join account a on a.id = e.author_id ",
        "where c.school_id = $1 and c.id = $2 order by e.at, e.id",
    ))
    .bind(vault.school().to_owned())
    .bind(concern.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let id: String = row.try_get("id")?;
            let opener = keys::record(row, vault, (Object::Concern, concern))?;
            let text = opener.words(("entry", &id), &row.try_get::<Vec<u8>, _>("sealed")?);
            Ok(Entry {
                kind: row.try_get("kind")?,
                text,
                author: row.try_get("author")?,
                at: row.try_get("at")?,
            })
        })
        .collect()
}

/// Moves a concern from one status to another. Answers whether it still had the first one.
pub(crate) async fn set_status(
    tx: &mut Tx,
    school: &str,
    id: &str,
    from: &str,
    to: &str,
) -> Result<bool, Error> {
    let done = sqlx::query("update concern set status = $1 where school_id = $2 and id = $3 and status = $4")
        .bind(to.to_owned())
        .bind(school.to_owned())
        .bind(id.to_owned())
        .bind(from.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// An entry to be added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewEntry<'a> {
    /// Made with the form, so that sending it twice adds it once.
    pub(crate) id: &'a str,
    /// The concern.
    pub(crate) concern: &'a str,
    /// `status`, `note` or `feedback`.
    pub(crate) kind: &'a str,
    /// In words.
    pub(crate) text: &'a str,
    /// Who.
    pub(crate) by: &'a str,
}

/// Whether the entry that is kept under this id says the same: then it is the same form, sent once more.
pub(crate) async fn says(tx: &mut Tx, vault: &Vault, entry: NewEntry<'_>) -> Result<bool, Error> {
    let row = sqlx::query(
        "select sealed from entry where school_id = $1 and id = $2 and concern_id = $3 and kind = $4 and author_id = $5",
    )
    .bind(vault.school().to_owned())
    .bind(entry.id.to_owned())
    .bind(entry.concern.to_owned())
    .bind(entry.kind.to_owned())
    .bind(entry.by.to_owned())
    .fetch_optional(&mut **tx)
    .await?;
    let opener = keys::of_record(tx, vault, (Object::Concern, entry.concern)).await?;
    let Some(row) = row else { return Ok(false) };
    Ok(opener.says(("entry", entry.id), &row.try_get::<Vec<u8>, _>("sealed")?, entry.text))
}

/// Adds an entry. Answers whether it was new.
///
/// # Errors
/// [`Error::Gone`] when nobody can open the concern any more.
pub(crate) async fn add_entry(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    entry: NewEntry<'_>,
) -> Result<bool, Error> {
    let what = (Object::Concern, entry.concern);
    let key = keys::held_record(tx, vault, what).await?.needed("Nothing can be added to this concern.")?;
    let done = sqlx::query(
        "insert into entry (id, school_id, concern_id, kind, sealed, author_id, at) values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (id) do nothing",
    )
    .bind(entry.id.to_owned())
    .bind(vault.school().to_owned())
    .bind(entry.concern.to_owned())
    .bind(entry.kind.to_owned())
    .bind(key.seal_words(app.random.as_ref(), ("entry", entry.id), entry.text)?)
    .bind(entry.by.to_owned())
    .bind(app.now())
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    tx.wrote(vault.school(), Table::ENTRY, entry.id);
    search::index(tx, vault, what, entry.text).await?;
    Ok(true)
}
