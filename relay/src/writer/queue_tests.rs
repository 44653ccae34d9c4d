use super::*;
use crate::seal::Vault;
use futures_util::FutureExt as _;
use lapwing_core::wire::Alert;
use serde_json::json;
use std::sync::Arc;

fn alert() -> Alert {
    serde_json::from_value(json!({
        "id": uuid::Uuid::new_v4().to_string(), "occurred_at": 1, "source": "typed", "category": "bullying",
        "severity": "medium", "action": "note", "url": "https://chat.example/", "reasons": [],
        "policy_version": "p1", "lists_version": "l1",
    }))
    .unwrap()
}

fn job(device: &str, alerts: usize) -> Job {
    let vault = Arc::new(Vault::for_tests("oak"));
    let alerts = (0..alerts).map(|_| crate::db::intake::Ready::new(&vault, alert()).unwrap()).collect();
    let arrival =
        Arrival { school_id: "oak".into(), device_id: device.into(), now: 1, news: None, vault, alerts };
    Job { arrival, answer: oneshot::channel().0 }
}

fn devices(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.arrival.device_id.as_str()).collect()
}

#[tokio::test]
async fn what_is_severe_overtakes_a_backlog() {
    let (queue, now) = (Queue::default(), Instant::now());
    for device in ["a", "b", "c"] {
        queue.push(job(device, 50), Lane::Bulk, now).unwrap();
    }
    queue.push(job("in danger", 1), Lane::Severe, now).unwrap();
    let group = queue.take(100).await;
    assert_eq!(devices(&group), ["in danger", "a"], "a third would make it more than 100 alerts");
    assert_eq!(devices(&queue.take(100).await), ["b", "c"]);
    assert!(queue.take(100).now_or_never().is_none());
}

#[tokio::test]
async fn a_lone_severe_alert_overtakes_batches_that_hold_severe_ones_too() {
    let (queue, now) = (Queue::default(), Instant::now());
    for _ in 0..20 {
        queue.push(job("a day offline", 50), Lane::Severe, now).unwrap();
    }
    queue.push(job("in danger", 1), Lane::Severe, now + Duration::from_secs(4)).unwrap();
    assert_eq!(devices(&queue.take(1).await), ["in danger"]);
}

#[tokio::test]
async fn nobody_waits_for_as_long_as_something_more_urgent_keeps_coming() {
    let (queue, now) = (Queue::default(), Instant::now());
    queue.push(job("patient", 50), Lane::Bulk, now).unwrap();
    // Each second twice as much comes as is taken, all of it severe.
    let mut taken = Vec::new();
    for second in 1..=10 {
        for _ in 0..2 {
            queue.push(job("flood", 50), Lane::Severe, now + Duration::from_secs(second)).unwrap();
        }
        taken.extend(queue.take(50).await);
    }
    // The eight that came less than five seconds after it, and no later one.
    assert_eq!(devices(&taken).iter().position(|device| *device == "patient"), Some(8));
}

#[tokio::test]
async fn what_could_not_be_written_in_time_is_refused_unless_it_is_little() {
    let (queue, now) = (Queue::default(), Instant::now());
    queue.hear_pace(1_000);
    let push = |device: &str, alerts, lane| queue.push(job(device, alerts), lane, now);
    assert!(!queue.is_deep());
    for _ in 0..3_000 / 50 {
        push("flood", 50, Lane::Bulk).unwrap();
    }
    assert!(queue.is_deep());
    assert_eq!(push("late", 50, Lane::Bulk), Err(Full), "three seconds of work wait");
    push("one more", 1, Lane::Bulk).unwrap();
    for _ in 0..2_950 / 50 {
        push("grave", 50, Lane::Severe).unwrap();
    }
    assert_eq!(push("grave, too", 50, Lane::Severe), Err(Full), "six seconds of work wait");
    push("in danger", 1, Lane::Severe).unwrap();
    assert_eq!(devices(&queue.take(1).await), ["in danger"]);
    queue.hear_pace(0);
    assert_eq!(queue.take(10_000).await.len(), 120);
    for _ in 0..LEAST / 50 {
        push("slow disk", 50, Lane::Bulk).unwrap();
    }
    assert_eq!(push("late", 50, Lane::Bulk), Err(Full));
}

#[tokio::test]
async fn a_request_larger_than_a_group_goes_alone() {
    let (queue, now) = (Queue::default(), Instant::now());
    queue.push(job("b", 50), Lane::Bulk, now).unwrap();
    queue.push(job("a", 0), Lane::Bulk, now).unwrap();
    assert_eq!(devices(&queue.take(16).await), ["a"], "a request without an alert is answered, too");
    assert_eq!(devices(&queue.take(16).await), ["b"]);
}

#[tokio::test]
async fn whoever_waits_wakes_up_for_what_comes() {
    let queue = Arc::new(Queue::default());
    let reader = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { queue.take(10).await.len() }
    });
    tokio::task::yield_now().await;
    queue.push(job("a", 1), Lane::Bulk, Instant::now()).unwrap();
    assert_eq!(reader.await.unwrap(), 1);
}
