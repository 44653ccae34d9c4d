//! The facts about one record that the walls decide by, and the adults who are named in concerns. The parts of SQL are in
//! `conditions`, from which lists are walled too; the rule itself is `walls::access`.

use super::Tx;
use crate::error::Error;
use crate::proof::Table;
use crate::walls::{Facts, Object, Reach, Viewer};
use sqlx::any::{Any, AnyArguments};
use sqlx::query::Query;
use sqlx::{AnyConnection, AnyExecutor, Row as _};

/// Binds the first six values of a condition.
pub(super) fn bound<'q>(
    query: Query<'q, Any, AnyArguments>,
    viewer: &Viewer,
) -> Query<'q, Any, AnyArguments> {
    query
        .bind(viewer.school.clone())
        .bind(viewer.id.clone())
        .bind(viewer.name_key.clone())
        .bind(viewer.reach.as_str())
        .bind(viewer.now)
        .bind(viewer.orphans.clone())
}

/// One number for a condition.
macro_rules! flag {
    ($condition:expr) => {
        concat!("case when ", $condition, " then 1 else 0 end")
    };
}

/// How far a share that holds now goes: 0 not at all, 1 to read, 2 to add notes.
macro_rules! share_level {
    ($kind:literal, $object:literal) => {
        concat!(
            "coalesce((select max(case s.level when 'note' then 2 else 1 end) from share s where s.school_id = $1 ",
            "and s.object_kind = '",
            $kind,
            "' and s.object_id = ",
            $object,
            " and s.account_id = $2 and s.revoked_at is null and s.until > $5), 0)"
        )
    };
}

const CONCERN: &str = concat!(
    "select ",
    flag!(named_in_concern!("c.id")),
    " as named, case when c.reporter_id = $2 then 1 else 0 end as own, 0 as addressed, ",
    flag!(concern_in_scope!()),
    " as in_scope, ",
    share_level!("concern", "c.id"),
    " as shared, ",
    flag!(glass!("concern", "c.id")),
    " as glass, ",
    flag!(orphan!()),
    " as orphan from concern c where c.school_id = $1 and c.id = $7"
);

const EPISODE: &str = concat!(
    "select ",
    flag!(named_in_evidence!("episode", "e.id")),
    " as named, 0 as own, 0 as addressed, ",
    flag!(episode_in_scope!()),
    " as in_scope, ",
    share_level!("episode", "e.id"),
    " as shared, ",
    flag!(glass!("episode", "e.id")),
    " as glass, ",
    flag!(orphan_evidence!("episode", "e.id")),
    " as orphan from episode e where e.school_id = $1 and $6 is not null and e.id = $7"
);

const REPORT: &str = concat!(
    "select ",
    flag!(named_in_evidence!("report", "r.id")),
    " as named, 0 as own, case when r.adult_id = $2 then 1 else 0 end as addressed, 0 as in_scope, ",
    share_level!("report", "r.id"),
    " as shared, ",
    flag!(glass!("report", "r.id")),
    " as glass, ",
    flag!(orphan_evidence!("report", "r.id")),
    " as orphan from pupil_report r where r.school_id = $1 and $4 <> '' and $6 is not null and r.id = $7"
);

/// What is true of `object` for `viewer`; nothing when the school has no such record.
pub(crate) async fn facts(
    db: &mut AnyConnection,
    viewer: &Viewer,
    object: Object<'_>,
) -> Result<Option<Facts>, Error> {
    let sql = match object {
        Object::Concern(_) => CONCERN,
        Object::Episode(_) => EPISODE,
        Object::Report(_) => REPORT,
    };
    let row = bound(sqlx::query(sql), viewer).bind(object.id().to_owned()).fetch_optional(db).await?;
    let Some(row) = row else { return Ok(None) };
    let flag = |column: &str| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)? == 1);
    Ok(Some(Facts {
        named: flag("named")?,
        own: flag("own")?,
        addressed: flag("addressed")?,
        limited: viewer.reach == Reach::Scope,
        in_scope: flag("in_scope")?,
        shared: match row.try_get::<i64, _>("shared")? {
            0 => None,
            level => Some(level == 2),
        },
        glass: flag("glass")?,
        orphan: flag("orphan")?,
    }))
}

/// An adult who is named in a concern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The row's id.
    pub(crate) id: String,
    /// The concern.
    pub(crate) concern_id: String,
    /// Whose account it is, where that was said.
    pub(crate) account_id: Option<String>,
    /// The key of the name; empty when only the account is known.
    pub(crate) name_key: String,
}

impl Named {
    /// Whether this is the account with this id and name key.
    pub(crate) fn is(&self, account: &str, name_key: &str) -> bool {
        self.account_id.as_deref() == Some(account)
            || (!self.name_key.is_empty() && self.name_key == name_key)
    }
}

fn named(row: &sqlx::any::AnyRow) -> Result<Named, Error> {
    Ok(Named {
        id: row.try_get("id")?,
        concern_id: row.try_get("concern_id")?,
        account_id: row.try_get("account_id")?,
        name_key: row.try_get("name_key")?,
    })
}

/// The adults named in any concern of the school.
pub(crate) async fn named_in_school<'c>(db: impl AnyExecutor<'c>, school: &str) -> Result<Vec<Named>, Error> {
    let rows = sqlx::query(
        "select id, concern_id, account_id, name_key from named where school_id = $1 and lifted_at is null",
    )
    .bind(school.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(named).collect()
}

/// The adults named in one concern.
pub(crate) async fn named_in<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    concern: &str,
) -> Result<Vec<Named>, Error> {
    let rows = sqlx::query(
        "select id, concern_id, account_id, name_key from named \
         where school_id = $1 and concern_id = $2 and lifted_at is null order by id",
    )
    .bind(school.to_owned())
    .bind(concern.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(named).collect()
}

/// Walls the adult off from the concern, by account, by name, or by both.
pub(crate) async fn name(tx: &mut Tx, school: &str, named: &Named, by: &str, now: i64) -> Result<(), Error> {
    sqlx::query(
        "insert into named (id, school_id, concern_id, account_id, name_key, by_id, at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(named.id.clone())
    .bind(school.to_owned())
    .bind(named.concern_id.clone())
    .bind(named.account_id.clone())
    .bind(named.name_key.clone())
    .bind(by.to_owned())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    tx.wrote(school, Table::NAMED, &named.id);
    Ok(())
}

/// Takes a wall back. Answers whether it stood.
pub(crate) async fn lift(
    tx: &mut Tx,
    school: &str,
    (concern, id): (&str, &str),
    by: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update named set lifted_at = $1, lifted_by = $2 \
         where school_id = $3 and concern_id = $4 and id = $5 and lifted_at is null",
    )
    .bind(now)
    .bind(by.to_owned())
    .bind(school.to_owned())
    .bind(concern.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    let lifted = done.rows_affected() == 1;
    if lifted {
        tx.wrote(school, Table::NAMED, id);
    }
    Ok(lifted)
}

/// Says what kind of concern it is: a name of the taxonomy, or '' when nobody knows.
pub(crate) async fn set_category(
    tx: &mut Tx,
    school: &str,
    concern: &str,
    category: &str,
) -> Result<(), Error> {
    sqlx::query("update concern set category = $1 where school_id = $2 and id = $3")
        .bind(category.to_owned())
        .bind(school.to_owned())
        .bind(concern.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What kind of concern it is; '' when nobody has said.
pub(crate) async fn category<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    concern: &str,
) -> Result<String, Error> {
    let row = sqlx::query("select category from concern where school_id = $1 and id = $2")
        .bind(school.to_owned())
        .bind(concern.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("category")).transpose()?.unwrap_or_default())
}

/// The concern that an episode or a report is evidence for, if any: the one in which most adults are named.
pub(crate) async fn concern_of_evidence<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    kind: &str,
    object: &str,
) -> Result<Option<String>, Error> {
    let row = sqlx::query(
        "select v.concern_id from evidence v where v.school_id = $1 and v.kind = $2 and v.object_id = $3 \
         order by (select count(*) from named n where n.school_id = v.school_id and n.concern_id = v.concern_id \
         and n.lifted_at is null) desc, v.id limit 1",
    )
    .bind(school.to_owned())
    .bind(kind.to_owned())
    .bind(object.to_owned())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.try_get("concern_id")).transpose()?)
}
