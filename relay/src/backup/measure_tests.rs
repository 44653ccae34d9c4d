//! A measurement, not a test: how long a backup and a restore of a million alerts take, and how much memory.
//!
//!     cargo test --release -p lapwing-relay --lib -- --ignored --nocapture a_million_alerts

use super::{Target, back_up, restore};
use crate::app::{App, Parts};
use crate::clock::SystemClock;
use crate::db::catalogue::{self, Column, Table};
use crate::db::dump::Value;
use crate::db::scope::{Scope, within};
use crate::db::{Db, Tx, audit, load};
use crate::proof::Table as Vouched;
use crate::proof::covers::{self, Cover};
use crate::random::{self, SystemRandom};
use crate::seal::{Key, MasterSource};
use crate::secrets::Secrets;
use std::sync::Arc;
use std::time::Instant;

const ALERTS: usize = 1_000_000;
/// Alerts in a transaction, and with it in an audit event: what intake takes together when it is busy.
const GROUP: usize = 500;
/// Alerts in an episode.
const EPISODE: usize = 20;

/// A table, and rows that wait to be put into it.
struct Filling {
    table: Table,
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

impl Filling {
    fn new(all: &[Table], name: &str, columns: &[&str]) -> Self {
        let table = all.iter().find(|table| table.name == name).unwrap().clone();
        let columns =
            columns.iter().map(|&name| Column { name: name.into(), kind: table.kind(name).unwrap() });
        Self { columns: columns.collect(), table, rows: Vec::new() }
    }

    async fn flush(&mut self, tx: &mut Tx) {
        for rows in std::mem::take(&mut self.rows).chunks(load::TOGETHER) {
            load::insert(tx, &self.table, &self.columns, rows.to_vec()).await.unwrap();
        }
    }
}

fn text(value: impl Into<String>) -> Value {
    Value::Text(value.into())
}

async fn fill(app: &App, school: &str) {
    let all = catalogue::tables(&mut app.db.snapshot().await.unwrap()).await.unwrap();
    let now = app.now();
    let mut device = Filling::new(
        &all,
        "device",
        &["id", "school_id", "public_key", "label", "enrolled_at", "last_seen_at"],
    );
    let mut episode = Filling::new(
        &all,
        "episode",
        &[
            "id",
            "school_id",
            "device_id",
            "sealed",
            "category",
            "severity",
            "rank",
            "first_at",
            "last_at",
            "alerts",
            "status",
        ],
    );
    let mut way =
        Filling::new(&all, "record_key", &["school_id", "object_kind", "object_id", "under", "wrapped"]);
    let mut key = Filling::new(&all, "alert_key", &["school_id", "id", "received_at"]);
    let names: Vec<&str> = Vouched::ALERT.columns.iter().map(|column| column.name()).collect();
    let mut alert = Filling::new(&all, "alert", &[&["school_id"], names.as_slice()].concat());

    let vault = app.vault(school).await.unwrap();
    let random = app.random.as_ref();
    let words = Key::new(random).unwrap();
    device.rows.push(vec![
        text("d1"),
        text(school),
        text("key"),
        text("LIB-04"),
        Value::Number(now),
        Value::Number(now),
    ]);
    let mut current = String::new();
    for group in 0..ALERTS / GROUP {
        let mut tx = app.db.begin().await.unwrap();
        let mut vouched = Vec::with_capacity(GROUP);
        for number in 0..GROUP {
            let at = now - i64::try_from(ALERTS - group * GROUP - number).unwrap() * 1_000;
            if number % EPISODE == 0 {
                current = app.new_id().unwrap();
                let sealed = words.seal(random, "episode", b"a.khan@oak.example").unwrap();
                let category = [text("bullying"), text("medium")];
                let [category, severity] = category;
                episode.rows.push(vec![
                    text(&*current),
                    text(school),
                    text("d1"),
                    Value::Bytes(sealed.clone()),
                    category,
                    severity,
                    Value::Number(2),
                    Value::Number(at),
                    Value::Number(at),
                    Value::Number(20),
                    text("new"),
                ]);
                way.rows.push(vec![
                    text(school),
                    text("episode"),
                    text(&*current),
                    text(vault.current()),
                    Value::Bytes(sealed),
                ]);
            }
            let id = app.new_id().unwrap();
            // As long as what a chat leaves: an address, two sentences, marks, an account.
            let sealed = words.seal(random, "alert", &random::bytes::<330>(random).unwrap()).unwrap();
            let reasons = "[{\"category\":\"bullying\",\"severity\":\"medium\",\"rule\":\"bullying.nobody-likes-you\",\
                           \"why\":\"A cruel message to another pupil.\",\"context\":[\"It speaks to somebody.\"]}]";
            let row: Vec<Value> = Vouched::ALERT
                .columns
                .iter()
                .map(|column| match column.name() {
                    "id" => text(&*id),
                    "device_id" => text("d1"),
                    "episode_id" => text(&*current),
                    "occurred_at" | "received_at" => Value::Number(at),
                    "source" => text("typed"),
                    "surface" => text("chat"),
                    "category" => text("bullying"),
                    "severity" => text("medium"),
                    "action" => text("note"),
                    "sealed" => Value::Bytes(sealed.clone()),
                    "reasons" => text(reasons),
                    "policy_version" | "lists_version" => text("2026-11-24"),
                    _ => Value::Null,
                })
                .collect();
            let values: Vec<covers::Value<'_>> = row
                .iter()
                .map(|value| match value {
                    Value::Null => covers::Value::Null,
                    Value::Text(text) => covers::Value::Text(text),
                    Value::Number(number) => covers::Value::Number(*number),
                    Value::Bytes(bytes) => covers::Value::Bytes(bytes),
                })
                .collect();
            let digest = covers::digest(Vouched::ALERT, &values);
            vouched.push(Cover { table: Vouched::ALERT, id: id.clone(), digest });
            alert.rows.push([vec![text(school)], row].concat());
            key.rows.push(vec![text(school), text(id), Value::Number(at)]);
        }
        for filling in [&mut device, &mut episode, &mut way, &mut key, &mut alert] {
            filling.flush(&mut tx).await;
        }
        tx.wrote_all(school, vouched);
        let event = audit::Event {
            school_id: Some(school),
            account_id: None,
            action: "receive",
            object_kind: "alert",
            object_id: &current,
            detail: serde_json::Value::Null,
        };
        tx.note(&event, now);
        tx.commit().await.unwrap();
    }
}

/// The most memory that this process ever had, megabytes.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement of some minutes"]
async fn a_million_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let random = SystemRandom::default();
    let app = App::new(Parts {
        db: Db::sqlite(&folder.path().join("lapwing.db")).await.unwrap(),
        clock: Arc::new(SystemClock),
        secrets: Secrets::open(folder.path(), &random).unwrap(),
        random: Arc::new(random),
        master: MasterSource::in_folder(folder.path()),
        public_url: "https://relay.school.example/".parse().unwrap(),
        extension: None,
        intranet_lists: Vec::new(),
    })
    .unwrap();
    within(Scope::Relay, async {
        let school = crate::db::schools::School {
            id: "s1".into(),
            name: "Oak Park School".into(),
            hours: String::new(),
            enrolment_key: "key".into(),
        };
        let mut tx = app.db.begin().await.unwrap();
        crate::db::schools::insert(&mut tx, &school, app.now()).await.unwrap();
        let event = audit::Event {
            school_id: Some("s1"),
            account_id: None,
            action: "create",
            object_kind: "school",
            object_id: "s1",
            detail: serde_json::Value::Null,
        };
        tx.note(&event, app.now());
        tx.commit().await.unwrap();
        fill(&app, "s1").await;
    })
    .await;
    let (data, keys) = (folder.path().join("a.data"), folder.path().join("a.keys"));
    let megabytes = |path: &std::path::Path| std::fs::metadata(path).unwrap().len() / 1_000_000;
    println!("database: {} MB", megabytes(&folder.path().join("lapwing.db")));

    let (began, before) = (Instant::now(), most_memory());
    back_up(&app, folder.path(), (&data, &keys), None).await.unwrap();
    println!(
        "backup: {:.1} s; {} MB and {} MB; memory {} MB, {before} before",
        began.elapsed().as_secs_f64(),
        megabytes(&data),
        megabytes(&keys),
        most_memory()
    );
    let master = app.vaults.master();
    let mut targets = vec![None];
    targets.extend(std::env::var("LAPWING_MEASURE_POSTGRES").ok().map(Some));
    for url in targets {
        let there = tempfile::tempdir().unwrap();
        let file = there.path().join("lapwing.db");
        let url = url.map(|url| url.parse().unwrap());
        let target = url.as_ref().map_or(Target::Sqlite(&file), Target::Postgres);
        let began = Instant::now();
        let restored = restore((&data, &keys), &master, target, there.path(), app.now()).await.unwrap();
        assert_eq!(restored.findings.faults, []);
        assert_eq!(restored.data.tables["alert"], ALERTS as u64);
        println!(
            "restore into {}, with its proof: {:.1} s; memory {} MB",
            if url.is_some() { "PostgreSQL" } else { "SQLite" },
            began.elapsed().as_secs_f64(),
            most_memory()
        );
    }
}
