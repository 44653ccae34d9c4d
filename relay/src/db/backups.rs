//! How far the record has got, told by its audit chains: of two backups of one database, which one is the newer, and
//! whether a backup is of this database at all. Clocks may be wrong or be set back; a chain only grows.

use super::Tx;
use crate::error::Error;
use crate::secrets::hex;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _};

/// How far the record had got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reached {
    /// Events in all chains together. Whatever changes a key is an event.
    pub(crate) events: i64,
    /// The number of the last event in the relay's own chain.
    pub(crate) last: i64,
    /// Its hash, hexadecimal: another relay has another one, and so has this one after a restore.
    pub(crate) hash: String,
}

/// How far the record has got, as `db` sees it; none before the relay's own chain has begun.
pub(crate) async fn reached(db: &mut AnyConnection) -> Result<Option<Reached>, Error> {
    let row = sqlx::query(
        "select (select cast(sum(seq) as bigint) from chain_head) as events, seq, hash from chain_head \
         where school_id = ''",
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Reached {
            events: row.try_get("events")?,
            last: row.try_get("seq")?,
            hash: hex(&row.try_get::<Vec<u8>, _>("hash")?),
        })
    })
    .transpose()
}

/// Whether this database has been where `reached` says.
pub(crate) async fn knows(tx: &mut Tx, reached: &Reached) -> Result<bool, Error> {
    let row = sqlx::query("select hash from audit_event where school_id = '' and seq = $1")
        .bind(reached.last)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(match row {
        Some(row) => hex(&row.try_get::<Vec<u8>, _>("hash")?) == reached.hash,
        None => false,
    })
}

/// Makes other backups of this database wait until `tx` ends. `key` is the backup key; SQLite has one writer anyway.
pub(crate) async fn lock(tx: &mut Tx, key: &str) -> Result<(), Error> {
    sqlx::query("update sealing_key set under = under where kind = 'backup' and id = $1")
        .bind(key.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
