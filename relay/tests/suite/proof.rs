//! Proof: whatever somebody does to the record behind the relay's back, verification finds it and names it. The person at
//! work here owns the database: the triggers that keep rows from being changed are taken away first.

use super::lessons;
use crate::school::{NOW, School, Seen, Told, id};
use lapwing_relay::proof::anchor::{self, Anchor};
use lapwing_relay::proof::verify::{Fault, Findings, What, verify};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use std::path::PathBuf;

/// What rows are vouched for, and in which columns. Written down once more, so that none is forgotten by accident.
const VOUCHED: [(&str, &[&str], &[&str]); 10] = [
    (
        "alert",
        &["device_id", "episode_id", "source", "category", "severity", "action", "reasons", "policy_version"],
        &["occurred_at", "received_at"],
    ),
    ("pupil_report", &["identity", "about", "receipt_hash"], &["written_at", "received_at"]),
    ("message", &["voice", "report_id"], &["at"]),
    ("concern", &["source", "reporter_id", "occurred_precision"], &["number", "told_dsl", "recorded_at"]),
    ("involvement", &["concern_id", "person_id", "role"], &[]),
    ("evidence", &["concern_id", "kind", "object_id"], &[]),
    ("entry", &["concern_id", "kind", "author_id"], &["at"]),
    ("person", &["kind", "name_hash", "year_group"], &["created_at"]),
    ("lesson", &["topics", "years", "announced_by"], &["until", "announced_at"]),
    ("audit_event", &["action", "object_kind", "object_id", "detail"], &["at"]),
];

/// Tables with words under seal.
const SEALED: [&str; 7] = ["alert", "pupil_report", "message", "concern", "entry", "person", "lesson"];

/// A school with a bit of everything in it, and its anchors.
async fn lived_in() -> (School, Vec<Anchor>) {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let device = school.device("LIB-04").await;
    let (mut episode, mut report) = (String::new(), String::new());
    for category in ["bullying", "suicide", "drugs_alcohol"] {
        (episode, _) = school.episode(&device, &Seen { category, ..Seen::default() }).await;
        report = school.report(&Told::default()).await;
    }
    let reply = [("id", id()), ("text", "Come and see me at break.".into())];
    let reply: Vec<_> = reply.iter().map(|(name, value)| (*name, value.as_str())).collect();
    school.post(&dsl, &format!("/reports/{report}/reply"), &reply).await;
    for from in ["", episode.as_str()] {
        let concern = id();
        let fields = [
            ("id", concern.as_str()),
            ("episode", from),
            ("person_name", "Amira Khan"),
            ("person_year", "Year 9"),
            ("person_role", "subject"),
            ("occurred_precision", "unknown"),
            ("seen_heard", "A bruise on her arm."),
            ("told_dsl", "yes"),
        ];
        let page = school.post(&dsl, "/concerns/new", &fields).await;
        assert_eq!(page.status.as_u16(), 303, "{}", page.html);
        let note = [("id", id()), ("note", "Rang home.".into())];
        let note: Vec<_> = note.iter().map(|(name, value)| (*name, value.as_str())).collect();
        school.post(&dsl, &format!("/concerns/{concern}/note"), &note).await;
        school.get(&dsl, &format!("/concerns/{concern}")).await.has("A bruise");
    }
    lessons::announce(&school, &dsl, &[]).await;
    let anchors = anchored(&school).await;
    (school, anchors)
}

async fn anchored(school: &School) -> Vec<Anchor> {
    let folder = anchors_folder(school);
    school.app.drop_anchors(school.database.folder.path(), &folder).await.unwrap();
    anchor::read(&folder, None).unwrap()
}

fn anchors_folder(school: &School) -> PathBuf {
    school.database.folder.path().join("anchors")
}

async fn take_triggers_away(db: &mut AnyConnection) {
    let sqlite = "select name, tbl_name as tab from sqlite_master where type = 'trigger'";
    let postgres = "select t.tgname::text as name, c.relname::text as tab from pg_trigger t join pg_class c on c.oid = t.tgrelid \
                    where not t.tgisinternal and t.tgparentid = 0";
    let is_postgres = db.backend_name() == "PostgreSQL";
    let rows = sqlx::query(if is_postgres { postgres } else { sqlite }).fetch_all(&mut *db).await.unwrap();
    assert!(rows.len() > 15, "the triggers are gone already");
    for row in rows {
        let (name, table): (String, String) = (row.get("name"), row.get("tab"));
        let sql = if is_postgres {
            format!("drop trigger {name} on {table}")
        } else {
            format!("drop trigger {name}")
        };
        run(db, &sql).await;
    }
}

async fn run(db: &mut AnyConnection, sql: &str) -> u64 {
    sqlx::query(AssertSqlSafe(sql.to_owned()))
        .execute(db)
        .await
        .unwrap_or_else(|e| panic!("{sql}: {e}"))
        .rows_affected()
}

async fn texts(db: &mut AnyConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(db).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// What was found, but for the account that the test itself slipped in past the relay: which is found, too.
fn told(findings: &Findings) -> String {
    let slipped_in = |fault: &&Fault| matches!(fault.what, What::RowUnknown("account", _));
    assert!(findings.faults.iter().filter(slipped_in).count() <= 1, "{findings:?}");
    findings.faults.iter().filter(|fault| !slipped_in(fault)).map(|fault| format!("{fault}\n")).collect()
}

/// How the row is found again: events by number, others by id.
fn key(table: &str) -> &'static str {
    if table == "audit_event" { "cast(seq as text)" } else { "id" }
}

#[tokio::test]
async fn an_untouched_record_is_as_it_was_written() {
    let (school, anchors) = lived_in().await;
    let mut db = school.database.pool.acquire().await.unwrap();
    let findings = verify(&mut db, &anchors).await.unwrap();
    assert_eq!(told(&findings), "");
    assert_eq!(findings.faults.len(), 1, "an account that nobody gave is found: {findings:?}");
    assert!(findings.links > 15 && findings.rows > 10 && findings.anchors >= 1, "{findings:?}");
}

#[tokio::test]
async fn every_change_of_every_column_of_every_row_is_found_and_named() {
    let (school, anchors) = lived_in().await;
    let mut connection = school.database.pool.acquire().await.unwrap();
    let (mut tried, mut found) = (0, 0);
    for (table, words, numbers) in VOUCHED {
        let ids =
            texts(&mut connection, &format!("select {} from {table} where school_id <> ''", key(table)))
                .await;
        assert!(!ids.is_empty(), "no {table}");
        let changes = words.iter().map(|column| format!("{column} = {column} || 'x'"));
        let changes = changes.chain(numbers.iter().map(|column| format!("{column} = {column} + 100")));
        let bytes = if SEALED.contains(&table) { "sealed" } else { "hash" };
        let bytes = ["audit_event"]
            .iter()
            .chain(&SEALED)
            .any(|with| *with == table)
            .then(|| format!("{bytes} = {bytes} || {bytes}"));
        // Every column of the first and the last row, and every row in one column.
        for (at, change) in changes.chain(bytes).enumerate() {
            for (row, id) in ids.iter().enumerate() {
                if at > 0 && row != 0 && row + 1 != ids.len() {
                    continue;
                }
                let mut db = connection.begin().await.unwrap();
                take_triggers_away(&mut db).await;
                without_checks(&mut db).await;
                let sql =
                    format!("update {table} set {change} where {} = '{id}' and school_id <> ''", key(table));
                assert_eq!(run(&mut db, &sql).await, 1, "{sql}");
                let findings = verify(&mut db, &anchors).await.unwrap();
                tried += 1;
                let named = if table == "audit_event" {
                    format!("event {id}")
                } else {
                    format!("{table} {id} was changed")
                };
                assert!(told(&findings).contains(&named), "{sql}\n{}", told(&findings));
                found += 1;
                db.rollback().await.unwrap();
            }
        }
    }
    assert!(tried > 100 && found == tried, "{found} of {tried}");
}

/// Rules of the schema that would refuse a nonsensical value before verification sees it.
async fn without_checks(db: &mut AnyConnection) {
    if db.backend_name() == "PostgreSQL" {
        let sql = "select conrelid::regclass::text || ' drop constraint ' || conname::text from pg_constraint \
                   where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'u') and conparentid = 0 and conislocal order by contype desc";
        for drop in texts(db, sql).await {
            run(db, &format!("alter table {drop}")).await;
        }
    } else {
        run(db, "pragma ignore_check_constraints = on").await;
        run(db, "pragma defer_foreign_keys = on").await;
    }
}

#[tokio::test]
async fn every_deletion_is_found_and_named() {
    let (school, anchors) = lived_in().await;
    let mut connection = school.database.pool.acquire().await.unwrap();
    for (table, ..) in VOUCHED {
        for id in
            texts(&mut connection, &format!("select {} from {table} where school_id <> ''", key(table))).await
        {
            let mut db = connection.begin().await.unwrap();
            take_triggers_away(&mut db).await;
            without_checks(&mut db).await;
            let sql = format!("delete from {table} where {} = '{id}' and school_id <> ''", key(table));
            assert_eq!(run(&mut db, &sql).await, 1);
            let findings = verify(&mut db, &anchors).await.unwrap();
            let named = if table == "audit_event" {
                format!("event {id}: ")
            } else {
                format!("{table} {id} is missing")
            };
            assert!(told(&findings).contains(&named), "{sql}\n{}", told(&findings));
            db.rollback().await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_was_put_in_is_found_and_named() {
    let (school, anchors) = lived_in().await;
    let mut connection = school.database.pool.acquire().await.unwrap();
    let copies = [
        ("entry", "id, school_id, concern_id, kind, sealed, author_id, at"),
        ("message", "id, school_id, report_id, voice, account_id, sealed, at"),
        ("evidence", "id, school_id, concern_id, kind, object_id"),
        ("involvement", "id, school_id, concern_id, person_id, role"),
        ("person", "id, school_id, kind, name_hash, sealed, year_group, created_at"),
        (
            "alert",
            "id, school_id, device_id, episode_id, occurred_at, received_at, source, surface, category, severity, \
          stage, action, sealed, reasons, policy_version, lists_version",
        ),
    ];
    for (table, columns) in copies {
        let mut db = connection.begin().await.unwrap();
        let forged = id();
        let values = columns.replacen("id", &format!("'{forged}'"), 1);
        let sql = format!("insert into {table} ({columns}) select {values} from {table} order by id limit 1");
        assert_eq!(run(&mut db, &sql).await, 1);
        let findings = verify(&mut db, &anchors).await.unwrap();
        assert!(
            told(&findings).contains(&format!("{table} {forged} was not written by the relay")),
            "{}",
            told(&findings)
        );
        db.rollback().await.unwrap();
    }
    let mut db = connection.begin().await.unwrap();
    let columns = "school_id, seq, at, account_id, action, object_kind, object_id, detail, covers, hash";
    let values = columns.replacen("seq", "seq + 1000", 1);
    let sql = format!(
        "insert into audit_event ({columns}) select {values} from audit_event where school_id <> '' and seq = 2"
    );
    assert_eq!(run(&mut db, &sql).await, 1);
    let findings = verify(&mut db, &anchors).await.unwrap();
    assert!(told(&findings).contains(": the event is missing"), "an event at the end: {}", told(&findings));
}

#[tokio::test]
async fn events_out_of_order_and_chains_cut_short_are_found() {
    let (school, anchors) = lived_in().await;
    let mut connection = school.database.pool.acquire().await.unwrap();
    let last: i64 = sqlx::query("select max(seq) from audit_event where school_id <> ''")
        .fetch_one(&mut *connection)
        .await
        .unwrap()
        .get(0);
    for seq in 1..last {
        let mut db = connection.begin().await.unwrap();
        take_triggers_away(&mut db).await;
        for (from, to) in [(seq, -1), (seq + 1, seq), (-1, seq + 1)] {
            run(
                &mut db,
                &format!("update audit_event set seq = {to} where seq = {from} and school_id <> ''"),
            )
            .await;
        }
        let findings = verify(&mut db, &anchors).await.unwrap();
        assert!(told(&findings).contains(&format!("event {seq}: ")), "swapped {seq}:\n{}", told(&findings));
        db.rollback().await.unwrap();

        // Cut off, with the stored end made to fit: only the anchors know.
        let mut db = connection.begin().await.unwrap();
        take_triggers_away(&mut db).await;
        run(&mut db, &format!("delete from audit_event where seq > {seq} and school_id <> ''")).await;
        let without_end = verify(&mut db, &anchors).await.unwrap();
        assert!(told(&without_end).contains(&format!("event {}: the chain was cut off", seq + 1)));
        run(
            &mut db,
            &format!(
                "update chain_head set seq = {seq}, hash = (select hash from audit_event e where e.seq = {seq} \
                 and e.school_id = chain_head.school_id) where school_id <> ''"
            ),
        )
        .await;
        let findings = verify(&mut db, &anchors).await.unwrap();
        assert!(told(&findings).contains("an anchor knows this event"), "cut at {seq}:\n{}", told(&findings));
        db.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn a_whole_new_chain_does_not_agree_with_the_anchors() {
    let (school, anchors) = lived_in().await;
    let mut connection = school.database.pool.acquire().await.unwrap();
    take_triggers_away(&mut connection).await;
    without_checks(&mut connection).await;
    let mut tables: Vec<&str> = VOUCHED.into_iter().map(|(table, ..)| table).chain(["chain_head"]).collect();
    if connection.backend_name() == "PostgreSQL" {
        // On SQLite it is a view of the alerts.
        tables.push("alert_key");
    } else {
        run(&mut connection, "pragma foreign_keys = off").await;
    }
    for table in tables {
        run(&mut connection, &format!("delete from {table}")).await;
    }
    drop(connection);
    // The relay itself writes a record that is sound in every link.
    let device = school.device("LIB-05").await;
    for minute in 0..40 {
        school.episode(&device, &Seen { at: NOW + minute * 60_000, ..Seen::default() }).await;
    }
    let mut connection = school.database.pool.acquire().await.unwrap();
    assert_eq!(told(&verify(&mut connection, &[]).await.unwrap()), "", "sound in itself");
    let findings = verify(&mut connection, &anchors).await.unwrap();
    assert!(told(&findings).contains("the chain was written anew"), "{}", told(&findings));
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_the_record() {
    let (school, _) = lived_in().await;
    let mut connection = school.database.pool.acquire().await.unwrap();
    for (table, words, _) in VOUCHED {
        for sql in [format!("update {table} set {0} = {0}", words[0]), format!("delete from {table}")] {
            let refused = sqlx::query(AssertSqlSafe(sql.clone()))
                .execute(&mut *connection)
                .await
                .unwrap_err()
                .to_string();
            assert!(
                refused.contains("never changed") || refused.contains("never deleted"),
                "{sql}: {refused}"
            );
        }
    }
}

#[tokio::test]
async fn anchors_that_were_changed_or_signed_by_another_are_refused() {
    let (school, _) = lived_in().await;
    let folder = anchors_folder(&school);
    let file = folder.join("anchors.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("\"seq\":", "\"seq\":1", 1)).unwrap();
    let error = anchor::read(&folder, None).unwrap_err().to_string();
    assert!(error.contains("line 1: the signature is not by this relay’s key"), "{error}");
    std::fs::write(&file, &text).unwrap();
    let stranger = tempfile::tempdir().unwrap();
    school.app.drop_anchors(stranger.path(), stranger.path()).await.unwrap();
    assert!(anchor::read(&folder, Some(&stranger.path().join("anchor.pub"))).is_err());
}
