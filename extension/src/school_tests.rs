use crate::analyser::Analyser;
use crate::policy::{Setup, Status};
use lapwing_core::{Action, Category};
use serde_json::{Value, json};

const RELAY: &str = "https://relay.example";
/// Names in the lists that are built in, which no real site has.
const CASINO: &str = "https://gambling.lapwing.test/";
/// Tuesday 24 November 2026, 09:14 UTC.
const NOW: i64 = 1_795_511_640_000;
const HOUR: i64 = 60 * 60 * 1_000;

fn settle(analyser: &mut Analyser, now: i64) -> Status {
    let managed =
        json!({ "relay_url": RELAY, "enrolment_key": "k", "school_name": "Elm School", "year_group": "9" });
    let setup = Setup { install_type: Some("admin".into()), managed: Some(managed), now, ..Setup::default() };
    analyser.settle(setup).unwrap().status
}

fn analyser(account: &str) -> Analyser {
    let mut analyser = Analyser::with_phrases();
    analyser.school().restore(serde_json::from_value(json!({})).unwrap(), account);
    settle(&mut analyser, NOW);
    analyser
}

fn hear(analyser: &mut Analyser, news: Value) -> Value {
    serde_json::to_value(analyser.school().hear(serde_json::from_value(news).ok(), RELAY)).unwrap()
}

fn document(number: i64) -> Value {
    json!({ "format": 1, "number": number, "pupils": { "gambling": { "school": "allow", "home": "block" } },
        "calendar": { "zone": "Europe/London", "week": [{ "from": 480, "to": 960 }, { "from": 480, "to": 960 }, null, null, null, null, null] } })
}

fn action(analyser: &mut Analyser, now: i64) -> Action {
    analyser.decide(CASINO, true, now).unwrap().map_or(Action::Allow, |answer| answer.action)
}

fn own(account: &str, until: i64) -> Value {
    json!({ "id": "r1", "site": { "host": "gambling.lapwing.test", "path": "" }, "effect": "allow",
        "whom": { "account": account }, "until": until, "by": "safeguarding" })
}

#[test]
fn what_staff_set_holds_from_the_next_address_and_by_the_hours() {
    let mut analyser = analyser("");
    assert_eq!(action(&mut analyser, NOW), Action::Block);
    let before = settle(&mut analyser, NOW);
    hear(&mut analyser, json!({ "number": 3, "document": document(3) }));
    assert_eq!(action(&mut analyser, NOW), Action::Allow);
    let status = settle(&mut analyser, NOW);
    assert_eq!(status.policy_version, format!("{}+3", before.policy_version));
    // Nobody asks the relay when school is over, and after it the clock is set back.
    assert_eq!(action(&mut analyser, NOW + 8 * HOUR), Action::Block);
    assert_ne!(settle(&mut analyser, NOW + 8 * HOUR).in_force, status.in_force);
    assert_eq!(action(&mut analyser, NOW), Action::Allow);
    assert_eq!(action(&mut analyser, NOW + 24 * HOUR), Action::Block);
}

#[test]
fn a_bad_version_is_refused_out_loud_and_the_last_good_one_stays() {
    let mut one = analyser("");
    let kept = hear(&mut one, json!({ "number": 3, "document": document(3) }));
    for bad in [
        json!({ "format": 9 }),
        json!({ "format": 1, "pupils": { "illegal": { "school": "allow" } } }),
        json!("x"),
    ] {
        assert_eq!(hear(&mut one, json!({ "number": 4, "document": bad })), kept);
        let status = settle(&mut one, NOW);
        assert_eq!(status.problems.len(), 1, "{:?}", status.problems);
        assert!(status.policy_version.ends_with("+3"), "{}", status.policy_version);
        assert_eq!(action(&mut one, NOW), Action::Allow);
    }
    // What is no news leaves everything as it was; the same version again is good again.
    assert_eq!(hear(&mut one, Value::Null), kept);
    hear(&mut one, json!({ "number": 3 }));
    assert_eq!(settle(&mut one, NOW).problems, Vec::<String>::new());
    // A worker that starts anew follows what was kept.
    let mut again = Analyser::with_phrases();
    again.school().restore(serde_json::from_value(kept).unwrap(), "");
    assert!(settle(&mut again, NOW).policy_version.ends_with("+3"));
    assert_eq!(action(&mut again, NOW), Action::Allow);
}

#[test]
fn another_relays_policy_is_not_followed() {
    let mut one = analyser("");
    let news = serde_json::from_value(json!({ "number": 3, "document": document(3) })).ok();
    let elsewhere = serde_json::to_value(one.school().hear(news, "https://other.example")).unwrap();
    assert_eq!(action(&mut one, NOW), Action::Block);
    let mut again = analyser("");
    again.school().restore(serde_json::from_value(elsewhere).unwrap(), "");
    assert_eq!(action(&mut again, NOW), Action::Block);
    assert!(!settle(&mut again, NOW).policy_version.contains('+'));
}

#[test]
fn what_was_allowed_to_one_pupil_opens_for_that_account_until_it_ends() {
    let mut sam = analyser("sam@elm.example");
    hear(&mut sam, json!({ "number": 0, "own": [own("Sam@elm.example", NOW + HOUR), { "id": "of 2031" }] }));
    assert_eq!(action(&mut sam, NOW), Action::Allow);
    assert_eq!(action(&mut sam, NOW + HOUR), Action::Block);
    hear(&mut sam, json!({ "number": 0, "own": [] }));
    assert_eq!(action(&mut sam, NOW), Action::Block);
    // Ended by staff while the engine still follows it.
    hear(&mut sam, json!({ "number": 0, "own": [own("sam@elm.example", NOW + HOUR)] }));
    assert_eq!(action(&mut sam, NOW), Action::Allow);
    hear(&mut sam, json!({ "number": 0, "own": [] }));
    assert_eq!(action(&mut sam, NOW), Action::Block);
    let mut ali = analyser("ali@elm.example");
    hear(&mut ali, json!({ "number": 0, "own": [own("sam@elm.example", NOW + HOUR)] }));
    assert_eq!(action(&mut ali, NOW), Action::Block);
    let page = ali.decide(CASINO, true, NOW).unwrap().unwrap().page.unwrap();
    assert_eq!(page.categories[0].name, Category::Gambling.as_str());
    assert_eq!(ali.ask(CASINO, NOW).unwrap(), "gambling.lapwing.test");
    assert_eq!(ali.ask("https://illegal.lapwing.test/x", NOW).unwrap(), "");
    assert_eq!(ali.ask("https://www.example.org/", NOW).unwrap(), "", "it is open");
}
