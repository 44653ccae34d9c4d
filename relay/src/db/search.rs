//! Exact-word search over sealed text: keyed hashes of the words of reports and concerns and of the names of people in
//! concerns, written with the words themselves and deleted when the last key to them is destroyed. A pupil's name in a
//! report is not among them: it may be given in confidence. The hashes tell whoever has the database alone how
//! often some unknown word occurs, and nothing more.

use super::Tx;
use super::walls::bound;
use crate::error::Error;
use crate::seal::{Object, Vault};
use crate::walls::Viewer;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};
use std::collections::BTreeSet;

/// How many words of a record are kept at most: a story has a few hundred different ones.
const WORDS: usize = 4_000;
/// How many words one search may have.
pub(crate) const ASKED: usize = 8;
/// The most records of a kind that one search finds.
pub(crate) const MOST: usize = 100;

/// What stands between the blanks and signs of `text`, folded: letters and digits in lower case, without apostrophes.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let folded = text.to_lowercase().replace(['\'', '’'], "");
    let pieces: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.chars().take(64).collect())
        .collect();
    pieces.into_iter()
}

/// Whether it is long enough to be found by: nearly every record has each single letter.
fn is_word(piece: &str) -> bool {
    piece.chars().nth(1).is_some()
}

/// The different words of `text`.
fn words(text: &str) -> BTreeSet<String> {
    pieces(text).filter(|piece| is_word(piece)).collect()
}

/// Keeps the words of `text` for the record `id`.
pub(crate) async fn index(
    tx: &mut Tx,
    vault: &Vault,
    (object, id): (Object, &str),
    text: &str,
) -> Result<(), Error> {
    for word in words(text).into_iter().take(WORDS) {
        sqlx::query(
            "insert into search_word (school_id, word_hash, object_kind, object_id) values ($1, $2, $3, $4) \
             on conflict do nothing",
        )
        .bind(vault.school().to_owned())
        .bind(vault.word_hash(&word))
        .bind(object.as_str())
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// What a search asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The words that every record found has: from one to [`ASKED`].
    words: Vec<String>,
    /// What was left out because it is a single letter or digit.
    pub(crate) left_out: Vec<String>,
}

/// Why a search cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// There is no word of two letters in it.
    TooShort,
    /// It has this many different words, which is more than [`ASKED`].
    TooMany(usize),
}

impl Asked {
    /// Reads what somebody typed.
    pub(crate) fn read(text: &str) -> Result<Self, Unasked> {
        let (words, left_out): (Vec<_>, Vec<_>) = pieces(text).partition(|word| is_word(word));
        let words: BTreeSet<_> = words.into_iter().collect();
        let left_out: BTreeSet<_> = left_out.into_iter().collect();
        match words.len() {
            0 => Err(Unasked::TooShort),
            many if many > ASKED => Err(Unasked::TooMany(many)),
            _ => Ok(Self { words: words.into_iter().collect(), left_out: left_out.into_iter().collect() }),
        }
    }
}

/// A record that was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its id.
    pub(crate) id: String,
    /// A concern's number.
    pub(crate) number: Option<i64>,
    /// When it was recorded or received, milliseconds.
    pub(crate) at: i64,
}

/// The condition that a record has each of `$15` different words, of which `$7` to `$14` are the hashes.
macro_rules! has_words {
    ($kind:literal, $id:literal) => {
        concat!(
            $id,
            " in (select w.object_id from search_word w where w.school_id = $1 and w.object_kind = '",
            $kind,
            "' and w.word_hash in ($7, $8, $9, $10, $11, $12, $13, $14) group by w.object_id having count(*) = $15)"
        )
    };
}

/// The concerns with every word of `asked` that `viewer` may read, newest first, at most [`MOST`], and whether there are
/// more.
pub(crate) async fn concerns(
    db: &AnyPool,
    vault: &Vault,
    viewer: &Viewer,
    asked: &Asked,
) -> Result<(Vec<Found>, bool), Error> {
    let sql = concat!(
        "select c.id, c.number, c.recorded_at as at from concern c where c.school_id = $1 and ",
        concern_visible!(),
        " and ",
        has_words!("concern", "c.id"),
        " order by c.recorded_at desc, c.id desc limit 101"
    );
    found(db, vault, viewer, (sql, true), asked).await
}

/// The same for pupils' reports.
pub(crate) async fn reports(
    db: &AnyPool,
    vault: &Vault,
    viewer: &Viewer,
    asked: &Asked,
) -> Result<(Vec<Found>, bool), Error> {
    let sql = concat!(
        "select r.id, r.received_at as at from pupil_report r where r.school_id = $1 and ",
        report_visible!(),
        " and ",
        has_words!("report", "r.id"),
        " order by r.received_at desc, r.id desc limit 101"
    );
    found(db, vault, viewer, (sql, false), asked).await
}

/// The walls stand in the query: cut first and walled then, a reader of few records would find none of theirs.
async fn found(
    db: &AnyPool,
    vault: &Vault,
    viewer: &Viewer,
    (sql, numbered): (&'static str, bool),
    asked: &Asked,
) -> Result<(Vec<Found>, bool), Error> {
    let mut query = bound(sqlx::query(sql), viewer);
    // The statement has a place for each of the most words: the places that are left hold a word again, which the index,
    // holding each word of a record once, does not count twice.
    for word in asked.words.iter().cycle().take(ASKED) {
        query = query.bind(vault.word_hash(word));
    }
    let many = i64::try_from(asked.words.len()).map_err(Error::internal)?;
    let rows = query.bind(many).fetch_all(db).await?;
    let read = |row: &AnyRow| -> Result<Found, Error> {
        let number = if numbered { Some(row.try_get("number")?) } else { None };
        Ok(Found { id: row.try_get("id")?, number, at: row.try_get("at")? })
    };
    let list = rows.iter().take(MOST).map(read).collect::<Result<Vec<_>, _>>()?;
    Ok((list, rows.len() > MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_counted_once() {
        let found = words("Don’t go, DON'T! Zoë’s 2nd x — 日本 a");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["2nd", "dont", "go", "zoës", "日本"]);
    }
    #[test]
    fn what_is_asked_is_refused_or_said_to_be_left_out_and_never_cut() {
        let asked = Asked::read("Amira J. — amira's b").unwrap();
        assert_eq!(
            (asked.words, asked.left_out),
            (vec!["amira".into(), "amiras".into()], vec!["b".into(), "j".into()])
        );
        assert_eq!(Asked::read("a … 7").unwrap_err(), Unasked::TooShort);
        let most = "one two three four five six seven eight";
        assert_eq!(Asked::read(&format!("{most} EIGHT")).unwrap().words.len(), ASKED);
        assert_eq!(Asked::read(&format!("{most} nine")).unwrap_err(), Unasked::TooMany(9));
    }
}
