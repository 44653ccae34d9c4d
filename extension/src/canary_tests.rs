use super::*;
use crate::policy::Setup;
use lapwing_core::wire::CanaryLayer::{BuiltIn, Listener, Published, Text, Unlawful};
use serde_json::{Value, json};

fn settled(change: impl FnOnce(&mut Value)) -> Analyser {
    let mut managed = json!({
        "relay_url": "https://relay.example", "enrolment_key": "k", "school_name": "Elm School", "year_group": "9"
    });
    change(&mut managed);
    let mut analyser = Analyser::with_phrases();
    let setup = Setup { install_type: Some("admin".into()), managed: Some(managed), ..Setup::default() };
    assert_eq!(analyser.settle(setup).unwrap().status.state, "watching");
    analyser
}

/// What did not hold.
fn broken(canary: &Canary) -> Vec<(CanaryLayer, &str)> {
    canary.results.iter().filter(|one| !one.held).map(|one| (one.layer, one.why.as_str())).collect()
}

#[test]
fn a_device_in_order_passes_and_remembers_nothing_of_it() {
    let mut analyser = settled(|managed| managed["group"] = json!("9b, choir"));
    let before = analyser.session().unwrap();
    let canary = analyser.canary(true, 5).unwrap().unwrap();
    assert_eq!((canary.ran_at, canary.group.as_str()), (5, "Year 9, 9b, choir"));
    let layers: Vec<_> = canary.results.iter().map(|one| one.layer).collect();
    assert_eq!(layers, [BuiltIn, Unlawful, Listener, Text], "it has no published lists");
    assert_eq!(broken(&canary), []);
    assert_eq!(analyser.session().unwrap(), before);
}

#[test]
fn whatever_opens_the_address_is_found_and_named() {
    let why = |change: fn(&mut Value)| {
        let canary = settled(change).canary(true, 0).unwrap().unwrap();
        broken(&canary).into_iter().map(|(layer, why)| (layer, why.to_owned())).collect::<Vec<_>>()
    };
    let opens = why(|managed| managed["allowed_sites"] = json!(["canary.lapwing.test"]));
    assert_eq!(opens, [(BuiltIn, "allowed_sites in device management opens it".to_owned())]);
    let never = why(|managed| managed["never_read_sites"] = json!(["lapwing.test"]));
    assert_eq!(never.iter().map(|(layer, _)| *layer).collect::<Vec<_>>(), [BuiltIn, Text]);
    let none = why(|managed| managed["allowed_sites"] = json!(["illegal.lapwing.test"]));
    assert_eq!(none, [], "no policy opens what is unlawful");
}

#[test]
fn a_listener_that_the_browser_does_not_ask_is_told() {
    let canary = settled(|_| ()).canary(false, 0).unwrap().unwrap();
    assert_eq!(broken(&canary), [(Listener, "the browser did not let Lapwing stop a request")]);
}

#[test]
fn whether_safe_search_is_on_is_told_and_is_no_failure() {
    let off = |managed: &mut Value| managed["safe_search"] = json!("off");
    let (on, off) = (settled(|_| ()).canary(true, 0), settled(off).canary(true, 0));
    let (on, off) = (on.unwrap().unwrap(), off.unwrap().unwrap());
    assert_eq!((on.safe_search, off.safe_search, broken(&off)), (true, false, vec![]));
}

#[test]
fn lists_that_do_not_know_the_address_fail() {
    let mut analyser = settled(|_| ());
    let result = analyser.address(Published, PACK_HOST, 0).unwrap();
    assert_eq!(result, failed(Published, "the lists do not know it"));
}

#[test]
fn who_does_not_watch_tests_nothing() {
    assert_eq!(Analyser::with_phrases().canary(true, 0).unwrap(), None);
}

#[test]
fn one_is_due_each_day_after_a_failure_and_under_anything_new() {
    let hour = 3_600_000;
    assert!(Kept::default().is_due("v1", 0));
    let proved = Kept::told(6 * hour, "v1".into(), 1_000);
    assert!(!proved.is_due("v1", 1_000) && !proved.is_due("v1", 6 * hour + 999));
    assert!(proved.is_due("v1", 6 * hour + 1_000) && proved.is_due("v2", 1_000));
    assert!(proved.is_due("v1", -30 * hour), "the clock was set back");
    assert!(Kept::told(0, "v1".into(), 1_000).is_due("v1", 1_000));
}

#[test]
fn what_it_was_made_under_names_extension_lists_and_policy() {
    let (one, two) = (settled(|_| ()), settled(|managed| managed["year_group"] = json!("7")));
    assert_ne!(one.canary_under("0.1"), two.canary_under("0.1"));
    assert_ne!(one.canary_under("0.1"), one.canary_under("0.2"));
}
