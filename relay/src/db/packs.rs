//! Packs of lists that have been published. They belong to the relay as a whole: schools share one list, and what each wants
//! otherwise is in its policy. What is verified before a pack gets here, and who may publish, is in `crate::lists`.

use super::Tx;
use crate::error::Error;
use lapwing_core::wire::{ListsOffer, PackOffer};
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// Bytes of one row of a pack's bytes; the last of them may be shorter.
pub(crate) const PIECE: usize = 1 << 20;

/// A pack that has been published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// What it is known by, hexadecimal.
    pub(crate) digest: String,
    /// Higher is newer.
    pub(crate) version: i64,
    /// The digest of the pack on which it lies; empty for one that stands by itself.
    pub(crate) parent: String,
    /// The public key that signed it, base64.
    pub(crate) signer: String,
    /// Bytes.
    pub(crate) length: i64,
    /// Hosts with rules.
    pub(crate) hosts: i64,
    /// Paths with rules.
    pub(crate) paths: i64,
    /// Sources, licences and attribution, JSON.
    pub(crate) about: String,
    /// When, milliseconds.
    pub(crate) published_at: i64,
    /// The digest of the pack that it brings back; empty for a new one.
    pub(crate) restores: String,
    /// Why it was brought back; may be empty.
    pub(crate) reason: String,
    /// Who published it or brought it back; empty at the console and for the relay itself.
    pub(crate) published_by: String,
}

fn published(row: &AnyRow) -> Result<Published, Error> {
    Ok(Published {
        digest: row.try_get("digest")?,
        version: row.try_get("version")?,
        parent: row.try_get("parent")?,
        signer: row.try_get("signer")?,
        length: row.try_get("length")?,
        hosts: row.try_get("hosts")?,
        paths: row.try_get("paths")?,
        about: row.try_get("about")?,
        published_at: row.try_get("published_at")?,
        restores: row.try_get("restores")?,
        reason: row.try_get("reason")?,
        published_by: row.try_get("published_by")?,
    })
}

/// Everything that was ever published, the newest first.
pub(crate) async fn all<'c>(db: impl AnyExecutor<'c>) -> Result<Vec<Published>, Error> {
    let rows = sqlx::query(
        "select digest, version, parent, signer, length, hosts, paths, about, published_at, restores, reason, published_by \
         from pack order by version desc",
    )
    .fetch_all(db)
    .await?;
    rows.iter().map(published).collect()
}

/// What devices are to have; none while nothing has been published.
pub(crate) async fn offer<'c>(db: impl AnyExecutor<'c>) -> Result<Option<ListsOffer>, Error> {
    // Changes lie on the newest whole pack, so nothing before it is in force.
    let rows = sqlx::query(
        "select digest, version, parent, signer, length from pack \
         where version >= (select max(version) from pack where parent = '') order by version desc",
    )
    .fetch_all(db)
    .await?;
    let mut packs = Vec::new();
    let mut wanted: Option<String> = None;
    let mut key = String::new();
    for row in &rows {
        let digest: String = row.try_get("digest")?;
        if wanted.as_ref().is_some_and(|wanted| *wanted != digest) {
            continue;
        }
        let count = |name: &str| -> Result<u64, Error> {
            u64::try_from(row.try_get::<i64, _>(name)?).map_err(Error::internal)
        };
        packs.push(PackOffer { version: count("version")?, digest, bytes: count("length")? });
        key = row.try_get("signer")?;
        wanted = Some(row.try_get("parent")?);
    }
    packs.reverse();
    Ok((!packs.is_empty()).then_some(ListsOffer { key, packs }))
}

/// The newest pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Newest {
    /// Its version.
    pub(crate) version: i64,
    /// What it says of itself, JSON. A change names all its sources again.
    pub(crate) about: String,
    /// When it was published, milliseconds.
    pub(crate) published_at: i64,
}

/// The newest pack; none while nothing has been published.
pub(crate) async fn newest<'c>(db: impl AnyExecutor<'c>) -> Result<Option<Newest>, Error> {
    let row = sqlx::query("select version, about, published_at from pack order by version desc limit 1")
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Newest {
        version: row.try_get("version")?,
        about: row.try_get("about")?,
        published_at: row.try_get("published_at")?,
    }))
}

/// The version of the newest pack; 0 while nothing has been published.
pub(crate) async fn newest_version<'c>(db: impl AnyExecutor<'c>) -> Result<i64, Error> {
    let row = sqlx::query("select coalesce(max(version), 0) as version from pack").fetch_one(db).await?;
    Ok(row.try_get("version")?)
}

/// The bytes of a pack; none when there is no such pack, or only its name is still kept.
pub(crate) async fn bytes<'c>(db: impl AnyExecutor<'c>, digest: &str) -> Result<Option<Vec<u8>>, Error> {
    let rows = sqlx::query(
        "select i.bytes, p.length from pack p join pack_piece i on i.digest = p.digest where p.digest = $1 order by i.number",
    )
    .bind(digest.to_owned())
    .fetch_all(db)
    .await?;
    let mut bytes = Vec::new();
    let mut length = 0;
    for row in &rows {
        length = row.try_get::<i64, _>("length")?;
        bytes.extend(row.try_get::<Vec<u8>, _>("bytes")?);
    }
    if !rows.is_empty() && usize::try_from(length) != Ok(bytes.len()) {
        return Err(Error::Damaged(format!("the pack {digest} has {} of {length} bytes", bytes.len())));
    }
    Ok((!rows.is_empty()).then_some(bytes))
}

/// The length of a pack whose bytes are kept, of lists or of a trial of them; none otherwise.
pub(crate) async fn length<'c>(db: impl AnyExecutor<'c>, digest: &str) -> Result<Option<u64>, Error> {
    let row = sqlx::query(
        "select p.length from pack p join pack_piece i on i.digest = p.digest where p.digest = $1 and i.number = 0 union all \
         select t.length from shadow_trial t join shadow_piece i on i.digest = t.digest where t.digest = $1 and i.number = 0",
    )
    .bind(digest.to_owned())
    .fetch_optional(db)
    .await?;
    let length = row.map(|row| row.try_get::<i64, _>("length")).transpose()?;
    length.map(|length| u64::try_from(length).map_err(Error::internal)).transpose()
}

/// One piece of a pack's bytes; none when it is not kept.
///
/// # Errors
/// When it has not `wanted` bytes.
pub(crate) async fn piece<'c>(
    db: impl AnyExecutor<'c>,
    digest: &str,
    number: u64,
    wanted: u64,
) -> Result<Option<Vec<u8>>, Error> {
    let row = sqlx::query(
        "select bytes from pack_piece where digest = $1 and number = $2 union all \
         select bytes from shadow_piece where digest = $1 and number = $2",
    )
    .bind(digest.to_owned())
    .bind(i64::try_from(number).map_err(Error::internal)?)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let bytes: Vec<u8> = row.try_get("bytes")?;
    if bytes.len() as u64 != wanted {
        let of = format!("the pack {digest} has {} of {wanted} bytes of its piece {number}", bytes.len());
        return Err(Error::Damaged(of));
    }
    Ok(Some(bytes))
}

/// Publishes a pack: it is in force when `tx` is committed.
pub(crate) async fn insert(tx: &mut Tx, pack: &Published, bytes: &[u8]) -> Result<(), Error> {
    sqlx::query(
        "insert into pack (digest, version, parent, signer, length, hosts, paths, about, published_at, restores, reason, \
         published_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(pack.digest.clone())
    .bind(pack.version)
    .bind(pack.parent.clone())
    .bind(pack.signer.clone())
    .bind(pack.length)
    .bind(pack.hosts)
    .bind(pack.paths)
    .bind(pack.about.clone())
    .bind(pack.published_at)
    .bind(pack.restores.clone())
    .bind(pack.reason.clone())
    .bind(pack.published_by.clone())
    .execute(&mut **tx)
    .await?;
    for (number, piece) in (0_i64..).zip(bytes.chunks(PIECE)) {
        sqlx::query("insert into pack_piece (digest, number, bytes) values ($1, $2, $3)")
            .bind(pack.digest.clone())
            .bind(number)
            .bind(piece.to_vec())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Forgets the bytes of a pack; that it was published stays known.
pub(crate) async fn forget_bytes(tx: &mut Tx, digest: &str) -> Result<(), Error> {
    sqlx::query("delete from pack_piece where digest = $1")
        .bind(digest.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The packs whose bytes are still there: digests.
pub(crate) async fn kept<'c>(db: impl AnyExecutor<'c>) -> Result<Vec<String>, Error> {
    let rows = sqlx::query("select digest from pack_piece where number = 0").fetch_all(db).await?;
    rows.iter().map(|row| Ok(row.try_get("digest")?)).collect()
}

/// How many devices have which pack in force, of one school or, without one, of all: version and number, the newest first.
/// Version 0 stands for the lists that are built in alone.
pub(crate) async fn on_devices<'c>(
    db: impl AnyExecutor<'c>,
    school: Option<&str>,
) -> Result<Vec<(i64, i64)>, Error> {
    let rows = sqlx::query(
        "select pack_version, count(*) as n from device where revoked_at is null and ($1 = '' or school_id = $1) \
         group by pack_version order by pack_version desc",
    )
    .bind(school.unwrap_or_default().to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("pack_version")?, row.try_get("n")?))).collect()
}
