//! How fast the outbox may go: waiting after failures, batch sizes, and what an HTTP answer means for both.
//!
//! Which entries are concerned is the outbox's business; nothing here knows one.

use lapwing_core::wire::limit;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The wait after the first failure is drawn from nought to this, in milliseconds.
const FIRST_WAIT: i64 = 2_000;
/// No wait of our own choosing is longer.
const LONGEST_WAIT: i64 = 120_000;
/// No wait that the relay asks for is kept longer: one wrong header must not silence a device for a day.
const LONGEST_TOLD: i64 = 3_600_000;

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Answer {
    /// HTTP status, or 0 when there was no answer.
    pub status: u16,
    /// The body as text; may be empty.
    #[serde(default)]
    pub body: String,
    /// Seconds from `Retry-After`, where the answer had one.
    #[serde(default)]
    pub retry_after: Option<i64>,
}

impl Answer {
    /// The body as JSON of one shape, if it is that.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.body).ok()
    }

    /// What the relay said was wrong, in its words where it gave some.
    #[must_use]
    pub fn detail(&self) -> String {
        let problem = self.problem();
        let words = problem.detail.or(problem.title).unwrap_or_else(|| format!("status {}", self.status));
        words.chars().take(limit::LINE).collect()
    }

    /// What the relay asked for, in milliseconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<i64> {
        self.retry_after.map(|seconds| seconds.max(0).saturating_mul(1000).min(LONGEST_TOLD))
    }

    /// Whether the relay itself answered: its problems have a type that ends so. A proxy or filter in between has its own pages.
    fn is_ours(&self, name: &str) -> bool {
        self.problem().kind.is_some_and(|kind| kind.ends_with(name))
    }

    /// Whether the answer may be about what was sent rather than about the relay or the line: then the same would come again.
    #[must_use]
    pub fn blames(&self) -> bool {
        matches!(self.status, 400..=500) && !matches!(self.status, 408 | 425 | 429)
    }

    fn problem(&self) -> Problem {
        self.read().unwrap_or_default()
    }
}

/// RFC 9457, as far as a device cares.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(rename = "type")]
    kind: Option<String>,
    title: Option<String>,
    detail: Option<String>,
}

/// What an answer means for the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// 2xx: read the receipt.
    Taken,
    /// 413: fewer at once may go.
    TooMuch,
    /// 400 or 422 in the relay's own words: something in it can never be taken.
    Malformed,
    /// The same from something in between, which says nothing about what the relay would take: fewer at once, then later.
    Stopped,
    /// The relay has no such device.
    UnknownDevice,
    /// The relay will not take this device's word any more.
    Revoked,
    /// Anything else: try again later.
    Later,
}

/// Reads the meaning of an answer.
#[must_use]
pub fn meaning(answer: &Answer) -> Meaning {
    match answer.status {
        200..=299 => Meaning::Taken,
        413 if answer.is_ours("/too-large") => Meaning::TooMuch,
        400 if answer.is_ours("/malformed") => Meaning::Malformed,
        422 if answer.is_ours("/unfit") => Meaning::Malformed,
        400 | 413 | 422 => Meaning::Stopped,
        401 | 403 if answer.is_ours("/unknown-device") => Meaning::UnknownDevice,
        401 | 403 if answer.is_ours("/revoked-device") => Meaning::Revoked,
        // A 403 without our problem type may come from a proxy in between: that is no reason to stop for good.
        _ => Meaning::Later,
    }
}

/// How fast the outbox may go. Stored with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    failures: u32,
    not_before: i64,
    /// The relay itself asked for the wait, so hurrying does not lift it.
    told: bool,
    /// Something urgent has come since: it alone is tried, once, for the relay keeps places for that.
    urged: bool,
    /// Set while batches must be smaller than usual.
    batch: Option<usize>,
    halted: bool,
}

impl Pace {
    /// Alerts in the next batch.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch.unwrap_or(limit::BATCH).clamp(1, limit::BATCH)
    }

    /// Until when to wait, if `now` is too early. A wait that lies impossibly far ahead is void: the clock was set back.
    #[must_use]
    pub fn wait_until(&self, now: i64) -> Option<i64> {
        let possible = now.saturating_add(LONGEST_TOLD);
        (now < self.not_before && self.not_before <= possible).then_some(self.not_before)
    }

    /// Whether sending has stopped until the next enrolment.
    #[must_use]
    pub fn halted(&self) -> bool {
        self.halted
    }

    /// Stops sending until the next enrolment.
    pub fn halt(&mut self) {
        self.halted = true;
    }

    /// Something cannot wait, or the network is back: lifts a wait of our own choosing, once, without forgetting the
    /// failures.
    pub fn hurry(&mut self) {
        if !self.told {
            self.not_before = 0;
        }
    }

    /// Something came that a person may be waiting on: lifts a wait of our own choosing, and lets that alone be tried in one
    /// that the relay asked for. The relay asks for waits when it has too much to keep, and then still takes what is urgent.
    pub fn urge(&mut self) {
        self.hurry();
        self.urged = self.told;
    }

    /// Whether what is urgent may be tried although it is too early for the rest.
    #[must_use]
    pub fn urged(&self) -> bool {
        self.urged
    }

    /// Exponential back-off with full jitter: a thousand devices that lost the same relay do not return together.
    pub fn fail(&mut self, now: i64, random: f64, told: Option<i64>) {
        self.failures = self.failures.saturating_add(1);
        let most = FIRST_WAIT.saturating_mul(1 << self.failures.saturating_sub(1).min(16)).min(LONGEST_WAIT);
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "at most 120,000")]
        let drawn = (most as f64 * random.clamp(0.0, 1.0)) as i64;
        self.told = told.is_some();
        self.urged = false;
        self.not_before = now.saturating_add(told.map_or(drawn, |told| told.saturating_add(drawn)));
    }

    /// A request went through. One that was urgent says nothing about the rest, for which the relay asked to wait.
    pub fn succeed(&mut self, now: i64) {
        if self.urged && self.wait_until(now).is_some() {
            return;
        }
        self.failures = 0;
        self.not_before = 0;
        self.told = false;
        self.urged = false;
        self.batch = self.batch.map(|batch| batch * 2).filter(|batch| *batch < limit::BATCH);
    }

    /// The batch was too much: the next one has half as many.
    pub fn halve(&mut self, sent: usize) {
        self.batch = Some((sent / 2).max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, kind: &str) -> Answer {
        Answer {
            status,
            body: format!("{{\"type\":\"https://relay.example/problems/{kind}\"}}"),
            retry_after: None,
        }
    }

    #[test]
    fn only_our_own_words_stop_a_device() {
        assert_eq!(meaning(&answer(401, "revoked-device")), Meaning::Revoked);
        assert_eq!(meaning(&answer(401, "unknown-device")), Meaning::UnknownDevice);
        assert_eq!(meaning(&answer(401, "bad-signature")), Meaning::Later);
        let proxy =
            Answer { status: 403, body: "<html>Blocked by your network</html>".into(), retry_after: None };
        assert_eq!(meaning(&proxy), Meaning::Later);
    }

    #[test]
    fn waits_grow_and_stay_bounded() {
        let mut pace = Pace::default();
        let mut waits = Vec::new();
        for _ in 0..40 {
            pace.fail(1_000, 1.0, None);
            waits.push(pace.wait_until(1_000).unwrap() - 1_000);
        }
        assert_eq!(&waits[..4], [2_000, 4_000, 8_000, 16_000]);
        assert_eq!(waits[39], LONGEST_WAIT);
    }

    #[test]
    fn the_jitter_is_full() {
        let mut pace = Pace::default();
        pace.fail(1_000, 0.0, None);
        assert_eq!(pace.wait_until(1_000), None);
    }

    #[test]
    fn hurrying_lifts_our_wait_and_never_the_relays() {
        let mut pace = Pace::default();
        pace.fail(0, 1.0, None);
        pace.hurry();
        assert_eq!(pace.wait_until(1), None);
        pace.fail(0, 0.0, Some(30_000));
        pace.hurry();
        assert_eq!(pace.wait_until(1), Some(30_000));
    }

    #[test]
    fn what_is_urgent_is_tried_once_while_the_relay_asks_to_wait() {
        let mut pace = Pace::default();
        pace.fail(0, 0.0, Some(30_000));
        assert!(!pace.urged());
        pace.urge();
        assert!(pace.urged());
        pace.succeed(1);
        assert_eq!(pace.wait_until(1), Some(30_000), "the rest still waits");
        assert!(pace.urged(), "and what else is urgent need not");
        pace.fail(1, 0.0, Some(30_000));
        assert!(!pace.urged(), "refused once, it waits as well");
        pace.succeed(30_002);
        assert_eq!(pace, Pace::default());
    }

    #[test]
    fn a_clock_set_back_does_not_hold_alerts_for_years() {
        let mut pace = Pace::default();
        pace.fail(1_924_992_000_000, 1.0, None);
        assert_eq!(pace.wait_until(1_763_800_000_000), None);
    }

    #[test]
    fn smaller_batches_grow_back() {
        let mut pace = Pace::default();
        pace.halve(50);
        assert_eq!(pace.batch(), 25);
        pace.halve(25);
        assert_eq!(pace.batch(), 12);
        for _ in 0..3 {
            pace.succeed(0);
        }
        assert_eq!(pace.batch(), limit::BATCH);
    }
}
