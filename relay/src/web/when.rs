//! Times as people read them: the clock on a school's wall in the United Kingdom, in GOV.UK's way of writing it.
//! The present moment is always passed in. What is stored and sent is milliseconds since 1970 and is not dealt with here.

use crate::policy::zone;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use std::sync::LazyLock;

/// British time by its rule (in force since 1996) rather than by the machine's time-zone files, which a small server or
/// container may lack.
static LONDON: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("GMT0BST,M3.5.0/1,M10.5.0").unwrap_or(TimeZone::UTC));

/// A moment, ready for a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    /// “Tuesday 24 November 2026, 9.14am”.
    pub(crate) absolute: String,
    /// “5 minutes ago”; stands beside the absolute time, never alone.
    pub(crate) relative: String,
    /// For the `datetime` attribute.
    pub(crate) iso: String,
}

impl When {
    /// How `ms` reads at `now`, both in milliseconds since 1970.
    #[must_use]
    pub(crate) fn new(ms: i64, now: i64) -> Self {
        Self { absolute: long(ms), relative: ago(ms, now), iso: moment(ms).to_string() }
    }
}

/// “Tuesday 24 November 2026, 9.14am”.
#[must_use]
pub(crate) fn long(ms: i64) -> String {
    long_at(ms, &LONDON)
}

/// The same by another clock.
pub(crate) fn long_at(ms: i64, zone: &TimeZone) -> String {
    let local = local_at(ms, zone);
    format!("{}, {}", date_words(local.date()), clock_words(local.time()))
}

/// “Tuesday 24 November 2026”.
#[must_use]
pub(crate) fn day(ms: i64) -> String {
    date_words(local(ms).date())
}

/// The date as a date field wants it: “2026-11-24”.
#[must_use]
pub(crate) fn date_value(ms: i64) -> String {
    local(ms).date().to_string()
}

/// The time as a time field wants it: “09:14”.
#[must_use]
pub(crate) fn time_value(ms: i64) -> String {
    local(ms).strftime("%H:%M").to_string()
}

/// Both, by another clock.
pub(crate) fn values_at(ms: i64, zone: &TimeZone) -> (String, String) {
    let local = local_at(ms, zone);
    (local.date().to_string(), local.strftime("%H:%M").to_string())
}

/// Reads a date field (“2026-11-24”) and a time field (“09:14”, or nothing for midnight) as a moment in milliseconds
/// since 1970. Where the clocks go back, the first of the two moments is meant.
///
/// Answers nothing when either is not a date or time.
#[must_use]
pub(crate) fn read(date: &str, time: &str) -> Option<i64> {
    read_at(date, time, &LONDON)
}

/// The same by another clock.
pub(crate) fn read_at(date: &str, time: &str, zone: &TimeZone) -> Option<i64> {
    let date: Date = date.trim().parse().ok()?;
    let time: Time = match time.trim() {
        "" => Time::midnight(),
        text => text.parse().ok()?,
    };
    let there = DateTime::from_parts(date, time).to_zoned(zone.clone()).ok()?;
    Some(there.timestamp().as_millisecond())
}

/// The first moment of the month that lies `back` months before that of `ms`.
pub(crate) fn month_start(ms: i64, back: i32) -> i64 {
    let first = local(ms).date().first_of_month();
    let first = first.checked_sub(Span::new().months(back)).unwrap_or(first);
    first.to_zoned(LONDON.clone()).map_or(ms, |start| start.timestamp().as_millisecond())
}

/// A day by that clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Today {
    /// Counted from 1 January 1970.
    pub(crate) number: i64,
    /// What is left of it, milliseconds; more than none.
    pub(crate) left: i64,
}

/// The day of `ms`.
pub(crate) fn today(ms: i64) -> Today {
    let now = local(ms);
    let next = now.tomorrow().and_then(|next| next.start_of_day());
    let left = next.map_or(0, |next| next.timestamp().as_millisecond().saturating_sub(ms));
    Today { number: i64::from(zone::day_number(now.date())), left: left.max(1) }
}

/// “Tuesday 24 November 2026”, of a day by its number.
pub(crate) fn day_of(number: i64) -> String {
    let date = i32::try_from(number).ok().and_then(zone::day);
    date.map_or_else(|| number.to_string(), date_words)
}

/// “November 2026”, of the month that lies `back` months before that of `ms`.
pub(crate) fn month_words(ms: i64, back: i32) -> String {
    local(month_start(ms, back)).strftime("%B %Y").to_string()
}

/// The number of the first day of the month that lies `back` months before that of `ms`.
pub(crate) fn month_day(ms: i64, back: i32) -> i64 {
    today(month_start(ms, back)).number
}

fn moment(ms: i64) -> Timestamp {
    // A device's clock may claim any number; what no calendar can hold is shown as the calendar's end.
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn local(ms: i64) -> Zoned {
    local_at(ms, &LONDON)
}

fn local_at(ms: i64, zone: &TimeZone) -> Zoned {
    moment(ms).to_zoned(zone.clone())
}

/// “Tuesday 24 November 2026”.
pub(crate) fn date_words(date: Date) -> String {
    date.strftime("%A %-d %B %Y").to_string()
}

/// “8.30am”, from minutes since midnight; the minute after the last is midnight too.
#[must_use]
pub(crate) fn clock_of(minute: u16) -> String {
    let part = |n: u16| i8::try_from(n).unwrap_or(0);
    clock_words(Time::new(part(minute / 60 % 24), part(minute % 60), 0, 0).unwrap_or(Time::midnight()))
}

fn clock_words(time: Time) -> String {
    match (time.hour(), time.minute()) {
        (0, 0) => "midnight".into(),
        (12, 0) => "midday".into(),
        (hour, minute) => {
            let half = if hour < 12 { "am" } else { "pm" };
            let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
            if minute == 0 { format!("{hour}{half}") } else { format!("{hour}.{minute:02}{half}") }
        }
    }
}

fn ago(ms: i64, now: i64) -> String {
    let seconds = now.saturating_sub(ms) / 1000;
    let (count, unit) = match seconds.abs() {
        0..60 => return if seconds < -5 { "in less than a minute".into() } else { "just now".into() },
        s @ 60..3_600 => (s / 60, "minute"),
        s @ 3_600..86_400 => (s / 3_600, "hour"),
        s @ 86_400..5_184_000 => (s / 86_400, "day"),
        s @ 5_184_000..63_072_000 => (s / 2_592_000, "month"),
        s => (s / 31_536_000, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    if seconds < 0 { format!("in {count} {unit}{plural}") } else { format!("{count} {unit}{plural} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tuesday 24 November 2026, 09:14:00 UTC.
    const NOVEMBER: i64 = 1_795_511_640_000;

    #[test]
    fn winter_and_summer_are_written_as_the_wall_clock_says() {
        assert_eq!(long(NOVEMBER), "Tuesday 24 November 2026, 9.14am");
        // 1 July 2026, 11:00 UTC is midday in British Summer Time.
        assert_eq!(long(1_782_903_600_000), "Wednesday 1 July 2026, midday");
        assert_eq!(long(1_782_860_400_000), "Wednesday 1 July 2026, midnight");
    }

    #[test]
    fn a_field_reads_back_as_it_was_written() {
        for ms in [NOVEMBER, 1_782_903_600_000] {
            assert_eq!(read(&date_value(ms), &time_value(ms)), Some(ms));
        }
        assert_eq!(read("2026-11-24", ""), Some(1_795_478_400_000));
    }

    #[test]
    fn the_hour_that_comes_twice_and_the_hour_that_never_comes_are_both_read() {
        assert!(read("2026-10-25", "01:30").is_some());
        assert!(read("2026-03-29", "01:30").is_some());
    }

    #[test]
    fn a_day_begins_at_midnight_on_the_wall_in_summer_too_and_may_have_an_hour_more() {
        let hour = 3_600_000;
        // 30 June 2026, 23:30 UTC is half past midnight on 1 July.
        let summer = 1_782_862_200_000;
        assert_eq!(today(summer), Today { number: 20_635, left: 23 * hour + hour / 2 });
        assert_eq!(day_of(20_635), "Wednesday 1 July 2026");
        assert_eq!(today(summer - hour), Today { number: 20_634, left: hour / 2 });
        // 25 October 2026: the clocks go back.
        let midnight = read("2026-10-25", "").unwrap();
        assert_eq!(today(midnight).left, 25 * hour);
    }

    #[test]
    fn what_is_no_date_is_no_moment() {
        for (date, time) in [("", ""), ("24/11/2026", ""), ("2026-02-30", ""), ("2026-11-24", "25:00")] {
            assert_eq!(read(date, time), None, "{date} {time}");
        }
    }

    #[test]
    fn relative_time_counts_in_whole_units() {
        let cases = [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_300, "2 hours ago"),
            (86_400 * 3, "3 days ago"),
            (86_400 * 90, "3 months ago"),
            (-7_300, "in 2 hours"),
        ];
        for (seconds, words) in cases {
            assert_eq!(ago(NOVEMBER, NOVEMBER + seconds * 1000), words);
        }
    }

    #[test]
    fn a_clock_gone_mad_is_still_shown() {
        assert!(!long(i64::MAX).is_empty());
        assert!(!long(i64::MIN).is_empty());
        assert!(!ago(i64::MIN, i64::MAX).is_empty());
    }
}
