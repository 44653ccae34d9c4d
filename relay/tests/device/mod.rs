//! A device as the extension makes one: a key of its own, enrolled by the school's enrolment key, signing every request, with
//! that key or with a session's.

// Each test program uses a part of this; a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http_body_util::BodyExt as _;
use lapwing_core::wire::{
    SESSION_SALT, SessionGrant, SignatureInput, content_digest, path, session_info, signature_base,
};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// What the relay answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Checks that this is a problem of the kind `name` (RFC 9457).
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, name: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{name}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && !problem["detail"].as_str().unwrap().is_empty(), "{problem}");
        problem
    }
}

/// Sends one request to the relay.
pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Posts JSON without a signature.
pub(crate) async fn post(router: &Router, path: &str, body: impl Into<Body>) -> Answer {
    let request =
        Request::post(path).header(header::CONTENT_TYPE, "application/json").body(body.into()).unwrap();
    ask(router, request).await
}

pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) key: EcdsaKeyPair,
    router: Router,
}

/// A new key.
pub(crate) fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

/// What a device with this key sends to be enrolled.
pub(crate) fn enrolment(key: &EcdsaKeyPair, enrolment_key: &str) -> Value {
    json!({
        "enrolment_key": enrolment_key,
        "public_key": URL_SAFE_NO_PAD.encode(key.public_key()),
        "label": "LIB-04",
        "extension_version": "0.1.0",
    })
}

impl Device {
    /// Enrols a new device.
    pub(crate) async fn enrol(router: &Router, enrolment_key: &str) -> Self {
        Self::enrol_as(router, enrolment_key, "LIB-04").await
    }

    /// Enrols a new device with this label.
    pub(crate) async fn enrol_as(router: &Router, enrolment_key: &str, label: &str) -> Self {
        let key = key();
        let asked = with(enrolment(&key, enrolment_key), json!({ "label": label }));
        let answer = post(router, path::ENROL, asked.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let id = answer.json()["device_id"].as_str().unwrap().to_owned();
        Self { id, key, router: router.clone() }
    }

    /// Sends `body`, signed.
    pub(crate) async fn send(&self, path: &str, body: &Value) -> Answer {
        self.send_bytes(path, body.to_string().into_bytes()).await
    }

    /// Sends `body`, signed, whatever it is.
    pub(crate) async fn send_bytes(&self, path: &str, body: Vec<u8>) -> Answer {
        ask(&self.router, self.signed(path, body, 1_795_511_640)).await
    }

    /// A signed request; `created` is the device's clock, in seconds.
    pub(crate) fn signed(&self, path: &str, body: Vec<u8>, created: i64) -> Request<Body> {
        let input = SignatureInput { created, key_id: self.id.clone(), session: None };
        signed(&input, path, body, |base| {
            self.key.sign(&SystemRandom::new(), base).unwrap().as_ref().to_vec()
        })
    }

    /// Checks in and offers a session. Answers what the relay said, and how the device makes the key of it.
    pub(crate) async fn offers(&self) -> (Answer, impl FnOnce(&Answer) -> Session + use<>) {
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let point = URL_SAFE_NO_PAD.encode(private.compute_public_key().unwrap());
        let answer = self.send(path::CHECK_IN, &with(check_in(), json!({ "session_point": point }))).await;
        let device = self.id.clone();
        (answer, move |answer| {
            let grant: SessionGrant = serde_json::from_value(answer.json()["session"].clone()).unwrap();
            let peer = UnparsedPublicKey::new(&ECDH_P256, URL_SAFE_NO_PAD.decode(&grant.point).unwrap());
            let info = session_info(&device, &point, &grant);
            let key = agree_ephemeral(private, &peer, |shared| {
                let derived = Salt::new(HKDF_SHA256, SESSION_SALT.as_bytes()).extract(shared);
                derived.expand(&[info.as_bytes()], hmac::HMAC_SHA256).unwrap().into()
            });
            Session { device, id: grant.id, key: key.unwrap() }
        })
    }

    /// Begins a session.
    pub(crate) async fn session(&self) -> Session {
        let (answer, agree) = self.offers().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        agree(&answer)
    }
}

/// A session of a device.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) device: String,
    pub(crate) id: String,
    pub(crate) key: hmac::Key,
}

impl Session {
    /// Sends `body` to a relay, signed with the session's key.
    pub(crate) async fn send(&self, router: &Router, path: &str, body: &Value) -> Answer {
        ask(router, self.signed(path, body.to_string().into_bytes())).await
    }

    /// A request that the session's key signs.
    pub(crate) fn signed(&self, path: &str, body: Vec<u8>) -> Request<Body> {
        let (key_id, session) = (self.device.clone(), Some(self.id.clone()));
        let input = SignatureInput { created: 1_795_511_640, key_id, session };
        signed(&input, path, body, |base| hmac::sign(&self.key, base).as_ref().to_vec())
    }
}

fn signed(
    input: &SignatureInput,
    path: &str,
    body: Vec<u8>,
    sign: impl Fn(&[u8]) -> Vec<u8>,
) -> Request<Body> {
    let digest = content_digest(&STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, &body)));
    let signature = sign(signature_base("POST", path, &digest, input).as_bytes());
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("content-digest", digest)
        .header("signature-input", input.header())
        .header("signature", format!("lapwing=:{}:", STANDARD.encode(signature)))
        .body(Body::from(body))
        .unwrap()
}

/// A sign of life.
pub(crate) fn check_in() -> Value {
    json!({
        "extension_version": "0.1.0", "browser": "Chromium 156 Linux", "lists_version": "l1", "policy_version": "p1",
        "state": "watching", "waiting": 0, "refused": 0,
    })
}

/// A sound alert with a new id.
pub(crate) fn alert() -> Value {
    json!({
        "id": uuid::Uuid::new_v4().to_string(),
        "occurred_at": 1_795_511_600_000_i64,
        "source": "typed",
        "surface": "chat",
        "category": "bullying",
        "severity": "medium",
        "action": "note",
        "url": "https://chat.example/room",
        "excerpt": { "text": "everyone hates you", "marks": [[0, 18]] },
        "reasons": [{
            "category": "bullying", "severity": "medium", "rule": "bullying.everyone-hates-you",
            "why": "Tells somebody that they are hated.", "context": []
        }],
        "account": "pupil@oak.example",
        "policy_version": "p1",
        "lists_version": "l1",
    })
}

/// `base` with the fields of `changes` over its own.
pub(crate) fn with(mut base: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("the changes must be an object") };
    for (key, value) in changes {
        base[key] = value;
    }
    base
}

/// A batch.
pub(crate) fn batch(alerts: &[&Value]) -> Value {
    json!({ "alerts": alerts })
}

/// A sound anonymous report with a new id and this receipt code.
pub(crate) fn report(receipt: &str) -> Value {
    json!({
        "id": uuid::Uuid::new_v4().to_string(),
        "written_at": 1_795_511_600_000_i64,
        "identity": { "mode": "anonymous" },
        "about": "me",
        "story": "It keeps happening on the bus.",
        "wish": "Tell nobody at home.",
        "receipt": receipt,
    })
}
