//! What tables there are, as the engine itself tells: their columns, keys, and what they refer to. Backups are made from
//! this, so that a table which a later migration adds is in the next backup without anybody thinking of it. What is left
//! out of a backup, and why, is in `backup::which`.

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _};

/// The engine behind a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// The engine that `db` is connected to.
    pub(crate) fn of(db: &AnyConnection) -> Self {
        if db.backend_name() == "PostgreSQL" { Self::Postgres } else { Self::Sqlite }
    }
}

/// What a column holds. The schema has no other types (migrations/*/0001_first.sql).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// Bytes.
    Bytes,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
}

/// A reference from one table to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The column.
    pub(crate) column: String,
    /// The table that it refers to.
    pub(crate) table: String,
    /// The column there.
    pub(crate) to: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: String,
    /// Its columns, in their order.
    pub(crate) columns: Vec<Column>,
    /// The columns of its primary key, in their order.
    pub(crate) key: Vec<String>,
    /// What it refers to, by column.
    pub(crate) references: Vec<Reference>,
}

impl Table {
    /// The kind of the column `name`.
    pub(crate) fn kind(&self, name: &str) -> Option<Kind> {
        self.columns.iter().find(|column| column.name == name).map(|column| column.kind)
    }
}

/// The statements by which an engine tells about itself. Each takes the table as `$1`, except the first.
struct Questions {
    tables: &'static str,
    columns: &'static str,
    key: &'static str,
    references: &'static str,
}

const SQLITE: Questions = Questions {
    // `alert_key` is a view of what is a table on PostgreSQL: backups hold the same of both.
    tables: "select name from sqlite_schema where (type = 'table' or name = 'alert_key') \
             and name not like 'sqlite\\_%' escape '\\' and name not like '\\_sqlx%' escape '\\' order by name",
    columns: "select name, lower(type) as type from pragma_table_info($1) order by cid",
    key: "select name from pragma_table_info($1) \
          where pk > 0 or ($1 = 'alert_key' and name <> 'received_at') order by pk, cid",
    references: "select \"from\" as from_column, \"table\" as to_table, \"to\" as to_column from pragma_foreign_key_list($1) \
                 order by \"from\"",
};

const POSTGRES: Questions = Questions {
    // A partition's rows are read through the table that it is a part of.
    tables: "select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace \
             where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition \
             and c.relname not like '\\_sqlx%' order by c.relname::text collate \"C\"",
    columns: "select column_name::text as name, data_type::text as type from information_schema.columns \
              where table_schema = current_schema() and table_name = $1 order by ordinal_position",
    key: "select a.attname::text as name from pg_index i \
          cross join lateral unnest(i.indkey::int2[]) with ordinality as k (number, place) \
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number \
          where i.indisprimary and i.indrelid = to_regclass($1) order by k.place",
    references: "select a.attname::text as from_column, f.relname::text as to_table, b.attname::text as to_column \
                 from pg_constraint c join pg_class f on f.oid = c.confrelid \
                 join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] \
                 join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1] \
                 where c.contype = 'f' and c.conrelid = to_regclass($1) order by a.attname::text collate \"C\"",
};

/// Every table of the schema, by name.
///
/// # Errors
/// When the engine cannot be asked, or a table has a column of another type or no primary key: its rows could then not be
/// written in an order that is the same everywhere.
pub(crate) async fn tables(db: &mut AnyConnection) -> anyhow::Result<Vec<Table>> {
    let ask = match Engine::of(db) {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    };
    let names = sqlx::query(ask.tables).fetch_all(&mut *db).await?;
    let mut tables = Vec::with_capacity(names.len());
    for row in names {
        tables.push(table(db, ask, row.try_get("name")?).await?);
    }
    Ok(tables)
}

async fn table(db: &mut AnyConnection, ask: &Questions, name: String) -> anyhow::Result<Table> {
    let columns = sqlx::query(ask.columns)
        .bind(name.clone())
        .fetch_all(&mut *db)
        .await?
        .iter()
        .map(|row| {
            let (column, stored): (String, String) = (row.try_get("name")?, row.try_get("type")?);
            let kind = match stored.as_str() {
                "text" => Kind::Text,
                "bigint" => Kind::Number,
                "blob" | "bytea" => Kind::Bytes,
                other => bail!("{name}.{column} is of the type “{other}”, which no backup can hold"),
            };
            Ok(Column { name: column, kind })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let key = sqlx::query(ask.key).bind(name.clone()).fetch_all(&mut *db).await?;
    let key = key.iter().map(|row| row.try_get("name")).collect::<Result<Vec<String>, _>>()?;
    if key.is_empty() {
        bail!("the table {name} has no primary key, so no backup of it can be compared");
    }
    let references = sqlx::query(ask.references)
        .bind(name.clone())
        .fetch_all(&mut *db)
        .await?
        .iter()
        .map(|row| {
            Ok(Reference {
                column: row.try_get("from_column")?,
                table: row.try_get("to_table")?,
                to: row.try_get("to_column")?,
            })
        })
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    Ok(Table { name, columns, key, references })
}

/// The version of the schema: the newest migration that was applied. None for a database without a schema.
pub(crate) async fn version(db: &mut AnyConnection) -> anyhow::Result<Option<i64>> {
    let there = match Engine::of(db) {
        Engine::Sqlite => "select count(*) as n from sqlite_schema where name = '_sqlx_migrations'",
        Engine::Postgres => "select count(*) as n from pg_class where oid = to_regclass('_sqlx_migrations')",
    };
    if sqlx::query(there).fetch_one(&mut *db).await?.try_get::<i64, _>("n")? == 0 {
        return Ok(None);
    }
    let row = sqlx::query("select max(version) as version from _sqlx_migrations").fetch_one(&mut *db).await?;
    row.try_get("version").context("the schema’s version could not be read")
}
