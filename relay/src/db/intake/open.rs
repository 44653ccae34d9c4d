//! Open episodes as the database has them: found by their themes, and, where several relays write at once, held until the
//! transaction ends.

use super::themes::{Coming, Theme};
use crate::db::Tx;
use crate::db::keys::{self, key_columns, key_joins};
use crate::db::many::Many;
use crate::error::Error;
use crate::seal::{Object, Opener, RecordKey, Vault, Wrapped};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// How long an episode stays open for more alerts of the same pupil and theme: a day, in milliseconds.
pub(super) const JOIN_WITHIN: i64 = 24 * 60 * 60 * 1_000;

const OPEN_COLUMNS: &str = concat!(
    "select e.id, e.school_id, e.device_id, e.account_hash, e.category, e.last_at, ",
    key_columns!(),
    " from ("
);
static OPEN: Many = Many::new(
    OPEN_COLUMNS,
    5,
    concat!(
        ") v cross join episode e",
        key_joins!("e", "episode"),
        "where e.school_id = v.column1 and e.device_id = v.column2 and e.account_hash = v.column3 ",
        "and e.category = v.column4 and e.last_at >= v.column5 and e.status in ('new', 'claimed')",
    ),
);
// A DSL who closes one of these waits, or has been quicker: then it is not among them. They are locked in the order in
// which they are asked for. Before PostgreSQL has counted a new table it believes that whatever way into it finds one row,
// and would go through all of it once rather than into it for each: hence the fence (`offset 0`), and school and status
// compared in a way for which there is no index.
static OPEN_HELD: Many = Many::new(
    OPEN_COLUMNS,
    5,
    concat!(
        ") v cross join lateral (select * from episode o where o.device_id = v.column2 and o.account_hash = v.column3 ",
        "and o.category = v.column4 and o.school_id || '' = v.column1 and o.last_at >= v.column5 ",
        "and o.status || '' in ('new', 'claimed') order by o.id || '' offset 0 for no key update) e",
        key_joins!("e", "episode"),
    ),
);

/// An open episode as the database has it.
pub(super) struct Found {
    theme: [String; 4],
    last_at: i64,
    row: AnyRow,
    /// Its id.
    pub(super) id: String,
    /// Its key as it is wrapped; under nothing when nobody can open it any more.
    pub(super) wrapped: Wrapped,
    /// Whether that is under the school's key, rather than a person's.
    pub(super) is_under_school: bool,
}

impl Found {
    fn new(row: AnyRow) -> Result<Self, Error> {
        let text = |column: &str| row.try_get::<String, _>(column);
        let under: Option<String> = row.try_get("key_under")?;
        let bytes: Option<Vec<u8>> = row.try_get("key_wrapped")?;
        let person: Option<String> = row.try_get("person_under")?;
        Ok(Self {
            theme: [text("school_id")?, text("device_id")?, text("account_hash")?, text("category")?],
            last_at: row.try_get("last_at")?,
            id: text("id")?,
            is_under_school: under.is_some() && person.is_none(),
            wrapped: Wrapped { under: under.unwrap_or_default(), bytes: bytes.unwrap_or_default() },
            row,
        })
    }

    fn theme(&self) -> Theme<'_> {
        let [school, device, account_hash, category] = &self.theme;
        Theme { school, device, account_hash, category }
    }

    /// Itself with its key, if anybody can open it.
    pub(super) fn opened(&self, vault: &Vault) -> Option<(&Self, RecordKey)> {
        match keys::record(&self.row, vault, (Object::Episode, &self.id)) {
            Ok(Opener::Key(key)) => Some((self, key)),
            Ok(Opener::Lost(_)) | Err(_) => None,
        }
    }
}

/// The open episodes of these themes, with their keys' columns.
pub(super) async fn find(tx: &mut Tx, wanted: &[(Theme<'_>, Coming<'_>)]) -> Result<Vec<Found>, Error> {
    let statement = if tx.is_shared() { &OPEN_HELD } else { &OPEN };
    let mut found = Vec::new();
    for query in statement.over(tx.engine(), wanted, |query, (theme, coming)| {
        query
            .bind(theme.school.to_owned())
            .bind(theme.device.to_owned())
            .bind(theme.account_hash.to_owned())
            .bind(theme.category.to_owned())
            .bind(coming.sum.first_at - JOIN_WITHIN)
    }) {
        for row in query.fetch_all(&mut **tx).await? {
            found.push(Found::new(row)?);
        }
    }
    Ok(found)
}

/// Where several of one theme are open, the one with the last alert counts.
pub(super) fn last_of_each(open: &[Found]) -> BTreeMap<Theme<'_>, &Found> {
    let mut last: BTreeMap<Theme<'_>, &Found> = BTreeMap::new();
    for found in open {
        let kept = last.entry(found.theme()).or_insert(found);
        if (kept.last_at, &kept.id) < (found.last_at, &found.id) {
            *kept = found;
        }
    }
    last
}
