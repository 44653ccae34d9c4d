//! What is really stored, read past the relay: the proof of everything that the relay acknowledged.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use sqlx::any::{AnyConnectOptions, install_default_drivers};
use sqlx::{AnyConnection, Connection as _, Row as _};

/// Where the relay keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// A file in the data folder.
    Sqlite,
    /// A server of its own.
    Postgres,
}

impl Engine {
    /// As people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A way to the stored rows.
#[derive(Debug, Clone)]
pub struct Store {
    engine: Engine,
    url: String,
}

impl Store {
    /// SQLite in a relay's data folder.
    #[must_use]
    pub fn sqlite(data: &Path) -> Self {
        Self::file(&data.join("lapwing.db"))
    }

    /// A file of SQLite.
    #[must_use]
    pub fn file(file: &Path) -> Self {
        Self { engine: Engine::Sqlite, url: format!("sqlite://{}", file.display()) }
    }

    /// PostgreSQL, by an address of somebody who may see every row.
    #[must_use]
    pub fn postgres(url: &str) -> Self {
        Self { engine: Engine::Postgres, url: url.to_owned() }
    }

    /// Which engine.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub async fn open(&self) -> Result<AnyConnection> {
        install_default_drivers();
        let options: AnyConnectOptions = self.url.parse()?;
        AnyConnection::connect_with(&options).await.with_context(|| format!("cannot open {}", self.url))
    }

    /// How often each alert's id is stored.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub async fn alerts(&self) -> Result<HashMap<String, u32>> {
        let mut connection = self.open().await?;
        let rows = sqlx::query("select id from alert").fetch_all(&mut connection).await?;
        let mut stored = HashMap::with_capacity(rows.len());
        for row in rows {
            *stored.entry(row.try_get::<String, _>("id")?).or_insert(0) += 1;
        }
        connection.close().await?;
        Ok(stored)
    }

    /// How many alerts are stored, and how many their episodes count.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub async fn counts(&self) -> Result<(i64, i64)> {
        let mut connection = self.open().await?;
        let stored = number(&mut connection, "select count(*) from alert").await?;
        let counted = "select cast(coalesce(sum(alerts), 0) as bigint) from episode";
        let counted = number(&mut connection, counted).await?;
        connection.close().await?;
        Ok((stored, counted))
    }

    /// The keys by which devices enrol, one a school, the first school's first.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub async fn enrolment_keys(&self) -> Result<Vec<String>> {
        let mut connection = self.open().await?;
        let sql = "select enrolment_key from school order by created_at, id";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await?;
        connection.close().await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    /// What the engine itself finds wrong with its files; nothing when all is well. PostgreSQL is asked to read every
    /// row and every index entry through (`amcheck`, where the extension is there).
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn faults(&self) -> Result<Vec<String>> {
        let mut connection = self.open().await?;
        let found = match self.engine {
            Engine::Sqlite => {
                let rows = sqlx::query("pragma integrity_check").fetch_all(&mut connection).await?;
                let lines = rows.iter().map(|row| row.try_get::<String, _>(0));
                lines.collect::<Result<Vec<_>, _>>()?.into_iter().filter(|line| line != "ok").collect()
            }
            Engine::Postgres => {
                sqlx::query("create extension if not exists amcheck").execute(&mut connection).await?;
                let check = "select cast(count(bt_index_check(c.oid, true)) as bigint) from pg_index i \
                             join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam \
                             where a.amname = 'btree' and c.relkind = 'i' and i.indisvalid";
                match sqlx::query(check).fetch_one(&mut connection).await {
                    Ok(_) => Vec::new(),
                    Err(error) => vec![error.to_string()],
                }
            }
        };
        connection.close().await?;
        Ok(found)
    }
}

async fn number(connection: &mut AnyConnection, sql: &'static str) -> Result<i64> {
    Ok(sqlx::query(sql).fetch_one(connection).await?.try_get(0)?)
}

/// The files of a SQLite database, whether they are there or not.
#[must_use]
pub fn files(data: &Path) -> [PathBuf; 3] {
    ["lapwing.db", "lapwing.db-wal", "lapwing.db-shm"].map(|name| data.join(name))
}
