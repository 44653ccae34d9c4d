//! Lessons that staff have announced, as the relay last told them, and which of them hold for this browser at this moment.
//!
//! A lesson ends by this device's own clock, whether the relay can be asked or not. One that would last longer than any
//! lesson may is not followed: the clock was set back, or the answer was not the relay's. What a lesson changes is the
//! engine's business.

use lapwing_core::wire::{Lesson, limit};
use lapwing_core::{Audience, Category};
use serde_json::Value;
use std::collections::BTreeSet;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lessons(Vec<Lesson>);

impl Lessons {
    /// Reads the `lessons` of what the school has set, as kept from the last check-in. What cannot be read as a lesson is
    /// none: everything is then found as usual.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        let lessons = value.as_array().map(Vec::as_slice).unwrap_or_default();
        Self(lessons.iter().filter_map(|lesson| serde_json::from_value(lesson.clone()).ok()).collect())
    }

    /// The topics of every lesson that holds for `audience` at `now`, milliseconds since 1970.
    #[must_use]
    pub fn topics(&self, audience: Audience, now: i64) -> BTreeSet<Category> {
        let holds = |lesson: &&Lesson| is_on(lesson, now) && is_for(lesson, audience);
        self.0.iter().filter(holds).flat_map(|lesson| lesson.topics.iter().copied()).collect()
    }
}

fn is_on(lesson: &Lesson, now: i64) -> bool {
    (1..=limit::LESSON).contains(&lesson.until.saturating_sub(now))
}

/// A browser of which nobody said for which year it is follows only what is for every year.
fn is_for(lesson: &Lesson, audience: Audience) -> bool {
    lesson.years.is_empty() || matches!(audience, Audience::Year(year) if lesson.years.contains(&year))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_795_511_640_000;
    const YEAR_9: Audience = Audience::Year(9);

    #[test]
    fn a_lesson_holds_until_it_ends_and_no_longer_than_any_may() {
        let announced = Lessons::read(&json!([{ "topics": ["hate"], "years": [], "until": NOW }]));
        let holds = |now| !announced.topics(YEAR_9, now).is_empty();
        assert!(holds(NOW - 1) && holds(NOW - limit::LESSON));
        assert!(!holds(NOW) && !holds(NOW + 1) && !holds(NOW - limit::LESSON - 1));
        assert!(!holds(i64::MIN) && !holds(i64::MAX));
    }

    #[test]
    fn a_lesson_for_one_year_is_for_browsers_of_that_year_alone() {
        let announced = Lessons::read(&json!([
            { "topics": ["hate"], "years": [9, 10], "until": NOW },
            { "topics": ["gambling"], "years": [], "until": NOW },
        ]));
        let of = |audience| announced.topics(audience, NOW - 1);
        assert_eq!(of(YEAR_9), [Category::Hate, Category::Gambling].into());
        for other in [Audience::Year(8), Audience::Unspecified, Audience::Staff] {
            assert_eq!(of(other), [Category::Gambling].into(), "{other:?}");
        }
    }

    #[test]
    fn what_is_no_lesson_is_none_and_the_others_hold() {
        for nothing in [Value::Null, json!({}), json!("x"), json!([])] {
            assert_eq!(Lessons::read(&nothing), Lessons::default());
        }
        let mixed = Lessons::read(&json!([
            { "topics": ["hate"], "years": [300], "until": NOW },
            { "topics": ["hate"], "years": [] },
            { "topics": ["of_2031", "suicide"], "years": [9], "until": NOW, "room": "B12" },
        ]));
        assert_eq!(mixed.topics(YEAR_9, NOW - 1), [Category::Suicide].into());
    }
}
