//! A share with its uncertainty: so many of so many, and the 95 % interval around it.
//!
//! Wilson's interval, because most of the rates here are close to 0 or 1, where the usual one goes below nothing. It
//! speaks of chance alone: texts of one source are alike, so on another source a rate may lie well outside.

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_964;

/// `hits` of `of`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub hits: usize,
    /// Out of how many.
    pub of: usize,
}

impl Rate {
    /// Counts the items for which `is` holds.
    pub fn count<T>(items: impl IntoIterator<Item = T>, mut is: impl FnMut(T) -> bool) -> Self {
        let mut rate = Self::default();
        for item in items {
            rate.add(is(item));
        }
        rate
    }

    /// Takes in one more.
    pub fn add(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.of += 1;
    }

    /// Between 0 and 1; 0 of nothing is 0.
    #[must_use]
    pub fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.hits as f64 / self.of as f64 }
    }

    /// In percent.
    #[must_use]
    pub fn percent(self) -> f64 {
        100.0 * self.share()
    }

    /// Of a thousand.
    #[must_use]
    pub fn per_thousand(self) -> f64 {
        1000.0 * self.share()
    }

    /// Both ends of the 95 % interval, between 0 and 1.
    #[must_use]
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.of as f64, self.share());
        let scale = 1.0 + Z * Z / n;
        let middle = (p + Z * Z / (2.0 * n)) / scale;
        let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        ((middle - half).max(0.0), (middle + half).min(1.0))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (low, high) = self.interval();
        let mut out = serializer.serialize_struct("Rate", 5)?;
        out.serialize_field("hits", &self.hits)?;
        out.serialize_field("of", &self.of)?;
        out.serialize_field("share", &self.share())?;
        out.serialize_field("low", &low)?;
        out.serialize_field("high", &high)?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilson_s() {
        // Worked by hand from the formula: 0 of 100, and 10 of 100.
        let (low, high) = Rate { hits: 0, of: 100 }.interval();
        assert!(low.abs() < 1e-9 && (high - 0.036_99).abs() < 1e-4, "{low} {high}");
        let (low, high) = Rate { hits: 10, of: 100 }.interval();
        assert!((low - 0.055_23).abs() < 1e-4 && (high - 0.174_37).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn nothing_measured_says_nothing() {
        assert_eq!(Rate::default().interval(), (0.0, 1.0));
        assert!(Rate::default().share().abs() < f64::EPSILON);
    }

    #[test]
    fn counting_counts() {
        let rate = Rate::count([1, 2, 3, 4], |n| n > 3);
        assert_eq!(rate, Rate { hits: 1, of: 4 });
        assert!((rate.percent() - 25.0).abs() < 1e-9 && (rate.per_thousand() - 250.0).abs() < 1e-9);
    }
}
