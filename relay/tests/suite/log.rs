//! The log holds nothing that a page, a pupil or a person said: one word is sent in every field, path, query string and
//! header, and looked for.

use crate::device::{self, Device, alert, ask, batch, report, with};
use crate::school::{School, Seen, Told, enrolment_key};
use axum::body::Body;
use axum::http::{Method, Request, header};
use lapwing_core::wire::path;
use lapwing_relay::table;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing_subscriber::EnvFilter;

const CANARY: &str = "canary-bf71c0de";

/// A log in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Listens to the whole process: work also goes on in the database's threads. Other tests' lines do no harm.
fn listen() -> Kept {
    let kept = Kept::default();
    let writer = kept.clone();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new("info,lapwing_relay=trace"))
        .with_writer(move || writer.clone())
        .init();
    kept
}

/// `value` with the word in place of each text, one at a time, and the word as the name of one more field.
fn spoilt(value: &Value) -> Vec<Value> {
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::String(_) => found.push(at.to_owned()),
            Value::Array(all) => {
                all.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), found));
            }
            Value::Object(all) => {
                all.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    places(value, "", &mut found);
    let mut spoilt: Vec<Value> = found
        .iter()
        .map(|at| {
            let mut value = value.clone();
            *value.pointer_mut(at).unwrap() = CANARY.into();
            value
        })
        .collect();
    spoilt.push(with(value.clone(), json!({ CANARY: CANARY })));
    spoilt
}

/// Fields of the forms that need a token or nobody signed in.
const OUTSIDE: [&str; 9] =
    ["email", "password", "school", "hours", "it_name", "it_email", "dsl_name", "dsl_email", "dsl_job"];

/// The names of the fields on a page.
fn fields_of(html: &str, names: &mut BTreeSet<String>) {
    let named = html.split(" name=\"").skip(1).filter_map(|rest| rest.split('"').next());
    names.extend(named.map(str::to_owned));
}

async fn devices_say_it(school: &School) {
    let device = Device::enrol(&school.router, &enrolment_key(school)).await;
    for asked in spoilt(&device::enrolment(&device.key, &enrolment_key(school))) {
        device::post(&school.router, path::ENROL, asked.to_string()).await;
    }
    let check_in = json!({
        "extension_version": "0.1.0", "browser": "Chromium", "lists_version": "l1", "policy_version": "p1",
        "state": "watching", "waiting": 0, "refused": 0,
    });
    let alerts: Vec<_> = spoilt(&alert());
    let replies =
        json!({ "receipt": "1234567812345678", "id": uuid::Uuid::new_v4().to_string(), "text": "hello" });
    for (path, bodies) in [
        (path::CHECK_IN, spoilt(&check_in)),
        (path::ALERTS, alerts.iter().map(|alert| batch(&[alert])).collect()),
        (path::REPORTS, spoilt(&report("1234567812345678"))),
        (path::THREAD, spoilt(&json!({ "receipt": "1234567812345678" }))),
        (path::THREAD_REPLY, spoilt(&replies)),
    ] {
        for body in bodies {
            device.send(path, &body).await;
        }
        device.send_bytes(path, format!("{{\"{CANARY}").into_bytes()).await;
    }
}

async fn people_say_it(school: &School, shown: &[String]) {
    let paths = |method| {
        let rows =
            table().into_iter().filter(move |row| row.method == method && !row.path.ends_with("/events"));
        rows.map(|row| {
            let segments: Vec<_> =
                row.path.split('/').map(|part| if part.starts_with('{') { CANARY } else { part }).collect();
            format!("{}?{CANARY}={CANARY}&next={CANARY}&q={CANARY}", segments.join("/"))
        })
    };
    let mut people = Vec::new();
    for role in ["staff", "dsl", "it_admin"] {
        people.push(school.person(role, CANARY).await);
    }
    let mut names: BTreeSet<String> = OUTSIDE.iter().map(|name| (*name).to_owned()).collect();
    for person in &people {
        for path in paths(Method::GET).chain(shown.iter().cloned()) {
            fields_of(&school.get(person, &path).await.html, &mut names);
        }
    }
    assert!(names.len() > 40, "the forms were not found: {names:?}");
    let fields: Vec<_> = names.iter().map(|name| (name.as_str(), CANARY)).collect();
    for person in &people {
        for path in paths(Method::POST) {
            school.post(person, &path, &fields).await;
        }
    }
}

#[tokio::test]
async fn nothing_that_anybody_said_is_in_the_log() {
    let kept = listen();
    let school = School::open().await;
    // What is kept and shown, and not only what is refused.
    let dsl = school.person("dsl", CANARY).await;
    let device = school.device(CANARY).await;
    let seen = Seen {
        account: CANARY,
        url: "https://canary-bf71c0de.example/canary-bf71c0de",
        excerpt: CANARY,
        marks: "[[0,6]]",
        rule: CANARY,
        why: CANARY,
        context: CANARY,
        ..Seen::default()
    };
    let (episode, alert) = school.episode(&device, &seen).await;
    let told = Told { name: CANARY, story: CANARY, wish: CANARY, ..Told::default() };
    let report = school.report(&told).await;
    let shown = [
        format!("/episodes/{episode}"),
        format!("/alerts/{alert}"),
        format!("/reports/{report}"),
        "/inbox".to_owned(),
        format!("/people/{}", dsl.id),
    ];
    devices_say_it(&school).await;
    people_say_it(&school, &shown).await;
    let dismissal = [("shown", "1"), ("reason", "other"), ("note", CANARY)];
    school.post(&dsl, &format!("/episodes/{episode}/dismiss"), &dismissal).await;
    for path in ["/csp-report", "/sign-in", "/nowhere"] {
        let body = json!({ "csp-report": { "effective-directive": CANARY, "blocked-uri": CANARY } });
        let request = Request::post(format!("{path}?{CANARY}"))
            .header(header::USER_AGENT, CANARY)
            .header(header::REFERER, format!("https://{CANARY}.example/"))
            .header(header::COOKIE, format!("__Host-lapwing={CANARY}"))
            .header(header::HOST, format!("{CANARY}.example"))
            .header("x-request-id", CANARY)
            .header("signature-input", CANARY)
            .header(header::CONTENT_TYPE, "application/csp-report");
        ask(&school.router, request.body(Body::from(body.to_string())).unwrap()).await;
    }
    let request = Request::builder().method(CANARY).uri("/").body(Body::empty()).unwrap();
    ask(&school.router, request).await;

    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    assert!(log.lines().count() > 100, "the log was not heard:\n{log}");
    assert!(log.contains("\"route\":\"/episodes/{id}/dismiss\""), "{log}");
    let lines: Vec<_> = log.lines().filter(|line| line.to_lowercase().contains("canary")).collect();
    assert!(lines.is_empty(), "{} lines hold it, such as:\n{}", lines.len(), lines[0]);
}
