//! Lessons: announced by staff in a form, heard of by the school's devices at their check-in, over by themselves or ended
//! early, and in the audit trail. What a lesson changes on a device is tested in the extension.

use crate::device::Device;
use crate::school::{MINUTE, NOW, Page, Person, School, enrolment_key, id};
use axum::http::StatusCode;
use lapwing_core::wire::path;
use lapwing_relay::Clock as _;
use lapwing_relay::proof::verify::{What, verify};
use serde_json::{Value, json};

const NOTE: &str = "Hamlet, room 12 <b>";

/// The fields of a sound form, with some in place of its own.
fn form<'a>(lesson: &'a str, change: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let sound = [
        ("id", lesson),
        ("topics", "suicide"),
        ("topics", "hate"),
        ("year", "9"),
        ("ends", "2"),
        ("note", NOTE),
    ];
    let kept = sound.into_iter().filter(|(name, _)| !change.iter().any(|(other, _)| other == name));
    kept.chain(change.iter().copied().filter(|(_, value)| !value.is_empty())).collect()
}

/// A lesson about suicide and hate for Year 9, two hours from now. Answers its id.
pub(crate) async fn announce(school: &School, who: &Person, change: &[(&str, &str)]) -> String {
    let lesson = id();
    let page = school.post(who, "/lessons", &form(&lesson, change)).await;
    assert_eq!((page.status, page.location.as_str()), (StatusCode::SEE_OTHER, "/lessons"), "{}", page.html);
    lesson
}

async fn refused(school: &School, who: &Person, change: &[(&str, &str)], words: &str) -> Page {
    let page = school.post(who, "/lessons", &form(&id(), change)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{change:?}: {}", page.html);
    page.has("Nothing you wrote is lost").has(words);
    page
}

/// Lets time pass without anybody's sign-in running out.
async fn pass(school: &School, minutes: i64) {
    school.advance(minutes);
    let now = school.clock.now().as_millisecond();
    school.sql("update session set seen_at = $1", &[now.into()]).await;
}

/// What a device of the school is told of lessons.
async fn told(device: &Device) -> Value {
    let said = json!({
        "extension_version": "0.1.0", "browser": "Chromium 156", "lists_version": "l1", "policy_version": "p1",
        "state": "watching", "waiting": 0, "refused": 0,
    });
    let answer = device.send(path::CHECK_IN, &said).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["lessons"].clone()
}

#[tokio::test]
async fn a_lesson_is_announced_in_one_form_and_devices_hear_of_it_until_it_ends() {
    let school = School::open().await;
    let (teacher, dsl) = (school.person("staff", "Ms Ray").await, school.person("dsl", "Mrs Adeyemi").await);
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    assert_eq!(told(&device).await, json!([]));
    let page = school.get(&teacher, "/lessons").await;
    page.has("None.").has("always alert").has("end of the school day");
    page.lacks("Unlawful content").lacks("Abuse or neglect");
    let lesson = page.value("id");
    assert_eq!(school.post(&teacher, "/lessons", &form(&lesson, &[])).await.location, "/lessons");

    let until = NOW + 120 * MINUTE;
    assert_eq!(told(&device).await, json!([{ "topics": ["suicide", "hate"], "years": [9], "until": until }]));
    let page = school.get(&dsl, "/lessons").await;
    page.has("Suicide, hate and discrimination").has("Year 9").has("24 November 2026, 11.14am").has("Ms Ray");
    page.has("Hamlet, room 12 &#60;b&#62;").has("End now");
    // The note is sealed; the trail says what was announced, and no words of it.
    assert_eq!(school.number("select count(*) from lesson where length(sealed) > 40").await, 1);
    school.get(&dsl, "/trail?kind=lesson").await.has("announce").has("suicide").lacks("Hamlet");

    // Sent twice, it is one lesson; somebody else's id is nobody's to use.
    assert_eq!(school.post(&teacher, "/lessons", &form(&lesson, &[])).await.location, "/lessons");
    assert_eq!(school.post(&dsl, "/lessons", &form(&lesson, &[])).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(school.number("select count(*) from lesson").await, 1);
    assert_eq!(school.database.actions("announce").await, 1);

    // It is over by itself.
    pass(&school, 119).await;
    assert_eq!(told(&device).await.as_array().unwrap().len(), 1);
    pass(&school, 1).await;
    assert_eq!(told(&device).await, json!([]));
    school.get(&teacher, "/lessons").await.has("None.").lacks("Hamlet");
}

#[tokio::test]
async fn a_colleague_can_end_a_lesson_and_its_row_and_its_end_are_vouched_for() {
    let school = School::open().await;
    let (teacher, head) = (school.person("staff", "Ms Ray").await, school.person("head", "Dr Head").await);
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let lesson = announce(&school, &teacher, &[("year", "all"), ("note", "")]).await;
    let other = announce(&school, &teacher, &[("topics", "gambling"), ("ends", "day"), ("year", "0")]).await;
    assert_eq!(told(&device).await[0]["years"], json!([]));
    let page = school.get(&teacher, "/lessons").await;
    page.has("Every year").has("Reception").has("24 November 2026, 4pm");

    let end = format!("/lessons/{lesson}/end");
    assert_eq!(school.post(&head, &end, &[]).await.location, "/lessons");
    let left = told(&device).await;
    assert_eq!((left.as_array().unwrap().len(), &left[0]["topics"]), (1, &json!(["gambling"])));
    // What is over cannot be ended again.
    assert_eq!(school.post(&teacher, &end, &[]).await.location, "/lessons");
    assert_eq!(school.database.actions("end").await, 1);
    assert_eq!(
        school.text("select ended_by from lesson where ended_at is not null").await,
        head.id,
        "who ended it is kept"
    );
    assert_eq!(
        school.post(&head, &format!("/lessons/{}/end", id()), &[]).await.status,
        StatusCode::NOT_FOUND
    );

    // A neighbour neither sees nor ends it, and its devices hear nothing of it.
    let ash = school.neighbour().await;
    let stranger = ash.person("dsl", "Mrs Ash").await;
    let theirs = Device::enrol(&ash.router, &enrolment_key(&ash)).await;
    assert_eq!(told(&theirs).await, json!([]));
    ash.get(&stranger, "/lessons").await.has("None.");
    let end = format!("/lessons/{other}/end");
    assert_eq!(ash.post(&stranger, &end, &[]).await.status, StatusCode::NOT_FOUND);

    // It is part of the record: not to be changed, and missed if it is.
    assert!(sound(&school).await);
    for change in ["update lesson set until = until + 1", "delete from lesson"] {
        sqlx::query(change).execute(&school.database.pool).await.unwrap_err();
    }
    school.sql("update lesson set ended_at = null, ended_by = null", &[]).await;
    assert!(!sound(&school).await, "somebody took back that it was ended, and nothing says so");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_a_sentence_and_nothing_typed_is_lost() {
    let school = School::open().await;
    let me = school.person("pastoral", "Mr Okoro").await;
    let page = refused(&school, &me, &[("topics", "")], "Tick at least one topic").await;
    page.has("Hamlet, room 12 &#60;b&#62;").has("<option value=\"9\" selected>");
    let page = refused(&school, &me, &[("year", "")], "Choose a year group, or every year").await;
    page.has("value=\"suicide\" checked").has("value=\"hate\" checked");
    for unlawful in ["illegal", "abuse_neglect", "ai_chat", "nonsense"] {
        refused(&school, &me, &[("topics", unlawful)], "Tick at least one topic").await;
    }
    refused(&school, &me, &[("year", "14")], "Choose a year group").await;
    refused(&school, &me, &[("ends", "25")], "Choose when it ends").await;
    refused(&school, &me, &[("note", &"x".repeat(301))], "301 characters long").await;
    let stale = school.post(&me, "/lessons", &form("no id", &[])).await;
    assert_eq!(stale.status, StatusCode::BAD_REQUEST);
    stale.has("Open the page again");
    pass(&school, 7 * 60).await;
    school.get(&me, "/lessons").await.lacks("end of the school day");
    refused(&school, &me, &[("ends", "day")], "It is past 4pm").await;
    assert_eq!(school.number("select count(*) from lesson").await, 0);
    assert_eq!(school.database.actions("announce").await, 0);
}

#[tokio::test]
async fn no_more_lessons_are_on_at_once_than_devices_are_told_of() {
    let school = School::open().await;
    let me = school.person("staff", "Ms Ray").await;
    for _ in 0..50 {
        announce(&school, &me, &[]).await;
    }
    refused(&school, &me, &[], "50 lessons are on already").await;
    assert_eq!(school.number("select count(*) from lesson").await, 50);
    pass(&school, 121).await;
    announce(&school, &me, &[]).await;
}

/// Whether nothing is wrong with any lesson.
async fn sound(school: &School) -> bool {
    let mut db = school.database.pool.acquire().await.unwrap();
    let faults = verify(&mut db, &[]).await.unwrap().faults;
    !faults.iter().any(|fault| {
        matches!(
            fault.what,
            What::RowChanged("lesson", _) | What::RowMissing("lesson", _) | What::RowUnknown("lesson", _)
        )
    })
}
