//! What the people who run the relay need to know of its database: whether it takes a change, how many are signed in, and
//! how the engine is set up. Nothing here reads a record.

use super::Db;
pub(crate) use super::catalogue::Engine;
use super::keys::{self, KeyRow};
use super::pool::{self, OpenError};
use super::schema;
use super::stranded::{self, Stranded};
use crate::error::Error;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, AnyPool, Row as _};
use std::path::Path;
use url::Url;

/// A change that changes nothing: it takes the locks of a write, on a row that cannot be.
const NO_CHANGE: &str = "update school set name = name where id = ''";

/// Whether a change could be made now: the writer answers, and the engine would let it write. Nothing is changed.
pub(crate) async fn probe(db: &Db) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    sqlx::query(NO_CHANGE).execute(&mut *tx).await?;
    Ok(())
}

/// The same of the writers that take in what devices send, whose connections on PostgreSQL are their own.
pub(crate) async fn probe_intake(db: Db) -> Result<(), Error> {
    let mut tx = db.begin_intake().await?;
    sqlx::query(NO_CHANGE).execute(&mut *tx).await?;
    Ok(())
}

/// How many sessions have not ended.
pub(crate) async fn sessions<'c>(db: impl AnyExecutor<'c>, now: i64) -> Result<i64, Error> {
    let row =
        sqlx::query("select count(*) from session where expires_at > $1").bind(now).fetch_one(db).await?;
    Ok(row.try_get(0)?)
}

/// The database as it is, opened to look at: nothing is made, changed or brought up to date.
pub(crate) struct Look {
    pool: AnyPool,
    engine: Engine,
}

/// A setting, its value, and the values that keep what was acknowledged.
type Setting = (&'static str, String, &'static [&'static str]);

impl Look {
    /// Opens PostgreSQL at `url`, or the SQLite database in `file`.
    pub(crate) async fn open(url: Option<&Url>, file: &Path) -> Result<Self, OpenError> {
        let (pool, engine) = match url {
            Some(url) => (pool::existing_postgres(url).await?, Engine::Postgres),
            None => (pool::existing_sqlite(file).await?, Engine::Sqlite),
        };
        Ok(Self { pool, engine })
    }

    /// Lets go of it.
    pub(crate) async fn close(self) {
        self.pool.close().await;
    }

    /// The engine's name and version.
    pub(crate) async fn version(&self) -> Result<String, sqlx::Error> {
        Ok(match self.engine {
            Engine::Sqlite => format!("SQLite {}", self.text("select sqlite_version()").await?),
            Engine::Postgres => {
                format!("PostgreSQL {}", self.text("select current_setting('server_version')").await?)
            }
        })
    }

    /// Whether a change could be made.
    pub(crate) async fn writable(&self) -> Result<(), sqlx::Error> {
        let begin = if self.engine == Engine::Sqlite { "begin immediate" } else { "begin" };
        let mut tx = self.pool.begin_with(begin).await?;
        sqlx::query(NO_CHANGE).execute(&mut *tx).await?;
        tx.rollback().await
    }

    /// The schema's version, 0 where there is none, and the one that this program brings.
    pub(crate) async fn schema(&self) -> Result<(i64, i64), sqlx::Error> {
        let newest = schema::newest_schema(self.engine);
        let there = match self.engine {
            Engine::Sqlite => "select count(*) from sqlite_master where name = '_sqlx_migrations'",
            Engine::Postgres => "select count(*) from pg_class where oid = to_regclass('_sqlx_migrations')",
        };
        if self.number(there).await? == 0 {
            return Ok((0, newest));
        }
        Ok((self.number("select coalesce(max(version), 0) from _sqlx_migrations").await?, newest))
    }

    /// What decides whether a commit is on the disk when it has been answered.
    pub(crate) async fn settings(&self) -> Result<Vec<Setting>, sqlx::Error> {
        if self.engine == Engine::Sqlite {
            let synchronous =
                sqlx::query("pragma synchronous").fetch_one(&self.pool).await?.try_get::<i64, _>(0)?;
            return Ok(vec![
                ("journal_mode", self.text("pragma journal_mode").await?, &["wal"]),
                ("synchronous", synchronous.to_string(), &["2", "3"]),
            ]);
        }
        let mut settings: Vec<Setting> = Vec::new();
        for (name, sql, wanted) in [
            ("fsync", "select current_setting('fsync')", &["on"] as &'static [&'static str]),
            ("full_page_writes", "select current_setting('full_page_writes')", &["on"]),
            (
                "synchronous_commit",
                "select current_setting('synchronous_commit')",
                &["on", "local", "remote_write", "remote_apply"],
            ),
        ] {
            settings.push((name, self.text(sql).await?, wanted));
        }
        Ok(settings)
    }

    /// Whether row-level security does not hold this role; none where there is no such thing.
    pub(crate) async fn bypasses_row_security(&self) -> Result<Option<bool>, sqlx::Error> {
        if self.engine == Engine::Sqlite {
            return Ok(None);
        }
        let sql = "select cast(case when rolsuper or rolbypassrls then 1 else 0 end as bigint) from pg_roles \
             where rolname = current_user";
        let row = sqlx::query(sql).fetch_one(&self.pool).await?;
        Ok(Some(row.try_get::<i64, _>(0)? == 1))
    }

    /// How many schools' chains do not end with the event that their head names, and when the newest event was.
    pub(crate) async fn chain(&self) -> Result<(i64, Option<i64>), sqlx::Error> {
        let sql = "select count(*) from chain_head h where not exists (select 1 from audit_event e \
             where e.school_id = h.school_id and e.seq = h.seq and e.hash = h.hash) \
             or exists (select 1 from audit_event e where e.school_id = h.school_id and e.seq > h.seq)";
        let broken = self.number(sql).await?;
        let newest =
            sqlx::query("select max(at) from audit_event").fetch_one(&self.pool).await?.try_get(0)?;
        Ok((broken, newest))
    }

    /// The hash of one event of a chain, where there is such an event.
    pub(crate) async fn event_hash(&self, school: &str, seq: i64) -> Result<Option<Vec<u8>>, sqlx::Error> {
        let row = sqlx::query("select hash from audit_event where school_id = $1 and seq = $2")
            .bind(school.to_owned())
            .bind(seq)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    }

    /// Each school's key as it is wrapped by the master key, with the school.
    pub(crate) async fn school_keys(&self) -> Result<Vec<(String, KeyRow)>, Error> {
        let sql = "select school_id, id, kind, under, wrapped from sealing_key where kind = 'school' \
             and wrapped is not null and school_id is not null";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|row: &AnyRow| Ok((row.try_get("school_id")?, keys::key_row(row)?))).collect()
    }

    /// The records and names that nobody can open although nobody decided that; and how many records, of how many people,
    /// were destroyed on purpose.
    pub(crate) async fn unopened(&self) -> Result<(Vec<Stranded>, (i64, i64)), Error> {
        Ok((stranded::stranded(&self.pool).await?, stranded::destroyed_on_purpose(&self.pool).await?))
    }

    async fn number(&self, sql: &'static str) -> Result<i64, sqlx::Error> {
        sqlx::query(sql).fetch_one(&self.pool).await?.try_get(0)
    }

    async fn text(&self, sql: &'static str) -> Result<String, sqlx::Error> {
        sqlx::query(sql).fetch_one(&self.pool).await?.try_get(0)
    }
}
