use super::*;
use crate::policy::Kind;
use serde_json::json;

fn whole() -> Value {
    json!({
        "relay_url": "https://lapwing.example.sch.uk:8443/",
        "enrolment_key": "LW-KEY",
        "school_name": "Example School",
        "year_group": "9",
        "group": "9b, vulnerable",
        "alert_from": "high",
        "site_actions": { "games": "block", "suicide": "block" },
        "safe_search": "off",
        "youtube_restricted": "moderate",
        "allowed_sites": ["Example.ORG", "example.net/ok/"],
        "blocked_sites": ["blocked.example"],
        "never_read_sites": ["counselling.example"],
    })
}

fn with(key: &str, value: Value) -> Value {
    let mut policy = whole();
    policy[key] = value;
    policy
}

fn problems(value: &Value) -> Vec<KeyProblem> {
    match ManagedPolicy::from_json(value) {
        Err(PolicyError::Bad(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_is_read() {
    let managed = ManagedPolicy::from_json(&whole()).unwrap();
    assert_eq!(managed.relay_url, "https://lapwing.example.sch.uk:8443");
    assert_eq!((managed.enrolment_key.as_str(), managed.school_name.as_str()), ("LW-KEY", "Example School"));
    assert_eq!(managed.groups, ["9b", "vulnerable"]);
    let policy = managed.policy;
    assert_eq!((policy.audience, policy.alert_from()), (Audience::Year(9), Severity::High));
    assert_eq!(policy.site_action(Category::Games), Action::Block);
    assert_eq!((policy.safe_search, policy.youtube), (false, YouTube::Moderate));
    let lines = |entries: &[Entry]| entries.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(lines(&policy.allowed_sites), ["example.org", "example.net/ok"]);
    assert_eq!(lines(&policy.never_read_sites), ["counselling.example", "lapwing.example.sch.uk"]);
}

#[test]
fn three_keys_are_enough_and_the_rest_has_defaults() {
    let value = json!({ "relay_url": "https://r.example", "enrolment_key": "k", "school_name": "s" });
    let managed = ManagedPolicy::from_json(&value).unwrap();
    let mut expected = Policy::school_default(Audience::Unspecified);
    expected.never_read_sites.extend(Entry::for_host("r.example"));
    assert_eq!(managed.policy, expected);
}

#[test]
fn nothing_set_is_not_the_same_as_badly_set() {
    for value in [json!(null), json!({}), json!({ "school_name": "s" })] {
        assert_eq!(ManagedPolicy::from_json(&value), Err(PolicyError::NotSetUp));
    }
    assert_eq!(problems(&json!([]))[0].key, "the policy");
    let missing = problems(&json!({ "relay_url": "https://r.example" }));
    assert_eq!(missing.iter().map(|p| p.key.as_str()).collect::<Vec<_>>(), ["enrolment_key", "school_name"]);
}

#[test]
fn every_bad_value_is_named_with_what_to_do() {
    for (key, value, named, advice) in [
        ("relay_url", json!("http://r.example"), "relay_url", "https://"),
        ("relay_url", json!("http://localhost"), "relay_url", "https://"),
        ("relay_url", json!("lapwing"), "relay_url", "write it like"),
        ("relay_url", json!("https://r.example/path"), "relay_url", "remove what follows"),
        ("relay_url", json!("https://u:p@r.example"), "relay_url", "remove what follows"),
        ("relay_url", json!(1), "relay_url", "not a number"),
        ("school_name", json!(" "), "school_name", "is empty"),
        ("school_name", json!("a\nb"), "school_name", "one line"),
        ("year_group", json!("14"), "year_group", "reception"),
        ("year_group", json!(9), "year_group", "in quotes"),
        ("alert_from", json!("critical"), "alert_from", "always alert"),
        ("group", json!("Year 9"), "group", "year-9"),
        ("group", json!(["9b"]), "group", "in quotes"),
        ("site_actions", json!(["games"]), "site_actions", "an object"),
        ("site_actions", json!({ "illegal": "allow" }), "site_actions.illegal", "no setting"),
        ("site_actions", json!({ "suicide": "allow" }), "site_actions.suicide", "block, support"),
        ("site_actions", json!({ "gaming": "block" }), "site_actions.gaming", "games"),
        ("site_actions", json!({ "games": "stop" }), "site_actions.games", "block"),
        ("site_actions", json!({ "games": true }), "site_actions.games", "in quotes"),
        ("safe_search", json!(true), "safe_search", "in quotes"),
        ("safe_search", json!("no"), "safe_search", "on, off"),
        ("youtube_restricted", json!("on"), "youtube_restricted", "strict, moderate"),
        ("allowed_sites", json!("a.example"), "allowed_sites", "list"),
        ("allowed_sites", json!(["a.example", "*.b.example"]), "allowed_sites[1]", "leave it out"),
        ("blocked_sites", json!(["com"]), "blocked_sites[0]", "top-level"),
        ("never_read_sites", json!([3]), "never_read_sites[0]", "in quotes"),
        ("relay", json!("x"), "relay", "relay_url"),
    ] {
        let found = problems(&with(key, value.clone()));
        assert_eq!(found.len(), 1, "{key} {value}: {found:?}");
        assert_eq!(found[0].key, named);
        assert!(found[0].problem.contains(advice), "{value}: {}", found[0].problem);
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let mut value = with("alert_from", json!("never"));
    value["year_group"] = json!("old");
    value["colour"] = json!("red");
    assert_eq!(problems(&value).len(), 3);
    let shown = ManagedPolicy::from_json(&value).unwrap_err().to_string();
    assert!(["alert_from", "year_group", "colour"].iter().all(|key| shown.contains(key)), "{shown}");
}

#[test]
fn every_key_of_the_catalogue_is_read() {
    for key in KEYS {
        // A value of a kind that no key takes is noticed for each key, so none is listed without being read.
        let found = problems(&with(key.name, json!(false)));
        assert!(found.iter().any(|problem| problem.key == key.name), "{}", key.name);
        if let Kind::Choice(words) | Kind::SeverityChoice(words) = key.kind {
            for word in words {
                assert!(
                    ManagedPolicy::from_json(&with(key.name, json!(word))).is_ok(),
                    "{} {word}",
                    key.name
                );
            }
        }
    }
}

#[test]
fn years_are_read_in_order() {
    let audience =
        |word: &str| ManagedPolicy::from_json(&with("year_group", json!(word))).unwrap().policy.audience;
    assert_eq!(audience("reception"), Audience::Year(0));
    assert_eq!(audience("13"), Audience::Year(13));
    assert_eq!(audience("mixed"), Audience::Unspecified);
    assert_eq!(audience("staff"), Audience::Staff);
}
