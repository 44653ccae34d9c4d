use super::*;
use proptest::prelude::*;

fn entry(id: &str, severity: Severity, made_at: i64) -> Entry {
    Entry {
        id: id.into(),
        kind: Kind::Alert,
        severity,
        stage: None,
        made_at,
        body: format!("{{\"id\":\"{id}\"}}"),
        refused: None,
    }
}

fn report(id: &str, made_at: i64) -> Entry {
    Entry { kind: Kind::Report, ..entry(id, Severity::High, made_at) }
}

fn with(entries: impl IntoIterator<Item = Entry>) -> Outbox {
    let mut outbox = Outbox::default();
    for entry in entries {
        assert!(outbox.add(entry).is_empty());
    }
    outbox
}

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, body: body.into(), retry_after: None }
}

fn receipt(ids: &[&str]) -> Answer {
    answer(200, &serde_json::json!({ "acknowledged": ids }).to_string())
}

fn ids(step: &Step) -> Vec<String> {
    match step {
        Step::Send { ids, .. } => ids.clone(),
        other => panic!("expected something to send, found {other:?}"),
    }
}

#[test]
fn an_empty_outbox_is_idle() {
    assert_eq!(Outbox::default().next(0), Step::Idle);
}

#[test]
fn a_batch_is_one_json_document_in_the_order_of_making() {
    let outbox = with([entry("b", Severity::Low, 2), entry("a", Severity::High, 1)]);
    let Step::Send { ids, path, body } = outbox.next(0) else { panic!("nothing to send") };
    assert_eq!((ids, path), (vec!["a".to_owned(), "b".to_owned()], "/api/v1/alerts"));
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(json["alerts"][1]["id"], "b");
}

#[test]
fn the_gravest_go_first_when_not_all_fit() {
    let mild = (0..60).map(|n| entry(&format!("mild{n}"), Severity::Low, n));
    let outbox = with(mild.chain([entry("grave", Severity::Critical, 99)]));
    let sent = ids(&outbox.next(0));
    assert_eq!(sent.len(), wire::limit::BATCH);
    assert!(sent.contains(&"grave".to_owned()));
}

#[test]
fn words_go_one_at_a_time_after_urgent_alerts_and_before_the_rest() {
    let mut outbox =
        with([report("r", 1), entry("mild", Severity::Low, 0), entry("now", Severity::Critical, 2)]);
    assert!(ids(&outbox.next(0)).contains(&"now".to_owned()));
    outbox.answered(&["now".into(), "mild".into()], &receipt(&["now"]), 0, 0.5);
    let Step::Send { ids, path, .. } = outbox.next(0) else { panic!("nothing to send") };
    assert_eq!((ids, path), (vec!["r".to_owned()], "/api/v1/reports"));
    let outcome = outbox.answered(&["r".into()], &answer(201, r#"{"acknowledged":"r"}"#), 0, 0.5);
    assert_eq!(outcome.forget, ["r"]);
}

#[test]
fn only_what_was_acknowledged_leaves() {
    let mut outbox = with([entry("a", Severity::Low, 1), entry("b", Severity::Low, 2)]);
    let sent = ids(&outbox.next(0));
    let outcome = outbox.answered(&sent, &receipt(&["a", "stranger"]), 0, 0.5);
    assert_eq!(outcome.forget, ["a"]);
    assert_eq!(ids(&outbox.next(0)), ["b"]);
}

#[test]
fn a_sign_in_page_of_the_network_acknowledges_nothing() {
    let mut outbox = with([entry("a", Severity::Low, 1)]);
    let outcome =
        outbox.answered(&["a".into()], &answer(200, "<html>Welcome to GuestNet</html>"), 1_000, 1.0);
    assert_eq!(outcome, Outcome::default());
    assert_eq!(outbox.next(1_000), Step::Wait { until: 3_000 });
}

#[test]
fn a_page_of_the_network_takes_no_reply_either() {
    let mut outbox = with([Entry { kind: Kind::Reply, ..report("r", 1) }]);
    outbox.answered(&["r".into()], &answer(200, "<html>Welcome to GuestNet</html>"), 1_000, 1.0);
    assert_eq!(outbox.stands("r"), Stands::Waiting);
    let thread = r#"{"received_at":1,"messages":[]}"#;
    outbox.answered(&["r".into()], &answer(200, thread), 9_000, 1.0);
    assert_eq!(outbox.stands("r"), Stands::Sent);
}

#[test]
fn what_something_in_between_refuses_is_kept_and_holds_nothing_back() {
    for status in [400, 413, 422] {
        let mut outbox = with([entry("a", Severity::Critical, 1), entry("b", Severity::Low, 2)]);
        outbox.answered(&ids(&outbox.next(0)), &answer(status, "<html>"), 0, 0.0);
        assert_eq!(ids(&outbox.next(0)), ["a"], "fewer at once");
        outbox.answered(&["a".into()], &answer(status, "<html>"), 0, 1.0);
        assert_eq!((outbox.stands("a"), outbox.refused()), (Stands::Waiting, (0, 0)), "{status}");
        assert_eq!(ids(&outbox.next(9_000_000)), ["b"], "{status}: the other goes before it");
    }
    // In the relay's own words it is for good, and is not called sent.
    let mut outbox = with([report("r", 1)]);
    outbox.answered(
        &["r".into()],
        &answer(422, r#"{"type":"https://relay.example/problems/unfit"}"#),
        0,
        0.0,
    );
    assert_eq!(outbox.stands("r"), Stands::Refused);
}

#[test]
fn a_message_that_the_relay_does_not_know_holds_nothing_else_back() {
    let mut outbox = with([
        Entry { kind: Kind::Reply, ..report("stuck", 1) },
        report("words", 2),
        entry("alert", Severity::High, 3),
    ]);
    let mut sent = Vec::new();
    for round in 0..4 {
        let Step::Send { ids, .. } = outbox.next(round * 10_000_000) else { panic!("something waits") };
        let given = match ids[0].as_str() {
            "stuck" => answer(404, r#"{"type":"/unknown-receipt"}"#),
            "words" => answer(200, r#"{"acknowledged":"words"}"#),
            _ => receipt(&["alert"]),
        };
        outbox.answered(&ids, &given, round * 10_000_000, 0.5);
        sent.extend(ids);
    }
    assert_eq!(sent, ["stuck", "words", "alert", "stuck"]);
}

#[test]
fn refused_entries_are_kept_aside() {
    let mut outbox = with([entry("a", Severity::Low, 1)]);
    let body = r#"{"acknowledged":[],"refused":[{"id":"a","detail":"marks out of range"}]}"#;
    let outcome = outbox.answered(&["a".into()], &answer(200, body), 0, 0.5);
    assert_eq!(outcome.refused[0].detail, "marks out of range");
    assert_eq!((outbox.next(0), outbox.waiting(), outbox.refused()), (Step::Idle, 0, (1, 0)));
}

#[test]
fn a_poisoned_batch_is_halved_until_the_culprit_is_alone() {
    let mut outbox = with((0..8).map(|n| entry(&format!("{n}"), Severity::Low, n)));
    let poison = "5".to_owned();
    let bad =
        answer(422, r#"{"type":"https://relay.example/problems/unfit","detail":"alert 5 has no category"}"#);
    for _ in 0..40 {
        let Step::Send { ids, .. } = outbox.next(0) else { break };
        if ids.contains(&poison) {
            outbox.answered(&ids, &bad, 0, 0.0);
        } else {
            let taken: Vec<&str> = ids.iter().map(String::as_str).collect();
            outbox.answered(&ids, &receipt(&taken), 0, 0.0);
        }
    }
    assert_eq!((outbox.waiting(), outbox.refused()), (0, (1, 0)));
}

#[test]
fn too_large_a_batch_is_halved() {
    let mut outbox = with((0..10).map(|n| entry(&format!("{n}"), Severity::Low, n)));
    let sent = ids(&outbox.next(0));
    outbox.answered(&sent, &answer(413, ""), 0, 0.5);
    assert_eq!(ids(&outbox.next(0)).len(), 5);
}

#[test]
fn a_batch_stays_under_the_limit_of_bytes() {
    let big = |n: i64| Entry { body: "x".repeat(200 * 1024), ..entry(&format!("{n}"), Severity::High, n) };
    let Step::Send { ids, body, .. } = with((0..5).map(big)).next(0) else { panic!("nothing to send") };
    assert_eq!(ids.len(), 2);
    assert!(body.len() <= wire::limit::BODY);
}

#[test]
fn a_revoked_device_keeps_everything_and_stops() {
    let mut outbox = with([entry("a", Severity::Critical, 1)]);
    let revoked = answer(401, r#"{"type":"https://relay.example/problems/revoked-device"}"#);
    outbox.answered(&["a".into()], &revoked, 0, 0.5);
    assert_eq!((outbox.next(i64::MAX), outbox.waiting()), (Step::Halted, 1));
    outbox.enrolled();
    assert_eq!(ids(&outbox.next(0)), ["a"]);
}

#[test]
fn words_on_a_revoked_device_are_not_said_to_wait() {
    let mut outbox = with([report("r", 1)]);
    assert_eq!(outbox.stands("r"), Stands::Waiting);
    let revoked = answer(401, r#"{"type":"https://relay.example/problems/revoked-device"}"#);
    outbox.answered(&["r".into()], &revoked, 0, 0.5);
    assert_eq!(outbox.stands("r"), Stands::Halted);
    outbox.add(report("later", 2));
    assert_eq!((outbox.stands("later"), outbox.stands("sent before")), (Stands::Halted, Stands::Sent));
    outbox.enrolled();
    assert_eq!(outbox.stands("r"), Stands::Waiting);
}

#[test]
fn an_unknown_device_enrols_again() {
    let mut outbox = with([entry("a", Severity::Low, 1)]);
    let unknown = answer(401, r#"{"type":"https://relay.example/problems/unknown-device"}"#);
    assert!(outbox.answered(&["a".into()], &unknown, 0, 0.5).enrol_again);
    assert_eq!(outbox.waiting(), 1);
}

#[test]
fn a_critical_alert_does_not_sit_out_a_wait() {
    let mut outbox = with([entry("a", Severity::Low, 1)]);
    outbox.answered(&["a".into()], &answer(0, ""), 0, 1.0);
    assert!(matches!(outbox.next(1), Step::Wait { .. }));
    outbox.add(entry("b", Severity::Critical, 2));
    assert_eq!(ids(&outbox.next(1)).len(), 2);
}

#[test]
fn a_full_outbox_drops_only_the_mildest_and_oldest() {
    let mut outbox = Outbox::default();
    outbox.add(entry("grave", Severity::High, 0));
    for n in 1..CAPACITY {
        outbox.add(entry(&format!("mild{n}"), Severity::Info, i64::try_from(n).unwrap()));
    }
    assert_eq!(outbox.add(entry("new", Severity::Medium, 9_999)), ["mild1"]);
    let grave = Outbox::restore(
        (0..6_000).map(|n| entry(&format!("{n}"), Severity::Medium, n)).collect(),
        Pace::default(),
    );
    let mut grave = grave;
    assert!(grave.add(entry("one more", Severity::High, 1)).is_empty());
    assert_eq!(grave.waiting(), 6_001);
}

#[test]
fn an_entry_is_added_once() {
    let mut outbox = with([entry("a", Severity::Low, 1)]);
    outbox.add(entry("a", Severity::Low, 1));
    assert_eq!(outbox.waiting(), 1);
}

#[test]
fn a_restored_outbox_goes_on_where_it_was() {
    let mut outbox = with([entry("b", Severity::Low, 2), entry("a", Severity::Low, 1)]);
    outbox.answered(&["a".into(), "b".into()], &answer(503, ""), 0, 1.0);
    let pace = serde_json::to_string(outbox.pace()).unwrap();
    let stored = vec![entry("b", Severity::Low, 2), entry("a", Severity::Low, 1)];
    let restored = Outbox::restore(stored, serde_json::from_str(&pace).unwrap());
    assert_eq!(restored.next(1), outbox.next(1));
}

proptest! {
    /// Whatever the relay answers, an entry is waiting, set aside, or was acknowledged: none is lost.
    #[test]
    fn nothing_is_ever_lost(answers in prop::collection::vec((0_u16..6, any::<bool>()), 1..60)) {
        let mut outbox = with((0..20).map(|n| entry(&format!("{n}"), Severity::Medium, n)));
        outbox.add(report("r", 3));
        let mut forgotten = HashSet::new();
        for (n, (kind, partly)) in answers.into_iter().enumerate() {
            let now = i64::try_from(n).unwrap() * 4_000_000;
            let Step::Send { ids, .. } = outbox.next(now) else { continue };
            let taken: Vec<&str> = ids.iter().map(String::as_str).skip(usize::from(partly)).collect();
            let given = match kind {
                0 => answer(0, ""),
                1 => answer(413, ""),
                2 => answer(422, r#"{"type":"/unfit"}"#),
                3 => answer(500, "{"),
                _ => receipt(&taken),
            };
            for id in outbox.answered(&ids, &given, now, 0.5).forget {
                prop_assert!(forgotten.insert(id), "forgotten twice");
            }
        }
        let (alerts, words) = outbox.refused();
        prop_assert_eq!(outbox.waiting() + alerts + words + forgotten.len(), 21);
    }
}

#[test]
fn a_relay_that_asks_to_wait_still_gets_what_is_urgent_at_once() {
    let mut outbox = with([entry("mild", Severity::Low, 1)]);
    let full = Answer { retry_after: Some(30), ..answer(503, "") };
    outbox.answered(&["mild".into()], &full, 1_000, 0.0);
    assert_eq!(outbox.next(1_001), Step::Wait { until: 31_000 });
    outbox.add(entry("medium", Severity::Medium, 2));
    assert_eq!(outbox.next(1_002), Step::Wait { until: 31_000 });
    outbox.add(entry("now", Severity::Critical, 3));
    assert_eq!(ids(&outbox.next(1_003)), ["now"], "alone: the rest waits as it was asked to");
    outbox.answered(&["now".into()], &receipt(&["now"]), 1_004, 0.5);
    assert_eq!(outbox.next(1_005), Step::Wait { until: 31_000 });
    outbox.add(report("words", 4));
    assert_eq!(ids(&outbox.next(1_006)), ["words"]);
    outbox.answered(&["words".into()], &full, 1_007, 0.0);
    assert_eq!(outbox.next(1_008), Step::Wait { until: 31_007 }, "refused once, it waits as well");
    assert_eq!(ids(&outbox.next(31_007)), ["words"]);
}
