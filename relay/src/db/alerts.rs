//! The alerts of an episode, as its page and the concern made from it show them. How they arrive and join episodes is in
//! `intake`; the episode itself is in `episodes`.

use super::episodes::{optional_word, word};
use super::keys::{self, key_columns, key_joins};
use crate::error::Error;
use crate::seal::{AlertText, Object, Vault};
use lapwing_core::wire::{Reason, SourceKind};
use lapwing_core::{Action, Category, Severity, Stage, Surface};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};

/// How many alerts of an episode are read: the newest.
pub(crate) const LATEST: usize = 200;

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

macro_rules! alerts_where {
    ($rest:literal) => {
        concat!(
            "select a.id, a.occurred_at, a.received_at, a.source, a.surface, a.category, a.severity, a.stage, a.action, ",
            "a.sealed, a.reasons, a.policy_version, a.lists_version, ",
            key_columns!(),
            " from episode e",
            key_joins!("e", "episode"),
            "join alert a on a.school_id = e.school_id and a.episode_id = e.id and a.received_at between e.first_at and ",
            "e.last_at where e.school_id = $1 and e.id = $2 ",
            $rest
        )
    };
}

/// The alerts of an episode, newest first: at most [`LATEST`], and after them [the gravest](super::episodes::Episode::gravest) where that
/// came before them, so that however many milder ones follow, what the episode is named for is among them.
pub(crate) async fn of_episode(
    db: &mut AnyConnection,
    vault: &Vault,
    episode: &str,
) -> Result<Vec<StoredAlert>, Error> {
    let newest = alerts_where!("order by a.received_at desc, a.occurred_at desc, a.id desc limit 200");
    let gravest = alerts_where!(
        "and a.severity = e.severity order by case when a.stage = e.stage then 0 else 1 end, a.received_at desc, \
         a.occurred_at desc, a.id desc limit 1"
    );
    let mut list = Vec::new();
    for sql in [newest, gravest] {
        let rows = sqlx::query(sql)
            .bind(vault.school().to_owned())
            .bind(episode.to_owned())
            .fetch_all(&mut *db)
            .await?;
        for row in &rows {
            let alert = alert(row, vault, episode)?;
            if list.iter().all(|known: &StoredAlert| known.id != alert.id) {
                list.push(alert);
            }
        }
        if list.len() < LATEST {
            break;
        }
    }
    Ok(list)
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
pub(crate) async fn episode_of<'c>(
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
