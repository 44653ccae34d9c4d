//! Records and names that nobody can open: counted, by whether somebody decided that or a key is simply gone. Nothing here
//! opens anything, and nothing mends it.

use super::keys::Kind;
use crate::error::Error;
use crate::seal::Object;
use sqlx::{AnyExecutor, AssertSqlSafe, Row as _};

/// Rows of one kind that nobody can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stranded {
    /// The kind, as stored: that of a record, or `person` for a name.
    pub(crate) kind: &'static str,
    /// How many.
    pub(crate) count: i64,
    /// One of them.
    pub(crate) example: String,
}

/// A way to the key of a record, or of a name, that leads to a key that is gone: to none, to one that was destroyed or
/// retired, or to a person's that hangs from such a one.
const LEADS_NOWHERE: &str = "(k.id is null or k.wrapped is null \
     or (k.kind = 'person' and not exists (select 1 from sealing_key w where w.id = k.under and w.wrapped is not null)))";

/// Every kind of record with its table, and which of its rows are sealed at all.
const RECORDS: [(Object, &str, &str); 7] = [
    (Object::Concern, "concern", ""),
    (Object::Episode, "episode", ""),
    (Object::Report, "pupil_report", ""),
    (Object::Lesson, "lesson", " and length(t.sealed) > 0"),
    (Object::Policy, "policy_version", ""),
    (Object::Proposal, "policy_proposal", ""),
    (Object::Access, "access_request", ""),
];

/// A concern that names somebody whose key was destroyed, or what such a concern was made from: what has no key then was
/// destroyed with it.
fn destroyed(object: Object) -> &'static str {
    match object {
        Object::Concern => {
            "exists (select 1 from involvement i join sealing_key p on p.id = i.person_id and p.kind = 'person' \
             where i.school_id = t.school_id and i.concern_id = t.id and p.wrapped is null)"
        }
        Object::Episode | Object::Report => {
            "exists (select 1 from evidence e join involvement i on i.school_id = e.school_id \
             and i.concern_id = e.concern_id join sealing_key p on p.id = i.person_id and p.kind = 'person' \
             where e.school_id = t.school_id and e.object_id = t.id and p.wrapped is null)"
        }
        Object::Lesson | Object::Policy | Object::Proposal | Object::Access => "1 = 0",
    }
}

/// The records and names that nobody can open although nobody decided that.
pub(crate) async fn stranded<'c>(db: impl AnyExecutor<'c> + Copy) -> Result<Vec<Stranded>, Error> {
    let mut found = Vec::new();
    for (object, table, sealed) in RECORDS {
        // As pages do, it goes by the first way alone.
        let way = "select 1 from record_key r left join sealing_key k on k.id = r.under \
                   and k.kind in ('school', 'person') where r.school_id = t.school_id";
        let kind = object.as_str();
        let bare = destroyed(object);
        let rows = format!(
            "from {table} t where ((not exists (select 1 from record_key r where r.school_id = t.school_id \
             and r.object_kind = '{kind}' and r.object_id = t.id) and not {bare}) \
             or exists ({way} and r.object_kind = '{kind}' and r.object_id = t.id and r.under = (select min(x.under) \
             from record_key x where x.school_id = t.school_id and x.object_kind = '{kind}' and x.object_id = t.id) \
             and {LEADS_NOWHERE})){sealed}"
        );
        found.extend(counted(db, kind, &rows).await?);
    }
    let names = format!(
        "from person t left join sealing_key k on k.id = t.id and k.kind = 'person' \
         where (k.id is null or k.wrapped is not null) and {LEADS_NOWHERE}"
    );
    found.extend(counted(db, Kind::Person.as_str(), &names).await?);
    Ok(found)
}

async fn counted<'c>(
    db: impl AnyExecutor<'c>,
    kind: &'static str,
    rows: &str,
) -> Result<Option<Stranded>, Error> {
    // Only constants of this file are in the text.
    let sql = format!("select count(*) as n, coalesce(min(t.id), '') as example {rows}");
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(db).await?;
    let (count, example): (i64, String) = (row.try_get("n")?, row.try_get("example")?);
    Ok((count > 0).then_some(Stranded { kind, count, example }))
}

/// How many records nobody can open because somebody destroyed the key of a child, and how many people's keys were
/// destroyed.
pub(crate) async fn destroyed_on_purpose<'c>(db: impl AnyExecutor<'c> + Copy) -> Result<(i64, i64), Error> {
    let mut records = 0;
    for (object, table, _) in RECORDS {
        let (kind, why) = (object.as_str(), destroyed(object));
        let rows = format!(
            "from {table} t where not exists (select 1 from record_key r where r.school_id = t.school_id \
             and r.object_kind = '{kind}' and r.object_id = t.id) and {why}"
        );
        records += counted(db, kind, &rows).await?.map_or(0, |found| found.count);
    }
    let people = "from sealing_key t where t.kind = 'person' and t.wrapped is null";
    let people = counted(db, Kind::Person.as_str(), people).await?.map_or(0, |found| found.count);
    Ok((records, people))
}
