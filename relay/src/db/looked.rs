//! Who looked at a child: every opening of a record that concerns them, from the audit trail. The record itself is read in
//! `concerns`; the whole trail in `trail`.

use crate::db::concerns;
use crate::error::Error;
use crate::seal::Vault;
use sqlx::{AnyExecutor, AnyPool, Row as _};

/// The most openings that one page shows.
pub(crate) const MOST: usize = 200;

/// A child whom concerns name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Child {
    /// The person's id.
    pub(crate) id: String,
    /// The name as it was first written.
    pub(crate) name: String,
    /// “Year 9”; may be empty.
    pub(crate) year_group: String,
}

/// One opening of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// When, milliseconds.
    pub(crate) at: i64,
    /// Who; none when the account is of another school of the trust.
    pub(crate) name: Option<String>,
    /// `concern`, `episode` or `pupil_report`.
    pub(crate) object_kind: String,
    /// Which.
    pub(crate) object_id: String,
}

/// A child of the school by id.
pub(crate) async fn child<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    id: &str,
) -> Result<Option<Child>, Error> {
    let row = sqlx::query(
        "select p.id as person_id, p.sealed as name_sealed, n.under as name_under, n.wrapped as name_wrapped, p.year_group \
         from person p left join sealing_key n on n.id = p.id and n.kind = 'person' \
         where p.school_id = $1 and p.id = $2 and p.kind = 'pupil'",
    )
    .bind(vault.school().to_owned())
    .bind(id.to_owned())
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Child {
            id: row.try_get("person_id")?,
            name: concerns::name(&row, vault)?,
            year_group: row.try_get("year_group")?,
        })
    })
    .transpose()
}

/// The pupils whom a concern names, in the order in which they were named.
pub(crate) async fn pupils_of<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    concern: &str,
) -> Result<Vec<Child>, Error> {
    let rows = sqlx::query(
        "select p.id as person_id, p.sealed as name_sealed, n.under as name_under, n.wrapped as name_wrapped, p.year_group \
         from involvement i join person p on p.id = i.person_id and p.kind = 'pupil' \
         left join sealing_key n on n.id = p.id and n.kind = 'person' \
         where i.school_id = $1 and i.concern_id = $2 order by i.id",
    )
    .bind(vault.school().to_owned())
    .bind(concern.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Child {
                id: row.try_get("person_id")?,
                name: concerns::name(row, vault)?,
                year_group: row.try_get("year_group")?,
            })
        })
        .collect()
}

/// The concerns that name a child: id and number, latest first.
pub(crate) async fn concerns_of(
    db: &AnyPool,
    school: &str,
    child: &str,
) -> Result<Vec<(String, i64)>, Error> {
    let rows = sqlx::query(
        "select c.id, c.number from involvement i join concern c on c.id = i.concern_id \
         where i.school_id = $1 and i.person_id = $2 order by c.number desc",
    )
    .bind(school.to_owned())
    .bind(child.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("id")?, row.try_get("number")?))).collect()
}

/// Every opening of a concern, and of what it was made from, latest first: one more than [`MOST`], which shows that there
/// are more.
pub(crate) async fn openings(db: &AnyPool, school: &str, concern: &str) -> Result<Vec<Look>, Error> {
    let rows = sqlx::query(
        "select t.at, a.name, t.object_kind, t.object_id from audit_event t left join account a on a.id = t.account_id and a.school_id = t.school_id \
         where t.school_id = $1 and t.action = 'view' and t.object_kind = 'concern' and t.object_id = $2 \
         union all \
         select t.at, a.name, t.object_kind, t.object_id from evidence v join audit_event t on t.school_id = v.school_id \
         and t.object_kind = case when v.kind = 'episode' then 'episode' else 'pupil_report' end \
         and t.object_id = v.object_id left join account a on a.id = t.account_id and a.school_id = t.school_id \
         where v.school_id = $1 and v.concern_id = $2 and t.action = 'view' order by 1 desc limit 201",
    )
    .bind(school.to_owned())
    .bind(concern.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Look {
                at: row.try_get("at")?,
                name: row.try_get("name")?,
                object_kind: row.try_get("object_kind")?,
                object_id: row.try_get("object_id")?,
            })
        })
        .collect()
}
