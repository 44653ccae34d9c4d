//! What devices do: enrol, check in, deliver alerts and reports, and read replies. Bad input is in `api_bad_input`.

use crate::device::{self, Device, alert, batch, enrolment, key, report, with};
use crate::school::{self, School, enrolment_key};
use axum::http::StatusCode;
use lapwing_core::wire::path;
use serde_json::json;

const RECEIPT: &str = "1234567812345678";

async fn enrolled(school: &School) -> Device {
    Device::enrol(&school.router, &enrolment_key(school)).await
}

#[tokio::test]
async fn enrolling_again_with_the_same_key_is_the_same_device() {
    let school = School::open().await;
    let key = key();
    let asked = enrolment(&key, &enrolment_key(&school)).to_string();
    let first = device::post(&school.router, path::ENROL, asked.clone()).await;
    let second = device::post(&school.router, path::ENROL, asked).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(first.json(), second.json());
    assert_eq!(school.number("select count(*) from device").await, 1);
    assert_eq!(school.number("select count(*) from audit_event where action = 'enrol'").await, 1);
}

#[tokio::test]
async fn a_check_in_is_noted_and_answered_with_what_the_school_has_set() {
    let school = School::open().await;
    school.person("dsl", "Mrs Adeyemi").await;
    school.person("it_admin", "Ian").await;
    school.neighbour().await.person("dsl", "Mr Elsewhere").await;
    let device = enrolled(&school).await;
    school.advance(10);
    let said = json!({
        "extension_version": "0.1.0", "browser": "Chromium 156 Linux", "lists_version": "l1", "policy_version": "p1",
        "state": "bad_policy", "waiting": 3, "refused": 1,
    });
    let answer = device.send(path::CHECK_IN, &said).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let config = answer.json();
    assert_eq!(config["school"], "Oak Park School");
    let names: Vec<_> = config["adults"].as_array().unwrap().iter().map(|adult| &adult["name"]).collect();
    assert_eq!(names, ["Mrs Adeyemi"], "no IT account, and nobody of another school");
    let noted = "select count(*) from device where state = 'bad_policy' and waiting = 3 and refused = 1 \
                 and last_seen_at > enrolled_at";
    assert_eq!(school.number(noted).await, 1);
}

#[tokio::test]
async fn a_batch_is_kept_acknowledged_and_shown() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = enrolled(&school).await;
    let (one, two) = (alert(), alert());
    let answer = device.send(path::ALERTS, &batch(&[&one, &two])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json(), json!({ "acknowledged": [one["id"], two["id"]], "refused": [] }));
    assert_eq!(school.number("select count(*) from alert").await, 2);
    assert_eq!(school.number("select alerts from episode").await, 2);
    school.get(&dsl, "/inbox").await.has("pupil@oak.example");
}

#[tokio::test]
async fn a_replayed_batch_changes_nothing_and_is_acknowledged_again() {
    let school = School::open().await;
    let device = enrolled(&school).await;
    let sent = batch(&[&alert(), &alert()]);
    let first = device.send(path::ALERTS, &sent).await;
    let episodes = "select count(*) from episode where alerts = 2";
    assert_eq!(school.number(episodes).await, 1);
    // While the episode is open for more, and when it no longer is.
    for minutes in [1, 60 * 24 * 3] {
        school.advance(minutes);
        let again = device.send(path::ALERTS, &sent).await;
        assert_eq!(first.json(), again.json());
        assert_eq!(school.number(episodes).await, 1, "counted once");
        assert_eq!(school.number("select count(*) from episode").await, 1);
    }
    assert_eq!(school.number("select count(*) from alert").await, 2);
}

#[tokio::test]
async fn a_bad_alert_is_refused_by_name_and_the_others_are_kept() {
    let school = School::open().await;
    let device = enrolled(&school).await;
    let sound = alert();
    let marks = with(alert(), json!({ "excerpt": { "text": "abc", "marks": [[0, 9]] } }));
    let category = with(alert(), json!({ "category": "nonsense" }));
    let answer = device.send(path::ALERTS, &batch(&[&marks, &sound, &category, &json!(7)])).await.json();
    assert_eq!(answer["acknowledged"], json!([sound["id"]]));
    let refused = answer["refused"].as_array().unwrap();
    let ids: Vec<_> = refused.iter().map(|refusal| refusal["id"].clone()).collect();
    assert_eq!(ids, [marks["id"].clone(), category["id"].clone(), json!("")]);
    assert!(refused[0]["detail"].as_str().unwrap().contains("excerpt.marks"), "{refused:?}");
    assert!(refused[1]["detail"].as_str().unwrap().contains("nonsense"), "{refused:?}");
    assert_eq!(school.number("select count(*) from alert").await, 1);
}

#[tokio::test]
async fn an_episode_is_as_grave_as_its_gravest_alert() {
    let school = School::open().await;
    let device = enrolled(&school).await;
    let suicide = |severity: &str, stage: &str| {
        with(alert(), json!({ "category": "suicide", "severity": severity, "stage": stage }))
    };
    for sent in [suicide("medium", "help_seeking"), suicide("critical", "active"), suicide("low", "research")]
    {
        device.send(path::ALERTS, &batch(&[&sent])).await;
    }
    let grave = "select alerts from episode where severity = 'critical' and rank = 4 and stage = 'active'";
    assert_eq!(school.number(grave).await, 3);
}

#[tokio::test]
async fn alerts_join_by_pupil_and_theme_for_a_day_while_nobody_has_decided() {
    let school = School::open().await;
    let device = enrolled(&school).await;
    let send =
        async |sent| assert_eq!(device.send(path::ALERTS, &batch(&[&sent])).await.status, StatusCode::OK);
    let episodes = async || school.number("select count(*) from episode").await;
    send(alert()).await;
    school.advance(60 * 23);
    send(alert()).await;
    assert_eq!(episodes().await, 1, "within a day of the last");
    send(with(alert(), json!({ "account": "other@oak.example" }))).await;
    assert_eq!(episodes().await, 2, "another pupil");
    send(with(alert(), json!({ "category": "hate" }))).await;
    assert_eq!(episodes().await, 3, "another theme");
    let other = enrolled(&school).await;
    other.send(path::ALERTS, &batch(&[&alert()])).await;
    assert_eq!(episodes().await, 4, "another device");
    school.advance(60 * 24 + 1);
    send(alert()).await;
    assert_eq!(episodes().await, 5, "a day later");
    let id = school.text("select id from episode order by last_at desc, id desc limit 1").await;
    school.sql("update episode set status = 'dismissed' where id = $1", &[id.into()]).await;
    send(alert()).await;
    assert_eq!(episodes().await, 6, "what was decided is not reopened");
}

#[tokio::test]
async fn an_open_page_hears_of_a_new_alert_and_not_of_a_replay() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = enrolled(&school).await;
    let mut events = school.stream(&dsl, "/inbox/events").await.into_body().into_data_stream();
    let sent = batch(&[&alert()]);
    device.send(path::ALERTS, &sent).await;
    let heard = async |events: &mut axum::body::BodyDataStream| loop {
        let chunk = futures_util::StreamExt::next(events).await.unwrap().unwrap();
        if String::from_utf8_lossy(&chunk).contains("event: change") {
            return;
        }
    };
    heard(&mut events).await;
    device.send(path::ALERTS, &sent).await;
    device.send(path::ALERTS, &batch(&[&alert()])).await;
    heard(&mut events).await;
    let more = futures_util::FutureExt::now_or_never(heard(&mut events));
    assert!(more.is_none(), "the replay was told");
}

#[tokio::test]
async fn an_anonymous_report_leaves_no_trace_of_its_device() {
    let school = School::open().await;
    let device = enrolled(&school).await;
    school.advance(5);
    let sent = report(RECEIPT);
    let answer = device.send(path::REPORTS, &sent).await;
    assert_eq!(answer.json(), json!({ "acknowledged": sent["id"] }), "{}", answer.text);
    assert_eq!(school.number("select count(*) from pupil_report where device_id is null").await, 1);
    assert_eq!(school.number("select count(*) from device where last_seen_at > enrolled_at").await, 0);
    let traces = school
        .text("select coalesce(max(detail || object_id), '') from audit_event where action = 'receive'");
    assert!(!traces.await.contains(&device.id));
    assert_eq!(
        school.number("select count(*) from pupil_report where receipt_hash like '%1234567812345678%'").await,
        0
    );
}

#[tokio::test]
async fn a_named_report_keeps_the_name_the_device_and_the_chosen_adult() {
    let school = School::open().await;
    let adult = school.person("staff", "Mrs Okafor").await;
    let device = enrolled(&school).await;
    let identity = json!({ "mode": "confidant", "name": "Amira Khan" });
    let sent = with(report(RECEIPT), json!({ "identity": identity, "adult": adult.id }));
    for _ in 0..2 {
        let answer = device.send(path::REPORTS, &sent).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    let kept = "select count(*) from pupil_report r join device d on d.id = r.device_id \
                join account a on a.id = r.adult_id where r.identity = 'confidant'";
    assert_eq!(school.number(kept).await, 1, "kept once");
    let shown = school.get(&adult, &format!("/reports/{}", sent["id"].as_str().unwrap())).await;
    shown.has("Amira Khan").has("It keeps happening on the bus.");
}

#[tokio::test]
async fn a_report_to_an_adult_who_cannot_receive_it_goes_to_the_safeguarding_team() {
    let school = School::open().await;
    let (dsl, governor) =
        (school.person("dsl", "Mrs Adeyemi").await, school.person("governor", "Mr Evans").await);
    let gone = school.person("staff", "Mrs Okafor").await;
    school.sql("update account set disabled_at = 1 where id = $1", &[gone.id.as_str().into()]).await;
    let device = enrolled(&school).await;
    let identity = json!({ "mode": "confidant", "name": "Amira Khan" });
    let adults = [
        ("1111222233334444", governor.id.clone()),
        ("1111222233335555", school::id()),
        ("1111222233336666", gone.id.clone()),
    ];
    for (receipt, adult) in adults {
        let sent = with(report(receipt), json!({ "identity": identity, "adult": adult }));
        let answer = device.send(path::REPORTS, &sent).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        school.get(&dsl, &format!("/reports/{}", sent["id"].as_str().unwrap())).await.has("Amira Khan");
    }
    assert_eq!(school.number("select count(*) from pupil_report where adult_id is null").await, 3);
}

#[tokio::test]
async fn a_receipt_code_opens_the_conversation_from_any_device_of_the_school() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = enrolled(&school).await;
    let sent = report(RECEIPT);
    device.send(path::REPORTS, &sent).await;
    let id = sent["id"].as_str().unwrap();
    let page = school.get(&dsl, &format!("/reports/{id}")).await;
    let fields = [("id", page.value("id")), ("text", "Thank you for telling us.".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answered = school.post(&dsl, &format!("/reports/{id}/reply"), &fields).await;
    assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.html);

    school.advance(1);
    let other = enrolled(&school).await;
    let thread = other.send(path::THREAD, &json!({ "receipt": RECEIPT })).await.json();
    assert!(thread["seen_at"].is_i64(), "{thread}");
    assert_eq!(thread["messages"][0]["from"], "staff");
    assert_eq!(thread["messages"][0]["name"], "Mrs Adeyemi");
    assert_eq!(thread["messages"][0]["text"], "Thank you for telling us.");

    let message = json!({ "receipt": RECEIPT, "id": school::id(), "text": "It was worse today." });
    for _ in 0..2 {
        let thread = other.send(path::THREAD_REPLY, &message).await.json();
        let texts: Vec<_> = thread["messages"].as_array().unwrap().iter().map(|said| &said["text"]).collect();
        assert_eq!(texts, ["Thank you for telling us.", "It was worse today."], "kept once");
    }
    school.get(&dsl, "/inbox").await.has(&format!("/reports/{id}"));

    let elsewhere = school.neighbour().await;
    let stranger = enrolled(&elsewhere).await;
    stranger.send(path::THREAD, &json!({ "receipt": RECEIPT })).await.is_problem(404, "unknown-receipt");
}

#[tokio::test]
async fn guessing_receipt_codes_is_slowed_down() {
    let school = School::open().await;
    let device = enrolled(&school).await;
    let guess = async |n: u32| device.send(path::THREAD, &json!({ "receipt": format!("{n:016}") })).await;
    for n in 0..30 {
        guess(n).await.is_problem(404, "unknown-receipt");
    }
    let answer = guess(30).await;
    answer.is_problem(429, "too-many");
    let seconds: i64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=600).contains(&seconds), "{seconds}");
    let other = enrolled(&school).await;
    let elsewhere = other.send(path::THREAD, &json!({ "receipt": RECEIPT })).await;
    elsewhere.is_problem(404, "unknown-receipt");
}
