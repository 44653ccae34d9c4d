//! Live pages across relays. Relays that share a PostgreSQL tell each other, after the commit, which school something
//! changed in, and which device is no longer what it was. Nobody needs to reach the relay that took the alert: a load balancer may send each request anywhere.
//!
//! It is a help, not a record. A relay that lost its connection may have missed news, so when it hears again it tells each
//! of its pages once. A relay that dies between a commit and its news leaves the change to the next reload.

use super::hub::{Live, Word};
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
        let words = live.owed().await;
        let payloads: Vec<String> = words.iter().map(|word| payload(mark, word)).collect();
        match news.tell(&payloads).await {
            Ok(()) => pause = PAUSE,
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => {
                tracing::warn!(%error, "other relays could not be told of a change; trying again");
                live.owe(words);
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
        if let Some(word) = of_others(&payload, mark) {
            live.hear(&word);
        }
    }
    Ok(())
}

fn payload(mark: &str, word: &Word) -> String {
    match word {
        Word::School(id) => format!("{mark} school {id}"),
        Word::Device(id) => format!("{mark} device {id}"),
    }
}

/// What another relay said. Nothing for this relay's own words, which it knows, and for those of a later version.
fn of_others(payload: &str, mark: &str) -> Option<Word> {
    let mut parts = payload.split(' ');
    let (from, kind, id) = (parts.next()?, parts.next()?, parts.next()?);
    if from == mark || parts.next().is_some() {
        return None;
    }
    match kind {
        "school" => Some(Word::School(id.to_owned())),
        "device" => Some(Word::Device(id.to_owned())),
        _ => None,
    }
}

fn longer(pause: Duration) -> Duration {
    (pause * 2).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_relays_words_of_this_version_count() {
        for word in [Word::School("oak".into()), Word::Device("d".into())] {
            assert_eq!(of_others(&payload("b", &word), "a"), Some(word.clone()));
            assert_eq!(of_others(&payload("a", &word), "a"), None);
        }
        for payload in ["b school oak and more", "b trust oak", "b oak", "oak", ""] {
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
