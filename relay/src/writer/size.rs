//! How many alerts go into one commit: as many as take about [`AIM`], and more when so much waits that nobody could be
//! answered soon ([`AIM_DEEP`]). Larger groups would keep severe alerts and, on SQLite, everything that people do on pages
//! waiting; smaller ones waste commits.

use std::time::Duration;

/// How long a group should hold the database.
const AIM: Duration = Duration::from_millis(25);

/// The same under a backlog.
const AIM_DEEP: Duration = Duration::from_millis(80);

const LEAST: usize = 16;
const MOST: usize = 1_024;
/// Fewest while much waits: where the commit itself is slow, smaller groups take as long and carry less.
const LEAST_DEEP: usize = 256;

/// The size of the next group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    alerts: usize,
    /// Alerts a second in full groups of late.
    pace: f64,
}

impl Default for Size {
    fn default() -> Self {
        Self { alerts: 256, pace: 10_000.0 }
    }
}

impl Size {
    /// Alerts in the next group.
    pub(super) const fn alerts(self) -> usize {
        self.alerts
    }

    /// Alerts that are written in a second while much waits.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some thousands, never negative"
    )]
    pub(super) const fn pace(self) -> usize {
        self.pace as usize
    }

    /// Learns from a group of `alerts` that took this long, `deep` under a backlog. A small group says nothing about a full
    /// one, unless it was too slow already.
    pub(super) fn learn(&mut self, alerts: usize, took: Duration, deep: bool) {
        let full = alerts * 2 > self.alerts;
        let (aim, least) = if deep { (AIM_DEEP, LEAST_DEEP) } else { (AIM, LEAST) };
        if full {
            #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
            let pace = alerts as f64 / took.as_secs_f64().max(0.000_1);
            self.pace += (pace - self.pace) / 16.0;
        }
        if took > aim * 2 {
            self.alerts = (self.alerts / 2).max(least);
        } else if self.alerts < least {
            self.alerts = least;
        } else if took < aim / 2 && full {
            self.alerts = (self.alerts + self.alerts / 4).min(MOST);
        } else if took > aim {
            self.alerts = (self.alerts - self.alerts / 8).max(least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After many full groups, each alert of which takes `each` after `fixed` for the commit.
    fn settled(fixed: Duration, each: Duration, deep: bool) -> Size {
        let mut size = Size::default();
        for _ in 0..100 {
            let alerts = size.alerts();
            size.learn(alerts, fixed + each * u32::try_from(alerts).unwrap(), deep);
        }
        size
    }

    #[test]
    fn groups_settle_where_they_take_about_as_long_as_they_may() {
        let (fixed, each) = (Duration::from_millis(4), Duration::from_micros(50));
        let usual = settled(fixed, each, false).alerts();
        assert!((100..=340).contains(&usual), "{usual}");
        let deep = settled(fixed, each, true).alerts();
        assert!(deep > usual * 2, "{deep}");
        let slow = settled(Duration::from_millis(100), Duration::from_millis(1), false).alerts();
        assert_eq!(slow, LEAST);
        // A disk of which each sync takes long carries much at once, or a backlog would never end.
        let (slow, each) = (Duration::from_millis(300), Duration::from_micros(50));
        assert_eq!(settled(slow, each, false).alerts(), LEAST);
        assert_eq!(settled(slow, each, true).alerts(), LEAST_DEEP);
        assert_eq!(settled(Duration::ZERO, Duration::from_nanos(1), false).alerts(), MOST);
    }

    #[test]
    fn the_pace_is_that_of_full_groups() {
        let slow = settled(Duration::ZERO, Duration::from_millis(1), true);
        assert!((950..=1_050).contains(&slow.pace()), "{}", slow.pace());
        let mut size = slow;
        for _ in 0..100 {
            size.learn(1, Duration::from_millis(5), false);
        }
        assert_eq!(size.pace(), slow.pace());
    }

    #[test]
    fn a_quiet_hour_does_not_make_groups_large() {
        let mut size = Size::default();
        for _ in 0..100 {
            size.learn(1, Duration::from_millis(1), false);
        }
        assert_eq!(size.alerts(), Size::default().alerts());
    }
}
