//! A relay without a school, and the first steps in it as people take them.

// Each test program uses a part of this; a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::string_slice)]

use crate::database::Database;
use crate::device::{Answer, ask};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use lapwing_relay::{App, FixedClock, MasterSource, Parts, Secrets, SystemRandom, router};
use std::sync::Arc;

pub(crate) const IT_PASSWORD: &str = "otter violet kettle drum";
pub(crate) const DSL_PASSWORD: &str = "purple teapot on the moon";

/// A relay without a school.
pub(crate) struct Relay {
    pub(crate) app: Arc<App>,
    pub(crate) router: Router,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) database: Database,
}

impl Relay {
    pub(crate) async fn open() -> Self {
        Self::open_at("2026-11-24T09:14:00Z".parse().unwrap()).await
    }

    pub(crate) async fn open_at(now: Timestamp) -> Self {
        let database = Database::open().await;
        let clock = Arc::new(FixedClock::new(now));
        let app = Self::program(&database, &clock);
        Self { router: router(&app), app, clock, database }
    }

    /// One more relay on the same database, as behind a load balancer.
    pub(crate) fn another(&self) -> Router {
        router(&Self::program(&self.database, &self.clock))
    }

    fn program(database: &Database, clock: &Arc<FixedClock>) -> Arc<App> {
        App::new(Parts {
            db: database.db.clone(),
            clock: clock.clone(),
            random: Arc::new(SystemRandom::default()),
            master: MasterSource::in_folder(database.folder.path()),
            secrets: Secrets::from_bytes(&[7; 32]),
            public_url: "https://relay.school.example/".parse().unwrap(),
            extension: None,
            intranet_lists: Vec::new(),
        })
        .unwrap()
    }

    /// The path of a new set-up link.
    pub(crate) async fn set_up_link(&self) -> String {
        path(&self.app.set_up_link().await.unwrap().unwrap())
    }

    /// Sets the school up. Answers the cookie of IT and the path of the DSL's link.
    pub(crate) async fn set_up(&self) -> (String, String) {
        let done = self.post("", &self.set_up_link().await, &SET_UP).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        (cookie(&done), link_in(&done))
    }

    /// Sets the school up, with a DSL who has set their password. Answers both cookies.
    pub(crate) async fn with_dsl(&self) -> (String, String) {
        let (it, link) = self.set_up().await;
        let joined = self.post("", &link, &[("password", DSL_PASSWORD)]).await;
        assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.text);
        (it, cookie(&joined))
    }

    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Answer {
        ask(&self.router, Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        ask(&self.router, form(cookie, path, fields)).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("", "/sign-in", &[("email", email), ("password", password)]).await
    }

    pub(crate) fn advance(&self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
    }
}

pub(crate) const SET_UP: [(&str, &str); 7] = [
    ("school", "Oak Park School"),
    ("it_name", "Ian Hale"),
    ("it_email", "Ian@Oak.example"),
    ("password", IT_PASSWORD),
    ("dsl_name", "Mrs Adeyemi"),
    ("dsl_email", "adeyemi@oak.example"),
    ("dsl_job", "DSL"),
];

pub(crate) fn form(cookie: &str, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Request::post(path)
        .header(header::HOST, "relay.school.example")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap()
}

pub(crate) fn path(url: &str) -> String {
    url.strip_prefix("https://relay.school.example").unwrap().to_owned()
}

/// The path of the one-time link that a page shows.
#[track_caller]
pub(crate) fn link_in(page: &Answer) -> String {
    let at = page.text.find("https://relay.school.example/join/").expect("a link");
    path(page.text[at..].split(['<', '"', ' ']).next().unwrap())
}

/// The cookie that an answer sets, as a browser sends it back.
#[track_caller]
pub(crate) fn cookie(answer: &Answer) -> String {
    set_cookie(answer).split(';').next().unwrap().to_owned()
}

/// The header that sets the session's cookie, beside the one of a known browser.
#[track_caller]
pub(crate) fn set_cookie(answer: &Answer) -> &str {
    let all = answer.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
    all.into_iter().find(|set| set.starts_with("__Host-lapwing=")).expect("a session's cookie")
}

pub(crate) fn location(answer: &Answer) -> &str {
    answer.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
}
