use super::facts::{Lists, read};
use super::*;
use lapwing_core::school::{Calendar, Choice, Group, SchoolPolicy};
use lapwing_core::{Action, Category, Severity};
use serde_json::{Value, json};

fn find<'r>(rows: &'r [Row], code: &str) -> &'r Row {
    rows.iter().find(|row| row.code == code).unwrap()
}

fn status(rows: &[Row], code: &str) -> Status {
    find(rows, code).status
}

fn of(policy: &SchoolPolicy) -> Facts {
    Facts::of_policy(policy, 0)
}

/// What a pack says of itself: so many rules of every kind, and these licensed lists.
fn about(each: u64, slots: &[(&str, u64)]) -> String {
    let categories: serde_json::Map<_, _> =
        Category::ALL.iter().map(|category| (category.as_str().to_owned(), json!(each))).collect();
    let mut sources = vec![json!({ "name": "UT1", "licence": "CC BY-SA 4.0", "rules": 5 })];
    sources.extend(slots.iter().map(|(slot, rules)| json!({ "name": slot, "slot": slot, "rules": rules })));
    json!({ "categories": categories, "sources": sources }).to_string()
}

const BOTH: [(&str, u64); 2] = [("iwf", 7_000), ("ctiru", 3_000)];

/// Lists with many rules of every kind, and both licensed lists.
fn whole_lists(days: i64) -> Lists {
    read(&[(&about(20_000, &BOTH), days)])
}

/// Everything that depends on devices and people is in order.
fn in_order(policy: &SchoolPolicy) -> Facts {
    Facts {
        lists: Some(whole_lists(1)),
        in_use: 5,
        proved: 5,
        safe_search: 5,
        up_to_date: 5,
        grouped: 5,
        leads: 2,
        ..of(policy)
    }
}

#[test]
fn where_nothing_is_set_nothing_is_met() {
    let facts = of(&SchoolPolicy::default());
    let rows = filtering(&facts);
    for code in ["F2", "F3", "F4", "F10", "F16", "F21", "F24", "F27", "F28", "F30", "F31"] {
        assert_eq!(status(&rows, code), Status::NotMet, "{code}");
    }
    for row in rows.iter().chain(&monitoring(&facts)) {
        assert_ne!(row.status, Status::Met, "{}", row.code);
        let owes = matches!(row.status, Status::NotMet | Status::Partly);
        assert!(!owes || !row.todo.is_empty(), "{} says what to do", row.code);
        assert!(!row.answer.is_empty() && !row.asks.is_empty());
    }
}

#[test]
fn without_a_device_in_use_only_what_people_set_is_met() {
    let policy =
        SchoolPolicy { two_person: true, calendar: Some(Calendar::default()), ..SchoolPolicy::default() };
    let facts =
        Facts { in_use: 0, proved: 0, safe_search: 0, up_to_date: 0, grouped: 0, ..in_order(&policy) };
    let met = |rows: Vec<Row>| -> Vec<_> {
        rows.iter().filter(|row| row.status == Status::Met).map(|row| row.code).collect()
    };
    assert_eq!(met(filtering(&facts)), ["F19", "F31"]);
    assert_eq!(met(monitoring(&facts)), ["M17", "M18", "M29"]);
    let all = met(filtering(&in_order(&policy)));
    assert_eq!(
        all,
        [
            "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F11", "F12", "F13", "F14", "F16", "F18", "F19",
            "F21", "F27", "F28", "F30", "F31"
        ]
    );
    assert_eq!(met(monitoring(&in_order(&policy))), ["M2", "M3", "M4", "M17", "M18", "M29", "M32"]);
}

#[test]
fn codes_are_those_of_the_form_in_order() {
    let rows = filtering(&Facts::default());
    let codes: Vec<String> = rows.iter().map(|row| row.code.to_owned()).collect();
    assert_eq!(codes, (1..=32).map(|number| format!("F{number}")).collect::<Vec<_>>());
}

#[test]
fn licensed_lists_are_met_while_each_is_there_young_enough_and_on_devices() {
    let with = |change: &dyn Fn(&mut Facts)| {
        let mut facts = in_order(&SchoolPolicy::default());
        change(&mut facts);
        let (rows, monitoring) = (filtering(&facts), monitoring(&facts));
        let states = [status(&rows, "F2"), status(&rows, "F3")];
        assert_eq!(states, [status(&monitoring, "M2"), status(&monitoring, "M3")], "both pages say the same");
        states
    };
    let lists = |lists: Lists| with(&move |facts| facts.lists = Some(lists.clone()));
    use Status::{Met, NotMet, Partly};
    assert_eq!(lists(whole_lists(7)), [Met, Met]);
    assert_eq!(lists(whole_lists(8)), [Partly, Met], "the Foundation changes its list twice a day");
    assert_eq!(lists(whole_lists(32)), [Partly, Partly]);
    assert_eq!(lists(Lists { iwf: None, ..whole_lists(1) }), [NotMet, Met]);
    let few = read(&[(&about(20_000, &[("iwf", 1), ("ctiru", 3_000)]), 1)]);
    assert_eq!(lists(few), [Partly, Met], "one address is a trial");
    assert_eq!(with(&|facts| facts.up_to_date = 4), [Partly, Partly], "a device has older lists");
    assert_eq!(with(&|facts| facts.proved = 0), [NotMet, NotMet]);
    assert_eq!(with(&|facts| facts.in_use = 0), [NotMet, NotMet]);
}

#[test]
fn a_change_leaves_licensed_lists_or_takes_the_place_of_all_of_them() {
    let (none, both, one) = (about(9, &[]), about(5, &BOTH), about(7, &[("iwf", 8_000)]));
    let say =
        |lists: &Lists| [lists.iwf, lists.ctiru].map(|found| found.map(|found| (found.entries, found.days)));
    let left = read(&[(&none, 2), (&both, 40)]);
    assert_eq!(say(&left), [Some((7_000, 40)), Some((3_000, 40))], "as old as the pack that brought them");
    assert_eq!((left.days, left.categories[&Category::Gambling]), (2, 9));
    let names: Vec<&str> = left.sources.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["UT1", "iwf", "ctiru"]);
    let taken = read(&[(&none, 1), (&one, 3), (&both, 40)]);
    assert_eq!(say(&taken), [Some((8_000, 3)), None], "a change with one of them ends the other");
}

#[test]
fn a_list_has_a_real_number_of_sites_and_is_not_old() {
    let with = |each: u64, days: i64| {
        let lists = Some(read(&[(&about(each, &[]), days)]));
        filtering(&Facts { lists, ..in_order(&SchoolPolicy::default()) })
    };
    let one = with(1, 1);
    assert_eq!(status(&one, "F6"), Status::Partly);
    assert!(find(&one, "F6").todo.contains("gambling (at least 100 sites)"), "{}", find(&one, "F6").todo);
    let hundred = with(100, 1);
    assert_eq!((status(&hundred, "F6"), status(&hundred, "F12")), (Status::Met, Status::Partly));
    assert!(find(&hundred, "F12").todo.contains("sexual content (at least 10000 sites)"));
    assert_eq!(status(&with(20_000, 31), "F12"), Status::Met);
    assert_eq!(status(&with(20_000, 32), "F12"), Status::Partly);
    // Of a row with several kinds, each needs its list.
    let mut said: Value = serde_json::from_str(&about(20_000, &[])).unwrap();
    said["categories"][Category::Bypass.as_str()] = json!(0);
    let lists = Some(read(&[(&said.to_string(), 1)]));
    let rows = filtering(&Facts { lists, ..in_order(&SchoolPolicy::default()) });
    assert_eq!((status(&rows, "F18"), status(&rows, "F11")), (Status::Partly, Status::Met));
}

#[test]
fn a_kind_that_the_school_opens_for_some_is_no_longer_met_and_says_for_whom() {
    let facts = in_order;
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
    assert_eq!(status(&filtering(&Facts { grouped: 4, ..facts(&policy) }), "F17"), Status::Partly);
    let everybody = SchoolPolicy { pupils: [(Category::Gambling, allow)].into(), ..SchoolPolicy::default() };
    let open = Facts { lists: None, ..facts(&everybody) };
    assert_eq!(status(&filtering(&open), "F6"), Status::NotMet);
}

#[test]
fn a_group_that_differs_in_nothing_is_none_and_one_of_pupils_and_staff_is_seen() {
    let allow = Choice { school: Some(Action::Allow), home: None };
    let bare = Group { id: "choir".into(), name: "Choir".into(), years: [9].into(), ..Group::default() };
    let with = |group: Group| in_order(&SchoolPolicy { groups: vec![group], ..SchoolPolicy::default() });
    let plain = with(bare.clone());
    assert_eq!(
        (status(&filtering(&plain), "F17"), status(&monitoring(&plain), "M16")),
        (Status::Partly, Status::Partly)
    );
    let watched = with(Group { alert_from: Some(Severity::Low), ..bare.clone() });
    assert_eq!(status(&monitoring(&watched), "M16"), Status::Met);
    let mixed = with(Group { staff: true, choices: [(Category::Gambling, allow)].into(), ..bare });
    assert_eq!(status(&filtering(&mixed), "F6"), Status::Partly, "pupils of Year 9 are among them");
}

#[test]
fn what_opens_outside_school_hours_alone_is_not_the_same_filtering_everywhere() {
    let later = Choice { school: Some(Action::Block), home: Some(Action::Allow) };
    let policy = |choice| SchoolPolicy {
        calendar: Some(Calendar::default()),
        pupils: [(Category::Gambling, choice)].into(),
        ..SchoolPolicy::default()
    };
    let rows = filtering(&in_order(&policy(later)));
    assert_eq!((status(&rows, "F27"), status(&rows, "F6")), (Status::Partly, Status::Partly));
    assert!(find(&rows, "F27").answer.contains("more opens, as the school has set it: gambling"));
    let same = Choice { home: Some(Action::Block), ..later };
    assert_eq!(status(&filtering(&in_order(&policy(same))), "F27"), Status::Met);
}

#[test]
fn alerts_need_people_to_read_them() {
    let with = |leads| {
        let facts = Facts { leads, ..in_order(&SchoolPolicy::default()) };
        let rows = filtering(&facts);
        (status(&monitoring(&facts), "M17"), status(&rows, "F28"), status(&rows, "F31"))
    };
    assert_eq!(with(2), (Status::Met, Status::Met, Status::Met));
    assert_eq!(with(1).0, Status::Partly);
    assert_eq!(with(0), (Status::NotMet, Status::NotMet, Status::NotMet));
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
    assert_eq!(with(5, 0), (Status::NotMet, Status::NotMet, Status::NotMet), "nothing is proved");
    assert_eq!(with(0, 0), (Status::NotMet, Status::NotMet, Status::NotMet));
}
