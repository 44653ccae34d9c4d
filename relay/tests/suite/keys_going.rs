//! Words that somebody writes while the key they would lie under is being destroyed or changed: they are not stored where nobody
//! could ever read them, and come back to whoever wrote them.

use crate::copies::{concern, concern_from};
use crate::keys::{is_sound, person_of};
use crate::school::{School, Told};
use lapwing_relay::{SystemRandom, rotate_school};
use std::sync::Arc;

/// One way to add words to a record: its form, the words in it, and what counts the rows that were stored.
struct Adding {
    path: String,
    fields: Vec<(&'static str, String)>,
    words: &'static str,
    stored: &'static str,
}

impl Adding {
    fn new(path: String, fields: &[(&'static str, &str)], words: &'static str, stored: &'static str) -> Self {
        let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { path, fields, words, stored }
    }
}

/// Whoever adds words to a record while its child's key is being destroyed waits for that, and gets the words back.
#[tokio::test]
async fn words_for_a_record_whose_key_is_being_destroyed_are_not_stored_and_come_back() {
    let school = Arc::new(School::open().await);
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let colleague = school.person("staff", "Mr Bloggs").await;
    let head = school.person("head", "Mr Okoro").await;
    let report = school.report(&Told::default()).await;
    for number in 0..5 {
        let (name, form) = (format!("Child {number}"), crate::school::id());
        let made_from: &[(&str, &str)] =
            if number == 3 { &[("report", &report), ("shown", "0")] } else { &[] };
        let id = concern_from(&school, &dsl, &[(&name, "subject")], "A bruise.", made_from).await;
        let (concerns, sharing) = (format!("/concerns/{id}"), format!("/sharing/concern/{id}"));
        let entries = "select count(*) from entry";
        let until = "2026-11-26";
        let adding = match number {
            0 => Adding::new(
                format!("{concerns}/note"),
                &[("id", &form), ("note", "Rang home.")],
                "Rang home.",
                entries,
            ),
            1 => Adding::new(
                format!("{concerns}/status"),
                &[("id", &form), ("from", "new"), ("to", "closed"), ("text", "Nothing more to do.")],
                "Nothing more to do.",
                entries,
            ),
            2 => Adding::new(
                sharing,
                &[("with", &colleague.id), ("level", "read"), ("until", until), ("reason", "Form tutor.")],
                "Form tutor.",
                "select count(*) from share",
            ),
            3 => Adding::new(
                format!("/reports/{report}/reply"),
                &[("id", &form), ("text", "I will come and find you.")],
                "I will come and find you.",
                "select count(*) from message",
            ),
            _ => Adding::new(
                "/break-glass".into(),
                &[("record", &concerns), ("reason", "Her mother is here.")],
                "Her mother is here.",
                "select count(*) from break_glass",
            ),
        };
        let person = person_of(&school, &id).await;
        let before = school.number(adding.stored).await;

        // The destruction has begun and is not over, in a connection of its own.
        let url = school.database.url.replace("user=relay", "user=lapwing");
        let mut destroying = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
        let begin = if crate::database::is_postgres() { "begin" } else { "begin immediate" };
        for (statement, takes) in [
            (begin, false),
            ("update sealing_key set wrapped = null, destroyed_at = 1 where id = $1", true),
            ("delete from record_key where under = $1", true),
        ] {
            let query = sqlx::query(statement);
            let query = if takes { query.bind(person.clone()) } else { query };
            query.execute(&mut destroying).await.unwrap();
        }
        let who = if number == 4 { head.clone() } else { dsl.clone() };
        let sent = {
            let (school, path) = (Arc::clone(&school), adding.path.clone());
            let fields = adding.fields.clone();
            tokio::spawn(async move {
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                school.post(&who, &path, &fields).await
            })
        };
        // On PostgreSQL it waits for the key, or was answered without looking; on SQLite for the one writer.
        while crate::database::is_postgres() && !sent.is_finished() {
            if school.number("select count(*) from pg_locks where not granted").await > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        sqlx::query("commit").execute(&mut destroying).await.unwrap();
        let page = sent.await.unwrap();
        assert_eq!(page.status.as_u16(), 422, "{}: {}", adding.path, page.html);
        // Where the form is one of several on its page, the browser warns before its words are lost once more.
        if matches!(number, 0 | 1 | 3) {
            page.has("data-guard=\"written\"");
        }
        page.has(adding.words).has("These words cannot be opened: they were destroyed with the key");
        assert_eq!(school.number(adding.stored).await, before, "{}: nobody could open it", adding.path);
        let again: Vec<(&str, &str)> =
            adding.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let who = if number == 4 { &head } else { &dsl };
        school.post(who, &adding.path, &again).await.has(adding.words);
    }
    assert_eq!(school.number("select count(*) from concern where status = 'closed'").await, 0);
    is_sound(&school).await;
}

/// A relay that has not heard that a school's key was changed says so, and the form keeps what was typed.
#[tokio::test]
async fn a_concern_that_meets_a_key_that_was_retired_is_not_stored_and_comes_back() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    concern(&school, &dsl, &[("Amira Khan", "subject")], "A bruise.").await;
    // The other relay's clock stands still: it goes on believing the key that is retired.
    let elsewhere = school.app_with(Arc::new(SystemRandom::default()));
    rotate_school(&elsewhere, &school.id, async |_| ()).await.unwrap();
    let id = crate::school::id();
    let fields = [
        ("id", id.as_str()),
        ("occurred_precision", "unknown"),
        ("seen_heard", "He came without a coat."),
        ("person_name", "Ben Hill"),
        ("person_year", "Year 9"),
        ("person_role", "subject"),
        ("told_dsl", "yes"),
    ];
    let page = school.post(&dsl, "/concerns/new", &fields).await;
    assert_eq!(page.status.as_u16(), 422, "{}", page.html);
    page.has("nothing of it is saved").has("He came without a coat.").has("Ben Hill");
    assert_eq!(school.number("select count(*) from concern").await, 1);
    school.advance(1);
    assert_eq!(school.post(&dsl, "/concerns/new", &fields).await.status.as_u16(), 303);
    school.get(&dsl, &format!("/concerns/{id}")).await.has("He came without a coat.");
}
