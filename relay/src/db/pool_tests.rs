//! How a change on SQLite ends, and what the next one finds.

use super::*;

const ADD: &str = "insert into chain_head (school_id, seq, hash) values ($1, 1, randomblob(32))";

async fn opened() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::sqlite(&folder.path().join("lapwing.db")).await.unwrap();
    (folder, db)
}

async fn add(db: &Db, school: &'static str) -> Tx {
    let mut tx = db.begin().await.unwrap();
    sqlx::query(ADD).bind(school).execute(&mut *tx).await.unwrap();
    tx
}

async fn count(db: &Db) -> i64 {
    sqlx::query_scalar("select count(*) from chain_head").fetch_one(db.read()).await.unwrap()
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_any_longer_goes_on_and_leaves_no_doubt() {
    let (_folder, db) = opened().await;
    let mut commit = Box::pin(add(&db, "oak").await.commit());
    tokio::select! {
        biased;
        _ = &mut commit => panic!("a commit takes longer than one look at it"),
        () = std::future::ready(()) => {}
    }
    drop(commit);
    let turn = db.turns.next().await.unwrap();
    assert!(!turn.is_doubtful());
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn after_a_doubtful_commit_the_database_is_opened_again_and_goes_on() {
    let (_folder, db) = opened().await;
    add(&db, "oak").await.commit().await.unwrap();
    db.turns.next().await.unwrap().is_in_doubt();
    add(&db, "ash").await.commit().await.unwrap();
    assert!(!db.turns.next().await.unwrap().is_doubtful());
    assert_eq!(count(&db).await, 2);
}

#[tokio::test]
async fn a_change_that_is_dropped_is_undone_and_leaves_no_doubt() {
    let (_folder, db) = opened().await;
    drop(add(&db, "oak").await);
    assert!(!db.turns.next().await.unwrap().is_doubtful());
    add(&db, "oak").await.commit().await.unwrap();
    assert_eq!(count(&db).await, 1);
}
