//! Schools: their names, what pupils are told about them, and the key by which devices ask to be enrolled.

use super::Tx;
use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// A school as devices and the install page need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct School {
    /// The school's id.
    pub(crate) id: String,
    /// As pupils know it.
    pub(crate) name: String,
    /// When reports are read, in words for pupils; may be empty.
    pub(crate) hours: String,
    /// Lets a device ask to be enrolled.
    pub(crate) enrolment_key: String,
}

/// The school's name.
pub(crate) async fn name<'c>(db: impl AnyExecutor<'c>, id: &str) -> Result<String, Error> {
    Ok(find(db, id).await?.name)
}

/// The school of a session or a device. There is always one: nothing can name a school from outside.
pub(crate) async fn find<'c>(db: impl AnyExecutor<'c>, id: &str) -> Result<School, Error> {
    let row = sqlx::query("select id, name, hours, enrolment_key from school where id = $1")
        .bind(id.to_owned())
        .fetch_one(db)
        .await?;
    Ok(School {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        hours: row.try_get("hours")?,
        enrolment_key: row.try_get("enrolment_key")?,
    })
}

/// The id of the school whose devices carry this enrolment key.
pub(crate) async fn by_enrolment_key<'c>(
    db: impl AnyExecutor<'c>,
    key: &str,
) -> Result<Option<String>, Error> {
    let row = sqlx::query("select id from school where enrolment_key = $1")
        .bind(key.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("id")).transpose()?)
}

/// The ids of every school.
pub(crate) async fn ids<'c>(db: impl AnyExecutor<'c>) -> Result<Vec<String>, Error> {
    let rows = sqlx::query("select id from school order by id").fetch_all(db).await?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}

/// Whether there is any school yet.
pub(crate) async fn exists<'c>(db: impl AnyExecutor<'c>) -> Result<bool, Error> {
    Ok(sqlx::query("select id from school limit 1").fetch_optional(db).await?.is_some())
}

/// The school that keeps the lists for every school, as it was named: its id and its name. Wants the scope of the whole relay.
pub(crate) async fn lists_keeper<'c>(db: impl AnyExecutor<'c>) -> Result<Option<(String, String)>, Error> {
    let row = sqlx::query("select id, name from school where keeps_lists = 1").fetch_optional(db).await?;
    row.map(|row| Ok((row.try_get("id")?, row.try_get("name")?))).transpose()
}

/// Names the school that keeps the lists for every school; none for nobody. Wants the scope of the whole relay.
pub(crate) async fn set_lists_keeper(tx: &mut Tx, school: Option<&str>) -> Result<(), Error> {
    sqlx::query("update school set keeps_lists = case when id = $1 then 1 else 0 end")
        .bind(school.unwrap_or_default().to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Gives a school the name and hours that its people know it by.
pub(crate) async fn rename(tx: &mut Tx, school: &str, name: &str, hours: &str) -> Result<(), Error> {
    sqlx::query("update school set name = $1, hours = $2 where id = $3")
        .bind(name.to_owned())
        .bind(hours.to_owned())
        .bind(school.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Adds a school.
pub(crate) async fn insert(tx: &mut Tx, school: &School, now: i64) -> Result<(), Error> {
    sqlx::query(
        "insert into school (id, name, hours, enrolment_key, created_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(school.id.clone())
    .bind(school.name.clone())
    .bind(school.hours.clone())
    .bind(school.enrolment_key.clone())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether staff of `school` must have a second factor.
pub(crate) async fn staff_factor<'c>(db: impl AnyExecutor<'c>, school: &str) -> Result<bool, Error> {
    let row = sqlx::query("select staff_factor from school where id = $1")
        .bind(school.to_owned())
        .fetch_one(db)
        .await?;
    Ok(row.try_get::<i64, _>("staff_factor")? != 0)
}

/// Sets whether staff of `school` must have a second factor.
pub(crate) async fn set_staff_factor(tx: &mut Tx, school: &str, must: bool) -> Result<(), Error> {
    sqlx::query("update school set staff_factor = $1 where id = $2")
        .bind(i64::from(must))
        .bind(school.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
