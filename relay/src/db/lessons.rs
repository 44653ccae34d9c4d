//! Lessons that staff have announced: a lesson is never changed, it ends. What may be announced is decided in `web`, what a
//! lesson changes in `lapwing_core`.

use super::Tx;
use super::keys::{self, key_columns, key_joins};
use crate::app::App;
use crate::error::Error;
use crate::proof::Table;
use crate::seal::{Object, Vault};
use lapwing_core::Category;
use lapwing_core::wire::Lesson;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// Every year, where a lesson lists years.
const ALL: &str = "*";

/// A lesson that is on, as colleagues see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announced {
    /// Its id.
    pub(crate) id: String,
    /// About what, for whom, until when.
    pub(crate) lesson: Lesson,
    /// A line for colleagues; may be empty.
    pub(crate) note: String,
    /// Who announced it.
    pub(crate) by: String,
    /// When, milliseconds.
    pub(crate) at: i64,
}

/// A lesson to be announced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewLesson<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// About what, for whom, until when.
    pub(crate) lesson: &'a Lesson,
    /// A line for colleagues; may be empty.
    pub(crate) note: &'a str,
    /// By whom: account id.
    pub(crate) by: &'a str,
}

/// A list as it is stored, between commas.
fn stored<T: ToString>(list: &[T]) -> String {
    let names: Vec<String> = list.iter().map(ToString::to_string).collect();
    format!(",{},", names.join(","))
}

/// The words of a stored list that can be read.
fn read<T: std::str::FromStr>(stored: &str) -> Vec<T> {
    stored.split(',').filter_map(|name| name.parse().ok()).collect()
}

fn lesson(row: &AnyRow) -> Result<Lesson, Error> {
    let topics: Vec<Category> = read(&row.try_get::<String, _>("topics")?);
    let years = row.try_get::<String, _>("years")?;
    let until = row.try_get("until")?;
    let lesson = Lesson { topics, years: read(&years), until };
    if lesson.years.is_empty() && years != ALL {
        return Err(Error::Internal(format!("a lesson is stored for the years “{years}”, which are none")));
    }
    Ok(lesson)
}

/// The lessons of `school` that are on, as its devices hear of them.
pub(crate) async fn for_devices<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    now: i64,
) -> Result<Vec<Lesson>, Error> {
    let rows = sqlx::query(
        "select topics, years, until from lesson where school_id = $1 and until > $2 and ended_at is null \
         order by until, id",
    )
    .bind(school.to_owned())
    .bind(now)
    .fetch_all(db)
    .await?;
    rows.iter().map(lesson).collect()
}

/// The lessons of the school that are on, as colleagues see them: what ends first comes first.
pub(crate) async fn on<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    now: i64,
) -> Result<Vec<Announced>, Error> {
    let rows = sqlx::query(concat!(
        "select l.id, l.topics, l.years, l.until, l.sealed, l.announced_at, a.name as announced_by, ",
        key_columns!(),
        " from lesson l join account a on a.id = l.announced_by",
        key_joins!("l", "lesson"),
        "where l.school_id = $1 and l.until > $2 and l.ended_at is null order by l.until, l.id",
    ))
    .bind(vault.school().to_owned())
    .bind(now)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let id: String = row.try_get("id")?;
            Ok(Announced {
                lesson: lesson(row)?,
                note: note(row, vault, &id)?,
                by: row.try_get("announced_by")?,
                at: row.try_get("announced_at")?,
                id,
            })
        })
        .collect()
}

fn note(row: &AnyRow, vault: &Vault, id: &str) -> Result<String, Error> {
    let sealed: Vec<u8> = row.try_get("sealed")?;
    if sealed.is_empty() {
        return Ok(String::new());
    }
    Ok(keys::record(row, vault, (Object::Lesson, id))?.words(("lesson", id), &sealed))
}

/// How many lessons of `school` are on.
pub(crate) async fn count<'c>(db: impl AnyExecutor<'c>, school: &str, now: i64) -> Result<i64, Error> {
    let row = sqlx::query(
        "select count(*) as n from lesson where school_id = $1 and until > $2 and ended_at is null",
    )
    .bind(school.to_owned())
    .bind(now)
    .fetch_one(db)
    .await?;
    Ok(row.try_get("n")?)
}

/// Announces a lesson. Answers `false` when there is one with this id already.
pub(crate) async fn announce(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    new: NewLesson<'_>,
) -> Result<bool, Error> {
    let (school, random) = (vault.school(), app.random.as_ref());
    let key = vault.new_record(random)?;
    let sealed = match new.note {
        "" => Vec::new(),
        note => key.seal_words(random, ("lesson", new.id), note)?,
    };
    let has_note = !sealed.is_empty();
    let years = if new.lesson.years.is_empty() { ALL.to_owned() } else { stored(&new.lesson.years) };
    let done = sqlx::query(
        "insert into lesson (id, school_id, topics, years, until, sealed, announced_by, announced_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing",
    )
    .bind(new.id.to_owned())
    .bind(school.to_owned())
    .bind(stored(&new.lesson.topics))
    .bind(years)
    .bind(new.lesson.until)
    .bind(sealed)
    .bind(new.by.to_owned())
    .bind(app.now())
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    if has_note {
        let what = (Object::Lesson, new.id);
        keys::wrap_record(tx, school, what, &vault.wrap_record(random, what, &key)?).await?;
    }
    tx.wrote(school, Table::LESSON, new.id);
    Ok(true)
}

/// Who announced the lesson `id` of `school`: account id; none when there is no such lesson.
pub(crate) async fn announced_by<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    id: &str,
) -> Result<Option<String>, Error> {
    let row = sqlx::query("select announced_by from lesson where school_id = $1 and id = $2")
        .bind(school.to_owned())
        .bind(id.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("announced_by")).transpose()?)
}

/// Ends a lesson before its time. Answers whether it was on.
pub(crate) async fn end(tx: &mut Tx, school: &str, id: &str, by: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "update lesson set ended_at = $1, ended_by = $2 \
         where school_id = $3 and id = $4 and ended_at is null and until > $1",
    )
    .bind(now)
    .bind(by.to_owned())
    .bind(school.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    let ended = done.rows_affected() == 1;
    if ended {
        tx.wrote(school, Table::LESSON, id);
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_stored() {
        let topics = [Category::Suicide, Category::Hate];
        assert_eq!(read::<Category>(&stored(&topics)), topics);
        assert_eq!(read::<u8>(&stored(&[0_u8, 13])), [0, 13]);
        assert!(read::<u8>(ALL).is_empty());
    }
}
