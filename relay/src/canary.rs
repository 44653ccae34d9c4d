//! The daily test of each device, as the relay sees it: whose day it is, what counts as proof, when the next is due, and how
//! long it is kept. The test itself is the extension's; rows are in `db::canary`, pages in `web::evidence`.

use crate::app::App;
use crate::db::canary::{self, Day, Today};
use crate::db::packs;
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
            let expected = is_published(app).await?;
            let row = judged(told, said, expected);
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

/// Whether the lists in force hold the test's address: those of before the test do not.
async fn is_published(app: &App) -> Result<bool, Error> {
    let about = packs::newest_about(app.db.read()).await?;
    let about: Value = serde_json::from_str(&about.unwrap_or_default()).unwrap_or_default();
    Ok(about["canary"] == Value::Bool(true))
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

/// A device that is still fetching its lists has not failed: it has not proved itself yet.
fn judged(told: &Canary, said: &CheckIn, published: bool) -> Judged {
    let counts = |layer: CanaryLayer| published || layer != CanaryLayer::Published;
    let tried: BTreeSet<_> = told.results.iter().map(|one| one.layer).collect();
    let mut why = Vec::new();
    let mut failing = BTreeSet::new();
    for one in told.results.iter().filter(|one| counts(one.layer) && !one.held) {
        failing.insert(one.layer.as_str());
        why.push(format!("{}: {}", one.layer.label(), one.why));
    }
    let problem = said.lists.as_ref().map_or("", |lists| lists.problem.as_str());
    if published && !tried.contains(&CanaryLayer::Published) {
        let label = CanaryLayer::Published.label();
        if problem.is_empty() {
            why.push(format!("{label}: the device has none yet"));
        } else {
            failing.insert(CanaryLayer::Published.as_str());
            why.push(format!("{label}: {problem}"));
        }
    }
    let complete = CanaryLayer::ALL.iter().all(|layer| !counts(*layer) || tried.contains(layer));
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

/// Deletes old rows, a few times a day, until the task is aborted.
pub(crate) async fn tidy(app: Arc<App>) {
    let mut due = tokio::time::interval(TIDY);
    loop {
        due.tick().await;
        let before = when::today(app.now()).number - KEPT;
        let done = scope::within(Scope::Relay, canary::forget(&app, before)).await;
        if let Err(error) = done.map_err(Error::into_anyhow) {
            tracing::error!(%error, "old rows of the daily test could not be deleted; it is tried again later");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::wire::{CanaryResult, DeviceState, ListsState};

    fn said(problem: &str) -> CheckIn {
        CheckIn {
            extension_version: "0.1.0".into(),
            browser: String::new(),
            lists_version: "l".into(),
            policy_version: "p".into(),
            state: DeviceState::Watching,
            waiting: 0,
            refused: 0,
            session_point: None,
            lists: Some(ListsState { version: 0, problem: problem.into() }),
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

    fn is_proof(told: &Canary, problem: &str, published: bool) -> (bool, bool) {
        let judged = judged(told, &said(problem), published);
        (judged.complete && judged.failing.is_empty(), !judged.failing.is_empty())
    }

    #[test]
    fn every_layer_must_have_been_tried_and_have_held() {
        assert_eq!(is_proof(&told(&ALL), "", false), (true, false));
        for index in 0..ALL.len() {
            let mut one = ALL.to_vec();
            one[index].1 = false;
            assert_eq!(is_proof(&told(&one), "", false), (false, true));
            one.remove(index);
            assert_eq!(is_proof(&told(&one), "", false), (false, false), "nothing failed, nothing is proved");
        }
        assert_eq!(is_proof(&told(&[]), "", false), (false, false));
    }

    #[test]
    fn published_lists_count_once_there_are_any() {
        let with = |held| told(&[&ALL[..], &[(Published, held)]].concat());
        assert_eq!(is_proof(&with(true), "", true), (true, false));
        assert_eq!(is_proof(&with(false), "", true), (false, true));
        assert_eq!(is_proof(&with(false), "", false), (true, false), "lists of before the test");
        assert_eq!(is_proof(&told(&ALL), "", true), (false, false), "still being fetched");
        assert_eq!(is_proof(&told(&ALL), "changed after it was signed", true), (false, true));
        let why = judged(&with(false), &said(""), true).why;
        assert_eq!(why, "sites of the published lists: it opened");
    }
}
