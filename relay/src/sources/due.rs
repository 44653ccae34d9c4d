//! The schedule: sources that are due are fetched, each by one relay of a fleet; what came is proposed, and goes live by itself
//! where IT said so for each list that changed, and so little changes that nobody need look.

use super::fetch::{self, Fetched};
use super::in_force::{self, InForce};
use super::keep::{self, Stored, Work};
use super::{Keeper, Trouble, propose};
use crate::app::App;
use crate::db::list_builds::{self, Build};
use crate::db::list_sources::{self, Outcome, Source};
use crate::error::Error;
use crate::lists;
use std::collections::BTreeSet;

const MINUTE: i64 = 60 * 1_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// For how long a source is this relay's, so that another fetches it when this one ends in its midst.
const CLAIM: i64 = 30 * MINUTE;

/// When a source is due again, that was fetched at `now`; 0 for never.
pub(crate) fn next(source: &list_sources::Settings, now: i64, failed: bool) -> i64 {
    let period = match source.refresh.as_str() {
        _ if source.url.is_empty() || !source.is_on => return 0,
        "weekly" => 7 * DAY,
        _ => DAY,
    };
    now + if failed { HOUR.min(period) } else { period }
}

/// Fetches what is due, and sees to what came of it. Answers how many sources were asked for.
///
/// # Errors
/// When the database refuses. What a source's server does is noted with the source instead.
pub(crate) async fn run(app: &App) -> Result<usize, Error> {
    let now = app.now();
    let mut due = list_sources::all(app.db.read()).await?;
    due.retain(|source| source.due_at > 0 && source.due_at <= now);
    // Of a fleet those fetch that could publish what comes; the others would take it from them.
    if due.is_empty() || propose::signer(app, &InForce::read(app).await?).is_err() {
        return Ok(0);
    }
    let mut asked = 0;
    // The sources of which something new came in this very pass.
    let mut news = BTreeSet::new();
    for source in due {
        let mut tx = app.db.begin().await?;
        let mine = list_sources::claim(&mut tx, &source, now + CLAIM).await?;
        tx.commit().await?;
        if mine {
            asked += 1;
            match refresh(app, &source, None).await {
                Ok(Stored::New(_)) => drop(news.insert(source.id)),
                Ok(Stored::Same) | Err(Trouble::Said(_)) => {}
                // The others are fetched all the same.
                Err(Trouble::Fault(error)) => {
                    let error = error.into_anyhow();
                    tracing::warn!(source = source.settings.name, %error, "a list could not be kept");
                }
            }
        }
    }
    if !news.is_empty() {
        match settle(app, &news).await {
            Ok(()) => {}
            Err(Trouble::Said(text)) => tracing::info!(text, "fetched lists were not proposed or published"),
            Err(Trouble::Fault(error)) => return Err(error),
        }
    }
    Ok(asked)
}

/// Fetches a source now and keeps what came; what came of it is noted with the source. `by` is the account of whoever asked;
/// none for the schedule.
///
/// # Errors
/// In words when nothing came that can be used.
pub(crate) async fn refresh(app: &App, source: &Source, by: Option<&str>) -> Result<Stored, Trouble> {
    let done = fetched(app, source).await;
    let (outcome, problem) = match &done {
        Ok(Stored::New(_)) => ("new", String::new()),
        Ok(Stored::Same) => ("same", String::new()),
        Err(Trouble::Said(text)) => ("failed", text.clone()),
        Err(Trouble::Fault(_)) => {
            ("failed", "The relay itself could not keep it; its log says why.".to_owned())
        }
    };
    let now = app.now();
    let due_at = next(&source.settings, now, done.is_err());
    let mut tx = app.db.begin().await?;
    list_sources::asked(&mut tx, source, Outcome { what: outcome, problem: &problem, due_at }, now).await?;
    if let Ok(Stored::New(rules)) = &done {
        let detail = serde_json::json!({ "name": source.settings.name, "rules": rules });
        lists::tell(&mut tx, app, "fetch_source", &source.id, detail, by).await?;
    }
    tx.commit().await?;
    if outcome == "failed" {
        tracing::warn!(source = source.settings.name, problem, "a list could not be fetched");
    }
    done
}

async fn fetched(app: &App, source: &Source) -> Result<Stored, Trouble> {
    // A server that says “the same” gives back nothing of a list that is not kept whole; so it is not asked whether it is.
    let key = (source.id.as_str(), source.digest.as_str());
    let is_whole = list_sources::count(app.db.read(), key).await? == list_sources::pieces_of(source.length);
    let known = if is_whole { source.digest.clone() } else { String::new() };
    match fetch::fetch(&app.reach, &Source { digest: known, ..source.clone() }).await {
        Ok(Fetched::Same) => Ok(Stored::Same),
        Ok(Fetched::New { bytes, etag, modified }) => {
            let work = Work::begin(app).await?;
            keep::store(app, &work, source, bytes, (&etag, &modified)).await
        }
        Err(error) => Err(Trouble::Said(error.to_string())),
    }
}

/// Proposes what is kept now, and publishes it where nobody need look.
async fn settle(app: &App, news: &BTreeSet<String>) -> Result<(), Trouble> {
    let build = propose::propose(app, None).await?;
    if goes_live(app, &build, news).await? {
        propose::publish(app, &build.id, None).await?;
    }
    Ok(())
}

/// Whether nobody need look: little changes, IT said so of each list that does, and it came in this very pass. What came before
/// and is not in force yet waits for somebody, and so does all that comes after a refusal, since it holds what was refused.
async fn goes_live(app: &App, build: &Build, news: &BTreeSet<String>) -> Result<bool, Trouble> {
    if !propose::summary(build)?.is_small()
        || Keeper::of(app).await? == Keeper::Nobody
        || propose::wants_two(app).await?
        || list_builds::was_refused(app.db.read(), &build.on_pack).await?
    {
        return Ok(false);
    }
    let (Some(old), new) = (InForce::read(app).await?.lists, in_force::entries(&build.manifest)?) else {
        return Ok(false);
    };
    let sources = list_sources::all(app.db.read()).await?;
    let is_meant = |id: &str| sources.iter().any(|source| source.id == id && source.settings.goes_live);
    let may = |id: &str| news.contains(id) && is_meant(id);
    Ok(old.len() == new.len()
        && old.iter().zip(&new).all(|(old, new)| old == new || old.is_same_list(new) && may(&new.id)))
}
