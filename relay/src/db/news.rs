//! What relays of one PostgreSQL tell each other: NOTIFY and LISTEN on one channel, on connections of their own. A message
//! names a school and never holds content; PostgreSQL keeps none of it. What is said, and when, is in `live`.
//!
//! Messages are sent after the commit of a change, several in one statement, and not inside it: a commit with a NOTIFY in
//! it takes a lock on the whole server, and intake would queue for that lock.

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _, PgPool};
use std::time::Duration;
use tracing::log::LevelFilter;

const CHANNEL: &str = "lapwing";

/// How long nothing may be heard before the connection is asked whether it still is one: a server that vanished without
/// a word looks like a quiet one.
const QUIET: Duration = Duration::from_secs(30);

/// How long a connection, or an answer on it, may take.
const ANSWER: Duration = Duration::from_secs(10);

/// The post between the relays of one PostgreSQL.
#[derive(Debug, Clone)]
pub(crate) struct News(PgPool);

impl News {
    /// For the database at `options`. Nothing is connected yet.
    pub(super) fn at(options: PgConnectOptions) -> Self {
        let options =
            options.log_statements(LevelFilter::Off).log_slow_statements(LevelFilter::Off, Duration::ZERO);
        // One connection listens for as long as it lives, one sends.
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .acquire_timeout(ANSWER)
            .max_lifetime(None)
            .connect_lazy_with(options);
        Self(pool)
    }

    /// Sends each of `messages`, at most 7,999 bytes each, to every relay that listens, this one included.
    ///
    /// # Errors
    /// When the database cannot be reached; then none of them was sent.
    pub(crate) async fn tell(&self, messages: &[String]) -> Result<(), sqlx::Error> {
        let statement = sqlx::query("select pg_notify($1, message) from unnest($2::text[]) message")
            .bind(CHANNEL)
            .bind(messages)
            .execute(&self.0);
        within(statement).await?;
        Ok(())
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(crate) async fn listen(&self) -> Result<Ears, sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.0).await?;
        listener.eager_reconnect(false);
        within(listener.listen(CHANNEL)).await?;
        Ok(Ears(listener))
    }

    /// Closes its connections; whoever listens is told that the pool is closed.
    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

/// One connection that listens.
pub(crate) struct Ears(PgListener);

impl Ears {
    /// The next message, or none when the connection was lost. Then it is of no more use.
    ///
    /// # Errors
    /// When the connection is broken or the database is closed.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, sqlx::Error> {
        loop {
            // Giving up the wait loses no message: what has arrived in part stays in the connection's buffer.
            match tokio::time::timeout(QUIET, self.0.try_recv()).await {
                Ok(heard) => return Ok(heard?.map(|message| message.payload().to_owned())),
                Err(_) => within(self.0.execute("select 1")).await?,
            };
        }
    }
}

async fn within<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(ANSWER, work).await {
        Ok(done) => done,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
