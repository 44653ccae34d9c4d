//! What the people who run the relay rest on: health, readiness, request ids, the OpenAPI document, and that one device's
//! flood is that device's alone.

use crate::database::is_postgres;
use crate::device::{self, Device, alert, ask, batch, with};
use crate::school::{School, enrolment_key};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use lapwing_core::wire::path;
use serde_json::json;
use sqlx::AssertSqlSafe;
use std::time::Duration;

async fn get(school: &School, path: &str) -> device::Answer {
    ask(&school.router, Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_relay_that_stops_is_alive_and_not_ready() {
    let school = School::open().await;
    let ready = get(&school, "/ready").await;
    assert_eq!((ready.status, ready.text.as_str()), (StatusCode::OK, "ready\n"));
    school.app.drain();
    let ready = get(&school, "/ready").await;
    assert_eq!((ready.status, ready.text.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"));
    assert_eq!(get(&school, "/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_relay_whose_database_is_gone_is_alive_and_not_ready() {
    let school = School::open().await;
    school.database.db.close().await;
    let ready = get(&school, "/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.text, "database not writable\n");
    assert_eq!(get(&school, "/health").await.status, StatusCode::OK);
}

/// The writers of alerts have connections of their own on PostgreSQL: with none left for them a relay would take nothing in.
#[tokio::test]
async fn a_relay_whose_writers_get_no_connection_is_not_ready_until_they_do() {
    if !is_postgres() {
        return;
    }
    let school = School::open().await;
    let pool = &school.database.pool;
    let name = school.database.text("select cast(current_database() as text)").await;
    let limit = async |connections: i32| {
        let sql = format!("alter database {name} connection limit {connections}");
        sqlx::query(AssertSqlSafe(sql)).execute(pool).await.unwrap();
    };
    // What is open stays open; the writers have not begun yet.
    limit(1).await;
    let ready = get(&school, "/ready").await;
    assert_eq!(
        (ready.status, ready.text.as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "database not writable\n")
    );
    limit(-1).await;
    // An answer stands for a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let ready = get(&school, "/ready").await;
    assert_eq!((ready.status, ready.text.as_str()), (StatusCode::OK, "ready\n"));
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let school = School::open().await;
    let id = |answer: &device::Answer| answer.headers["x-request-id"].to_str().unwrap().to_owned();
    let (first, second) = (get(&school, "/health").await, get(&school, "/nowhere").await);
    assert_eq!(id(&first).len(), 32);
    assert_ne!(id(&first), id(&second));
}

#[tokio::test]
async fn the_device_api_describes_itself() {
    let school = School::open().await;
    let answer = get(&school, "/api/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["openapi"], "3.1.0");
    assert!(
        answer.json()["paths"][path::ALERTS]["post"]["responses"]["503"]["headers"]["Retry-After"]
            .is_object()
    );
}

#[tokio::test]
async fn one_device_that_floods_is_told_to_wait_and_no_other_is() {
    let school = School::open().await;
    let key = enrolment_key(&school);
    let flooder = Device::enrol(&school.router, &key).await;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(Device::enrol(&school.router, &key).await);
    }
    // The same fifty alerts over and over: all but the first time they change nothing, and they count all the same.
    let fifty: Vec<_> = (0..50).map(|_| alert()).collect();
    let flood = batch(&fifty.iter().collect::<Vec<_>>());
    let (mut taken, mut waited) = (0, 0);
    // A device may bring 5,000 at once. This one brings ten times that while the clock stands still.
    for turn in 0..1_000 {
        let answer = flooder.send(path::ALERTS, &flood).await;
        match answer.status {
            StatusCode::OK => taken += 1,
            StatusCode::TOO_MANY_REQUESTS => {
                answer.is_problem(429, "too-many");
                let seconds: u64 = answer.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
                assert!((1..60).contains(&seconds), "{seconds}");
                waited += 1;
            }
            other => panic!("{other}: {}", answer.text),
        }
        if turn % 100 == 99 {
            for other in &others {
                let severe = with(
                    alert(),
                    json!({ "category": "suicide", "severity": "critical", "stage": "active" }),
                );
                for one in [alert(), severe] {
                    let answer = other.send(path::ALERTS, &batch(&[&one])).await;
                    assert_eq!(answer.json()["acknowledged"], json!([one["id"]]), "{}", answer.text);
                }
            }
        }
    }
    assert_eq!((taken, waited), (100, 900));
    assert_eq!(school.number("select count(*) from alert").await, 50 + 10 * 5 * 2);
    // Even now the flooder's own severe alert comes through.
    let severe = with(alert(), json!({ "category": "suicide", "severity": "critical" }));
    assert_eq!(flooder.send(path::ALERTS, &batch(&[&severe])).await.status, StatusCode::OK);
}
