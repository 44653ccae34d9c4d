use super::*;

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const RELAY: &str = "https://relay.example";

fn pack(version: u64) -> PackOffer {
    PackOffer { version, digest: format!("{version:064x}"), bytes: 100 }
}

fn digest(version: u64) -> String {
    pack(version).digest
}

fn told(device: &mut Packs, versions: &[u64], now: i64) {
    let packs = versions.iter().copied().map(pack).collect();
    device.offered(Some(ListsOffer { key: KEY.into(), packs }), RELAY, None, now, 0.0);
}

/// The relay names these, and all of them are here.
fn comes(device: &mut Packs, versions: &[u64], now: i64) {
    told(device, versions, now);
    device.here = versions.iter().copied().map(digest).collect();
}

fn having(versions: &[u64]) -> Packs {
    let mut device = Packs::default();
    comes(&mut device, versions, 0);
    let newest = digest(*versions.last().unwrap());
    device.tries(&newest);
    device.adopted(&newest);
    assert_eq!(device.state().version, *versions.last().unwrap());
    device
}

/// What the next worker knows, in the same browser.
fn next_worker(device: &Packs, now: i64) -> Packs {
    let mut next = Packs::from_json(&device.to_json().unwrap());
    next.started(false, now);
    next
}

/// The same after the computer was switched off.
fn next_browser(device: &Packs, now: i64) -> Packs {
    let mut next = Packs::from_json(&device.to_json().unwrap());
    next.started(true, now);
    next
}

/// A start in which what is in force is read again without a fault.
fn loads(device: &mut Packs) {
    let newest = device.in_force().0.last().unwrap().digest.clone();
    device.tries(&newest);
    device.adopted(&newest);
}

#[test]
fn new_lists_that_end_the_extension_twice_are_refused_and_what_was_in_force_stays() {
    let mut device = having(&[3]);
    comes(&mut device, &[7], 0);
    device.tries(&digest(7));
    let mut device = next_worker(&device, 10);
    assert!(device.wanted.is_some() && device.state().problem.is_empty(), "once may be anything");
    // What was in force before is read in between, which says nothing about the others.
    loads(&mut device);
    device.tries(&digest(7));
    let mut device = next_worker(&device, 20);
    let state = device.state();
    assert!(
        state.version == 3 && state.problem.contains("ended 2 times while version 7"),
        "{}",
        state.problem
    );
    assert_eq!(device.in_force().0, [pack(3)]);
    told(&mut device, &[7], 20 + SOON - 1);
    assert!(device.wanted.is_none(), "the same lists again");
    // The start after that has nothing to refuse.
    assert!(!Packs::from_json(&device.to_json().unwrap()).started(false, 40));
    told(&mut device, &[8], 50);
    assert!(device.wanted.is_some(), "the relay has others");
}

#[test]
fn what_is_in_force_is_given_up_when_a_second_worker_ends_in_it() {
    let mut device = having(&[3, 5]);
    device.tries(&digest(5));
    let mut device = next_worker(&device, 10);
    assert_eq!(device.state().version, 5);
    device.tries(&digest(5));
    let mut device = next_worker(&device, 20);
    assert!(device.in_force().0.is_empty() && device.state().version == 0);
    assert!(device.state().problem.contains("version 5"), "{}", device.state().problem);
    told(&mut device, &[3, 5], 30);
    assert!(device.wanted.is_none());
    // A start that comes through counts from nothing.
    let mut device = having(&[3]);
    for _ in 0..4 {
        device.tries(&digest(3));
        device = next_worker(&device, 0);
        loads(&mut device);
    }
    assert_eq!(device.state().version, 3);
}

#[test]
fn computers_that_are_switched_off_give_up_nothing_until_it_cannot_be_that() {
    let mut device = having(&[3]);
    for times in 1..=BROWSERS {
        assert_eq!(device.state().version, 3, "{times}");
        device.tries(&digest(3));
        device = next_browser(&device, 0);
    }
    assert_eq!(device.state().version, 0, "lists that end the whole browser are given up in the end");
}

#[test]
fn what_was_refused_is_tried_again_soon_then_later_and_ever_later() {
    let mut device = having(&[3]);
    let mut now = 0;
    let mut pauses = Vec::new();
    for _ in 0..9 {
        told(&mut device, &[7], now);
        device.refuse(&digest(7), "too large".into(), now);
        let from = now;
        while device.wanted.is_none() {
            now += SOON;
            told(&mut device, &[7], now);
        }
        pauses.push((now - from) / SOON);
    }
    assert_eq!(pauses, [1, 12, 24, 48, 96, 192, 384, 384, 384]);
}

#[test]
fn a_disk_without_room_is_said_and_asked_again_later() {
    let mut device = having(&[3]);
    told(&mut device, &[7], 0);
    device.have = 50;
    device.not_stored(&digest(9), "of another pack", 0);
    assert_eq!((device.have, device.problem.as_str()), (50, ""));
    device.not_stored(&digest(7), "no room", 0);
    assert!(device.state().version == 3 && device.state().problem.contains("no room"));
    assert_eq!(device.next(60_000), crate::pieces::Step::Rest);
    // Hearing of the same lists again changes nothing; then they are fetched from their beginning.
    told(&mut device, &[7], 60_000);
    assert!(device.state().problem.contains("no room"));
    assert!(matches!(device.next(31 * 60_000), crate::pieces::Step::Fetch { from: 0, .. }));
}

#[test]
fn an_answer_about_older_lists_does_not_mark_newer_ones() {
    let mut device = having(&[3]);
    comes(&mut device, &[7], 0);
    device.tries(&digest(7));
    // While those are put in force, the relay names others.
    told(&mut device, &[8], 0);
    let mut refusing = device.clone();
    device.adopted(&digest(7));
    assert_eq!(device.in_force().0, [pack(7)]);
    assert!(device.wanted.as_ref().is_some_and(|wanted| wanted.packs == [pack(8)]));

    refusing.refuse(&digest(7), "damaged".into(), 0);
    assert_eq!(refusing.in_force().0, [pack(3)]);
    assert!(refusing.wanted.as_ref().is_some_and(|wanted| wanted.packs == [pack(8)]));
    assert!(!refusing.is_refused(refusing.wanted.as_ref().unwrap(), 0));

    // Nothing is known of a pack that nobody tries or wants.
    let before = device.clone();
    device.refuse(&digest(9), "damaged".into(), 0);
    device.adopted(&digest(8));
    assert_eq!(device, before);
}
