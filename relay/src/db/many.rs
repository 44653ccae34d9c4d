//! Statements over many rows at once, `… values ($1, $2), ($3, $4) …`. Rows go in chunks of fixed sizes, so that there are
//! few different texts and each connection prepares each of them once.
//!
//! SQLite gets `?` for each value: it would look a numbered one up by its name in a list of all of them, which for two
//! thousand values was a seventh of all the work of taking alerts in. And where it could not insert a row it need not undo
//! the rows before it: whoever fails here undoes the whole transaction, so no copy of each page is kept for that.

use super::catalogue::Engine;
use crate::error::Error;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

/// The largest chunk is two to the power of one less: 128 rows. SQLite takes 32,766 values in a statement, PostgreSQL
/// 65,535.
const SIZES: usize = 8;

/// A statement on its way to the database.
pub(super) type Bound = Query<'static, Any, AnyArguments>;

/// A statement over some number of rows. Its text is made of constants only: values are always bound.
#[derive(Debug)]
pub(super) struct Many {
    before: &'static str,
    columns: usize,
    after: &'static str,
    sqlite: [OnceLock<Arc<str>>; SIZES],
    postgres: [OnceLock<Arc<str>>; SIZES],
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
            sqlite: [const { OnceLock::new() }; SIZES],
            postgres: [const { OnceLock::new() }; SIZES],
        }
    }

    /// The statement for each chunk of `rows`, with the values that `bind` gives for each row, in order. On PostgreSQL, where
    /// each is a way to the server and back, the last chunk is filled up with its last row again: for statements to which
    /// a row that comes twice means nothing new, such as reading, and setting what is not counted.
    pub(super) fn over<T>(
        &'static self,
        engine: Engine,
        rows: &[T],
        bind: impl Fn(Bound, &T) -> Bound,
    ) -> impl Iterator<Item = Bound> {
        let (exact, filled) = if engine == Engine::Sqlite {
            (Some(chunks(rows)), None)
        } else {
            (None, Some(filled_chunks(rows)))
        };
        self.bound(engine, exact.into_iter().flatten().chain(filled.into_iter().flatten()), bind)
    }

    /// Inserts `rows`. Here too the last chunk is filled up on PostgreSQL, which is told to pass over a row that is there
    /// already; that none but those were passed over shows in how many it inserted.
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

    fn bound<'r, T: 'r>(
        &'static self,
        engine: Engine,
        chunks: impl Iterator<Item = (usize, &'r [T])>,
        bind: impl Fn(Bound, &T) -> Bound,
    ) -> impl Iterator<Item = Bound> {
        let texts = if engine == Engine::Sqlite { &self.sqlite } else { &self.postgres };
        chunks.map(move |(power, chunk)| {
            let rows = 1 << power;
            let text = texts.get(power).map_or_else(
                || self.text(engine, rows).into(),
                |text| Arc::clone(text.get_or_init(|| self.text(engine, rows).into())),
            );
            let again = chunk.last().into_iter().cycle().take(rows - chunk.len());
            chunk.iter().chain(again).fold(sqlx::query(AssertSqlSafe(text)), &bind)
        })
    }

    fn text(&self, engine: Engine, rows: usize) -> String {
        let plain = self.before.strip_prefix("insert into ").filter(|_| self.after.is_empty());
        let (mut text, after) = match (plain, engine) {
            (Some(rest), Engine::Sqlite) => (format!("insert or fail into {rest}"), ""),
            (Some(_), Engine::Postgres) => (self.before.to_owned(), " on conflict do nothing"),
            (None, _) => (self.before.to_owned(), self.after),
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
        text.push_str(after);
        text
    }
}

/// Splits `rows` into chunks whose lengths are powers of two, the largest first, and answers the powers too.
fn chunks<T>(rows: &[T]) -> impl Iterator<Item = (usize, &[T])> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let power = rest.len().checked_ilog2()?.min(SIZES as u32 - 1);
        let (chunk, after) = rest.split_at_checked(1 << power)?;
        rest = after;
        Some((power as usize, chunk))
    })
}

/// Splits `rows` into chunks that each fit a power of two, all but the last exactly.
fn filled_chunks<T>(rows: &[T]) -> impl Iterator<Item = (usize, &[T])> {
    rows.chunks(1 << (SIZES - 1)).map(|chunk| (chunk.len().next_power_of_two().ilog2() as usize, chunk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Execute as _;

    #[test]
    fn chunks_are_powers_of_two_and_miss_nothing() {
        let rows: Vec<usize> = (0..311).collect();
        let sizes: Vec<_> = chunks(&rows).map(|(power, chunk)| (power, chunk.len())).collect();
        assert_eq!(sizes, [(7, 128), (7, 128), (5, 32), (4, 16), (2, 4), (1, 2), (0, 1)]);
        assert_eq!(chunks(&rows).flat_map(|(_, chunk)| chunk.to_vec()).collect::<Vec<_>>(), rows);
        assert_eq!(chunks(&rows[..0]).count(), 0);
    }

    #[test]
    fn filled_chunks_hold_every_row_and_few_twice() {
        let rows: Vec<usize> = (0..311).collect();
        let sizes: Vec<_> = filled_chunks(&rows).map(|(power, chunk)| (1 << power, chunk.len())).collect();
        assert_eq!(sizes, [(128, 128), (128, 128), (64, 55)]);
        assert_eq!(filled_chunks(&rows).flat_map(|(_, chunk)| chunk.to_vec()).collect::<Vec<_>>(), rows);
        assert_eq!(filled_chunks(&rows[..0]).count(), 0);
        static MANY: Many = Many::new("select ", 1, "");
        let bound: Vec<usize> = MANY
            .over(Engine::Postgres, &rows[..3], |query, row| query.bind(i64::try_from(*row).unwrap()))
            .map(|query| query.sql().as_str().matches('$').count())
            .collect();
        assert_eq!(bound, [4], "the third row stands there twice");
    }

    #[test]
    fn a_plain_insert_is_undone_by_its_transaction_and_passes_over_rows_that_fill_up() {
        static MANY: Many = Many::new("insert into t (a) ", 1, "");
        let text = |engine| MANY.text(engine, 1);
        assert_eq!(text(Engine::Sqlite), "insert or fail into t (a) values (?)");
        assert_eq!(text(Engine::Postgres), "insert into t (a) values ($1) on conflict do nothing");
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
            ["insert into t (a, b) values ($1, $2), ($3, $4), ($5, $6), ($7, $8) on conflict do nothing",]
        );
    }
}
