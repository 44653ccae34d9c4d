//! Sessions of devices: a key that device and relay agree on at a check-in signs what comes after it. What must hold: the
//! relay takes nobody else's, ends it in time and with the device, and says so in a way that loses nothing.

use crate::copies::{Copy, Place};
use crate::database::is_postgres;
use crate::device::{Device, Session, alert, ask, batch, check_in, report, with};
use crate::school::{School, enrolment_key};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lapwing_core::wire::path;
use serde_json::json;

const DAY: i64 = 24 * 60;

async fn open() -> (School, Device) {
    let school = School::open().await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    (school, device)
}

async fn delivers(school: &School, session: &Session) {
    let alert = alert();
    let answer = session.send(&school.router, path::ALERTS, &batch(&[&alert])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["acknowledged"], json!([alert["id"]]));
}

async fn is_refused(school: &School, session: &Session, kind: &str) {
    let before = school.number("select count(*) from alert").await;
    session.send(&school.router, path::ALERTS, &batch(&[&alert()])).await.is_problem(401, kind);
    assert_eq!(school.number("select count(*) from alert").await, before);
}

#[tokio::test]
async fn a_session_signs_alerts_reports_and_conversations_and_a_replay_changes_nothing() {
    let (school, device) = open().await;
    let session = device.session().await;
    delivers(&school, &session).await;
    let (told, code) = (report("1234567812345678"), json!({ "receipt": "1234567812345678" }));
    let reply =
        with(code.clone(), json!({ "id": uuid::Uuid::new_v4().to_string(), "text": "It happened again." }));
    let same = batch(&[&alert()]);
    for (path, body) in [
        (path::REPORTS, &told),
        (path::THREAD_REPLY, &reply),
        (path::THREAD, &code),
        (path::ALERTS, &same),
        (path::ALERTS, &same),
    ] {
        let answer = session.send(&school.router, path, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
    assert_eq!(school.number("select count(*) from alert").await, 2);
    // The device's own key signs as before.
    assert_eq!(device.send(path::ALERTS, &batch(&[&alert()])).await.status, StatusCode::OK);
    assert_eq!(school.number("select count(*) from device_session").await, 1);
}

#[tokio::test]
async fn a_check_in_without_an_offer_begins_nothing_and_one_with_a_bad_offer_says_so() {
    let (school, device) = open().await;
    let answer = device.send(path::CHECK_IN, &check_in()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.json().get("session").is_none(), "{}", answer.text);
    for point in ["", "AAAA", "not base64!", &URL_SAFE_NO_PAD.encode([4; 65])] {
        let offer = with(check_in(), json!({ "session_point": point }));
        let problem = device.send(path::CHECK_IN, &offer).await.is_problem(422, "unfit");
        assert!(problem["detail"].as_str().unwrap().contains("session_point"), "{problem}");
    }
    assert_eq!(school.number("select count(*) from device_session").await, 0);
}

#[tokio::test]
async fn a_session_cannot_check_in_and_so_not_renew_itself() {
    let (school, device) = open().await;
    let session = device.session().await;
    let answer = session.send(&school.router, path::CHECK_IN, &check_in()).await;
    let problem = answer.is_problem(401, "unsigned");
    assert!(problem["detail"].as_str().unwrap().contains("own key"), "{problem}");
    delivers(&school, &session).await;
}

#[tokio::test]
async fn what_was_altered_on_its_way_or_signed_with_another_key_is_refused() {
    let (school, device) = open().await;
    let session = device.session().await;
    let body = || batch(&[&alert()]).to_string().into_bytes();
    let mut other_path = session.signed(path::CHECK_IN, body());
    *other_path.uri_mut() = path::ALERTS.parse().unwrap();
    ask(&school.router, other_path).await.is_problem(401, "bad-signature");
    let mut other_body = session.signed(path::ALERTS, body());
    *other_body.body_mut() = body().into();
    ask(&school.router, other_body).await.is_problem(401, "bad-signature");
    let mut other_time = session.signed(path::ALERTS, body());
    let input = other_time.headers()["signature-input"].to_str().unwrap().replace("1795511640", "1795511641");
    other_time.headers_mut().insert("signature-input", input.parse().unwrap());
    ask(&school.router, other_time).await.is_problem(401, "bad-signature");
    // A tag that is cut short is none.
    let mut cut = session.signed(path::ALERTS, body());
    cut.headers_mut().insert("signature", "lapwing=:AAAA:".parse().unwrap());
    ask(&school.router, cut).await.is_problem(401, "bad-signature");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &[7; 32]);
    is_refused(&school, &Session { key, ..session.clone() }, "bad-signature").await;
    delivers(&school, &session).await;
}

#[tokio::test]
async fn a_session_is_its_own_devices_alone() {
    let (school, device) = open().await;
    let other = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let (session, others) = (device.session().await, other.session().await);
    // With the id of the one and the session of the other, under either key.
    for key in [&session.key, &others.key] {
        let mixed = Session { device: device.id.clone(), id: others.id.clone(), key: key.clone() };
        is_refused(&school, &mixed, "unknown-session").await;
        let forged = Session { device: device.id.clone(), id: session.id.clone(), key: others.key.clone() };
        is_refused(&school, &forged, "bad-signature").await;
    }
    // Not even where somebody moves the stored key.
    school.sql("delete from device_session where device_id = $1", &[device.id.as_str().into()]).await;
    school
        .sql(
            "update device_session set device_id = $1 where device_id = $2",
            &[device.id.as_str().into(), other.id.as_str().into()],
        )
        .await;
    let moved = Session { device: device.id.clone(), ..others };
    is_refused(&school, &moved, "unknown-session").await;
    // An unknown device stays an unknown device.
    let nobody = Session { device: uuid::Uuid::new_v4().to_string(), ..session };
    is_refused(&school, &nobody, "unknown-device").await;
}

#[tokio::test]
async fn a_new_session_replaces_the_old_one_and_seven_days_end_it() {
    let (school, device) = open().await;
    let first = device.session().await;
    delivers(&school, &first).await;
    let second = device.session().await;
    assert_ne!(first.id, second.id);
    is_refused(&school, &first, "unknown-session").await;
    delivers(&school, &second).await;
    assert_eq!(school.number("select count(*) from device_session").await, 1);
    school.advance(7 * DAY - 1);
    delivers(&school, &second).await;
    school.advance(1);
    is_refused(&school, &second, "unknown-session").await;
    // The device's own key still holds, and begins another.
    assert_eq!(device.send(path::ALERTS, &batch(&[&alert()])).await.status, StatusCode::OK);
    delivers(&school, &device.session().await).await;
    // A clock that is set back ends nothing.
    let third = device.session().await;
    school.advance(-DAY);
    delivers(&school, &third).await;
}

#[tokio::test]
async fn a_revoked_device_is_refused_at_once_whatever_it_signs_with() {
    let (school, device) = open().await;
    let it = school.person("it_admin", "Ian").await;
    let session = device.session().await;
    delivers(&school, &session).await;
    school.post(&it, &format!("/devices/{}/revoke", device.id), &[]).await;
    is_refused(&school, &session, "revoked-device").await;
    device.offers().await.0.is_problem(401, "revoked-device");
}

#[tokio::test]
async fn a_relay_that_has_lost_its_sessions_loses_no_alert() {
    let (school, device) = open().await;
    let session = device.session().await;
    school.sql("delete from device_session", &[]).await;
    let body = batch(&[&alert()]);
    // What the extension does: the same request again, signed with its own key.
    session.send(&school.router, path::ALERTS, &body).await.is_problem(401, "unknown-session");
    assert_eq!(device.send(path::ALERTS, &body).await.status, StatusCode::OK);
    delivers(&school, &device.session().await).await;
    assert_eq!(school.number("select count(*) from alert").await, 2);
}

#[tokio::test]
async fn a_flood_of_sessions_that_are_none_does_not_shut_the_device_out() {
    let (school, device) = open().await;
    let session = device.session().await;
    for _ in 0..50 {
        let wrong = Session { id: uuid::Uuid::new_v4().to_string(), ..session.clone() };
        is_refused(&school, &wrong, "unknown-session").await;
    }
    delivers(&school, &session).await;
}

#[tokio::test]
async fn a_restored_relay_knows_no_session_and_takes_the_devices_own_key() {
    let (school, device) = open().await;
    let session = device.session().await;
    delivers(&school, &session).await;
    let copy = Copy::take(&school).await;
    let place = Place::same().await;
    copy.restore(&place).await.unwrap();
    let there = place.school(&copy, &school.id).await;
    assert_eq!(there.number("select count(*) from device_session").await, 0);
    is_refused(&there, &session, "unknown-session").await;
    let answer =
        ask(&there.router, device.signed(path::ALERTS, batch(&[&alert()]).to_string().into(), 1)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn many_devices_begin_sessions_in_the_commits_that_their_check_ins_share() {
    let school = School::open().await;
    let mut devices = Vec::new();
    for _ in 0..9 {
        devices.push(Device::enrol(&school.router, &enrolment_key(&school)).await);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for device in devices {
        tasks.spawn(async move { device.session().await });
    }
    for session in tasks.join_all().await {
        delivers(&school, &session).await;
    }
    assert_eq!(school.number("select count(*) from device_session").await, 9);
}

#[tokio::test]
async fn every_relay_of_a_fleet_takes_a_session_and_its_end() {
    if !is_postgres() {
        return;
    }
    let (one, device) = open().await;
    let two = one.second_relay().await;
    // The second relay knows the device, and that it has no session.
    let answer =
        ask(&two.router, device.signed(path::ALERTS, batch(&[&alert()]).to_string().into(), 1)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let first = device.session().await;
    delivers(&one, &first).await;
    delivers(&two, &first).await;
    let second = device.session().await;
    delivers(&two, &second).await;
    is_refused(&two, &first, "unknown-session").await;
    is_refused(&one, &first, "unknown-session").await;
    delivers(&one, &second).await;
}
