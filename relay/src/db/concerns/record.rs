//! Recording a concern, with the people whom it names and what it is made from, in one transaction.

use super::people::{hang, involve};
use super::{NewConcern, Person};
use crate::app::App;
use crate::db::{Tx, keys, search};
use crate::error::Error;
use crate::proof::Table;
use crate::random;
use crate::seal::{ConcernText, Key, Object, Opener, RecordKey, Vault};
use sqlx::Row as _;

/// Records a concern with its persons and its evidence. Answers nothing when a concern with this id is there already,
/// else the new concern's number.
pub(crate) async fn create(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    reporter: &str,
    new: &NewConcern,
) -> Result<Option<i64>, Error> {
    let number = next_number(tx, app, vault.school()).await?;
    let key = vault.new_record(app.random.as_ref())?;
    if !insert(tx, app, vault, (reporter, number), new, &key).await? {
        return Ok(None);
    }
    // Ids made in one millisecond are in no order; sorted, they keep the persons in the order they were named in.
    let mut ids = new.persons.iter().map(|_| app.new_id()).collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    let mut pupils = Vec::new();
    for (id, person) in ids.into_iter().zip(&new.persons) {
        let (person_id, key) = involve(tx, app, vault, (id, &new.id), person).await?;
        if person.kind == "pupil" {
            pupils.push((person, person_id, key));
        }
    }
    let children = concerned(pupils);
    hang(tx, app, vault, (Object::Concern, &new.id), &key, &children).await?;
    if let Some((kind, object)) = &new.evidence {
        add_evidence(tx, app, vault, &new.id, (kind, object), &children).await?;
    }
    Ok(Some(number))
}

/// The children whose record this is: those who were harmed or are said to have harmed; when none is, every pupil in it.
fn concerned(pupils: Vec<(&Person, String, Key)>) -> Vec<(String, Key)> {
    let is_party = |person: &Person| matches!(person.role.as_str(), "subject" | "harmed" | "alleged_harming");
    let any = pupils.iter().any(|(person, ..)| is_party(person));
    pupils.into_iter().filter(|(person, ..)| !any || is_party(person)).map(|(_, id, key)| (id, key)).collect()
}

/// Numbers count up by one, two or three: a lead who is named in a concern sees all the others, and must not tell from a
/// gap in their numbers that there is one more. That none was taken away is the audit chain's business. On PostgreSQL two
/// writers wait for one another at the school's row. SQLite has one writer in any case.
async fn next_number(tx: &mut Tx, app: &App, school: &str) -> Result<i64, Error> {
    keys::lock(tx, school).await?;
    let row = sqlx::query("select coalesce(max(number), 0) as last from concern where school_id = $1")
        .bind(school.to_owned())
        .fetch_one(&mut **tx)
        .await?;
    let last: i64 = row.try_get("last")?;
    let [chance] = random::bytes::<1>(app.random.as_ref())?;
    Ok(if last == 0 { 1 } else { last + 1 + i64::from(chance % 3) })
}

async fn insert(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    (reporter, number): (&str, i64),
    new: &NewConcern,
    key: &RecordKey,
) -> Result<bool, Error> {
    let text = ConcernText {
        place: new.place.clone(),
        seen_heard: new.seen_heard.clone(),
        childs_words: new.childs_words.clone(),
        view: new.view.clone(),
        done_so_far: new.done_so_far.clone(),
    };
    let done = sqlx::query(
        "insert into concern (id, school_id, number, source, reporter_id, occurred_at, occurred_precision, sealed, \
         told_dsl, recorded_at, status) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'new') on conflict (id) do nothing",
    )
    .bind(new.id.clone())
    .bind(vault.school().to_owned())
    .bind(number)
    .bind(new.source.to_owned())
    .bind(reporter.to_owned())
    .bind(new.occurred_at)
    .bind(new.precision.clone())
    .bind(key.seal(app.random.as_ref(), ("concern", &new.id), &text)?)
    .bind(i64::from(new.told_dsl))
    .bind(app.now())
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    tx.wrote(vault.school(), Table::CONCERN, &new.id);
    let words = [&text.place, &text.seen_heard, &text.childs_words, &text.view, &text.done_so_far];
    let words = words.map(String::as_str).join(" ");
    // Whom it is about first: of a very long text not every word is kept. Nobody enters a concern later than here.
    let names: Vec<_> = new.persons.iter().map(|person| person.name.as_str()).collect();
    search::index(tx, vault, (Object::Concern, &new.id), &names.join(" ")).await?;
    search::index(tx, vault, (Object::Concern, &new.id), &words).await?;
    Ok(true)
}

/// Notes what the concern is made from. Its key hangs from the same children from now on.
async fn add_evidence(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    concern: &str,
    (kind, object): (&str, &str),
    children: &[(String, Key)],
) -> Result<(), Error> {
    let id = app.new_id()?;
    sqlx::query(
        "insert into evidence (id, school_id, concern_id, kind, object_id) values ($1, $2, $3, $4, $5)",
    )
    .bind(id.clone())
    .bind(vault.school().to_owned())
    .bind(concern.to_owned())
    .bind(kind.to_owned())
    .bind(object.to_owned())
    .execute(&mut **tx)
    .await?;
    tx.wrote(vault.school(), Table::EVIDENCE, &id);
    let what = (if kind == "episode" { Object::Episode } else { Object::Report }, object);
    if let Opener::Key(record) = keys::held_record(tx, vault, what).await?
        && !children.is_empty()
    {
        hang(tx, app, vault, what, &record, children).await?;
    }
    Ok(())
}
