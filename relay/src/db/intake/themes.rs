//! Which episode each alert joins. Alerts of one device, claimed account and category belong together for as long as the
//! episode is open and its last alert is less than a day old; otherwise they begin a new one. How an open episode is found is
//! in `open`, what is remembered of it in `known`, how alerts are counted in in `join`, and how one begins in `begun`.

use super::Item;
use super::begun::{self, Begun};
use super::join::{self, Joining};
use super::known::{Known, KnownEpisodes};
use super::open;
use crate::app::App;
use crate::db::{Tx, keys};
use crate::error::Error;
use crate::seal::{Object, RecordKey};
use lapwing_core::{Severity, Stage};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What alerts of one episode have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Theme<'a> {
    pub(super) school: &'a str,
    pub(super) device: &'a str,
    pub(super) account_hash: &'a str,
    pub(super) category: &'a str,
}

impl<'a> Theme<'a> {
    fn of((arrival, ready): Item<'a>) -> Self {
        Self {
            school: &arrival.school_id,
            device: &arrival.device_id,
            account_hash: &ready.account_hash,
            category: ready.alert.category.as_str(),
        }
    }
}

/// What comes to an episode. An episode is as grave as its gravest alert.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    pub(super) alerts: i64,
    pub(super) severity: Severity,
    pub(super) stage: Option<Stage>,
    pub(super) first_at: i64,
    pub(super) last_at: i64,
}

impl Sum {
    fn and(self, other: Self) -> Self {
        Self {
            alerts: self.alerts + other.alerts,
            severity: self.severity.max(other.severity),
            stage: self.stage.max(other.stage),
            first_at: self.first_at.min(other.first_at),
            last_at: self.last_at.max(other.last_at),
        }
    }
}

/// A theme of the group: what comes, and one of its alerts for what they have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coming<'a> {
    pub(super) sum: Sum,
    pub(super) item: Item<'a>,
}

/// The themes of a group, before anything of them is written.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    /// Those whose episode is remembered, and its key.
    known: Vec<(Theme<'a>, Coming<'a>, Arc<Known>, RecordKey)>,
    /// Those whose episode has to be looked for.
    strange: Vec<(Theme<'a>, Coming<'a>)>,
}

impl<'a> Expected<'a> {
    /// The themes of `items`; with `remembered`, what it remembers is believed. Where others write at the same time
    /// (`is_shared`), either all of a group are remembered or none counts as it: episodes are locked by counting alerts into
    /// those that are remembered, and by looking for the others, and both of these in the order of themes. One after the
    /// other in one transaction they would not be, and two relays could wait for each other.
    pub(super) fn new(items: &[Item<'a>], remembered: Option<&KnownEpisodes>, is_shared: bool) -> Self {
        let mut expected = Self { known: Vec::new(), strange: Vec::new() };
        for (theme, coming) in coming(items) {
            let find = |remembered: &KnownEpisodes| remembered.find(&theme, coming.sum.first_at);
            let known = remembered.and_then(find).and_then(|known| {
                let vault = &coming.item.0.vault;
                let key = vault.record((Object::Episode, &known.id), &known.wrapped, None).ok()?;
                Some((known, key))
            });
            match known {
                Some((known, key)) => expected.known.push((theme, coming, known, key)),
                None => expected.strange.push((theme, coming)),
            }
        }
        if is_shared && !expected.strange.is_empty() {
            let known = expected.known.drain(..).map(|(theme, coming, ..)| (theme, coming));
            expected.strange.extend(known);
            expected.strange.sort_by_key(|(theme, _)| *theme);
        }
        expected
    }

    /// The devices of themes whose episode has to be looked for. They must be held before that.
    pub(super) fn strange_devices(&self) -> impl Iterator<Item = &'a str> {
        self.strange.iter().map(|(theme, _)| theme.device)
    }
}

fn coming<'a>(items: &[Item<'a>]) -> BTreeMap<Theme<'a>, Coming<'a>> {
    let mut coming: BTreeMap<Theme<'a>, Coming<'a>> = BTreeMap::new();
    for item in items {
        let (arrival, ready) = *item;
        let alert = &ready.alert;
        let sum = Sum {
            alerts: 1,
            severity: alert.severity,
            stage: alert.stage,
            first_at: arrival.now,
            last_at: arrival.now,
        };
        coming
            .entry(Theme::of(*item))
            .and_modify(|coming| coming.sum = coming.sum.and(sum))
            .or_insert(Coming { sum, item: *item });
    }
    coming
}

/// An episode that alerts of this transaction join.
#[derive(Debug)]
struct Episode {
    id: String,
    key: RecordKey,
}

/// The episodes of a group's alerts.
#[derive(Debug)]
pub(super) struct Themes<'a>(BTreeMap<Theme<'a>, Episode>);

impl<'a> Themes<'a> {
    /// Finds or begins the episode of each theme, and counts the alerts in. None when an episode is not as it was
    /// remembered, such as closed since: then the transaction must be undone, and begun again without believing what is
    /// remembered. (To look for it now would be to hold its device after episodes were changed, and another relay may do
    /// the reverse.)
    pub(super) async fn joined(
        tx: &mut Tx,
        app: &App,
        expected: Expected<'a>,
    ) -> Result<Option<Self>, Error> {
        let mut episodes = BTreeMap::new();
        let joining: Vec<_> = expected
            .known
            .iter()
            .map(|(theme, coming, known, _)| Joining {
                school: theme.school,
                id: &known.id,
                under: &known.wrapped.under,
                sum: coming.sum,
            })
            .collect();
        if join::join(tx, &joining).await?.len() < joining.len() {
            return Ok(None);
        }
        for (theme, coming, known, key) in expected.known {
            known.joined(coming.sum.last_at);
            episodes.insert(theme, Episode { id: known.id.clone(), key });
        }
        find_or_begin(tx, app, &expected.strange, &mut episodes).await?;
        Ok(Some(Self(episodes)))
    }

    /// The episode of one of the items, and its key.
    pub(super) fn of(&self, item: Item<'a>) -> Result<(&str, &RecordKey), Error> {
        let episode = self.0.get(&Theme::of(item));
        let episode = episode.ok_or_else(|| Error::Internal("an alert joined no episode".into()))?;
        Ok((&episode.id, &episode.key))
    }
}

async fn find_or_begin<'a>(
    tx: &mut Tx,
    app: &App,
    strange: &[(Theme<'a>, Coming<'a>)],
    episodes: &mut BTreeMap<Theme<'a>, Episode>,
) -> Result<(), Error> {
    let found = open::find(tx, strange).await?;
    let open = open::last_of_each(&found);
    // An episode can be a child's and still be open. What joins it must not be stored while the child's key is destroyed.
    let ways: Vec<_> = open
        .iter()
        .filter(|(_, found)| !found.is_under_school && !found.wrapped.under.is_empty())
        .map(|(theme, found)| (theme.school, found.id.as_str(), found.wrapped.under.as_str()))
        .collect();
    keys::hold_ways(tx, &ways).await?;
    let (mut joining, mut begun) = (Vec::new(), Vec::new());
    for (theme, coming) in strange {
        let vault = &coming.item.0.vault;
        let opened = open.get(theme).and_then(|found| found.opened(vault));
        let episode = match opened {
            Some((found, key)) => {
                if found.is_under_school {
                    app.episodes.keep(theme, &found.id, found.wrapped.clone(), coming.sum.last_at);
                }
                joining.push(Joining {
                    school: theme.school,
                    id: &found.id,
                    under: &found.wrapped.under,
                    sum: coming.sum,
                });
                Episode { id: found.id.clone(), key }
            }
            // Nobody can add to an episode whose key is gone; the alert must be kept all the same.
            None => {
                let key = vault.new_record(app.random.as_ref())?;
                let new = Begun::new(app, vault, coming, &key)?;
                app.episodes.keep(theme, &new.id, new.wrapped.clone(), coming.sum.last_at);
                let id = new.id.clone();
                begun.push(new);
                Episode { id, key }
            }
        };
        episodes.insert(*theme, episode);
    }
    begun::begin(tx, &begun).await?;
    if join::join(tx, &joining).await?.len() < joining.len() {
        // Its key was wrapped anew between the two: the next try reads it as it is now.
        return Err(Error::Busy("an episode's key was changed while an alert joined it".into()));
    }
    Ok(())
}
