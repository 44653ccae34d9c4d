//! A change of the lists on trial: devices are told of it, what they count is added once and shown, and it ends.

use super::sources::{add, approve, give, propose};
use crate::device::{Answer, Device, check_in, with};
use crate::school::{MINUTE, Page, Person, School, enrolment_key, id};
use axum::http::StatusCode;
use jiff::SignedDuration;
use lapwing_core::pack::Pack;
use lapwing_core::wire::path;
use serde_json::{Value, json};

const HOUR: i64 = 60 * MINUTE;

/// A school with a proposal that adds these sites.
struct Case {
    school: School,
    device: Device,
    source: String,
    proposal: String,
}

impl Case {
    async fn open(lines: &str) -> Self {
        let school = School::open().await;
        let it = school.person("it_admin", "Priya Nair").await;
        let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
        let source = add(&school, &it, &[("kind", "csv"), ("category", "")]).await;
        give(&school, &it, &source, &format!("host_or_url,category\n{lines}")).await;
        let (_, proposal) = propose(&school, &it).await;
        Self { school, device, source, proposal }
    }

    /// Somebody who has just signed in: in a week every session ends.
    async fn dsl(&self) -> Person {
        self.school.person("dsl", "Mrs <b>Ash").await
    }

    async fn it(&self) -> Person {
        self.school.person("it_admin", "Priya Nair").await
    }

    async fn begin(&self) -> Page {
        self.school.post(&self.dsl().await, &format!("{}/try", self.proposal), &[]).await
    }

    /// Begins the trial. Answers what a device is told of it.
    async fn begun(&self) -> Value {
        let done = self.begin().await;
        assert_eq!(done.location, "/lists/proposal", "{}", done.html);
        let offer = self.offer().await;
        assert!(offer.is_object(), "no device hears of it");
        offer
    }

    async fn says(&self, device: &Device, seen: Value) -> Answer {
        device.send(path::CHECK_IN, &with(check_in(), json!({ "shadow": seen }))).await
    }

    /// A device tells what it counted.
    async fn counts(&self, device: &Device, seen: Value) {
        let answer = self.says(device, seen).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    async fn offer(&self) -> Value {
        self.device.send(path::CHECK_IN, &check_in()).await.json()["shadow"].clone()
    }

    async fn page(&self) -> Page {
        self.school.get(&self.dsl().await, "/lists/proposal").await
    }

    fn later(&self, ms: i64) {
        self.school.clock.advance(SignedDuration::from_millis(ms));
    }
}

fn seen(offer: &Value, batch: &str, sites: &[(&str, i64)]) -> Value {
    let sites: Vec<Value> =
        sites.iter().map(|(site, visits)| json!({ "site": site, "visits": visits })).collect();
    json!({ "digest": offer["digest"], "batch": batch, "sites": sites })
}

#[tokio::test]
async fn a_change_is_tried_and_what_it_would_have_stopped_is_counted_once_and_shown() {
    let case = Case::open("bet.test,gambling\nplay.test,games\nnews.test/casino,gambling\n").await;
    case.page().await.has("Try for a week").lacks("On trial");
    assert_eq!(case.offer().await, Value::Null);
    let offer = case.begun().await;

    // The pack is what was signed, holds the sites alone, and is fetched as lists are.
    let digest = offer["digest"].as_str().unwrap();
    let bytes = lists_bytes(&case.school, digest).await;
    assert_eq!(offer["bytes"], bytes.len());
    let key = offer["key"].as_str().unwrap().parse().unwrap();
    let pack = Pack::open(bytes, &key, offer["version"].as_u64().unwrap()).unwrap();
    assert_eq!(pack.digest().iter().map(|byte| format!("{byte:02x}")).collect::<String>(), digest);
    let sites = lapwing_core::Sites::new(pack).unwrap();
    assert!(sites.rule("bet.test", "").is_some() && sites.rule("news.test", "/casino").is_none());
    assert_eq!(case.school.number("select count(*) from pack").await, 0, "nothing is in force");
    case.page().await.has("On trial").has("would have stopped 0 visits.").has("1 rule for single pages");
    case.page().await.has("No device has taken part yet");
    case.page().await.has("Mrs &#60;b&#62;Ash").lacks("Mrs <b>");

    // Twice from one device, and the second of them twice; once from another.
    let other = Device::enrol(&case.school.router, &enrolment_key(&case.school)).await;
    let (first, second) = (id(), id());
    case.counts(&case.device, seen(&offer, &first, &[("bet.test", 3), ("play.test", 1)])).await;
    for _ in 0..2 {
        case.counts(&case.device, seen(&offer, &second, &[("bet.test", 2)])).await;
    }
    case.later(24 * HOUR);
    case.counts(&other, seen(&offer, &first, &[("bet.test", 100)])).await;
    let shown = case.page().await;
    shown.has("In 1 day of trial").has("would have stopped 106 visits on 2 sites, told by 2 devices.");
    shown.has("bet.test</bdi></th><td data-label=\"Kind\">Gambling</td><td data-label=\"Visits\">105</td><td data-label=\"Days\">2</td>");
    shown.has("play.test</bdi></th><td data-label=\"Kind\">Games</td><td data-label=\"Visits\">1</td><td data-label=\"Days\">1</td>");
    let bet = shown.html.find("bet.test</bdi>").unwrap();
    assert!(bet < shown.html.find("play.test</bdi>").unwrap(), "the most visited first");

    // Nobody of another school sees it, and who counted is not kept beside the counts.
    let columns = case.school.text("select site from shadow_visit where visits = 105").await;
    assert_eq!(columns, "bet.test");
    let auditor = case.school.person("auditor", "Ms Day").await;
    case.school.get(&auditor, "/trail?kind=lists").await.has(">try<");
}

/// The pack, as a device gets it.
async fn lists_bytes(school: &School, digest: &str) -> Vec<u8> {
    let request = axum::http::Request::get(path::LISTS.replace("{digest}", digest));
    let response =
        tower::ServiceExt::oneshot(school.router.clone(), request.body(axum::body::Body::empty()).unwrap());
    let response = response.await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn what_a_hostile_device_says_of_a_trial_is_not_believed() {
    let case = Case::open("bet.test,gambling\n").await;
    let offer = case.begun().await;
    let strange = [
        ("other.test", 5),
        ("www.bet.test", 5),
        ("bet.test/path", 5),
        ("BET.test", 5),
        (" bet.test", 5),
        ("<script>alert(1)</script>", 5),
        ("bet.test", 0),
        ("", 5),
    ];
    case.counts(&case.device, seen(&offer, &id(), &strange)).await;
    let another = json!({ "digest": "0".repeat(64) });
    case.counts(&case.device, seen(&another, &id(), &[("bet.test", 5)])).await;
    assert_eq!(case.school.number("select count(*) from shadow_visit").await, 0);
    case.page().await.has("would have stopped 0 visits").lacks("<script>alert");
    // More than a device can have seen between two check-ins.
    case.counts(&case.device, seen(&offer, &id(), &[("bet.test", 4_000_000_000)])).await;
    assert_eq!(case.school.number("select cast(sum(visits) as bigint) from shadow_visit").await, 1_000);

    let many: Vec<String> = (0..201).map(|n| format!("{n}.test")).collect();
    let many: Vec<(&str, i64)> = many.iter().map(|site| (site.as_str(), 1)).collect();
    for unfit in [seen(&offer, &id(), &many), seen(&offer, "not a uuid", &[("bet.test", 1)])] {
        case.says(&case.device, unfit).await.is_problem(422, "unfit");
    }
    let unknown = with(seen(&offer, &id(), &[]), json!({ "who": "a pupil" }));
    assert!(case.says(&case.device, unknown).await.status.is_client_error());
}

#[tokio::test]
async fn a_trial_ends_by_itself_by_hand_and_with_the_decision_and_then_counts_nothing() {
    let case = Case::open("bet.test,gambling\n").await;
    let offer = case.begun().await;
    case.counts(&case.device, seen(&offer, &id(), &[("bet.test", 2)])).await;
    let visits = async || case.school.number("select cast(sum(visits) as bigint) from shadow_visit").await;
    let over = async |case: &Case, offer: &Value| {
        assert_eq!(case.offer().await, Value::Null);
        case.counts(&case.device, seen(offer, &id(), &[("bet.test", 50)])).await;
        assert_eq!(visits().await, 2);
    };

    // Only one at a time.
    assert_eq!(case.begin().await.status, StatusCode::UNPROCESSABLE_ENTITY);
    case.later(7 * 24 * HOUR - 1);
    assert_eq!(case.offer().await, offer);
    case.later(1);
    over(&case, &offer).await;
    case.page()
        .await
        .has("The last trial")
        .has("In 7 days of trial")
        .has("stopped 2 visits on 1 site, told by 1 device")
        .has("Try for a week");

    // By hand; then its pack is not kept any more.
    let offer = case.begun().await;
    case.counts(&case.device, seen(&offer, &id(), &[])).await;
    case.page().await.has("stopped 0 visits, told by 1 device").lacks("No device");
    assert_eq!(
        case.school.post(&case.it().await, "/lists/trial/stop", &[]).await.location,
        "/lists/proposal"
    );
    over(&case, &offer).await;
    assert_eq!(
        case.school.number("select count(*) from shadow_batch").await,
        0,
        "which device it was is forgotten"
    );
    case.page().await.has("The last trial").lacks("Stop the trial").has("stopped 0 visits, told by 1 device");
    assert_eq!(case.school.number("select count(*) from shadow_piece").await, 0);

    // Another proposal that takes the place of the one on trial does not end it.
    let offer = case.begun().await;
    case.later(MINUTE);
    give(
        &case.school,
        &case.it().await,
        &case.source,
        "host_or_url,category\nbet.test,gambling\nnew.test,games\n",
    )
    .await;
    let (shown, proposal) = propose(&case.school, &case.it().await).await;
    shown.has("On trial").has("another proposal");
    assert_eq!(case.offer().await, offer);

    // Deciding does.
    case.later(MINUTE);
    approve(&case.school, &case.dsl().await, &proposal).await;
    over(&case, &offer).await;
    case.page().await.has("Nothing waits").has("The last trial");
    let case = Case::open("bet.test,gambling\n").await;
    case.begun().await;
    case.school.post(&case.dsl().await, &format!("{}/refuse", case.proposal), &[]).await;
    assert_eq!(case.offer().await, Value::Null);
}

#[tokio::test]
async fn what_cannot_be_tried_is_said_clearly() {
    let case = Case::open("news.test/casino,gambling\n").await;
    let done = case.begin().await;
    assert_eq!(done.status, StatusCode::UNPROCESSABLE_ENTITY);
    done.has("adds no whole site");
    assert_eq!(case.offer().await, Value::Null);
    let waits_no_longer = case.proposal.clone();
    give(&case.school, &case.it().await, &case.source, "host_or_url,category\nbet.test,gambling\n").await;
    propose(&case.school, &case.it().await).await;
    let path = format!("{waits_no_longer}/try");
    case.school.post(&case.dsl().await, &path, &[]).await.has("waits no longer");

    // Where schools share a relay, there are no such pages.
    let neighbour = case.school.neighbour().await;
    let theirs = neighbour.person("dsl", "Sam Field").await;
    for path in [path.as_str(), "/lists/trial/stop"] {
        assert_eq!(neighbour.post(&theirs, path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
