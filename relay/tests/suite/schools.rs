//! Many schools in one relay: further schools, trusts above them, and the wall between schools that stands in PostgreSQL
//! itself. And who may be given which role.

use super::walls::concern;
use crate::school::{NOW, Person, School, Seen, Told, id};
use axum::http::StatusCode;
use jiff::SignedDuration;
use sqlx::Row as _;
use sqlx::any::AnyPoolOptions;

/// Somewhen in the month before.
const LAST_MONTH: i64 = NOW - 30 * 24 * 60 * 60_000;

/// Puts `many` concerns of one kind into the last whole month.
async fn concerns(school: &School, reporter: &Person, category: &str, many: usize) {
    let back = SignedDuration::from_millis(LAST_MONTH - NOW);
    school.clock.advance(back);
    for _ in 0..many {
        concern(school, reporter, category, &[]).await;
    }
    school.clock.advance(-back);
}

#[tokio::test]
async fn a_governor_sees_numbers_without_names_and_no_small_ones() {
    let school = School::open().await;
    let (governor, reporter) =
        (school.person("governor", "Ms Gov").await, school.person("staff", "Mr Bloggs").await);
    school.get(&governor, "/numbers").await.has("None.");
    concerns(&school, &reporter, "bullying", 7).await;
    concerns(&school, &reporter, "self_harm", 1).await;
    // This month's are not counted yet: the page must not move with each new record.
    concern(&school, &reporter, "hate", &[]).await;
    let page = school.get(&governor, "/numbers").await;
    page.has("<td>7</td>").has("fewer than 5").has("between 8 and 11").has("1 November 2025");
    page.lacks("Amira").lacks("Bloggs").lacks("Hate").lacks("<td>1</td>").lacks("<td>8</td>");
    for url in ["/inbox", "/concerns", "/concerns/new", "/reports", "/trail", "/people", "/break-glass"] {
        assert_eq!(school.get(&governor, url).await.status, StatusCode::FORBIDDEN, "{url}");
    }
    assert_eq!(school.database.actions("view").await, 2, "looking at numbers is recorded");
}

#[tokio::test]
async fn a_trusts_lead_sees_numbers_and_one_record_in_need() {
    let (oak, lead) = {
        let oak = School::open().await;
        oak.join_trust("Park Trust").await;
        let lead = oak.person("trust_lead", "Mx Trust").await;
        (oak, lead)
    };
    let ash = oak.neighbour().await;
    let (dsl, reporter) = (ash.person("dsl", "Mrs Ash").await, ash.person("staff", "Mr Elm").await);
    concerns(&ash, &reporter, "bullying", 6).await;
    let record = ash.text("select id from concern where number = 1").await;
    let open = format!("/trust/{}/break-glass", ash.id);
    let page = format!("/trust/{}/concerns/{record}", ash.id);
    let asked = [("record", "1"), ("reason", "Her school asked for help.")];

    // A school that is not of the trust is not there.
    oak.get(&lead, "/trust").await.has("Oak Park School").lacks("Ash Vale School");
    assert_eq!(oak.get(&lead, &open).await.status, StatusCode::NOT_FOUND);
    assert_eq!(oak.post(&lead, &open, &asked).await.status, StatusCode::NOT_FOUND);

    ash.join_trust("Park Trust").await;
    oak.get(&lead, "/trust").await.has("Ash Vale School").has(">6<").lacks("Amira").lacks("Elm");
    assert_eq!(oak.get(&lead, &page).await.status, StatusCode::NOT_FOUND);
    for own in ["/inbox", "/concerns", "/concerns/new", "/break-glass"] {
        assert_eq!(oak.get(&lead, own).await.status, StatusCode::FORBIDDEN, "{own}");
    }
    let wrong = oak.post(&lead, &open, &[("record", "77"), ("reason", "x")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(oak.post(&lead, &open, &asked).await.location, page);
    oak.get(&lead, &page).await.has("He will not stop.").lacks("Acknowledge").lacks("Add to it");
    ash.get(&dsl, "/inbox").await.has("Mx Trust, trust safeguarding lead").has("Her school asked for help.");
    // It stands in the trail of the school whose record it is.
    ash.get(&dsl, "/trail?kind=concern").await.has("break glass").has("Somebody of the trust");
    oak.advance(60);
    oak.sql("update session set seen_at = $1", &[(NOW + 3_600_000).into()]).await;
    assert_eq!(oak.get(&lead, &page).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_auditor_sees_who_did_what_and_none_of_the_words() {
    let school = School::open().await;
    let (dsl, auditor) =
        (school.person("dsl", "Mrs Adeyemi").await, school.person("auditor", "Mr Audit").await);
    let reporter = school.person("staff", "Mr Bloggs").await;
    let record = concern(&school, &reporter, "bullying", &[]).await;
    let report = school.report(&Told::default()).await;
    school.get(&dsl, &format!("/concerns/{record}")).await;
    school.get(&dsl, &format!("/reports/{report}")).await;
    let trail = school.get(&auditor, "/trail").await;
    trail.has(&record).has(&report).has("Mrs Adeyemi").has("view");
    trail.lacks("He will not stop.").lacks("She cried").lacks("Amira").lacks("They wait for me");
    let only = school.get(&auditor, &format!("/trail?kind=concern&account={}&object={record}", dsl.id)).await;
    only.has(&record).lacks(&report).lacks(">create<");
    school.get(&auditor, "/trail?until=2026-11-23").await.has("Nothing was done that fits.");
    for url in
        [format!("/concerns/{record}"), format!("/reports/{report}"), "/inbox".into(), "/concerns".into()]
    {
        assert_eq!(school.get(&auditor, &url).await.status, StatusCode::FORBIDDEN, "{url}");
    }
}

#[tokio::test]
async fn further_schools_and_trust_leads_come_from_the_console() {
    let school = School::open().await;
    let app = &school.app;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let first = app.add_school(" Elm Bank School ", Some("Park Trust")).await.unwrap();
    let link = app.add_school("Elm Bank School", None).await.unwrap();
    assert_eq!(school.number("select count(*) from school where name = 'Elm Bank School'").await, 1);
    let path = |link: &str| link.strip_prefix("https://relay.school.example").unwrap().to_owned();
    assert_eq!(school.get(&dsl, &path(&first)).await.status, StatusCode::GONE, "a newer link replaces it");
    school.get(&dsl, &path(&link)).await.has("value=\"Elm Bank School\"");
    let fields = [
        ("school", "Elm Bank Primary"),
        ("it_name", "Ines Hale"),
        ("it_email", "ines@elm.example"),
        ("password", "otter violet kettle drum"),
        ("dsl_name", "Mrs Elm"),
        ("dsl_email", "elm@elm.example"),
    ];
    let done = school.post(&dsl, &path(&link), &fields).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.html);
    assert_eq!(school.number("select count(*) from school").await, 2);
    let accounts = "select count(*) from account a join school s on s.id = a.school_id where s.name = 'Elm Bank Primary'";
    assert_eq!(school.number(accounts).await, 2);
    assert_eq!(school.post(&dsl, &path(&link), &fields).await.status, StatusCode::GONE);
    let keys = "select count(distinct enrolment_key) from school";
    assert_eq!(school.number(keys).await, 2);
    assert!(app.add_school("Elm Bank Primary", None).await.is_err(), "it is in use");

    assert!(app.add_trust_lead("No Trust", "Mx Lead", "lead@trust.example").await.is_err());
    app.join_trust("Oak Park School", "Park Trust").await.unwrap();
    assert!(app.join_trust("No School", "Park Trust").await.is_err());
    let link = app.add_trust_lead("Park Trust", "Mx Lead", "Lead@trust.example").await.unwrap();
    assert_eq!(school.get(&dsl, &path(&link)).await.status, StatusCode::OK);
    assert!(
        app.add_trust_lead("Park Trust", "Mx Lead", "lead@trust.example").await.is_err(),
        "one account an address"
    );
    assert_eq!(
        school.text("select role from account where email = 'lead@trust.example'").await,
        "trust_lead"
    );
    assert_eq!(school.number("select count(*) from school where trust_id is not null").await, 2);
}

#[tokio::test]
async fn nobody_gives_a_role_by_which_they_would_see_more() {
    let school = School::open().await;
    let (dsl, it) = (school.person("dsl", "Mrs Adeyemi").await, school.person("it_admin", "Ian").await);
    let mut number = 0;
    let mut add = async |who: &Person, role: &str| {
        number += 1;
        let email = format!("new{number}@oak.example");
        school.post(who, "/people", &[("name", "New"), ("email", &email), ("role", role)]).await.status
    };
    let no = StatusCode::UNPROCESSABLE_ENTITY;
    for role in ["pastoral", "deputy_dsl", "dsl", "head", "governor", "auditor", "trust_lead"] {
        assert_eq!(add(&it, role).await, no, "{role}");
    }
    for (role, status) in
        [("pastoral", StatusCode::OK), ("trust_lead", no), ("head", StatusCode::OK), ("head", no)]
    {
        assert_eq!(add(&dsl, role).await, status, "{role}");
    }
    let head = school.text("select id from account where role = 'head'").await;
    for (who, form, status) in [
        (&dsl, "link", StatusCode::FORBIDDEN),
        (&it, "link", StatusCode::FORBIDDEN),
        (&dsl, "close", no),
        (&dsl, "role", no),
        (&it, "role", no),
        (&it, "close", StatusCode::SEE_OTHER),
    ] {
        let answer = school.post(who, &format!("/people/{head}/{form}"), &[("role", "staff")]).await;
        assert_eq!(answer.status, status, "{form}: {}", answer.html);
    }
    assert_eq!(add(&dsl, "head").await, StatusCode::OK, "the next head");

    // A mover is signed out, and what they may do is at once another thing.
    let mover = school.person("staff", "Ms Mover").await;
    let change = |role| [("role", role)];
    let up = school.post(&it, &format!("/people/{}/role", mover.id), &change("dsl")).await;
    assert_eq!(up.status, no, "IT makes no DSL");
    assert_eq!(school.get(&mover, "/concerns").await.status, StatusCode::OK);
    let up = school.post(&dsl, &format!("/people/{}/role", mover.id), &change("pastoral")).await;
    assert_eq!(up.status, StatusCode::SEE_OTHER, "{}", up.html);
    assert_eq!(school.get(&mover, "/concerns").await.status, StatusCode::SEE_OTHER, "signed out");
    let own = school.post(&dsl, &format!("/people/{}/role", dsl.id), &change("head")).await;
    assert_eq!(own.status, no);
    // IT resets no password of somebody who has written about a child.
    let teacher = school.person("staff", "Mr Bloggs").await;
    school.sql("update account set trusted_adult = 0 where id = $1", &[teacher.id.as_str().into()]).await;
    let link = format!("/people/{}/link", teacher.id);
    assert_eq!(school.post(&it, &link, &[]).await.status, StatusCode::OK);
    concern(&school, &teacher, "bullying", &[]).await;
    assert_eq!(school.post(&it, &link, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(school.post(&dsl, &link, &[]).await.status, StatusCode::OK);
    // Nor by way of a role in which IT could: it would go back afterwards.
    let role = format!("/people/{}/role", teacher.id);
    let moved = school.post(&it, &role, &change("it_admin")).await;
    assert_eq!(moved.status, no);
    moved.has("can read what children said");
    // A pupil's report is read by whom it was addressed to, also when pupils can no longer choose them.
    let chosen = school.person("staff", "Mrs Okafor").await;
    school.report(&Told { adult: Some(&chosen.id), ..Told::default() }).await;
    school.sql("update account set trusted_adult = 0 where id = $1", &[chosen.id.as_str().into()]).await;
    for form in ["link", "role"] {
        let path = format!("/people/{}/{form}", chosen.id);
        let answer = school.post(&it, &path, &change("it_admin")).await;
        assert!([StatusCode::FORBIDDEN, no].contains(&answer.status), "{form}: {}", answer.html);
    }
    let plain = school.person("staff", "Mr New").await;
    school.sql("update account set trusted_adult = 0 where id = $1", &[plain.id.as_str().into()]).await;
    let moved = school.post(&it, &format!("/people/{}/role", plain.id), &change("it_admin")).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.html);
}

/// The second wall: with every `where` forgotten, a connection of the relay's own role reaches the rows of the school
/// whose scope it has, and of nobody when it has none.
#[tokio::test]
async fn postgresql_itself_keeps_schools_apart() {
    if !module_path!().starts_with("on_postgres") {
        return;
    }
    let oak = School::open().await;
    let ash = oak.neighbour().await;
    for school in [&oak, &ash] {
        let (dsl, staff) =
            (school.person("dsl", "Mrs Lead").await, school.person("pastoral", "Mr Bell").await);
        school.episode(&school.device("LIB-04").await, &Seen::default()).await;
        school.report(&Told::default()).await;
        let record = concern(school, &staff, "bullying", &[("Mr Quill", "adult_named")]).await;
        school
            .post(&dsl, &format!("/people/{}/scope", staff.id), &[("years", "*"), ("categories", "*")])
            .await;
        let fields =
            [("with", staff.id.as_str()), ("level", "read"), ("until", "2026-11-26"), ("reason", "x")];
        school.post(&dsl, &format!("/sharing/concern/{record}"), &fields).await;
        let head = school.person("head", "Dr Head").await;
        school.post(&head, "/break-glass", &[("record", "1"), ("reason", "x")]).await;
    }
    let pool = AnyPoolOptions::new().max_connections(1).connect(&oak.database.url).await.unwrap();
    let enter = async |school: &str| {
        sqlx::query("select set_config('lapwing.school', $1, false)")
            .bind(school.to_owned())
            .execute(&pool)
            .await
            .unwrap();
    };
    let count = async |sql: String| -> i64 {
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap().try_get(0).unwrap()
    };
    let walled = "select c.relname::text as name, cast(case when c.relrowsecurity and c.relforcerowsecurity then 1 else 0 end as bigint) as walled \
         from pg_class c join pg_attribute a on a.attrelid = c.oid where c.relkind in ('r', 'p') \
         and c.relnamespace = current_schema()::regnamespace and a.attname = 'school_id' and not a.attisdropped order by 1";
    let rows = sqlx::query(walled).fetch_all(&oak.database.pool).await.unwrap();
    assert!(rows.len() >= 18, "only {} tables belong to schools", rows.len());
    let mut full = 0;
    for row in &rows {
        let table: String = row.try_get("name").unwrap();
        assert_eq!(row.try_get::<i64, _>("walled").unwrap(), 1, "no wall around the table {table}");
        enter(&oak.id).await;
        let (all, own) = (
            count(format!("select count(*) from {table}")).await,
            count(format!("select count(*) from {table} where school_id = '{}'", oak.id)).await,
        );
        assert_eq!(all, own, "{table} shows rows of another school");
        full += i64::from(own > 0);
        enter("").await;
        assert_eq!(count(format!("select count(*) from {table}")).await, 0, "{table} shows rows to nobody");
        enter(&id()).await;
        assert_eq!(
            count(format!("select count(*) from {table}")).await,
            0,
            "{table} shows rows to a stranger"
        );
    }
    assert!(full >= 15, "only {full} tables had rows to hide");
    // Neither is a row written, changed or taken away there.
    enter(&oak.id).await;
    for sql in [
        "update concern set status = 'closed' where status = 'new'",
        "delete from record_key",
        "update account set role = 'dsl'",
    ] {
        sqlx::query(sql).execute(&pool).await.ok();
    }
    let theirs = "select count(*) from concern c join record_key k on k.object_id = c.id join account a on a.id = c.reporter_id \
         where c.status = 'new' and a.role = 'pastoral' and c.school_id = $1";
    let untouched = sqlx::query(theirs).bind(ash.id.clone()).fetch_one(&oak.database.pool).await.unwrap();
    assert!(untouched.try_get::<i64, _>(0).unwrap() > 0);
    let planted = format!(
        "insert into device (id, school_id, public_key, label, enrolled_at, last_seen_at) values ('x', '{}', 'x', 'x', 1, 1)",
        ash.id
    );
    let refused = sqlx::query(sqlx::AssertSqlSafe(planted)).execute(&pool).await.unwrap_err();
    assert!(refused.to_string().contains("row-level security"), "{refused}");
    enter("*").await;
    assert!(count("select count(distinct school_id) from concern".into()).await == 2);
}
