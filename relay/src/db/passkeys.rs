//! Passkeys: the public keys by which people prove that it is them. How they are checked is in `auth::factor::passkey`.

use super::Tx;
use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// A passkey as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The credential's id, unpadded base64url.
    pub(crate) id: String,
    /// What its owner calls it.
    pub(crate) name: String,
    /// The credential, as JSON of `webauthn-rs`.
    pub(crate) credential: String,
    /// Since when.
    pub(crate) created_at: i64,
    /// When it last proved something.
    pub(crate) used_at: Option<i64>,
}

/// The passkeys of an account, oldest first.
pub(crate) async fn list<'c>(db: impl AnyExecutor<'c>, account: &str) -> Result<Vec<Stored>, Error> {
    let rows = sqlx::query(
        "select id, name, credential, created_at, used_at from passkey where account_id = $1 \
         order by created_at, id",
    )
    .bind(account.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Stored {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                credential: row.try_get("credential")?,
                created_at: row.try_get("created_at")?,
                used_at: row.try_get("used_at")?,
            })
        })
        .collect()
}

/// Adds a passkey. Answers `false` when this one is somebody's already.
pub(crate) async fn insert(
    tx: &mut Tx,
    account: &str,
    (id, name): (&str, &str),
    credential: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "insert into passkey (id, account_id, name, credential, created_at) values ($1, $2, $3, $4, $5) \
         on conflict (id) do nothing",
    )
    .bind(id.to_owned())
    .bind(account.to_owned())
    .bind(name.to_owned())
    .bind(credential.to_owned())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a use, and the counter that came with it.
pub(crate) async fn used(
    tx: &mut Tx,
    account: &str,
    id: &str,
    credential: &str,
    now: i64,
) -> Result<(), Error> {
    sqlx::query("update passkey set used_at = $1, credential = $2 where id = $3 and account_id = $4")
        .bind(now)
        .bind(credential.to_owned())
        .bind(id.to_owned())
        .bind(account.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes a passkey away. Answers `false` when the account has none with this id.
pub(crate) async fn remove(tx: &mut Tx, account: &str, id: &str) -> Result<bool, Error> {
    let done = sqlx::query("delete from passkey where id = $1 and account_id = $2")
        .bind(id.to_owned())
        .bind(account.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
