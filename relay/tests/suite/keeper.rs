//! One of several schools keeps the lists that all of them share: named at the server's console, and only that one may.

use super::sources::{add, approve, give, propose, told};
use crate::device::{Device, check_in, with};
use crate::school::{School, enrolment_key, id};
use axum::http::StatusCode;
use lapwing_core::wire::path;
use serde_json::json;

const PLACES: [&str; 2] = ["/lists/sources", "/lists/proposal"];

/// Two schools of one relay, and nobody who keeps their lists.
async fn two() -> (School, School) {
    let oak = School::open().await;
    let ash = oak.neighbour().await;
    (oak, ash)
}

#[tokio::test]
async fn it_of_the_named_school_keeps_the_lists_of_all_and_nobody_else_does() {
    let (oak, ash) = two().await;
    let (it, theirs) =
        (oak.person("it_admin", "Priya Nair").await, ash.person("it_admin", "Sam Field").await);
    let [here, there] = [
        Device::enrol(&oak.router, &enrolment_key(&oak)).await,
        Device::enrol(&ash.router, &enrolment_key(&ash)).await,
    ];
    for url in PLACES {
        assert_eq!(oak.get(&it, url).await.status, StatusCode::NOT_FOUND, "{url}");
    }
    oak.get(&it, "/lists").await.has("Whoever runs the server").lacks("/lists/sources");
    let wrong = oak.app.set_lists_keeper(Some("Elm School")).await.unwrap_err().to_string();
    assert!(wrong.contains("0 schools on this relay are called Elm School"), "{wrong}");

    oak.app.set_lists_keeper(Some(" Oak Park School ")).await.unwrap();
    assert_eq!(oak.database.actions("name_keeper").await, 2, "it stands in the trail of each school");
    let page = add(&oak, &it, &[]).await;
    give(&oak, &it, &page, "bet.test\n").await;
    let (_, proposal) = propose(&oak, &it).await;
    oak.get(&it, "/lists").await.has("/lists/sources").has("A proposal waits");
    for url in PLACES.into_iter().chain([page.as_str()]) {
        assert_eq!(ash.get(&theirs, url).await.status, StatusCode::NOT_FOUND, "{url}");
    }
    for post in ["/approve", "/refuse", "/try"].map(|what| format!("{proposal}{what}")) {
        assert_eq!(ash.post(&theirs, &post, &[]).await.status, StatusCode::NOT_FOUND, "{post}");
    }
    for post in ["/lists/propose", "/lists/trial/stop", "/lists/sources"] {
        assert_eq!(ash.post(&theirs, post, &[]).await.status, StatusCode::NOT_FOUND, "{post}");
    }
    oak.get(&it, "/lists").await.has("your school keeps them for all");
    let other = ash.get(&theirs, "/lists").await;
    other.lacks("A proposal waits").lacks("/lists/sources").lacks("Whoever runs the server");
    other.has("Oak Park School</bdi> keeps them for all");
    approve(&oak, &it, &proposal).await;
    for device in [&here, &there] {
        assert_eq!(told(device).await.len(), 1);
    }

    // Going back is theirs too, and others are told whom to ask.
    give(&oak, &it, &page, "bet.test\nslots.test\n").await;
    let (_, proposal) = propose(&oak, &it).await;
    approve(&oak, &it, &proposal).await;
    oak.get(&it, "/lists").await.has("your school keeps them for all").has("action=\"/lists/roll-back\"");
    ash.get(&theirs, "/lists")
        .await
        .has("Oak Park School</bdi> keeps them for all")
        .has("Ask IT of <bdi>Oak Park School")
        .lacks("action=\"/lists/roll-back\"");
    let version = oak.text("select cast(max(version) as text) from pack").await;
    let back = [("version", version.as_str()), ("reason", "it stops a good site")];
    assert_eq!(ash.post(&theirs, "/lists/roll-back", &back).await.status, StatusCode::FORBIDDEN);
    assert_eq!(oak.post(&it, "/lists/roll-back", &back).await.location, "/lists");

    // Who did it is of another school, and its trail says so.
    let auditor = ash.person("auditor", "Ms Day").await;
    ash.get(&auditor, "/trail?kind=lists")
        .await
        .has("Somebody of the school that keeps the lists")
        .lacks("Priya");

    // Another in its place, and then nobody.
    oak.app.set_lists_keeper(Some("Ash Vale School")).await.unwrap();
    assert_eq!(oak.get(&it, &page).await.status, StatusCode::NOT_FOUND);
    ash.get(&theirs, &page).await.has("Casinos");
    oak.app.set_lists_keeper(None).await.unwrap();
    assert_eq!(oak.database.actions("end_keeper").await, 2);
    assert_eq!(ash.get(&theirs, &page).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_every_school_counted_of_a_trial_is_shown_to_who_keeps_the_lists() {
    let (oak, ash) = two().await;
    oak.app.set_lists_keeper(Some("Oak Park School")).await.unwrap();
    let it = oak.person("it_admin", "Priya Nair").await;
    let page = add(&oak, &it, &[]).await;
    give(&oak, &it, &page, "bet.test\nslots.test\n").await;
    let (_, proposal) = propose(&oak, &it).await;
    assert_eq!(oak.post(&it, &format!("{proposal}/try"), &[]).await.location, "/lists/proposal");
    for (school, slots) in [(&oak, 1), (&ash, 0)] {
        let device = Device::enrol(&school.router, &enrolment_key(school)).await;
        let offer = device.send(path::CHECK_IN, &check_in()).await.json()["shadow"].clone();
        let mut sites = vec![json!({ "site": "bet.test", "visits": 3 })];
        sites.extend((0..slots).map(|_| json!({ "site": "slots.test", "visits": 1 })));
        let seen = json!({ "digest": offer["digest"], "batch": id(), "sites": sites });
        let said = with(check_in(), json!({ "shadow": seen }));
        assert_eq!(device.send(path::CHECK_IN, &said).await.status, StatusCode::OK);
    }
    let shown = oak.get(&it, "/lists/proposal").await;
    shown.has("would have stopped 7 visits on 2 sites, told by 2 devices");
    shown.has("bet.test</bdi></th><td data-label=\"Kind\">Gambling</td><td data-label=\"Visits\">6</td>");

    // With nobody who could stop it, it stops.
    oak.app.set_lists_keeper(None).await.unwrap();
    let device = Device::enrol(&ash.router, &enrolment_key(&ash)).await;
    assert!(device.send(path::CHECK_IN, &check_in()).await.json()["shadow"].is_null());
}
