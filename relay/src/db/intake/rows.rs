//! The rows of alerts: the keys by which each is kept once, and the alerts themselves, sealed under their episode's key
//! and vouched for by the chain.

use super::themes::Themes;
use super::{Arrival, Item};
use crate::app::App;
use crate::db::Tx;
use crate::db::many::{Bound, Many};
use crate::error::Error;
use crate::proof::Table;
use crate::proof::covers::{self, Cover, Value};
use crate::seal::AlertText;
use lapwing_core::wire::{Alert, SourceKind};
use lapwing_core::{Stage, Surface};
use sqlx::Row as _;
use std::collections::{BTreeMap, HashSet};

// Others may claim the same key at the same time, so only the engine can say who was first.
static CLAIM_SHARED: Many = Many::new(
    "insert into alert_key (school_id, id, received_at) ",
    3,
    " on conflict do nothing returning school_id, id",
);

static CLAIMED: Many = Many::new(
    "select k.school_id, k.id from (",
    2,
    ") v cross join alert_key k where k.school_id = v.column1 and k.id = v.column2",
);

static INSERT: Many = Many::new(
    "insert into alert (school_id, id, device_id, episode_id, occurred_at, received_at, source, surface, category, \
     severity, stage, action, sealed, reasons, policy_version, lists_version) ",
    16,
    "",
);

/// Claims the keys of all alerts of `group`. Answers those, as school and id, that nobody claimed before. On SQLite nothing
/// is written for it: the alerts' rows are their own keys.
pub(super) async fn claim(tx: &mut Tx, group: &[&Arrival]) -> Result<HashSet<(String, String)>, Error> {
    let mut keys: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for arrival in group {
        for ready in &arrival.alerts {
            // Of an alert that comes twice in one group the first is kept, so its time is the one that finds it again.
            keys.entry((arrival.school_id.as_str(), ready.alert.id.as_str())).or_insert(arrival.now);
        }
    }
    if tx.is_shared() {
        return claim_shared(tx, &keys.into_iter().collect::<Vec<_>>()).await;
    }
    // One writer: what is not there now will not come from anybody else.
    let mut claimed: HashSet<(String, String)> = HashSet::new();
    let wanted: Vec<_> = keys.keys().copied().collect();
    for statement in CLAIMED.over(tx.engine(), &wanted, |query, (school, id)| {
        query.bind((*school).to_owned()).bind((*id).to_owned())
    }) {
        for row in statement.fetch_all(&mut **tx).await? {
            claimed.insert((row.try_get("school_id")?, row.try_get("id")?));
        }
    }
    let fresh = wanted.into_iter().map(|(school, id)| (school.to_owned(), id.to_owned()));
    Ok(fresh.filter(|key| !claimed.contains(key)).collect())
}

/// A school, an alert's id, and when the relay had it.
type Key<'a> = ((&'a str, &'a str), i64);

fn bind_key(query: Bound, ((school, id), now): &Key<'_>) -> Bound {
    query.bind((*school).to_owned()).bind((*id).to_owned()).bind(*now)
}

async fn claim_shared(tx: &mut Tx, keys: &[Key<'_>]) -> Result<HashSet<(String, String)>, Error> {
    let mut fresh = HashSet::with_capacity(keys.len());
    for statement in CLAIM_SHARED.over(tx.engine(), keys, bind_key) {
        for row in statement.fetch_all(&mut **tx).await? {
            fresh.insert((row.try_get("school_id")?, row.try_get("id")?));
        }
    }
    Ok(fresh)
}

/// An alert's row.
struct Stored<'a> {
    item: Item<'a>,
    episode: &'a str,
    sealed: Vec<u8>,
}

/// Adds the alerts to their episodes.
pub(super) async fn insert(
    tx: &mut Tx,
    app: &App,
    items: &[Item<'_>],
    themes: &Themes<'_>,
) -> Result<(), Error> {
    let mut stored = Vec::with_capacity(items.len());
    let mut vouched: BTreeMap<&str, Vec<Cover>> = BTreeMap::new();
    for item in items {
        let (arrival, ready) = *item;
        let (episode, key) = themes.of(*item)?;
        let sealed = key.seal(app.random.as_ref(), ("alert", &ready.alert.id), &text(&ready.alert))?;
        let row = Stored { item: *item, episode, sealed };
        vouched.entry(&arrival.school_id).or_default().push(row.cover());
        stored.push(row);
    }
    INSERT.insert(tx, &stored, |query, row| row.bind(query)).await?;
    for (school, covers) in vouched {
        tx.wrote_all(school, covers);
    }
    Ok(())
}

fn text(alert: &Alert) -> AlertText {
    let excerpt = alert.excerpt.clone();
    AlertText {
        url: alert.url.clone(),
        marks: excerpt.as_ref().map(|excerpt| excerpt.marks.clone()).unwrap_or_default(),
        excerpt: excerpt.map(|excerpt| excerpt.text),
        account: alert.account.clone().unwrap_or_default(),
    }
}

impl Stored<'_> {
    fn bind(&self, query: Bound) -> Bound {
        let (arrival, ready) = self.item;
        let alert = &ready.alert;
        query
            .bind(arrival.school_id.clone())
            .bind(alert.id.clone())
            .bind(arrival.device_id.clone())
            .bind(self.episode.to_owned())
            .bind(alert.occurred_at)
            .bind(arrival.now)
            .bind(source(alert.source))
            .bind(alert.surface.map(Surface::as_str))
            .bind(alert.category.as_str())
            .bind(alert.severity.as_str())
            .bind(alert.stage.map(Stage::as_str))
            .bind(alert.action.as_str())
            .bind(self.sealed.clone())
            .bind(ready.reasons.clone())
            .bind(alert.policy_version.clone())
            .bind(alert.lists_version.clone())
    }

    /// The digest of the row as it will stand, its columns in the order of [`Table::ALERT`].
    fn cover(&self) -> Cover {
        let (arrival, ready) = self.item;
        let alert = &ready.alert;
        let optional = |text: Option<&'static str>| text.map_or(Value::Null, Value::Text);
        let values = [
            Value::Text(&alert.id),
            Value::Text(&arrival.device_id),
            Value::Text(self.episode),
            Value::Number(alert.occurred_at),
            Value::Number(arrival.now),
            Value::Text(source(alert.source)),
            optional(alert.surface.map(Surface::as_str)),
            Value::Text(alert.category.as_str()),
            Value::Text(alert.severity.as_str()),
            optional(alert.stage.map(Stage::as_str)),
            Value::Text(alert.action.as_str()),
            Value::Bytes(&self.sealed),
            Value::Text(&ready.reasons),
            Value::Text(&alert.policy_version),
            Value::Text(&alert.lists_version),
        ];
        Cover { table: Table::ALERT, id: alert.id.clone(), digest: covers::digest(Table::ALERT, &values) }
    }
}

const fn source(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Visit => "visit",
        SourceKind::Search => "search",
        SourceKind::Typed => "typed",
    }
}
