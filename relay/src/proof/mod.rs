//! Proof: what makes a change to the record behind the relay's back show.
//!
//! Every transaction that changes or reads a school's records ends with audit events, chained by SHA-256 ([`chain`]).
//! An event holds a digest of each row that was written with it ([`covers`]), so the chain vouches for the rows as
//! well. The heads of the chains are signed and written outside the database ([`anchor`]), without which whoever owns
//! the database could write a whole new chain. [`verify`] checks it all. What is audited is decided where it happens.

pub mod anchor;
pub(crate) mod chain;
pub(crate) mod covers;
mod days;
pub mod verify;

pub(crate) use covers::Table;

use crate::app::App;
use crate::db::chain as stored;
use crate::error::Error;
use std::collections::HashMap;

/// Writes an anchor for each chain that has grown since the last time; `written` remembers how far each had come.
pub(crate) async fn drop_anchors(
    app: &App,
    signer: &anchor::Signer,
    written: &mut HashMap<String, i64>,
) -> anyhow::Result<()> {
    let mut db = app.db.read().acquire().await?;
    let heads = stored::heads(&mut db).await.map_err(Error::into_anyhow)?;
    drop(db);
    let grown: Vec<_> = heads
        .into_iter()
        .filter(|head| written.get(&head.school).is_none_or(|seq| *seq < head.seq))
        .collect();
    if !grown.is_empty() {
        signer.write(&grown, app.now())?;
        written.extend(grown.into_iter().map(|head| (head.school, head.seq)));
    }
    Ok(())
}
