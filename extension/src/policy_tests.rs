use super::*;
use serde_json::json;

fn good(school: &str) -> Value {
    json!({ "relay_url": "https://relay.example", "enrolment_key": "k", "school_name": school })
}

fn bad() -> Value {
    json!({ "relay_url": "http://relay.example", "enrolment_key": "k", "school_name": "Elm" })
}

fn setup(managed: Option<Value>, kept: Option<Value>) -> Setup {
    Setup { install_type: Some("admin".into()), managed, kept, empty_since: None, now: 1_000_000 }
}

fn status(setup: Setup) -> Status {
    Status::of(&settle(setup).standing, "lists")
}

#[test]
fn it_watches_nobody_unless_a_school_installed_it() {
    for other in ["development", "normal", "sideload", "other"] {
        let install_type = Some(other.to_owned());
        let settled = settle(Setup { install_type, ..setup(Some(good("Elm")), Some(good("Elm"))) });
        assert_eq!((settled.standing, settled.keep), (Standing::NotManaged, None), "{other}");
    }
}

#[test]
fn before_the_browser_has_said_how_it_is_installed_it_is_starting() {
    let settled = settle(Setup { install_type: None, ..setup(Some(good("Elm")), None) });
    assert_eq!(settled.standing, Standing::Starting);
}

#[test]
fn the_kept_policy_holds_until_managed_storage_answers() {
    assert_eq!(status(setup(None, Some(good("Elm")))).school, "Elm");
    assert_eq!(status(setup(None, None)).state, "starting");
}

#[test]
fn a_new_policy_replaces_the_kept_one() {
    let settled = settle(setup(Some(good("Oak")), Some(good("Elm"))));
    assert_eq!(settled.keep, Some(good("Oak")));
    assert_eq!(Status::of(&settled.standing, "").school, "Oak");
}

#[test]
fn a_bad_policy_leaves_the_last_good_one_in_force_and_says_so() {
    let settled = settle(setup(Some(bad()), Some(good("Elm"))));
    assert_eq!(settled.keep, Some(good("Elm")));
    let status = Status::of(&settled.standing, "");
    assert_eq!((status.state, status.school.as_str()), ("watching", "Elm"));
    assert!(status.problems[0].starts_with("relay_url: "), "{:?}", status.problems);
}

#[test]
fn a_bad_policy_with_nothing_before_it_watches_nobody() {
    let status = status(setup(Some(bad()), None));
    assert_eq!((status.state, status.relay_url.as_str()), ("bad_policy", ""));
    assert_eq!(status.problems.len(), 1);
}

#[test]
fn never_configured_is_not_set_up() {
    assert_eq!(status(setup(Some(json!({})), None)).state, "not_set_up");
}

#[test]
fn an_empty_answer_is_believed_only_after_a_while() {
    let first = settle(setup(Some(json!({})), Some(good("Elm"))));
    assert!(matches!(first.standing, Standing::Watching(..)));
    assert_eq!(first.empty_since, Some(1_000_000));
    let later = |now| {
        settle(Setup { empty_since: first.empty_since, now, ..setup(Some(json!({})), first.keep.clone()) })
    };
    assert!(matches!(later(1_000_000 + EMPTY_FOR - 1).standing, Standing::Watching(..)));
    let gone = later(1_000_000 + EMPTY_FOR);
    assert_eq!((gone.standing, gone.keep), (Standing::NotSetUp, None));
    assert!(matches!(later(500).standing, Standing::Watching(..)));
}
