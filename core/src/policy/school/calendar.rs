//! Whether it is school or home: hours of the week, terms, holidays and INSET days.
//!
//! The hours are those of the clock on the school's wall, wherever the browser is and whatever time zone somebody has
//! set in it. A device needs no time-zone library for that: the relay tells it by how many minutes the school's clock
//! differs from UTC, and when that changes. Days are counted from 1 January 1970, so that no calendar is needed either.

use serde::{Deserialize, Serialize};

/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;
/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * MINUTE;
/// Minutes of a day.
pub(super) const MINUTES: u16 = 24 * 60;

/// When it is school.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calendar {
    /// The time zone of the school, by its IANA name, such as `Europe/London`.
    pub zone: String,
    /// The school's clock, in the order of time. Filled in by the relay when it tells a device or asks for itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<Offset>,
    /// School hours from Monday to Sunday; none where there is no school.
    pub week: [Option<Hours>; 7],
    /// Terms. Without any, and after the last of them, each week of the year is one of term.
    #[serde(default)]
    pub terms: Vec<Term>,
    /// Holidays, half terms and INSET days.
    #[serde(default)]
    pub days_off: Vec<DayOff>,
}

/// From when the school's clock differs from UTC by how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offset {
    /// Milliseconds since 1970.
    pub from: i64,
    /// Minutes that the clock is ahead of UTC.
    pub minutes: i32,
}

/// School hours of one day, in minutes since midnight by the school's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// The first minute.
    pub from: u16,
    /// The minute after the last.
    pub to: u16,
}

/// A term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// As people call it.
    pub name: String,
    /// The first day, counted from 1 January 1970.
    pub first: i32,
    /// The last day.
    pub last: i32,
}

/// Days without school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayOff {
    /// As people call them: “Half term”, “INSET day”.
    pub name: String,
    /// The first day, counted from 1 January 1970.
    pub first: i32,
    /// The last day.
    pub last: i32,
}

/// Whether it is school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// School hours of a school day.
    School,
    /// Any other time.
    Home,
}

impl Place {
    /// Plain words that continue a sentence.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::School => "in school hours",
            Self::Home => "outside school hours",
        }
    }
}

/// Why it is school or home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// The school has set no hours.
    NoCalendar,
    /// School hours.
    Hours,
    /// A school day, but not its hours.
    BeforeOrAfter,
    /// A day of the week without school.
    NoSchoolDay,
    /// A holiday or an INSET day, by its name.
    DayOff(String),
    /// Not a day of any term.
    OutsideTerm,
}

/// One moment of a school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Whether it is school.
    pub place: Place,
    /// Why.
    pub because: Because,
    /// Until when this surely holds, milliseconds since 1970.
    pub until: i64,
}

impl Calendar {
    /// Whether it is school at `now`, milliseconds since 1970.
    #[must_use]
    pub fn at(&self, now: i64) -> Moment {
        let ahead = self.offsets.iter().rev().find(|offset| offset.from <= now).or(self.offsets.first());
        let local = now.saturating_add(ahead.map_or(0, |offset| i64::from(offset.minutes) * MINUTE));
        let (day, passed) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        // 1 January 1970 was a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        let hours = self.week.get(weekday).copied().flatten();
        let because = self.because(day, hours, passed / MINUTE);
        let place = if because == Because::Hours { Place::School } else { Place::Home };
        let today = hours.into_iter().flat_map(|hours| [hours.from, hours.to]).map(|m| i64::from(m) * MINUTE);
        let clock = self.offsets.iter().map(|offset| offset.from).filter(|from| *from > now);
        let until = today
            .chain([DAY])
            .filter(|edge| *edge > passed)
            .map(|edge| now.saturating_add(edge - passed))
            .chain(clock)
            .min()
            .unwrap_or(now);
        Moment { place, because, until }
    }

    /// Whether the last term that the school has entered was over before this day, counted from 1 January 1970. Then the next one
    /// may have begun, and days count as days of term: otherwise a school that forgets to enter its terms would hear of nothing
    /// but what is critical from September on.
    #[must_use]
    pub fn is_overdue(&self, day: i64) -> bool {
        self.terms.iter().map(|term| term.last).max().is_some_and(|last| i64::from(last) < day)
    }

    fn because(&self, day: i64, hours: Option<Hours>, minute: i64) -> Because {
        let within = |first: i32, last: i32| (i64::from(first)..=i64::from(last)).contains(&day);
        if let Some(off) = self.days_off.iter().find(|off| within(off.first, off.last)) {
            return Because::DayOff(off.name.clone());
        }
        if !self.is_overdue(day)
            && !self.terms.is_empty()
            && !self.terms.iter().any(|term| within(term.first, term.last))
        {
            return Because::OutsideTerm;
        }
        match hours {
            None => Because::NoSchoolDay,
            Some(hours) if (i64::from(hours.from)..i64::from(hours.to)).contains(&minute) => Because::Hours,
            Some(_) => Because::BeforeOrAfter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tuesday 24 November 2026, 09:14 UTC.
    const TUESDAY: i64 = 1_795_511_640_000;
    const DAY_NUMBER: i32 = 20_781;

    fn calendar() -> Calendar {
        let hours = Some(Hours { from: 8 * 60 + 30, to: 16 * 60 });
        Calendar {
            zone: "Europe/London".into(),
            offsets: vec![Offset { from: 0, minutes: 0 }, Offset { from: TUESDAY + 100 * DAY, minutes: 60 }],
            week: [hours, hours, hours, hours, hours, None, None],
            ..Calendar::default()
        }
    }

    #[test]
    fn hours_of_the_week_are_school_and_the_rest_is_home() {
        let calendar = calendar();
        assert_eq!(TUESDAY.div_euclid(DAY), i64::from(DAY_NUMBER));
        let at = |hour: i64, minute: i64, days: i64| {
            let midnight = TUESDAY.div_euclid(DAY) * DAY;
            calendar.at(midnight + days * DAY + (hour * 60 + minute) * MINUTE).because
        };
        assert_eq!(at(8, 29, 0), Because::BeforeOrAfter);
        assert_eq!(at(8, 30, 0), Because::Hours);
        assert_eq!(at(15, 59, 0), Because::Hours);
        assert_eq!(at(16, 0, 0), Because::BeforeOrAfter);
        assert_eq!(at(12, 0, 4), Because::NoSchoolDay);
        assert_eq!(at(12, 0, 6), Because::Hours);
        // In summer the same moment is an hour later on the school's wall.
        assert_eq!(at(7, 29, 105), Because::BeforeOrAfter);
        assert_eq!(at(7, 30, 105), Because::Hours);
    }

    #[test]
    fn a_moment_holds_until_the_next_edge() {
        let calendar = calendar();
        let moment = calendar.at(TUESDAY);
        assert_eq!((moment.place, moment.until), (Place::School, TUESDAY + (6 * 60 + 46) * MINUTE));
        let evening = calendar.at(moment.until);
        assert_eq!((evening.place, evening.until), (Place::Home, moment.until + 8 * 60 * MINUTE));
    }

    #[test]
    fn days_off_and_days_outside_terms_are_home() {
        let mut calendar = calendar();
        let term = |name: &str, first, last| Term { name: name.into(), first, last };
        calendar.terms = vec![
            term("Spring term", DAY_NUMBER + 40, DAY_NUMBER + 100),
            term("Autumn term", DAY_NUMBER - 80, DAY_NUMBER + 20),
        ];
        assert_eq!(calendar.at(TUESDAY).because, Because::Hours);
        assert_eq!(calendar.at(TUESDAY + 21 * DAY).because, Because::OutsideTerm);
        assert_eq!(calendar.at(TUESDAY - 84 * DAY).because, Because::OutsideTerm);
        // Nobody has entered the summer term: alerts go on.
        assert!(
            !calendar.is_overdue(i64::from(DAY_NUMBER) + 100)
                && calendar.is_overdue(i64::from(DAY_NUMBER) + 101)
        );
        assert_eq!(calendar.at(TUESDAY + 105 * DAY).because, Because::Hours);
        calendar.days_off = vec![DayOff { name: "INSET day".into(), first: DAY_NUMBER, last: DAY_NUMBER }];
        assert_eq!(calendar.at(TUESDAY).because, Because::DayOff("INSET day".into()));
        assert_eq!(calendar.at(TUESDAY + DAY).because, Because::Hours);
    }

    #[test]
    fn a_clock_gone_mad_is_still_answered() {
        for now in [i64::MIN, -1, 0, i64::MAX] {
            let _ = calendar().at(now);
            let _ = Calendar::default().at(now);
        }
    }
}
