use super::facts::read;
use super::*;
use lapwing_core::school::{Choice, Group, SchoolPolicy};
use lapwing_core::{Action, Category};
use serde_json::json;

fn status(rows: &[Row], code: &str) -> Status {
    rows.iter().find(|row| row.code == code).unwrap().status
}

fn of(policy: &SchoolPolicy) -> Facts {
    Facts::of_policy(policy, 0)
}

/// Lists with rules of every kind, and both licensed lists.
fn whole_lists(days: i64) -> facts::Lists {
    let categories: serde_json::Map<_, _> =
        Category::ALL.iter().map(|category| (category.as_str().to_owned(), json!(10))).collect();
    let about = json!({ "categories": categories, "sources": [
        { "name": "UT1", "licence": "CC BY-SA 4.0", "rules": 5 },
        { "name": "IWF", "slot": "iwf", "rules": 7 }, { "name": "CTIRU", "slot": "ctiru", "rules": 3 },
    ]});
    facts::Lists { days, ..read(&about.to_string(), "") }
}

#[test]
fn where_nothing_is_set_nothing_that_can_be_switched_off_is_met() {
    let facts = of(&SchoolPolicy::default());
    let rows = filtering(&facts);
    for code in ["F2", "F3", "F4", "F10", "F21", "F24", "F27", "F30"] {
        assert_eq!(status(&rows, code), Status::NotMet, "{code}");
    }
    let met: Vec<_> = rows.iter().filter(|row| row.status == Status::Met).map(|row| row.code).collect();
    assert_eq!(met, ["F16", "F28", "F31"]);
    for row in rows.iter().chain(&monitoring(&facts)) {
        let owes = matches!(row.status, Status::NotMet | Status::Partly);
        assert!(!owes || !row.todo.is_empty(), "{} says what to do", row.code);
        assert!(!row.answer.is_empty() && !row.asks.is_empty());
    }
    assert!(monitoring(&facts).iter().all(|row| row.status != Status::Met));
}

#[test]
fn codes_are_those_of_the_form_in_order() {
    let rows = filtering(&Facts::default());
    let codes: Vec<String> = rows.iter().map(|row| row.code.to_owned()).collect();
    assert_eq!(codes, (1..=32).map(|number| format!("F{number}")).collect::<Vec<_>>());
}

#[test]
fn licensed_lists_are_met_while_they_are_there_and_fresh() {
    let with = |lists| filtering(&Facts { lists: Some(lists), ..of(&SchoolPolicy::default()) });
    let fresh = with(whole_lists(1));
    assert_eq!((status(&fresh, "F2"), status(&fresh, "F3")), (Status::Met, Status::Met));
    assert_eq!(status(&with(whole_lists(30)), "F2"), Status::Partly);
    let without = with(facts::Lists { iwf: None, ..whole_lists(1) });
    assert_eq!((status(&without, "F2"), status(&without, "F3")), (Status::NotMet, Status::Met));
}

#[test]
fn a_change_without_the_slots_leaves_those_of_the_whole_pack() {
    let whole = json!({ "sources": [{ "name": "IWF", "slot": "iwf", "rules": 7 }] }).to_string();
    let change = json!({ "sources": [{ "name": "UT1", "rules": 9 }] }).to_string();
    let lists = read(&change, &whole);
    assert_eq!((lists.iwf, lists.ctiru), (Some(7), None));
    // A change with one of them takes the place of all.
    let other = json!({ "sources": [{ "name": "CTIRU", "slot": "ctiru", "rules": 3 }] }).to_string();
    let lists = read(&other, &whole);
    assert_eq!((lists.iwf, lists.ctiru), (None, Some(3)));
}

#[test]
fn a_kind_that_the_school_opens_for_some_is_no_longer_met_and_says_for_whom() {
    let facts = |policy: &SchoolPolicy| Facts { lists: Some(whole_lists(1)), ..of(policy) };
    assert_eq!(status(&filtering(&facts(&SchoolPolicy::default())), "F6"), Status::Met);
    let allow = Choice { school: Some(Action::Allow), home: None };
    let policy = SchoolPolicy {
        groups: vec![Group {
            id: "sixth-form".into(),
            name: "Sixth form".into(),
            years: [12, 13].into(),
            choices: [(Category::Gambling, allow)].into(),
            ..Group::default()
        }],
        ..SchoolPolicy::default()
    };
    let rows = filtering(&facts(&policy));
    let gambling = rows.iter().find(|row| row.code == "F6").unwrap();
    assert_eq!(gambling.status, Status::Partly);
    assert!(gambling.answer.contains("gambling (Sixth form)"), "{}", gambling.answer);
    assert_eq!(status(&rows, "F17"), Status::Met);
    let everybody = SchoolPolicy { pupils: [(Category::Gambling, allow)].into(), ..SchoolPolicy::default() };
    let open = Facts { lists: None, ..facts(&everybody) };
    assert_eq!(status(&filtering(&open), "F6"), Status::NotMet);
}

#[test]
fn proof_is_of_all_devices_in_use_or_in_part() {
    let with = |in_use, proved| {
        let facts = Facts { in_use, proved, safe_search: proved, ..Facts::default() };
        let rows = filtering(&facts);
        (status(&rows, "F4"), status(&rows, "F30"), status(&monitoring(&facts), "M32"))
    };
    assert_eq!(with(5, 5), (Status::Met, Status::Met, Status::Met));
    assert_eq!(with(5, 4), (Status::Partly, Status::Partly, Status::Partly));
    assert_eq!(with(0, 0), (Status::NotMet, Status::NotMet, Status::NotMet));
}
