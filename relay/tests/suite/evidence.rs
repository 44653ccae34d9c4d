//! The daily test at the relay: what devices tell is kept once a day, shown to those who answer for it, and makes no alert.

use super::{lists, policy};
use crate::device::Device;
use crate::school::{MINUTE, Person, School, enrolment_key};
use axum::http::StatusCode;
use lapwing_core::wire::path;
use serde_json::{Value, json};

const HOUR: i64 = 60 * MINUTE;

/// A test in which these layers did not hold.
fn test(group: &str, broken: &[&str]) -> Value {
    let layers = ["built_in", "unlawful", "listener", "text"];
    let results: Vec<Value> = layers
        .iter()
        .map(|layer| match broken.contains(layer) {
            true => json!({ "layer": layer, "held": false, "why": "<b>it opened</b>" }),
            false => json!({ "layer": layer, "held": true }),
        })
        .collect();
    json!({ "ran_at": 5, "group": group, "safe_search": true, "results": results })
}

async fn check_in(device: &Device, canary: Option<Value>) -> Value {
    check_in_with(device, canary, None).await
}

/// The same of a device that says which lists it has, and what is wrong with others.
async fn check_in_with(device: &Device, canary: Option<Value>, has: Option<(u64, &str)>) -> Value {
    let mut said = json!({
        "extension_version": "0.1.0", "browser": "Chromium 156", "lists_version": "l1", "policy_version": "p1",
        "state": "watching", "waiting": 0, "refused": 0,
    });
    if let Some(canary) = canary {
        said["canary"] = canary;
    }
    if let Some((version, problem)) = has {
        said["lists"] = json!({ "version": version, "problem": problem });
    }
    let answer = device.send(path::CHECK_IN, &said).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["canary"].clone()
}

async fn rows(school: &School) -> i64 {
    school.number("select count(*) from canary_day").await
}

#[tokio::test]
async fn a_device_is_asked_each_day_until_it_has_proved_itself_and_is_kept_once() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    assert_eq!(check_in(&device, None).await, json!({ "due_in": 0 }));
    assert_eq!(rows(&school).await, 1, "in use, and not proved");
    school.get(&it, "/devices").await.has("No proof this week").has("1 device was in use this week");
    school.get(&it, "/evidence").await.has("<strong>0 of 1</strong> devices in use");

    // 9.14am: 14 hours and 46 minutes are left of the day.
    let proved = check_in(&device, Some(test("Year 9", &[]))).await;
    assert_eq!(proved, json!({ "due_in": 14 * HOUR + 46 * MINUTE }));
    for again in [None, Some(test("Year 9", &[]))] {
        assert_eq!(check_in(&device, again).await, proved);
    }
    assert_eq!(rows(&school).await, 1);
    let page = school.get(&it, "/evidence").await;
    page.has("<strong>1 of 1</strong> devices in use")
        .has("November 2026, so far")
        .has("Year 9")
        .has("100 %");
    page.lacks("urgent");
    school.get(&it, "/devices").await.has("Daily test held, ").lacks("No proof this week");

    // A day goes by.
    school.sql("update canary_day set day = day - 1", &[]).await;
    assert_eq!(check_in(&device, None).await, json!({ "due_in": 0 }), "another day");
    assert_eq!(rows(&school).await, 2);
    school.get(&it, "/devices").await.has("Daily test last held on Monday 23 November 2026");
    school.get(&it, "/evidence").await.has("1 (50 %)");
    assert_eq!(school.number("select count(*) from alert").await, 0);
    assert_eq!(school.number("select count(*) from episode").await, 0);
}

#[tokio::test]
async fn a_device_that_does_not_filter_is_shown_before_all_others_until_it_does() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let governor = school.person("governor", "Mr Governor").await;
    let well = Device::enrol(&school.router, &enrolment_key(&school)).await;
    check_in(&well, Some(test("Staff", &[]))).await;
    let broken = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let told = check_in(&broken, Some(test("=cmd|' /C calc'!A0", &["built_in", "text"]))).await;
    assert_eq!(told, json!({ "due_in": 0 }), "it is asked again at once");

    let page = school.get(&it, "/devices").await;
    page.has("<strong>1 device fails the daily test.</strong>").has("Daily test failed: <bdi>");
    page.has("sites of the built-in lists: &#60;b&#62;it opened");
    assert!(page.html.find("Daily test failed").unwrap() < page.html.find("Daily test held").unwrap());
    let page = school.get(&governor, "/evidence").await;
    page.has("1 device that was in use this week fails").has("sites of the built-in lists, typed text");
    page.lacks("href=\"/devices\"");
    let table = school.get(&governor, "/evidence/devices.csv").await;
    table.has("month,group,devices in use").has("\"November 2026, so far\",'=cmd|' /C calc'!A0,1,0,1,1,0,1");
    table.has("\"November 2026, so far\",Staff,1,1,0,1,1,0");

    check_in(&broken, Some(test("Year 7", &[]))).await;
    school.get(&it, "/devices").await.lacks("urgent").lacks("Daily test failed");
    school
        .get(&governor, "/evidence")
        .await
        .lacks("urgent")
        .has("no day of a device ended with a failed test");
}

#[tokio::test]
async fn a_night_does_not_mend_a_device_that_failed() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    check_in(&device, Some(test("Year 9", &["text"]))).await;
    school.sql("update canary_day set day = day - 1", &[]).await;
    // Before it checks in, and after a check-in without a test, which begins the new day.
    for _ in 0..2 {
        school.get(&it, "/devices").await.has("Daily test failed: <bdi>typed text");
        school.get(&it, "/evidence").await.has("1 device that was in use this week fails");
        check_in(&device, None).await;
    }
    assert_eq!(rows(&school).await, 2);
    school.get(&it, "/evidence").await.has("<strong>0 of 1</strong> devices in use");
    check_in(&device, Some(test("Year 9", &[]))).await;
    school.get(&it, "/devices").await.lacks("Daily test failed");
    school.get(&it, "/evidence").await.lacks("urgent").has("<strong>1 of 1</strong> devices in use");
}

#[tokio::test]
async fn a_day_that_is_over_is_vouched_for_and_whatever_is_changed_of_it_is_found() {
    let school = School::open().await;
    let key = crate::school::enrolment_key(&school);
    let devices = [Device::enrol(&school.router, &key).await, Device::enrol(&school.router, &key).await];
    for device in &devices {
        check_in(device, Some(test("Year 9", &[]))).await;
    }
    school.sql("update canary_day set day = day - 2", &[]).await;
    check_in(&devices[0], Some(test("Year 9", &[]))).await;
    let found = async || {
        let mut db = school.database.pool.acquire().await.unwrap();
        crate::copies::faults(&lapwing_relay::proof::verify::verify(&mut db, &[]).await.unwrap())
    };
    for _ in 0..2 {
        school.app.tidy_days().await.unwrap();
        assert_eq!(school.database.actions("close_day").await, 1, "once, and not before the day is over");
    }
    assert_eq!(found().await, Vec::<String>::new());
    let day = school.number("select min(day) from canary_day").await;
    for (change, back, fault) in [
        (
            "update canary_day set failing = 1 where ran_at > 0",
            "update canary_day set failing = 0",
            format!("canary_day of day {day} was changed"),
        ),
        (
            "update canary_day set day = day - 1 where day < (select max(day) from canary_day)",
            "update canary_day set day = day + 1 where day < (select max(day) from canary_day)",
            format!("canary_day of day {day} is missing"),
        ),
    ] {
        school.sql(change, &[]).await;
        let faults = found().await;
        assert!(faults.iter().any(|told| told.contains(&fault)), "{change}: {faults:?}");
        school.sql(back, &[]).await;
        assert_eq!(found().await, Vec::<String>::new());
    }
    // A day that was put in before the last one is nobody's.
    school
        .sql("update canary_day set day = day - 3 where day = (select max(day) from canary_day)", &[])
        .await;
    let faults = found().await;
    let added = format!("canary_day of day {} was not written by the relay", day - 1);
    assert!(faults.iter().any(|told| told.contains(&added)), "{faults:?}");
    school
        .sql("update canary_day set day = day + 3 where day = (select min(day) from canary_day)", &[])
        .await;
    // Old days go, and that is an event.
    school.advance(410 * 24 * 60);
    school.app.tidy_days().await.unwrap();
    assert_eq!(rows(&school).await, 0);
    assert_eq!(school.database.actions("forget_days").await, 1);
    assert_eq!(found().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_device_that_refuses_the_newest_lists_fails_though_older_ones_hold() {
    let school = School::open().await;
    let it = school.person("it_admin", "Priya Nair").await;
    let folder = tempfile::tempdir().unwrap();
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    let mut held = test("Year 9", &[]);
    held["results"].as_array_mut().unwrap().push(json!({ "layer": "published", "held": true }));
    lists::publish(&school, vec![lists::whole(folder.path(), "bet.example\n", 5, 1)]).await.unwrap();
    let proved = check_in_with(&device, Some(held.clone()), Some((5, ""))).await;
    assert_ne!(proved, json!({ "due_in": 0 }));

    // They are three days old, and this device was switched off meanwhile.
    school.advance(-3 * 24 * 60);
    lists::publish(&school, vec![lists::whole(folder.path(), "bet.example\n", 6, 1)]).await.unwrap();
    school.advance(3 * 24 * 60);
    // On its way: neither a failure nor proof of what is in force now.
    let later = check_in_with(&device, Some(held.clone()), Some((5, ""))).await;
    assert_eq!(later, json!({ "due_in": 0 }));
    school.get(&it, "/evidence").await.lacks("urgent");
    check_in_with(&device, Some(held.clone()), Some((5, "version 6 was changed after it was signed"))).await;
    school.get(&it, "/devices").await.has(
        "Daily test failed: <bdi>sites of the published lists: the device has version 5, the relay version 6: version 6 was \
         changed",
    );
    school.get(&it, "/evidence").await.has("1 device that was in use this week fails");

    // Without a word of why, it is late after a day in which it was there to fetch them.
    check_in_with(&device, Some(held.clone()), Some((5, ""))).await;
    school.get(&it, "/evidence").await.lacks("urgent");
    school.sql("update canary_day set first_at = first_at - 100000000", &[]).await;
    check_in_with(&device, Some(held.clone()), Some((5, ""))).await;
    school.get(&it, "/devices").await.has("has not taken it in more than a day");
    check_in_with(&device, Some(held), Some((6, ""))).await;
    school.get(&it, "/evidence").await.lacks("urgent").has("<strong>1 of 1</strong> devices in use");
}

#[tokio::test]
async fn another_school_sees_nothing_of_it_and_what_is_no_test_is_refused() {
    let school = School::open().await;
    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    check_in(&device, Some(test("Year 9", &["text"]))).await;
    let other = school.neighbour().await;
    let it: Person = other.person("it_admin", "Their IT").await;
    other.get(&it, "/evidence").await.has("No device has been in use today").lacks("Year 9");
    other.get(&it, "/evidence/devices.csv").await.lacks("Year 9");

    let mut said = json!({
        "extension_version": "0.1.0", "browser": "", "lists_version": "", "policy_version": "", "state": "watching",
        "waiting": 0, "refused": 0, "canary": test("", &[]),
    });
    said["canary"]["results"] = json!(vec![json!({ "layer": "text", "held": true }); 6]);
    device.send(path::CHECK_IN, &said).await.is_problem(422, "unfit");
    said["canary"]["results"] = json!([{ "layer": "moon", "held": true }]);
    assert!(device.send(path::CHECK_IN, &said).await.status.is_client_error());
    said["canary"] = test(&"x".repeat(301), &[]);
    let problem = device.send(path::CHECK_IN, &said).await.is_problem(422, "unfit");
    assert!(problem["detail"].as_str().unwrap().contains("canary.group"), "{problem}");
}

#[tokio::test]
async fn the_self_assessment_says_what_is_not_met_and_changes_with_what_is_set() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Okafor").await;
    let page = school.get(&dsl, "/evidence/standards").await;
    page.has("The IWF URL list is not in force").has("NOT MET").has("--source ctiru=FILE");
    page.has("0 of 0 devices in use")
        .has("Only the starter set that is built in")
        .has("A second person need not");

    let device = Device::enrol(&school.router, &enrolment_key(&school)).await;
    check_in(&device, Some(test("Year 9", &[]))).await;
    let after = school.get(&dsl, "/evidence/standards").await;
    after.has("1 of 1 devices in use this week proved themselves by the daily test, 0 fail it");
    assert!(after.html.matches("NOT MET").count() < page.html.matches("NOT MET").count());

    policy::went(&policy::two_people(&school, &dsl, "yes").await, "/policy");
    school.get(&dsl, "/evidence/standards").await.has("A second person must approve changes");
}
