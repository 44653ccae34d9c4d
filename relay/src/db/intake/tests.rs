use super::*;
use crate::clock::SystemClock;
use crate::limit::Lane;
use crate::proof::Table;
use crate::proof::covers;
use crate::random::SystemRandom;
use crate::seal::MasterSource;
use crate::secrets::Secrets;
use crate::{Db, Parts};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

/// An app on a fresh SQLite database with one school and one device.
async fn app(folder: &std::path::Path) -> Arc<App> {
    let db = Db::sqlite(&folder.join("lapwing.db")).await.unwrap();
    let random = SystemRandom::default();
    let parts = Parts {
        db,
        clock: Arc::new(SystemClock),
        secrets: Secrets::open(folder, &random).unwrap(),
        random: Arc::new(random),
        master: MasterSource::in_folder(folder),
        public_url: "https://relay.school.example/".parse().unwrap(),
        extension: None,
        intranet_lists: Vec::new(),
    };
    let app = App::new(parts).unwrap();
    let mut tx = app.db.begin().await.unwrap();
    for row in [
        "insert into school (id, name, enrolment_key, created_at) values ('oak', 'Oak Park School', 'k', 1)",
        "insert into device (id, school_id, public_key, label, enrolled_at, last_seen_at) \
         values ('d', 'oak', 'p', 'LIB-04', 1, 1)",
    ] {
        sqlx::query(row).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    app
}

fn alert(changes: &serde_json::Value) -> Alert {
    let mut alert = json!({
        "id": uuid::Uuid::new_v4().to_string(), "occurred_at": 1, "source": "typed", "surface": "chat",
        "category": "bullying", "severity": "medium", "action": "note", "url": "https://chat.example/room",
        "excerpt": { "text": "everyone hates you", "marks": [[0, 8]] }, "account": "pupil@oak.example",
        "reasons": [{ "category": "bullying", "severity": "medium", "rule": "r", "why": "w", "context": [] }],
        "policy_version": "p1", "lists_version": "l1",
    });
    for (key, value) in changes.as_object().unwrap() {
        alert[key] = value.clone();
    }
    serde_json::from_value(alert).unwrap()
}

async fn arrival(app: &App, alerts: Vec<Alert>) -> Arrival {
    let vault = app.vault("oak").await.unwrap();
    let alerts = alerts.into_iter().map(|alert| Ready::new(&vault, alert).unwrap()).collect();
    Arrival {
        school_id: "oak".into(),
        device_id: "d".into(),
        now: 5,
        news: Some(News::HeardOf),
        vault,
        alerts,
    }
}

#[tokio::test]
async fn the_chain_vouches_for_each_row_as_it_stands_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    let plain = alert(&json!({}));
    let bare = alert(&json!({ "surface": null, "excerpt": null, "account": null, "url": "" }));
    let staged = alert(&json!({ "category": "suicide", "severity": "critical", "stage": "active" }));
    app.writer.keep(arrival(&app, vec![plain, bare, staged]).await, Lane::Bulk).await.unwrap();
    let row = sqlx::query("select covers from audit_event where action = 'receive'");
    let stored: Vec<u8> = row.fetch_one(app.db.read()).await.unwrap().try_get(0).unwrap();
    let covers = covers::decode(&stored).unwrap();
    assert_eq!(covers.len(), 3);
    for cover in covers {
        let sql = format!(
            "select {} from alert where school_id = 'oak' and id = $1",
            crate::db::linking::columns(Table::ALERT)
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(cover.id).fetch_one(app.db.read()).await.unwrap();
        assert_eq!(crate::db::linking::row_digest(&row, cover.table).unwrap(), cover.digest);
    }
}

#[tokio::test]
async fn a_theme_whose_last_alert_is_a_day_old_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    let at = async |now: i64| {
        let arrival = Arrival { now, ..arrival(&app, vec![alert(&json!({})), alert(&json!({}))]).await };
        app.writer.keep(arrival, Lane::Bulk).await.unwrap();
        let count = sqlx::query("select count(*), sum(alerts), max(last_at) from episode");
        let row = count.fetch_one(app.db.read()).await.unwrap();
        let number = |index: usize| row.try_get::<i64, _>(index).unwrap();
        (number(0), number(1), number(2))
    };
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    assert_eq!(at(1_000).await, (1, 2, 1_000));
    assert_eq!(at(1_000 + DAY).await, (1, 4, 1_000 + DAY));
    assert_eq!(at(500).await, (1, 6, 1_000 + DAY), "what waited longer does not turn the clock back");
    assert_eq!(at(2_001 + 2 * DAY).await, (2, 8, 2_001 + 2 * DAY));
}

#[tokio::test]
async fn an_episode_whose_key_is_gone_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    app.writer.keep(arrival(&app, vec![alert(&json!({}))]).await, Lane::Bulk).await.unwrap();
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("delete from record_key").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let kept = app.writer.keep(arrival(&app, vec![alert(&json!({}))]).await, Lane::Bulk).await.unwrap();
    assert_eq!(kept.new, 1, "the alert must be kept all the same");
    let row =
        sqlx::query("select count(*) from episode where alerts = 1").fetch_one(app.db.read()).await.unwrap();
    assert_eq!(row.try_get::<i64, _>(0).unwrap(), 2);
}

/// Status, alerts, severity, rank, stage, first and last alert of each episode, in the order of their beginning.
async fn episodes(app: &App) -> Vec<String> {
    let rows =
        sqlx::query("select * from episode order by first_at, id").fetch_all(app.db.read()).await.unwrap();
    let text = |row: &AnyRow, column| row.try_get::<Option<String>, _>(column).unwrap().unwrap_or("-".into());
    let number = |row: &AnyRow, column| row.try_get::<i64, _>(column).unwrap();
    rows.iter()
        .map(|row| {
            let (status, severity, stage) = (text(row, "status"), text(row, "severity"), text(row, "stage"));
            let (alerts, rank) = (number(row, "alerts"), number(row, "rank"));
            let (first, last) = (number(row, "first_at"), number(row, "last_at"));
            format!("{status}: {alerts}, {severity} {rank} {stage}, {first} to {last}")
        })
        .collect()
}

#[tokio::test]
async fn an_episode_is_as_grave_as_its_gravest_alert_and_one_that_was_closed_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    let bring = async |now: i64, severity: &str, stage: Option<&str>| {
        let changes = json!({ "category": "suicide", "severity": severity, "stage": stage });
        let arrival = Arrival { now, ..arrival(&app, vec![alert(&changes)]).await };
        assert_eq!(app.writer.keep(arrival, Lane::Bulk).await.unwrap().new, 1);
    };
    bring(10, "medium", None).await;
    assert_eq!(episodes(&app).await, ["new: 1, medium 2 -, 10 to 10"]);
    bring(12, "low", Some("help_seeking")).await;
    assert_eq!(episodes(&app).await, ["new: 2, medium 2 help_seeking, 10 to 12"]);
    bring(11, "critical", Some("research")).await;
    assert_eq!(episodes(&app).await, ["new: 3, critical 4 help_seeking, 10 to 12"]);
    bring(9, "high", Some("active")).await;
    assert_eq!(episodes(&app).await, ["new: 4, critical 4 active, 9 to 12"]);

    // The episode is remembered, and the database knows better.
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("update episode set status = 'dismissed'").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    bring(13, "low", None).await;
    bring(14, "low", None).await;
    assert_eq!(
        episodes(&app).await,
        ["dismissed: 4, critical 4 active, 9 to 12", "new: 2, low 1 -, 13 to 14"]
    );
}

#[tokio::test]
async fn where_several_relays_write_a_group_is_remembered_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    app.writer.keep(arrival(&app, vec![alert(&json!({}))]).await, Lane::Bulk).await.unwrap();
    let group = arrival(&app, vec![alert(&json!({})), alert(&json!({ "category": "suicide" }))]).await;
    let strange = |alerts: &[Ready], is_shared| {
        let items: Vec<Item<'_>> = alerts.iter().map(|ready| (&group, ready)).collect();
        Expected::new(&items, Some(&app.episodes), is_shared).strange_devices().count()
    };
    assert_eq!(strange(&group.alerts, false), 1, "one has to be looked for");
    assert_eq!(strange(&group.alerts, true), 2, "so both are, in their order");
    assert_eq!(strange(&group.alerts[..1], true), 0);
}

#[tokio::test]
async fn a_transaction_that_was_undone_leaves_nothing_that_anybody_joins() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    let undone = arrival(&app, vec![alert(&json!({}))]).await;
    let mut tx = app.db.begin_intake().await.unwrap();
    assert!(keep(&mut tx, &app, &[&undone], Some(&app.episodes)).await.unwrap().is_some());
    drop(tx);
    let arrival = arrival(&app, vec![alert(&json!({}))]).await;
    assert_eq!(app.writer.keep(arrival, Lane::Bulk).await.unwrap().new, 1);
    assert_eq!(episodes(&app).await, ["new: 1, medium 2 -, 5 to 5"]);
}

#[tokio::test]
async fn alerts_are_their_own_keys_and_a_backup_of_the_other_engine_may_bring_them_too() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    app.writer
        .keep(arrival(&app, vec![alert(&json!({})), alert(&json!({}))]).await, Lane::Bulk)
        .await
        .unwrap();
    let keys = async || {
        let count =
            sqlx::query("select count(*) from alert_key k join alert a using (school_id, id, received_at)");
        count.fetch_one(app.db.read()).await.unwrap().try_get::<i64, _>(0).unwrap()
    };
    assert_eq!(keys().await, 2);
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("insert into alert_key select * from alert_key").execute(&mut *tx).await.unwrap();
    let tables = crate::db::catalogue::tables(&mut tx).await.unwrap();
    drop(tx);
    assert_eq!(keys().await, 2);
    let key = tables.iter().find(|table| table.name == "alert_key").map(|table| table.key.clone());
    assert_eq!(key.unwrap(), ["school_id", "id"]);
}

#[tokio::test]
async fn what_waited_longer_than_a_change_of_keys_hangs_from_no_key_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    let one = alert(&json!({}));
    let late = arrival(&app, vec![one.clone()]).await;
    crate::seal::rotate_school(&app, "oak", async |_| {}).await.unwrap();
    let answer = app.writer.keep(late, Lane::Bulk).await;
    assert!(matches!(answer, Err(Error::Busy(_))), "{answer:?}");
    // The device sends it again, and it can be opened.
    let again = arrival(&app, vec![one]).await;
    assert_eq!(app.writer.keep(again, Lane::Bulk).await.unwrap().new, 1);
    let row = sqlx::query(
        "select count(*) from record_key r join sealing_key k on k.id = r.under where k.wrapped is not null",
    );
    assert_eq!(row.fetch_one(app.db.read()).await.unwrap().try_get::<i64, _>(0).unwrap(), 1);

    // Should one ever have got through, it keeps no later change of keys from its end.
    let stray = "insert into record_key (school_id, object_kind, object_id, under, wrapped) select school_id, 'episode', 'x', id, \
                 wrapped_by from (select school_id, id, x'00' as wrapped_by from sealing_key where wrapped is null) limit 1";
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query(stray).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    crate::seal::rotate_school(&app, "oak", async |_| {}).await.unwrap();
}
