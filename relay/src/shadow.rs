//! Trials of changes of the lists, between database and devices: which trial a device is told of, and which of its counts are
//! believed. Beginning one is `sources::trial`'s; rows are in `db::shadow`; the page is `web::sources::trial`.

use crate::app::App;
use crate::canary::KEPT;
use crate::db::scope::{self, Scope};
use crate::db::shadow::{self, Counted, Trial};
use crate::error::Error;
use crate::web::when;
use lapwing_core::pack::{Pack, PublicKey};
use lapwing_core::wire::{ShadowOffer, ShadowSeen, limit};
use lapwing_core::{Entry, Sites};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// For how long a change is tried.
pub(crate) const LASTS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// How often what is over is looked for.
const TIDY: Duration = Duration::from_secs(6 * 60 * 60);

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// The pack of the trial that runs, opened, and its digest: what a device says it visited is asked of it.
#[derive(Debug, Default)]
pub(crate) struct Opened(Mutex<Option<(String, Arc<Sites>)>>);

/// What a check-in says of a trial: what is to be told of the one that runs, and what is to be counted.
///
/// # Errors
/// When the database refuses, or the pack is damaged.
pub(crate) async fn of_check_in(
    app: &App,
    seen: Option<&ShadowSeen>,
) -> Result<(Option<ShadowOffer>, Option<Counted>), Error> {
    let now = app.now();
    let Some(trial) = shadow::running(app.db.read(), now).await? else { return Ok((None, None)) };
    let offer = offer(&trial)?;
    // What was counted in another trial says nothing about this one.
    let Some(seen) = seen.filter(|seen| seen.digest == trial.digest) else { return Ok((Some(offer), None)) };
    let Some(sites) = sites(app, &trial).await? else { return Ok((Some(offer), None)) };
    let counted = Counted {
        sites: seen.sites.iter().filter_map(|one| believed(&sites, &one.site, one.visits)).collect(),
        trial_id: trial.id,
        batch: seen.batch.clone(),
        day: when::today(now).number,
    };
    Ok((Some(offer), Some(counted)))
}

fn offer(trial: &Trial) -> Result<ShadowOffer, Error> {
    Ok(ShadowOffer {
        digest: trial.digest.clone(),
        version: u64::try_from(trial.version).map_err(Error::internal)?,
        bytes: u64::try_from(trial.length).map_err(Error::internal)?,
        key: trial.signer.clone(),
    })
}

/// A site that may be counted, with what the list would add of it. The map holds no names, and a text can be made up for which
/// it answers; so what is believed must be a host in its one form, too.
fn believed(sites: &Sites, site: &str, visits: u32) -> Option<(String, String, i64)> {
    let is_host = Entry::parse(site).is_ok_and(|entry| entry.host == site && entry.path.is_empty());
    if !is_host || visits == 0 {
        return None;
    }
    let gives = sites.rule(site, "")?.gives;
    let categories: Vec<&str> = gives.iter().map(|category| category.as_str()).collect();
    Some((site.to_owned(), categories.join(","), i64::from(visits.min(limit::SHADOW_VISITS))))
}

/// The pack of a trial, opened once.
async fn sites(app: &App, trial: &Trial) -> Result<Option<Arc<Sites>>, Error> {
    let lock = || app.trial.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, sites)) = lock().as_ref().filter(|(digest, _)| *digest == trial.digest) {
        return Ok(Some(Arc::clone(sites)));
    }
    let Some(bytes) = shadow::bytes(app.db.read(), &trial.digest).await? else { return Ok(None) };
    let key: PublicKey = trial.signer.parse().map_err(Error::internal)?;
    let open = move || Sites::new(Pack::open(bytes, &key, 0)?);
    let opened = tokio::task::spawn_blocking(open).await.map_err(Error::internal)?;
    let sites = Arc::new(opened.map_err(Error::internal)?);
    *lock() = Some((trial.digest.clone(), Arc::clone(&sites)));
    Ok(Some(sites))
}

/// Deletes what trials that are over need no more, now.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn sweep(app: &App) -> Result<(), Error> {
    let running = shadow::running(app.db.read(), app.now()).await?;
    if running.is_none() {
        *app.trial.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
    shadow::forget(app, running.as_ref(), app.now() - KEPT * DAY).await
}

/// The same a few times a day, until the task is aborted.
pub(crate) async fn tidy(app: Arc<App>) {
    let mut due = tokio::time::interval(TIDY);
    loop {
        due.tick().await;
        let done = scope::within(Scope::Relay, sweep(&app)).await;
        if let Err(error) = done.map_err(Error::into_anyhow) {
            tracing::error!(%error, "what is over of trials could not be deleted; it is tried again later");
        }
    }
}
