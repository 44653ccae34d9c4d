//! The relay is killed under load, again and again, at random moments, some of them before it listens.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::time::sleep;

use super::{Outcome, Traffic, chain};
use crate::load::{Base, Engine};
use crate::numbers::Times;
use crate::steps;

/// How many devices send.
const DEVICES: usize = 8;
/// The relay lives this long at most, in milliseconds from when it listens (or from its start).
const LIFE: u64 = 250;
/// One kill in so many comes while it is still starting.
const EARLY: usize = 8;
/// A line of news after so many.
const NEWS: usize = 100;

/// Kills it `kills` times.
///
/// # Errors
/// When it does not start again, or the proof cannot be made.
pub async fn run(engine: Engine, kills: usize, seed: u64) -> Result<Outcome> {
    let mut outcome = Outcome::new(format!("kill -9 under load, {}", engine.name()));
    let mut base = Base::start(engine).await?;
    let fleet = base.fleet(DEVICES).await?;
    let mut random = fastrand::Rng::with_seed(seed);
    let traffic = Traffic::start(&base.dial, &fleet, seed);
    let mut starts = Vec::with_capacity(kills);
    let begun = Instant::now();
    for number in 1..=kills {
        // Each relay takes something before it dies: only then can there be something to lose.
        traffic.acknowledges(1, Duration::from_secs(30)).await.with_context(|| base.relay.complaints())?;
        sleep(Duration::from_millis(random.u64(..LIFE))).await;
        base.relay.kill().await?;
        if number % EARLY == 0 {
            // This one dies on its way up, wherever it is just then.
            base.relay.begin_again()?;
            sleep(Duration::from_millis(random.u64(..LIFE))).await;
            base.relay.kill().await?;
        }
        let starting = Instant::now();
        base.relay.start_again().await?;
        starts.push(starting.elapsed());
        if number % NEWS == 0 {
            let acknowledged = traffic.ledger.count();
            steps::line(&format!("   {number} kills, {acknowledged} alerts acknowledged so far"));
        }
    }
    let seconds = begun.elapsed().as_secs();
    let ledger = traffic.finish().await?;
    base.relay.stop().await?;
    outcome.count("kills", kills + kills / EARLY);
    outcome.count("requests_without_an_answer", ledger.unanswered());
    outcome.prove(&ledger.prove(&base.store).await?);
    chain::judge(&base.relay, &mut outcome).await?;
    outcome.count("start_ms_median", Times::of(&starts).median().round());
    outcome.count("seconds", seconds);
    Ok(outcome)
}
