//! Episodes and their alerts, as a DSL reads and decides on them. How alerts arrive and join episodes is in `intake`.

use super::Tx;
use super::keys::{self, key_columns, key_joins};
use crate::app::App;
use crate::error::Error;
use crate::seal::{AlertText, Object, Vault};
use lapwing_core::wire::{Reason, SourceKind};
use lapwing_core::{Action, Category, Severity, Stage, Surface};
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};
use std::str::FromStr;

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
}

/// One alert as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredAlert {
    /// The alert's id.
    pub(crate) id: String,
    /// By the device's clock, milliseconds.
    pub(crate) occurred_at: i64,
    /// By the relay's clock, milliseconds.
    pub(crate) received_at: i64,
    /// How it was seen.
    pub(crate) source: SourceKind,
    /// Where it was written.
    pub(crate) surface: Option<Surface>,
    /// The gravest category.
    pub(crate) category: Category,
    /// The gravest severity.
    pub(crate) severity: Severity,
    /// For suicide and self-harm.
    pub(crate) stage: Option<Stage>,
    /// What the device did.
    pub(crate) action: Action,
    /// The page's address; hostile text, and empty for unlawful content.
    pub(crate) url: String,
    /// What was written; hostile text.
    pub(crate) excerpt: Option<String>,
    /// Ranges of characters of `excerpt` that matched.
    pub(crate) marks: Vec<(u32, u32)>,
    /// Every rule that matched, gravest first.
    pub(crate) reasons: Vec<Reason>,
    /// Which policy decided.
    pub(crate) policy_version: String,
    /// Which lists decided.
    pub(crate) lists_version: String,
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
    ($rest:literal) => {
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

/// Other episodes of the same device and claimed account, newest first, at most 20.
pub(crate) async fn others<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    of: &Episode,
) -> Result<Vec<Episode>, Error> {
    let rows = sqlx::query(episodes_where!(
        "e.school_id = $1 and e.device_id = $2 and e.account_hash = $3 and e.id <> $4 order by e.last_at desc limit 20"
    ))
    .bind(vault.school().to_owned())
    .bind(of.device_id.clone())
    .bind(of.account_hash.clone())
    .bind(of.id.clone())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| episode(row, vault)).collect()
}

/// Every alert of an episode, newest first, at most 200.
pub(crate) async fn alerts<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    episode: &str,
) -> Result<Vec<StoredAlert>, Error> {
    let rows = sqlx::query(concat!(
        "select a.id, a.occurred_at, a.received_at, a.source, a.surface, a.category, a.severity, a.stage, a.action, ",
        "a.sealed, a.reasons, a.policy_version, a.lists_version, ",
        key_columns!(),
        " from episode e",
        key_joins!("e", "episode"),
        "join alert a on a.school_id = e.school_id and a.episode_id = e.id and a.received_at between e.first_at and ",
        "e.last_at where e.school_id = $1 and e.id = $2 ",
        "order by a.received_at desc, a.occurred_at desc, a.id desc limit 200",
    ))
    .bind(vault.school().to_owned())
    .bind(episode.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| alert(row, vault, episode)).collect()
}

fn alert(row: &AnyRow, vault: &Vault, episode: &str) -> Result<StoredAlert, Error> {
    let json = |column: &str| row.try_get::<String, _>(column);
    let id: String = row.try_get("id")?;
    let opener = keys::record(row, vault, (Object::Episode, episode))?;
    let text: AlertText = opener.text(("alert", &id), &row.try_get::<Vec<u8>, _>("sealed")?);
    let source = serde_json::Value::String(json("source")?);
    Ok(StoredAlert {
        id,
        occurred_at: row.try_get("occurred_at")?,
        received_at: row.try_get("received_at")?,
        source: serde_json::from_value(source).map_err(Error::internal)?,
        surface: optional_word(row, "surface")?,
        category: word(row, "category")?,
        severity: word(row, "severity")?,
        stage: optional_word(row, "stage")?,
        action: word(row, "action")?,
        url: text.url,
        excerpt: text.excerpt,
        marks: text.marks,
        reasons: serde_json::from_str(&json("reasons")?).map_err(Error::internal)?,
        policy_version: row.try_get("policy_version")?,
        lists_version: row.try_get("lists_version")?,
    })
}

/// The episode that an alert belongs to.
pub(crate) async fn of_alert<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    alert: &str,
) -> Result<Option<String>, Error> {
    // The key says when it came, and with it in which month's part it lies.
    let row = sqlx::query(
        "select a.episode_id from alert_key k join alert a on a.school_id = k.school_id and a.id = k.id \
         and a.received_at = k.received_at where k.school_id = $1 and k.id = $2",
    )
    .bind(school.to_owned())
    .bind(alert.to_owned())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.try_get("episode_id")).transpose()?)
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
pub(crate) async fn let_go(tx: &mut Tx, school: &str, account: &str) -> Result<(), Error> {
    sqlx::query(
        "update episode set status = 'new', claimed_by = null, claimed_at = null where school_id = $1 \
         and status = 'claimed' and claimed_by = $2",
    )
    .bind(school.to_owned())
    .bind(account.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
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
