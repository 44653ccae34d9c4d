//! Changes that another site's page asks for with the reader's own cookie: every changing URL of the table, by every way
//! in which a browser or a forged request may say where it comes from. None does anything.

use super::lessons;
use crate::device::ask;
use crate::school::{School, Seen, Told, id};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use lapwing_relay::{Needs, table};

/// What such a request carries.
const FORGED: [&[(&str, &str)]; 5] = [
    // No browser leaves out both.
    &[],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("origin", "https://evil.example"), ("host", "relay.school.example")],
    &[("origin", "null"), ("host", "relay.school.example")],
];

/// Everything that any form could change.
async fn rows(school: &School) -> Vec<i64> {
    let mut counts = Vec::new();
    for sql in [
        "select count(*) from audit_event",
        "select count(*) from account",
        "select count(*) from account where disabled_at is not null or limited = 1",
        "select count(*) from session",
        "select count(*) from one_time_link",
        "select count(*) from device where revoked_at is not null",
        "select count(*) from episode where status <> 'new' or claimed_by is not null",
        "select count(*) from pupil_report where status <> 'new'",
        "select count(*) from concern",
        "select count(*) from concern where status <> 'new'",
        "select count(*) from entry",
        "select count(*) from message",
        "select count(*) from named",
        "select count(*) from scope_grant",
        "select count(*) from share",
        "select count(*) from break_glass",
        "select count(*) from lesson",
        "select count(*) from lesson where ended_at is not null",
    ] {
        counts.push(school.number(sql).await);
    }
    counts
}

#[tokio::test]
async fn no_change_is_taken_from_another_sites_page() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let (episode, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let report = school.report(&Told::default()).await;
    let lesson = lessons::announce(&school, &dsl, &[]).await;
    let before = rows(&school).await;
    let mut tried = 0;
    for row in table().iter().filter(|row| row.method == Method::POST && row.needs != Needs::Device) {
        // Devices ask to be enrolled without being a browser; browsers send CSP reports by themselves.
        if row.path.starts_with("/api/") || row.path == "/csp-report" {
            continue;
        }
        let object = match row.path.split('/').nth(1).unwrap() {
            "episodes" => episode.clone(),
            "reports" => report.clone(),
            "lessons" => lesson.clone(),
            _ => id(),
        };
        let path =
            row.path.replace("{id}", &object).replace("{kind}", "episode").replace("{school}", &school.id);
        let path = path.replace("{token}", "x").replace("{name}", "x");
        for headers in FORGED {
            let mut request = Request::post(path.as_str())
                .header(header::COOKIE, dsl.cookie())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let body = "id=0199f3a0-0000-7000-8000-000000000001&reason=joke&text=words&from=&to=open&name=x";
            let answer = ask(&school.router, request.body(Body::from(body)).unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {headers:?}: {}", answer.text);
            tried += 1;
        }
    }
    assert!(tried >= 120, "only {tried} forged requests");
    assert_eq!(rows(&school).await, before, "a forged request changed a row");
    // The same request from the page itself is taken.
    let taken = school.post(&dsl, &format!("/episodes/{episode}/claim"), &[("from", "")]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
}
