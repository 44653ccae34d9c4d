//! Another process holds the write lock: a backup that forgot itself, an administrator with an open transaction.

use std::time::Duration;

use anyhow::{Context as _, Result};
use sqlx::Connection as _;
use tokio::time::sleep;

use super::disk::{answers, only_asked_to_wait, recovered};
use super::{Outcome, Traffic, chain};
use crate::load::machine::now;
use crate::load::{Base, Engine};

/// How many devices send.
const DEVICES: usize = 6;

/// Holds the lock for `time`.
///
/// # Errors
/// When the relay cannot be started, or does not recover.
pub async fn run(engine: Engine, time: Duration, seed: u64) -> Result<Outcome> {
    let mut outcome = Outcome::new(format!("write lock held for {} s, {}", time.as_secs(), engine.name()));
    let mut base = Base::start(engine).await?;
    let fleet = base.fleet(DEVICES).await?;
    let traffic = Traffic::start(&base.dial, &fleet, seed);
    traffic.acknowledges(100, Duration::from_secs(60)).await.with_context(|| base.relay.complaints())?;
    let mut other = base.store.open().await?;
    let take: &[&'static str] = match engine {
        Engine::Sqlite => &["pragma busy_timeout = 30000", "begin immediate"],
        // One table: whoever asks for a second while the relay holds it may be in its way in a circle.
        Engine::Postgres => &["begin", "lock table alert in exclusive mode"],
    };
    for sql in take {
        sqlx::query(*sql).execute(&mut other).await?;
    }
    let from = now();
    sleep(time).await;
    outcome.count("acknowledged_under_the_lock", traffic.ledger.within(from, now()));
    outcome.count("pages_are_shown", base.office.reads().await);
    sqlx::query("rollback").execute(&mut other).await?;
    let free = now();
    other.close().await?;
    traffic.acknowledges(100, Duration::from_secs(90)).await.with_context(|| base.relay.complaints())?;
    recovered(&mut outcome, &traffic.ledger, free);
    outcome.count("answers", answers(&traffic.ledger));
    outcome.expect(!base.relay.has_ended()?, "the relay ended");
    let ledger = traffic.finish().await?;
    only_asked_to_wait(&mut outcome, &ledger);
    base.relay.stop().await?;
    outcome.prove(&ledger.prove(&base.store).await?);
    chain::judge(&base.relay, &mut outcome).await?;
    Ok(outcome)
}
