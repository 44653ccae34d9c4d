//! A person at a browser of their own: it keeps cookies as a browser does, fills in forms, and has an app for codes.

// Each test program uses a part of this; a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::string_slice)]

use crate::device::{Answer, ask};
use crate::fresh::{Relay, form, location};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use lapwing_relay::Clock as _;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use totp_rs::{Builder, Secret};

pub(crate) struct Browser {
    router: Router,
    network: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A new browser somewhere on the internet.
    pub(crate) fn new(relay: &Relay) -> Self {
        Self::at(relay, "198.51.100.7:1000")
    }

    /// A new browser at this address.
    pub(crate) fn at(relay: &Relay, network: &str) -> Self {
        Self { router: relay.router.clone(), network: network.parse().unwrap(), cookies: BTreeMap::new() }
    }

    /// The same browser, led to another relay by a load balancer.
    pub(crate) fn through(&mut self, router: Router) {
        self.router = router;
    }

    fn cookie(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert(header::COOKIE, self.cookie().parse().unwrap());
        request.extensions_mut().insert(ConnectInfo(self.network));
        let answer = ask(&self.router, request).await;
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(form("", path, fields)).await
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    /// Where a page leads; empty when it is shown.
    pub(crate) async fn leads(&mut self, path: &str) -> String {
        location(&self.get(path).await).to_owned()
    }

    /// Sets up an app for codes as a person does. Answers the app and the recovery codes.
    pub(crate) async fn set_up_app(&mut self, relay: &Relay) -> (App, Vec<String>) {
        let page = self.get("/account/app").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let app = App::reading(&page.text);
        let done = self.post("/account/app", &[("code", &app.code(relay))]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        (app, codes(&done.text))
    }
}

/// The recovery codes on a page.
pub(crate) fn codes(html: &str) -> Vec<String> {
    let start = "translate=\"no\">";
    html.split(start).skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

/// An app for codes.
pub(crate) struct App(Secret);

impl App {
    /// Reads the key that the page shows, as a person types it.
    pub(crate) fn reading(html: &str) -> Self {
        let at = html.find("id=\"key\"").expect("a key on the page");
        let key = html[at..].split('>').nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
        Self(Secret::try_from_base32(key).unwrap())
    }

    /// The code at this moment.
    pub(crate) fn code(&self, relay: &Relay) -> String {
        let seconds = u64::try_from(relay.clock.millis() / 1_000).unwrap();
        let generator = Builder::new().with_secret(self.0.clone()).build().unwrap();
        generator.generate(seconds).to_string()
    }
}
