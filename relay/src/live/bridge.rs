//! Live pages across relays. Relays that share a PostgreSQL tell each other, after the commit, which school something
//! changed in. Nobody needs to reach the relay that took the alert: a load balancer may send each request anywhere.
//!
//! It is a help, not a record. A relay that lost its connection may have missed news, so when it hears again it tells each
//! of its pages once. A relay that dies between a commit and its news leaves the change to the next reload.

use super::hub::{Change, Live};
use crate::db::News;
use std::sync::Arc;
use std::time::Duration;

/// The first pause after a connection was lost, and the longest: PostgreSQL is not to be hammered while it starts.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Carries news both ways until the database is closed. `mark` tells this relay's news from those of others; it holds no
/// space.
pub(crate) async fn between_relays(live: Arc<Live>, news: News, mark: String) {
    tokio::join!(hear(&live, &news, &mark), speak(&live, &news, &mark));
}

async fn speak(live: &Live, news: &News, mark: &str) {
    let mut pause = PAUSE;
    loop {
        let schools = live.owed().await;
        let payloads: Vec<String> = schools.iter().map(|school| format!("{mark} {school}")).collect();
        match news.tell(&payloads).await {
            Ok(()) => pause = PAUSE,
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => {
                tracing::warn!(%error, "other relays could not be told of a change; trying again");
                live.owe(schools);
                tokio::time::sleep(pause).await;
                pause = longer(pause);
            }
        }
    }
}

async fn hear(live: &Live, news: &News, mark: &str) {
    let mut pause = PAUSE;
    loop {
        match hear_until_lost(live, news, mark, &mut pause).await {
            Ok(()) => {
                tracing::warn!("the connection that hears of other relays’ changes was lost; reconnecting");
            }
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => {
                tracing::warn!(%error, "changes made by other relays cannot be heard of; reconnecting");
            }
        }
        tokio::time::sleep(pause).await;
        pause = longer(pause);
    }
}

/// Listens on one connection for as long as it lasts.
async fn hear_until_lost(
    live: &Live,
    news: &News,
    mark: &str,
    pause: &mut Duration,
) -> Result<(), sqlx::Error> {
    let mut ears = news.listen().await?;
    *pause = PAUSE;
    live.tell_everyone();
    while let Some(payload) = ears.next().await? {
        if let Some(school) = of_others(&payload, mark) {
            live.tell(school, Change::Inbox);
        }
    }
    Ok(())
}

/// The school in another relay's news. None for this relay's own, which its pages have heard, and for what a later version
/// may add: more words.
fn of_others<'p>(payload: &'p str, mark: &str) -> Option<&'p str> {
    let (from, school) = payload.split_once(' ')?;
    (from != mark && !school.contains(' ')).then_some(school)
}

fn longer(pause: Duration) -> Duration {
    (pause * 2).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_relays_news_of_this_version_count() {
        assert_eq!(of_others("b oak", "a"), Some("oak"));
        for payload in ["a oak", "b oak and more", "oak", ""] {
            assert_eq!(of_others(payload, "a"), None, "{payload}");
        }
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let mut pause = PAUSE;
        for _ in 0..20 {
            pause = longer(pause);
        }
        assert_eq!(pause, LONGEST_PAUSE);
    }
}
