//! Statements over many rows at once, `… values ($1, $2), ($3, $4) …`. Rows go in chunks of fixed sizes, so that there are
//! few different texts and each connection prepares each of them once.
//!
//! SQLite gets `?` for each value: it would look a numbered one up by its name in a list of all of them, which for two
//! thousand values was a seventh of all the work of taking alerts in. And where it could not insert a row it need not undo
//! the rows before it: whoever fails here undoes the whole transaction, so no copy of each page is kept for that.
//!
//! A last chunk is filled up with its last row again, so that there are few statements: each is a way to the database and
//! back, on SQLite to its thread. There two chunks make up what is less than a full one, so that few rows come twice. Where
//! rows are only inserted PostgreSQL is told how many of them count: it did the work for each that filled up as for any other, a
//! third of all. Where they are joined it is not: it would plan for a tenth of them, and went through all keys for each.

use super::catalogue::Engine;
use crate::error::Error;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

/// Rows of a statement. SQLite takes 32,766 values in one, PostgreSQL 65,535. Half-way sizes are for PostgreSQL, where what
/// is left is one chunk and the rows that fill it up are work: a sixth of all, where powers of two alone made it a third.
const SIZES: [usize; 14] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];
const LARGEST: usize = SIZES.len() - 1;

/// A statement on its way to the database.
pub(super) type Bound = Query<'static, Any, AnyArguments>;

/// A statement over some number of rows. Its text is made of constants only: values are always bound.
#[derive(Debug)]
pub(super) struct Many {
    before: &'static str,
    columns: usize,
    after: &'static str,
    sqlite: [OnceLock<Arc<str>>; SIZES.len()],
    postgres: [OnceLock<Arc<str>>; SIZES.len()],
}

impl Many {
    /// `before values ($1, …), … after`, with `columns` values a row. Where the rows are read from, they are a table with
    /// the columns `column1`, `column2` … on both engines. A plain `insert into` with nothing after it is for
    /// [`insert`](Self::insert) alone.
    pub(super) const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        Self {
            before,
            columns,
            after,
            sqlite: [const { OnceLock::new() }; SIZES.len()],
            postgres: [const { OnceLock::new() }; SIZES.len()],
        }
    }

    /// The statement for each chunk of `rows`, with the values that `bind` gives for each row, in order. The last chunk may
    /// hold its last row several times: for statements to which a row that comes twice means nothing new, such as reading,
    /// and an update, which changes a row once.
    pub(super) fn over<T>(
        &'static self,
        engine: Engine,
        rows: &[T],
        bind: impl Fn(Bound, &T) -> Bound,
    ) -> impl Iterator<Item = Bound> {
        let texts = if engine == Engine::Sqlite { &self.sqlite } else { &self.postgres };
        chunks(engine, rows).map(move |(place, rows, chunk)| {
            let text = texts.get(place).map_or_else(
                || self.text(engine, rows).into(),
                |text| Arc::clone(text.get_or_init(|| self.text(engine, rows).into())),
            );
            let again = chunk.last().into_iter().cycle().take(rows - chunk.len());
            let bound = chunk.iter().chain(again).fold(sqlx::query(AssertSqlSafe(text)), &bind);
            // At most 128.
            if self.is_counted(engine) { bound.bind(chunk.len() as i64) } else { bound }
        })
    }

    /// Whether a statement is told how many of its rows count, the others being there to fill it up.
    fn is_counted(&self, engine: Engine) -> bool {
        engine == Engine::Postgres && !self.after.starts_with(')')
    }

    /// Inserts `rows`. SQLite is told to pass over a row that is there already, because of those that come twice; that none but
    /// those were passed over shows in how many it inserted.
    ///
    /// # Errors
    /// When the database refuses, or has one of the rows already. The transaction must then be undone.
    pub(super) async fn insert<T>(
        &'static self,
        db: &mut AnyConnection,
        rows: &[T],
        bind: impl Fn(Bound, &T) -> Bound,
    ) -> Result<(), Error> {
        let mut inserted = 0;
        for statement in self.over(Engine::of(db), rows, bind) {
            inserted += statement.execute(&mut *db).await?.rows_affected();
        }
        if inserted != rows.len() as u64 {
            let detail = format!("{inserted} of {} rows were new; nothing was saved", rows.len());
            return Err(Error::Internal(detail));
        }
        Ok(())
    }

    fn text(&self, engine: Engine, rows: usize) -> String {
        let plain = self.before.strip_prefix("insert into ").filter(|_| self.after.is_empty());
        let mut text = match (plain, engine) {
            (Some(rest), Engine::Sqlite) => format!("insert or ignore into {rest}"),
            (Some(_), Engine::Postgres) | (None, _) => self.before.to_owned(),
        };
        let mut value = 0;
        for row in 0..rows {
            text.push_str(if row == 0 { "values (" } else { ", (" });
            for column in 0..self.columns {
                value += 1;
                text.push_str(if column == 0 { "" } else { ", " });
                // Writing to a String cannot fail.
                let _ =
                    if engine == Engine::Sqlite { text.write_char('?') } else { write!(text, "${value}") };
            }
            text.push(')');
        }
        if self.is_counted(engine) {
            let _ = write!(text, " limit ${}", value + 1);
        }
        text.push_str(self.after);
        text
    }
}

/// Splits `rows` into chunks, each with the place of its size in [`SIZES`] and that size, up to which it is filled: all but the
/// last are of that length. On PostgreSQL what is left after full chunks is one chunk, on SQLite at most two,
/// each a power of two: it keeps fewer statements prepared.
fn chunks<T>(engine: Engine, rows: &[T]) -> impl Iterator<Item = (usize, usize, &[T])> {
    let mut rest = rows;
    let mut may_be_split = engine == Engine::Sqlite;
    std::iter::from_fn(move || {
        let full = SIZES.get(LARGEST).copied().filter(|size| *size <= rest.len());
        let size = match full {
            Some(size) => size,
            None if may_be_split => 1 << rest.len().checked_ilog2()?,
            None if rest.is_empty() => return None,
            None => {
                let fits = |size: &usize| {
                    *size >= rest.len() && (engine == Engine::Postgres || size.is_power_of_two())
                };
                SIZES.into_iter().find(fits)?
            }
        };
        may_be_split &= full.is_some();
        let place = SIZES.iter().position(|other| *other == size)?;
        let (chunk, after) = rest.split_at_checked(size).unwrap_or((rest, &[]));
        rest = after;
        Some((place, size, chunk))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Execute as _;

    #[test]
    fn chunks_hold_every_row_in_few_statements_of_which_little_is_filled_up() {
        let rows: Vec<usize> = (0..311).collect();
        let sizes = |engine, count: usize| -> Vec<_> {
            let parts: Vec<_> = chunks(engine, &rows[..count]).collect();
            let all: Vec<usize> = parts.iter().flat_map(|(.., chunk)| chunk.to_vec()).collect();
            assert_eq!(all, rows[..count]);
            parts.into_iter().map(|(_, size, chunk)| (size, chunk.len())).collect()
        };
        assert_eq!(sizes(Engine::Sqlite, 311), [(128, 128), (128, 128), (32, 32), (32, 23)]);
        assert_eq!(sizes(Engine::Postgres, 311), [(128, 128), (128, 128), (64, 55)]);
        assert_eq!(sizes(Engine::Postgres, 297), [(128, 128), (128, 128), (48, 41)]);
        assert_eq!(sizes(Engine::Sqlite, 38), [(32, 32), (8, 6)]);
        assert_eq!(sizes(Engine::Sqlite, 64), [(64, 64)]);
        assert_eq!(sizes(Engine::Postgres, 1), [(1, 1)]);
        for engine in [Engine::Sqlite, Engine::Postgres] {
            assert_eq!(sizes(engine, 0), []);
            assert_eq!(sizes(engine, 256), [(128, 128), (128, 128)]);
        }
        static INSERT: Many = Many::new("insert into t (a) ", 1, "");
        static JOIN: Many = Many::new("select v.column1 from (", 1, ") v");
        let bound = |many: &'static Many| -> Vec<usize> {
            many.over(Engine::Postgres, &rows[..5], |query, row| query.bind(i64::try_from(*row).unwrap()))
                .map(|query| query.sql().as_str().matches('$').count())
                .collect()
        };
        assert_eq!(bound(&INSERT), [7], "the fifth row stands there twice, and how many count");
        assert_eq!(bound(&JOIN), [6], "the fifth row stands there twice");
    }

    #[test]
    fn a_plain_insert_takes_no_notice_of_rows_that_fill_up() {
        static MANY: Many = Many::new("insert into t (a) ", 1, "");
        let text = |engine| MANY.text(engine, 1);
        assert_eq!(text(Engine::Sqlite), "insert or ignore into t (a) values (?)");
        assert_eq!(text(Engine::Postgres), "insert into t (a) values ($1) limit $2");
    }

    #[test]
    fn a_text_numbers_its_values_through() {
        static MANY: Many = Many::new("insert into t (a, b) ", 2, " on conflict do nothing");
        let rows = [1_i64, 2, 3];
        let texts = |engine| -> Vec<String> {
            let queries = MANY.over(engine, &rows, |query, row| query.bind(*row).bind(0_i64));
            queries.map(|query| query.sql().as_str().to_owned()).collect()
        };
        assert_eq!(
            texts(Engine::Sqlite),
            [
                "insert into t (a, b) values (?, ?), (?, ?) on conflict do nothing",
                "insert into t (a, b) values (?, ?) on conflict do nothing",
            ]
        );
        assert_eq!(
            texts(Engine::Postgres),
            ["insert into t (a, b) values ($1, $2), ($3, $4), ($5, $6) limit $7 on conflict do nothing"]
        );
    }
}
