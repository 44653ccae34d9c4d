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
    let queue = Queue::default();
    for device in ["a", "b", "c"] {
        queue.push(job(device, 50), Lane::Bulk).unwrap();
    }
    queue.push(job("in danger", 1), Lane::Severe).unwrap();
    let group = queue.take(100).await;
    assert_eq!(devices(&group), ["in danger", "a"], "a third would make it more than 100 alerts");
    assert_eq!(devices(&queue.take(100).await), ["b", "c"]);
    assert!(queue.take(100).now_or_never().is_none());
}

#[tokio::test]
async fn a_full_lane_refuses_and_the_other_still_takes() {
    let queue = Queue::default();
    let whole = MOST / 50;
    for _ in 0..whole {
        queue.push(job("flood", 50), Lane::Bulk).unwrap();
    }
    assert_eq!(queue.push(job("late", 1), Lane::Bulk), Err(Full));
    queue.push(job("in danger", 1), Lane::Severe).unwrap();
    assert_eq!(devices(&queue.take(50).await), ["in danger"], "a whole request of the flood no longer fits");
    assert_eq!(queue.take(50).await.len(), 1);
    queue.push(job("late", 1), Lane::Bulk).unwrap();
}

#[tokio::test]
async fn a_request_larger_than_a_group_goes_alone() {
    let queue = Queue::default();
    queue.push(job("a", 50), Lane::Bulk).unwrap();
    queue.push(job("b", 0), Lane::Bulk).unwrap();
    assert_eq!(devices(&queue.take(16).await), ["a"]);
    assert_eq!(devices(&queue.take(16).await), ["b"], "a request without an alert is answered, too");
}

#[tokio::test]
async fn whoever_waits_wakes_up_for_what_comes() {
    let queue = Arc::new(Queue::default());
    let reader = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { queue.take(10).await.len() }
    });
    tokio::task::yield_now().await;
    queue.push(job("a", 1), Lane::Bulk).unwrap();
    assert_eq!(reader.await.unwrap(), 1);
}
