use super::*;
use crate::policy::Setup;
use lapwing_packs::{Before, PackKey, Trial};
use serde_json::json;

const RELAY: &str = "https://relay.example";

fn key() -> PackKey {
    PackKey::from_seed(&[3; 32])
}

/// The pack of a trial of these gambling sites, as a relay makes it, what the relay says of it, and its sections' SHA-256.
fn trial(sites: &str) -> (Vec<u8>, ShadowOffer, Vec<[u8; 32]>) {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.txt");
    std::fs::write(&list, sites).unwrap();
    let new = [format!("plain:gambling={}", list.display()).parse().unwrap()];
    let made = Trial { before: Before::Lists(&[]), new: &new, version: 7 }.run(&key()).unwrap();
    let pack = Pack::open(made.bytes.clone(), &key().public(), 0).unwrap();
    let digests = pack.sections().map(|(section, _)| section.digest).collect();
    let offer = ShadowOffer {
        digest: hex(pack.digest()),
        version: 7,
        bytes: made.bytes.len() as u64,
        key: key().public().to_string(),
    };
    (made.bytes, offer, digests)
}

fn analyser() -> Analyser {
    let managed = json!({
        "relay_url": RELAY, "enrolment_key": "k", "school_name": "Elm School", "year_group": "9",
        "allowed_sites": ["allowed.test"],
    });
    let mut analyser = Analyser::with_phrases();
    let setup = Setup { install_type: Some("admin".into()), managed: Some(managed), ..Setup::default() };
    assert_eq!(analyser.settle(setup).unwrap().status.state, "watching");
    analyser
}

/// A device that takes part in a trial of these sites.
fn taking_part(sites: &str) -> (Shadow, ShadowOffer) {
    let (bytes, offer, digests) = trial(sites);
    let mut shadow = Shadow::default();
    shadow.offered(Some(offer.clone()), RELAY, true);
    assert_eq!(shadow.path(), format!("/api/v1/lists/{}", offer.digest));
    assert!(shadow.tries());
    shadow.take(bytes, &offer.digest, &digests).unwrap();
    (shadow, offer)
}

fn again(shadow: &Shadow) -> Shadow {
    Shadow::from_json(&shadow.to_json().unwrap())
}

fn sites(seen: &ShadowSeen) -> Vec<(&str, u32)> {
    seen.sites.iter().map(|one| (one.site.as_str(), one.visits)).collect()
}

#[test]
fn visits_are_counted_by_listed_site_and_told_until_they_are_acknowledged() {
    let (mut shadow, offer) = taking_part("casino.test\nallowed.test\nbet365.com\n");
    let mut analyser = analyser();
    for (url, counts) in [
        ("https://www.casino.test/a?q=private#x", true),
        ("https://casino.test/", true),
        // Opened by IT, stopped already, in no list, no site at all.
        ("https://allowed.test/", false),
        ("https://www.bet365.com/", false),
        ("https://other.test/", false),
        ("about:blank", false),
    ] {
        assert_eq!(shadow.visited(&mut analyser, url, 0).unwrap(), counts, "{url}");
    }
    let kept = shadow.to_json().unwrap();
    assert!(kept.contains("casino.test") && !kept.contains("private") && !kept.contains("www."), "{kept}");
    assert_eq!(again(&shadow).told("https://other.example", "a"), None, "another school's relay");

    let mut shadow = again(&shadow);
    let told = shadow.told(RELAY, "a").unwrap();
    assert_eq!((told.digest.as_str(), told.batch.as_str()), (offer.digest.as_str(), "a"));
    assert_eq!(sites(&told), [("casino.test", 2)]);
    // The answer was lost: the same goes again, and what was seen since then waits.
    assert!(shadow.count("casino.test".into()));
    let mut shadow = again(&shadow);
    assert_eq!(shadow.told(RELAY, "b"), Some(told));
    shadow.answered("another");
    assert_eq!(shadow.told(RELAY, "b").unwrap().batch, "a");
    shadow.answered("a");
    assert_eq!(sites(&shadow.told(RELAY, "c").unwrap()), [("casino.test", 1)]);
    shadow.answered("c");
    assert_eq!(shadow.told(RELAY, "d"), None);
    assert!(!shadow.to_json().unwrap().contains("casino.test"), "forgotten");
}

#[test]
fn numbers_and_sites_are_bounded() {
    let (mut shadow, _) = taking_part("casino.test\n");
    for number in 0..limit::SHADOW_SITES {
        assert!(shadow.count(format!("{number}.test")));
    }
    assert!(!shadow.count("one-more.test".into()));
    for _ in 0..limit::SHADOW_VISITS {
        shadow.count("0.test".into());
    }
    assert!(!shadow.count("0.test".into()), "nothing is written for what changes nothing");
    let told = shadow.told(RELAY, "a").unwrap();
    assert_eq!(told.sites.len(), limit::SHADOW_SITES);
    assert_eq!(told.sites.iter().map(|one| one.visits).max(), Some(limit::SHADOW_VISITS));
}

#[test]
fn that_a_device_takes_part_is_said_once_even_if_nothing_was_counted() {
    let (bytes, offer, digests) = trial("casino.test\n");
    let mut shadow = Shadow::default();
    shadow.offered(Some(offer.clone()), RELAY, true);
    assert_eq!(shadow.told(RELAY, "a"), None, "nothing has been asked of it yet");
    shadow.take(bytes, &offer.digest, &digests).unwrap();
    let mut shadow = again(&shadow);
    let told = shadow.told(RELAY, "a").unwrap();
    assert_eq!((told.batch.as_str(), sites(&told)), ("a", vec![]));
    assert_eq!(again(&shadow).told(RELAY, "b"), Some(told), "until it has been heard");
    shadow.answered("a");
    assert_eq!(again(&shadow).told(RELAY, "c"), None);
    // In the next trial it is said anew.
    let other = ShadowOffer { digest: "0".repeat(64), ..offer };
    shadow.offered(Some(other), RELAY, true);
    assert!(!shadow.to_json().unwrap().contains("\"said_so\":true"));
}

#[test]
fn with_its_end_and_with_another_trial_everything_is_forgotten() {
    let (shadow, offer) = taking_part("casino.test\n");
    let other = ShadowOffer { digest: "0".repeat(64), ..offer.clone() };
    for (next, relay, trusted) in [
        (None, RELAY, true),
        (Some(other), RELAY, true),
        (Some(offer.clone()), "https://other.example", true),
        (Some(offer.clone()), RELAY, false),
        (Some(ShadowOffer { bytes: limit::SHADOW_PACK + 1, ..offer.clone() }), RELAY, true),
        (Some(ShadowOffer { digest: "../x".into(), ..offer.clone() }), RELAY, true),
    ] {
        let mut shadow = again(&shadow);
        shadow.count("casino.test".into());
        shadow.offered(next.clone(), relay, trusted);
        assert_eq!(shadow.told(relay, "a"), None, "{next:?}");
        assert!(!shadow.is_loaded() && !shadow.to_json().unwrap().contains("casino.test"), "{next:?}");
    }
    let mut none = again(&shadow);
    none.offered(None, RELAY, true);
    assert_eq!((none.to_json().unwrap().as_str(), none.path().as_str()), ("", ""));
    // The same trial goes on.
    let mut same = shadow;
    same.count("casino.test".into());
    same.offered(Some(offer), RELAY, true);
    assert!(same.is_loaded() && same.told(RELAY, "a").is_some());
}

#[test]
fn a_pack_that_is_not_the_promised_one_is_not_asked() {
    let (bytes, offer, digests) = trial("casino.test\n");
    let take = |offer: ShadowOffer, bytes: &[u8], digests: &[[u8; 32]]| {
        let mut shadow = Shadow::default();
        let digest = offer.digest.clone();
        shadow.offered(Some(offer), RELAY, true);
        let taken = shadow.take(bytes.to_vec(), &digest, digests);
        assert_eq!(taken.is_ok(), shadow.is_loaded());
        taken.map_err(|error| error.to_string())
    };
    assert_eq!(take(offer.clone(), &bytes, &digests), Ok(()));
    let refused = |offer: ShadowOffer, bytes: &[u8], digests: &[[u8; 32]], words: &str| {
        let why = take(offer, bytes, digests).unwrap_err();
        assert!(why.contains(words), "{why}");
    };
    refused(offer.clone(), &bytes, &[[0; 32]], "damaged");
    refused(offer.clone(), &bytes[1..], &digests, "not a pack");
    refused(ShadowOffer { version: 8, ..offer.clone() }, &bytes, &digests, "older pack");
    refused(ShadowOffer { version: 6, ..offer.clone() }, &bytes, &digests, "another pack");
    refused(ShadowOffer { digest: "0".repeat(64), ..offer.clone() }, &bytes, &digests, "another pack");
    let stranger = PackKey::from_seed(&[4; 32]).public().to_string();
    refused(ShadowOffer { key: stranger, ..offer.clone() }, &bytes, &digests, "not the one that is trusted");
    // Another trial began while it was read.
    let mut shadow = Shadow::default();
    shadow.offered(Some(offer), RELAY, true);
    shadow.take(bytes, &"0".repeat(64), &digests).unwrap();
    assert!(!shadow.is_loaded());
}

#[test]
fn a_pack_that_ends_the_worker_is_given_up_and_counted_with_no_more() {
    let (bytes, offer, digests) = trial("casino.test\n");
    let mut shadow = Shadow::default();
    shadow.offered(Some(offer.clone()), RELAY, true);
    for _ in 0..TRIES {
        assert!(shadow.tries());
        shadow = again(&shadow);
    }
    let mut sound = again(&shadow);
    sound.take(bytes.clone(), &offer.digest, &digests).unwrap();
    assert!(sound.tries(), "once it was put to use it is tried as often again");
    assert!(!shadow.tries());
    assert_eq!(shadow.path(), "");
    shadow.offered(Some(offer.clone()), RELAY, true);
    shadow.take(bytes, &offer.digest, &digests).unwrap();
    assert!(!shadow.is_loaded() && !shadow.visited(&mut analyser(), "https://casino.test/", 0).unwrap());
    // The next trial is another.
    shadow.offered(Some(ShadowOffer { digest: "0".repeat(64), ..offer }), RELAY, true);
    assert!(shadow.tries());
}

#[test]
fn who_does_not_watch_counts_nothing() {
    let (mut shadow, _) = taking_part("casino.test\n");
    assert!(!shadow.visited(&mut Analyser::with_phrases(), "https://casino.test/", 0).unwrap());
}
