//! How many alerts go into one commit: as many as take about [`AIM`]. Larger groups would keep severe alerts and, on
//! SQLite, everything that people do on pages waiting; smaller ones waste commits.

use std::time::Duration;

/// How long a group should hold the database.
const AIM: Duration = Duration::from_millis(25);

const LEAST: usize = 16;
const MOST: usize = 1_024;

/// The size of the next group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    alerts: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { alerts: 256 }
    }
}

impl Size {
    /// Alerts in the next group.
    pub(super) const fn alerts(self) -> usize {
        self.alerts
    }

    /// Learns from a group of `alerts` that took this long. A small group says nothing about a full one, unless it was too
    /// slow already.
    pub(super) fn learn(&mut self, alerts: usize, took: Duration) {
        if took > AIM * 2 {
            self.alerts = (self.alerts / 2).max(LEAST);
        } else if took < AIM / 2 && alerts * 2 > self.alerts {
            self.alerts = (self.alerts + self.alerts / 4).min(MOST);
        } else if took > AIM {
            self.alerts = (self.alerts - self.alerts / 8).max(LEAST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After many full groups, each alert of which takes `each` after `fixed` for the commit.
    fn settled(fixed: Duration, each: Duration) -> usize {
        let mut size = Size::default();
        for _ in 0..100 {
            let alerts = size.alerts();
            size.learn(alerts, fixed + each * u32::try_from(alerts).unwrap());
        }
        size.alerts()
    }

    #[test]
    fn groups_settle_where_they_take_about_as_long_as_they_may() {
        let usual = settled(Duration::from_millis(4), Duration::from_micros(50));
        assert!((100..=340).contains(&usual), "{usual}");
        assert_eq!(settled(Duration::from_millis(100), Duration::from_millis(1)), LEAST);
        assert_eq!(settled(Duration::ZERO, Duration::from_nanos(1)), MOST);
    }

    #[test]
    fn a_quiet_hour_does_not_make_groups_large() {
        let mut size = Size::default();
        for _ in 0..100 {
            size.learn(1, Duration::from_millis(1));
        }
        assert_eq!(size.alerts(), Size::default().alerts());
    }
}
