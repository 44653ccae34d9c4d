//! Passkeys against an authenticator made here from the standard (WebAuthn level 2, 6.1 and 6.5; RFC 9053), so that what
//! an honest one never sends can be sent too. A real browser does the same in the browser tests.

use crate::fresh::{DSL_PASSWORD, Relay, location};
use crate::person::Browser;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

const DSL: &str = "adeyemi@oak.example";
const ORIGIN: &str = "https://relay.school.example";
const HOST: &str = "relay.school.example";
/// User present, user verified, and (when made) a key that comes with it.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const WITH_KEY: u8 = 0x40;

struct Key {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    counter: u32,
}

/// What an authenticator says; an honest one is the default.
struct Says {
    origin: &'static str,
    host: &'static str,
    flags: u8,
    kind: Option<&'static str>,
}

impl Default for Says {
    fn default() -> Self {
        Self { origin: ORIGIN, host: HOST, flags: PRESENT | VERIFIED, kind: None }
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    fn new(name: u8) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        Self { pair, id: vec![name; 16], counter: 1 }
    }

    fn client_data(says: &Says, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["publicKey"]["challenge"].as_str().unwrap();
        let kind = says.kind.unwrap_or(kind);
        let data =
            json!({ "type": kind, "challenge": challenge, "origin": says.origin, "crossOrigin": false });
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, says: &Says, more: &[u8]) -> Vec<u8> {
        let mut data = digest(&SHA256, says.host.as_bytes()).as_ref().to_vec();
        data.push(says.flags | if more.is_empty() { 0 } else { WITH_KEY });
        data.extend(self.counter.to_be_bytes());
        data.extend(more);
        data
    }

    /// The answer to `navigator.credentials.create`, as `static/passkey.js` sends it.
    fn make(&self, options: &Value, says: &Says) -> String {
        let point = self.pair.public_key().as_ref();
        // COSE_Key: EC2, ES256, P-256, x, y.
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 0x20]);
        key.extend(&point[33..65]);
        let mut attested = vec![0; 16];
        attested.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        attested.extend(&self.id);
        attested.extend(key);
        let data = self.authenticator_data(says, &attested);
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.push(0xa0);
        object.push(0x68);
        object.extend(b"authData");
        object.extend([0x58, u8::try_from(data.len()).unwrap()]);
        object.extend(data);
        let client = Self::client_data(says, "webauthn.create", options);
        json!({ "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key",
            "response": { "attestationObject": encoded(&object), "clientDataJSON": encoded(&client) } })
        .to_string()
    }

    /// The answer to `navigator.credentials.get`.
    fn prove(&mut self, options: &Value, says: &Says) -> String {
        self.counter += 1;
        let data = self.authenticator_data(says, &[]);
        let client = Self::client_data(says, "webauthn.get", options);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        json!({ "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key",
            "response": { "authenticatorData": encoded(&data), "clientDataJSON": encoded(&client),
                "signature": encoded(signature.as_ref()), "userHandle": null } })
        .to_string()
    }
}

/// What the page asks of the browser.
#[track_caller]
fn options(html: &str) -> Value {
    let at = html.find("data-options=\"").expect("options on the page") + "data-options=\"".len();
    let raw = html[at..].split('"').next().unwrap();
    let json = raw.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&").replace("&amp;", "&");
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

async fn dsl(relay: &Relay) -> Browser {
    relay.with_dsl().await;
    let mut browser = Browser::new(relay);
    browser.sign_in(DSL, DSL_PASSWORD).await;
    browser
}

async fn add(browser: &mut Browser, key: &Key, says: &Says) -> crate::device::Answer {
    let asked = options(&browser.get("/account/passkey").await.text);
    browser
        .post("/account/passkey", &[("name", "my <b>phone</b>"), ("passkey", &key.make(&asked, says))])
        .await
}

async fn prove(browser: &mut Browser, key: &mut Key, says: &Says) -> crate::device::Answer {
    let asked = options(&browser.get("/confirm").await.text);
    browser.post("/confirm", &[("passkey", &key.prove(&asked, says))]).await
}

#[tokio::test]
async fn a_passkey_is_added_and_proves_its_owner() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    let mut key = Key::new(1);
    let added = add(&mut browser, &key, &Says::default()).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text);
    assert!(added.text.contains("Your recovery codes"));
    let account = browser.get("/account").await;
    assert!(account.text.contains("my &#60;b&#62;phone"), "{}", account.text);
    let asked = options(&browser.get("/account/passkey").await.text);
    assert_eq!(asked["publicKey"]["excludeCredentials"][0]["id"], encoded(&key.id));
    assert_eq!(asked["publicKey"]["rp"]["id"], HOST);
    assert_eq!(asked["publicKey"]["authenticatorSelection"]["userVerification"], "required");

    browser.sign_in(DSL, DSL_PASSWORD).await;
    assert!(browser.leads("/inbox").await.starts_with("/confirm"));
    let proved = prove(&mut browser, &mut key, &Says::default()).await;
    assert_eq!(location(&proved), "/inbox", "{}", proved.text);
    assert_eq!(browser.leads("/inbox").await, "");
    assert_eq!(relay.database.number("select count(*) from passkey where used_at is not null").await, 1);
}

#[tokio::test]
async fn what_an_honest_authenticator_never_sends_is_refused() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    let mut key = Key::new(1);
    let lies = || {
        [
            Says { origin: "https://evil.example", ..Says::default() },
            Says { host: "evil.example", ..Says::default() },
            Says { flags: PRESENT, ..Says::default() },
            Says { flags: VERIFIED, ..Says::default() },
            Says { kind: Some("payment.get"), ..Says::default() },
        ]
    };
    for lie in lies() {
        let refused = add(&mut browser, &key, &lie).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(relay.database.number("select count(*) from passkey").await, 0);
    assert_eq!(add(&mut browser, &key, &Says::default()).await.status, StatusCode::OK);
    for lie in lies() {
        browser.sign_in(DSL, DSL_PASSWORD).await;
        relay.advance(16);
        browser.sign_in(DSL, DSL_PASSWORD).await;
        let refused = prove(&mut browser, &mut key, &lie).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(browser.leads("/inbox").await.starts_with("/confirm"));
    }
    // Another key that says it is this one.
    let mut false_key = Key { id: key.id.clone(), ..Key::new(9) };
    relay.advance(16);
    browser.sign_in(DSL, DSL_PASSWORD).await;
    let refused = prove(&mut browser, &mut false_key, &Says::default()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for nonsense in ["{}", "null", "[1", "{\"id\":\"a\",\"rawId\":\"!\",\"type\":\"x\",\"response\":{}}"] {
        relay.advance(16);
        browser.sign_in(DSL, DSL_PASSWORD).await;
        browser.get("/confirm").await;
        let refused = browser.post("/confirm", &[("passkey", nonsense)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{nonsense}");
    }
}

#[tokio::test]
async fn an_answer_works_once_and_for_its_own_session() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    let mut key = Key::new(1);
    add(&mut browser, &key, &Says::default()).await;
    browser.sign_in(DSL, DSL_PASSWORD).await;
    let asked = options(&browser.get("/confirm").await.text);
    let answer = key.prove(&asked, &Says::default());
    let mut other = Browser::new(&relay);
    other.sign_in(DSL, DSL_PASSWORD).await;
    other.get("/confirm").await;
    let stolen = other.post("/confirm", &[("passkey", &answer)]).await;
    assert_eq!(stolen.status, StatusCode::UNPROCESSABLE_ENTITY, "another session's challenge");
    assert_eq!(location(&browser.post("/confirm", &[("passkey", &answer)]).await), "/inbox");
    let again = browser.post("/confirm", &[("passkey", &answer)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a second time");
}

#[tokio::test]
async fn the_only_passkey_stays_and_one_of_two_goes() {
    let relay = Relay::open().await;
    let mut browser = dsl(&relay).await;
    let (one, two) = (Key::new(1), Key::new(2));
    add(&mut browser, &one, &Says::default()).await;
    let remove = format!("/account/passkey/{}/remove", encoded(&one.id));
    assert_eq!(browser.post(&remove, &[]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(location(&add(&mut browser, &two, &Says::default()).await), "/account", "codes are kept");
    let mut it = Browser::new(&relay);
    it.sign_in("ian@oak.example", crate::fresh::IT_PASSWORD).await;
    it.post(&remove, &[]).await;
    assert_eq!(
        relay.database.number("select count(*) from passkey").await,
        2,
        "another person's is not theirs"
    );
    assert_eq!(location(&browser.post(&remove, &[]).await), "/account");
    assert_eq!(relay.database.number("select count(*) from passkey").await, 1);
}
