//! The audit trail as it is read: who did or read what, newest first. How a row is written is in `audit`. Events about a
//! record that the reader is walled off from are left out.

use super::walls::bound;
use crate::error::Error;
use crate::walls::Viewer;
use sqlx::{AnyPool, Row as _};

/// The most rows of a page.
pub(crate) const MOST: usize = 100;

/// An event of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// When, milliseconds.
    pub(crate) at: i64,
    /// Who: account id; none for a device and for the relay itself.
    pub(crate) account_id: Option<String>,
    /// Their name, where the account is of this school.
    pub(crate) name: Option<String>,
    /// What was done.
    pub(crate) action: String,
    /// The kind of what it was done to.
    pub(crate) object_kind: String,
    /// Its id.
    pub(crate) object_id: String,
    /// JSON without anybody's words.
    pub(crate) detail: String,
}

/// Which events are asked for. Empty means all.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter<'a> {
    /// Of one account.
    pub(crate) account: &'a str,
    /// About one kind of object.
    pub(crate) kind: &'a str,
    /// About one object.
    pub(crate) object: &'a str,
    /// From this moment on, milliseconds.
    pub(crate) from: i64,
    /// Before this moment, milliseconds.
    pub(crate) until: i64,
    /// How many to pass over, for the next page.
    pub(crate) skip: i64,
}

/// The events that the filter asks for, newest first, at most [`MOST`].
pub(crate) async fn list(db: &AnyPool, viewer: &Viewer, filter: Filter<'_>) -> Result<Vec<Row>, Error> {
    let query = sqlx::query(concat!(
        "select t.at, t.account_id, a.name, t.action, t.object_kind, t.object_id, t.detail from audit_event t \
         left join account a on a.id = t.account_id and a.school_id = t.school_id where t.school_id = $1 and $4 <> '' and $5 > 0 and $6 is not null \
         and ($7 = '' or t.account_id = $7) and ($8 = '' or t.object_kind = $8) and ($9 = '' or t.object_id = $9) \
         and t.at >= $10 and t.at < $11 and not (t.object_kind = 'concern' and ",
        named_in_concern!("t.object_id"),
        ") and not (t.object_kind = 'episode' and ",
        named_in_evidence!("episode", "t.object_id"),
        ") and not (t.object_kind = 'pupil_report' and ",
        named_in_evidence!("report", "t.object_id"),
        ") order by t.seq desc limit 100 offset $12"
    ));
    let rows = bound(query, viewer)
        .bind(filter.account.to_owned())
        .bind(filter.kind.to_owned())
        .bind(filter.object.to_owned())
        .bind(filter.from)
        .bind(filter.until)
        .bind(filter.skip)
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Row {
                at: row.try_get("at")?,
                account_id: row.try_get("account_id")?,
                name: row.try_get("name")?,
                action: row.try_get("action")?,
                object_kind: row.try_get("object_kind")?,
                object_id: row.try_get("object_id")?,
                detail: row.try_get("detail")?,
            })
        })
        .collect()
}
