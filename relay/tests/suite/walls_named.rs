//! The wall that outranks every other: whoever is named in a concern does not find it, whatever their role and whatever is
//! given to them, and those who are not named deal with it.

use super::walls::{assert_absent, break_glass, concern, scope, share};
use crate::school::{Page, Person, School, Seen, Told, id};
use axum::body::Body;
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use std::time::Duration;

/// The same for somebody who is named in it: the audit trail says nothing of it either.
async fn assert_walled(school: &School, who: &Person, kind: &str, record: &str) {
    assert_absent(school, who, kind, record).await;
    school.get(who, "/trail").await.lacks(record);
}

/// Everybody who could otherwise read the record, each called like somebody whom it names.
async fn everybody(school: &School) -> Vec<Person> {
    let mut people = Vec::new();
    for role in ["staff", "pastoral", "deputy_dsl", "dsl", "head", "auditor"] {
        people.push(school.person(role, &format!("Mr Named {role}")).await);
    }
    people
}

#[tokio::test]
async fn whoever_is_named_is_walled_off_whatever_is_given_to_them() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let reporter = school.person("staff", "Mr Bloggs").await;
    let people = everybody(&school).await;
    scope(&school, &dsl, &people[1], "*", "*").await;
    let (episode, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    let report = school.report(&Told { adult: Some(&people[0].id), ..Told::default() }).await;
    let open = concern(&school, &reporter, "bullying", &[]).await;
    // Written otherwise than the account: it is the same name.
    for role in ["staff", "pastoral", "deputy_dsl", "dsl", "head", "auditor"] {
        let name = format!("  NAMED   {role} ");
        let record = concern(&school, &reporter, "bullying", &[(&name, "adult_named")]).await;
        for (kind, object) in [("episode", &episode), ("report", &report)] {
            let evidence = "insert into evidence (id, school_id, concern_id, kind, object_id) values ($1, $2, $3, $4, $5)";
            let values = [
                id().into(),
                school.id.as_str().into(),
                record.as_str().into(),
                kind.into(),
                object.as_str().into(),
            ];
            school.sql(evidence, &values).await;
        }
        let who = people.iter().find(|person| person.name.ends_with(&format!(" {role}"))).unwrap();
        for (kind, list, object) in [
            ("concern", "concerns", &record),
            ("episode", "episodes", &episode),
            ("report", "reports", &report),
        ] {
            let shared = share(&school, &dsl, kind, object, who, "read", "2026-11-26").await;
            assert_eq!(shared.status == StatusCode::SEE_OTHER, role != "auditor", "{role}");
            if role == "auditor" {
                school.get(who, "/trail").await.lacks(object);
            } else {
                assert_walled(&school, who, list, object).await;
            }
        }
        if ["deputy_dsl", "head"].contains(&role) {
            let number = school.text("select cast(max(number) as text) from concern").await;
            let (named, absent) =
                (break_glass(&school, who, &number).await, break_glass(&school, who, "9999").await);
            assert_eq!(named.status, StatusCode::UNPROCESSABLE_ENTITY);
            let shown = |page: &Page, asked: &str| page.html.replace(&format!("value=\"{asked}\""), "");
            assert_eq!(shown(&named, &number), shown(&absent, "9999"), "{role}");
        }
        // Posting learns no more than looking.
        for form in ["status", "feedback", "category", "note", "named"] {
            let posted = school
                .post(who, &format!("/concerns/{record}/{form}"), &[("from", "new"), ("to", "open")])
                .await;
            assert!(matches!(posted.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN), "{role} {form}");
        }
        // The others still have it.
        school.get(&dsl, &format!("/concerns/{record}")).await.has("He will not stop.");
    }
    // A concern that does not name them is theirs as before.
    school.get(&people[3], &format!("/concerns/{open}")).await.has("He will not stop.");
    assert_eq!(school.number("select count(*) from break_glass").await, 0);
}

#[tokio::test]
async fn the_live_page_of_whoever_is_named_stays_still() {
    let school = School::open().await;
    let (named, dsl) = (school.person("dsl", "Mr Named").await, school.person("dsl", "Mrs Adeyemi").await);
    let reporter = school.person("staff", "Mr Bloggs").await;
    let mut quiet = school.stream(&named, "/inbox/events").await.into_body();
    let mut told = school.stream(&dsl, "/inbox/events").await.into_body();
    concern(&school, &reporter, "bullying", &[("Mr Named", "alleged_harming")]).await;
    assert!(frame(&mut told).await.contains("change"));
    let silence = tokio::time::timeout(Duration::from_millis(300), frame(&mut quiet)).await;
    assert!(silence.is_err(), "heard: {silence:?}");
    concern(&school, &reporter, "bullying", &[]).await;
    assert!(frame(&mut quiet).await.contains("change"));
}

async fn frame(body: &mut Body) -> String {
    let bytes = body.frame().await.unwrap().unwrap().into_data().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn what_names_every_lead_goes_to_the_head_and_beyond() {
    let school = School::open().await;
    let (one, two) = (school.person("dsl", "Mrs One").await, school.person("dsl", "Mr Two").await);
    let head = school.person("head", "Dr Head").await;
    let reporter = school.person("staff", "Mr Bloggs").await;
    let recorded = |record: &str| format!("/concerns/{record}/recorded");
    let some = concern(&school, &reporter, "bullying", &[("Mrs One", "adult_named")]).await;
    school.get(&reporter, &recorded(&some)).await.has("Mr Two").lacks("Dr Head");
    assert_absent(&school, &head, "concerns", &some).await;

    let both = [("Mrs One", "adult_named"), ("Mr Two", "alleged_harming")];
    let all = concern(&school, &reporter, "bullying", &both).await;
    school.get(&reporter, &recorded(&all)).await.has("Dr Head").lacks("<strong>Mr Two</strong>");
    for lead in [&one, &two] {
        assert_walled(&school, lead, "concerns", &all).await;
    }
    school.get(&head, "/inbox").await.has(&all);
    school.get(&head, &format!("/concerns/{all}")).await.has("Acknowledge").has("He will not stop.");
    let open = [("id", id()), ("from", "new".into()), ("to", "open".into())];
    let open = open.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(
        school.post(&head, &format!("/concerns/{all}/status"), &open).await.status,
        StatusCode::SEE_OTHER
    );

    let everybody = [both[0], both[1], ("Head", "adult_named")];
    let nobody = concern(&school, &reporter, "bullying", &everybody).await;
    school.get(&reporter, &recorded(&nobody)).await.has("Take this outside the school now").has("LADO");
    assert_walled(&school, &head, "concerns", &nobody).await;

    // A lead who is not named takes over what was the head's.
    let three = school.person("dsl", "Ms Three").await;
    school.get(&three, &format!("/concerns/{all}")).await.has("He will not stop.");
    assert_absent(&school, &head, "concerns", &all).await;
}

#[tokio::test]
async fn a_lead_who_has_never_signed_in_keeps_nothing_from_the_head() {
    let school = School::open().await;
    school.person("dsl", "Mrs One").await;
    let invited = school.person("dsl", "Mr Two").await;
    let account = [invited.id.as_str().into()];
    school.sql("update account set password_hash = null where id = $1", &account).await;
    let head = school.person("head", "Dr Head").await;
    let reporter = school.person("staff", "Mr Bloggs").await;
    let record = concern(&school, &reporter, "bullying", &[("Mrs One", "adult_named")]).await;
    let recorded = format!("/concerns/{record}/recorded");
    school.get(&reporter, &recorded).await.has("Dr Head").lacks("Mr Two");
    school.get(&head, "/inbox").await.has(&record);
    school.get(&head, &format!("/concerns/{record}")).await.has("Acknowledge").has("He will not stop.");

    // From when on they can sign in, by whatever means, it is theirs.
    for (given, taken) in [
        (
            "update account set password_hash = 'set' where id = $1",
            "update account set password_hash = null where id = $1",
        ),
        (
            "insert into sso_link (issuer, subject, account_id, linked_at) values ('https://id.example', 'two', $1, 1)",
            "delete from sso_link where account_id = $1",
        ),
        (
            "insert into passkey (id, account_id, name, credential, created_at) values ('key', $1, 'Key', '{}', 1)",
            "delete from passkey where account_id = $1",
        ),
    ] {
        school.sql(given, &account).await;
        school.get(&reporter, &recorded).await.has("Mr Two").lacks("Dr Head");
        assert_absent(&school, &head, "concerns", &record).await;
        school.sql(taken, &account).await;
        school.get(&reporter, &recorded).await.has("Dr Head");
    }
}

#[tokio::test]
async fn a_lead_names_an_account_and_lets_a_namesake_back_in() {
    let school = School::open().await;
    let (dsl, named) = (school.person("dsl", "Mrs Adeyemi").await, school.person("dsl", "Mr T Bell").await);
    let reporter = school.person("staff", "Mr Bloggs").await;
    let record = concern(&school, &reporter, "bullying", &[("Mr Bell", "adult_named")]).await;
    let path = format!("/concerns/{record}");
    school.get(&named, &path).await.has("He will not stop.");
    school.post(&dsl, &format!("{path}/named"), &[("account", &named.id)]).await;
    assert_walled(&school, &named, "concerns", &record).await;
    let row = school.text("select id from named where account_id is not null").await;
    let own = school.post(&named, &format!("{path}/named/lift"), &[("row", &row)]).await;
    assert_eq!(own.status, StatusCode::NOT_FOUND, "nobody lets themselves in");
    school.post(&dsl, &format!("{path}/named/lift"), &[("row", &row)]).await;
    school.get(&named, &path).await.has("He will not stop.");
    // Somebody who comes later under the name that was written is walled off from the first day.
    let late = school.person("dsl", "Mr Bell").await;
    assert_absent(&school, &late, "concerns", &record).await;
    // Whoever names themselves hands the record over.
    let own = concern(&school, &reporter, "", &[("Bloggs", "adult_named")]).await;
    assert_absent(&school, &reporter, "concerns", &own).await;
    assert_eq!(
        school.get(&reporter, &format!("/concerns/{own}/recorded")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn whoever_comes_back_under_another_name_is_walled_off_from_what_they_were() {
    let school = School::open().await;
    let (dsl, it) = (school.person("dsl", "Mrs Adeyemi").await, school.person("it_admin", "Ian").await);
    let reporter = school.person("staff", "Mr Bloggs").await;
    let bell = school.person("dsl", "Mr Bell").await;
    let email = format!("{}@oak.example", bell.id);
    let by_name = concern(&school, &reporter, "bullying", &[("Mr Bell", "adult_named")]).await;
    let by_account = concern(&school, &reporter, "bullying", &[]).await;
    let namesake = concern(&school, &reporter, "bullying", &[]).await;
    for record in [&by_account, &namesake] {
        school.post(&dsl, &format!("/concerns/{record}/named"), &[("account", &bell.id)]).await;
    }
    let lift = [namesake.as_str().into(), dsl.id.as_str().into()];
    school.sql("update named set lifted_at = 1, lifted_by = $2 where concern_id = $1", &lift).await;
    let closed = school.post(&it, &format!("/people/{}/close", bell.id), &[]).await;
    assert_eq!(closed.location, "/people", "{}", closed.html);

    let add = [("name", "Mr Quill"), ("email", email.as_str()), ("role", "dsl")];
    school.post(&dsl, "/people", &add).await.has("/join");
    let back = school.text("select id from account where name = 'Mr Quill'").await;
    let back = school.signed_in(&back, "Mr Quill").await;
    school.sql("update account set password_hash = 'set' where id = $1", &[back.id.as_str().into()]).await;
    for record in [&by_name, &by_account] {
        assert_walled(&school, &back, "concerns", record).await;
        school.get(&dsl, &format!("/concerns/{record}")).await.has("Mr Quill");
    }
    school.get(&back, &format!("/concerns/{namesake}")).await.has("He will not stop.");
    // Somebody of another address is somebody else.
    let other = school.person("dsl", "Mr Hale").await;
    school.get(&other, &format!("/concerns/{by_account}")).await.has("He will not stop.");
}

#[tokio::test]
async fn an_adult_is_walled_off_whatever_part_they_are_given() {
    let school = School::open().await;
    let (bell, other) = (school.person("dsl", "Mr Bell").await, school.person("dsl", "Mrs Adeyemi").await);
    let reporter = school.person("staff", "Mr Bloggs").await;
    // The first role is chosen by the form; a teacher in haste leaves the year, too.
    for (role, year) in [
        ("subject", "Adult"),
        ("harmed", "Adult"),
        ("witness", "Adult"),
        ("sibling", "Adult"),
        ("alleged_harming", ""),
        ("adult_named", ""),
        ("subject", ""),
    ] {
        let record = about_bell(&school, &reporter, role, year).await;
        assert_walled(&school, &bell, "concerns", &record).await;
        school.get(&other, &format!("/concerns/{record}")).await.has("He shouted at her.");
    }
    // A pupil of the same name is no adult.
    for (role, year) in [("subject", "Year 9"), ("alleged_harming", "Year 9"), ("witness", "")] {
        let record = about_bell(&school, &reporter, role, year).await;
        school.get(&bell, &format!("/concerns/{record}")).await.has("He shouted at her.");
    }
    // A child without a year is not written down among those who are kept out.
    let before = school.number("select count(*) from named").await;
    let fields = [("Amira Khan", "subject")];
    concern(&school, &reporter, "bullying", &fields).await;
    assert_eq!(school.number("select count(*) from named").await, before);
}

/// A concern in which Mr Bell is the first person.
async fn about_bell(school: &School, reporter: &Person, role: &str, year: &str) -> String {
    let record = id();
    let fields = [
        ("id", record.as_str()),
        ("person_name", "Mr Bell"),
        ("person_role", role),
        ("person_year", year),
        ("occurred_precision", "unknown"),
        ("seen_heard", "He shouted at her."),
        ("told_dsl", "no"),
    ];
    let page = school.post(reporter, "/concerns/new", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.html);
    record
}
