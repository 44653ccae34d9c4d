//! Many requests, one commit: each alert is kept once whoever else shares the commit, one that cannot be stored takes
//! nobody with it, and what may not be on the disk is never acknowledged.

use crate::device::{Device, alert, batch, with};
use crate::school::{School, enrolment_key};
use lapwing_core::wire::path;
use serde_json::{Value, json};
use std::sync::Arc;

async fn enrolled(school: &School) -> Device {
    Device::enrol(&school.router, &enrolment_key(school)).await
}

/// Sends each body from its device, all at once, and answers status and body of each.
async fn all_at_once(requests: Vec<(Arc<Device>, Value)>) -> Vec<(u16, Value)> {
    let tasks: Vec<_> = requests
        .into_iter()
        .map(|(device, body)| {
            tokio::spawn(async move {
                let answer = device.send(path::ALERTS, &body).await;
                (answer.status.as_u16(), answer.json())
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// Adds a trigger that runs `sql` for alerts that name the lists version `version`.
async fn on_alert(school: &School, version: &str, sqlite: &str, postgres: &str) {
    let statements = if cfg!(test) && module_path!().starts_with("on_postgres") {
        vec![
            format!(
                "create function odd() returns trigger language plpgsql as $$ begin \
                 if new.lists_version = '{version}' then {postgres}; end if; return new; end $$"
            ),
            "create trigger odd before insert on alert for each row execute function odd()".to_owned(),
        ]
    } else {
        vec![format!(
            "create trigger odd before insert on alert when new.lists_version = '{version}' begin {sqlite}; end"
        )]
    };
    for statement in statements {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&school.database.pool).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_at_once_are_each_kept_and_acknowledged_and_each_school_hears_once_a_commit() {
    let school = School::open().await;
    let ash = school.neighbour().await;
    let mut requests = Vec::new();
    for number in 0..60 {
        let device = Arc::new(enrolled(if number % 3 == 0 { &ash } else { &school }).await);
        let category = ["bullying", "hate", "gambling"][number % 3];
        let change = json!({ "category": category });
        requests.push((device, batch(&[&with(alert(), change.clone()), &with(alert(), change)])));
    }
    for ((status, answer), (_, sent)) in all_at_once(requests.clone()).await.into_iter().zip(&requests) {
        let ids: Vec<_> =
            sent["alerts"].as_array().unwrap().iter().map(|alert| alert["id"].clone()).collect();
        assert_eq!((status, &answer), (200, &json!({ "acknowledged": ids, "refused": [] })));
    }
    assert_eq!(school.number("select count(*) from alert").await, 120);
    assert_eq!(school.number("select count(*) from alert_key").await, 120);
    assert_eq!(school.number("select count(*) from episode where alerts = 2").await, 60);
    assert_eq!(
        school.number("select count(*) from alert a join episode e on e.id = a.episode_id and e.school_id = a.school_id").await,
        120
    );
    let events = school.number("select count(*) from audit_event where action = 'receive'").await;
    assert!((2..=60).contains(&events), "{events}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_alert_in_many_requests_at_once_is_kept_once_and_acknowledged_to_all() {
    let school = School::open().await;
    let device = Arc::new(enrolled(&school).await);
    let body = batch(&[&alert(), &alert()]);
    for (status, answer) in all_at_once(vec![(device, body); 30]).await {
        assert_eq!((status, answer["acknowledged"].as_array().unwrap().len()), (200, 2));
    }
    assert_eq!(school.number("select count(*) from alert").await, 2);
    assert_eq!(school.number("select alerts from episode").await, 2, "counted once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_episode_is_as_grave_as_the_gravest_of_many_that_come_at_once_and_in_turn() {
    let school = School::open().await;
    let device = Arc::new(enrolled(&school).await);
    let said = |severity: &str, stage: &str| {
        let change = json!({ "category": "suicide", "severity": severity, "stage": stage });
        batch(&[&with(alert(), change)])
    };
    let requests =
        [("low", "research"), ("critical", "active"), ("medium", "ideation"), ("low", "help_seeking")];
    all_at_once(requests.map(|(severity, stage)| (Arc::clone(&device), said(severity, stage))).to_vec())
        .await;
    all_at_once(vec![(device, said("medium", "research"))]).await;
    assert_eq!(school.number("select count(*) from episode").await, 1);
    assert_eq!(school.number("select alerts from episode").await, 5);
    assert_eq!(
        school.text("select severity || ' ' || rank || ' ' || stage from episode").await,
        "critical 4 active"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_that_cannot_be_stored_fails_neither_its_neighbours_nor_those_of_others() {
    let school = School::open().await;
    on_alert(&school, "poison", "select raise(abort, 'poisoned')", "raise exception 'poisoned'").await;
    let poison = with(alert(), json!({ "lists_version": "poison" }));
    let mut requests = Vec::new();
    for _ in 0..20 {
        requests.push((Arc::new(enrolled(&school).await), batch(&[&alert()])));
    }
    let mixed = batch(&[&alert(), &poison, &alert()]);
    requests.push((Arc::new(enrolled(&school).await), mixed.clone()));
    requests.push((
        Arc::new(enrolled(&school).await),
        batch(&[&with(poison.clone(), json!({ "id": alert()["id"] }))]),
    ));
    let mut answers = all_at_once(requests).await;
    let (status, alone) = answers.pop().unwrap();
    assert_eq!(status, 500, "who sends nothing else may try again: {alone}");
    let (status, answer) = answers.pop().unwrap();
    assert_eq!(status, 200);
    assert_eq!(answer["acknowledged"], json!([mixed["alerts"][0]["id"], mixed["alerts"][2]["id"]]));
    assert_eq!(answer["refused"][0]["id"], poison["id"]);
    assert!(!answer.to_string().contains("poisoned"), "what failed inside stays inside: {answer}");
    assert!(answers.iter().all(|(status, _)| *status == 200));
    assert_eq!(school.number("select count(*) from alert").await, 22);
    assert_eq!(school.number("select count(*) from alert_key").await, 22, "a refused alert leaves no key");
}

#[tokio::test]
async fn a_commit_that_fails_acknowledges_nothing_and_the_relay_goes_on_after_it() {
    let school = School::open().await;
    // Only noticed by the commit itself.
    school
        .sql("create table doubt (school text references school (id) deferrable initially deferred)", &[])
        .await;
    if module_path!().starts_with("on_postgres") {
        // The relay's role is not the one that made the table.
        school.sql("grant all on doubt to public", &[]).await;
    }
    let insert = "insert into doubt (school) values ('nobody')";
    on_alert(&school, "doubt", insert, insert).await;
    let device = enrolled(&school).await;
    let doubtful = batch(&[&with(alert(), json!({ "lists_version": "doubt" }))]);
    for _ in 0..3 {
        device.send(path::ALERTS, &doubtful).await.is_problem(500, "fault");
    }
    let sound = batch(&[&alert()]);
    let answer = device.send(path::ALERTS, &sound).await;
    assert_eq!(answer.json()["acknowledged"], json!([sound["alerts"][0]["id"]]));
    assert_eq!(school.number("select count(*) from alert").await, 1);
    school.sql("delete from doubt", &[]).await;
    school
        .sql("insert into school (id, name, enrolment_key, created_at) values ('nobody', 'N', 'n', 0)", &[])
        .await;
    let answer = device.send(path::ALERTS, &doubtful).await;
    assert_eq!(
        answer.json()["acknowledged"],
        json!([doubtful["alerts"][0]["id"]]),
        "sent again, it is kept: {}",
        answer.text
    );
}
