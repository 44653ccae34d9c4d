//! A fictional school in a fresh database, with people who are signed in and things that wait for them. Rows are put in
//! by SQL, as devices and set-up would have left them, so that tests of pages depend on nothing but pages.

// Each test program uses a part of this; a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::string_slice)]

use crate::database::Database;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use lapwing_relay::{App, FixedClock, Parts, Secrets, SystemRandom, router};
use serde_json::json;
use std::sync::Arc;
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
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    cookie: String,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) html: String,
}

impl Page {
    /// The value of the hidden or plain input called `name`.
    pub(crate) fn value(&self, name: &str) -> String {
        let at = self.html.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}"));
        let rest = &self.html[at..];
        let from = rest.find("value=\"").expect("a value") + 7;
        rest[from..].split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn has(&self, text: &str) -> &Self {
        assert!(self.html.contains(text), "“{text}” is missing from:\n{}", self.html);
        self
    }

    #[track_caller]
    pub(crate) fn lacks(&self, text: &str) -> &Self {
        assert!(!self.html.contains(text), "“{text}” must not be in:\n{}", self.html);
        self
    }
}

impl School {
    pub(crate) async fn open() -> Self {
        let database = Arc::new(Database::open().await);
        let clock = Arc::new(FixedClock::new(Timestamp::from_millisecond(NOW).unwrap()));
        let random = SystemRandom::default();
        let secrets = Secrets::open(database.folder.path(), &random).unwrap();
        let app = App::new(Parts {
            db: database.db.clone(),
            clock: clock.clone(),
            random: Arc::new(random),
            secrets,
            public_url: "https://relay.school.example/".parse().unwrap(),
            extension: None,
        });
        let school = Self { id: id(), router: router(&app), app, clock, database };
        school.add_school(&school.id, "Oak Park School").await;
        school
    }

    /// The same relay, seen from a second school.
    pub(crate) async fn neighbour(&self) -> Self {
        let school = Self {
            id: id(),
            app: Arc::clone(&self.app),
            router: self.router.clone(),
            clock: Arc::clone(&self.clock),
            database: Arc::clone(&self.database),
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
        let (account, token) = (id(), format!("token-{}", id()));
        let email = format!("{account}@oak.example");
        self.sql(
            "insert into account (id, school_id, email, name, role, trusted_adult, created_at) \
             values ($1, $2, $3, $4, $5, 1, $6)",
            &[
                account.as_str().into(),
                self.id.as_str().into(),
                email.into(),
                name.into(),
                role.into(),
                NOW.into(),
            ],
        )
        .await;
        let hash = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        self.sql(
            "insert into session (token_hash, account_id, created_at, seen_at, expires_at) values ($1, $2, $3, $3, $4)",
            &[hash.into(), account.as_str().into(), NOW.into(), (NOW + 720 * MINUTE).into()],
        )
        .await;
        Person { id: account, name: name.into(), cookie: format!("__Host-lapwing={token}") }
    }

    pub(crate) async fn device(&self, label: &str) -> String {
        let device = id();
        self.sql(
            "insert into device (id, school_id, public_key, label, enrolled_at, last_seen_at) values ($1, $2, $1, $3, $4, $4)",
            &[device.as_str().into(), self.id.as_str().into(), label.into(), NOW.into()],
        )
        .await;
        device
    }

    /// An episode of one alert. Answers the episode's id and the alert's.
    pub(crate) async fn episode(&self, device: &str, seen: &Seen<'_>) -> (String, String) {
        let (episode, alert) = (id(), id());
        let stage: Value = seen.stage.map_or(Value::Nothing, Into::into);
        let rank = ["info", "low", "medium", "high", "critical"]
            .iter()
            .position(|name| *name == seen.severity)
            .unwrap();
        self.sql(
            "insert into episode (id, school_id, device_id, account, category, severity, rank, stage, first_at, last_at, \
             alerts, status) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 1, 'new')",
            &[
                episode.as_str().into(),
                self.id.as_str().into(),
                device.into(),
                seen.account.into(),
                seen.category.into(),
                seen.severity.into(),
                i64::try_from(rank).unwrap().into(),
                stage.clone(),
                seen.at.into(),
            ],
        )
        .await;
        let reasons = json!([{ "category": seen.category, "severity": seen.severity, "rule": seen.rule, "why": seen.why,
            "context": [seen.context] }]);
        self.sql(
            "insert into alert (school_id, id, device_id, episode_id, occurred_at, received_at, source, surface, category, \
             severity, stage, action, url, excerpt, marks, reasons, account, policy_version, lists_version) \
             values ($1, $2, $3, $4, $5, $5, 'typed', 'chat', $6, $7, $8, 'note', $9, $10, $11, $12, $13, 'policy-1', 'lists-1')",
            &[
                self.id.as_str().into(),
                alert.as_str().into(),
                device.into(),
                episode.as_str().into(),
                seen.at.into(),
                seen.category.into(),
                seen.severity.into(),
                stage,
                seen.url.into(),
                seen.excerpt.into(),
                seen.marks.into(),
                reasons.to_string().into(),
                seen.account.into(),
            ],
        )
        .await;
        (episode, alert)
    }

    pub(crate) async fn report(&self, told: &Told<'_>) -> String {
        let report = id();
        self.sql(
            "insert into pupil_report (id, school_id, adult_id, identity, pupil_name, about, story, wish, receipt_hash, \
             written_at, received_at, status) values ($1, $2, $3, $4, $5, 'me', $6, $7, $8, $9, $9, 'new')",
            &[
                report.as_str().into(),
                self.id.as_str().into(),
                told.adult.map_or(Value::Nothing, Into::into),
                told.identity.into(),
                told.name.into(),
                told.story.into(),
                told.wish.into(),
                report.as_str().into(),
                (NOW - 5 * MINUTE).into(),
            ],
        )
        .await;
        report
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

/// The key by which devices of `school` ask to be enrolled.
pub(crate) fn enrolment_key(school: &School) -> String {
    format!("key-{}", school.id)
}
