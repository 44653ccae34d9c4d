//! What a page says of what was sent, when something goes wrong: that nothing of it is saved only where that is known, and with
//! the words in the form wherever there is one.

use crate::database::is_postgres;
use crate::school::{self, School};
use axum::http::StatusCode;
use sqlx::AssertSqlSafe;

const WORDS: &str = "She came without a coat again.";
const UNREAD: &str = "What was saved before stands";
const NOTHING: &str = "Nothing was saved";
const UNSURE: &str = "It may or may not have been saved";

fn concern(id: &str) -> [(&str, &str); 6] {
    [
        ("id", id),
        ("person_name", "Amira Khan"),
        ("person_role", "subject"),
        ("occurred_precision", "unknown"),
        ("seen_heard", WORDS),
        ("told_dsl", "yes"),
    ]
}

/// Runs a statement with every row that is added to `table` and fulfils `condition`.
async fn on_insert(school: &School, table: &str, condition: &str, sqlite: &str, postgres: &str) {
    let statements = if is_postgres() {
        vec![
            format!(
                "create function odd_{table}() returns trigger language plpgsql as $$ begin \
                 if {condition} then {postgres}; end if; return new; end $$"
            ),
            format!(
                "create trigger odd_{table} before insert on {table} for each row \
                 execute function odd_{table}()"
            ),
        ]
    } else {
        vec![format!(
            "create trigger odd_{table} before insert on {table} when {condition} begin {sqlite}; end"
        )]
    };
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement)).execute(&school.database.pool).await.unwrap();
    }
}

/// Whoever reads that nothing was saved writes it all again.
#[tokio::test]
async fn a_page_that_cannot_be_read_does_not_say_that_nothing_was_saved() {
    let school = School::open().await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    let (first, second) = (school::id(), school::id());
    let sent = school.post(&teacher, "/concerns/new", &concern(&first)).await;
    assert_eq!(sent.location, format!("/concerns/{first}/recorded"), "{}", sent.html);
    school.database.db.close().await;
    let next = school.get(&teacher, &sent.location).await;
    assert_eq!(next.status, StatusCode::SERVICE_UNAVAILABLE);
    next.has(UNREAD).lacks(NOTHING);
    let refused = school.post(&teacher, "/concerns/new", &concern(&second)).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    refused.has(NOTHING).has("reload this page, which sends it again").lacks(UNREAD);
    assert_eq!(school.number("select count(*) from concern").await, 1);
}

#[tokio::test]
async fn where_a_commit_failed_nobody_is_told_that_nothing_was_saved() {
    let school = School::open().await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let (first, second, note) = (school::id(), school::id(), school::id());
    school.post(&teacher, "/concerns/new", &concern(&first)).await;
    // Only noticed by the commit itself.
    school
        .sql("create table doubt (school text references school (id) deferrable initially deferred)", &[])
        .await;
    if is_postgres() {
        // The relay's role is not the one that made the table.
        school.sql("grant all on doubt to public", &[]).await;
    }
    let insert = "insert into doubt (school) values ('nobody')";
    for table in ["concern", "entry"] {
        on_insert(&school, table, "1 = 1", insert, insert).await;
    }
    let path = format!("/concerns/{first}/note");
    let noted = school.post(&dsl, &path, &[("id", &note), ("note", "Rang home.")]).await;
    assert_eq!(noted.status, StatusCode::INTERNAL_SERVER_ERROR);
    noted.has(UNSURE).has("reference ").lacks(NOTHING);
    let form = school.post(&teacher, "/concerns/new", &concern(&second)).await;
    assert_eq!(form.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", form.html);
    form.has(WORDS).has("It is not known whether this was saved").lacks("nothing of it is saved");
    assert_eq!(form.value("id"), second, "by its id it is kept once, however often it is sent");

    school
        .sql("insert into school (id, name, enrolment_key, created_at) values ('nobody', 'N', 'n', 0)", &[])
        .await;
    for _ in 0..2 {
        let sent = school.post(&teacher, "/concerns/new", &concern(&second)).await;
        assert_eq!(sent.location, format!("/concerns/{second}/recorded"), "{}", sent.html);
    }
    assert_eq!(school.number("select count(*) from concern").await, 2);
}

/// A fault that shows late: all of the concern is written, and its link of the chain is not.
#[tokio::test]
async fn a_concern_that_meets_a_fault_comes_back_with_its_words() {
    let school = School::open().await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    let condition = "new.action = 'create'";
    on_insert(&school, "audit_event", condition, "select raise(abort, 'odd')", "raise exception 'odd'").await;
    let id = school::id();
    let form = school.post(&teacher, "/concerns/new", &concern(&id)).await;
    assert_eq!(form.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", form.html);
    form.has(WORDS).has("nothing of it is saved").has("Your words are still in the form").has("reference ");
    assert_eq!(form.value("id"), id);
    assert_eq!(school.number("select count(*) from concern").await, 0);
}

/// The ordinary busy case: nobody else gets to write at all, neither that the session was used nor the concern.
#[tokio::test]
async fn a_concern_that_finds_the_database_busy_comes_back_with_its_words() {
    // PostgreSQL's writers do not take turns.
    if is_postgres() {
        return;
    }
    let school = School::open().await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    school.post(&teacher, "/concerns/new", &concern(&school::id())).await;
    school.advance(2);
    let mut other = school.database.pool.acquire().await.unwrap();
    sqlx::query("begin immediate").execute(&mut *other).await.unwrap();
    let id = school::id();
    let form = school.post(&teacher, "/concerns/new", &concern(&id)).await;
    sqlx::query("rollback").execute(&mut *other).await.unwrap();
    drop(other);
    assert_eq!(form.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", form.html);
    form.has(WORDS).has("nothing of it is saved").has("Your words are still in the form");
    let sent = school.post(&teacher, "/concerns/new", &concern(&form.value("id"))).await;
    assert_eq!(sent.location, format!("/concerns/{id}/recorded"), "{}", sent.html);
}
