//! Putting whole tables back, many rows in a statement. Where the rows come from is in `backup`.

use super::catalogue::{Column, Engine, Kind, Table};
use super::dump::Value;
use anyhow::Context as _;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor as _, Row as _};

/// Rows a statement: one round to the database for many rows, and a statement that is prepared once. Both engines take at
/// least 32,766 parameters; the widest table has some twenty columns.
pub(crate) const TOGETHER: usize = 64;

/// Lets rows come before what they refer to, until the transaction ends. PostgreSQL then has to be told by [`settle`] to
/// check.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn in_any_order(db: &mut AnyConnection) -> anyhow::Result<()> {
    match Engine::of(db) {
        Engine::Sqlite => {
            db.execute("pragma defer_foreign_keys = on").await?;
        }
        Engine::Postgres => {
            alter_references(db, "deferrable initially deferred").await?;
        }
    }
    Ok(())
}

/// Checks that everything that is referred to is there.
///
/// # Errors
/// When something is not, or the database refuses.
pub(crate) async fn settle(db: &mut AnyConnection) -> anyhow::Result<()> {
    match Engine::of(db) {
        Engine::Sqlite => {
            let row =
                sqlx::query("select count(*) as n from pragma_foreign_key_check()").fetch_one(db).await?;
            let astray: i64 = row.try_get("n")?;
            anyhow::ensure!(astray == 0, "{astray} rows refer to rows that are not in the backup");
        }
        Engine::Postgres => {
            db.execute("set constraints all immediate")
                .await
                .context("rows refer to rows that are not in the backup")?;
            alter_references(db, "not deferrable").await?;
        }
    }
    Ok(())
}

async fn alter_references(db: &mut AnyConnection, how: &str) -> anyhow::Result<()> {
    let rows = sqlx::query(
        "select c.relname::text as name, k.conname::text as reference from pg_constraint k \
         join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace \
         where k.contype = 'f' and n.nspname = current_schema() and not c.relispartition",
    )
    .fetch_all(&mut *db)
    .await?;
    for row in rows {
        let (table, reference): (String, String) = (row.try_get("name")?, row.try_get("reference")?);
        let sql = format!("alter table \"{table}\" alter constraint \"{reference}\" {how}");
        db.execute(AssertSqlSafe(sql)).await?;
    }
    Ok(())
}

/// Puts `rows` into `table`. Each has a value for each of `columns`.
///
/// # Errors
/// When the database refuses a row.
pub(crate) async fn insert(
    db: &mut AnyConnection,
    table: &Table,
    columns: &[Column],
    rows: Vec<Vec<Value>>,
) -> anyhow::Result<()> {
    let sql = statement(table, columns, rows.len());
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(rows.len() == TOGETHER);
    for row in rows {
        for (value, column) in row.into_iter().zip(columns) {
            query = bind(query, value, column.kind);
        }
    }
    query.execute(db).await.with_context(|| format!("rows of {} could not be written", table.name))?;
    Ok(())
}

fn statement(table: &Table, columns: &[Column], rows: usize) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let mut sql = format!("insert into \"{}\" ({}) values ", table.name, names.join(", "));
    let mut place = 0;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            place += 1;
            sql.push_str(if column == 0 { "$" } else { ", $" });
            sql.push_str(&place.to_string());
        }
        sql.push(')');
    }
    sql
}

type Query<'q> = sqlx::query::Query<'q, Any, sqlx::any::AnyArguments>;

/// PostgreSQL wants to know of which type a value is that is not there.
fn bind(query: Query<'_>, value: Value, kind: Kind) -> Query<'_> {
    match (value, kind) {
        (Value::Text(text), _) => query.bind(text),
        (Value::Number(number), _) => query.bind(number),
        (Value::Bytes(bytes), _) => query.bind(bytes),
        (Value::Null, Kind::Text) => query.bind(None::<String>),
        (Value::Null, Kind::Number) => query.bind(None::<i64>),
        (Value::Null, Kind::Bytes) => query.bind(None::<Vec<u8>>),
    }
}
