//! Whole requests through the relay's own router, against a database, as anybody: each role, a device that signs, and
//! nobody. Whatever comes, the relay does not fail, and every answer carries what each must carry.
//!
//! The school is the one of the relay's own tests, so that there is something to find behind each page.

use crate::bytes::{self, DIVIDER};
use crate::device::Device;
use crate::school::{self, Person, School, Seen, Told};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use lapwing_relay::table;
use std::cell::RefCell;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// Requests after which the school is made anew: what was written slows the pages down.
const FRESH: usize = 2_000;

struct Relay {
    runtime: Runtime,
    school: School,
    people: Vec<Person>,
    device: Device,
    /// Things that exist, for the `{id}` of a path.
    ids: Vec<String>,
    asked: usize,
}

thread_local! {
    static RELAY: RefCell<Option<Relay>> = const { RefCell::new(None) };
}

impl Relay {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (school, people, device, ids) = runtime.block_on(async {
            let school = School::open().await;
            let mut people = Vec::new();
            for role in lapwing_relay::Role::ALL {
                people.push(school.person(role.as_str(), "Mrs Adeyemi").await);
            }
            let device = Device::enrol(&school.router, &school::enrolment_key(&school)).await;
            let pupils = school.device("LIB-04").await;
            let (episode, alert) = school.episode(&pupils, &Seen::default()).await;
            let report = school.report(&Told::default()).await;
            let mut ids = vec![episode, alert, report, device.id.clone()];
            ids.extend(people.iter().map(|person| person.id.clone()));
            (school, people, device, ids)
        });
        Self { runtime, school, people, device, ids, asked: 0 }
    }

    fn ask(&mut self, request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
        self.asked += 1;
        // Limits that count tries are whole again by the next request; what must hold does not depend on them.
        self.school.advance(1);
        let router = self.school.router.clone();
        self.runtime.block_on(async move {
            let response = router.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let events =
                parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
            // A stream of events never ends.
            let bytes = if events { Vec::new() } else { body.collect().await.unwrap().to_bytes().to_vec() };
            (parts.status, parts.headers, bytes)
        })
    }
}

/// One request. The first byte chooses the row of the table of routes, the second who asks, the third how; then come, with
/// a byte between them that no text holds, what stands for `{…}` in the path, the query, the body, and a cookie.
pub fn request(data: &[u8]) {
    RELAY.with_borrow_mut(|relay| {
        if relay.as_ref().is_none_or(|relay| relay.asked >= FRESH) {
            *relay = Some(Relay::start());
        }
        let relay = relay.as_mut().unwrap();
        let [row, who, how, rest @ ..] = data else { return };
        if let Some(request) = made(relay, *row, *who, *how, rest) {
            hold(relay.ask(request));
        }
    });
}

fn made(relay: &Relay, row: u8, who: u8, how: u8, rest: &[u8]) -> Option<Request<Body>> {
    let table = table();
    let row = &table[usize::from(row) % table.len()];
    let parts: Vec<&[u8]> = rest.splitn(4, |byte| *byte == DIVIDER).collect();
    let part = |place: usize| parts.get(place).copied().unwrap_or_default();
    let path = filled(relay, row.path, how, part(0));
    let query = bytes::text(part(1));
    let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
    // What is not an address never reaches the router: hyper refuses it.
    let uri: axum::http::Uri = uri.parse().ok()?;
    let body = part(2).to_vec();
    let who = usize::from(who) % (relay.people.len() + 2);
    if who == relay.people.len() {
        let mut request = relay.device.signed(uri.path(), body, i64::from(how));
        *request.uri_mut() = uri;
        return Some(request);
    }
    let method = if how & 1 == 0 { row.method.clone() } else { Method::POST };
    let mut request = Request::builder().method(method).uri(uri);
    if let Some(person) = relay.people.get(who) {
        request = request.header(header::COOKIE, person.cookie());
    } else if let Ok(cookie) = HeaderValue::from_bytes(part(3)) {
        request = request.header(header::COOKIE, cookie);
    }
    let kinds = [
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
    ];
    request = request
        .header(header::CONTENT_TYPE, kinds[usize::from(how >> 2) % kinds.len()])
        .header("sec-fetch-site", "same-origin");
    request.body(Body::from(body)).ok()
}

/// A path of the table with something in its gaps: what exists, or what the input says.
fn filled(relay: &Relay, path: &str, how: u8, text: &[u8]) -> String {
    let text = match how & 2 {
        0 => relay.ids[usize::from(how >> 4) % relay.ids.len()].clone(),
        _ => bytes::text(text),
    };
    let mut out = String::new();
    for part in path.split('/').skip(1) {
        out.push('/');
        out.push_str(if part.starts_with('{') { &text } else { part });
    }
    out
}

fn hold((status, headers, body): (StatusCode, axum::http::HeaderMap, Vec<u8>)) {
    assert!(!status.is_server_error(), "{status}: {}", bytes::text(&body));
    for name in
        ["content-security-policy", "x-content-type-options", "strict-transport-security", "cache-control"]
    {
        assert!(headers.contains_key(name), "{status} without {name}");
    }
    if let Some(location) = headers.get(header::LOCATION) {
        let location = bytes::text(location.as_bytes());
        assert!(location.starts_with('/') && !location.starts_with("//"), "sent elsewhere: {location}");
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/html") {
        let html = String::from_utf8(body).expect("pages are UTF-8").to_lowercase();
        for never in ["<script>", "javascript:", "onerror=", "<iframe", "<svg onload"] {
            let inside = html.contains(never) && !escaped(&html, never);
            assert!(!inside, "{never} in a page");
        }
    }
}

/// Whether every such piece stands in the page as plain text, which an unescaped one cannot: where it opens a tag, the
/// sign for that would be escaped; an address or an attribute stands between quotes that nothing written can close.
fn escaped(html: &str, piece: &str) -> bool {
    !piece.starts_with('<')
        && !html.contains(&format!("=\"{piece}"))
        && !html.contains(&format!(" {piece}\""))
}
