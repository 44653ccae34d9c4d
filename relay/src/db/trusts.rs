//! Trusts: schools that are run together. These queries look across schools, so they want the scope of the whole relay;
//! what belongs to one school is read in that school's scope.

use super::Tx;
use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// A school of a trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// The school's id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
}

/// The schools of the trust that `school` belongs to, by name; none when it belongs to none.
pub(crate) async fn schools_with<'c>(db: impl AnyExecutor<'c>, school: &str) -> Result<Vec<Member>, Error> {
    let rows = sqlx::query(
        "select s.id, s.name from school s join school home on home.trust_id = s.trust_id \
         where home.id = $1 order by lower(s.name), s.id",
    )
    .bind(school.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(Member { id: row.try_get("id")?, name: row.try_get("name")? })).collect()
}

/// The name of the trust that `school` belongs to.
pub(crate) async fn name_of<'c>(db: impl AnyExecutor<'c>, school: &str) -> Result<Option<String>, Error> {
    let row = sqlx::query("select t.name from trust t join school s on s.trust_id = t.id where s.id = $1")
        .bind(school.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("name")).transpose()?)
}

/// The trust called `name`, made with `new_id` when there is none.
pub(crate) async fn named(tx: &mut Tx, name: &str, new_id: &str, now: i64) -> Result<String, Error> {
    sqlx::query("insert into trust (id, name, created_at) values ($1, $2, $3) on conflict (name) do nothing")
        .bind(new_id.to_owned())
        .bind(name.to_owned())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    find(&mut **tx, name)
        .await?
        .ok_or_else(|| Error::Internal("a trust is gone as soon as it was made".into()))
}

/// The trust called `name`.
pub(crate) async fn find<'c>(db: impl AnyExecutor<'c>, name: &str) -> Result<Option<String>, Error> {
    let row =
        sqlx::query("select id from trust where name = $1").bind(name.to_owned()).fetch_optional(db).await?;
    Ok(row.map(|row| row.try_get("id")).transpose()?)
}

/// Puts a school into a trust.
pub(crate) async fn join(tx: &mut Tx, school: &str, trust: &str) -> Result<(), Error> {
    sqlx::query("update school set trust_id = $1 where id = $2")
        .bind(trust.to_owned())
        .bind(school.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The school of the trust that was made first: accounts of the trust's leads belong to it.
pub(crate) async fn first_school<'c>(db: impl AnyExecutor<'c>, trust: &str) -> Result<Option<String>, Error> {
    let row = sqlx::query("select id from school where trust_id = $1 order by created_at, id limit 1")
        .bind(trust.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("id")).transpose()?)
}

/// The schools with this name: ids.
pub(crate) async fn schools_called<'c>(db: impl AnyExecutor<'c>, name: &str) -> Result<Vec<String>, Error> {
    let rows = sqlx::query("select id from school where name = $1 order by id")
        .bind(name.to_owned())
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}
