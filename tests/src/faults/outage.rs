//! PostgreSQL goes away under load and comes back: stopped in order, and ended at once as in a crash.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::sleep;

use super::disk::{answers, only_asked_to_wait, recovered};
use super::{Outcome, Traffic, chain};
use crate::load::machine::now;
use crate::load::postgres::Stop;
use crate::load::{Base, Engine};

/// How many devices send.
const DEVICES: usize = 6;

/// PostgreSQL is away for `time`, `rounds` times, in either way by turns.
///
/// # Errors
/// When it does not start again, or the relay does not recover.
pub async fn run(rounds: usize, time: Duration, seed: u64) -> Result<Outcome> {
    let mut outcome = Outcome::new(format!("PostgreSQL away for {} s, {rounds} times", time.as_secs()));
    let mut base = Base::start(Engine::Postgres).await?;
    let fleet = base.fleet(DEVICES).await?;
    let traffic = Traffic::start(&base.dial, &fleet, seed);
    for round in 0..rounds {
        traffic.acknowledges(200, Duration::from_secs(90)).await.with_context(|| base.relay.complaints())?;
        let server = base.postgres.as_ref().context("there is no PostgreSQL")?;
        server.stop(if round % 2 == 0 { Stop::Immediate } else { Stop::Fast })?;
        sleep(time).await;
        server.start_again()?;
        let back = now();
        traffic.acknowledges(1, Duration::from_secs(90)).await.with_context(|| base.relay.complaints())?;
        recovered(&mut outcome, &traffic.ledger, back);
    }
    outcome.count("answers", answers(&traffic.ledger));
    outcome.expect(!base.relay.has_ended()?, "the relay ended");
    let ledger = traffic.finish().await?;
    only_asked_to_wait(&mut outcome, &ledger);
    base.relay.stop().await?;
    outcome.prove(&ledger.prove(&base.store).await?);
    chain::judge(&base.relay, &mut outcome).await?;
    Ok(outcome)
}
