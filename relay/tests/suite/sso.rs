//! Single sign-on against a real provider: the certified `oidc-provider`, on this machine. `cargo xtask sso` fetches it
//! and runs these; a plain `cargo test` leaves them out, because it fetches nothing. Which claims mean which person is
//! tested beside `auth::sso::client`.

use crate::device::Answer;
use crate::fresh::{DSL_PASSWORD, IT_PASSWORD, Relay, location};
use crate::person::Browser;
use axum::http::StatusCode;
use lapwing_relay::{Clock as _, SystemClock};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

const DSL: &str = "adeyemi@oak.example";
const SECRET: &str = "a-secret-of-the-tests-and-of-nothing-else";

/// The provider, as long as its input stays open.
struct Provider {
    issuer: String,
    _running: Child,
}

impl Provider {
    fn start() -> Self {
        let folder = std::env::var("LAPWING_OIDC_PROVIDER").expect("run these with `cargo xtask sso`");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc/provider.mjs");
        let mut running = Command::new("node")
            .args([script, &folder, "https://relay.school.example/sso/callback"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node");
        let mut issuer = String::new();
        BufReader::new(running.stdout.take().unwrap()).read_line(&mut issuer).unwrap();
        assert!(issuer.starts_with("http://127.0.0.1:"), "the provider did not start");
        Self { issuer: issuer.trim().to_owned(), _running: running }
    }

    /// Signs in at the provider as `login`, agrees, and answers the path that it sends the browser back to.
    async fn walk(&self, there: &str, login: &str) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let none = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(none).no_proxy().build().unwrap();
        let mut cookies = BTreeMap::new();
        let mut next = there.to_owned();
        let mut prompt = None;
        for _ in 0..12 {
            if let Some(back) = next.strip_prefix("https://relay.school.example") {
                return back.to_owned();
            }
            let url = if next.starts_with('/') { format!("{}{next}", self.issuer) } else { next.clone() };
            let sent: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = match prompt.take() {
                None => client.get(&url),
                Some(prompt) => {
                    let mut body = url::form_urlencoded::Serializer::new(String::new());
                    body.append_pair("prompt", prompt)
                        .append_pair("login", login)
                        .append_pair("password", "any");
                    client
                        .post(&url)
                        .header("content-type", "application/x-www-form-urlencoded")
                        .body(body.finish())
                }
            };
            let answer = request.header(COOKIE, sent.join("; ")).send().await.unwrap();
            for set in answer.headers().get_all(SET_COOKIE) {
                let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            if let Some(to) = answer.headers().get(LOCATION) {
                next = to.to_str().unwrap().to_owned();
                continue;
            }
            let page = answer.text().await.unwrap();
            prompt = Some(if page.contains("name=\"login\"") { "login" } else { "consent" });
            assert!(url.contains("/interaction/"), "{url}: {page}");
        }
        panic!("the provider leads nowhere");
    }
}

/// A school with this provider, and its DSL signed in.
async fn school(provider: &Provider) -> (Relay, Browser) {
    // The provider's tokens are of now.
    let relay = Relay::open_at(SystemClock.now()).await;
    relay.with_dsl().await;
    let mut it = Browser::new(&relay);
    it.sign_in("ian@oak.example", IT_PASSWORD).await;
    let fields = [
        ("kind", "other"),
        ("issuer", provider.issuer.as_str()),
        ("client_id", "lapwing"),
        ("client_secret", SECRET),
    ];
    let set = it.post("/signing-in/provider", &fields).await;
    assert_eq!(location(&set), "/signing-in", "{}", set.text);
    assert!(!it.get("/signing-in").await.text.contains(SECRET));
    let mut dsl = Browser::new(&relay);
    dsl.sign_in(DSL, DSL_PASSWORD).await;
    (relay, dsl)
}

/// The address to which the page's link leads.
#[track_caller]
fn link(page: &Answer) -> String {
    let at =
        page.text.find("href=\"http://127.0.0.1").unwrap_or_else(|| panic!("no link: {}", page.text)) + 6;
    page.text[at..].split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
}

async fn tie(provider: &Provider, browser: &mut Browser, login: &str) -> Answer {
    let there = link(&browser.post("/account/sso", &[]).await);
    let back = provider.walk(&there, login).await;
    browser.get(&back).await
}

/// Signs in from the sign-in page.
async fn enter(provider: &Provider, browser: &mut Browser, login: &str) -> Answer {
    let page = browser.get("/sign-in?next=%2Fconcerns").await;
    let at = page.text.find("/sso/").expect("an offer");
    let start = page.text[at..].split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let there = location(&browser.get(&start).await).to_owned();
    let back = provider.walk(&there, login).await;
    browser.get(&back).await
}

#[tokio::test]
#[ignore = "needs the provider: cargo xtask sso"]
async fn a_tied_account_signs_in_and_nobody_else_does() {
    let provider = Provider::start();
    let (relay, mut dsl) = school(&provider).await;
    // The same e-mail address at the provider means nothing.
    let same_mail = format!("mallory;email={DSL}");
    let stranger = enter(&provider, &mut Browser::new(&relay), &same_mail).await;
    assert_eq!(stranger.status, StatusCode::BAD_REQUEST);
    assert!(stranger.text.contains("Nobody here is tied"), "{}", stranger.text);

    let tied = tie(&provider, &mut dsl, "adeyemi").await;
    assert_eq!(location(&tied), "/account", "{}", tied.text);
    assert!(dsl.get("/account").await.text.contains("Tied to your"));
    let mut browser = Browser::new(&relay);
    let entered = enter(&provider, &mut browser, "adeyemi").await;
    assert_eq!(location(&entered), "/concerns", "{}", entered.text);
    assert_eq!(browser.leads("/inbox").await, "");
    let stranger = enter(&provider, &mut Browser::new(&relay), &same_mail).await;
    assert_eq!(stranger.status, StatusCode::BAD_REQUEST);
    // One person there is one account here.
    let mut it = Browser::new(&relay);
    it.sign_in("ian@oak.example", IT_PASSWORD).await;
    let taken = tie(&provider, &mut it, "adeyemi").await;
    assert!(taken.text.contains("tied to somebody else"), "{}", taken.text);
    assert_eq!(location(&dsl.post("/account/sso/untie", &[]).await), "/account");
    let gone = enter(&provider, &mut Browser::new(&relay), "adeyemi").await;
    assert_eq!(gone.status, StatusCode::BAD_REQUEST);
    assert_eq!(relay.database.actions("tie_sso").await, 1);
}

#[tokio::test]
#[ignore = "needs the provider: cargo xtask sso"]
async fn single_sign_on_is_one_factor() {
    let provider = Provider::start();
    let (relay, mut dsl) = school(&provider).await;
    tie(&provider, &mut dsl, "adeyemi").await;
    let (app, _) = dsl.set_up_app(&relay).await;
    let mut browser = Browser::new(&relay);
    enter(&provider, &mut browser, "adeyemi").await;
    assert!(browser.leads("/inbox").await.starts_with("/confirm"));
    relay.advance(1);
    assert_eq!(location(&browser.post("/confirm", &[("code", &app.code(&relay))]).await), "/inbox");
}

#[tokio::test]
#[ignore = "needs the provider: cargo xtask sso"]
async fn a_way_back_is_for_one_browser_and_once() {
    let provider = Provider::start();
    let (relay, mut dsl) = school(&provider).await;
    tie(&provider, &mut dsl, "adeyemi").await;
    let id = relay.database.text("select id from sso_provider").await;
    let mut mine = Browser::new(&relay);
    let there = location(&mine.get(&format!("/sso/{id}")).await).to_owned();
    let back = provider.walk(&there, "adeyemi").await;
    let stolen = Browser::new(&relay).get(&back).await;
    assert_eq!(stolen.status, StatusCode::BAD_REQUEST, "a browser without the cookie");
    let mut other = Browser::new(&relay);
    let other_way = location(&other.get(&format!("/sso/{id}")).await).to_owned();
    assert_eq!(other.get(&back).await.status, StatusCode::BAD_REQUEST, "a browser with another journey");
    // A code that belongs to another journey: the provider finds that the PKCE verifier does not fit.
    let other_back = provider.walk(&other_way, "adeyemi").await;
    let part = |url: &str, name: &str| {
        let url = url::Url::parse(&format!("https://relay.school.example{url}")).unwrap();
        url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
    };
    let mixed = format!("/sso/callback?state={}&code={}", part(&other_back, "state"), part(&back, "code"));
    let refused = other.get(&mixed).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
    assert!(other.leads("/inbox").await.starts_with("/sign-in"));

    let mut third = Browser::new(&relay);
    let there = location(&third.get(&format!("/sso/{id}")).await).to_owned();
    let back = provider.walk(&there, "adeyemi").await;
    assert_eq!(location(&third.get(&back).await), "/inbox");
    assert_eq!(third.get(&back).await.status, StatusCode::BAD_REQUEST, "a second time");
    let mut slow = Browser::new(&relay);
    let there = location(&slow.get(&format!("/sso/{id}")).await).to_owned();
    let back = provider.walk(&there, "adeyemi").await;
    relay.advance(10);
    assert_eq!(slow.get(&back).await.status, StatusCode::BAD_REQUEST, "after ten minutes");
}

async fn speaks_like(relay: &Relay, kind: &str, tenant: &str) {
    let update = sqlx::query("update sso_provider set kind = $1, tenant = $2").bind(kind.to_owned());
    update.bind(tenant.to_owned()).execute(&relay.database.pool).await.unwrap();
}

/// Without the wish that only Google and Microsoft know.
fn plain(there: &str) -> String {
    there.replace("&prompt=select_account", "")
}

/// Signs in with a new browser.
async fn arrive(relay: &Relay, provider: &Provider, login: &str) -> Answer {
    let id = relay.database.text("select id from sso_provider").await;
    let mut browser = Browser::new(relay);
    let there = plain(location(&browser.get(&format!("/sso/{id}")).await));
    browser.get(&provider.walk(&there, login).await).await
}

#[tokio::test]
#[ignore = "needs the provider: cargo xtask sso"]
async fn only_the_schools_own_organisation_gets_in() {
    let provider = Provider::start();
    let (relay, mut dsl) = school(&provider).await;
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let microsoft = format!("m;tid={tenant};oid=o-1");
    for (kind, own, other, login, without) in [
        ("google", "oak.example", "ash.example", "g;hd=oak.example", "g"),
        ("microsoft", tenant, "9188040d-6c67-4c5b-b112-36a304b66dad", microsoft.as_str(), "m;oid=o-1"),
    ] {
        // The issuers of Google and Microsoft are their own; here the same provider speaks like one of them.
        speaks_like(&relay, kind, own).await;
        let mut browser = Browser::new(&relay);
        browser.sign_in(DSL, DSL_PASSWORD).await;
        let there = plain(&link(&browser.post("/account/sso", &[]).await));
        let tied = browser.get(&provider.walk(&there, login).await).await;
        assert_eq!(location(&tied), "/account", "{}", tied.text);
        assert_eq!(location(&arrive(&relay, &provider, login).await), "/inbox", "{kind}");
        let refused = arrive(&relay, &provider, without).await;
        assert!(refused.text.contains("not one of your school’s organisation"), "{}", refused.text);
        // The very same person, when the school’s organisation is another one.
        speaks_like(&relay, kind, other).await;
        let refused = arrive(&relay, &provider, login).await;
        assert!(refused.text.contains("not one of your school’s organisation"), "{}", refused.text);
    }
    let subject = relay.database.text("select subject from sso_link").await;
    assert_eq!(subject, format!("{tenant}/o-1"), "tied anew, by tid and oid");
    assert_eq!(dsl.leads("/inbox").await, "");
}

#[tokio::test]
#[ignore = "needs the provider: cargo xtask sso"]
async fn somebody_joins_with_their_link_and_no_password() {
    let provider = Provider::start();
    let (relay, mut dsl) = school(&provider).await;
    let add = [("name", "Mr Price"), ("email", "price@oak.example"), ("role", "dsl")];
    let join = crate::fresh::link_in(&dsl.post("/people", &add).await);
    let mut browser = Browser::new(&relay);
    assert!(browser.get(&join).await.text.contains("Or without a password"));
    let there = link(&browser.post(&format!("{join}/sso"), &[]).await);
    let back = provider.walk(&there, "price").await;
    assert_eq!(location(&browser.get(&back).await), "/inbox");
    assert_eq!(browser.get(&join).await.status, StatusCode::GONE, "the link is used up");
    assert_eq!(location(&enter(&provider, &mut Browser::new(&relay), "price").await), "/concerns");
    assert_eq!(
        browser.post("/account/sso/untie", &[]).await.status,
        StatusCode::BAD_REQUEST,
        "it is the only way in"
    );
    // A closed account gets in no more.
    let id = relay.database.text("select id from account where email = 'price@oak.example'").await;
    dsl.post(&format!("/people/{id}/close"), &[]).await;
    assert_eq!(enter(&provider, &mut Browser::new(&relay), "price").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn it_sets_a_provider_up_and_a_dsl_decides_on_trust() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let (mut it, mut dsl) = (Browser::new(&relay), Browser::new(&relay));
    it.sign_in("ian@oak.example", IT_PASSWORD).await;
    dsl.sign_in(DSL, DSL_PASSWORD).await;
    let good = [
        ("kind", "microsoft"),
        ("tenant", "72f988bf-86f1-41af-91ab-2d7cd011db47"),
        ("client_id", "c"),
        ("client_secret", "s3cret"),
    ];
    for (field, bad) in
        [("kind", "facebook"), ("tenant", "common"), ("client_id", ""), ("client_secret", " ")]
    {
        let fields = good.map(|(name, value)| if name == field { (name, bad) } else { (name, value) });
        let refused = it.post("/signing-in/provider", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.text.contains(&format!("href=\"#{field}\"")), "{}", refused.text);
    }
    assert_eq!(dsl.post("/signing-in/provider", &good).await.status, StatusCode::FORBIDDEN);
    assert_eq!(location(&it.post("/signing-in/provider", &good).await), "/signing-in");
    assert_eq!(
        relay.database.text("select issuer from sso_provider").await,
        "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0"
    );
    assert_eq!(it.post("/signing-in/trust", &[("on", "yes")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(location(&dsl.post("/signing-in/trust", &[("on", "yes")]).await), "/signing-in");
    assert_eq!(relay.database.number("select trusts_factor from sso_provider").await, 1);
    // A change by IT takes the trust away: it was given to another provider.
    it.post("/signing-in/provider", &good).await;
    assert_eq!(relay.database.number("select trusts_factor from sso_provider").await, 0);
    let row =
        sqlx::query("select client_secret from sso_provider").fetch_one(&relay.database.pool).await.unwrap();
    let sealed: Vec<u8> = sqlx::Row::get(&row, 0);
    assert!(!sealed.windows(6).any(|part| part == b"s3cret"));
    it.post("/signing-in/provider/remove", &[]).await;
    assert_eq!(relay.database.number("select count(*) from sso_provider").await, 0);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_said_so() {
    let relay = Relay::open().await;
    relay.with_dsl().await;
    let mut it = Browser::new(&relay);
    it.sign_in("ian@oak.example", IT_PASSWORD).await;
    // The discard port: nothing listens there.
    let fields =
        [("kind", "other"), ("issuer", "http://127.0.0.1:9"), ("client_id", "c"), ("client_secret", "s")];
    it.post("/signing-in/provider", &fields).await;
    let id = relay.database.text("select id from sso_provider").await;
    let answer = it.get(&format!("/sso/{id}")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    assert_eq!(it.get("/sso/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(it.get("/sso/callback?state=a&code=b").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(it.get("/sso/callback?error=access_denied").await.status, StatusCode::BAD_REQUEST);
}
