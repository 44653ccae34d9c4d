use super::*;
use crate::config::{Connections, Tls};
use crate::db::Db;
use std::path::Path;

fn config(data: &Path) -> Config {
    Config {
        data: data.to_path_buf(),
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: None,
        tls: Tls::Own,
        database: None,
        master: None,
        anchors: None,
        metrics: None,
        connections: Connections { total: 1_000, each_address: 500 },
        min_free: 1_000_000,
        intranet_lists: Vec::new(),
    }
}

async fn said(config: &Config) -> (String, bool) {
    let mut out = Vec::new();
    let well = doctor(config, 10, &mut out).await.unwrap();
    (String::from_utf8(out).unwrap(), well)
}

#[tokio::test]
async fn a_relay_that_was_never_started_is_well_and_stays_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (text, well) = said(&config(&data)).await;
    assert!(well, "{text}");
    assert!(text.contains("there is none yet"), "{text}");
    assert!(!data.exists(), "the doctor makes nothing");
}

#[tokio::test]
async fn a_database_is_looked_at_from_top_to_bottom() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let db = Db::sqlite(&folder.path().join("lapwing.db")).await.unwrap();
    let (text, well) = said(&config).await;
    assert!(well, "{text}");
    for line in [
        "ok    database: SQLite 3.",
        "journal_mode is wal",
        "synchronous is 2",
        "ok    writing",
        "ok    audit trail",
    ] {
        assert!(text.contains(line), "{line} is missing from:\n{text}");
    }
    // A head that no event stands behind: somebody deleted the last event.
    let mut tx = db.begin().await.unwrap();
    sqlx::query("insert into chain_head (school_id, seq, hash) values ('oak', 3, $1)")
        .bind(vec![1_u8])
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let (text, well) = said(&config).await;
    assert!(!well, "{text}");
    assert!(text.contains("BAD   audit trail") && text.contains("mend: stop, keep a copy"), "{text}");
    db.close().await;
    std::fs::write(folder.path().join("lapwing.db"), "not a database, but long enough to be looked at")
        .unwrap();
    let (text, well) = said(&config).await;
    assert!(!well && text.contains("BAD   database"), "{text}");
}

#[tokio::test]
async fn a_start_is_refused_with_how_to_mend_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = before_start(&config(&file)).unwrap_err().to_string();
    assert!(error.contains("is not a folder") && error.contains("--data"), "{error}");
    assert!(before_start(&config(folder.path())).is_ok());
}
