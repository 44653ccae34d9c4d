use super::*;

/// Tuesday 24 November 2026, 09:14:00 UTC.
const NOW: i64 = 1_795_511_640_000;

fn whole() -> Draft {
    Draft {
        id: "0199b1c2-0000-7000-8000-000000000001".into(),
        person_name: vec!["Amira Khan".into(), String::new(), String::new()],
        person_year: vec!["Year 9".into(), String::new(), String::new()],
        person_role: vec!["subject".into(), String::new(), String::new()],
        occurred_date: "2026-11-24".into(),
        occurred_time: "09:00".into(),
        occurred_precision: "exact".into(),
        seen_heard: "She was crying in the corridor.\r\nShe would not come in.".into(),
        told_dsl: "no".into(),
        ..Draft::default()
    }
}

fn faults(draft: &Draft) -> Vec<String> {
    draft
        .check(NOW, true)
        .err()
        .map(|errors| errors.iter().map(|fault| fault.field.clone()).collect())
        .unwrap_or_default()
}

#[test]
fn a_whole_form_is_a_concern_in_the_reporters_words() {
    let concern = whole().check(NOW, true).unwrap();
    assert_eq!(concern.seen_heard, "She was crying in the corridor.\nShe would not come in.");
    assert_eq!(concern.occurred_at, Some(NOW - 14 * 60_000));
    assert_eq!(concern.persons.len(), 1);
    assert_eq!((concern.source, concern.told_dsl), ("staff", false));
}

#[test]
fn an_empty_form_names_every_field_that_is_missing_in_order() {
    assert_eq!(faults(&Draft::default()), ["person-1-name", "occurred_precision", "seen_heard", "told_dsl"]);
}

#[test]
fn a_dsl_is_not_asked_whether_the_dsl_was_told() {
    let draft = Draft { told_dsl: String::new(), ..whole() };
    assert_eq!(faults(&draft), ["told_dsl"]);
    assert!(draft.check(NOW, false).unwrap().told_dsl);
}

#[test]
fn each_person_needs_a_name_and_a_role() {
    let mut draft = whole();
    draft.person_name = vec!["Amira Khan".into(), "Tom Bell".into(), String::new()];
    draft.person_role = vec!["subject".into(), String::new(), "witness".into()];
    assert_eq!(faults(&draft), ["person-2-role", "person-3-name"]);
    draft.person_role = vec!["subject".into(), "headteacher".into(), String::new()];
    assert_eq!(faults(&draft), ["person-2-role"]);
}

#[test]
fn an_adult_has_no_year_group() {
    let mut draft = whole();
    draft.person_year = vec!["Adult".into()];
    let concern = draft.check(NOW, true).unwrap();
    assert_eq!((concern.persons[0].kind.as_str(), concern.persons[0].year_group.as_str()), ("adult", ""));
    draft.person_year = vec!["Year 99".into()];
    assert_eq!(faults(&draft), ["person-1-year"]);
}

#[test]
fn time_is_as_sure_as_the_reporter_says() {
    let at = |precision: &str, date: &str, time: &str| Draft {
        occurred_precision: precision.into(),
        occurred_date: date.into(),
        occurred_time: time.into(),
        ..whole()
    };
    assert_eq!(faults(&at("exact", "2026-11-24", "")), ["occurred_time"]);
    assert_eq!(faults(&at("exact", "", "09:00")), ["occurred_date"]);
    assert_eq!(faults(&at("approximate", "2026-02-30", "")), ["occurred_date"]);
    assert_eq!(faults(&at("approximate", "2026-11-25", "")), ["occurred_date"], "the future");
    assert_eq!(faults(&at("approximate", "0001-01-01", "")), ["occurred_date"]);
    assert!(at("approximate", "2026-11-23", "").check(NOW, true).unwrap().occurred_at.is_some());
    assert_eq!(at("unknown", "nonsense", "").check(NOW, true).unwrap().occurred_at, None);
}

#[test]
fn rows_grow_with_the_persons_up_to_a_limit() {
    assert_eq!(Draft::default().rows(ROWS).len(), 3);
    let draft = Draft { person_name: vec![String::new(); 400], ..Draft::default() };
    assert_eq!(draft.rows(ROWS).len(), 20);
}

#[test]
fn words_beyond_the_limit_are_refused_not_cut() {
    let draft = Draft { childs_words: "a".repeat(limit::STORY + 1), ..whole() };
    assert_eq!(faults(&draft), ["childs_words"]);
}
