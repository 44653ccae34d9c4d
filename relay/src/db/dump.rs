//! Reading whole tables, row by row, in an order that both engines agree on: by primary key, texts byte by byte. What is
//! done with the rows is in `backup`.

use super::catalogue::{Engine, Kind, Reference, Table};
use anyhow::Context as _;
use futures_util::stream::{BoxStream, StreamExt as _};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// Text.
    Text(String),
    /// A number.
    Number(i64),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row, and the school that it belongs to: '' when it belongs to the relay as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owned {
    /// The school's id, or ''.
    pub(crate) school: String,
    /// The values, in the order of the columns that were asked for.
    pub(crate) values: Vec<Value>,
}

/// What is read of a table: these columns, ordered by these keys. A file tells both, so that a later version with more
/// columns compares the same ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<'a> {
    /// The table as the database has it.
    pub(crate) table: &'a Table,
    /// The columns.
    pub(crate) columns: &'a [super::catalogue::Column],
    /// The columns to order by.
    pub(crate) key: &'a [String],
}

/// The rows of a table, or those of one school. `all` is the whole catalogue, by which rows without a `school_id` find
/// their school. Rows come as they are asked for; few are in memory at a time.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn rows<'c>(
    db: &'c mut AnyConnection,
    all: &[Table],
    shape: Shape<'_>,
    school: Option<&str>,
) -> BoxStream<'c, anyhow::Result<Owned>> {
    let statement = statement(Engine::of(db), all, shape, school.is_some());
    let kinds: Vec<Kind> = shape.columns.iter().map(|column| column.kind).collect();
    let name = shape.table.name.clone();
    let mut query = sqlx::query(AssertSqlSafe(statement)).persistent(false);
    if let Some(school) = school {
        query = query.bind(school.to_owned());
    }
    query
        .fetch(db)
        .map(move |row| {
            row.and_then(|row| owned(&row, &kinds)).with_context(|| format!("{name} could not be read"))
        })
        .boxed()
}

fn owned(row: &AnyRow, kinds: &[Kind]) -> Result<Owned, sqlx::Error> {
    let school = row.try_get::<Option<String>, _>(0)?.unwrap_or_default();
    let values = kinds
        .iter()
        .enumerate()
        .map(|(at, kind)| {
            let at = at + 1;
            Ok(match kind {
                Kind::Text => row.try_get::<Option<String>, _>(at)?.map_or(Value::Null, Value::Text),
                Kind::Number => row.try_get::<Option<i64>, _>(at)?.map_or(Value::Null, Value::Number),
                Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map_or(Value::Null, Value::Bytes),
            })
        })
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    Ok(Owned { school, values })
}

fn statement(engine: Engine, all: &[Table], shape: Shape<'_>, of_one: bool) -> String {
    let Shape { table, columns, key } = shape;
    let owner = owner(all, table, "t", 0);
    let columns: Vec<String> = columns.iter().map(|column| format!("t.\"{}\"", column.name)).collect();
    let order: Vec<String> = key
        .iter()
        .map(|column| match (engine, table.kind(column)) {
            // PostgreSQL orders text by the rules of a language otherwise, SQLite byte by byte.
            (Engine::Postgres, Some(Kind::Text)) => format!("t.\"{column}\" collate \"C\""),
            _ => format!("t.\"{column}\""),
        })
        .collect();
    let only = match (of_one, &owner) {
        (false, _) => String::new(),
        (true, Some(owner)) => format!(" where {owner} = $1"),
        (true, None) => format!(" where {}", referred_to(all, table)),
    };
    format!(
        "select {}, {} from \"{}\" t{only} order by {}",
        owner.as_deref().unwrap_or("''"),
        columns.join(", "),
        table.name,
        order.join(", ")
    )
}

/// The school of a row of `table`, which the statement calls `alias`: its own `school_id`, or that of what it refers to.
/// None when the table belongs to the relay as a whole.
fn owner(all: &[Table], table: &Table, alias: &str, depth: usize) -> Option<String> {
    if table.name == "school" {
        return Some(format!("{alias}.id"));
    }
    if table.kind("school_id").is_some() {
        return Some(format!("{alias}.school_id"));
    }
    // A reference leads to a table with a school in one step or two; more than the tables there are is a circle.
    if depth > all.len() {
        return None;
    }
    table.references.iter().find_map(|Reference { column, table, to }| {
        let target = all.iter().find(|other| other.name == *table)?;
        let name = format!("o{depth}");
        let school = owner(all, target, &name, depth + 1)?;
        Some(format!(
            "(select {school} from \"{table}\" {name} where {name}.\"{to}\" = {alias}.\"{column}\")"
        ))
    })
}

/// The condition for rows of the relay as a whole which rows of the school `$1` refer to, such as the school's trust.
fn referred_to(all: &[Table], table: &Table) -> String {
    let ways: Vec<String> = all
        .iter()
        .flat_map(|from| from.references.iter().map(move |reference| (from, reference)))
        .filter(|(from, reference)| reference.table == table.name && from.name != table.name)
        .filter_map(|(from, Reference { column, to, .. })| {
            let school = owner(all, from, "r", 0)?;
            Some(format!(
                "t.\"{to}\" in (select r.\"{column}\" from \"{}\" r where {school} = $1)",
                from.name
            ))
        })
        .collect();
    // The parameter stands in every statement, so that binding it is always right.
    if ways.is_empty() { "$1 = ''".to_owned() } else { ways.join(" or ") }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Column;
    use super::*;

    fn table(name: &str, columns: &[&str], references: &[(&str, &str)]) -> Table {
        Table {
            name: name.into(),
            columns: columns.iter().map(|&name| Column { name: name.into(), kind: Kind::Text }).collect(),
            key: vec!["id".into()],
            references: references
                .iter()
                .map(|&(column, table)| Reference {
                    column: column.into(),
                    table: table.into(),
                    to: "id".into(),
                })
                .collect(),
        }
    }

    #[test]
    fn a_row_finds_its_school_by_itself_or_by_what_it_refers_to() {
        let all = [
            table("account", &["id", "school_id"], &[("school_id", "school")]),
            table("school", &["id", "trust_id"], &[("trust_id", "trust")]),
            table("step", &["id", "totp_id"], &[("totp_id", "totp")]),
            table("totp", &["id", "account_id"], &[("account_id", "account")]),
            table("trust", &["id"], &[]),
        ];
        let of = |name: &str| owner(&all, all.iter().find(|table| table.name == name).unwrap(), "t", 0);
        assert_eq!(of("school").unwrap(), "t.id");
        assert_eq!(of("account").unwrap(), "t.school_id");
        assert_eq!(
            of("step").unwrap(),
            "(select (select o1.school_id from \"account\" o1 where o1.\"id\" = o0.\"account_id\") from \"totp\" o0 \
             where o0.\"id\" = t.\"totp_id\")"
        );
        assert_eq!(of("trust"), None);
        assert_eq!(
            referred_to(&all, &all[4]),
            "t.\"id\" in (select r.\"trust_id\" from \"school\" r where r.id = $1)"
        );
    }

    #[test]
    fn tables_that_refer_to_each_other_in_a_circle_belong_to_nobody() {
        let all =
            [table("a", &["id", "b_id"], &[("b_id", "b")]), table("b", &["id", "a_id"], &[("a_id", "a")])];
        assert_eq!(owner(&all, &all[0], "t", 0), None);
    }
}
