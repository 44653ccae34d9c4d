//! A pupil asks that a blocked site be opened for school work: the request comes signed, staff answer it, the device hears
//! of it, and all of it is in the record.

use super::policy::{ask, sound, told};
use crate::device::Device;
use crate::school::{MINUTE, NOW, Page, Person, School, enrolment_key, id};
use axum::http::StatusCode;
use lapwing_core::wire::path;
use serde_json::json;

const HOSTILE: &str = "<script>alert(1)</script> for maths";

/// Answers a request with sound fields, some in place of their own.
async fn answer(school: &School, who: &Person, request: &str, change: &[(&str, &str)]) -> Page {
    let number = super::policy::on(school).await;
    let sound = [
        ("on", number.as_str()),
        ("answer", "pupil"),
        ("until", "2026-11-27"),
        ("words", "Enjoy <i>"),
        ("why", "Checked it"),
    ];
    let kept = sound.into_iter().filter(|(name, _)| !change.iter().any(|(other, _)| other == name));
    let fields: Vec<_> = kept.chain(change.iter().copied()).collect();
    school.post(who, &format!("/requests/{request}/answer"), &fields).await
}

#[tokio::test]
async fn a_pupil_asks_and_the_site_opens_for_them_until_it_ends() {
    let school = School::open().await;
    let deputy = school.person("deputy_dsl", "Ms Deputy").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let other = Device::enrol(&school.router, &enrolment_key(&school)).await;
    school.get(&deputy, "/requests").await.has("Nobody waits");
    let request = ask(&device, "www.games.example", HOSTILE, "sam@oak.example").await;
    let page = school.get(&deputy, "/requests").await;
    page.has("www.games.example")
        .has("&#60;script&#62;alert(1)")
        .has("sam@oak.example")
        .has("Games")
        .lacks("<script>alert");
    // Words are sealed.
    assert_eq!(school.number("select count(*) from access_request where length(sealed) > 60").await, 1);
    let heard = told(&device, "").await;
    assert_eq!(heard["requests"][0]["answered"], "open");
    assert!(told(&other, "").await.get("requests").is_none());

    let page = answer(&school, &deputy, &request, &[]).await;
    assert_eq!((page.status, page.location.as_str()), (StatusCode::SEE_OTHER, "/requests"), "{}", page.html);
    let heard = told(&device, "").await;
    assert_eq!(
        (&heard["requests"][0]["answered"], &heard["requests"][0]["words"]),
        (&json!("allowed"), &json!("Enjoy <i>"))
    );
    let own = &heard["policy"]["own"][0];
    assert_eq!(
        (&own["site"]["host"], &own["whom"]),
        (&json!("www.games.example"), &json!({ "account": "sam@oak.example" }))
    );
    let midnight = NOW + (3 * 24 * 60 + 14 * 60 + 46) * MINUTE;
    assert_eq!((&own["until"], &own["effect"]), (&json!(midnight), &json!("allow")));
    assert_eq!(told(&other, "").await["policy"]["own"], json!([]));
    // A lead who tries the address as this pupil is told so; a colleague is not told what single pupils may open.
    let tried = |account: &str| format!("/policy/ask?url=www.games.example&account={account}");
    let teacher = school.person("staff", "Mr Hall").await;
    school
        .get(&deputy, &tried("Sam@oak.example"))
        .await
        .has("Opens.")
        .has("An exception for www.games.example");
    school.get(&deputy, &tried("ali@oak.example")).await.lacks("An exception for www.games.example");
    school
        .get(&teacher, &tried("sam@oak.example"))
        .await
        .lacks("An exception for www.games.example")
        .has("to one pupil alone");
    school.get(&deputy, "/requests").await.has("Opened by").has("Checked it").has("End now");
    // Answered twice, the first answer stands, and whoever came second is told.
    let second = answer(&school, &deputy, &request, &[("answer", "refuse")]).await;
    assert_eq!(second.status, StatusCode::GONE);
    second.has("has been answered already").has("your answer was not kept");
    assert_eq!(told(&device, "").await["requests"][0]["answered"], "allowed");

    // Ended by a colleague it is over at the next check-in.
    let head = school.person("head", "Dr Head").await;
    assert_eq!(school.post(&head, &format!("/requests/{request}/end"), &[]).await.location, "/requests");
    assert_eq!(told(&device, "").await["policy"]["own"], json!([]));
    assert!(sound(&school).await);
    for change in ["update access_request set answer = 'refused'", "delete from access_request"] {
        sqlx::query(change).execute(&school.database.pool).await.unwrap_err();
    }
    school.sql("update access_request set ended_at = null", &[]).await;
    assert!(!sound(&school).await, "somebody took back that it was ended, and nothing says so");
    school
        .get(&head, "/trail?kind=access_request")
        .await
        .has("receive")
        .has("answer")
        .has("end")
        .lacks("games.example");
}

#[tokio::test]
async fn what_was_allowed_to_one_pupil_ends_by_itself() {
    let school = School::open().await;
    let deputy = school.person("deputy_dsl", "Ms Deputy").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let request = ask(&device, "games.example", "", "").await;
    answer(&school, &deputy, &request, &[("until", "2026-11-24")]).await;
    assert_eq!(told(&device, "").await["policy"]["own"].as_array().unwrap().len(), 1);
    school.advance(15 * 60);
    assert_eq!(told(&device, "").await["policy"]["own"], json!([]));
}

#[tokio::test]
async fn a_refusal_says_why_and_a_wider_answer_is_an_exception_of_the_policy() {
    let school = School::open().await;
    let (dsl, deputy) =
        (school.person("dsl", "Mrs Adeyemi").await, school.person("deputy_dsl", "Ms Deputy").await);
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let request = ask(&device, "bets.example", "", "").await;
    let page = answer(&school, &dsl, &request, &[("answer", "refuse"), ("words", "")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.has("Tell the pupil why").has("value=\"Checked it\"");
    let nothing =
        answer(&school, &dsl, &request, &[("answer", ""), ("words", ""), ("why", ""), ("until", "")]).await;
    nothing.has("Choose an answer").lacks("Say why").lacks("Tell the pupil why").lacks("Write the last day");
    for (change, words) in [
        (("answer", ""), "Choose an answer"),
        (("answer", "group:nobody"), "Choose an answer"),
        (("until", ""), "Write the last day"),
        (("until", "2026-11-01"), "today or later"),
        (("why", ""), "Say why"),
    ] {
        answer(&school, &dsl, &request, &[change]).await.has(words);
    }
    answer(&school, &dsl, &request, &[("answer", "refuse"), ("words", "Not for <school>")]).await;
    let heard = told(&device, "").await;
    assert_eq!(
        (&heard["requests"][0]["answered"], &heard["requests"][0]["words"]),
        (&json!("refused"), &json!("Not for <school>"))
    );

    school.advance(1);
    let wider = ask(&device, "games.example", "", "").await;
    // A deputy opens it for one pupil, and the policy is the DSL's.
    answer(&school, &deputy, &wider, &[("answer", "all")]).await.has("Choose an answer");
    answer(&school, &dsl, &wider, &[("answer", "all")]).await;
    let heard = told(&device, "").await;
    assert_eq!(heard["policy"]["document"]["exceptions"][0]["site"]["host"], "games.example");
    assert_eq!((&heard["policy"]["own"], &heard["requests"][0]["answered"]), (&json!([]), &json!("allowed")));
    school.get(&dsl, "/policy/exceptions").await.has("games.example").has("Checked it").has("Mrs Adeyemi");
}

#[tokio::test]
async fn an_answer_that_comes_second_changes_no_policy() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let request = ask(&device, "games.example", "", "").await;
    // A colleague's answer lands after the page was read, and before this one is kept: it finds nothing that waits.
    let sqlite = ["create trigger quicker before update on access_request begin select raise(ignore); end"];
    let postgres = [
        "create function quicker() returns trigger language plpgsql as 'begin return null; end'",
        "create trigger a_quicker before update on access_request for each row execute function quicker()",
    ];
    let statements = if crate::database::is_postgres() { &postgres[..] } else { &sqlite[..] };
    for statement in statements {
        sqlx::query(*statement).execute(&school.database.pool).await.unwrap();
    }
    let page = answer(&school, &dsl, &request, &[("answer", "all")]).await;
    assert_eq!(page.status, StatusCode::GONE);
    page.has("has been answered already");
    assert_eq!(
        school.number("select count(*) from policy_version").await,
        0,
        "an exception that nobody answered with"
    );
    school.get(&dsl, "/policy/exceptions").await.lacks("games.example");
    let heard = told(&device, "").await;
    assert_eq!(heard["requests"][0]["answered"], "open");
    assert!(sound(&school).await);
}

#[tokio::test]
async fn a_device_asks_a_few_times_and_never_for_what_is_unlawful() {
    let school = School::open().await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let body = |id: &str, host: &str| json!({ "id": id, "host": host, "reason": "", "categories": [], "account": "", "asked_at": NOW });
    for host in
        ["illegal.lapwing.test", "illegal.lapwing.test/path", "https://a.example", "a.example/?q", "", "com"]
    {
        device.send(path::ACCESS, &body(&id(), host)).await.is_problem(422, "unfit");
    }
    let mut unlawful = body(&id(), "a.example");
    unlawful["categories"] = json!(["illegal"]);
    device.send(path::ACCESS, &unlawful).await.is_problem(422, "unfit");
    let mut long = body(&id(), "a.example");
    long["reason"] = json!("x".repeat(301));
    device.send(path::ACCESS, &long).await.is_problem(422, "unfit");

    let first = ask(&device, "a.example", "", "").await;
    // The same again, and another for the same host while it waits, are the first.
    for again in [first.clone(), id()] {
        let answer = device.send(path::ACCESS, &body(&again, "a.example")).await;
        assert_eq!(answer.json()["acknowledged"], json!(first));
    }
    for n in 0..4 {
        ask(&device, &format!("s{n}.example"), "", "").await;
    }
    // What a site is about is what the relay's lists say, whatever a device does.
    ask(&device, "gambling.lapwing.test", "", "").await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    school.get(&dsl, "/requests").await.has("Gambling");
    device.send(path::ACCESS, &body(&id(), "one.more.example")).await.is_problem(429, "too-many");
    assert_eq!(school.number("select count(*) from access_request").await, 6);
    school.advance(61);
    ask(&device, "one.more.example", "", "").await;
    // Another school's request with the same id is nobody's to overwrite.
    let ash = school.neighbour().await;
    let theirs = Device::enrol(&ash.router, &enrolment_key(&ash)).await;
    theirs.send(path::ACCESS, &body(&first, "a.example")).await.is_problem(409, "clash");
}
