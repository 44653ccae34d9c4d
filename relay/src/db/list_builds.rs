//! Packs that were proposed, and what became of each. A proposal is never changed: it is published, refused, or another takes
//! its place. What it is made of and what it would change is JSON, which `crate::sources` reads and writes.

use super::Tx;
use crate::error::Error;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Build {
    /// Its id.
    pub(crate) id: String,
    /// When it was made, milliseconds.
    pub(crate) made_at: i64,
    /// By whom: account id; empty for the relay itself.
    pub(crate) made_by: String,
    /// Their name; empty for the relay itself.
    pub(crate) made_by_name: String,
    /// Digest of the newest pack in force then; empty for none.
    pub(crate) on_pack: String,
    /// The lists, JSON.
    pub(crate) manifest: String,
    /// What they would change, JSON.
    pub(crate) summary: String,
}

const COLUMNS: &str = "select id, made_at, made_by, made_by_name, on_pack, manifest, summary from list_build";

fn build(row: &AnyRow) -> Result<Build, Error> {
    Ok(Build {
        id: row.try_get("id")?,
        made_at: row.try_get("made_at")?,
        made_by: row.try_get("made_by")?,
        made_by_name: row.try_get("made_by_name")?,
        on_pack: row.try_get("on_pack")?,
        manifest: row.try_get("manifest")?,
        summary: row.try_get("summary")?,
    })
}

/// Adds a proposal, which takes the place of any that waits.
pub(crate) async fn propose(tx: &mut Tx, build: &Build) -> Result<(), Error> {
    sqlx::query("update list_build set state = 'replaced', decided_at = $1 where state = 'proposed'")
        .bind(build.made_at)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "insert into list_build (id, state, made_at, made_by, made_by_name, on_pack, manifest, summary) \
         values ($1, 'proposed', $2, $3, $4, $5, $6, $7)",
    )
    .bind(build.id.clone())
    .bind(build.made_at)
    .bind(build.made_by.clone())
    .bind(build.made_by_name.clone())
    .bind(build.on_pack.clone())
    .bind(build.manifest.clone())
    .bind(build.summary.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The proposal that waits.
pub(crate) async fn waiting<'c>(db: impl AnyExecutor<'c>) -> Result<Option<Build>, Error> {
    let sql = format!("{COLUMNS} where state = 'proposed' order by made_at desc, id desc limit 1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_optional(db).await?;
    row.as_ref().map(build).transpose()
}

/// Whether there is or was such a proposal.
pub(crate) async fn is_known<'c>(db: impl AnyExecutor<'c>, id: &str) -> Result<bool, Error> {
    let row = sqlx::query("select 1 as one from list_build where id = $1")
        .bind(id.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Whether somebody has refused a proposal that was made on this pack.
pub(crate) async fn was_refused<'c>(db: impl AnyExecutor<'c>, on_pack: &str) -> Result<bool, Error> {
    let row = sqlx::query("select 1 as one from list_build where state = 'refused' and on_pack = $1 limit 1")
        .bind(on_pack.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Decides about a proposal: `published` with the digest of its pack, or `refused`. False when it waits no longer.
pub(crate) async fn decide(
    tx: &mut Tx,
    id: &str,
    (state, pack): (&str, &str),
    by: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update list_build set state = $1, pack = $2, decided_by_name = $3, decided_at = $4 where id = $5 and state = 'proposed'",
    )
    .bind(state.to_owned())
    .bind(pack.to_owned())
    .bind(by.to_owned())
    .bind(now)
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What was published: the digest of each pack, and the lists of which it was made.
pub(crate) async fn published<'c>(db: impl AnyExecutor<'c>) -> Result<Vec<(String, String)>, Error> {
    let rows =
        sqlx::query("select pack, manifest from list_build where state = 'published' order by made_at desc")
            .fetch_all(db)
            .await?;
    rows.iter().map(|row| Ok((row.try_get("pack")?, row.try_get("manifest")?))).collect()
}
