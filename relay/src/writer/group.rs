//! One group of requests on its way to the disk. All are tried in one transaction. When that fails because of what is in
//! it, or because the store is damaged somewhere, each request is tried alone, and then each alert, so that one that cannot be
//! kept takes nobody down with it.
//!
//! After a commit that failed nobody knows what is on the disk, so nothing is acknowledged; the devices send it again, and
//! what was kept after all is known by its key. What happens to the connection is in `db::pool`.

use super::queue::Job;
use super::{Answer, Failed, Kept};
use crate::app::App;
use crate::db::intake::{self, Arrival, KnownEpisodes};
use crate::error::Error;
use crate::live::Change;
use crate::metrics;
use lapwing_core::wire::Refusal;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A line to PostgreSQL that died without a word would hold the schools of its writer until TCP gives it up, a quarter of an hour.
/// By then everybody who waits for the group has been told to come again (`PATIENCE` of `writer`).
const LIMIT: Duration = Duration::from_secs(30);

/// Writes `jobs`, and answers each. Says whether all of them were written together.
pub(super) async fn commit(app: Arc<App>, jobs: Vec<Job>) -> bool {
    let together: Vec<&Arrival> = jobs.iter().map(|job| &job.arrival).collect();
    let outcome = attempt(&app, &together).await;
    if let Err(Failed::Fault(detail) | Failed::Damaged(detail)) = &outcome
        && jobs.len() > 1
    {
        tracing::warn!(
            detail,
            requests = jobs.len(),
            "a group of requests could not be written; trying each alone"
        );
        for job in jobs {
            let answer = alone(&app, &job.arrival).await;
            // Who no longer waits sends it again, and is told then.
            let _ = job.answer.send(answer);
        }
        return false;
    }
    match outcome {
        Ok(new) => {
            for (job, new) in jobs.into_iter().zip(new) {
                let _ = job.answer.send(Ok(Kept { new, ..Kept::default() }));
            }
            true
        }
        Err(failed) => {
            for job in jobs {
                let answer = match &failed {
                    Failed::Busy(_) => Err(failed.clone()),
                    _ => each_alert(&app, &job.arrival, failed.clone()).await,
                };
                let _ = job.answer.send(answer);
            }
            false
        }
    }
}

async fn alone(app: &App, arrival: &Arrival) -> Answer {
    match attempt(app, &[arrival]).await {
        Ok(new) => Ok(Kept { new: new.iter().sum(), ..Kept::default() }),
        Err(failed @ Failed::Busy(_)) => Err(failed),
        Err(failed) => each_alert(app, arrival, failed).await,
    }
}

/// Tries the alerts of a request that `failed` one by one. Those that fail are refused for good only where another could
/// be kept: otherwise the fault may well be the relay's, and the device must try them again. Those that a damaged store does
/// not take are left to the device in any case.
async fn each_alert(app: &App, arrival: &Arrival, failed: Failed) -> Answer {
    if arrival.alerts.len() < 2 {
        return Err(failed);
    }
    let mut kept = Kept::default();
    for single in arrival.singly() {
        let id = || single.alerts.first().map(|ready| ready.alert.id.clone()).unwrap_or_default();
        match attempt(app, &[&single]).await {
            Ok(new) => kept.new += new.iter().sum::<u64>(),
            Err(Failed::Fault(detail)) => {
                let reference = crate::error::logged(&detail);
                let detail =
                    format!("The relay cannot store this alert. Its log says why: reference {reference}.");
                kept.refused.push(Refusal { id: id(), detail });
            }
            Err(Failed::Damaged(detail)) => {
                crate::error::logged(&detail);
                kept.left.push(id());
            }
            Err(busy @ Failed::Busy(_)) => return Err(busy),
        }
    }
    if kept.refused.len() + kept.left.len() == arrival.alerts.len() { Err(failed) } else { Ok(kept) }
}

/// One transaction over these requests. Answers how many alerts of each were new.
async fn attempt(app: &App, group: &[&Arrival]) -> Result<Vec<u64>, Failed> {
    match transaction(app, group).await {
        Ok(new) => {
            let changed: BTreeSet<&str> = group
                .iter()
                .zip(&new)
                .filter(|(_, new)| **new > 0)
                .map(|(arrival, _)| arrival.school_id.as_str())
                .collect();
            for school in changed {
                app.live.notify(school, Change::Inbox);
            }
            Ok(new)
        }
        Err(Error::InDoubt(cause)) => Err(failed(*cause)),
        Err(error) => Err(failed(error)),
    }
}

/// What went wrong, for whoever decides what to try again.
fn failed(error: Error) -> Failed {
    match error {
        Error::Busy(detail) => Failed::Busy(detail),
        Error::Internal(detail) => Failed::Fault(detail),
        Error::Damaged(detail) => Failed::Damaged(detail),
        other => Failed::Fault(format!("{other:?}")),
    }
}

async fn transaction(app: &App, group: &[&Arrival]) -> Result<Vec<u64>, Error> {
    if let Some(new) = committed(app, group, Some(&app.episodes)).await? {
        return Ok(new);
    }
    let new = committed(app, group, None).await?;
    new.ok_or_else(|| {
        Error::Internal("an episode that nobody remembered was not as it was remembered".into())
    })
}

/// One try. None when an episode was not as it was `remembered`; then nothing was written.
async fn committed(
    app: &App,
    group: &[&Arrival],
    remembered: Option<&KnownEpisodes>,
) -> Result<Option<Vec<u64>>, Error> {
    let written = async {
        let mut tx = app.db.begin_intake().await?;
        Ok::<_, Error>(intake::keep(&mut tx, app, group, remembered).await?.map(|new| (tx, new)))
    };
    // The commit goes on by itself, and is known by what it kept.
    let late = |_| Error::Busy("the database did not answer a group in time".into());
    let written = tokio::time::timeout(LIMIT, written).await;
    let written = written.map_err(late)??;
    let Some((tx, new)) = written else { return Ok(None) };
    let begun = Instant::now();
    tokio::time::timeout(LIMIT, tx.commit()).await.map_err(late)??;
    metrics::committed(new.iter().sum(), begun.elapsed());
    Ok(Some(new))
}
