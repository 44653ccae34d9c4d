//! Slowing down guesses without locking anybody out (ASVS 5.0, 6.3.1 and 6.3.8).
//!
//! A try is counted before it is judged, and taken back when it was right, so that many at once gain nothing. The
//! counters are in the database, so that they hold across relays, and under keyed hashes, so that they tell nothing. What
//! is counted is (account, network): after a few failures each next try has to wait longer, up to a quarter of an hour.
//! Guesses from many networks are counted for the account as a whole besides. A browser from which the owner has signed
//! in before has a counter of its own and is held up by neither: whoever guesses elsewhere cannot keep the owner out.
//! Addresses that have no account are counted just the same.

use super::browser;
use crate::app::App;
use crate::db::{Tx, browsers, tries};
use crate::error::Error;
use crate::limit::TooMany;
use axum::http::HeaderMap;

const SECOND: i64 = 1_000;
/// The longest wait: a quarter of an hour.
const LONGEST: i64 = 15 * 60 * SECOND;
/// After a day without a failure everything is forgotten.
const FORGOTTEN: i64 = 24 * 60 * 60 * SECOND;

/// What is guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guessed {
    /// A password.
    Password,
    /// A second factor's code, by somebody who has the password already.
    Code,
}

/// A try that has been counted and not yet judged.
#[derive(Debug)]
#[must_use = "a try that was right is taken back with `right`"]
pub(crate) struct Try {
    own: String,
    whole: Option<String>,
}

/// Counts a try to prove to be the owner of `name`: an e-mail address at sign-in, else the account's id.
///
/// # Errors
/// [`Error::TooMany`] while it is too soon after the last failure.
pub(crate) async fn count(
    app: &App,
    guessed: Guessed,
    name: &str,
    account: Option<&str>,
    network: &str,
    headers: &HeaderMap,
) -> Result<Try, Error> {
    let mut tx = app.db.begin().await?;
    let known = match (browser::hash(headers), account) {
        (Some(hash), Some(account)) if browsers::is_known(&mut *tx, &hash, Some(account)).await? => {
            Some(hash)
        }
        _ => None,
    };
    let bucket = |from: &str| app.secrets.name_hash(&format!("{guessed:?}\0{name}\0{from}"));
    let this = match known {
        Some(hash) => Try { own: bucket(&format!("browser\0{hash}")), whole: None },
        None => Try { own: bucket(&format!("network\0{network}")), whole: Some(bucket("everywhere")) },
    };
    claim(&mut tx, app.now(), &this.own, own_wait).await?;
    if let Some(whole) = &this.whole {
        claim(&mut tx, app.now(), whole, |failures| whole_wait(guessed, failures)).await?;
    }
    tx.commit().await?;
    Ok(this)
}

impl Try {
    /// Takes the try back, since it was right.
    pub(crate) async fn right(self, tx: &mut Tx, app: &App) -> Result<(), Error> {
        tries::forget(tx, &self.own).await?;
        if let Some(whole) = &self.whole {
            tries::take_back(tx, whole, app.now()).await?;
        }
        Ok(())
    }
}

async fn claim(tx: &mut Tx, now: i64, bucket: &str, wait: impl Fn(i64) -> i64) -> Result<(), Error> {
    for _ in 0..3 {
        let before = tries::find(&mut **tx, bucket).await?;
        let counted = match before {
            None => tries::first(tx, bucket, now, now + wait(1), now - FORGOTTEN).await?,
            Some(row) => {
                if row.next_at > now {
                    let seconds = u64::try_from((row.next_at - now + SECOND - 1) / SECOND).unwrap_or(1);
                    return Err(TooMany { seconds: seconds.max(1) }.into());
                }
                let failures = if row.last_at < now - FORGOTTEN { 1 } else { row.failures + 1 };
                tries::another(tx, bucket, &row, failures, now, now + wait(failures)).await?
            }
        };
        if counted {
            return Ok(());
        }
    }
    // Others try the same at this very moment.
    Err(TooMany { seconds: 1 }.into())
}

/// How long after this many failures from one network or browser.
fn own_wait(failures: i64) -> i64 {
    doubling(failures, 5, 10 * SECOND, LONGEST)
}

/// How long after this many failures from all networks that are not known. For passwords it is short: they are long, and
/// a code follows. Whoever guesses codes has the password, and six digits are few.
fn whole_wait(guessed: Guessed, failures: i64) -> i64 {
    match guessed {
        Guessed::Password => doubling(failures, 100, 10 * SECOND, 30 * SECOND),
        Guessed::Code => doubling(failures, 20, 10 * SECOND, LONGEST),
    }
}

/// Nothing for the first `free`, then `first`, then twice as long each time, up to `most`.
fn doubling(failures: i64, free: i64, first: i64, most: i64) -> i64 {
    // Past twenty doublings every wait is at its longest.
    match u32::try_from((failures - free - 1).min(20)) {
        Ok(times) => first.saturating_mul(1_i64.checked_shl(times).unwrap_or(i64::MAX)).min(most),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_has_an_end() {
        assert_eq!((1..=5).map(own_wait).sum::<i64>(), 0);
        assert_eq!(own_wait(6), 10 * SECOND);
        assert_eq!(own_wait(7), 20 * SECOND);
        assert_eq!(own_wait(10), 160 * SECOND);
        assert_eq!(own_wait(i64::MAX), LONGEST);
        assert_eq!(whole_wait(Guessed::Password, 100), 0);
        assert_eq!(whole_wait(Guessed::Password, 1_000_000), 30 * SECOND);
        assert_eq!(whole_wait(Guessed::Code, 1_000_000), LONGEST);
    }
}
