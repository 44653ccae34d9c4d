//! The school's policy: changed on its pages, kept as versions, heard of by devices, by two people where the school wants
//! it. What a policy means is tested in core, what a device makes of it in the extension.

use crate::device::Device;
use crate::school::{MINUTE, NOW, Page, Person, School, enrolment_key, id};
use axum::http::StatusCode;
use lapwing_core::wire::path;
use lapwing_relay::proof::verify::{What, verify};
use serde_json::{Value, json};

/// What a device of the school is told at its check-in, when it has this version of the policy.
pub(crate) async fn told(device: &Device, policy_version: &str) -> Value {
    let said = json!({
        "extension_version": "0.1.0", "browser": "Chromium 156", "lists_version": "l1", "policy_version": policy_version,
        "state": "watching", "waiting": 0, "refused": 0,
    });
    let answer = device.send(path::CHECK_IN, &said).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

/// The version that a form changes.
pub(crate) async fn on(school: &School) -> String {
    school.number("select coalesce(max(number), 0) from policy_version").await.to_string()
}

#[track_caller]
pub(crate) fn went(page: &Page, to: &str) {
    assert_eq!((page.status, page.location.as_str()), (StatusCode::SEE_OTHER, to), "{}", page.html);
}

/// Adds an exception and answers where that led.
async fn except(school: &School, who: &Person, change: &[(&str, &str)]) -> Page {
    let number = on(school).await;
    let sound =
        [("on", number.as_str()), ("site", "bets.example"), ("effect", "block"), ("why", "Asked by Year 9")];
    let kept = sound.into_iter().filter(|(name, _)| !change.iter().any(|(other, _)| other == name));
    let fields: Vec<_> = kept.chain(change.iter().copied()).collect();
    school.post(who, "/policy/exceptions", &fields).await
}

pub(crate) async fn two_people(school: &School, who: &Person, wanted: &str) -> Page {
    let number = on(school).await;
    let fields = [("on", number.as_str()), ("wanted", wanted), ("why", "Governors decided")];
    school.post(who, "/policy/two-person", &fields).await
}

/// A change that waits, proposed by somebody of whom nothing else is known. Answers its id.
pub(crate) async fn proposal(school: &School) -> String {
    let dsl = school.person("dsl", "Mrs Proposer").await;
    if school.get(&dsl, "/policy").await.html.contains("Want two people") {
        went(&two_people(school, &dsl, "yes").await, "/policy");
    }
    let site = format!("s{}.example", id());
    went(&except(school, &dsl, &[("site", &site)]).await, "/policy#waiting");
    school.text("select id from policy_proposal where decided_at is null order by proposed_at desc, id desc limit 1").await
}

/// A pupil's request that waits. Answers its id.
pub(crate) async fn request(school: &School) -> String {
    let device = Device::enrol(&school.router, &enrolment_key(school)).await;
    ask(&device, "games.example", "for maths", "sam@oak.example").await
}

/// Asks for a site, and answers the request's id.
pub(crate) async fn ask(device: &Device, host: &str, reason: &str, account: &str) -> String {
    let request = id();
    let body = json!({ "id": request, "host": host, "reason": reason, "categories": ["games"], "account": account, "asked_at": NOW });
    let answer = device.send(path::ACCESS, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["acknowledged"], json!(request));
    request
}

/// Whether nothing is wrong with any row of these tables.
pub(crate) async fn sound(school: &School) -> bool {
    let mut db = school.database.pool.acquire().await.unwrap();
    let ours = ["policy_version", "policy_proposal", "access_request"];
    !verify(&mut db, &[]).await.unwrap().faults.iter().any(|fault| {
        matches!(&fault.what, What::RowChanged(table, _) | What::RowMissing(table, _) | What::RowUnknown(table, _) if ours.contains(table))
    })
}

#[tokio::test]
async fn a_change_is_a_version_with_who_when_and_why_and_devices_hear_of_it_once() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    assert_eq!(told(&device, "abc").await["policy"], json!({ "number": 0, "own": [] }));
    school.get(&dsl, "/policy").await.has("set nothing yet").has("Helplines always open");

    let group = [
        ("on", "0"),
        ("name", "Year 9"),
        ("id", "year-9"),
        ("years", "9"),
        ("alert_from", "low"),
        ("why", "New Year 9 <b>"),
    ];
    went(&school.post(&dsl, "/policy/groups", &group).await, "/policy/groups");
    let actions = [
        ("on", "1"),
        ("group", "year-9"),
        ("school_games", "block"),
        ("home_games", "allow"),
        ("why", "Mock exams"),
    ];
    went(&school.post(&dsl, "/policy/actions", &actions).await, "/policy/actions?group=year-9");
    let hours = [
        ("on", "2"),
        ("zone", "Europe/London"),
        ("home_alerts", "high"),
        ("from_0", "08:30"),
        ("to_0", "16:00"),
        ("why", "As agreed"),
    ];
    went(&school.post(&dsl, "/policy/hours", &hours).await, "/policy/hours");
    let off = [
        ("on", "3"),
        ("kind", "off"),
        ("name", "INSET day"),
        ("first", "2026-11-30"),
        ("last", ""),
        ("why_dates", "Calendar"),
    ];
    went(&school.post(&dsl, "/policy/dates", &off).await, "/policy/hours#dates");
    let until = ("until", "2026-11-27");
    went(&except(&school, &dsl, &[("whom", "year-9"), until]).await, "/policy/exceptions");

    let page = school.get(&dsl, "/policy").await;
    page.has("version 5").has("Monday: 8.30am to 4pm").has("INSET day: Monday 30 November 2026");
    page.has("A site about games is blocked for Year 9 in school hours")
        .has("One site has a rule of its own");
    let page = school.get(&dsl, "/policy/versions").await;
    page.has("Version 5, which holds now").has("New Year 9 &#60;b&#62;").has("Mrs Adeyemi").lacks("<b>");
    page.has("New: bets.example is blocked for Year 9, until Saturday 28 November 2026, midnight.");
    school.get(&dsl, "/policy/exceptions").await.has("bets.example").has("Asked by Year 9");

    let news = &told(&device, "abc").await["policy"];
    assert_eq!(news["number"], 5);
    let document = &news["document"];
    assert_eq!(document["groups"][0]["choices"]["games"], json!({ "school": "block", "home": "allow" }));
    assert_eq!(document["calendar"]["week"][0], json!({ "from": 510, "to": 960 }));
    assert_eq!(document["calendar"]["offsets"][0]["minutes"], 0);
    assert_eq!(document["exceptions"][0]["site"]["host"], "bets.example");
    assert!(
        !document.to_string().contains("Asked by") && !document.to_string().contains("Adeyemi"),
        "{document}"
    );
    // A device that has it is not sent it again; one that has another is.
    assert_eq!(told(&device, "abc+5").await["policy"], json!({ "number": 5, "own": [] }));
    assert_eq!(told(&device, "abc+4").await["policy"]["document"]["number"], 5);

    // The exception is over by itself, and the page says so.
    school.advance(5 * 24 * 60);
    school
        .sql(
            "update session set seen_at = $1, expires_at = $2",
            &[(NOW + 5 * 1_440 * MINUTE).into(), (NOW + 9 * 1_440 * MINUTE).into()],
        )
        .await;
    assert_eq!(told(&device, "abc").await["policy"]["document"]["exceptions"], json!([]));
    school.get(&dsl, "/policy/exceptions").await.has("Over since");

    // Its words are sealed, it is part of the record, and a neighbour sees nothing of it.
    assert!(sound(&school).await);
    for change in ["update policy_version set number = 9", "delete from policy_version"] {
        sqlx::query(change).execute(&school.database.pool).await.unwrap_err();
    }
    school.get(&dsl, "/trail?kind=policy_version").await.has("change").lacks("Mock exams");
    let ash = school.neighbour().await;
    let theirs = Device::enrol(&ash.router, &enrolment_key(&ash)).await;
    assert_eq!(told(&theirs, "abc").await["policy"], json!({ "number": 0, "own": [] }));
}

#[tokio::test]
async fn an_earlier_version_is_brought_back_in_one_step_as_a_new_one() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    went(&except(&school, &dsl, &[]).await, "/policy/exceptions");
    went(&except(&school, &dsl, &[("site", "other.example")]).await, "/policy/exceptions");
    went(&school.post(&dsl, "/policy/restore", &[("on", "2"), ("number", "1")]).await, "/policy/versions");
    let document = &told(&device, "").await["policy"]["document"];
    assert_eq!((document["number"].as_i64(), document["exceptions"].as_array().unwrap().len()), (Some(3), 1));
    school.get(&dsl, "/policy/versions").await.has("brings back version 1").has("No longer: other.example");
    let stale = school.post(&dsl, "/policy/restore", &[("on", "2"), ("number", "2")]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    stale.has("Somebody else has changed the policy");
    let absent = school.post(&dsl, "/policy/restore", &[("on", "3"), ("number", "9")]).await;
    absent.has("This version is not there");
}

#[tokio::test]
async fn where_the_school_wants_two_people_a_change_waits_and_nobody_approves_their_own() {
    let school = School::open().await;
    let (dsl, other) = (school.person("dsl", "Mrs Adeyemi").await, school.person("dsl", "Mr Bose").await);
    let deputy = school.person("deputy_dsl", "Ms Deputy").await;
    let it = school.person("it_admin", "Mx It").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    went(&two_people(&school, &dsl, "yes").await, "/policy");
    went(&except(&school, &dsl, &[]).await, "/policy#waiting");
    assert_eq!(told(&device, "").await["policy"]["number"], 1);
    let waiting = school.text("select id from policy_proposal").await;
    let approve = format!("/policy/proposals/{waiting}/approve");

    let own = school.post(&dsl, &approve, &[]).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    own.has("somebody else has to approve it").has("Withdraw");
    assert_eq!(school.post(&it, &approve, &[]).await.status, StatusCode::FORBIDDEN);
    school.get(&it, "/policy").await.has("Waiting for a second person").lacks(">Approve<");
    school.get(&deputy, "/policy").await.has("bets.example is blocked").has("Approve<");
    went(&school.post(&deputy, &approve, &[]).await, "/policy");
    assert_eq!(
        told(&device, "").await["policy"]["document"]["exceptions"][0]["site"]["host"],
        "bets.example"
    );
    school
        .get(&dsl, "/policy/versions")
        .await
        .has("by <bdi>Mrs Adeyemi</bdi>, approved by <bdi>Ms Deputy</bdi>");
    // Approved twice, it is one version.
    went(&school.post(&other, &approve, &[]).await, "/policy");
    assert_eq!(school.number("select count(*) from policy_version").await, 2);

    // What was proposed on a version that is gone cannot be approved; refused and withdrawn changes are kept.
    went(&except(&school, &dsl, &[("site", "one.example")]).await, "/policy#waiting");
    went(&except(&school, &it, &[("site", "two.example")]).await, "/policy#waiting");
    let of = |name: &'static str| school.text(name);
    let one = of("select p.id from policy_proposal p join account a on a.id = p.proposed_by where a.role = 'dsl' and p.decided_at is null").await;
    let two = of(
        "select p.id from policy_proposal p join account a on a.id = p.proposed_by where a.role = 'it_admin'",
    )
    .await;
    went(&school.post(&other, &format!("/policy/proposals/{one}/approve"), &[]).await, "/policy");
    let stale = school.post(&other, &format!("/policy/proposals/{two}/approve"), &[]).await;
    stale.has("has changed since this was proposed");
    assert_eq!(
        school.post(&dsl, &format!("/policy/proposals/{two}/withdraw"), &[]).await.status,
        StatusCode::FORBIDDEN
    );
    went(&school.post(&it, &format!("/policy/proposals/{two}/withdraw"), &[]).await, "/policy");

    // To want one person again takes two.
    went(&two_people(&school, &dsl, "no").await, "/policy#waiting");
    let last = of("select id from policy_proposal where decided_at is null").await;
    went(&school.post(&deputy, &format!("/policy/proposals/{last}/refuse"), &[]).await, "/policy");
    assert_eq!(told(&device, "").await["policy"]["document"]["two_person"], json!(true));
    assert_eq!(school.number("select count(*) from policy_proposal where decision = 'refused'").await, 1);
    assert!(sound(&school).await);
    school.sql("update policy_proposal set decision = 'approved' where decision = 'refused'", &[]).await;
    assert!(!sound(&school).await, "a refusal became an approval, and nothing says so");
}

#[tokio::test]
async fn it_adds_what_is_technical_and_ends_its_own() {
    let school = School::open().await;
    let (dsl, it) = (school.person("dsl", "Mrs Adeyemi").await, school.person("it_admin", "Mx It").await);
    went(&except(&school, &it, &[("site", "cdn.example"), ("effect", "allow")]).await, "/policy/exceptions");
    let refused = except(&school, &it, &[("site", "gambling.lapwing.test"), ("effect", "allow")]).await;
    refused.has("listed under gambling: a safeguarding lead (DSL) decides");
    went(
        &except(&school, &dsl, &[("site", "gambling.lapwing.test"), ("effect", "allow")]).await,
        "/policy/exceptions",
    );
    // What a lead has blocked IT does not open in part; a name under which everybody's sites are, nobody opens.
    went(&except(&school, &dsl, &[("site", "boards.example")]).await, "/policy/exceptions");
    let part = except(&school, &it, &[("site", "www.boards.example/x"), ("effect", "allow")]).await;
    part.has("A safeguarding lead (DSL) has blocked boards.example");
    for who in [&it, &dsl] {
        let everybodys = except(&school, who, &[("site", "github.io"), ("effect", "allow")]).await;
        everybodys.has("Anybody may have a site under this name");
    }
    let ids = school.get(&dsl, "/policy/exceptions").await;
    let all: Vec<String> =
        ids.html.split("name=\"id\" value=\"").skip(1).map(|rest| rest[..36].to_owned()).collect();
    assert_eq!(all.len(), 3);
    let fields = [("on", "3"), ("id", all[1].as_str())];
    assert_eq!(school.post(&it, "/policy/exceptions/end", &fields).await.status, StatusCode::FORBIDDEN);
    went(
        &school.post(&it, "/policy/exceptions/end", &[("on", "3"), ("id", all[0].as_str())]).await,
        "/policy/exceptions",
    );
    for (number, one) in [("4", &all[1]), ("5", &all[2])] {
        let fields = [("on", number), ("id", one.as_str())];
        went(&school.post(&dsl, "/policy/exceptions/end", &fields).await, "/policy/exceptions");
    }
    school.get(&it, "/policy/exceptions").await.has("<p>None.</p>");
    // IT decides nothing else.
    for (url, fields) in [
        ("/policy/actions", [("on", "6"), ("school_games", "allow")]),
        ("/policy/restore", [("on", "6"), ("number", "1")]),
    ] {
        assert_eq!(school.post(&it, url, &fields).await.status, StatusCode::FORBIDDEN, "{url}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_by_its_field_and_nothing_typed_is_lost() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    for (change, words) in [
        (("site", "https://a.example"), "write only the domain"),
        (("site", "com"), "top-level domain"),
        (("site", "childline.org.uk"), "it always opens"),
        (("effect", ""), "opens or is blocked"),
        (("whom", "nobody"), "Choose for whom"),
        (("until", "2026-11-23"), "today or later"),
        (("why", ""), "Say why"),
        (("on", "7"), "Somebody else has changed the policy"),
    ] {
        let page = except(&school, &dsl, &[change]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{change:?}");
        page.has("Nothing you wrote is lost").has(words);
        if change.0 != "why" {
            page.has("Asked by Year 9");
        }
    }
    let post = async |url: &str, fields: &[(&str, &str)]| {
        let page = school.post(&dsl, url, fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{url} {fields:?}");
        page
    };
    let why = ("why", "w");
    post("/policy/actions", &[("school_suicide", "allow"), why])
        .await
        .has("Choose one of the list for suicide");
    post("/policy/actions", &[("school_illegal", "allow"), why])
        .await
        .has("Choose one of the list for unlawful content");
    post("/policy/actions", &[("group", "gone"), why]).await.has("no longer there");
    post("/policy/groups", &[("id", "Year 9"), ("name", ""), why])
        .await
        .has("small letters")
        .has("Write a name");
    let hours = [
        ("zone", "Europe/London"),
        ("home_alerts", "high"),
        ("from_0", "16:00"),
        ("to_0", "08:00"),
        ("from_1", "9"),
        why,
    ];
    let page = post("/policy/hours", &hours).await;
    page.has("Monday must end after it begins").has("Write when Tuesday begins").has("value=\"16:00\"");
    post("/policy/hours", &[("zone", "Mars"), ("home_alerts", "high"), why])
        .await
        .has("at least one day")
        .has("the school’s clock");
    post("/policy/dates", &[("kind", "off"), ("name", "x"), ("first", "2026-11-30"), ("why_dates", "w")])
        .await
        .has("Set the school hours first");
    assert_eq!(school.number("select count(*) from policy_version").await, 0);
}
