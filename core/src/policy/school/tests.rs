use super::*;
use crate::{Engine, Frame, Lists, ManagedPolicy, Policy, Severity, Visit};
use serde_json::json;

/// Tuesday 24 November 2026, 09:14 UTC.
const NOW: i64 = 1_795_511_640_000;
const HOUR: i64 = 60 * 60 * 1_000;
const BET: &str = "https://www.bet365.com/";

fn managed(change: &serde_json::Value) -> Policy {
    let mut keys = json!({ "relay_url": "https://r.example", "enrolment_key": "k", "school_name": "s", "year_group": "9" });
    for (key, value) in change.as_object().unwrap() {
        keys[key] = value.clone();
    }
    ManagedPolicy::from_json(&keys).unwrap().policy
}

fn choice(school: Action) -> Choice {
    Choice { school: Some(school), home: None }
}

fn group(id: &str, years: &[u8], choices: &[(Category, Action)]) -> Group {
    Group {
        id: id.into(),
        name: id.to_uppercase(),
        years: years.iter().copied().collect(),
        choices: choices.iter().map(|(category, action)| (*category, choice(*action))).collect(),
        ..Group::default()
    }
}

fn exception(site: &str, effect: Effect, whom: Whom) -> Exception {
    Exception {
        id: format!("{site} {effect:?}"),
        site: Entry::parse(site).unwrap(),
        effect,
        whom,
        until: None,
        by: Decider::Safeguarding,
        reason: "Because of Sam".into(),
        owner: "Mrs Adeyemi".into(),
        added: 0,
    }
}

fn member<'a>(groups: &'a [String], account: &'a str) -> Member<'a> {
    Member { audience: Audience::Year(9), groups, account }
}

fn policy(policy: &SchoolPolicy, managed: &Policy) -> Policy {
    assert_eq!(policy.check(), []);
    policy.compile(managed, &member(&["vulnerable".to_owned()], "a@b.example"), NOW).policy
}

fn answer(policy: Policy, url: &str) -> (Action, Option<Ruling>) {
    let engine = Engine::new(Lists::starter().unwrap(), policy).unwrap();
    let decision = engine.check_url(&Visit { url, frame: Frame::Main });
    (decision.verdict.action, decision.ruling)
}

#[test]
fn an_empty_policy_changes_nothing() {
    let bare = managed(&json!({ "site_actions": { "games": "block" }, "alert_from": "low" }));
    let compiled = policy(&SchoolPolicy::default(), &bare);
    for category in Category::ALL {
        assert_eq!(compiled.site_action(*category), bare.site_action(*category), "{category}");
    }
    assert_eq!(compiled.alert_from(), Severity::Low);
    assert_eq!(answer(compiled, BET), (Action::Block, Some(Ruling::Default)));
}

#[test]
fn the_most_protective_of_several_groups_wins_and_a_group_comes_before_all_pupils() {
    use Category::{Games, Shopping, Social};
    let mut school = SchoolPolicy {
        groups: vec![
            group("year-9", &[9], &[(Games, Action::Allow), (Social, Action::Note)]),
            group("vulnerable", &[], &[(Social, Action::Block)]),
            group("staff", &[], &[(Games, Action::Block)]),
        ],
        pupils: [(Games, choice(Action::Block)), (Shopping, choice(Action::Warn))].into(),
        ..SchoolPolicy::default()
    };
    let compiled = policy(&school, &managed(&json!({})));
    assert_eq!(compiled.site_action(Games), Action::Allow);
    assert_eq!(compiled.site_action(Social), Action::Block);
    assert_eq!(compiled.site_action(Shopping), Action::Warn);
    let by = |group: Option<&str>| Ruling::School { group: group.map(Into::into), place: None };
    assert_eq!(compiled.ruling(&[Social]), by(Some("VULNERABLE")));
    assert_eq!(compiled.ruling(&[Shopping]), by(None));
    assert_eq!(compiled.ruling(&[Category::Gambling]), Ruling::Default);
    // What holds for pupils is not for staff.
    let staff = Member { audience: Audience::Staff, groups: &[], account: "" };
    let bare = Policy::school_default(Audience::Staff);
    assert_eq!(school.compile(&bare, &staff, NOW).policy.site_action(Shopping), Action::Allow);
    school.groups[2].staff = true;
    assert_eq!(school.compile(&bare, &staff, NOW).policy.site_action(Games), Action::Block);
}

#[test]
fn what_it_set_is_the_floor() {
    use Category::{Games, Streaming};
    let school = SchoolPolicy {
        pupils: [(Games, choice(Action::Allow)), (Streaming, choice(Action::Block))].into(),
        exceptions: vec![
            exception("blocked.example", Effect::Allow, Whom::Everyone),
            exception("allowed.example", Effect::Block, Whom::Everyone),
        ],
        ..SchoolPolicy::default()
    };
    let bare = managed(&json!({
        "site_actions": { "games": "warn", "streaming": "note" },
        "blocked_sites": ["blocked.example"],
        "allowed_sites": ["allowed.example", "bet365.com"],
    }));
    let compiled = policy(&school, &bare);
    assert_eq!(
        (compiled.site_action(Games), compiled.ruling(&[Games])),
        (Action::Warn, Ruling::DeviceManagement)
    );
    assert_eq!(compiled.site_action(Streaming), Action::Block);
    let (action, ruling) = answer(compiled.clone(), "https://blocked.example/");
    assert_eq!((action, ruling), (Action::Block, Some(Ruling::DeviceManagement)));
    let (action, ruling) = answer(compiled.clone(), "https://allowed.example/");
    assert_eq!(action, Action::Block);
    assert!(matches!(ruling, Some(Ruling::Exception { .. })), "{ruling:?}");
    assert_eq!(answer(compiled, BET), (Action::Allow, Some(Ruling::DeviceManagement)));
}

#[test]
fn the_longest_exception_wins_and_ends_by_itself() {
    let whom = || Whom::Groups(vec!["vulnerable".into()]);
    let mut allow = exception("bet365.com/maths", Effect::Allow, whom());
    allow.until = Some(NOW + HOUR);
    let school = SchoolPolicy {
        groups: vec![group("vulnerable", &[], &[]), group("year-8", &[8], &[])],
        exceptions: vec![
            allow,
            exception("bet365.com", Effect::Block, Whom::Everyone),
            exception("tie.example", Effect::Allow, Whom::Everyone),
            exception("tie.example", Effect::Block, Whom::Account("A@B.example".into())),
            exception("other.example", Effect::Block, Whom::Groups(vec!["year-8".into()])),
            exception("another.example", Effect::Block, Whom::Account(String::new())),
        ],
        ..SchoolPolicy::default()
    };
    let compiled = policy(&school, &managed(&json!({})));
    let action = |url: &str| answer(compiled.clone(), url).0;
    assert_eq!(action("https://www.bet365.com/maths/odds"), Action::Allow);
    assert_eq!(action("https://www.bet365.com/mathsy"), Action::Block);
    assert_eq!(action("https://tie.example/"), Action::Block);
    assert_eq!(action("https://other.example/"), Action::Allow);
    assert_eq!(action("https://another.example/"), Action::Allow);
    let named = ["vulnerable".to_owned()];
    let at = |now| school.compile(&managed(&json!({})), &member(&named, ""), now);
    assert_eq!(at(NOW).until, NOW + HOUR);
    assert!(at(NOW).holds(NOW + HOUR - 1) && !at(NOW).holds(NOW + HOUR) && !at(NOW).holds(NOW - 1));
    let later = at(NOW + HOUR).policy;
    assert_eq!(answer(later, "https://www.bet365.com/maths/odds").0, Action::Block);
}

#[test]
fn unlawful_content_and_helplines_are_beyond_every_policy() {
    let mut school = SchoolPolicy {
        exceptions: vec![exception("childline.org.uk", Effect::Block, Whom::Everyone)],
        ..SchoolPolicy::default()
    };
    let compiled = policy(&school, &managed(&json!({})));
    let found = answer(compiled, "https://www.childline.org.uk/get-support/");
    assert_eq!(found, (Action::Allow, Some(Ruling::NeverRead)));
    school.exceptions.clear();
    for action in Action::ALL {
        school.pupils = [(Category::Illegal, choice(*action))].into();
        let problems = school.check();
        assert_eq!(problems[0].key, "pupils.illegal.school");
        assert!(problems[0].problem.contains("always blocked"), "{problems:?}");
        // And were it not refused, it would change nothing.
        let compiled = school.compile(&managed(&json!({})), &member(&[], ""), NOW).policy;
        assert_eq!(compiled.site_action(Category::Illegal), Action::Block);
    }
}

#[test]
fn at_home_critical_findings_alert_and_a_group_may_ask_for_more() {
    let hours = Some(Hours { from: 8 * 60, to: 9 * 60 });
    let mut school = SchoolPolicy {
        groups: vec![Group { alert_from: Some(Severity::Low), ..group("vulnerable", &[], &[]) }],
        pupils: [(Category::Games, Choice { school: Some(Action::Block), home: Some(Action::Allow) })].into(),
        calendar: Some(Calendar { week: [hours; 7], ..Calendar::default() }),
        ..SchoolPolicy::default()
    };
    let home = policy(&school, &managed(&json!({})));
    assert_eq!((home.alert_from(), home.site_action(Category::Games)), (Severity::Critical, Action::Allow));
    let named = ["vulnerable".to_owned()];
    let in_force = school.compile(&managed(&json!({})), &member(&named, ""), NOW - HOUR);
    assert_eq!((in_force.moment.place, in_force.policy.alert_from()), (Place::School, Severity::Low));
    assert_eq!(in_force.policy.site_action(Category::Games), Action::Block);
    school.home_alerts = HomeAlerts::High;
    assert_eq!(policy(&school, &managed(&json!({}))).alert_from(), Severity::High);
    school.groups[0].home_alerts = Some(HomeAlerts::AsInSchool);
    assert_eq!(policy(&school, &managed(&json!({}))).alert_from(), Severity::Low);
}

#[test]
fn a_bad_document_is_refused_with_each_fault_by_its_field() {
    let faults = |value: serde_json::Value| {
        let found = SchoolPolicy::from_json(&value.to_string()).unwrap_err();
        found.into_iter().map(|fault| fault.key).collect::<Vec<_>>()
    };
    let exception = json!({ "id": "a", "site": { "host": "a.example", "path": "" }, "effect": "allow",
        "whom": { "groups": ["nobody"] }, "by": "it" });
    assert_eq!(faults(json!({ "format": 2, "pupils": { "illegal": { "school": "allow" } } })), ["format"]);
    assert_eq!(faults(json!([])), ["the school’s policy"]);
    assert_eq!(
        faults(json!({ "format": 1, "pupils": { "games": { "school": "stop" } } })),
        ["the school’s policy"]
    );
    assert_eq!(
        faults(json!({ "format": 1, "pupils": { "suicide": { "home": "allow" } } })),
        ["pupils.suicide.home"]
    );
    let bad_groups = json!([{ "id": "A b", "name": "" }, { "id": "x", "name": "X", "years": [14] },
        { "id": "x", "name": "X", "alert_from": "critical", "choices": { "games": { "school": "support" } } }]);
    assert_eq!(
        faults(json!({ "format": 1, "groups": bad_groups })),
        [
            "groups[0].id",
            "groups[0].name",
            "groups[1].years",
            "groups[2].id",
            "groups[2].alert_from",
            "groups[2].choices.games.school"
        ]
    );
    let calendar = json!({ "zone": "Europe/London", "week": [{ "from": 5, "to": 5 }, { "from": 0, "to": 1441 }, null, null, null, null, null],
        "terms": [{ "name": "T", "first": 2, "last": 1 }], "days_off": [{ "name": "\n", "first": 1, "last": 1 }] });
    assert_eq!(
        faults(json!({ "format": 1, "calendar": calendar })),
        ["calendar.week[0]", "calendar.week[1]", "calendar.terms[0]", "calendar.days_off[0].name"]
    );
    assert_eq!(
        faults(json!({ "format": 1, "exceptions": [exception, exception] })),
        ["exceptions[0].whom", "exceptions[1].id", "exceptions[1].whom"]
    );
}

#[test]
fn what_a_later_version_adds_is_left_out_and_the_rest_holds() {
    let text = json!({ "format": 1, "of_2031": true, "pupils": { "of_2031": { "school": "block" }, "games": { "school": "block" } } });
    let read = SchoolPolicy::from_json(&text.to_string()).unwrap();
    assert_eq!(read.pupils, [(Category::Games, choice(Action::Block))].into());
}

#[test]
fn devices_are_not_told_who_and_why() {
    let mut over = exception("b.example", Effect::Block, Whom::Everyone);
    over.until = Some(NOW);
    let school = SchoolPolicy {
        exceptions: vec![exception("a.example", Effect::Allow, Whom::Everyone), over],
        ..SchoolPolicy::default()
    };
    let told = serde_json::to_string(&school.for_devices(NOW)).unwrap();
    assert!(told.contains("a.example") && !told.contains("Sam") && !told.contains("Adeyemi"), "{told}");
    assert!(!told.contains("b.example"), "{told}");
    assert_eq!(SchoolPolicy::from_json(&told).unwrap().exceptions.len(), 1);
}
