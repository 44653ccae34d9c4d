//! Opening the database, and the two ways into it: many readers, and writers who take turns. SQLite has one writer
//! connection, so two requests never wait on each other's locks; PostgreSQL has a pool for both.

use super::catalogue::Engine;
use super::intake_pool;
use super::log_file::{self, LogFile};
use super::news::News;
use super::schema::{POSTGRES, SQLITE};
use super::scope::{self, Scope};
use super::turns::{Turn, Turns};
use super::tx::Tx;
use crate::error::Error;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::MigrateError;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Transaction};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, Row as _};
use std::path::Path;
use std::time::Duration;
use tracing::log::LevelFilter;
use url::Url;

const READERS: u32 = 8;
const POSTGRES_BEGIN: &str = "begin";

/// What the writer keeps of the database in memory, KiB: alerts have random ids, so each group touches pages all over the
/// indexes, and would otherwise read them from the log again.
const WRITER_CACHE: &str = "pragma cache_size = -65536";
const READER_CACHE: &str = "pragma cache_size = -8192";

/// Every statement is meant to find its rows by an index (`bench scale` explains them). PostgreSQL plans one while tables are small,
/// when reading all of them is quickest, and keeps that plan while they grow. Compiling would take longer than the statement.
pub(super) const BY_INDEX: [&str; 4] =
    ["set enable_seqscan = off", "set enable_hashjoin = off", "set enable_mergejoin = off", "set jit = off"];

/// How long a statement waits for another process's lock on SQLite's file.
const PATIENCE: &str = "pragma busy_timeout = 5000";

/// The open database.
#[derive(Debug, Clone)]
pub struct Db {
    read: AnyPool,
    write: AnyPool,
    intake: AnyPool,
    begin: &'static str,
    snapshot: &'static str,
    news: Option<News>,
    log: Option<LogFile>,
    turns: Turns,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is of neither engine.
    #[error(
        "the database must be a postgres:// address, or absent for SQLite in the data folder; it starts with “{0}:”"
    )]
    Scheme(String),
    /// The folder's name cannot be written as an address.
    #[error("{0} cannot hold the database: give the data folder as an absolute path")]
    Path(String),
    /// The engine refused.
    #[error("the database could not be opened: {0}")]
    Connect(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database’s schema could not be brought up to date: {0}")]
    Migrate(#[from] MigrateError),
}

impl Db {
    /// Opens SQLite in `file`, made when absent, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or is not this program's.
    pub async fn sqlite(file: &Path) -> Result<Self, OpenError> {
        let options = sqlite_options(file, "rwc")?;
        let write = sqlite_pool(1, PATIENCE, WRITER_CACHE).connect_with(options.clone()).await?;
        SQLITE.run(&write).await?;
        let log =
            LogFile::new(sqlite_pool(1, log_file::PATIENCE, READER_CACHE).connect_lazy_with(options.clone()));
        let read = sqlite_pool(READERS, PATIENCE, READER_CACHE).connect_with(options).await?;
        // A deferred transaction that starts with a read fails at once when another process writes in between.
        Ok(Self {
            read,
            intake: write.clone(),
            write,
            begin: "begin immediate",
            snapshot: "begin",
            news: None,
            log: Some(log),
            turns: Turns::sqlite(),
        })
    }

    /// Opens PostgreSQL at `url` and brings its schema up to date.
    ///
    /// # Errors
    /// When the address is not PostgreSQL's, or the server refuses.
    pub async fn postgres(url: &Url) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(OpenError::Scheme(url.scheme().to_owned()));
        }
        let news = News::at(url.as_str().parse()?);
        let options = quiet(url.as_str().parse()?);
        let pool = postgres_pool(READERS * 2, &BY_INDEX).connect_with(options).await?;
        scope::within(Scope::Relay, POSTGRES.run(&pool)).await?;
        let intake = intake_pool::connections(url)?;
        Ok(Self {
            read: pool.clone(),
            write: pool,
            intake,
            begin: POSTGRES_BEGIN,
            snapshot: "begin isolation level repeatable read, read only",
            news: Some(news),
            log: None,
            turns: Turns::default(),
        })
    }

    /// For statements that only read.
    pub(crate) const fn read(&self) -> &AnyPool {
        &self.read
    }

    /// Begins a change.
    pub(crate) async fn begin(&self) -> Result<Tx, sqlx::Error> {
        self.begin_on(&self.write).await
    }

    /// Begins a change that brings what devices sent.
    pub(crate) async fn begin_intake(&self) -> Result<Tx, sqlx::Error> {
        self.begin_on(&self.intake).await
    }

    async fn begin_on(&self, pool: &AnyPool) -> Result<Tx, sqlx::Error> {
        let turn = self.turn().await?;
        Ok(Tx::new(pool.begin_with(self.begin).await?, turn))
    }

    /// The next turn to write, when it is known how the one before ended.
    async fn turn(&self) -> Result<Turn, sqlx::Error> {
        let turn = self.turns.next().await?;
        if turn.is_doubtful() {
            self.settle().await?;
            turn.is_settled();
        }
        Ok(turn)
    }

    /// Settles what a failed commit left open. PostgreSQL does so itself: what it has answered is on its disk, and a
    /// connection that broke is replaced. SQLite's connection is closed, so that nothing it believes about the file
    /// survives, and a new one has to bring what the log holds to the disk first: a disk that refuses a sync once may
    /// silently have thrown away what it was given.
    async fn settle(&self) -> Result<(), sqlx::Error> {
        if self.news.is_none() {
            let _ = self.write.acquire().await?.close().await;
            let mut fresh = self.write.acquire().await?;
            // Not taken while `log_file` is at it, which can last a second under a backlog.
            let mut tries = 0..50;
            loop {
                let row = sqlx::query("pragma wal_checkpoint(passive)").fetch_one(&mut *fresh).await?;
                if row.try_get::<i64, _>(0)? == 0 {
                    break;
                }
                tries.next().ok_or(sqlx::Error::PoolTimedOut)?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tracing::warn!("a commit failed; the database was opened again and its log is on the disk");
        }
        Ok(())
    }

    /// One moment of the whole database, every school's rows, for reading much of it while it is being written. It ends
    /// when it is dropped.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        scope::within(Scope::Relay, self.read.begin_with(self.snapshot)).await
    }

    /// Whether the database's role walks past row-level security, as PostgreSQL's superusers do: then the second wall
    /// between schools does not stand. Never so on SQLite, which has no such wall.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub(crate) async fn bypasses_row_security(&self) -> Result<bool, Error> {
        if self.begin != POSTGRES_BEGIN {
            return Ok(false);
        }
        let row = sqlx::query(
            "select case when rolsuper or rolbypassrls then 1 else 0 end as bypasses from pg_roles \
             where rolname = current_user",
        )
        .fetch_one(&self.read)
        .await?;
        Ok(row.try_get::<i64, _>("bypasses")? == 1)
    }

    /// The way to other relays of the same database; none where there cannot be any.
    pub(crate) const fn news(&self) -> Option<&News> {
        self.news.as_ref()
    }

    /// SQLite's log; PostgreSQL looks after its own.
    pub(crate) const fn log_file(&self) -> Option<&LogFile> {
        self.log.as_ref()
    }

    /// Takes what was deleted from `tables` out of the engine's files too, as far as it lies in the database itself.
    ///
    /// # Errors
    /// When the engine refuses, or readers kept it from doing so for long.
    pub(crate) async fn scrub(&self, tables: &[&str]) -> anyhow::Result<()> {
        let _turn = self.turn().await?;
        let mut connection = self.write.acquire().await?;
        if Engine::of(&connection) == Engine::Postgres {
            let sql = format!("vacuum {}", tables.join(", "));
            connection.execute(AssertSqlSafe(sql)).await?;
            return Ok(());
        }
        // Deleted rows are written over in the file (`secure_delete`); the log has them until it is emptied. Each try waits
        // for readers as long as any statement does.
        for _ in 0..6 {
            let row = sqlx::query("pragma wal_checkpoint(truncate)").fetch_one(&mut *connection).await?;
            if row.try_get::<i64, _>(0)? == 0 {
                return Ok(());
            }
        }
        anyhow::bail!("its log is being read without a pause, and could not be emptied")
    }

    /// Finishes what is under way and closes the database.
    pub async fn close(&self) {
        if let Some(news) = &self.news {
            news.close().await;
        }
        if let Some(log) = &self.log {
            log.close().await;
        }
        self.read.close().await;
        self.write.close().await;
        self.intake.close().await;
    }
}

/// Opens the SQLite database in `file` as it is: it is not made, and its schema not changed.
pub(super) async fn existing_sqlite(file: &Path) -> Result<AnyPool, OpenError> {
    Ok(sqlite_pool(1, PATIENCE, WRITER_CACHE).connect_with(sqlite_options(file, "rw")?).await?)
}

/// Opens PostgreSQL at `url` as it is.
pub(super) async fn existing_postgres(url: &Url) -> Result<AnyPool, OpenError> {
    sqlx::any::install_default_drivers();
    Ok(postgres_pool(1, &BY_INDEX).connect_with(quiet(url.as_str().parse()?)).await?)
}

/// Connections that are told, as they leave the pool, whose rows their user may reach.
pub(super) fn postgres_pool(connections: u32, settings: &'static [&'static str]) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        // Telling the scope shows whether the connection still lives, so it is not asked for that besides.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for setting in settings {
                    connection.execute(*setting).await?;
                }
                scope::tell(connection).await
            })
        })
        .before_acquire(|connection, _| {
            Box::pin(async move {
                scope::tell(connection).await?;
                Ok(true)
            })
        })
}

fn sqlite_options(file: &Path, mode: &str) -> Result<AnyConnectOptions, OpenError> {
    sqlx::any::install_default_drivers();
    let not_a_path = || OpenError::Path(file.display().to_string());
    let absolute = std::path::absolute(file).map_err(|_| not_a_path())?;
    let mut url = Url::from_file_path(&absolute).map_err(|()| not_a_path())?.to_string();
    url.replace_range(.."file://".len(), "sqlite://");
    url.push_str("?mode=");
    url.push_str(mode);
    Ok(quiet(url.parse()?))
}

fn sqlite_pool(connections: u32, patience: &'static str, cache: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|connection, _| {
            Box::pin(async move {
                // SQLite undoes a transaction by itself when the disk is full or fails. sqlx goes on counting it, and
                // would never begin another on this connection; so it is closed. The ping waits for sqlx's own undoing.
                if connection.is_in_transaction() {
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
        // There is no line that could have been cut.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for pragma in [
                    patience,
                    cache,
                    "pragma journal_mode = wal",
                    // `log_file` sees to it, beside the commits.
                    "pragma wal_autocheckpoint = 0",
                    // An acknowledged alert survives a power cut.
                    "pragma synchronous = full",
                    // What a statement over many rows would need to be undone by itself: not worth a file.
                    "pragma temp_store = memory",
                    "pragma foreign_keys = on",
                    "pragma trusted_schema = off",
                    "pragma secure_delete = on",
                ] {
                    connection.execute(pragma).await?;
                }
                Ok(())
            })
        })
}

/// A connection of its own to PostgreSQL, whose schema is left as it is. It reaches every school's rows.
///
/// # Errors
/// When the address is not PostgreSQL's, or the server refuses.
pub(crate) async fn connect(url: &Url) -> Result<AnyConnection, OpenError> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect_with(&quiet(url.as_str().parse()?)).await?;
    scope::within(Scope::Relay, scope::tell(&mut connection)).await?;
    Ok(connection)
}

/// A connection to a new file, which is written without care for a power cut: whoever fills it waits for the disk at the
/// end, and only then gives the file its name.
///
/// # Errors
/// When the file cannot be opened.
pub(crate) async fn connect_to_new(file: &Path) -> Result<AnyConnection, OpenError> {
    let mut connection = AnyConnection::connect_with(&sqlite_options(file, "rwc")?).await?;
    for pragma in ["pragma journal_mode = off", "pragma synchronous = off", "pragma trusted_schema = off"] {
        connection.execute(pragma).await?;
    }
    Ok(connection)
}

/// Statements are not logged: their values are children's words.
pub(super) fn quiet(options: AnyConnectOptions) -> AnyConnectOptions {
    options.log_statements(LevelFilter::Off).log_slow_statements(LevelFilter::Off, Duration::ZERO)
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
