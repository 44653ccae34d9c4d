//! Several relays on one PostgreSQL: they may start at once, and a page that is open at one hears of what the other took
//! in, also after the connection between them was cut. There is nothing to test on SQLite, which one relay has to itself.

use crate::database::fresh_postgres;
use crate::device::{Device, alert, batch};
use crate::school::{Person, School, Seen, enrolment_key};
use axum::body::Body;
use http_body_util::BodyExt as _;
use lapwing_core::wire::path;
use lapwing_relay::Db;
use std::time::Duration;
use tokio::time::timeout;

const CHANGE: &str = "event: change\ndata: inbox\n\n";

/// Long enough for a machine that builds something at the same time; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

async fn open_page(school: &School, who: &Person) -> Body {
    school.stream(who, "/inbox/events").await.into_body()
}

async fn heard(page: &mut Body) -> String {
    let news = async {
        loop {
            let frame = page.frame().await.unwrap().unwrap().into_data().unwrap();
            let text = String::from_utf8(frame.to_vec()).unwrap();
            // A line that only keeps the connection open.
            if !text.starts_with(':') {
                return text;
            }
        }
    };
    timeout(PATIENCE, news).await.expect("no news came")
}

/// Waits until as many relays listen as there should be, and answers the processes of the server that serve them.
async fn listeners(school: &School, count: usize) -> Vec<i32> {
    let listening =
        "select pid from pg_stat_activity where datname = current_database() and query like 'LISTEN%'";
    let all = async {
        loop {
            let pids: Vec<i32> =
                sqlx::query_scalar(listening).fetch_all(&school.database.pool).await.unwrap();
            if pids.len() == count {
                return pids;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, all).await.expect("the relays do not listen")
}

/// Waits until both relays listen.
async fn settled(school: &School) -> Vec<i32> {
    listeners(school, 2).await
}

#[tokio::test]
async fn a_page_at_one_relay_hears_of_what_another_did() {
    let one = School::open().await;
    let two = one.second_relay().await;
    let (reader, colleague) = (one.person("dsl", "Mrs Adeyemi").await, one.person("dsl", "Mr Price").await);
    let (episode, _) = one.episode(&one.device("LIB-04").await, &Seen::default()).await;
    settled(&one).await;
    let mut page = open_page(&one, &reader).await;
    let ash = one.neighbour().await;
    let stranger = ash.person("dsl", "Mr Stone").await;
    let mut elsewhere = open_page(&ash, &stranger).await;
    two.post(&colleague, &format!("/episodes/{episode}/claim"), &[("from", "")]).await;
    assert_eq!(heard(&mut page).await, CHANGE);
    one.get(&reader, "/inbox").await.has("Mr Price has it");
    // The news of this school has arrived, so any of the other school would have, too.
    assert!(timeout(Duration::ZERO, elsewhere.frame()).await.is_err(), "another school's page heard of it");
}

#[tokio::test]
async fn a_relay_that_was_cut_off_listens_again_and_its_pages_miss_nothing() {
    let one = School::open().await;
    let two = one.second_relay().await;
    let (reader, colleague) = (one.person("dsl", "Mrs Adeyemi").await, one.person("dsl", "Mr Price").await);
    let (episode, _) = one.episode(&one.device("LIB-04").await, &Seen::default()).await;
    let before = settled(&one).await;
    let mut page = open_page(&one, &reader).await;
    for pid in &before {
        sqlx::query("select pg_terminate_backend($1)").bind(pid).execute(&one.database.pool).await.unwrap();
    }
    // Whether the news comes before the relay listens again or after: the page learns of it.
    two.post(&colleague, &format!("/episodes/{episode}/claim"), &[("from", "")]).await;
    assert_eq!(heard(&mut page).await, CHANGE);
    let after = listeners(&one, 2).await;
    assert!(after.iter().all(|pid| !before.contains(pid)), "{before:?} {after:?}");
    two.post(&colleague, &format!("/episodes/{episode}/dismiss"), &[("shown", "1"), ("reason", "joke")])
        .await;
    assert_eq!(heard(&mut page).await, CHANGE);
}

#[tokio::test]
async fn relays_that_start_at_once_on_an_empty_database_all_come_up() {
    let url = fresh_postgres().await.parse().unwrap();
    let opened = tokio::join!(Db::postgres(&url), Db::postgres(&url), Db::postgres(&url), Db::postgres(&url));
    for db in [opened.0, opened.1, opened.2, opened.3] {
        db.expect("a relay did not come up").close().await;
    }
}

#[tokio::test]
async fn parts_for_the_coming_months_are_made_once_whoever_asks_and_are_guarded_like_their_table() {
    let one = School::open().await;
    let two = one.second_relay().await;
    let (here, there) = tokio::join!(one.app.look_ahead(), two.app.look_ahead());
    assert_eq!(here.unwrap() + there.unwrap(), 8, "four months of two tables");
    assert_eq!(one.app.look_ahead().await.unwrap(), 0);
    let device = Device::enrol(&one.router, &enrolment_key(&one)).await;
    device.send(path::ALERTS, &batch(&[&alert()])).await;
    assert_eq!(one.number("select count(*) from only alert_2026_11").await, 1);
    assert_eq!(
        one.number("select count(*) from only audit_event_2026_11").await,
        one.number("select count(*) from audit_event").await
    );
    let parts = "from pg_class c join pg_inherits i on i.inhrelid = c.oid where c.relkind = 'r' and i.inhparent in \
                 ('alert'::regclass, 'audit_event'::regclass)";
    let unwalled = format!("select count(*) {parts} and not (c.relrowsecurity and c.relforcerowsecurity)");
    let count: Result<i64, sqlx::Error> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(unwalled)).fetch_one(&one.database.pool).await;
    assert_eq!(count.unwrap(), 0, "the default parts and the months are walled");
    for change in
        ["update alert_2026_11 set reasons = '[]'", "delete from alert_2026_11", "truncate alert_2026_11"]
    {
        let refused = sqlx::query(change).execute(&one.database.pool).await;
        assert!(refused.is_err(), "{change}");
    }
}
