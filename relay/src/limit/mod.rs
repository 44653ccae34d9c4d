//! How often something may be tried, by address and by device; failed sign-ins by account are in `auth::slow`. The limits
//! here slow down guessing; what keeps intake open to everybody is in [`admission`]. Sizes of texts are in
//! `lapwing_core::wire::limit`, time limits of requests in `security` and `slow`, limits of connections in `accept`.

mod admission;
mod shares;

pub(crate) use admission::{Admission, Arrival, FEW, Lane, Refused};

use crate::clock::Clock;
use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

type Keyed = RateLimiter<String, DefaultKeyedStateStore<String>, Ticks, NoOpMiddleware<Tick>>;

/// Too many tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tries; try again in {seconds} seconds")]
pub(crate) struct TooMany {
    /// Whole seconds until the next try may succeed; at least 1.
    pub(crate) seconds: u64,
}

/// One limit: a burst, and how long it takes to be whole again.
pub(crate) struct Limit {
    limiter: Keyed,
    ticks: Ticks,
    checks: AtomicU32,
}

/// After so many checks the keys that are whole again are forgotten: keys come from outside, and there must never be too
/// many to keep, but going through all of them at each check would cost more than what the limit guards.
const FORGET_EVERY: u32 = 8_192;

impl Limit {
    fn new(clock: &Arc<dyn Clock>, burst: u32, whole_again: Duration) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let each = whole_again / burst.get();
        let quota =
            Quota::with_period(each).map_or(Quota::per_second(burst), |quota| quota.allow_burst(burst));
        let ticks = Ticks::new(clock);
        let limiter = RateLimiter::new(quota, DefaultKeyedStateStore::default(), ticks.clone());
        Self { limiter, ticks, checks: AtomicU32::new(0) }
    }

    /// Counts one try by `key`.
    ///
    /// # Errors
    /// When the limit is reached, with the time to wait.
    pub(crate) fn check(&self, key: &str) -> Result<(), TooMany> {
        self.check_many(key, 1)
    }

    /// Counts `tries` by `key` at once: all of them, or none.
    ///
    /// # Errors
    /// When they are more than are left, with the time to wait.
    pub(crate) fn check_many(&self, key: &str, tries: u32) -> Result<(), TooMany> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let tries = NonZeroU32::new(tries).unwrap_or(NonZeroU32::MIN);
        match self.limiter.check_key_n(&key.to_owned(), tries) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(self.ticks.now());
                Err(TooMany { seconds: wait.as_secs() + 1 })
            }
            // More at once than the whole burst: it would never fit, so it waits as long as anything can.
            Err(_) => Err(TooMany { seconds: 60 }),
        }
    }
}

/// Every limit by name.
pub(crate) struct Limits {
    /// Sign-in and one-time links, by network address; browsers that are known are not counted.
    pub(crate) sign_in_address: Limit,
    /// Enrolment, by network address.
    pub(crate) enrol: Limit,
    /// Receipt codes, by device.
    pub(crate) receipt_device: Limit,
    /// Receipt codes that open nothing, over the whole relay.
    pub(crate) receipt_relay: Limit,
}

impl Limits {
    /// All limits, by `clock`.
    pub(crate) fn new(clock: &Arc<dyn Clock>) -> Self {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        Self {
            // A school's staff room shares one address.
            sign_in_address: Limit::new(clock, 60, minutes(10)),
            // A whole school behind one address enrols on one morning.
            enrol: Limit::new(clock, 2_000, minutes(60)),
            receipt_device: Limit::new(clock, 30, minutes(10)),
            receipt_relay: Limit::new(clock, 600, minutes(60)),
        }
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limits")
    }
}

/// The relay's clock as `governor` wants it: it only goes forward. When the machine's clock is set back, it stands still
/// for that moment and then goes on; otherwise every limit that was reached would stay so until the old time came again.
#[derive(Clone)]
pub(crate) struct Ticks {
    clock: Arc<dyn Clock>,
    /// What the machine's clock said last, and what has passed in all, in milliseconds.
    passed: Arc<Mutex<(i64, u64)>>,
}

impl Ticks {
    fn new(clock: &Arc<dyn Clock>) -> Self {
        Self { clock: Arc::clone(clock), passed: Arc::new(Mutex::new((clock.millis(), 0))) }
    }
}

impl GovernorClock for Ticks {
    type Instant = Tick;

    fn now(&self) -> Tick {
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.millis();
        let since = u64::try_from(now.saturating_sub(passed.0)).unwrap_or_default();
        *passed = (now, passed.1.saturating_add(since));
        Tick(Nanos::new(passed.1.saturating_mul(1_000_000)))
    }
}

/// An instant of [`Ticks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tick(Nanos);

impl Reference for Tick {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.as_u64().saturating_sub(earlier.0.as_u64()).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.as_u64().saturating_sub(duration.as_u64()).into())
    }
}

impl std::ops::Add<Nanos> for Tick {
    type Output = Self;

    fn add(self, other: Nanos) -> Self {
        Self(self.0.as_u64().saturating_add(other.as_u64()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;
    use jiff::SignedDuration;

    #[test]
    fn a_limit_says_how_long_to_wait_and_then_lets_through() {
        let fixed = Arc::new(FixedClock::new("2026-11-24T09:14:00Z".parse().unwrap()));
        let clock: Arc<dyn Clock> = fixed.clone();
        let limit = Limit::new(&clock, 2, Duration::from_secs(60));
        assert_eq!(limit.check("a"), Ok(()));
        assert_eq!(limit.check("a"), Ok(()));
        let TooMany { seconds } = limit.check("a").unwrap_err();
        assert!((29..=31).contains(&seconds), "{seconds}");
        assert_eq!(limit.check("b"), Ok(()), "another key has its own limit");
        fixed.advance(SignedDuration::from_secs(31));
        assert_eq!(limit.check("a"), Ok(()));
    }

    #[test]
    fn many_at_once_are_taken_whole_or_not_at_all() {
        let clock: Arc<dyn Clock> = Arc::new(FixedClock::new("2026-11-24T09:14:00Z".parse().unwrap()));
        let limit = Limit::new(&clock, 10, Duration::from_secs(10));
        assert_eq!(limit.check_many("a", 7), Ok(()));
        assert_eq!(limit.check_many("a", 4), Err(TooMany { seconds: 2 }));
        assert_eq!(limit.check_many("a", 3), Ok(()));
        assert!(limit.check_many("b", 11).is_err());
    }

    #[test]
    fn a_clock_set_back_holds_nobody_up() {
        let fixed = Arc::new(FixedClock::new("2026-11-24T09:14:00Z".parse().unwrap()));
        let clock: Arc<dyn Clock> = fixed.clone();
        let limit = Limit::new(&clock, 1, Duration::from_secs(60));
        assert_eq!(limit.check("a"), Ok(()));
        fixed.advance(SignedDuration::from_hours(-5));
        assert!(limit.check("a").is_err());
        fixed.advance(SignedDuration::from_secs(61));
        assert_eq!(limit.check("a"), Ok(()));
    }
}
