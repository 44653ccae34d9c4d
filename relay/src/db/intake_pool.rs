//! On PostgreSQL, the connections of the writers that take alerts in. How they are used is in `writer`; all others are in `pool`.

use super::pool::{BY_INDEX, postgres_pool, quiet};
use super::scope::{self, Scope};
use sqlx::AnyPool;
use sqlx::Connection as _;
use sqlx::Executor as _;
use sqlx::any::AnyPoolOptions;
use std::time::Duration;
use url::Url;

/// Connections of the writers that take alerts in (`writer`). They are few and nobody else's, because each connection reads
/// each of their hundred statements anew. A statement is planned once and not for each group: with some hundred rows in its
/// text, planning it was more work than doing it, and cost a quarter of all alerts a second. What is planned while a table is
/// empty holds until PostgreSQL has next counted its rows (autovacuum), so no other way may be left to plan it until then
/// than by the one index that is meant (`BY_INDEX`, and the fences in `intake` and `linking`).
const INTAKE: u32 = 4;
const INTAKE_SETTINGS: [&str; 6] = [
    BY_INDEX[0],
    BY_INDEX[1],
    BY_INDEX[2],
    BY_INDEX[3],
    "set plan_cache_mode = force_generic_plan",
    // As long as SQLite waits: a device is told to come again before its own patience ends.
    "set lock_timeout = 5000",
];

/// Statements that a connection of these keeps prepared: fifteen of the intake, each in fourteen sizes. Of a hundred, which is
/// what it would keep otherwise, check-ins pushed out some that each group needs.
const INTAKE_STATEMENTS: &str = "250";

/// A connection that a writer gave back so lately is not asked whether it still lives.
const LATELY: Duration = Duration::from_secs(1);

/// How long a connection may take to answer when a writer gives it back. What was begun is undone there; on a line that died
/// without a word that would wait as long as TCP does, and hold one of the few connections.
const ANSWER: Duration = Duration::from_secs(5);

/// The connections, of which none is opened yet: whoever begins first opens them, which is who should hear of their answers.
///
/// # Errors
/// When the address is none of a database.
pub(super) fn connections(url: &Url) -> Result<AnyPool, sqlx::Error> {
    let mut prepared = url.clone();
    prepared.query_pairs_mut().append_pair("statement-cache-capacity", INTAKE_STATEMENTS);
    Ok(intake_pool().connect_lazy_with(quiet(prepared.as_str().parse()?)))
}

/// Connections of the writers that take alerts in: of every school, so they are told so once and not for each group.
fn intake_pool() -> AnyPoolOptions {
    postgres_pool(INTAKE, &INTAKE_SETTINGS)
        .after_connect(|connection, _| {
            Box::pin(scope::within(Scope::Relay, async move {
                for setting in INTAKE_SETTINGS {
                    connection.execute(setting).await?;
                }
                scope::tell(connection).await
            }))
        })
        .before_acquire(|connection, meta| {
            Box::pin(scope::within(Scope::Relay, async move {
                if meta.idle_for >= LATELY {
                    scope::tell(connection).await?;
                }
                Ok(true)
            }))
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                let asked = tokio::time::timeout(ANSWER, connection.ping()).await;
                asked.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true)
            })
        })
}
