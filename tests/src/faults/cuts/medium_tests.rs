use super::*;

fn event(time: u64, action: Action) -> Event {
    Event { begun: time, ended: time, action }
}

fn write(time: u64, at: u64, text: &str) -> Event {
    event(time, Action::Write { name: "a".into(), at, bytes: text.as_bytes().to_vec() })
}

fn sync(time: u64) -> Event {
    event(time, Action::Sync { name: "a".into() })
}

fn cuts(medium: &Medium) -> Vec<Files> {
    let mut random = fastrand::Rng::with_seed(5);
    (0..200).map(|_| medium.cut(&[], &mut random)).collect()
}

#[test]
fn what_was_synced_is_always_there_and_the_rest_sometimes() {
    let mut medium = Medium::honest(&[("a".into(), b"0000".to_vec())]);
    medium.take(&write(1, 0, "1"));
    medium.take(&sync(2));
    medium.take(&write(3, 1, "2"));
    let left: std::collections::BTreeSet<_> =
        cuts(&medium).into_iter().map(|files| String::from_utf8(files[0].1.clone()).unwrap()).collect();
    assert_eq!(left.into_iter().collect::<Vec<_>>(), ["1000", "1200"]);
}

#[test]
fn a_medium_that_ignores_syncs_loses_what_was_synced() {
    let mut medium = Medium::that_ignores_syncs(&[("a".into(), b"0".to_vec())]);
    medium.take(&write(1, 0, "1"));
    medium.take(&sync(2));
    assert!(cuts(&medium).iter().any(|files| files[0].1 == b"0"));
}

#[test]
fn writes_are_torn_at_sectors_and_nowhere_else() {
    assert_eq!(sectors(510, b"abcd"), [(510, b"ab".as_slice()), (512, b"cd")]);
    let mut medium = Medium::honest(&[("a".into(), vec![b'0'; 1024])]);
    medium.take(&event(1, Action::Write { name: "a".into(), at: 0, bytes: vec![b'1'; 1024] }));
    let halves = |files: &Files| {
        let (first, second) = files[0].1.split_at(512);
        assert!(first.iter().all(|byte| *byte == first[0]) && second.iter().all(|byte| *byte == second[0]));
        (first[0], second[0])
    };
    let seen: std::collections::BTreeSet<_> = cuts(&medium).iter().map(halves).collect();
    assert_eq!(seen.len(), 4, "every combination of two sectors");
}

#[test]
fn a_write_that_ends_after_a_sync_has_begun_is_not_covered_by_it() {
    let mut medium = Medium::honest(&[("a".into(), b"0".to_vec())]);
    medium.take(&Event { begun: 1, ended: 5, ..write(1, 0, "1") });
    medium.take(&Event { begun: 3, ended: 9, ..sync(3) });
    assert!(cuts(&medium).iter().any(|files| files[0].1 == b"0"));
}

#[test]
fn names_last_once_their_folder_is_synced() {
    let mut medium = Medium::honest(&[]);
    medium.take(&event(1, Action::Create { name: "a".into() }));
    medium.take(&write(2, 0, "1"));
    medium.take(&sync(3));
    assert!(cuts(&medium).iter().any(Vec::is_empty));
    medium.take(&event(4, Action::SyncFolder));
    assert!(cuts(&medium).iter().all(|files| files == &[("a".to_owned(), b"1".to_vec())]));
    medium.take(&event(5, Action::Remove { name: "a".into() }));
    assert!(cuts(&medium).iter().any(Vec::is_empty) && cuts(&medium).iter().any(|files| files.len() == 1));
}
