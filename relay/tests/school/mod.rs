//! A fictional school in a fresh database, with people who are signed in and things that wait for them. People are put in
//! by SQL, as set-up would have left them; what devices send comes through the device API, because it is sealed there.

// Each test program uses a part of this; a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::string_slice)]

mod page;

pub(crate) use page::Page;

use crate::database::Database;
use crate::device::{self, Device};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use lapwing_core::wire::path;
use lapwing_relay::{
    App, Clock as _, Db, FixedClock, MasterSource, Parts, Random, Secrets, SystemRandom, router,
};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

/// Tuesday 24 November 2026, 9.14am.
pub(crate) const NOW: i64 = 1_795_511_640_000;
pub(crate) const MINUTE: i64 = 60_000;

pub(crate) struct School {
    pub(crate) id: String,
    pub(crate) app: Arc<App>,
    pub(crate) router: Router,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) database: Arc<Database>,
    devices: Mutex<HashMap<String, Arc<Device>>>,
}

fn app(database: &Database, db: Db, clock: &Arc<FixedClock>, random: Arc<dyn Random>) -> Arc<App> {
    let secrets = Secrets::open(database.folder.path(), random.as_ref()).unwrap();
    App::new(Parts {
        db,
        clock: clock.clone(),
        random,
        secrets,
        master: MasterSource::in_folder(database.folder.path()),
        public_url: "https://relay.school.example/".parse().unwrap(),
        extension: None,
        intranet_lists: vec!["127.0.0.1".into()],
    })
    .unwrap()
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    cookie: String,
}

impl Person {
    /// The cookie of their session, as a browser sends it.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }
}

impl School {
    pub(crate) async fn open() -> Self {
        let school = Self::over(Database::open().await, &id());
        school.add_school(&school.id, "Oak Park School").await;
        school
    }

    /// A relay on this database, seen from the school `id`.
    pub(crate) fn over(database: Database, id: &str) -> Self {
        let database = Arc::new(database);
        let clock = Arc::new(FixedClock::new(Timestamp::from_millisecond(NOW).unwrap()));
        let app = app(&database, database.db.clone(), &clock, Arc::new(SystemRandom::default()));
        Self { id: id.to_owned(), router: router(&app), app, clock, database, devices: Mutex::default() }
    }

    /// The same school, seen through a second relay on the same PostgreSQL.
    pub(crate) async fn second_relay(&self) -> Self {
        let db = Db::postgres(&self.database.url.parse().unwrap()).await.unwrap();
        let app = app(&self.database, db, &self.clock, Arc::new(SystemRandom::default()));
        Self {
            id: self.id.clone(),
            router: router(&app),
            app,
            clock: Arc::clone(&self.clock),
            database: Arc::clone(&self.database),
            devices: Mutex::default(),
        }
    }

    /// The same relay with another source of chance.
    pub(crate) fn app_with(&self, random: Arc<dyn Random>) -> Arc<App> {
        app(&self.database, self.database.db.clone(), &self.clock, random)
    }

    /// The same relay, seen from a second school.
    pub(crate) async fn neighbour(&self) -> Self {
        let school = Self {
            id: id(),
            app: Arc::clone(&self.app),
            router: self.router.clone(),
            clock: Arc::clone(&self.clock),
            database: Arc::clone(&self.database),
            devices: Mutex::default(),
        };
        school.add_school(&school.id, "Ash Vale School").await;
        school
    }

    async fn add_school(&self, id: &str, name: &str) {
        self.sql(
            "insert into school (id, name, enrolment_key, created_at) values ($1, $2, $3, $4)",
            &[id.into(), name.into(), format!("key-{id}").into(), NOW.into()],
        )
        .await;
    }

    /// Puts this school into the trust called `trust`, made when there is none.
    pub(crate) async fn join_trust(&self, trust: &str) {
        self.sql(
            "insert into trust (id, name, created_at) values ($1, $2, $3) on conflict (name) do nothing",
            &[id().into(), trust.into(), NOW.into()],
        )
        .await;
        let put = "update school set trust_id = (select id from trust where name = $1) where id = $2";
        self.sql(put, &[trust.into(), self.id.as_str().into()]).await;
    }

    pub(crate) async fn sql(&self, sql: &'static str, values: &[Value]) {
        let mut query = sqlx::query(sql);
        for value in values {
            query = match value.clone() {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
                Value::Nothing => query.bind(None::<String>),
            };
        }
        query.execute(&self.database.pool).await.unwrap();
    }

    /// One number from the database.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        self.database.number(sql).await
    }

    /// One text from the database.
    pub(crate) async fn text(&self, sql: &'static str) -> String {
        self.database.text(sql).await
    }

    pub(crate) async fn person(&self, role: &str, name: &str) -> Person {
        let account = id();
        let email = format!("{account}@oak.example");
        let now = self.clock.now().as_millisecond();
        self.sql(
            "insert into account (id, school_id, email, name, role, trusted_adult, password_hash, created_at) \
             values ($1, $2, $3, $4, $5, 1, 'set', $6)",
            &[
                account.as_str().into(),
                self.id.as_str().into(),
                email.into(),
                name.into(),
                role.into(),
                now.into(),
            ],
        )
        .await;
        self.signed_in(&account, name).await
    }

    /// A session of an account that is there.
    pub(crate) async fn signed_in(&self, account: &str, name: &str) -> Person {
        let (token, now) = (format!("token-{}", id()), self.clock.now().as_millisecond());
        let hash = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        self.sql(
            "insert into session (token_hash, account_id, created_at, seen_at, expires_at) values ($1, $2, $3, $3, $4)",
            &[hash.into(), account.into(), now.into(), (now + 720 * MINUTE).into()],
        )
        .await;
        Person { id: account.into(), name: name.into(), cookie: format!("__Host-lapwing={token}") }
    }

    /// A new device. Answers its id.
    pub(crate) async fn device(&self, label: &str) -> String {
        let device = Device::enrol_as(&self.router, &enrolment_key(self), label).await;
        let id = device.id.clone();
        self.devices.lock().unwrap().insert(id.clone(), Arc::new(device));
        id
    }

    /// Sends `body` from a device, when the relay's clock says `at`.
    async fn send(&self, device: &str, path: &str, body: &serde_json::Value, at: i64) {
        let device = Arc::clone(&self.devices.lock().unwrap()[device]);
        let now = self.clock.now().as_millisecond();
        self.clock.advance(SignedDuration::from_millis(at - now));
        let answer = device.send(path, body).await;
        self.clock.advance(SignedDuration::from_millis(now - at));
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        if path == path::ALERTS {
            assert_eq!(answer.json()["refused"], json!([]), "{}", answer.text);
        }
    }

    /// An episode of one alert. Answers the episode's id and the alert's.
    pub(crate) async fn episode(&self, device: &str, seen: &Seen<'_>) -> (String, String) {
        let alert = id();
        let marks: serde_json::Value = serde_json::from_str(seen.marks).unwrap();
        let body = json!({
            "id": alert,
            "occurred_at": seen.at,
            "source": "typed",
            "surface": "chat",
            "category": seen.category,
            "severity": seen.severity,
            "stage": seen.stage,
            "action": "note",
            "url": seen.url,
            "excerpt": { "text": seen.excerpt, "marks": marks },
            "reasons": [{ "category": seen.category, "severity": seen.severity, "rule": seen.rule, "why": seen.why,
                "context": [seen.context] }],
            "account": seen.account,
            "policy_version": "policy-1",
            "lists_version": "lists-1",
        });
        self.send(device, path::ALERTS, &device::batch(&[&body]), seen.at).await;
        let row = sqlx::query("select episode_id from alert where id = $1").bind(alert.clone());
        let episode = sqlx::Row::try_get(&row.fetch_one(&self.database.pool).await.unwrap(), 0).unwrap();
        (episode, alert)
    }

    /// A pupil's report, five minutes ago. Answers its id.
    pub(crate) async fn report(&self, told: &Told<'_>) -> String {
        let device = self.device("LIB-04").await;
        let report = id();
        let digits = receipt(&report);
        let identity = match told.identity {
            "anonymous" => json!({ "mode": "anonymous" }),
            mode => json!({ "mode": mode, "name": told.name }),
        };
        let body = json!({
            "id": report,
            "written_at": NOW - 5 * MINUTE,
            "identity": identity,
            "adult": told.adult,
            "about": "me",
            "story": told.story,
            "wish": told.wish,
            "receipt": digits,
        });
        self.send(&device, path::REPORTS, &body, NOW - 5 * MINUTE).await;
        report
    }

    /// The pupil writes again.
    pub(crate) async fn write_again(&self, report: &str, text: &str) {
        let device = self.device("LIB-05").await;
        let body = json!({ "receipt": receipt(report), "id": id(), "text": text });
        self.send(&device, path::THREAD_REPLY, &body, self.clock.now().as_millisecond()).await;
    }

    pub(crate) fn advance(&self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Page {
        self.ask(Request::get(path).header(header::COOKIE, &who.cookie).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, who: &Person, path: &str, fields: &[(&str, &str)]) -> Page {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::COOKIE, &who.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .unwrap();
        self.ask(request).await
    }

    async fn ask(&self, request: Request<Body>) -> Page {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let location =
            response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Page {
            status,
            location: location.unwrap_or_default(),
            html: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// The answer itself, for what never ends.
    pub(crate) async fn stream(&self, who: &Person, path: &str) -> axum::response::Response {
        let request = Request::get(path).header(header::COOKIE, &who.cookie).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }
}

#[derive(Clone)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Nothing,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// What an alert says.
pub(crate) struct Seen<'a> {
    pub(crate) account: &'a str,
    pub(crate) category: &'a str,
    pub(crate) severity: &'a str,
    pub(crate) stage: Option<&'a str>,
    pub(crate) url: &'a str,
    pub(crate) excerpt: &'a str,
    pub(crate) marks: &'a str,
    pub(crate) rule: &'a str,
    pub(crate) why: &'a str,
    pub(crate) context: &'a str,
    pub(crate) at: i64,
}

impl Default for Seen<'_> {
    fn default() -> Self {
        Self {
            account: "a.khan@oak.example",
            category: "bullying",
            severity: "medium",
            stage: None,
            url: "https://chat.example/room",
            excerpt: "nobody likes you, go away",
            marks: "[[0,16]]",
            rule: "bullying.nobody-likes-you",
            why: "A cruel message to another pupil.",
            context: "It speaks to somebody.",
            at: NOW - 10 * MINUTE,
        }
    }
}

/// What a pupil reports.
pub(crate) struct Told<'a> {
    pub(crate) adult: Option<&'a str>,
    pub(crate) identity: &'a str,
    pub(crate) name: &'a str,
    pub(crate) story: &'a str,
    pub(crate) wish: &'a str,
}

impl Default for Told<'_> {
    fn default() -> Self {
        Self {
            adult: None,
            identity: "named",
            name: "Amira Khan",
            story: "They wait for me after school.",
            wish: "I want it to stop.",
        }
    }
}

pub(crate) fn id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The receipt code of a report.
fn receipt(report: &str) -> String {
    report.bytes().rev().map(|byte| char::from(b'0' + byte % 10)).take(16).collect()
}

/// The key by which devices of `school` ask to be enrolled.
pub(crate) fn enrolment_key(school: &School) -> String {
    format!("key-{}", school.id)
}
