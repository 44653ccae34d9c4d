use super::trying::SOON;
use super::*;

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const OTHER: &str = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const RELAY: &str = "https://relay.example";

fn pack(version: u64, bytes: u64) -> PackOffer {
    PackOffer { version, digest: format!("{version:064x}"), bytes }
}

fn offer(packs: &[PackOffer]) -> ListsOffer {
    ListsOffer { key: KEY.into(), packs: packs.to_vec() }
}

fn told(packs: &mut Packs, offer: &ListsOffer) {
    packs.offered(Some(offer.clone()), RELAY, None, 0, 0.5);
}

/// Puts in force what is wanted.
fn adopts(device: &mut Packs) -> Vec<String> {
    let Step::Adopt { digest, .. } = device.next(0) else { panic!("{:?}", device.next(0)) };
    device.tries(&digest);
    device.adopted(&digest)
}

/// A device that has these in force.
fn having(packs: &[PackOffer]) -> Packs {
    let mut device = Packs::default();
    told(&mut device, &offer(packs));
    device.here = packs.iter().map(|pack| pack.digest.clone()).collect();
    adopts(&mut device);
    device
}

#[test]
fn a_pack_is_fetched_piece_by_piece_and_on_where_the_worker_ended() {
    let mut device = Packs::default();
    assert_eq!(device.next(0), Step::Rest);
    let wanted = pack(7, PIECE + 10);
    told(&mut device, &offer(std::slice::from_ref(&wanted)));
    let digest = wanted.digest.clone();
    let path = format!("/api/v1/lists/{digest}");
    let first = Step::Fetch { digest: digest.clone(), path: path.clone(), from: 0, to: PIECE - 1 };
    assert_eq!(device.next(0), first);
    // Nothing of the header yet: it is not judged.
    device.fetched(&digest, PIECE, &[], 0);
    let mut next = Packs::from_json(&device.to_json().unwrap());
    assert_eq!(next, device);
    told(&mut next, &offer(&[wanted]));
    assert_eq!(next.next(0), Step::Fetch { digest: digest.clone(), path, from: PIECE, to: PIECE + 9 });
    assert_eq!(next.progress(), Some(99));
    next.fetched(&digest, PIECE + 10, &[], 0);
    assert_eq!(next.next(0), Step::Verify { digest, bytes: PIECE + 10 });
}

#[test]
fn a_section_that_is_here_already_is_copied() {
    let mut device = having(&[pack(3, 3 * PIECE)]);
    let part = |hash: &str, from, to| Section { hash: hash.into(), from, to };
    device.sections.insert(pack(3, 0).digest, vec![part("about", 200, 210), part("sites", 210, 3 * PIECE)]);
    let wanted = pack(7, 3 * PIECE + 5);
    told(&mut device, &offer(std::slice::from_ref(&wanted)));
    device.not_before = 0;
    device.fetched(&wanted.digest, PIECE, &[], 0);
    // Its “about” is five bytes longer, its sites are the same.
    device.coming = vec![part("more", 200, 215), part("sites", 215, 3 * PIECE + 5)];
    let copy = |device: &Packs| match device.next(0) {
        Step::Copy { digest, of, from, to, at } => Some((digest == wanted.digest, of, from, to, at)),
        _ => None,
    };
    assert_eq!(copy(&device), Some((true, pack(3, 0).digest, PIECE - 5, 3 * PIECE, PIECE)));
    let mut without = device.clone();
    without.cannot_copy();
    assert!(matches!(without.next(0), Step::Fetch { from: PIECE, .. }));
    device.fetched(&wanted.digest, 3 * PIECE + 5, &[], 0);
    assert!(matches!(device.next(0), Step::Verify { .. }));
    // Another section of the same length is another.
    device.have = PIECE;
    device.coming[1].hash = "others".into();
    assert_eq!(copy(&device), None);
}

#[test]
fn what_is_no_pack_is_refused_after_its_first_piece_and_not_fetched_again() {
    let mut device = having(&[pack(3, 100)]);
    let bad = offer(&[pack(7, 5_000)]);
    told(&mut device, &bad);
    device.fetched(&pack(7, 0).digest, 5_000, &[7; HEAD_AT_MOST], 0);
    assert!(device.state().problem.contains("not a pack"), "{}", device.state().problem);
    assert_eq!(device.next(0), Step::Rest);
    told(&mut device, &bad);
    assert_eq!(device.next(0), Step::Rest);
    assert_eq!(device.state().version, 3, "the last good one stays");
    // It may have been damaged on its way.
    device.offered(Some(bad.clone()), RELAY, None, SOON, 0.0);
    assert!(matches!(device.next(SOON), Step::Fetch { from: 0, .. }));
    device.refuse(&pack(7, 0).digest, "again".into(), SOON);
    // The relay has something else: that is tried.
    told(&mut device, &offer(&[pack(8, 100)]));
    assert!(matches!(device.next(0), Step::Fetch { .. }));
    assert_eq!(device.state().problem, "");
}

#[test]
fn the_first_key_is_kept_and_another_refused_until_the_policy_names_it() {
    let mut device = having(&[pack(3, 100)]);
    let other = ListsOffer { key: OTHER.into(), packs: vec![pack(9, 100)] };
    told(&mut device, &other);
    assert_eq!(device.next(0), Step::Rest);
    assert!(device.state().problem.contains(OTHER) && device.state().problem.contains("lists_key"));
    device.offered(Some(other.clone()), RELAY, Some(OTHER), 0, 0.0);
    assert!(matches!(device.next(0), Step::Fetch { .. }));
    // What the policy names wins, also over what was kept.
    let mut device = having(&[pack(3, 100)]);
    device.offered(Some(offer(&[pack(4, 100)])), RELAY, Some(OTHER), 0, 0.0);
    assert_eq!(device.next(0), Step::Rest);
    assert!(device.state().problem.contains("the managed policy names"));
    // Another relay has another key.
    let mut device = having(&[pack(3, 100)]);
    device.offered(Some(other), "https://other.example", None, 0, 0.0);
    assert!(matches!(device.next(0), Step::Fetch { .. }));
}

#[test]
fn an_older_version_is_refused_and_said_to_be() {
    let mut device = having(&[pack(3, 100), pack(5, 10)]);
    told(&mut device, &offer(&[pack(3, 100)]));
    assert_eq!(device.next(0), Step::Rest);
    assert!(device.state().problem.contains("version 3"), "{}", device.state().problem);
    assert_eq!(device.state().version, 5);
    told(&mut device, &offer(&[pack(3, 100), pack(5, 10)]));
    assert_eq!(device.state().problem, "");
}

#[test]
fn a_change_is_laid_on_what_is_in_force_and_otherwise_all_is_put_in_force_anew() {
    let mut device = having(&[pack(3, 100), pack(5, 10)]);
    told(&mut device, &offer(&[pack(3, 100), pack(5, 10), pack(6, 10)]));
    device.here.push(pack(6, 10).digest);
    assert_eq!(
        device.next(0),
        Step::Adopt { digest: pack(6, 0).digest, packs: vec![pack(6, 10)], key: KEY.into() }
    );
    assert!(adopts(&mut device).is_empty());
    // Another change in place of the last two: what lies below is here already, and is asked anew.
    told(&mut device, &offer(&[pack(3, 100), pack(9, 10)]));
    device.here.push(pack(9, 10).digest);
    assert_eq!(
        device.next(0),
        Step::Adopt { digest: pack(9, 0).digest, packs: vec![pack(3, 100), pack(9, 10)], key: KEY.into() }
    );
    assert_eq!(adopts(&mut device), [pack(5, 10).digest, pack(6, 10).digest]);
}

#[test]
fn failures_wait_longer_each_time_and_never_for_ever() {
    let mut device = Packs::default();
    told(&mut device, &offer(&[pack(3, 100)]));
    let mut waits = Vec::new();
    for _ in 0..12 {
        device.failed(None, 1_000, 1.0);
        assert_eq!(device.next(1_000), Step::Rest);
        waits.push(device.not_before - 1_000);
    }
    assert_eq!(waits[..3], [15_000, 30_000, 60_000]);
    assert_eq!(waits[11], WAIT.1);
    device.failed(Some(100_000), 1_000, 0.0);
    assert!(device.not_before - 1_000 <= WAIT.1);
    // The clock was set back by a year.
    assert!(matches!(device.next(-31_000_000_000), Step::Fetch { .. }));
}

#[test]
fn a_schools_devices_do_not_fetch_a_large_pack_in_the_same_second() {
    let mut device = having(&[pack(3, 100)]);
    told(&mut device, &offer(&[pack(4, SMALL + 1)]));
    assert_eq!(device.next(0), Step::Rest);
    assert!(matches!(device.next(90_000), Step::Fetch { .. }));
    // The first lists of all, and changes, come at once.
    told(&mut device, &offer(&[pack(3, 100), pack(5, 100)]));
    assert!(matches!(device.next(0), Step::Fetch { .. }));
}

#[test]
fn lists_that_are_lost_are_fetched_again() {
    let mut device = having(&[pack(3, 100)]);
    device.lost("the file is gone");
    assert!(device.state().problem.contains("the file is gone") && device.state().version == 0);
    told(&mut device, &offer(&[pack(3, 100)]));
    assert!(matches!(device.next(0), Step::Fetch { .. }));
}

#[test]
fn an_offer_that_cannot_be_is_not_followed() {
    for packs in [vec![], vec![pack(3, 0)], vec![pack(3, u64::MAX)], vec![pack(3, 1), pack(3, 1)]] {
        let mut device = Packs::default();
        told(&mut device, &offer(&packs));
        assert_eq!(device.next(0), Step::Rest, "{packs:?}");
        assert!(!device.state().problem.is_empty());
    }
}

#[test]
fn a_trial_is_believed_under_the_key_under_which_lists_are() {
    let mut device = Packs::default();
    assert!(device.trusts(OTHER, RELAY, None), "the first key is as good as any");
    told(&mut device, &offer(&[pack(7, 10)]));
    assert!(device.trusts(KEY, RELAY, None) && !device.trusts(OTHER, RELAY, None));
    assert!(device.trusts(OTHER, RELAY, Some(OTHER)) && !device.trusts(KEY, RELAY, Some(OTHER)));
    assert!(device.trusts(OTHER, "https://another.example", None), "the key is of the relay");
}
