//! Waiting for something to become true, with an end.
//!
//! Everything that this crate waits for goes through here, so that no test sleeps and hopes: it asks again until the
//! answer is there, and when the time is over the error says what was waited for and what was seen last.

use std::future::Future;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// Long enough for a busy machine with two cores; nothing takes this long when all is well.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How often to ask again: well under what a person notices.
const PAUSE: Duration = Duration::from_millis(40);

/// Asks `look` until it gives something, at most for [`PATIENCE`]. An error from `look` counts as "not yet", because a
/// page that is just being replaced answers with errors; the last one is shown when the time is over.
///
/// # Errors
/// When the time is over.
pub async fn until<T, F>(what: &str, look: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    until_within(PATIENCE, what, look).await
}

/// Like [`until`], with another limit.
///
/// # Errors
/// As for [`until`].
pub async fn until_within<T, F>(limit: Duration, what: &str, look: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    calmly(PAUSE, limit, what, look).await
}

/// Like [`until_within`], with this long a pause between two looks: for what only happens while nobody looks.
///
/// # Errors
/// As for [`until`].
pub async fn calmly<T, F>(
    pause: Duration,
    limit: Duration,
    what: &str,
    mut look: impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let end = Instant::now() + limit;
    loop {
        let seen = look().await;
        if let Ok(Some(found)) = seen {
            return Ok(found);
        }
        if Instant::now() >= end {
            match seen {
                Err(error) => return Err(error.context(format!("waited {} s for {what}", limit.as_secs()))),
                Ok(_) => bail!("waited {} s for {what}, which did not come", limit.as_secs()),
            }
        }
        sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_never_comes_is_named() {
        let limit = Duration::from_millis(50);
        let error = until_within(limit, "a bus", || async { Ok(None::<()>) }).await.unwrap_err();
        assert!(error.to_string().contains("a bus"));
    }

    #[tokio::test]
    async fn errors_are_forgiven_until_the_end() {
        let mut calls = 0;
        let answer = until("the third call", || {
            calls += 1;
            let call = calls;
            async move { if call < 3 { bail!("not yet") } else { Ok(Some(call)) } }
        });
        assert_eq!(answer.await.unwrap(), 3);
    }
}
