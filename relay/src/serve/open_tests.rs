use super::*;
use crate::config::{Connections, Tls};
use crate::db::schools;

#[tokio::test]
async fn a_relay_that_lost_its_master_key_does_not_begin_with_another() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        data: folder.path().to_path_buf(),
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: None,
        tls: Tls::Own,
        database: None,
        master: None,
        anchors: None,
        metrics: None,
        connections: Connections { total: 100, each_address: 50 },
        min_free: 0,
        intranet_lists: Vec::new(),
    };
    let begin = async || open(&config, config.listen).await;
    let app = begin().await.unwrap();
    app.add_school("Oak Park School", None).await.unwrap();
    let school = schools::ids(app.db.read()).await.unwrap().remove(0);
    app.vault(&school).await.unwrap();
    app.db.close().await;
    let (key, apart) = (folder.path().join("master.key"), folder.path().join("kept-apart"));
    std::fs::rename(&key, &apart).unwrap();
    let error = format!("{:#}", begin().await.err().expect("it began"));
    assert!(error.contains("restore it") && error.contains("master.key"), "{error}");
    assert!(!key.exists(), "another key was made");
    std::fs::rename(&apart, &key).unwrap();
    begin().await.unwrap();
}
