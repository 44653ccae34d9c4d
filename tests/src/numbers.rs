//! Medians and percentiles of measured times.

use std::time::Duration;

use serde_json::{Value, json};

/// Measured times, in milliseconds, sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Times(Vec<f64>);

impl Times {
    /// Of these measurements.
    #[must_use]
    pub fn of(times: &[Duration]) -> Self {
        let mut sorted: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1000.0).collect();
        sorted.sort_by(f64::total_cmp);
        Self(sorted)
    }

    /// The smallest measured time that at least this share of them (0 to 1) do not exceed: nearest rank, nothing made up
    /// between two measurements. Zero when nothing was measured.
    #[must_use]
    pub fn percentile(&self, share: f64) -> f64 {
        let Some(last) = self.0.len().checked_sub(1) else { return 0.0 };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let rank = (share.clamp(0.0, 1.0) * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1).min(last)).copied().unwrap_or(0.0)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The middle one.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.percentile(0.5)
    }

    /// For people: `median 912 ms, p95 1043 ms (n = 30)`; short times with a decimal.
    #[must_use]
    pub fn words(&self) -> String {
        let (median, p95) = (self.median(), self.percentile(0.95));
        let places = usize::from(median < 10.0);
        format!("median {median:.places$} ms, p95 {p95:.places$} ms (n = {})", self.0.len())
    }

    /// For people, where the tail is what matters: `p50 3.1 ms, p95 8.4 ms, p99 14.0 ms, p99.9 41.2 ms (n = 50000)`.
    #[must_use]
    pub fn tail(&self) -> String {
        let [p50, p95, p99, p999] = [0.5, 0.95, 0.99, 0.999].map(|share| self.percentile(share));
        format!(
            "p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms, p99.9 {p999:.1} ms (n = {})",
            self.0.len()
        )
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let round = |value: f64| (value * 100.0).round() / 100.0;
        json!({
            "n": self.0.len(),
            "median_ms": round(self.median()),
            "p95_ms": round(self.percentile(0.95)),
            "p99_ms": round(self.percentile(0.99)),
            "p999_ms": round(self.percentile(0.999)),
            "max_ms": round(self.percentile(1.0)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(range: std::ops::RangeInclusive<u64>) -> Times {
        Times::of(&range.rev().map(Duration::from_millis).collect::<Vec<_>>())
    }

    #[test]
    fn percentiles_are_measured_values() {
        let hundred = times(1..=100);
        assert_eq!(
            (hundred.median(), hundred.percentile(0.95), hundred.percentile(1.0)),
            (50.0, 95.0, 100.0)
        );
        assert_eq!(times(1..=30).percentile(0.95), 29.0);
        assert_eq!(times(7..=7).median(), 7.0);
        assert_eq!(Times::of(&[]).median(), 0.0);
        assert_eq!(times(1..=30).words(), "median 15 ms, p95 29 ms (n = 30)");
        assert_eq!(times(7..=7).words(), "median 7.0 ms, p95 7.0 ms (n = 1)");
    }
}
