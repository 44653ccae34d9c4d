//! What devices must not be able to do, whatever they send: each gets a clear answer (RFC 9457), and the store stays as
//! it was or becomes what it should.

use crate::device::{self, Answer, Device, alert, ask, batch, enrolment, key, report, with};
use crate::school::{self, School, enrolment_key};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use lapwing_core::wire::{limit, path};
use serde_json::{Value, json};

const SIGNED: [&str; 5] = [path::CHECK_IN, path::ALERTS, path::REPORTS, path::THREAD, path::THREAD_REPLY];
const RECEIPT: &str = "1234567812345678";

async fn open() -> (School, Device) {
    let school = School::open().await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    (school, device)
}

async fn is_empty(school: &School) {
    for kept in [
        "select count(*) from alert",
        "select count(*) from episode",
        "select count(*) from pupil_report",
        "select count(*) from message",
    ] {
        assert_eq!(school.number(kept).await, 0, "{kept}");
    }
}

#[tokio::test]
async fn malformed_json() {
    let (school, device) = open().await;
    for body in ["", "{", "nonsense", "{\"alerts\":[", "[1, 2", "\u{0}"] {
        for path in SIGNED {
            device.send_bytes(path, body.as_bytes().to_vec()).await.is_problem(400, "malformed");
        }
        device::post(&school.router, path::ENROL, body).await.is_problem(400, "malformed");
    }
    device.send_bytes(path::ALERTS, vec![0xff, 0xfe, 0x7b]).await.is_problem(400, "malformed");
    is_empty(&school).await;
}

#[tokio::test]
async fn json_of_another_shape() {
    let (school, device) = open().await;
    for body in [json!([]), json!(7), json!({}), json!({ "alerts": [], "more": 1 }), json!({ "alerts": "x" })]
    {
        for path in SIGNED {
            device.send(path, &body).await.is_problem(422, "unfit");
        }
        device::post(&school.router, path::ENROL, body.to_string()).await.is_problem(422, "unfit");
    }
    let deep = "[".repeat(100_000);
    device.send_bytes(path::ALERTS, deep.into_bytes()).await.is_problem(400, "malformed");
    is_empty(&school).await;
}

#[tokio::test]
async fn another_media_type_method_or_address() {
    let (school, device) = open().await;
    for path in SIGNED.into_iter().chain([path::ENROL]) {
        let mut request = device.signed(path, b"{}".to_vec(), 1);
        request.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
        ask(&school.router, request).await.is_problem(415, "not-json");
        let request = Request::get(path).body(Body::empty()).unwrap();
        ask(&school.router, request).await.is_problem(405, "method-not-allowed");
    }
    let nowhere = Request::post("/api/v1/nowhere").body(Body::empty()).unwrap();
    ask(&school.router, nowhere).await.is_problem(404, "not-found");
}

#[tokio::test]
async fn a_body_of_fifty_megabytes() {
    let (school, device) = open().await;
    let huge = 50 * 1024 * 1024;
    let padding = || {
        let chunks = (0..huge / 65_536)
            .map(|_| Ok::<_, std::io::Error>(axum::body::Bytes::from_static(&[b' '; 65_536])));
        Body::from_stream(futures_util::stream::iter(chunks))
    };
    for path in SIGNED.into_iter().chain([path::ENROL]) {
        let mut announced = device.signed(path, b"{}".to_vec(), 1).map(|_| padding());
        announced.headers_mut().insert(header::CONTENT_LENGTH, huge.into());
        ask(&school.router, announced).await.is_problem(413, "too-large");
        let unannounced = device.signed(path, b"{}".to_vec(), 1).map(|_| padding());
        ask(&school.router, unannounced).await.is_problem(413, "too-large");
    }
    is_empty(&school).await;
}

#[tokio::test]
async fn more_alerts_than_a_batch_holds() {
    let (school, device) = open().await;
    let alerts: Vec<Value> = (0..=limit::BATCH).map(|_| alert()).collect();
    let alerts: Vec<&Value> = alerts.iter().collect();
    device.send(path::ALERTS, &batch(&alerts)).await.is_problem(413, "too-large");
    is_empty(&school).await;
    let answer = device.send(path::ALERTS, &batch(&alerts[1..])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn no_signature_or_half_of_one() {
    let (school, device) = open().await;
    let body = batch(&[&alert()]).to_string().into_bytes();
    for path in SIGNED {
        device::post(&school.router, path, "{}").await.is_problem(401, "unsigned");
    }
    for missing in ["signature", "signature-input", "content-digest"] {
        let mut request = device.signed(path::ALERTS, body.clone(), 1);
        request.headers_mut().remove(missing);
        ask(&school.router, request).await.is_problem(401, "unsigned");
    }
    for (name, value) in
        [("signature", "lapwing=:!!:"), ("signature", "x"), ("signature-input", "lapwing=();keyid=1")]
    {
        let mut request = device.signed(path::ALERTS, body.clone(), 1);
        request.headers_mut().insert(name, value.parse().unwrap());
        ask(&school.router, request).await.is_problem(401, "unsigned");
    }
    is_empty(&school).await;
}

#[tokio::test]
async fn a_wrong_key() {
    let (school, device) = open().await;
    let forger = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let sent = batch(&[&alert()]).to_string().into_bytes();

    let mut forged = forger.signed(path::ALERTS, sent.clone(), 1);
    let claimed = forged.headers()["signature-input"].to_str().unwrap().replace(&forger.id, &device.id);
    forged.headers_mut().insert("signature-input", claimed.parse().unwrap());
    ask(&school.router, forged).await.is_problem(401, "bad-signature");

    let unknown = device.signed(path::ALERTS, sent.clone(), 1);
    let claimed = unknown.headers()["signature-input"].to_str().unwrap().replace(&device.id, &school::id());
    let mut unknown = unknown;
    unknown.headers_mut().insert("signature-input", claimed.parse().unwrap());
    ask(&school.router, unknown).await.is_problem(401, "unknown-device");
    is_empty(&school).await;
}

#[tokio::test]
async fn a_request_that_was_altered_on_its_way() {
    let (school, device) = open().await;
    let signed = |path| device.signed(path, batch(&[&alert()]).to_string().into_bytes(), 1);
    let other_body = signed(path::ALERTS).map(|_| Body::from(batch(&[&alert()]).to_string()));
    ask(&school.router, other_body).await.is_problem(401, "bad-signature");
    let mut other_path = signed(path::CHECK_IN);
    *other_path.uri_mut() = path::ALERTS.parse().unwrap();
    ask(&school.router, other_path).await.is_problem(401, "bad-signature");
    let mut other_time = signed(path::ALERTS);
    let input = other_time.headers()["signature-input"].to_str().unwrap().replace("created=1", "created=2");
    other_time.headers_mut().insert("signature-input", input.parse().unwrap());
    ask(&school.router, other_time).await.is_problem(401, "bad-signature");
    is_empty(&school).await;
}

#[tokio::test]
async fn a_revoked_device() {
    let (school, device) = open().await;
    let it = school.person("it_admin", "Ian").await;
    let revoked = school.post(&it, &format!("/devices/{}/revoke", device.id), &[]).await;
    assert_eq!(revoked.status, StatusCode::SEE_OTHER, "{}", revoked.html);
    let answers: [Answer; 2] = [
        device.send(path::ALERTS, &batch(&[&alert()])).await,
        device.send(path::REPORTS, &report(RECEIPT)).await,
    ];
    for answer in answers {
        answer.is_problem(401, "revoked-device");
    }
    let again = enrolment(&device.key, &enrolment_key(&school)).to_string();
    device::post(&school.router, path::ENROL, again).await.is_problem(401, "revoked-device");
    is_empty(&school).await;
}

#[tokio::test]
async fn a_wrong_enrolment_key_or_public_key() {
    let school = School::open().await;
    let asked = enrolment(&key(), "not-a-key");
    device::post(&school.router, path::ENROL, asked.to_string())
        .await
        .is_problem(403, "unknown-enrolment-key");
    for public_key in ["", "AAAA", "not base64 at all"] {
        let asked = with(enrolment(&key(), &enrolment_key(&school)), json!({ "public_key": public_key }));
        device::post(&school.router, path::ENROL, asked.to_string()).await.is_problem(422, "unfit");
    }
    let long =
        with(enrolment(&key(), &enrolment_key(&school)), json!({ "label": "x".repeat(limit::LINE + 1) }));
    let problem = device::post(&school.router, path::ENROL, long.to_string()).await.is_problem(422, "unfit");
    assert!(problem["detail"].as_str().unwrap().contains("label"), "{problem}");
    assert_eq!(school.number("select count(*) from device").await, 0);
}

#[tokio::test]
async fn a_clock_in_2031_and_one_that_is_nonsense() {
    let (school, device) = open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    for at in [1_924_992_000_000, 0, i64::MAX, i64::MIN] {
        let sent = batch(&[&with(alert(), json!({ "occurred_at": at }))]).to_string().into_bytes();
        let answer = ask(&school.router, device.signed(path::ALERTS, sent, at / 1_000)).await;
        assert_eq!(answer.status, StatusCode::OK, "{at}: {}", answer.text);
        assert_eq!(answer.json()["refused"], json!([]), "{at}");
    }
    let in_order = "select count(*) from episode where last_at = 1795511640000 and alerts = 4";
    assert_eq!(school.number(in_order).await, 1, "order and joining follow the relay’s clock");
    let id = school.text("select id from episode").await;
    let page = school.get(&dsl, &format!("/episodes/{id}")).await;
    assert_eq!(page.status, StatusCode::OK);
    page.has("2031");
}

#[tokio::test]
async fn markup_in_every_field_is_only_ever_text() {
    const MARKUP: &str =
        "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><a href=\"javascript:alert(3)\">x</a>";
    let (school, _) = open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let it = school.person("it_admin", "Ian").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let said = json!({
        "extension_version": MARKUP, "browser": MARKUP, "lists_version": MARKUP, "policy_version": MARKUP,
        "state": "watching", "waiting": 0, "refused": 0,
    });
    assert_eq!(device.send(path::CHECK_IN, &said).await.status, StatusCode::OK);
    let marked = with(
        alert(),
        json!({
            "url": format!("javascript:alert(1)//{MARKUP}"), "account": MARKUP, "policy_version": MARKUP,
            "lists_version": MARKUP, "excerpt": { "text": MARKUP, "marks": [[0, 8], [20, 25]] },
            "reasons": [{ "category": "bullying", "severity": "medium", "rule": MARKUP, "why": MARKUP, "context": [MARKUP] }],
        }),
    );
    let answer = device.send(path::ALERTS, &batch(&[&marked])).await.json();
    assert_eq!(answer["refused"], json!([]), "{answer}");
    let told = with(
        report(RECEIPT),
        json!({ "story": MARKUP, "wish": MARKUP, "identity": { "mode": "named", "name": MARKUP } }),
    );
    assert_eq!(device.send(path::REPORTS, &told).await.status, StatusCode::OK);
    let message = json!({ "receipt": RECEIPT, "id": school::id(), "text": MARKUP });
    assert_eq!(device.send(path::THREAD_REPLY, &message).await.status, StatusCode::OK);

    let episode = school.text("select id from episode").await;
    let report = school.text("select id from pupil_report").await;
    let pages = [
        (&dsl, "/inbox".to_owned()),
        (&dsl, format!("/episodes/{episode}")),
        (&dsl, format!("/reports/{report}")),
        (&dsl, "/reports".to_owned()),
        (&it, "/devices".to_owned()),
        (&it, format!("/devices/{}/revoke", device.id)),
    ];
    for (who, path) in pages {
        let page = school.get(who, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.lacks("<script>").lacks("<img src=x").lacks("href=\"javascript").lacks("\"'><a");
    }
}
