//! The people in a concern: their names are sealed under a key of their own, and the keys of the records that concern a
//! child hang from that child's.

use super::Person;
use crate::app::App;
use crate::db::Tx;
use crate::db::keys::{self, KeyRow, Kind};
use crate::error::Error;
use crate::proof::Table;
use crate::seal::{Key, Lost, Object, RecordKey, Vault, Wrapped};
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// What is left of a name whose key was destroyed.
const NAME_DESTROYED: &str = "(name destroyed)";

/// A person's name, or why nobody can open it, from the columns `person_id, name_sealed, name_under, name_wrapped`.
pub(in crate::db) fn name(row: &AnyRow, vault: &Vault) -> Result<String, Error> {
    let id: String = row.try_get("person_id")?;
    let (under, bytes): (Option<String>, Option<Vec<u8>>) =
        (row.try_get("name_under")?, row.try_get("name_wrapped")?);
    let Some((under, bytes)) = under.zip(bytes) else { return Ok(NAME_DESTROYED.to_owned()) };
    let sealed: Vec<u8> = row.try_get("name_sealed")?;
    let opened =
        vault.person(&id, &Wrapped { under, bytes }).and_then(|key| vault.open_name(&id, &key, &sealed));
    Ok(opened.unwrap_or_else(|error| {
        tracing::error!(person = id, %error, "a name cannot be opened");
        Lost::from(error).name().to_owned()
    }))
}

/// Reads a person from the columns of [`name`] and `kind, year_group, role`.
pub(in crate::db) fn person(row: &AnyRow, vault: &Vault) -> Result<Person, Error> {
    Ok(Person {
        name: name(row, vault)?,
        kind: row.try_get("kind")?,
        year_group: row.try_get("year_group")?,
        role: row.try_get("role")?,
    })
}

/// Everybody in a concern, in the order in which they were named.
pub(crate) async fn persons<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    concern: &str,
) -> Result<Vec<Person>, Error> {
    let rows = sqlx::query(
        "select p.id as person_id, p.sealed as name_sealed, n.under as name_under, n.wrapped as name_wrapped, p.kind, \
         p.year_group, i.role from involvement i join person p on p.id = i.person_id \
         left join sealing_key n on n.id = p.id and n.kind = 'person' \
         where i.school_id = $1 and i.concern_id = $2 order by i.id",
    )
    .bind(vault.school().to_owned())
    .bind(concern.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| person(row, vault)).collect()
}

/// Names a person in a concern, and answers their id and key. Somebody of the very same name, kind and year is the same
/// person; without a year, nobody is taken for somebody else.
pub(super) async fn involve(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    (involvement, concern): (String, &str),
    person: &Person,
) -> Result<(String, Key), Error> {
    let (id, key) = match known(tx, vault, person).await? {
        Some(known) => known,
        None => add(tx, app, vault, person).await?,
    };
    sqlx::query(
        "insert into involvement (id, school_id, concern_id, person_id, role) values ($1, $2, $3, $4, $5)",
    )
    .bind(involvement.clone())
    .bind(vault.school().to_owned())
    .bind(concern.to_owned())
    .bind(id.clone())
    .bind(person.role.clone())
    .execute(&mut **tx)
    .await?;
    tx.wrote(vault.school(), Table::INVOLVEMENT, &involvement);
    Ok((id, key))
}

async fn known(tx: &mut Tx, vault: &Vault, person: &Person) -> Result<Option<(String, Key)>, Error> {
    if person.year_group.is_empty() {
        return Ok(None);
    }
    let row = sqlx::query(
        "select p.id, n.under, n.wrapped from person p join sealing_key n on n.id = p.id and n.kind = 'person' \
         where p.school_id = $1 and p.name_hash = $2 and p.kind = $3 and p.year_group = $4 and n.wrapped is not null \
         order by p.id limit 1",
    )
    .bind(vault.school().to_owned())
    .bind(vault.name_hash(&person.name))
    .bind(person.kind.clone())
    .bind(person.year_group.clone())
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let id: String = row.try_get("id")?;
    let wrapped = Wrapped { under: row.try_get("under")?, bytes: row.try_get("wrapped")? };
    // Nothing can hang from a key that nobody can open: whoever is named now is somebody new then.
    Ok(vault.person(&id, &wrapped).ok().map(|key| (id, key)))
}

async fn add(tx: &mut Tx, app: &App, vault: &Vault, person: &Person) -> Result<(String, Key), Error> {
    let (id, random, school) = (app.new_id()?, app.random.as_ref(), vault.school());
    let (key, wrapped) = vault.new_person(random, &id)?;
    let row = KeyRow { id: id.clone(), kind: Kind::Person, under: wrapped.under, wrapped: wrapped.bytes };
    keys::insert(tx, Some(school), &row, app.now()).await?;
    sqlx::query(
        "insert into person (id, school_id, kind, name_hash, sealed, year_group, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id.clone())
    .bind(school.to_owned())
    .bind(person.kind.clone())
    .bind(vault.name_hash(&person.name))
    .bind(vault.seal_name(random, (&id, &key), &person.name)?)
    .bind(person.year_group.clone())
    .bind(app.now())
    .execute(&mut **tx)
    .await?;
    tx.wrote(school, Table::PERSON, &id);
    Ok((id, key))
}

/// Hangs a record's key from the keys of `children`, and no longer from the school's; without any child it hangs from the
/// school's.
pub(super) async fn hang(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    what: (Object, &str),
    record: &RecordKey,
    children: &[(String, Key)],
) -> Result<(), Error> {
    let random = app.random.as_ref();
    if children.is_empty() {
        return keys::wrap_record(tx, vault.school(), what, &vault.wrap_record(random, what, record)?).await;
    }
    for (child, key) in children {
        let wrapped = vault.wrap_record_for(random, what, (child, key), record)?;
        keys::wrap_record(tx, vault.school(), what, &wrapped).await?;
    }
    keys::leave_school(tx, vault.school(), what).await
}
