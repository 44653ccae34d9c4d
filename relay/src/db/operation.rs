//! What the people who run the relay need to know of its database: whether it takes a change, how many are signed in, and
//! how the engine is set up. Nothing here reads a record.

use super::Db;
use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// Whether a change could be made now: the writer answers, and the engine would let it write. Nothing is changed.
pub(crate) async fn probe(db: &Db) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    // Takes the locks of a write, on a row that cannot be.
    sqlx::query("update school set name = name where id = ''").execute(&mut *tx).await?;
    Ok(())
}

/// How many sessions have not ended.
pub(crate) async fn sessions<'c>(db: impl AnyExecutor<'c>, now: i64) -> Result<i64, Error> {
    let row = sqlx::query("select count(*) from session where expires_at > $1").bind(now).fetch_one(db).await?;
    Ok(row.try_get(0)?)
}
