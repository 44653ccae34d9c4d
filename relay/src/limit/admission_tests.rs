use super::*;
use crate::clock::FixedClock;
use crate::random::SystemRandom;
use jiff::SignedDuration;

const BODY: u64 = 512 * 1024;

fn admission() -> (Admission, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::new("2026-11-24T09:14:00Z".parse().unwrap()));
    let shared: Arc<dyn Clock> = clock.clone();
    (Admission::new(&shared, Arc::new(SystemRandom::default())), clock)
}

fn device(id: &str, school: &str) -> Device {
    Device {
        id: id.into(),
        school_id: school.into(),
        public_key: String::new(),
        revoked_at: None,
        last_seen_at: 0,
    }
}

#[test]
fn a_flood_at_ten_times_the_limit_costs_nobody_else_anything() {
    let (admission, clock) = admission();
    let (flooder, others) = (device("flooder", "oak"), (0..99).map(|n| device(&n.to_string(), "oak")));
    let others: Vec<_> = others.collect();
    let (mut taken, mut refused) = (0, 0);
    // A minute in steps of a second: the flooder brings 2,000 alerts in each, ten times what it may.
    for _ in 0..60 {
        for _ in 0..40 {
            match admission.admit(&flooder, Lane::Bulk, 50) {
                Ok(_) => taken += 50,
                Err(Refused::Device { seconds }) => {
                    assert!((1..60).contains(&seconds), "{seconds}");
                    refused += 50;
                }
                Err(other) => panic!("{other}"),
            }
        }
        for other in &others {
            assert!(admission.admit(other, Lane::Bulk, 1).is_ok());
        }
        clock.advance(SignedDuration::from_secs(1));
    }
    let most = DEVICE_BURST + 60 * 200;
    assert!(taken <= most && taken > most / 2, "{taken} of at most {most}");
    assert_eq!(taken + refused, 60 * 2_000);
}

#[test]
fn a_school_that_floods_from_every_device_still_gets_severe_alerts_in() {
    let (admission, _) = admission();
    let mut full = 0;
    for n in 0..40 {
        for _ in 0..100 {
            full += u32::from(matches!(
                admission.admit(&device(&n.to_string(), "oak"), Lane::Bulk, 50),
                Err(Refused::Full { .. })
            ));
        }
    }
    assert!(full > 0, "40 devices with 5,000 each are more than a school may bring at once");
    assert!(admission.admit(&device("quiet", "oak"), Lane::Bulk, 1).is_err());
    assert_eq!(admission.admit(&device("quiet", "oak"), Lane::Severe, 1).unwrap().lane, Lane::Severe);
    assert!(
        admission.admit(&device("other", "ash"), Lane::Bulk, 50).is_ok(),
        "another school is not touched"
    );
}

#[test]
fn a_full_bulk_lane_leaves_the_severe_lane_open() {
    let (admission, _) = admission();
    let waiting: Vec<_> = (0..LANE / 2)
        .map(|n| admission.admit(&device(&n.to_string(), "oak"), Lane::Bulk, 1).unwrap())
        .collect();
    let Err(Refused::Full { seconds }) = admission.admit(&device("late", "oak"), Lane::Bulk, 1) else {
        panic!("the lane was full")
    };
    assert!((1..=1 + SPREAD).contains(&seconds), "{seconds}");
    assert!(admission.admit(&device("late", "oak"), Lane::Severe, 1).is_ok());
    assert!(admission.admit(&device("late", "ash"), Lane::Bulk, 1).is_ok(), "another school has places");
    drop(waiting);
    assert!(admission.admit(&device("late", "oak"), Lane::Bulk, 1).is_ok());
}

#[test]
fn batches_that_hold_something_severe_leave_places_for_a_lone_alert() {
    let (admission, _) = admission();
    let held: Vec<_> = (0..LANE * 2)
        .map(|n| admission.admit(&device(&format!("h{n}"), &n.to_string()), Lane::Severe, 50).unwrap())
        .collect();
    assert_eq!(held.iter().filter(|held| held.lane == Lane::Severe).count(), LANE);
    assert!(admission.admit(&device("late", "oak"), Lane::Severe, 50).is_err());
    assert_eq!(admission.admit(&device("in danger", "oak"), Lane::Severe, 1).unwrap().lane, Lane::Severe);
}

#[test]
fn a_device_that_calls_everything_severe_queues_with_the_rest() {
    let (admission, _) = admission();
    let liar = device("liar", "oak");
    let lanes: Vec<_> =
        (0..=SEVERE_BURST).map(|_| admission.admit(&liar, Lane::Severe, 1).unwrap().lane).collect();
    assert_eq!(lanes.iter().filter(|lane| **lane == Lane::Severe).count(), SEVERE_BURST as usize);
    assert_eq!(lanes.last(), Some(&Lane::Bulk));
    assert_eq!(admission.admit(&device("honest", "oak"), Lane::Severe, 1).unwrap().lane, Lane::Severe);
}

#[test]
fn returns_are_spread() {
    let (admission, _) = admission();
    let _waiting: Vec<_> = (0..LANE / 2)
        .map(|n| admission.admit(&device(&n.to_string(), "oak"), Lane::Bulk, 1).unwrap())
        .collect();
    let mut told = std::collections::HashSet::new();
    for _ in 0..200 {
        if let Err(Refused::Full { seconds }) = admission.admit(&device("late", "oak"), Lane::Bulk, 1) {
            told.insert(seconds);
        }
    }
    assert!(told.len() > 5, "{told:?}");
}

#[test]
fn neither_a_device_nor_a_school_can_take_all_memory_for_bodies() {
    let (admission, _) = admission();
    let (flooder, other) = (device("flooder", "oak"), device("other", "oak"));
    let mut held = Vec::new();
    while let Ok(arrival) = admission.arrive(&flooder, None, BODY) {
        held.push(arrival);
    }
    assert_eq!(held.len(), DEVICE_AT_ONCE as usize);
    assert!(admission.arrive(&other, None, BODY).is_ok());
    // Some devices together can take all that their school may have for large bodies, and then small ones still come in.
    for n in 0..16 {
        while let Ok(arrival) = admission.arrive(&device(&format!("helper-{n}"), "oak"), None, BODY) {
            held.push(arrival);
        }
    }
    assert!(matches!(admission.arrive(&other, None, BODY), Err(Refused::Full { .. })));
    assert!(admission.arrive(&other, Some(1_200), BODY).is_ok());
    assert!(admission.arrive(&device("elsewhere", "ash"), None, BODY).is_ok(), "another school has memory");
    drop(held);
    assert!(admission.arrive(&other, None, BODY).is_ok());
    assert!(admission.under_way.lock().unwrap().is_empty(), "who has nothing under way is forgotten");
}

#[test]
fn a_school_whose_devices_all_hold_something_severe_leaves_places_for_another() {
    let (admission, _) = admission();
    let held: Vec<_> = (0..LANE * 2)
        .filter_map(|n| admission.admit(&device(&n.to_string(), "oak"), Lane::Severe, 1).ok())
        .collect();
    assert_eq!(held.iter().filter(|held| held.lane == Lane::Severe).count(), LANE / 2);
    assert!(admission.admit(&device("late", "oak"), Lane::Severe, 1).is_err());
    assert_eq!(admission.admit(&device("in danger", "ash"), Lane::Severe, 1).unwrap().lane, Lane::Severe);
}
