//! A store of the version before is brought up to date without losing what it knows.

use super::super::connect_to_new;
use super::*;
use sqlx::AssertSqlSafe;
use sqlx::Row as _;
use std::time::Instant;

/// A store on SQLite with `alerts` alerts, as the schema `version` keeps them. What they belong to is left out.
async fn store(folder: &std::path::Path, version: i64, alerts: i64) -> AnyConnection {
    let mut db = connect_to_new(&folder.join("lapwing.db")).await.unwrap();
    migrate(&mut db, Some(version)).await.unwrap();
    sqlx::query("pragma foreign_keys = off").execute(&mut db).await.unwrap();
    let numbers = "with recursive n (n) as (select 1 union all select n + 1 from n where n < $1)";
    // Ids by chance, as devices make them.
    let ids = "create temp table id as ";
    let sql = format!("{ids}{numbers} select n, lower(hex(randomblob(16))) as id from n");
    sqlx::query(AssertSqlSafe(sql)).bind(alerts).execute(&mut db).await.unwrap();
    for sql in [
        "insert into alert_key select 'oak', id, n from id",
        "insert into alert select 'oak', id, 'device', 'episode', n, n, 'typed', 'chat', 'suicide', 'high', null, 'note', \
         zeroblob(300), '[]', 'p1', 'l1' from id",
    ] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    db
}

async fn number(db: &mut AnyConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(db).await.unwrap().try_get(0).unwrap()
}

#[tokio::test]
async fn every_alert_of_an_older_store_is_known_after_the_upgrade() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = store(folder.path(), 7, 50).await;
    migrate(&mut db, None).await.unwrap();
    let known = "select count(*) from alert_key k join id i on i.id = k.id and i.n = k.received_at where k.school_id = 'oak'";
    assert_eq!(number(&mut db, known).await, 50);
    assert_eq!(
        number(&mut db, "select count(*) from sqlite_schema where name = 'alert_key' and type = 'view'")
            .await,
        1
    );
    // The relay of the version before still claims keys there until it has stopped.
    sqlx::query("insert into alert_key values ('oak', 'late', 1)").execute(&mut db).await.unwrap();
    assert_eq!(number(&mut db, "select count(*) from alert_key").await, 50);
}

/// `cargo test --release -p lapwing-relay --lib -- --ignored --nocapture upgrade_of_a_large_store` prints a time.
#[tokio::test]
#[ignore = "a measurement of a minute, not a test"]
async fn upgrade_of_a_large_store() {
    const ALERTS: i64 = 2_500_000;
    let folder = tempfile::tempdir().unwrap();
    let mut db = store(folder.path(), 7, ALERTS).await;
    for pragma in ["pragma journal_mode = wal", "pragma synchronous = full", "pragma secure_delete = on"] {
        sqlx::query(pragma).execute(&mut db).await.unwrap();
    }
    let started = Instant::now();
    migrate(&mut db, None).await.unwrap();
    eprintln!("{ALERTS} alerts: from schema 7 to the newest in {:.1} s", started.elapsed().as_secs_f64());
}
