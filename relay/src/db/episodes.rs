//! Episodes, as a DSL reads and decides on them. Their alerts are read in `alerts`; how those arrive and join episodes is in
//! `intake`.

use super::Tx;
use super::alerts::StoredAlert;
use super::keys::{self, key_columns, key_joins};
use super::walls::bound;
use crate::app::App;
use crate::error::Error;
use crate::seal::{Object, Vault};
use crate::walls::Viewer;
use lapwing_core::{Category, Severity, Stage};
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};
use std::str::FromStr;

/// How many other episodes of the same device and account are read: the newest.
pub(crate) const OTHERS: usize = 20;

/// Alerts of one pupil and one theme, close in time.
#[derive(Debug, Clone)]
pub(crate) struct Episode {
    /// The episode's id.
    pub(crate) id: String,
    /// The device that it happened on.
    pub(crate) device_id: String,
    /// The device's label.
    pub(crate) device_label: String,
    /// The account that the browser claimed, or nothing.
    pub(crate) account: String,
    /// Its keyed hash.
    account_hash: String,
    /// The theme.
    pub(crate) category: Category,
    /// The gravest severity so far.
    pub(crate) severity: Severity,
    /// The gravest stage so far.
    pub(crate) stage: Option<Stage>,
    /// When the relay had the first alert, milliseconds.
    pub(crate) first_at: i64,
    /// When the relay had the last one, milliseconds.
    pub(crate) last_at: i64,
    /// How many alerts.
    pub(crate) alerts: i64,
    /// `new`, `claimed`, `dismissed` or `concern`.
    pub(crate) status: String,
    /// Whoever claimed it: account id and name.
    pub(crate) holder: Option<(String, String)>,
    /// When it was claimed, milliseconds.
    pub(crate) claimed_at: Option<i64>,
    /// The name of whoever closed it.
    pub(crate) closed_by: Option<String>,
    /// When it was closed, milliseconds.
    pub(crate) closed_at: Option<i64>,
    /// The reason's stable name.
    pub(crate) closed_reason: Option<String>,
    /// What the DSL wrote beside the reason.
    pub(crate) closed_note: Option<String>,
}

impl Episode {
    /// Whether a decision is still to be made.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "new" | "claimed")
    }

    /// The alert that the episode's theme and severity speak of: the newest of that severity, if one can be of that stage
    /// too. None when no alert is as grave as the episode: no other one's words belong under its name.
    pub(crate) fn gravest<'a>(&self, alerts: &'a [StoredAlert]) -> Option<&'a StoredAlert> {
        let grave = || alerts.iter().filter(|alert| alert.severity == self.severity);
        grave().find(|alert| alert.stage == self.stage).or_else(|| grave().next())
    }
}

/// Reads a word of the taxonomy from a column.
pub(super) fn word<T: FromStr>(row: &AnyRow, column: &str) -> Result<T, Error>
where
    T::Err: std::fmt::Display,
{
    row.try_get::<String, _>(column)?.parse().map_err(Error::internal)
}

/// The same for a column that may hold nothing.
pub(super) fn optional_word<T: FromStr>(row: &AnyRow, column: &str) -> Result<Option<T>, Error>
where
    T::Err: std::fmt::Display,
{
    row.try_get::<Option<String>, _>(column)?.map(|text| text.parse().map_err(Error::internal)).transpose()
}

/// The account that the browser claimed, from a row with `id`, `sealed` and the columns of the episode's key.
pub(super) fn account(row: &AnyRow, vault: &Vault) -> Result<String, Error> {
    let id: String = row.try_get("id")?;
    let opener = keys::record(row, vault, (Object::Episode, &id))?;
    Ok(opener.name(("episode", &id), &row.try_get::<Vec<u8>, _>("sealed")?))
}

fn note(row: &AnyRow, vault: &Vault) -> Result<Option<String>, Error> {
    let Some(sealed) = row.try_get::<Option<Vec<u8>>, _>("closed_note")? else { return Ok(None) };
    let id: String = row.try_get("id")?;
    Ok(Some(keys::record(row, vault, (Object::Episode, &id))?.words(("closed_note", &id), &sealed)))
}

fn episode(row: &AnyRow, vault: &Vault) -> Result<Episode, Error> {
    let holder = match (row.try_get("claimed_by")?, row.try_get("holder_name")?) {
        (Some(id), Some(name)) => Some((id, name)),
        _ => None,
    };
    Ok(Episode {
        id: row.try_get("id")?,
        device_id: row.try_get("device_id")?,
        device_label: row.try_get("device_label")?,
        account: account(row, vault)?,
        account_hash: row.try_get("account_hash")?,
        category: word(row, "category")?,
        severity: word(row, "severity")?,
        stage: optional_word(row, "stage")?,
        first_at: row.try_get("first_at")?,
        last_at: row.try_get("last_at")?,
        alerts: row.try_get("alerts")?,
        status: row.try_get("status")?,
        holder,
        claimed_at: row.try_get("claimed_at")?,
        closed_by: row.try_get("closer_name")?,
        closed_at: row.try_get("closed_at")?,
        closed_reason: row.try_get("closed_reason")?,
        closed_note: note(row, vault)?,
    })
}

/// The columns and joins that [`episode`] reads; a `where` follows.
macro_rules! episodes_where {
    ($rest:expr) => {
        concat!(
            "select e.id, e.device_id, d.label as device_label, e.account_hash, e.sealed, e.category, e.severity, e.stage, e.first_at, ",
            "e.last_at, e.alerts, e.status, e.claimed_by, h.name as holder_name, e.claimed_at, c.name as closer_name, ",
            "e.closed_at, e.closed_reason, e.closed_note, ",
            key_columns!(),
            " from episode e",
            key_joins!("e", "episode"),
            "join device d on d.id = e.device_id ",
            "left join account h on h.id = e.claimed_by left join account c on c.id = e.closed_by where ",
            $rest
        )
    };
}

/// One episode of the school.
pub(crate) async fn find<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    id: &str,
) -> Result<Option<Episode>, Error> {
    let row = sqlx::query(episodes_where!("e.school_id = $1 and e.id = $2"))
        .bind(vault.school().to_owned())
        .bind(id.to_owned())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(|row| episode(row, vault)).transpose()
}

/// Other episodes of the same device and claimed account that `viewer` may read, newest first, at most [`OTHERS`], and
/// whether there are more.
pub(crate) async fn others<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    viewer: &Viewer,
    of: &Episode,
) -> Result<(Vec<Episode>, bool), Error> {
    let query = sqlx::query(episodes_where!(concat!(
        "e.school_id = $1 and e.device_id = $7 and e.account_hash = $8 and e.id <> $9 and ",
        episode_visible!(),
        " order by e.last_at desc, e.id desc limit 21"
    )));
    let rows = bound(query, viewer)
        .bind(of.device_id.clone())
        .bind(of.account_hash.clone())
        .bind(of.id.clone())
        .fetch_all(db)
        .await?;
    let list = rows.iter().take(OTHERS).map(|row| episode(row, vault)).collect::<Result<Vec<_>, _>>()?;
    Ok((list, rows.len() > OTHERS))
}

/// Gives an open episode to `me`, if it is still held by `from` (nothing for nobody). Answers whether it was.
pub(crate) async fn claim(
    tx: &mut Tx,
    school: &str,
    id: &str,
    from: &str,
    me: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update episode set status = 'claimed', claimed_by = $1, claimed_at = $2 where school_id = $3 and id = $4 \
         and status in ('new', 'claimed') and coalesce(claimed_by, '') = $5",
    )
    .bind(me.to_owned())
    .bind(now)
    .bind(school.to_owned())
    .bind(id.to_owned())
    .bind(from.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives back what `account` has taken and not decided, when it can decide nothing any more: otherwise it would look taken.
/// Answers which episodes those are, for the trail.
pub(crate) async fn let_go(tx: &mut Tx, school: &str, account: &str) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(
        "update episode set status = 'new', claimed_by = null, claimed_at = null where school_id = $1 \
         and status = 'claimed' and claimed_by = $2 returning id",
    )
    .bind(school.to_owned())
    .bind(account.to_owned())
    .fetch_all(&mut **tx)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}

/// Why and by whom an episode is closed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closing<'a> {
    /// `dismissed` or `concern`.
    pub(crate) status: &'a str,
    /// Who decided.
    pub(crate) by: &'a str,
    /// When, milliseconds.
    pub(crate) at: i64,
    /// The reason's stable name; none for a concern.
    pub(crate) reason: Option<&'a str>,
    /// What the DSL wrote beside it; may be empty.
    pub(crate) note: &'a str,
    /// How many alerts the page showed. It stays open when there are others, or when nobody knows.
    pub(crate) shown: Option<i64>,
}

/// Closes an open episode. Answers whether it was still open, with no alert that had not been shown.
///
/// # Errors
/// [`Error::Gone`] when there is a note, and nobody can open the episode any more.
pub(crate) async fn close(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    id: &str,
    closing: Closing<'_>,
) -> Result<bool, Error> {
    let Some(shown) = closing.shown else { return Ok(false) };
    let note = match closing.note {
        "" => None,
        note => {
            let held = keys::held_record(tx, vault, (Object::Episode, id)).await?;
            let key = held.needed("No note can be kept with these alerts, so leave it empty.")?;
            Some(key.seal_words(app.random.as_ref(), ("closed_note", id), note)?)
        }
    };
    let done = sqlx::query(
        "update episode set status = $1, closed_by = $2, closed_at = $3, closed_reason = $4, closed_note = $5 \
         where school_id = $6 and id = $7 and status in ('new', 'claimed') and alerts = $8",
    )
    .bind(closing.status.to_owned())
    .bind(closing.by.to_owned())
    .bind(closing.at)
    .bind(closing.reason.map(str::to_owned))
    .bind(note)
    .bind(vault.school().to_owned())
    .bind(id.to_owned())
    .bind(shown)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts a dismissed episode back into the inbox, held by `me`. Answers whether it was dismissed. The dismissal and its
/// reason remain in the audit trail.
pub(crate) async fn reopen(tx: &mut Tx, school: &str, id: &str, me: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "update episode set status = 'claimed', claimed_by = $1, claimed_at = $2, closed_by = null, closed_at = null, \
         closed_reason = null, closed_note = null where school_id = $3 and id = $4 and status = 'dismissed'",
    )
    .bind(me.to_owned())
    .bind(now)
    .bind(school.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
