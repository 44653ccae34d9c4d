//! What every answer carries, whatever it is an answer to.

use crate::device::{Answer, ask};
use crate::school::School;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use lapwing_relay::table;

fn carries_the_headers(answer: &Answer, place: &str) {
    let header = |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "report-uri /csp-report",
    ] {
        assert!(
            policy.split("; ").any(|directive| directive == part),
            "{place}: {part} is missing from {policy}"
        );
    }
    assert!(!policy.contains("unsafe"), "{place}: {policy}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{place}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{place}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{place}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{place}");
    assert_eq!(header("strict-transport-security"), "max-age=31536000; includeSubDomains", "{place}");
    assert!(header("permissions-policy").contains("camera=()"), "{place}");
    let caching = header("cache-control");
    let expected = if place.contains("/static/style.css") { "no-cache" } else { "no-store" };
    assert_eq!(caching, expected, "{place}");
}

#[tokio::test]
async fn every_answer_carries_them() {
    let school = School::open().await;
    for row in table() {
        let path = row.path.replace("{name}", "style.css").replace(['{', '}'], "");
        let request = Request::builder().method(row.method.clone()).uri(&path).body(Body::empty()).unwrap();
        carries_the_headers(&ask(&school.router, request).await, &format!("{} {path}", row.method));
    }
    for (method, path) in
        [(Method::GET, "/nowhere"), (Method::PUT, "/sign-in"), (Method::POST, "/api/v1/nowhere")]
    {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        carries_the_headers(&ask(&school.router, request).await, path);
    }
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let page = school.stream(&dsl, "/inbox").await;
    assert_eq!(page.status(), StatusCode::OK);
    let answer = Answer { status: page.status(), headers: page.headers().clone(), text: String::new() };
    carries_the_headers(&answer, "GET /inbox, signed in");
}

#[tokio::test]
async fn what_is_wrong_is_a_page_for_people() {
    let school = School::open().await;
    for (method, path, status) in [(Method::GET, "/nowhere", 404), (Method::PUT, "/sign-in", 405)] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = ask(&school.router, request).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(answer.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
        assert!(answer.text.contains("<h1>") && answer.text.contains("lang=\"en-GB\""), "{}", answer.text);
    }
    let huge = Request::post("/sign-in")
        .header(header::CONTENT_LENGTH, 50 * 1024 * 1024)
        .body(Body::empty())
        .unwrap();
    let answer = ask(&school.router, huge).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text.contains("too long"), "{}", answer.text);
}

#[tokio::test]
async fn a_report_of_a_broken_policy_is_taken_and_never_fails() {
    let school = School::open().await;
    for (media, body) in [
        (
            "application/csp-report",
            r#"{"csp-report":{"effective-directive":"script-src","blocked-uri":"inline"}}"#,
        ),
        (
            "application/reports+json",
            r#"[{"body":{"effectiveDirective":"img-src","blockedURL":"https://x.example/"}}]"#,
        ),
        ("application/reports+json", "nonsense"),
        ("text/plain", ""),
    ] {
        let request =
            Request::post("/csp-report").header(header::CONTENT_TYPE, media).header("origin", "null");
        let answer = ask(&school.router, request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{media}");
    }
}

#[tokio::test]
async fn each_kind_of_problem_has_a_page() {
    let school = School::open().await;
    let request = || Request::post("/api/v1/alerts").body(Body::empty()).unwrap();
    let problem = ask(&school.router, request()).await.is_problem(401, "unsigned");
    let page = Request::get(problem["type"].as_str().unwrap()).body(Body::empty()).unwrap();
    let answer = ask(&school.router, page).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains(problem["title"].as_str().unwrap()), "{}", answer.text);
}
