use super::*;

/// Tuesday 24 November 2026, 9.14am.
const MORNING: i64 = 1_795_511_640_000;
const EVENING: i64 = MORNING + 9 * HOUR;

fn sound() -> Fields {
    Fields {
        id: "0199f3a0-0000-7000-8000-000000000001".into(),
        topics: vec!["suicide".into(), "self_harm".into()],
        year: "9".into(),
        ends: "2".into(),
        note: " Room 12,\nMs Ray ".into(),
    }
}

fn fault(change: impl FnOnce(&mut Fields), now: i64) -> (String, String) {
    let mut fields = sound();
    change(&mut fields);
    let errors = fields.check(now).unwrap_err();
    assert_eq!(errors.iter().count(), 1);
    errors.iter().map(|fault| (fault.field.clone(), fault.message.clone())).next().unwrap()
}

#[test]
fn a_sound_form_is_a_lesson() {
    let (lesson, note) = sound().check(MORNING).unwrap();
    assert_eq!((lesson.topics, lesson.years), (vec![Category::Suicide, Category::SelfHarm], vec![9]));
    assert_eq!((lesson.until, note.as_str()), (MORNING + 2 * HOUR, "Room 12, Ms Ray"));
    let all = Fields { year: ALL.into(), ..sound() }.check(MORNING).unwrap().0;
    assert!(all.years.is_empty());
    assert_eq!(Fields { year: "0".into(), ..sound() }.check(MORNING).unwrap().0.years, [0]);
}

#[test]
fn the_school_day_ends_at_four_by_the_clock_on_the_wall() {
    assert_eq!(until(DAY, MORNING), Some(MORNING + 6 * HOUR + 46 * 60_000));
    assert_eq!(until(DAY, EVENING), None);
    // 1 July 2026, 11:00 UTC is midday in British Summer Time.
    let july = 1_782_903_600_000;
    assert_eq!(until(DAY, july), Some(july + 4 * HOUR));
}

#[test]
fn no_choice_lasts_longer_than_a_lesson_may() {
    for (choice, _) in ENDS {
        for now in (0..48).map(|half| MORNING + half * HOUR / 2) {
            assert!(until(choice, now).is_none_or(|end| end > now && end <= now + limit::LESSON), "{choice}");
        }
    }
}

#[test]
fn each_fault_is_said_at_its_field() {
    let says = |(field, message): (String, String), at: &str, words: &str| {
        assert!(field == at && message.contains(words), "{field}: {message}");
    };
    says(fault(|f| f.topics.clear(), MORNING), "topics", "at least one");
    for unheard in ["illegal", "abuse_neglect", "ai_chat", "no such"] {
        says(fault(|f| f.topics.push(unheard.into()), MORNING), "topics", "cannot be announced");
        says(fault(|f| f.topics = vec![unheard.into()], MORNING), "topics", "at least one");
    }
    for year in ["", "14", "-1", "09", "Year 9"] {
        says(fault(|f| f.year = year.into(), MORNING), "year", "Choose a year group");
    }
    for ends in ["", "0", "25", "-1", "tomorrow"] {
        says(fault(|f| f.ends = ends.into(), MORNING), "ends", "Choose when");
    }
    says(fault(|f| f.ends = DAY.into(), EVENING), "ends", "past 4pm");
    says(fault(|f| f.note = "ŵ".repeat(limit::LINE + 1), MORNING), "note", "301 characters");
    assert!(Fields { note: "ŵ".repeat(limit::LINE), ..sound() }.check(MORNING).is_ok());
}
