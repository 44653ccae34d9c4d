//! The daily test of each device, as the relay sees it: whose day it is, what counts as proof, when the next is due, and how
//! long it is kept. The test itself is the extension's; rows are in `db::canary`, pages in `web::evidence`.

use crate::app::App;
use crate::db::canary::{self, Day, Today};
use crate::db::canary_days;
use crate::db::packs::{self, Newest};
use crate::db::scope::{self, Scope};
use crate::error::Error;
use crate::web::when;
use lapwing_core::wire::{Canary, CanaryLayer, CanaryWanted, CheckIn};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// For how many days rows are kept: a year, and time to look back on it.
pub(crate) const KEPT: i64 = 400;

/// Days before today whose tests say how a device stands now.
pub(crate) const WEEK: i64 = 6;

/// Milliseconds of a day. A device that is in use may be without the newest lists for as long: fetching them takes minutes.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1_000;

/// How often old rows are looked for.
const TIDY: Duration = Duration::from_secs(6 * 60 * 60);

/// What a check-in says of the daily test: what is to be kept of it, and when the next is due.
pub(crate) async fn of_check_in(
    app: &App,
    (school, device): (&str, &str),
    said: &CheckIn,
) -> Result<(Option<Day>, CanaryWanted), Error> {
    let now = app.now();
    let today = when::today(now);
    let known = canary::today(app.db.read(), device, today.number).await?;
    let (row, proved) = match (&said.canary, known) {
        (Some(told), _) => {
            let published = published(app, device, said, now).await?;
            let row = judged(told, said, published);
            let proved = row.failing.is_empty() && row.complete;
            (Some(row.into_day((school, device), said, (today.number, now), told)), proved)
        }
        (None, None) => (Some(Day::seen((school, device), said, (today.number, now))), false),
        (None, Some(Today { proved, failing, pack_version })) => {
            // Lists that were published since then are proved anew, or found to be refused.
            let newest = packs::newest_version(app.db.read()).await?;
            (None, proved && !failing && pack_version >= newest)
        }
    };
    Ok((row, CanaryWanted { due_in: if proved { today.left } else { 0 } }))
}

/// What the relay has published, as a test is held against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expected {
    /// The version of the newest pack.
    version: u64,
    /// Whether it holds the test's address: packs of before the test do not, nor does one that takes all lists back.
    holds_address: bool,
    /// Whether the device has checked in for more than a day since without taking it.
    overdue: bool,
}

/// What `device` must have by now; none while nothing has been published.
async fn published(app: &App, device: &str, said: &CheckIn, now: i64) -> Result<Option<Expected>, Error> {
    let Some(Newest { version, about, published_at }) = packs::newest(app.db.read()).await? else {
        return Ok(None);
    };
    let about: Value = serde_json::from_str(&about).unwrap_or_default();
    let version = u64::try_from(version).map_err(Error::internal)?;
    let is_behind = said.lists.as_ref().is_none_or(|lists| lists.version != version);
    let overdue = is_behind && now.saturating_sub(published_at) > DAY && {
        // Since when it could have had them: a browser that was closed all the time is late for no fault.
        let since = canary::first_since(app.db.read(), device, published_at).await?;
        since.is_some_and(|since| now.saturating_sub(since) > DAY)
    };
    Ok(Some(Expected { version, holds_address: about["canary"] == Value::Bool(true), overdue }))
}

/// What a test amounts to.
#[derive(Debug, PartialEq, Eq)]
struct Judged {
    /// Every layer that must be there was tried.
    complete: bool,
    /// The layers that did not hold.
    failing: BTreeSet<&'static str>,
    why: String,
}

/// How a device stands to the lists that the relay has published.
enum Standing {
    /// It has them, or there are none.
    Has,
    /// Not yet, with why.
    NotYet(String),
    /// It refuses them, or is later than any fetching takes, with why.
    Refuses(String),
}

fn standing(said: &CheckIn, published: Option<Expected>) -> Standing {
    let Some(published) = published else { return Standing::Has };
    let (version, problem) =
        said.lists.as_ref().map_or((0, ""), |lists| (lists.version, lists.problem.as_str()));
    if version == published.version {
        return Standing::Has;
    }
    // What it has instead may hold the test's address too: that says nothing of the lists that it lacks.
    let has = match version {
        0 => "the device has none".to_owned(),
        older => format!("the device has version {older}, the relay version {}", published.version),
    };
    if !problem.is_empty() {
        Standing::Refuses(format!("{has}: {problem}"))
    } else if published.overdue {
        Standing::Refuses(format!("{has}, and has not taken it in more than a day"))
    } else {
        Standing::NotYet(format!("{has} yet"))
    }
}

/// A device that is still fetching its lists has not failed: it has not proved itself yet.
fn judged(told: &Canary, said: &CheckIn, published: Option<Expected>) -> Judged {
    let holds_address = published.is_some_and(|published| published.holds_address);
    let counts = |layer: CanaryLayer| holds_address || layer != CanaryLayer::Published;
    let tried: BTreeSet<_> = told.results.iter().map(|one| one.layer).collect();
    let mut complete = CanaryLayer::ALL.iter().all(|layer| !counts(*layer) || tried.contains(layer));
    let mut why = Vec::new();
    let mut failing = BTreeSet::new();
    for one in told.results.iter().filter(|one| counts(one.layer) && !one.held) {
        failing.insert(one.layer.as_str());
        why.push(format!("{}: {}", one.layer.label(), one.why));
    }
    let layer = CanaryLayer::Published;
    let untried = holds_address && !tried.contains(&layer);
    match standing(said, published) {
        Standing::Has if untried => why.push(format!("{}: they were not tried", layer.label())),
        Standing::Has => {}
        Standing::NotYet(reason) => {
            complete = false;
            why.push(format!("{}: {reason}", layer.label()));
        }
        Standing::Refuses(reason) => {
            failing.insert(layer.as_str());
            why.push(format!("{}: {reason}", layer.label()));
        }
    }
    Judged { complete, failing, why: why.join("; ") }
}

impl Judged {
    fn into_day(self, ids: (&str, &str), said: &CheckIn, (day, now): (i64, i64), told: &Canary) -> Day {
        let proved = self.complete && self.failing.is_empty();
        Day {
            member: told.group.clone(),
            ran_at: now,
            proved_at: if proved { now } else { 0 },
            failing: !self.failing.is_empty(),
            failed: self.failing.into_iter().collect::<Vec<_>>().join(","),
            why: self.why,
            safe_search: told.safe_search,
            ..Day::seen(ids, said, (day, now))
        }
    }
}

impl App {
    /// Puts the days of the daily test that are over into the audit chains, and deletes old ones: what the relay does by
    /// itself a few times a day.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tidy_days(&self) -> anyhow::Result<()> {
        let today = when::today(self.now()).number;
        let done = scope::within(Scope::Relay, async {
            // A check-in of yesterday's last second may still be on its way to the disk: yesterday is left until tomorrow.
            canary_days::close(self, today - 1).await?;
            canary_days::forget(self, today - KEPT).await
        });
        done.await.map_err(Error::into_anyhow)
    }
}

/// Does that until the task is aborted.
pub(crate) async fn tidy(app: Arc<App>) {
    let mut due = tokio::time::interval(TIDY);
    loop {
        due.tick().await;
        if let Err(error) = app.tidy_days().await {
            tracing::error!(%error, "the days of the daily test could not be tidied; it is tried again later");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::wire::{CanaryResult, DeviceState, ListsState};

    fn said(version: u64, problem: &str) -> CheckIn {
        CheckIn {
            extension_version: "0.1.0".into(),
            browser: String::new(),
            lists_version: "l".into(),
            policy_version: "p".into(),
            state: DeviceState::Watching,
            waiting: 0,
            refused: 0,
            session_point: None,
            lists: Some(ListsState { version, problem: problem.into() }),
            canary: None,
            shadow: None,
        }
    }

    fn told(layers: &[(CanaryLayer, bool)]) -> Canary {
        let result = |(layer, held): &(CanaryLayer, bool)| {
            let why = if *held { String::new() } else { "it opened".into() };
            CanaryResult { layer: *layer, held: *held, why }
        };
        Canary {
            ran_at: 0,
            group: String::new(),
            safe_search: true,
            results: layers.iter().map(result).collect(),
        }
    }

    use CanaryLayer::{BuiltIn, Listener, Published, Text, Unlawful};
    const ALL: [(CanaryLayer, bool); 4] = [(BuiltIn, true), (Unlawful, true), (Listener, true), (Text, true)];
    const NEWEST: Expected = Expected { version: 9, holds_address: true, overdue: false };

    /// Whether it is proof, and whether it is a failure.
    fn is_proof(told: &Canary, said: &CheckIn, published: Option<Expected>) -> (bool, bool) {
        let judged = judged(told, said, published);
        (judged.complete && judged.failing.is_empty(), !judged.failing.is_empty())
    }

    fn with_published(held: bool) -> Canary {
        told(&[&ALL[..], &[(Published, held)]].concat())
    }

    #[test]
    fn every_layer_must_have_been_tried_and_have_held() {
        let said = said(0, "");
        assert_eq!(is_proof(&told(&ALL), &said, None), (true, false));
        for index in 0..ALL.len() {
            let mut one = ALL.to_vec();
            one[index].1 = false;
            assert_eq!(is_proof(&told(&one), &said, None), (false, true));
            one.remove(index);
            assert_eq!(
                is_proof(&told(&one), &said, None),
                (false, false),
                "nothing failed, nothing is proved"
            );
        }
        assert_eq!(is_proof(&told(&[]), &said, None), (false, false));
    }

    #[test]
    fn published_lists_count_once_there_are_any() {
        let (has, none) = (said(9, ""), said(0, ""));
        assert_eq!(is_proof(&with_published(true), &has, Some(NEWEST)), (true, false));
        assert_eq!(is_proof(&with_published(false), &has, Some(NEWEST)), (false, true));
        let before = Expected { holds_address: false, ..NEWEST };
        assert_eq!(is_proof(&with_published(false), &has, Some(before)), (true, false), "of before the test");
        assert_eq!(is_proof(&told(&ALL), &none, Some(NEWEST)), (false, false), "still being fetched");
        assert_eq!(is_proof(&told(&ALL), &has, Some(NEWEST)), (false, false), "not tried");
        let refused = said(0, "changed after it was signed");
        assert_eq!(is_proof(&told(&ALL), &refused, Some(NEWEST)), (false, true));
        let why = judged(&with_published(false), &has, Some(NEWEST)).why;
        assert_eq!(why, "sites of the published lists: it opened");
    }

    #[test]
    fn older_lists_that_hold_are_no_proof_of_the_newest_and_a_refusal_fails() {
        let holds = with_published(true);
        assert_eq!(is_proof(&holds, &said(8, ""), Some(NEWEST)), (false, false), "on their way");
        let refused = said(8, "version 9 was changed after it was signed, and is refused");
        for published in [NEWEST, Expected { holds_address: false, ..NEWEST }] {
            assert_eq!(is_proof(&holds, &refused, Some(published)), (false, true));
            let judged = judged(&holds, &refused, Some(published));
            assert_eq!(judged.failing, ["published"].into());
            assert_eq!(
                judged.why,
                "sites of the published lists: the device has version 8, the relay version 9: version 9 was changed after \
                 it was signed, and is refused"
            );
        }
        let overdue = Expected { overdue: true, ..NEWEST };
        assert_eq!(is_proof(&holds, &said(8, ""), Some(overdue)), (false, true), "for more than a day");
        let unknown = CheckIn { lists: None, ..said(9, "") };
        assert_eq!(is_proof(&holds, &unknown, Some(NEWEST)), (false, false), "it has not heard of any");
        // What it could once not do does not count once it has what it should have.
        assert_eq!(is_proof(&holds, &said(9, "an old complaint"), Some(NEWEST)), (true, false));
    }
}
