//! Sources of site lists that are fetched: when they are due, from a server that misbehaves in every way, going live by
//! themselves where IT said so and so little changes, and waiting otherwise.

use super::sources::{add, approve, give, many, meets};
use crate::school::{NOW, School};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// A server of lists on this machine.
#[derive(Clone, Default)]
struct Server {
    /// What `/list` says.
    list: Arc<Mutex<String>>,
    /// What `/second` says.
    second: Arc<Mutex<String>>,
    /// What it was asked, by the tag that was known.
    asked: Arc<Mutex<Vec<String>>>,
    /// How many answers of `/gated` may go out.
    gate: Arc<Notify>,
}

/// As `/list`, and not before it may.
async fn gated(State(lists): State<Server>, headers: HeaderMap) -> Response {
    let answer = list(State(lists.clone()), headers).await;
    lists.gate.notified().await;
    answer
}

async fn list(State(lists): State<Server>, headers: HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).map_or("", |tag| tag.to_str().unwrap()).to_owned();
    lists.asked.lock().unwrap().push(known.clone());
    let list = lists.list.lock().unwrap().clone();
    let tag = format!("\"{}\"", list.len());
    if known == tag {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(header::ETAG, tag)], list).into_response()
}

impl Server {
    /// Answers where it is.
    async fn open() -> (Self, String) {
        let lists = Self::default();
        let endless = || async {
            let piece = Bytes::from(vec![b'a'; 1 << 20]);
            let pieces = futures_util::stream::repeat_with(move || Ok::<_, Infallible>(piece.clone()));
            Body::from_stream(pieces)
        };
        let router = Router::new()
            .route("/list", get(list))
            .route("/gated", get(gated))
            .route("/second", get(async |State(lists): State<Self>| lists.second.lock().unwrap().clone()))
            .route("/failed", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
            .route("/large", get(endless))
            .route("/page", get(|| async { "<html><b>Please sign in</b></html>\n" }))
            .route("/moved", get(|| async { Redirect::temporary("/list") }))
            .route("/circle", get(|| async { Redirect::temporary("/circle") }))
            .route("/nowhere", get(|| async { StatusCode::FOUND }))
            .route("/private", get(|| async { Redirect::temporary("https://192.168.0.1/list") }))
            .route("/plain", get(|| async { Redirect::temporary("http://lists.example/list") }))
            .route("/other", get(|| async { Redirect::temporary("https://127.0.0.2/list") }))
            .with_state(lists.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (lists, format!("http://{address}"))
    }

    fn says(&self, list: impl Into<String>) {
        *self.list.lock().unwrap() = list.into();
    }
}

/// Lets every source be due now, and the relay fetch it. Answers how many it asked for.
async fn minute(school: &School) -> usize {
    school.sql("update list_source set due_at = 1 where due_at > 0", &[]).await;
    school.app.fetch_lists().await.unwrap()
}

#[tokio::test]
async fn a_list_is_fetched_when_it_is_due_and_not_again_while_it_is_the_same() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let (lists, server) = Server::open().await;
    lists.says(many(0, 10));
    let moved = format!("{server}/moved");
    let page = add(&school, &it, &[("url", &moved), ("refresh", "daily")]).await;
    assert_eq!(school.app.fetch_lists().await.unwrap(), 1, "at once, since it is new");
    school.get(&it, &page).await.has("10 rules").has("A new state came");
    assert_eq!(school.app.fetch_lists().await.unwrap(), 0, "a day has not passed");
    let due = school.number("select due_at from list_source").await;
    assert_eq!(due, NOW + 24 * 60 * 60 * 1_000);
    // What came is proposed by the relay; it does not go live by itself.
    school.get(&it, "/lists/proposal").await.has("10 rules come").has("the relay, of what it fetched");
    assert_eq!(school.number("select count(*) from pack").await, 0);

    assert_eq!(minute(&school).await, 1);
    school.get(&it, &page).await.has("Nothing had changed");
    assert_eq!(*lists.asked.lock().unwrap(), ["", "\"160\""]);
    lists.says(many(0, 9));
    let now = school.post(&it, &format!("{page}/fetch"), &[]).await;
    assert_eq!(now.location, page, "{}", now.html);
    school.get(&it, &page).await.has("9 rules");

    // Off is off.
    let off = [("name", "Casinos"), ("category", "gambling"), ("url", moved.as_str()), ("refresh", "weekly")];
    assert_eq!(school.post(&it, &page, &off).await.location, page);
    assert_eq!(minute(&school).await, 0);
    let on = [&off[..], &[("is_on", "yes")]].concat();
    school.post(&it, &page, &on).await;
    assert_eq!(school.app.fetch_lists().await.unwrap(), 1);
    let due = school.number("select due_at from list_source").await;
    assert_eq!(due, NOW + 7 * 24 * 60 * 60 * 1_000);
}

#[tokio::test]
async fn whatever_a_server_does_what_was_kept_stays_and_the_page_says_why() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let (lists, server) = Server::open().await;
    lists.says(many(0, 10));
    let good = format!("{server}/list");
    let page = add(&school, &it, &[("url", &good), ("refresh", "daily")]).await;
    assert_eq!(school.app.fetch_lists().await.unwrap(), 1);
    for (path, words) in [
        ("/failed", "answered 500"),
        ("/absent", "answered 404"),
        ("/large", "larger than 64 MB"),
        ("/page", "No line of it could be used"),
        ("/circle", "more than 5 times"),
        ("/nowhere", "does not say where to"),
        ("/private", "sends us on to an address that is not asked: it leads into a private network"),
        ("/other", "sends us on to an address that is not asked: it leads into a private network"),
        ("/plain", "sends us on to an address that is not asked: an address for a list begins with https://"),
    ] {
        let url = format!("{server}{path}");
        let fields = [
            ("name", "Casinos"),
            ("category", "gambling"),
            ("url", &url),
            ("refresh", "daily"),
            ("is_on", "yes"),
        ];
        assert_eq!(school.post(&it, &page, &fields).await.location, page);
        let failed = school.post(&it, &format!("{page}/fetch"), &[]).await;
        assert_eq!(failed.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        failed.has(words).has("It did not come").has("10 rules").lacks("<b>Please");
        // It is tried again in an hour, by the schedule, which says the same.
        assert_eq!(school.number("select due_at from list_source").await, NOW + 60 * 60 * 1_000, "{path}");
        assert_eq!(minute(&school).await, 1, "{path}");
        school.get(&it, "/lists/sources").await.has(words);
    }
    // A server that is gone, and a name that leads into this machine.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (url, words) in [
        (format!("http://{gone}/list"), "could not be reached"),
        ("https://localhost/list".to_owned(), "private network or to this server"),
    ] {
        let fields = [
            ("name", "Casinos"),
            ("category", "gambling"),
            ("url", &url),
            ("refresh", "daily"),
            ("is_on", "yes"),
        ];
        assert_eq!(school.post(&it, &page, &fields).await.location, page);
        school.post(&it, &format!("{page}/fetch"), &[]).await.has(words).has("10 rules");
    }
}

#[tokio::test]
async fn a_small_change_goes_live_by_itself_and_a_large_one_waits() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let (lists, server) = Server::open().await;
    lists.says(many(0, 1_000));
    let url = format!("{server}/list");
    let page = add(&school, &it, &[("url", &url), ("refresh", "daily"), ("goes_live", "yes")]).await;
    minute(&school).await;
    let packs = async || school.number("select count(*) from pack").await;
    let waits = async || school.number("select count(*) from list_build where state = 'proposed'").await;
    assert_eq!((packs().await, waits().await), (0, 1), "the first lists are looked at");
    let proposal = school.text("select id from list_build where state = 'proposed'").await;
    approve(&school, &it, &format!("/lists/proposals/{proposal}")).await;

    lists.says(many(20, 1_010));
    minute(&school).await;
    assert_eq!((packs().await, waits().await), (2, 0));
    assert!(meets(&school, "casino1005.example").await.contains("Is blocked."));

    // Fifty of a thousand and more are looked at.
    lists.says(many(20, 1_100));
    minute(&school).await;
    assert_eq!((packs().await, waits().await), (2, 1));
    school.get(&it, "/lists").await.has("A proposal waits");
    // Another state takes the place of what waits, and this one is small.
    lists.says(many(20, 1_012));
    minute(&school).await;
    assert_eq!((packs().await, waits().await), (3, 0));

    // Another list that IT is about to add holds it up: nobody has looked at that.
    let other = add(&school, &it, &[("name", "More")]).await;
    give(&school, &it, &other, "more.test\n").await;
    lists.says(many(20, 1_013));
    minute(&school).await;
    assert_eq!((packs().await, waits().await), (3, 1));
    school.post(&it, &format!("{other}/remove"), &[]).await;

    // Not where IT did not say so.
    let fields = [
        ("name", "Casinos"),
        ("category", "gambling"),
        ("url", url.as_str()),
        ("refresh", "daily"),
        ("is_on", "yes"),
    ];
    school.post(&it, &page, &fields).await;
    lists.says(many(20, 1_014));
    minute(&school).await;
    assert_eq!((packs().await, waits().await), (3, 1));
}

#[tokio::test]
async fn where_the_school_wants_two_people_two_people_decide() {
    let school = School::open().await;
    let (it, dsl) = (school.person("it_admin", "Priya Nair").await, school.person("dsl", "Mrs Ash").await);
    let wanted = [("on", "0"), ("wanted", "yes"), ("why", "four eyes")];
    assert_eq!(school.post(&dsl, "/policy/two-person", &wanted).await.status, StatusCode::SEE_OTHER);
    let (lists, server) = Server::open().await;
    lists.says(many(0, 1_000));
    let url = format!("{server}/list");
    add(&school, &it, &[("url", &url), ("refresh", "daily"), ("goes_live", "yes")]).await;
    assert_eq!(school.app.fetch_lists().await.unwrap(), 1);
    // What the relay proposes nobody has looked at: whoever gave it the address, or another of IT, is not the second.
    let waits = async || school.text("select id from list_build where state = 'proposed'").await;
    let by_relay = format!("/lists/proposals/{}/approve", waits().await);
    let other_it = school.person("it_admin", "Sam Field").await;
    for who in [&it, &other_it] {
        school.get(who, "/lists/proposal").await.has("A safeguarding lead approves it").lacks("/approve");
        school.post(who, &by_relay, &[]).await.has("A safeguarding lead approves it");
    }
    // Nor are they when their role changes.
    school.sql("update account set role = 'dsl' where name = 'Sam Field'", &[]).await;
    school.get(&other_it, "/lists/proposal").await.has("/approve");
    school
        .sql("update list_source set changed_by = (select id from account where name = 'Sam Field')", &[])
        .await;
    school.post(&other_it, &by_relay, &[]).await.has("Another safeguarding lead approves it");
    school.get(&dsl, "/lists/proposal").await.has("/approve");
    assert_eq!(school.number("select count(*) from pack").await, 0);

    school.post(&it, "/lists/propose", &[]).await;
    let proposal = school.text("select id from list_build where state = 'proposed'").await;
    let proposal = format!("/lists/proposals/{proposal}");
    school.get(&it, "/lists/proposal").await.has("two people are wanted").lacks("/approve");
    school
        .post(&it, &format!("{proposal}/approve"), &[])
        .await
        .has("Somebody else of IT, or a DSL, approves it");
    assert_eq!(school.number("select count(*) from pack").await, 0);
    approve(&school, &dsl, &proposal).await;
    // Nothing goes live by itself there.
    lists.says(many(0, 1_001));
    minute(&school).await;
    assert_eq!(school.number("select count(*) from pack").await, 1);
    school.get(&dsl, "/lists/proposal").await.has("1 rule comes").has("/approve");
}

#[tokio::test]
async fn what_came_before_or_was_refused_does_not_go_live_with_what_comes_later() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let (lists, server) = Server::open().await;
    lists.says(many(0, 1_000));
    *lists.second.lock().unwrap() = "more.test\n".to_owned();
    let at = |path: &str| format!("{server}/{path}");
    let live = [("refresh", "daily"), ("goes_live", "yes")];
    let first = add(&school, &it, &[&live[..], &[("url", &at("list"))]].concat()).await;
    add(&school, &it, &[&live[..], &[("url", &at("second")), ("name", "Second")]].concat()).await;
    minute(&school).await;
    let waiting = async || school.text("select id from list_build where state = 'proposed'").await;
    approve(&school, &it, &format!("/lists/proposals/{}", waiting().await)).await;
    let packs = async || school.number("select count(*) from pack").await;
    assert_eq!(packs().await, 1);

    // Somebody has one list fetched, and proposes nothing. The next pass finds something new in the other alone.
    lists.says(many(0, 1_001));
    school.post(&it, &format!("{first}/fetch"), &[]).await;
    *lists.second.lock().unwrap() = "more.test\nand.test\n".to_owned();
    minute(&school).await;
    assert_eq!(packs().await, 1, "nobody has looked at the first list");
    approve(&school, &it, &format!("/lists/proposals/{}", waiting().await)).await;
    lists.says(many(0, 1_002));
    minute(&school).await;
    assert_eq!(packs().await, 3, "by itself again");

    // What was refused is in every later state of the list.
    lists.says(many(0, 1_003));
    school.post(&it, &format!("{first}/fetch"), &[]).await;
    school.post(&it, "/lists/propose", &[]).await;
    school.post(&it, &format!("/lists/proposals/{}/refuse", waiting().await), &[]).await;
    lists.says(many(0, 1_004));
    minute(&school).await;
    assert_eq!(packs().await, 3, "it holds what was refused");
    approve(&school, &it, &format!("/lists/proposals/{}", waiting().await)).await;
    lists.says(many(0, 1_005));
    minute(&school).await;
    assert_eq!(packs().await, 5);
}

#[tokio::test]
async fn an_address_that_changes_while_its_list_comes_does_not_get_the_list_of_the_old_one() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let (lists, server) = Server::open().await;
    lists.says(many(0, 10));
    let (gated, second) = (format!("{server}/gated"), format!("{server}/second"));
    let page = add(&school, &it, &[("url", &gated), ("refresh", "daily")]).await;
    let change = async {
        while lists.asked.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let fields = [("name", "Casinos"), ("category", "gambling"), ("url", &second), ("refresh", "daily")];
        school
            .post(&it, &page, &[&fields.map(|(name, value)| (name, value))[..], &[("is_on", "yes")]].concat())
            .await;
        lists.gate.notify_one();
    };
    let (asked, ()) = tokio::join!(school.app.fetch_lists(), change);
    assert_eq!(asked.unwrap(), 1);
    school.get(&it, &page).await.has("changed or removed while its list came").has("Nothing yet");
    // It is due at once, and not when the other address would have been.
    *lists.second.lock().unwrap() = many(0, 7);
    assert_eq!(school.app.fetch_lists().await.unwrap(), 1);
    school.get(&it, &page).await.has("7 rules");
}

#[tokio::test]
async fn a_list_that_is_not_kept_whole_is_asked_for_as_if_it_were_not_known() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let (lists, server) = Server::open().await;
    lists.says(many(0, 10));
    let url = format!("{server}/list");
    add(&school, &it, &[("url", &url), ("refresh", "daily")]).await;
    minute(&school).await;
    school.sql("delete from list_file", &[]).await;
    school.post(&it, "/lists/propose", &[]).await.has("no longer kept");
    minute(&school).await;
    assert_eq!(*lists.asked.lock().unwrap(), ["", ""]);
    assert_eq!(school.post(&it, "/lists/propose", &[]).await.location, "/lists/proposal");
}
