//! Statements over many rows at once, `… values ($1, $2), ($3, $4) …`. Rows go in chunks of fixed sizes, so that there are
//! few different texts and each connection prepares each of them once.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};
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
    texts: [OnceLock<Arc<str>>; SIZES],
}

impl Many {
    /// `before (values ($1, …), …) after`, with `columns` values a row. Where the rows are read from, they are a table with
    /// the columns `column1`, `column2` … on both engines.
    pub(super) const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        Self { before, columns, after, texts: [const { OnceLock::new() }; SIZES] }
    }

    /// The statement for each chunk of `rows`, with the values that `bind` gives for each row, in order.
    pub(super) fn over<T>(
        &'static self,
        rows: &[T],
        bind: impl Fn(Bound, &T) -> Bound,
    ) -> impl Iterator<Item = Bound> {
        chunks(rows).map(move |(power, chunk)| {
            let text = self.texts.get(power).map_or_else(
                || self.text(chunk.len()).into(),
                |text| Arc::clone(text.get_or_init(|| self.text(chunk.len()).into())),
            );
            chunk.iter().fold(sqlx::query(AssertSqlSafe(text)), &bind)
        })
    }

    fn text(&self, rows: usize) -> String {
        let mut text = String::from(self.before);
        let mut value = 0;
        for row in 0..rows {
            text.push_str(if row == 0 { "values (" } else { ", (" });
            for column in 0..self.columns {
                value += 1;
                // Writing to a String cannot fail.
                let _ = write!(text, "{}${value}", if column == 0 { "" } else { ", " });
            }
            text.push(')');
        }
        text.push_str(self.after);
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
    fn a_text_numbers_its_values_through() {
        static MANY: Many = Many::new("insert into t (a, b) ", 2, " on conflict do nothing");
        let rows = [1_i64, 2, 3];
        let texts: Vec<String> = MANY
            .over(&rows, |query, row| query.bind(*row).bind(0_i64))
            .map(|query| query.sql().as_str().to_owned())
            .collect();
        assert_eq!(
            texts,
            [
                "insert into t (a, b) values ($1, $2), ($3, $4) on conflict do nothing",
                "insert into t (a, b) values ($1, $2) on conflict do nothing",
            ]
        );
    }
}
