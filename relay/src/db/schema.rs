//! The schema's steps, and bringing a database to one of them. The steps themselves are in `migrations`; what a running
//! relay does to its own database before it serves is in `pool`.

use super::catalogue::Engine;
use sqlx::AnyConnection;
use sqlx::migrate::{MigrateError, Migrator};

pub(super) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub(super) static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The version of the schema that this program brings.
pub(super) fn newest_schema(engine: Engine) -> i64 {
    let migrations = if engine == Engine::Sqlite { &SQLITE } else { &POSTGRES };
    migrations.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Why the schema could not be brought to a version.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MigrateTo {
    /// This program does not know it.
    #[error("this version of Lapwing does not know the schema {0}")]
    Unknown(i64),
    /// A step failed.
    #[error("the database’s schema could not be brought up to date: {0}")]
    Failed(#[from] MigrateError),
}

/// Brings the schema to `version`, or to the newest. A restore does so in its own transaction.
///
/// # Errors
/// When this program does not know that version, or a step fails.
pub(crate) async fn migrate(db: &mut AnyConnection, version: Option<i64>) -> Result<(), MigrateTo> {
    let steps = match Engine::of(db) {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    };
    if let Some(version) = version.filter(|version| !steps.version_exists(*version)) {
        return Err(MigrateTo::Unknown(version));
    }
    Ok(steps.run_direct(version, db, false).await?)
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
