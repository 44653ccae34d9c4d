//! The school's clock: the time zones that a school may choose, and how far each is from UTC when. A device is told that
//! in numbers, since it has no time-zone library, and its own zone is anybody's to change.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use lapwing_core::school::{Offset, SchoolPolicy};

/// IANA name, words, and the rule in POSIX's form: a small server or container may lack the machine's time-zone files.
const ZONES: [(&str, &str, &str); 4] = [
    ("Europe/London", "United Kingdom, Isle of Man, Jersey and Guernsey", "GMT0BST,M3.5.0/1,M10.5.0"),
    ("Europe/Gibraltar", "Gibraltar and Central Europe", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Asia/Nicosia", "Cyprus and Eastern Europe", "EET-2EEST,M3.5.0/3,M10.5.0/4"),
    ("Atlantic/Stanley", "Falkland Islands", "<-03>3"),
];

/// The zone of a school that has not chosen.
pub(crate) const USUAL: &str = "Europe/London";

/// How many changes of the clock a device is told in advance: three years and a half.
const CHANGES: usize = 7;

/// The zones as a form offers them: name and words.
pub(crate) fn choices() -> Vec<(&'static str, &'static str)> {
    ZONES.iter().map(|(name, words, _)| (*name, *words)).collect()
}

/// The clock on the school's wall.
pub(crate) fn of(policy: &SchoolPolicy) -> TimeZone {
    zone(policy.calendar.as_ref().map_or(USUAL, |calendar| &calendar.zone))
}

fn zone(name: &str) -> TimeZone {
    let rule = ZONES.iter().find(|(known, _, _)| *known == name).map_or(ZONES[0].2, |(_, _, rule)| rule);
    TimeZone::posix(rule).unwrap_or(TimeZone::UTC)
}

/// Fills in how far the school's clock is from UTC, from `now` on (milliseconds since 1970).
pub(crate) fn set_clock(policy: &mut SchoolPolicy, now: i64) {
    let Some(calendar) = &mut policy.calendar else { return };
    let zone = zone(&calendar.zone);
    let Ok(start) = Timestamp::from_millisecond(now) else { return };
    let minutes = |seconds: i32| seconds / 60;
    // A device's numbers pass through JavaScript, so none is beyond what a double holds exactly.
    let first = Offset { from: 0, minutes: minutes(zone.to_offset(start).seconds()) };
    let later = zone.following(start).take(CHANGES).map(|change| Offset {
        from: change.timestamp().as_millisecond(),
        minutes: minutes(change.offset().seconds()),
    });
    calendar.offsets = [first].into_iter().chain(later).collect();
}

/// The number of a day, counted from 1 January 1970.
pub(crate) fn day_number(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until((Unit::Day, date)).map_or(0, |span| span.get_days())
}

/// The day with this number; none when no calendar holds it.
pub(crate) fn day(number: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(number).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::school::Calendar;

    /// Tuesday 24 November 2026, 09:14 UTC.
    const NOW: i64 = 1_795_511_640_000;

    #[test]
    fn a_device_hears_of_the_clock_and_its_changes() {
        let at = |zone: &str, now: i64| {
            let mut policy = SchoolPolicy {
                calendar: Some(Calendar { zone: zone.into(), ..Calendar::default() }),
                ..SchoolPolicy::default()
            };
            set_clock(&mut policy, now);
            policy.calendar.unwrap().offsets
        };
        let london = at(USUAL, NOW);
        assert_eq!((london[0].minutes, london.len()), (0, CHANGES + 1));
        // 28 March 2027, 01:00 UTC.
        assert_eq!(london[1], Offset { from: 1_806_195_600_000, minutes: 60 });
        assert_eq!(at("Asia/Nicosia", NOW)[0].minutes, 120);
        assert_eq!(at("Atlantic/Stanley", NOW), [Offset { from: 0, minutes: -180 }]);
    }

    #[test]
    fn every_zone_has_a_rule_that_can_be_read() {
        for (_, _, rule) in ZONES {
            assert!(TimeZone::posix(rule).is_ok(), "{rule}");
        }
    }

    #[test]
    fn days_are_counted_and_found_again() {
        let date: Date = "2026-11-24".parse().unwrap();
        assert_eq!(day_number(date), 20_781);
        assert_eq!(day(20_781), Some(date));
        assert_eq!(day(i32::MAX), None);
    }
}
