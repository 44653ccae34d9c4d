//! Alerts on their way in, those of many requests in one transaction: each is kept once, whatever a device sends, and
//! joins the episode of its pupil and theme. Which requests share a transaction is decided in `writer`; what a DSL then
//! does with an episode is in `episodes`.
//!
//! On PostgreSQL several relays do this at once. Each takes its locks in the same order, so none waits for another in a
//! circle: alerts' keys, devices, episodes, chains; each in the order of their ids, episodes in that of their themes, and by one
//! way alone in each transaction (`themes`). Whoever holds a device decides alone whether its alerts begin an episode; where it is
//! known which open ones a whole group joins (`known`), no device need be held. On SQLite there is one writer, and nothing to lock.

mod begun;
mod join;
mod known;
mod open;
mod rows;
mod themes;

pub(crate) use known::KnownEpisodes;

use super::canary::{self, Day};
use super::device_sessions::{self, Stored};
use super::shadow::{self, Counted};
use super::{Tx, devices};
use crate::app::App;
use crate::db::audit::{self, Event};
use crate::error::Error;
use crate::seal::Vault;
use lapwing_core::wire::{Alert, CheckIn};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use themes::{Expected, Themes};

/// What is new of a device.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// That it is alive.
    HeardOf,
    /// What it said at check-in, the session that began with it, what is to be kept of the daily test, and what it counted of
    /// a trial.
    Said(Box<CheckIn>, Option<Stored>, Option<Box<Day>>, Option<Box<Counted>>),
}

/// What one request brought: alerts, a check-in, or both.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// The device's school.
    pub(crate) school_id: String,
    /// The device.
    pub(crate) device_id: String,
    /// When the relay had them: milliseconds since 1970, by its own clock.
    pub(crate) now: i64,
    /// What the device's row is to say from now on.
    pub(crate) news: Option<News>,
    /// The school's keys.
    pub(crate) vault: Arc<Vault>,
    /// The alerts, checked.
    pub(crate) alerts: Vec<Ready>,
}

impl Arrival {
    /// The same request as if it had brought each of its alerts alone.
    pub(crate) fn singly(&self) -> impl Iterator<Item = Self> {
        self.alerts.iter().map(|ready| Self {
            school_id: self.school_id.clone(),
            device_id: self.device_id.clone(),
            now: self.now,
            news: self.news.clone(),
            vault: Arc::clone(&self.vault),
            alerts: vec![ready.clone()],
        })
    }
}

/// An alert, with what can be made ready before its transaction begins.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    /// The alert.
    pub(crate) alert: Alert,
    account_hash: String,
    reasons: String,
}

impl Ready {
    /// Makes `alert` ready, under its school's keys.
    ///
    /// # Errors
    /// Never for an alert that was read from JSON.
    pub(crate) fn new(vault: &Vault, alert: Alert) -> Result<Self, Error> {
        let account_hash = vault.account_hash(alert.account.as_deref().unwrap_or_default());
        let reasons = serde_json::to_string(&alert.reasons).map_err(Error::internal)?;
        Ok(Self { alert, account_hash, reasons })
    }
}

/// One alert of a group, with its request.
type Item<'a> = (&'a Arrival, &'a Ready);

/// Keeps the alerts of `group` as part of `tx`, and notes in each school's chain what came. Answers how many of each
/// request's alerts are new; the others were kept before, and nothing is counted twice. With `remembered`, alerts join the
/// episodes that it remembers; none is answered when one of those is not as it is remembered, and then `tx` must be
/// undone and the same asked without.
pub(crate) async fn keep(
    tx: &mut Tx,
    app: &App,
    group: &[&Arrival],
    remembered: Option<&KnownEpisodes>,
) -> Result<Option<Vec<u64>>, Error> {
    let mut new = vec![0_u64; group.len()];
    let mut items = Vec::new();
    let mut fresh = rows::claim(tx, group).await?;
    for (count, arrival) in new.iter_mut().zip(group) {
        for ready in &arrival.alerts {
            // Of an alert that the group holds twice only the first finds itself in the set.
            if fresh.remove(&(arrival.school_id.clone(), ready.alert.id.clone())) {
                *count += 1;
                items.push((*arrival, ready));
            }
        }
    }
    let expected = Expected::new(&items, remembered, tx.is_shared());
    let heard = group.iter().filter(|arrival| arrival.news.is_some());
    let held = heard.map(|arrival| arrival.device_id.as_str()).chain(expected.strange_devices());
    devices::hold(tx, &held.collect()).await?;
    news(tx, group).await?;
    let Some(themes) = Themes::joined(tx, app, expected).await? else { return Ok(None) };
    rows::insert(tx, app, &items, &themes).await?;
    note(tx, app, &items).await?;
    Ok(Some(new))
}

/// Writes what is new of the devices.
async fn news(tx: &mut Tx, group: &[&Arrival]) -> Result<(), Error> {
    let (mut heard, mut said, mut begun) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut days: BTreeMap<&str, &Day> = BTreeMap::new();
    let mut counted = Vec::new();
    for arrival in group {
        match &arrival.news {
            Some(News::HeardOf) => {
                heard.insert(arrival.device_id.as_str(), arrival.now);
            }
            Some(News::Said(check_in, session, day, seen)) => {
                said.insert(arrival.device_id.as_str(), (check_in.as_ref(), arrival.now));
                // Of two check-ins of one device in a group the one with a test counts.
                if let Some(day) = day
                    && days.get(arrival.device_id.as_str()).is_none_or(|other| other.ran_at <= day.ran_at)
                {
                    days.insert(&arrival.device_id, day);
                }
                counted.extend(
                    seen.as_deref()
                        .map(|seen| (arrival.school_id.as_str(), arrival.device_id.as_str(), seen)),
                );
                if let Some(session) = session {
                    begun.insert(arrival.device_id.as_str(), (arrival.school_id.as_str(), session));
                }
            }
            None => {}
        }
    }
    devices::heard_of(tx, &heard).await?;
    devices::checked_in(tx, &said).await?;
    device_sessions::begin(tx, &begun).await?;
    canary::keep(tx, &days).await?;
    shadow::keep(tx, counted).await
}

/// One event for each school, which vouches for all its rows of this transaction.
async fn note(tx: &mut Tx, app: &App, items: &[Item<'_>]) -> Result<(), Error> {
    let mut schools: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for (arrival, _) in items {
        let (alerts, devices) = schools.entry(&arrival.school_id).or_default();
        *alerts += 1;
        devices.insert(&arrival.device_id);
    }
    for (school, (alerts, devices)) in schools {
        let event = Event {
            school_id: Some(school),
            account_id: None,
            action: "receive",
            object_kind: "school",
            object_id: school,
            detail: json!({ "alerts": alerts, "devices": devices.len() }),
        };
        audit::record(tx, app, event).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
