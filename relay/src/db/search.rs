//! Exact-word search over sealed text: keyed hashes of the words of reports and concerns, written with the words
//! themselves and deleted when the last key to them is destroyed. The hashes tell whoever has the database alone how
//! often some unknown word occurs, and nothing more.

use super::Tx;
use crate::error::Error;
use crate::seal::{Object, Vault};
use sqlx::{AnyExecutor, Row as _};
use std::collections::BTreeSet;

/// How many words of a record are kept at most: a story has a few hundred different ones.
const WORDS: usize = 4_000;
/// How many words one search may have.
const ASKED: usize = 8;
/// The most records that one search finds.
const MOST: usize = 100;

/// The different words of `text`, folded: letters and digits in lower case, at least two of them, without apostrophes.
fn words(text: &str) -> BTreeSet<String> {
    text.to_lowercase()
        .replace(['\'', '’'], "")
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().nth(1).is_some())
        .map(|word| word.chars().take(64).collect())
        .collect()
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

/// The ids of the records of this kind that hold every word of `asked`, newest first, at most a hundred. Nothing is
/// asked for without a word.
pub(crate) async fn find(
    db: impl AnyExecutor<'_> + Copy,
    vault: &Vault,
    object: Object,
    asked: &str,
) -> Result<Vec<String>, Error> {
    let mut found: Option<BTreeSet<String>> = None;
    for word in words(asked).iter().take(ASKED) {
        let rows = sqlx::query(
            "select object_id from search_word where school_id = $1 and word_hash = $2 and object_kind = $3",
        )
        .bind(vault.school().to_owned())
        .bind(vault.word_hash(word))
        .bind(object.as_str())
        .fetch_all(db)
        .await?;
        let ids = rows.iter().map(|row| row.try_get("object_id")).collect::<Result<BTreeSet<String>, _>>()?;
        found = Some(match found {
            Some(before) => before.intersection(&ids).cloned().collect(),
            None => ids,
        });
    }
    // Ids are UUIDv7: the last are the newest.
    Ok(found.unwrap_or_default().into_iter().rev().take(MOST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_counted_once() {
        let found = words("Don’t go, DON'T! Zoë’s 2nd x — 日本 a");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["2nd", "dont", "go", "zoës", "日本"]);
    }
}
