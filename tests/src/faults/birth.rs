//! The very first start is cut short: the relay is killed while it makes its keys, its database and its schema. The next
//! start must come up by itself and offer the set-up, whatever the first one left.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use super::Outcome;
use crate::relay::{Manner, Relay};
use crate::tls::Certificate;

/// Kills `count` relays on their way to their first listening.
///
/// # Errors
/// When no relay can be started at all.
pub async fn run(count: usize, seed: u64) -> Result<Outcome> {
    let mut outcome = Outcome::new("kill -9 during the very first start, SQLite");
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = tempfile::Builder::new().prefix("lapwing-birth-").tempdir()?;
    let certificate = Certificate::in_folder(&folder.path().join("tls"))?;
    let relay = |name: &str| {
        let data = folder.path().join(name);
        let log = Some(folder.path().join(format!("{name}.log")));
        Relay::at_rest(Manner { log, ..Manner::default() }, &data, &certificate)
    };
    // How long a start takes that nobody disturbs.
    let started = Instant::now();
    let mut whole = relay("whole")?;
    whole.start_again().await?;
    let usual = started.elapsed();
    whole.kill().await?;

    let mut stuck = 0;
    for number in 0..count {
        let mut relay = relay(&number.to_string())?;
        relay.begin_again()?;
        sleep(usual.mul_f64(random.f64())).await;
        relay.kill().await?;
        let up = async {
            relay.start_again().await?;
            relay.set_up_link().await
        };
        match up.await {
            Ok(_) => relay.kill().await?,
            Err(error) => {
                stuck += 1;
                // The first few are told in full.
                outcome.expect(stuck > 3, format!("the next start failed: {error:#}"));
            }
        }
    }
    outcome.count("starts_cut_short", count);
    outcome.count("next_starts_that_failed", stuck);
    outcome.count("usual_start_ms", u64::try_from(usual.min(Duration::from_secs(60)).as_millis())?);
    outcome.expect(stuck == 0, format!("{stuck} relays did not come up again"));
    Ok(outcome)
}
