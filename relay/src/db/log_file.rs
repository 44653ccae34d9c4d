//! SQLite's write-ahead log: kept short beside the commits, not by them. What is committed is in the log, synced; moving it
//! into the database file later takes long, and left to SQLite some commit would wait for it every few megabytes.

use sqlx::{AnyPool, Row as _};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often the log is looked at.
const EVERY: Duration = Duration::from_secs(2);

/// Frames of a page each, 256 MiB, from which writers are stopped for a moment so that the log can begin again. Otherwise
/// it would grow for as long as something is always being written.
const MOST_FRAMES: i64 = 64 * 1024;

/// Frames that may be left to move while writers are stopped: a few megabytes.
const LITTLE: i64 = 1_500;

/// How often the rest is moved beside the writers before they are stopped, however much it still is.
const TRIES: usize = 8;

/// How long writers are stopped at most for readers to finish, milliseconds.
pub(super) const PATIENCE: &str = "pragma busy_timeout = 100";

/// Moves what is in the log and leaves writers and readers alone.
const PASSIVE: &str = "pragma wal_checkpoint(passive)";

/// Moves the rest, and makes the next commit begin at the log's start.
const RESTART: &str = "pragma wal_checkpoint(restart)";

/// The log of one database, on a connection of its own.
#[derive(Debug, Clone)]
pub(crate) struct LogFile(AnyPool);

impl LogFile {
    /// The log that connections of `pool` see; the pool has one.
    pub(super) const fn new(pool: AnyPool) -> Self {
        Self(pool)
    }

    /// Keeps it short until the database is closed.
    pub(crate) async fn keep_short(self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.shorten(MOST_FRAMES).await {
                Ok(()) => {}
                Err(sqlx::Error::PoolClosed) => return,
                Err(error) => {
                    tracing::warn!(%error, "the database’s log could not be moved into the database file");
                }
            }
        }
    }

    /// Moves what is in the log, and starts it again when it had more than `most` frames.
    async fn shorten(&self, most: i64) -> Result<(), sqlx::Error> {
        let mut long = self.checkpoint(PASSIVE).await?;
        if long > most {
            // Again for what came meanwhile, each time less, until writers need wait only for little: under a backlog the
            // second time still takes a second, in which thousands of pages come.
            for _ in 0..TRIES {
                let before = std::mem::replace(&mut long, self.checkpoint(PASSIVE).await?);
                if long - before < LITTLE {
                    break;
                }
            }
            self.checkpoint(RESTART).await?;
        }
        Ok(())
    }

    /// Answers how many frames the log had.
    async fn checkpoint(&self, how: &'static str) -> Result<i64, sqlx::Error> {
        sqlx::query(how).fetch_one(&self.0).await?.try_get(1)
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

#[cfg(test)]
mod tests {
    use crate::Db;

    #[tokio::test]
    async fn a_long_log_begins_again_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::sqlite(&folder.path().join("lapwing.db")).await.unwrap();
        let log = db.log_file().unwrap().clone();
        let length = || std::fs::metadata(folder.path().join("lapwing.db-wal")).unwrap().len();
        let add = async |number: i64| {
            let mut tx = db.begin().await.unwrap();
            let insert = "insert into chain_head (school_id, seq, hash) values ($1, $2, randomblob(3000))";
            sqlx::query(insert).bind(format!("s{number}")).bind(number).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        };
        for number in 0..50 {
            add(number).await;
        }
        let long = length();
        log.shorten(10).await.unwrap();
        for number in 50..70 {
            add(number).await;
        }
        assert_eq!(length(), long, "the log went on where it was instead of beginning again");
        log.shorten(1_000_000).await.unwrap();
        let count: i64 =
            sqlx::query_scalar("select count(*) from chain_head").fetch_one(db.read()).await.unwrap();
        assert_eq!(count, 70);
    }
}
