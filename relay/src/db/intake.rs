//! Alerts on their way in: each is kept once, whatever a device sends, and joins the episode of its pupil and theme.
//! What a DSL then does with an episode is in `episodes`.

use super::{Tx, keys};
use crate::app::App;
use crate::error::Error;
use crate::proof::Table;
use crate::seal::{AlertText, Object, RecordKey, Vault};
use lapwing_core::wire::{Alert, SourceKind};
use lapwing_core::{Severity, Stage};
use sqlx::Row as _;

/// How long an episode stays open for more alerts of the same pupil and theme: a day.
const JOIN_WITHIN: i64 = 24 * 60 * 60 * 1_000;

/// Whose alerts these are, and when the relay had them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The device's school.
    pub(crate) school_id: &'a str,
    /// The device.
    pub(crate) device_id: &'a str,
    /// Milliseconds since 1970, by the relay's clock.
    pub(crate) now: i64,
}

/// Notes that a device was heard of. In PostgreSQL this also makes two batches of one device wait for each other, so
/// that they cannot both begin the same episode.
pub(crate) async fn heard_of(tx: &mut Tx, origin: Origin<'_>) -> Result<(), Error> {
    sqlx::query("update device set last_seen_at = $1 where id = $2")
        .bind(origin.now)
        .bind(origin.device_id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Keeps one alert. Answers `false` when it was kept before: then nothing is counted twice.
pub(crate) async fn keep(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    origin: Origin<'_>,
    alert: &Alert,
) -> Result<bool, Error> {
    let fresh = sqlx::query(
        "insert into alert_key (school_id, id, received_at) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(origin.school_id.to_owned())
    .bind(alert.id.clone())
    .bind(origin.now)
    .execute(&mut **tx)
    .await?;
    if fresh.rows_affected() == 0 {
        return Ok(false);
    }
    let episode = match open_episode(tx, vault, origin, alert).await? {
        Some(episode) => episode,
        None => begin(tx, app, vault, origin, alert).await?,
    };
    let Some(key) = keys::of_record(tx, vault, (Object::Episode, &episode)).await? else {
        return Err(Error::Internal("an open episode has no key".into()));
    };
    insert(tx, app, origin, alert, (&episode, &key)).await?;
    join(tx, origin, alert, &episode).await?;
    Ok(true)
}

async fn open_episode(
    tx: &mut Tx,
    vault: &Vault,
    origin: Origin<'_>,
    alert: &Alert,
) -> Result<Option<String>, Error> {
    let row = sqlx::query(
        "select id from episode where school_id = $1 and device_id = $2 and account_hash = $3 and category = $4 \
         and last_at >= $5 and status in ('new', 'claimed') order by last_at desc, id desc limit 1",
    )
    .bind(origin.school_id.to_owned())
    .bind(origin.device_id.to_owned())
    .bind(vault.account_hash(alert.account.as_deref().unwrap_or_default()))
    .bind(alert.category.as_str())
    .bind(origin.now - JOIN_WITHIN)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| row.try_get("id")).transpose()?)
}

async fn begin(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    origin: Origin<'_>,
    alert: &Alert,
) -> Result<String, Error> {
    let (id, random) = (app.new_id()?, app.random.as_ref());
    let account = alert.account.as_deref().unwrap_or_default();
    let key = vault.new_record(random)?;
    sqlx::query(
        "insert into episode (id, school_id, device_id, account_hash, sealed, category, severity, rank, stage, first_at, \
         last_at, alerts, status) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 'new')",
    )
    .bind(id.clone())
    .bind(origin.school_id.to_owned())
    .bind(origin.device_id.to_owned())
    .bind(vault.account_hash(account))
    .bind(key.seal_words(random, ("episode", &id), account)?)
    .bind(alert.category.as_str())
    .bind(alert.severity.as_str())
    .bind(rank(alert.severity))
    .bind(alert.stage.map(Stage::as_str))
    .bind(origin.now)
    .bind(origin.now)
    .execute(&mut **tx)
    .await?;
    let what = (Object::Episode, id.as_str());
    keys::wrap_record(tx, origin.school_id, what, &vault.wrap_record(random, what, &key)?).await?;
    Ok(id)
}

async fn insert(
    tx: &mut Tx,
    app: &App,
    origin: Origin<'_>,
    alert: &Alert,
    (episode, key): (&str, &RecordKey),
) -> Result<(), Error> {
    let text = AlertText {
        url: alert.url.clone(),
        excerpt: alert.excerpt.as_ref().map(|excerpt| excerpt.text.clone()),
        marks: alert.excerpt.as_ref().map(|excerpt| excerpt.marks.clone()).unwrap_or_default(),
        account: alert.account.clone().unwrap_or_default(),
    };
    sqlx::query(
        "insert into alert (school_id, id, device_id, episode_id, occurred_at, received_at, source, surface, category, \
         severity, stage, action, sealed, reasons, policy_version, lists_version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(origin.school_id.to_owned())
    .bind(alert.id.clone())
    .bind(origin.device_id.to_owned())
    .bind(episode.to_owned())
    .bind(alert.occurred_at)
    .bind(origin.now)
    .bind(source(alert.source))
    .bind(alert.surface.map(lapwing_core::Surface::as_str))
    .bind(alert.category.as_str())
    .bind(alert.severity.as_str())
    .bind(alert.stage.map(Stage::as_str))
    .bind(alert.action.as_str())
    .bind(key.seal(app.random.as_ref(), ("alert", &alert.id), &text)?)
    .bind(serde_json::to_string(&alert.reasons).map_err(Error::internal)?)
    .bind(alert.policy_version.clone())
    .bind(alert.lists_version.clone())
    .execute(&mut **tx)
    .await?;
    tx.wrote(origin.school_id, Table::ALERT, &alert.id);
    Ok(())
}

/// Counts an alert into its episode. An episode is as grave as its gravest alert.
async fn join(tx: &mut Tx, origin: Origin<'_>, alert: &Alert, episode: &str) -> Result<(), Error> {
    let row = sqlx::query("select rank, stage from episode where school_id = $1 and id = $2")
        .bind(origin.school_id.to_owned())
        .bind(episode.to_owned())
        .fetch_one(&mut **tx)
        .await?;
    let stored: i64 = row.try_get("rank")?;
    let severity = Severity::ALL.iter().copied().find(|&known| rank(known) == stored);
    let severity = severity.unwrap_or(Severity::Info).max(alert.severity);
    let stage: Option<String> = row.try_get("stage")?;
    let stage = stage.and_then(|stage| stage.parse::<Stage>().ok()).max(alert.stage);
    sqlx::query(
        "update episode set alerts = alerts + 1, last_at = $1, severity = $2, rank = $3, stage = $4 \
         where school_id = $5 and id = $6",
    )
    .bind(origin.now)
    .bind(severity.as_str())
    .bind(rank(severity))
    .bind(stage.map(Stage::as_str))
    .bind(origin.school_id.to_owned())
    .bind(episode.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// 0 info … 4 critical.
const fn rank(severity: Severity) -> i64 {
    severity as i64
}

const fn source(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Visit => "visit",
        SourceKind::Search => "search",
        SourceKind::Typed => "typed",
    }
}
