//! How often something may be tried, by account, by address and by device. The limits slow down guessing; they never
//! drop an alert. Sizes of texts are in `lapwing_core::wire::limit`, time limits of requests in `security`.

use crate::clock::Clock;
use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
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
}

impl Limit {
    fn new(clock: &Arc<dyn Clock>, burst: u32, whole_again: Duration) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let each = whole_again / burst.get();
        let quota =
            Quota::with_period(each).map_or(Quota::per_second(burst), |quota| quota.allow_burst(burst));
        let ticks = Ticks(Arc::clone(clock));
        Self { limiter: RateLimiter::new(quota, DefaultKeyedStateStore::default(), ticks.clone()), ticks }
    }

    /// Counts one try by `key`.
    ///
    /// # Errors
    /// When the limit is reached, with the time to wait.
    pub(crate) fn check(&self, key: &str) -> Result<(), TooMany> {
        // Keys come from outside: forget those that are whole again before there are too many to keep.
        if self.limiter.len() > 10_000 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&key.to_owned()).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.ticks.now());
            TooMany { seconds: wait.as_secs() + 1 }
        })
    }
}

/// Every limit by name.
pub(crate) struct Limits {
    /// Sign-in, by e-mail address.
    pub(crate) sign_in_account: Limit,
    /// Sign-in and one-time links, by network address.
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
            sign_in_account: Limit::new(clock, 10, minutes(10)),
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

/// The relay's clock as `governor` wants it.
#[derive(Clone)]
pub(crate) struct Ticks(Arc<dyn Clock>);

impl GovernorClock for Ticks {
    type Instant = Tick;

    fn now(&self) -> Tick {
        let millis = u64::try_from(self.0.millis()).unwrap_or_default();
        Tick(Nanos::new(millis.saturating_mul(1_000_000)))
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
}
