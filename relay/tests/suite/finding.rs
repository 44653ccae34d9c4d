//! What a page must still find when there is more than it shows: the gravest alert of a long episode, what else happened on
//! the device, and the records that a search finds. What is cut is walled first, and the page says that it is cut.

use super::walls::{concern, scope, share};
use crate::school::{MINUTE, NOW, Person, School, Seen, Told, id};
use axum::http::StatusCode;

/// More alerts of the episode of an alert, which came in the milliseconds after it.
async fn many_more(school: &School, alert: &str, many: i64) {
    let more = "insert into alert (school_id, id, device_id, episode_id, occurred_at, received_at, source, surface, category, \
                severity, stage, action, sealed, reasons, policy_version, lists_version) \
                with recursive n (i) as (select 1 union all select i + 1 from n where i < $2) \
                select a.school_id, 'more-' || cast(n.i as text), a.device_id, a.episode_id, a.occurred_at, \
                a.received_at + n.i, a.source, a.surface, a.category, a.severity, a.stage, a.action, a.sealed, a.reasons, \
                a.policy_version, a.lists_version from alert a cross join n where a.id = $1";
    school.sql(more, &[alert.into(), many.into()]).await;
    let counted = "update episode set alerts = alerts + $2, last_at = last_at + $2 where id = (select episode_id from alert where id = $1)";
    school.sql(counted, &[alert.into(), many.into()]).await;
}

const GRAVE: &str = "i have the rope ready for tonight";
const MILD: &str = "nobody likes you, go away";

#[tokio::test]
async fn the_gravest_alert_is_shown_and_quoted_however_many_milder_ones_follow() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = school.device("LIB-04").await;
    let at = |minutes: i64| NOW - minutes * MINUTE;
    let grave = Seen { severity: "critical", excerpt: GRAVE, marks: "[]", at: at(9), ..Seen::default() };
    let (episode, gravest) = school.episode(&device, &grave).await;
    // Of the grave ones, the newest is it.
    let (_, older) =
        school.episode(&device, &Seen { excerpt: "an older one of these", at: at(10), ..grave }).await;
    let (same, mild) = school.episode(&device, &Seen { excerpt: MILD, at: at(8), ..Seen::default() }).await;
    assert_eq!(same, episode);
    many_more(&school, &mild, 199).await;
    school.advance(1);
    school.episode(&device, &Seen { excerpt: MILD, at: at(7), ..Seen::default() }).await;

    let page = school.get(&dsl, &format!("/episodes/{episode}")).await;
    page.has(GRAVE).has(&format!("id=\"alert-{gravest}\"")).lacks(&format!("id=\"alert-{older}\""));
    page.has("The latest 200 alerts are shown").has(&format!("href=\"#alert-{gravest}\""));
    let form = school.get(&dsl, &format!("/concerns/new?episode={episode}&shown=203")).await;
    form.has(GRAVE).lacks(MILD);
    let made = concern(&school, &dsl, "bullying", &[]).await;
    let evidence = "insert into evidence (id, school_id, concern_id, kind, object_id) values ($1, $2, $3, 'episode', $4)";
    let [record, from] = [made.as_str(), episode.as_str()].map(Into::into);
    school.sql(evidence, &[id().into(), school.id.as_str().into(), record, from]).await;
    school.get(&dsl, &format!("/concerns/{made}")).await.has(GRAVE).lacks(MILD);
}

#[tokio::test]
async fn no_other_alerts_words_stand_for_the_gravest() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let seen = Seen { excerpt: MILD, ..Seen::default() };
    let (episode, _) = school.episode(&school.device("LIB-04").await, &seen).await;
    school.get(&dsl, &format!("/concerns/new?episode={episode}&shown=1")).await.has(MILD);
    school.sql("update episode set severity = 'critical' where id = $1", &[episode.as_str().into()]).await;
    school
        .get(&dsl, &format!("/concerns/new?episode={episode}&shown=1"))
        .await
        .has("Lapwing raised")
        .lacks(MILD);
}

/// More episodes of the same device and account, newer than this one and dismissed, about gambling.
async fn more_episodes(school: &School, episode: &str, many: i64) {
    let more = "insert into episode (id, school_id, device_id, account_hash, sealed, category, severity, rank, first_at, \
                last_at, alerts, status, closed_at) \
                with recursive n (i) as (select 1 union all select i + 1 from n where i < $2) \
                select 'other-' || cast(n.i as text), e.school_id, e.device_id, e.account_hash, e.sealed, 'gambling', \
                e.severity, e.rank, e.first_at, e.last_at + n.i, 1, 'dismissed', e.last_at + n.i \
                from episode e cross join n where e.id = $1";
    school.sql(more, &[episode.into(), many.into()]).await;
}

#[tokio::test]
async fn other_alerts_of_the_device_are_walled_before_they_are_cut() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = school.device("LIB-04").await;
    let (older, _) = school.episode(&device, &Seen::default()).await;
    school.sql("update episode set status = 'dismissed', closed_at = last_at", &[]).await;
    school.advance(5);
    let (episode, _) = school.episode(&device, &Seen::default()).await;
    assert_ne!(older, episode, "the older one is dismissed");
    let path = format!("/episodes/{episode}");
    let link = format!("href=\"/episodes/{older}\"");
    school.get(&dsl, &path).await.has(&link).lacks("The latest 20 are shown");
    more_episodes(&school, &older, 20).await;
    let page = school.get(&dsl, &path).await;
    page.has("The latest 20 are shown").lacks(&link).has("href=\"/episodes/other-20\"");

    let scoped = school.person("pastoral", "Miss Lane").await;
    scope(&school, &dsl, &scoped, "*", "bullying").await;
    school.get(&scoped, &path).await.has(&link).lacks("/episodes/other-").lacks("The latest 20 are shown");
    let reader = school.person("staff", "Mr Hall").await;
    share(&school, &dsl, "episode", &episode, &reader, "read", "2026-11-26").await;
    let page = school.get(&reader, &path).await;
    page.has("none that you may open").lacks("No other alerts").lacks(&link);
    let (alone, _) = school.episode(&school.device("LIB-05").await, &Seen::default()).await;
    school.get(&dsl, &format!("/episodes/{alone}")).await.has("No other alerts from this device");
}

/// More concerns with the same words as this one, newer.
async fn more_concerns(school: &School, concern: &str, from: i64, to: i64) {
    let more = "insert into concern (id, school_id, number, source, reporter_id, occurred_precision, sealed, told_dsl, \
                recorded_at, status) \
                with recursive n (i) as (select cast($2 as bigint) union all select i + 1 from n where i < $3) \
                select 'newer-' || cast(n.i as text), c.school_id, c.number + n.i, c.source, c.reporter_id, \
                c.occurred_precision, c.sealed, c.told_dsl, c.recorded_at + n.i, c.status \
                from concern c cross join n where c.id = $1";
    school.sql(more, &[concern.into(), from.into(), to.into()]).await;
    let words = "insert into search_word (school_id, word_hash, object_kind, object_id) \
                 select w.school_id, w.word_hash, w.object_kind, c.id from search_word w \
                 join concern c on c.school_id = w.school_id and c.id like 'newer-%' \
                 where w.object_id = $1 and c.number > $2";
    school.sql(words, &[concern.into(), from.into()]).await;
}

#[tokio::test]
async fn a_search_is_walled_before_it_is_cut_and_says_that_it_is() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let (teacher, reader) =
        (school.person("staff", "Mr Hall").await, school.person("pastoral", "Miss Lane").await);
    let first = concern(&school, &teacher, "bullying", &[]).await;
    let link = format!("href=\"/concerns/{first}\"");
    share(&school, &dsl, "concern", &first, &reader, "read", "2026-11-26").await;
    more_concerns(&school, &first, 1, 99).await;
    school.get(&dsl, "/search?words=corridor").await.has(&link).lacks("are shown");
    more_concerns(&school, &first, 100, 100).await;
    let page = school.get(&dsl, "/search?words=cried+corridor").await;
    page.has("More than 100 concerns").has("The latest 100 are shown").lacks(&link).has("/concerns/newer-99");
    assert_eq!(page.html.matches("href=\"/concerns/newer-").count(), 100);
    school.get(&reader, "/search?words=cried+corridor").await.has(&link).lacks("newer-").lacks("are shown");
    // A word that this record has not, among those that it has.
    school.get(&dsl, "/search?words=cried+elephant").await.has("No record that you may open");
}

#[tokio::test]
async fn what_a_search_cannot_look_for_it_says() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    concern(&school, &school.person("staff", "Mr Hall").await, "bullying", &[]).await;
    let many = "she+cried+in+the+corridor+and+will+not+stop";
    let page = school.get(&dsl, &format!("/search?words={many}")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.has("These are 9 different words. Leave 8 or fewer").lacks("No record that you may open");
    assert_eq!(page.value("words"), many.replace('+', " "));
    let page = school.get(&dsl, "/search?words=J.").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.has("Write a word of at least two letters or digits").lacks("No record that you may open");
    let page = school.get(&dsl, "/search?words=corridor+J").await;
    assert_eq!(page.status, StatusCode::OK);
    page.has("Not looked for: “j”. A word needs two letters or digits.").has("Concern 1");
    let noted = school.number("select count(*) from audit_event where action = 'search'").await;
    assert_eq!(noted, 1, "nothing was looked for by the others");
}

#[tokio::test]
async fn a_concern_is_found_by_the_names_in_it_and_a_report_by_no_name() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let teacher = school.person("staff", "Mr Hall").await;
    let accused = school.person("dsl", "Zoë Byrne-Okafor").await;
    let named = concern(&school, &teacher, "bullying", &[("Zoë Byrne-Okafor", "adult_named")]).await;
    for identity in ["named", "confidant"] {
        let told = Told { identity, adult: Some(&teacher.id), name: "Amira Khan", ..Told::default() };
        school.report(&told).await;
    }
    let finds = async |who: &Person, words: &str| {
        school.get(who, &format!("/search?words={words}")).await.html.contains(&format!("/concerns/{named}"))
    };
    for words in ["Amira+Khan", "amira", "okafor+ZO%C3%8B", "byrne-okafor", "khan+corridor"] {
        assert!(finds(&dsl, words).await, "{words}");
        school.get(&dsl, &format!("/search?words={words}")).await.lacks("/reports/");
    }
    assert!(!finds(&dsl, "amir").await);
    assert!(!finds(&teacher, "amira").await, "the teacher reads what they wrote, not the whole");
    assert!(!finds(&accused, "okafor").await, "whoever is named does not find it");
    school.get(&dsl, "/search").await.has("By name, only concerns are found");
}
