//! What the machine can do without the relay: rows of the same size, committed in groups by the same engine with the same
//! promise. The relay cannot be faster than this; how near it comes is what its own work costs.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sqlx::any::AnyArguments;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::store::{Engine, Store};

/// Connections that insert at the same time on PostgreSQL; SQLite has one writer.
const WRITERS: usize = 4;

/// Inserts rows of `bytes` in groups of `group`, each group one durable transaction, for `time`; answers rows a second.
/// The table has a key and two indexes, as alerts have.
///
/// # Errors
/// When the database refuses.
pub async fn rows(
    engine: Engine,
    store: &Store,
    folder: &Path,
    bytes: usize,
    group: usize,
    time: Duration,
) -> Result<f64> {
    let store = match engine {
        Engine::Sqlite => {
            let file = folder.join(format!("floor-{group}.db"));
            std::fs::File::create(&file)?;
            Store::file(&file)
        }
        Engine::Postgres => store.clone(),
    };
    let mut first = store.open().await?;
    let durable = ["pragma journal_mode = wal", "pragma synchronous = full", "pragma busy_timeout = 5000"];
    if engine == Engine::Sqlite {
        for pragma in durable {
            sqlx::query(pragma).execute(&mut first).await?;
        }
    }
    for sql in [
        "drop table if exists floor",
        "create table floor (id text not null primary key, device text not null, at bigint not null, body text not null)",
        "create index floor_device on floor (device, at)",
        "create index floor_at on floor (at)",
    ] {
        sqlx::query(sql).execute(&mut first).await?;
    }
    let mut writers = vec![first];
    if engine == Engine::Postgres {
        for _ in 1..WRITERS {
            writers.push(store.open().await?);
        }
    }
    let started = Instant::now();
    let tasks: Vec<_> = writers
        .into_iter()
        .zip(0_u64..)
        .map(|(connection, seed)| tokio::spawn(insert(engine, connection, seed, bytes, group, time)))
        .collect();
    let mut rows = 0;
    for task in tasks {
        rows += task.await.context("a writer ended early")??;
    }
    let elapsed = started.elapsed();
    let mut last = store.open().await?;
    sqlx::query("drop table floor").execute(&mut last).await?;
    last.close().await?;
    #[allow(clippy::cast_precision_loss, reason = "millions of rows")]
    let rate = rows as f64 / elapsed.as_secs_f64();
    Ok(rate)
}

async fn insert(
    engine: Engine,
    mut connection: AnyConnection,
    seed: u64,
    bytes: usize,
    group: usize,
    time: Duration,
) -> Result<usize> {
    let mut random = fastrand::Rng::with_seed(seed);
    let body: String = std::iter::repeat_with(|| random.alphanumeric()).take(bytes).collect();
    let places: Vec<String> = (0..group)
        .map(|row| match engine {
            // Numbered values are looked up by name, one by one: a price that SQLite need not pay.
            Engine::Sqlite => "(?, ?, ?, ?)".to_owned(),
            Engine::Postgres => {
                format!("(${}, ${}, ${}, ${})", row * 4 + 1, row * 4 + 2, row * 4 + 3, row * 4 + 4)
            }
        })
        .collect();
    let sql = format!("insert into floor (id, device, at, body) values {}", places.join(", "));
    let end = Instant::now() + time;
    let mut rows = 0;
    while Instant::now() < end {
        let mut query = sqlx::query::<_>(AssertSqlSafe(sql.clone()));
        for _ in 0..group {
            let id = uuid::Builder::from_random_bytes(random.u128(..).to_be_bytes()).into_uuid().to_string();
            query = bind(query, id, &mut random, &body);
        }
        query.execute(&mut connection).await?;
        rows += group;
    }
    connection.close().await?;
    Ok(rows)
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, AnyArguments>;

fn bind<'q>(query: Query<'q>, id: String, random: &mut fastrand::Rng, body: &str) -> Query<'q> {
    let device = format!("device-{:05}", random.u16(..1_000));
    query.bind(id).bind(device).bind(random.i64(0..1 << 40)).bind(body.to_owned())
}
