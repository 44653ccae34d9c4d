//! Rows as years of use would have left them: four hundred schools, a hundred thousand devices, episodes of five alerts
//! over thirteen months, nearly all of them closed. Their sealed words are a few bytes that no key opens (the
//! school whose pages are opened has no keys to them at all, as after their destruction), so rows are smaller than real
//! ones; how many there are, and what they are found by, is real.

use anyhow::{Context, Result};
use lapwing_tests::load::Store;
use lapwing_tests::steps;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use std::time::Instant;

/// Alerts in an episode.
const EPISODE: u64 = 5;

/// Fills the tables. The first school is the one that the relay has.
pub(super) async fn fill(store: &Store, alerts: u64, schools: u32) -> Result<()> {
    let mut db = store.open().await?;
    let episodes = alerts / EPISODE;
    // Nothing here must survive a power cut, and nothing refers to what is not there.
    for sql in [
        "set synchronous_commit = off",
        "set session_replication_role = replica",
        "set maintenance_work_mem = '512MB'",
        "set work_mem = '64MB'",
    ] {
        run(&mut db, sql).await?;
    }
    run(&mut db, &parts()).await?;
    let indexes = without_indexes(&mut db).await?;
    step(
        &mut db,
        "schools and devices",
        &format!(
            "create table scale_school as select 0 as n, id from (select id from school order by created_at, id limit 1) s; \
             insert into scale_school select n, gen_random_uuid()::text from generate_series(1, {schools} - 1) n; \
             insert into school (id, name, enrolment_key, created_at) \
             select id, 'School ' || n, 'scale-' || n, 0 from scale_school where n > 0; \
             create table scale_device as select row_number() over (order by s.n) - 1 as n, s.id as school_id, \
             gen_random_uuid()::text as id from scale_school s, generate_series(1, 250); \
             insert into device (id, school_id, public_key, label, enrolled_at, last_seen_at) \
             select id, school_id, id, 'SCALE-' || n, 0, 0 from scale_device; \
             create unique index on scale_device (n); analyze scale_device"
        ),
    )
    .await?;
    let devices = u64::from(schools) * 250;
    step(
        &mut db,
        "episodes",
        &format!(
            "insert into episode (id, school_id, device_id, account_hash, sealed, category, severity, rank, first_at, \
             last_at, alerts, status, closed_at) \
             select gen_random_uuid()::text, d.school_id, d.id, md5((e.n % 500)::text), '\\x00', \
             (array['bullying', 'distress', 'self_harm', 'gambling', 'hate'])[1 + e.n % 5], \
             (array['low', 'medium', 'high', 'critical'])[1 + e.n % 4], 1 + e.n % 4, at, at + 240000, {EPISODE}, \
             case when e.n % 200 = 0 then 'new' when e.n % 40 = 1 then 'concern' else 'dismissed' end, \
             case when e.n % 200 = 0 then null else at + 3600000 end \
             from (select n, (extract(epoch from now()) * 1000)::bigint - 300000 \
             - (n::double precision / {episodes} * 395 * 86400000)::bigint as at from generate_series(1, {episodes}) n) e \
             join scale_device d on d.n = e.n::bigint * 499 % {devices}"
        ),
    )
    .await?;
    step(
        &mut db,
        "alerts",
        "insert into alert (school_id, id, device_id, episode_id, occurred_at, received_at, source, surface, category, \
         severity, action, sealed, reasons, policy_version, lists_version) \
         select school_id, gen_random_uuid()::text, device_id, id, first_at + k * 60000, first_at + k * 60000, 'typed', \
         'chat', category, severity, 'note', '\\x00112233445566778899aabbccddeeff', '[]', 'p1', 'l1' \
         from episode, generate_series(0, 4) k where sealed = '\\x00'",
    )
    .await?;
    step(
        &mut db,
        "alerts' keys",
        "insert into alert_key (school_id, id, received_at) select school_id, id, received_at from alert \
         where sealed = '\\x00112233445566778899aabbccddeeff'",
    )
    .await?;
    step(
        &mut db,
        "audit events",
        "insert into audit_event (school_id, seq, at, action, object_kind, object_id, covers, hash) \
         select school_id, -row_number() over (), last_at, 'view', 'episode', id, '\\x00', '\\x00' from episode \
         where sealed = '\\x00'",
    )
    .await?;
    step(
        &mut db,
        "records' keys",
        "insert into record_key (school_id, object_kind, object_id, under, wrapped) select school_id, 'episode', id, \
         'scale', '\\x00' from episode where sealed = '\\x00' and school_id <> (select id from scale_school where n = 0)",
    )
    .await?;
    for (name, sql) in indexes {
        step(&mut db, &name, &sql).await?;
    }
    step(&mut db, "statistics", "analyze").await?;
    db.close().await?;
    Ok(())
}

/// Parts for the thirteen months past, as the relay would have made them in their time.
fn parts() -> String {
    "do $$ declare target text; month timestamptz; part text; begin \
     foreach target in array array['alert', 'audit_event'] loop for back in 1..13 loop \
     month := date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' - make_interval(months => back); \
     part := target || '_' || to_char(month at time zone 'UTC', 'YYYY_MM'); \
     execute format('create table %I partition of %I for values from (%s) to (%s)', part, target, \
     (extract(epoch from month) * 1000)::bigint, (extract(epoch from (month at time zone 'UTC' + interval '1 month') \
     at time zone 'UTC') * 1000)::bigint); \
     perform lapwing_wall(part::regclass); end loop; end loop; end $$"
        .to_owned()
}

/// Drops the indexes of the large tables, and answers the statements that make them again just as they were.
async fn without_indexes(db: &mut AnyConnection) -> Result<Vec<(String, String)>> {
    let tables = "('alert', 'alert_key', 'audit_event', 'episode', 'record_key')";
    let mut again = Vec::new();
    let constraints = format!(
        "select c.conname::text, c.conrelid::regclass::text, pg_get_constraintdef(c.oid) from pg_constraint c \
         where c.contype = 'p' and c.conrelid::regclass::text in {tables} and not exists \
         (select 1 from pg_constraint f where f.contype = 'f' and f.confrelid = c.conrelid)"
    );
    for row in sqlx::query(AssertSqlSafe(constraints)).fetch_all(&mut *db).await? {
        let (name, table, text): (String, String, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        run(db, &format!("alter table {table} drop constraint {name}")).await?;
        again.push((
            format!("primary key of {table}"),
            format!("alter table {table} add constraint {name} {text}"),
        ));
    }
    let indexes = format!(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i \
         where i.indrelid::regclass::text in {tables} and not i.indisprimary"
    );
    for row in sqlx::query(AssertSqlSafe(indexes)).fetch_all(&mut *db).await? {
        let (name, text): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        run(db, &format!("drop index {name}")).await?;
        // The text says “on only”, which would leave the parts without.
        again.push((format!("index {name}"), text.replace(" ON ONLY ", " ON ")));
    }
    Ok(again)
}

async fn step(db: &mut AnyConnection, what: &str, sql: &str) -> Result<()> {
    let started = Instant::now();
    for statement in sql.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        run(db, statement).await.with_context(|| format!("while filling in {what}"))?;
    }
    steps::line(&format!("   {what}: {:.0} s", started.elapsed().as_secs_f64()));
    Ok(())
}

async fn run(db: &mut AnyConnection, sql: &str) -> Result<()> {
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(db).await.with_context(|| sql.to_owned())?;
    Ok(())
}

/// What is stored, in words.
pub(super) async fn sizes(store: &Store) -> Result<String> {
    let mut db = store.open().await?;
    let mut words = Vec::new();
    for table in ["alert", "alert_key", "episode", "record_key", "audit_event", "device"] {
        let sql = format!(
            "select (select count(*) from {table}), cast(sum(pg_total_relation_size(part)) / 1000000 as bigint), count(*) \
             from (select cast(relid as oid) as part from pg_partition_tree('{table}') where isleaf \
             union select cast(cast('{table}' as regclass) as oid)) parts \
             where pg_total_relation_size(part) > 0"
        );
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut db).await?;
        let (rows, size, parts): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        words.push(format!("{table} {rows} rows, {size} MB in {parts} part(s)"));
    }
    db.close().await?;
    Ok(words.join("; "))
}

/// The id of an alert of the relay's own school, from the middle of the year.
pub(super) async fn an_alert(store: &Store) -> Result<String> {
    let mut db = store.open().await?;
    let sql = "select a.id from episode e join alert a on a.school_id = e.school_id and a.episode_id = e.id \
               where e.school_id = (select id from scale_school where n = 0) and e.sealed = '\\x00' order by e.id limit 1";
    let id = sqlx::query(sql).fetch_one(&mut db).await?.try_get(0)?;
    db.close().await?;
    Ok(id)
}
