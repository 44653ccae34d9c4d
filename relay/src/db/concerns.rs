//! Concerns: what staff record, whom it is about, what it was made from, and what was done. A concern's words are
//! written once; whatever follows is an entry of its own. Lists of concerns are read in `inbox`.

use super::Tx;
use crate::app::App;
use crate::error::Error;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// A person in a concern, with the role they have in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name as the reporter wrote it.
    pub(crate) name: String,
    /// `pupil` or `adult`.
    pub(crate) kind: String,
    /// “Year 9”; empty for an adult or when it is not known.
    pub(crate) year_group: String,
    /// `subject`, `harmed`, `alleged_harming`, `witness`, `sibling` or `adult_named`.
    pub(crate) role: String,
}

/// A concern as stored.
#[derive(Debug, Clone)]
pub(crate) struct Concern {
    /// The concern's id.
    pub(crate) id: String,
    /// Its number in the school.
    pub(crate) number: i64,
    /// `staff`, `alert` or `report`.
    pub(crate) source: String,
    /// Who recorded it: account id.
    pub(crate) reporter_id: String,
    /// Who recorded it: name.
    pub(crate) reporter: String,
    /// What they do at the school; may be empty.
    pub(crate) reporter_job: String,
    /// When it happened, milliseconds; none when that is not known.
    pub(crate) occurred_at: Option<i64>,
    /// `exact`, `approximate` or `unknown`.
    pub(crate) precision: String,
    /// Where; may be empty.
    pub(crate) place: String,
    /// What was seen and heard.
    pub(crate) seen_heard: String,
    /// The child's own words; may be empty.
    pub(crate) childs_words: String,
    /// The reporter's view; may be empty.
    pub(crate) view: String,
    /// What the reporter has done; may be empty.
    pub(crate) done_so_far: String,
    /// Whether the DSL was told in person.
    pub(crate) told_dsl: bool,
    /// When it was recorded, milliseconds.
    pub(crate) recorded_at: i64,
    /// `new`, `acknowledged`, `open` or `closed`.
    pub(crate) status: String,
}

/// A concern to be recorded, with its words already checked.
#[derive(Debug, Clone)]
pub(crate) struct NewConcern {
    /// Made with the form, so that sending it twice records it once.
    pub(crate) id: String,
    /// `staff`, `alert` or `report`.
    pub(crate) source: &'static str,
    /// When it happened, milliseconds.
    pub(crate) occurred_at: Option<i64>,
    /// `exact`, `approximate` or `unknown`.
    pub(crate) precision: String,
    /// Where.
    pub(crate) place: String,
    /// What was seen and heard.
    pub(crate) seen_heard: String,
    /// The child's own words.
    pub(crate) childs_words: String,
    /// The reporter's view.
    pub(crate) view: String,
    /// What the reporter has done.
    pub(crate) done_so_far: String,
    /// Whether the DSL was told in person.
    pub(crate) told_dsl: bool,
    /// Whom it is about.
    pub(crate) persons: Vec<Person>,
    /// What it is made from: `episode` or `report`, and its id.
    pub(crate) evidence: Option<(&'static str, String)>,
}

/// What was done about a concern.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// `status`, `note` or `feedback`.
    pub(crate) kind: String,
    /// In words.
    pub(crate) text: String,
    /// Who did it.
    pub(crate) author: String,
    /// When, milliseconds.
    pub(crate) at: i64,
}

/// Reads a person from the columns `name, kind, year_group, role`.
pub(super) fn person(row: &AnyRow) -> Result<Person, Error> {
    Ok(Person {
        name: row.try_get("name")?,
        kind: row.try_get("kind")?,
        year_group: row.try_get("year_group")?,
        role: row.try_get("role")?,
    })
}

/// One concern of the school.
pub(crate) async fn find<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    id: &str,
) -> Result<Option<Concern>, Error> {
    let row = sqlx::query(
        "select c.id, c.number, c.source, c.reporter_id, r.name as reporter, r.job as reporter_job, c.occurred_at, \
         c.occurred_precision, c.place, c.seen_heard, c.childs_words, c.reporter_view, c.done_so_far, c.told_dsl, \
         c.recorded_at, c.status from concern c join account r on r.id = c.reporter_id \
         where c.school_id = $1 and c.id = $2",
    )
    .bind(school.to_owned())
    .bind(id.to_owned())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Concern {
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        source: row.try_get("source")?,
        reporter_id: row.try_get("reporter_id")?,
        reporter: row.try_get("reporter")?,
        reporter_job: row.try_get("reporter_job")?,
        occurred_at: row.try_get("occurred_at")?,
        precision: row.try_get("occurred_precision")?,
        place: row.try_get("place")?,
        seen_heard: row.try_get("seen_heard")?,
        childs_words: row.try_get("childs_words")?,
        view: row.try_get("reporter_view")?,
        done_so_far: row.try_get("done_so_far")?,
        told_dsl: row.try_get::<i64, _>("told_dsl")? == 1,
        recorded_at: row.try_get("recorded_at")?,
        status: row.try_get("status")?,
    }))
}

/// Everybody in a concern, in the order in which they were named.
pub(crate) async fn persons<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    concern: &str,
) -> Result<Vec<Person>, Error> {
    let rows = sqlx::query(
        "select p.name, p.kind, p.year_group, i.role from involvement i join person p on p.id = i.person_id \
         where i.school_id = $1 and i.concern_id = $2 order by i.id",
    )
    .bind(school.to_owned())
    .bind(concern.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(person).collect()
}

/// What a concern was made from: `episode` or `report`, and its id.
pub(crate) async fn evidence<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    concern: &str,
) -> Result<Vec<(String, String)>, Error> {
    let rows = sqlx::query(
        "select kind, object_id from evidence where school_id = $1 and concern_id = $2 order by id",
    )
    .bind(school.to_owned())
    .bind(concern.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("kind")?, row.try_get("object_id")?))).collect()
}

/// The concerns that were made from an episode or a report: id and number.
pub(crate) async fn made_from<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    kind: &str,
    object: &str,
) -> Result<Vec<(String, i64)>, Error> {
    let rows = sqlx::query(
        "select c.id, c.number from evidence e join concern c on c.id = e.concern_id \
         where e.school_id = $1 and e.kind = $2 and e.object_id = $3 order by c.number",
    )
    .bind(school.to_owned())
    .bind(kind.to_owned())
    .bind(object.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("id")?, row.try_get("number")?))).collect()
}

/// What was done about a concern, oldest first.
pub(crate) async fn entries<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    concern: &str,
) -> Result<Vec<Entry>, Error> {
    let rows = sqlx::query(
        "select e.kind, e.text, a.name as author, e.at from entry e join account a on a.id = e.author_id \
         where e.school_id = $1 and e.concern_id = $2 order by e.at, e.id",
    )
    .bind(school.to_owned())
    .bind(concern.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Entry {
                kind: row.try_get("kind")?,
                text: row.try_get("text")?,
                author: row.try_get("author")?,
                at: row.try_get("at")?,
            })
        })
        .collect()
}

/// Records a concern with its persons and its evidence. Answers nothing when a concern with this id is there already,
/// else the new concern's number.
pub(crate) async fn create(
    tx: &mut Tx,
    app: &App,
    school: &str,
    reporter: &str,
    new: &NewConcern,
) -> Result<Option<i64>, Error> {
    // Numbers count up without gaps: on PostgreSQL two writers wait for one another at the school's row. SQLite has one
    // writer in any case.
    sqlx::query("update school set name = name where id = $1")
        .bind(school.to_owned())
        .execute(&mut **tx)
        .await?;
    let number: i64 =
        sqlx::query("select coalesce(max(number), 0) + 1 as next from concern where school_id = $1")
            .bind(school.to_owned())
            .fetch_one(&mut **tx)
            .await?
            .try_get("next")?;
    let done = sqlx::query(
        "insert into concern (id, school_id, number, source, reporter_id, occurred_at, occurred_precision, place, \
         seen_heard, childs_words, reporter_view, done_so_far, told_dsl, recorded_at, status) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'new') on conflict (id) do nothing",
    )
    .bind(new.id.clone())
    .bind(school.to_owned())
    .bind(number)
    .bind(new.source.to_owned())
    .bind(reporter.to_owned())
    .bind(new.occurred_at)
    .bind(new.precision.clone())
    .bind(new.place.clone())
    .bind(new.seen_heard.clone())
    .bind(new.childs_words.clone())
    .bind(new.view.clone())
    .bind(new.done_so_far.clone())
    .bind(i64::from(new.told_dsl))
    .bind(app.now())
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    // Ids made in one millisecond are in no order; sorted, they keep the persons in the order they were named in.
    let mut ids = new.persons.iter().map(|_| app.new_id()).collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    for (id, person) in ids.into_iter().zip(&new.persons) {
        involve(tx, app, school, (id, &new.id), person).await?;
    }
    if let Some((kind, object)) = &new.evidence {
        sqlx::query(
            "insert into evidence (id, school_id, concern_id, kind, object_id) values ($1, $2, $3, $4, $5)",
        )
        .bind(app.new_id()?)
        .bind(school.to_owned())
        .bind(new.id.clone())
        .bind((*kind).to_owned())
        .bind(object.clone())
        .execute(&mut **tx)
        .await?;
    }
    Ok(Some(number))
}

/// Names a person in a concern. Somebody of the very same name, kind and year is the same person; without a year,
/// nobody is taken for somebody else.
async fn involve(
    tx: &mut Tx,
    app: &App,
    school: &str,
    (involvement, concern): (String, &str),
    person: &Person,
) -> Result<(), Error> {
    let known = if person.year_group.is_empty() {
        None
    } else {
        sqlx::query(
            "select id from person where school_id = $1 and name = $2 and kind = $3 and year_group = $4",
        )
        .bind(school.to_owned())
        .bind(person.name.clone())
        .bind(person.kind.clone())
        .bind(person.year_group.clone())
        .fetch_optional(&mut **tx)
        .await?
    };
    let id = match known {
        Some(row) => row.try_get("id")?,
        None => {
            let id = app.new_id()?;
            sqlx::query(
                "insert into person (id, school_id, kind, name, year_group, created_at) values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(id.clone())
            .bind(school.to_owned())
            .bind(person.kind.clone())
            .bind(person.name.clone())
            .bind(person.year_group.clone())
            .bind(app.now())
            .execute(&mut **tx)
            .await?;
            id
        }
    };
    sqlx::query(
        "insert into involvement (id, school_id, concern_id, person_id, role) values ($1, $2, $3, $4, $5)",
    )
    .bind(involvement)
    .bind(school.to_owned())
    .bind(concern.to_owned())
    .bind::<String>(id)
    .bind(person.role.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Moves a concern from one status to another. Answers whether it still had the first one.
pub(crate) async fn set_status(
    tx: &mut Tx,
    school: &str,
    id: &str,
    from: &str,
    to: &str,
) -> Result<bool, Error> {
    let done = sqlx::query("update concern set status = $1 where school_id = $2 and id = $3 and status = $4")
        .bind(to.to_owned())
        .bind(school.to_owned())
        .bind(id.to_owned())
        .bind(from.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// An entry to be added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewEntry<'a> {
    /// Made with the form, so that sending it twice adds it once.
    pub(crate) id: &'a str,
    /// The concern.
    pub(crate) concern: &'a str,
    /// `status`, `note` or `feedback`.
    pub(crate) kind: &'a str,
    /// In words.
    pub(crate) text: &'a str,
    /// Who.
    pub(crate) by: &'a str,
    /// When, milliseconds.
    pub(crate) at: i64,
}

/// Adds an entry. Answers whether it was new.
pub(crate) async fn add_entry(tx: &mut Tx, school: &str, entry: NewEntry<'_>) -> Result<bool, Error> {
    let done = sqlx::query(
        "insert into entry (id, school_id, concern_id, kind, text, author_id, at) values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (id) do nothing",
    )
    .bind(entry.id.to_owned())
    .bind(school.to_owned())
    .bind(entry.concern.to_owned())
    .bind(entry.kind.to_owned())
    .bind(entry.text.to_owned())
    .bind(entry.by.to_owned())
    .bind(entry.at)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
