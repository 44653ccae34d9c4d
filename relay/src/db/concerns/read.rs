//! Concerns as they are read. What they were made from is read here too; the people in them in `people`.

use super::Concern;
use crate::db::keys::{self, key_columns, key_joins};
use crate::error::Error;
use crate::seal::{ConcernText, Object, Vault};
use sqlx::{AnyExecutor, Row as _};

/// One concern of the school.
pub(crate) async fn find<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    id: &str,
) -> Result<Option<Concern>, Error> {
    let row = sqlx::query(concat!(
        "select c.id, c.number, c.source, c.reporter_id, r.name as reporter, r.job as reporter_job, c.occurred_at, ",
        "c.occurred_precision, c.sealed, c.told_dsl, c.recorded_at, c.status, ",
        key_columns!(),
        " from concern c",
        key_joins!("c", "concern"),
        "join account r on r.id = c.reporter_id where c.school_id = $1 and c.id = $2",
    ))
    .bind(vault.school().to_owned())
    .bind(id.to_owned())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let opener = keys::record(&row, vault, (Object::Concern, id))?;
    let text: ConcernText = opener.text(("concern", id), &row.try_get::<Vec<u8>, _>("sealed")?);
    Ok(Some(Concern {
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        source: row.try_get("source")?,
        reporter_id: row.try_get("reporter_id")?,
        reporter: row.try_get("reporter")?,
        reporter_job: row.try_get("reporter_job")?,
        occurred_at: row.try_get("occurred_at")?,
        precision: row.try_get("occurred_precision")?,
        place: text.place,
        seen_heard: text.seen_heard,
        childs_words: text.childs_words,
        view: text.view,
        done_so_far: text.done_so_far,
        told_dsl: row.try_get::<i64, _>("told_dsl")? == 1,
        recorded_at: row.try_get("recorded_at")?,
        status: row.try_get("status")?,
    }))
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

/// What a concern was said to be about when it was recorded, from its first audit event: a name of the taxonomy, or
/// nothing. None where an older version recorded it, which did not say.
pub(crate) async fn first_category<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    concern: &str,
) -> Result<Option<String>, Error> {
    let row = sqlx::query(
        "select detail from audit_event where school_id = $1 and object_kind = 'concern' and object_id = $2 \
         and action = 'create'",
    )
    .bind(school.to_owned())
    .bind(concern.to_owned())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let detail: serde_json::Value =
        serde_json::from_str(&row.try_get::<String, _>("detail")?).map_err(Error::internal)?;
    Ok(detail.get("category").and_then(serde_json::Value::as_str).map(str::to_owned))
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
