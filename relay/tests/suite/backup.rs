//! Backups: taken while the relay is being written to, restored elsewhere and on the other engine, and equal there; and
//! what is refused.

use crate::copies::{Copy, Place, concern, faults};
use crate::database::is_postgres;
use crate::school::{NOW, School, Seen, Told};
use lapwing_relay::Restored;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

async fn lived_in() -> School {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let teacher = school.person("staff", "Mr Bloggs").await;
    let (episode, _) = school.episode(&school.device("LIB-04").await, &Seen::default()).await;
    school.report(&Told::default()).await;
    concern(&school, &teacher, &[("Amira Khan", "subject")], "A bruise on her arm.").await;
    school.get(&dsl, &format!("/episodes/{episode}")).await.has("nobody likes you");
    school
}

fn is_the_same(copy: &Copy, restored: &Restored) {
    assert_eq!(restored.data, copy.taken.data);
    assert_eq!(restored.keys, copy.taken.keys);
    assert_eq!(faults(&restored.findings), Vec::<String>::new());
    assert!(restored.findings.links > 0 && restored.findings.rows > 0, "{:?}", restored.findings);
}

#[tokio::test]
async fn a_restored_school_is_the_same_on_either_engine_and_back() {
    let school = lived_in().await;
    let ash = school.neighbour().await;
    ash.report(&Told { story: "They laugh at my brother.", ..Told::default() }).await;
    let mut copy = Copy::take(&school).await;
    assert_eq!(copy.taken.data.tables["concern"], 1);
    assert_eq!(copy.taken.data.tables["pupil_report"], 2);
    assert!(!copy.taken.data.tables.contains_key("session"), "nobody is signed in on a restored relay");
    for keys in ["sealing_key", "record_key", "search_word"] {
        assert!(!copy.taken.data.tables.contains_key(keys) && copy.taken.keys.tables[keys] > 0, "{keys}");
    }
    let mut places = vec![Place::same().await];
    if is_postgres() {
        places.extend([Place::sqlite(), Place::same().await]);
    }
    for (times, place) in (1..).zip(places) {
        let restored = copy.restore(&place).await.unwrap();
        is_the_same(&copy, &restored);
        assert!(restored.files.iter().any(|file| file.ends_with("secret.key")), "{:?}", restored.files);

        // What people see is what they saw.
        let there = place.school(&copy, &school.id).await;
        let dsl = there.person("dsl", "Mr Okoro").await;
        let concern = there.text("select id from concern").await;
        let page = there.get(&dsl, &format!("/concerns/{concern}")).await;
        page.has("A bruise on her arm.").has("Amira Khan");
        let episode = there.text("select id from episode").await;
        there.get(&dsl, &format!("/episodes/{episode}")).await.has("nobody likes you");
        // And the record goes on from there.
        there.report(&Told { story: "It happened again.", ..Told::default() }).await;
        assert_eq!(there.number("select count(*) from pupil_report").await, 2 + times);
        assert_eq!(there.database.actions("back_up").await, times);
        assert_eq!(there.database.actions("restore").await, times);
        copy = Copy::take(&there).await;
    }
}

/// Every table is in one of the two files, or in this list of what is in none (`backup::which` says why). A table that a
/// later migration adds is kept; one that should not be belongs here as well.
#[tokio::test]
async fn every_table_is_kept_but_those_that_are_left_out_on_purpose() {
    let school = School::open().await;
    let taken = Copy::take(&school).await.taken;
    let tables = if is_postgres() {
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition"
    } else {
        "select name from sqlite_schema where type = 'table'"
    };
    let rows = sqlx::query(tables).fetch_all(&school.database.pool).await.unwrap();
    let mut left_out: Vec<String> = rows.iter().map(|row| sqlx::Row::get(row, 0)).collect();
    left_out.retain(|table| !taken.data.tables.contains_key(table) && !taken.keys.tables.contains_key(table));
    left_out.sort_unstable();
    assert_eq!(
        left_out,
        [
            "_sqlx_migrations",
            "device_session",
            "known_browser",
            "one_time_link",
            "pending_proof",
            "session",
            "sign_in_try",
            "sso_journey"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_of_one_moment() {
    let school = Arc::new(lived_in().await);
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut writers = Vec::new();
    for _ in 0..3 {
        let device = school.device("LIB-05").await;
        let (school, stop, written) = (Arc::clone(&school), Arc::clone(&stop), Arc::clone(&written));
        writers.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                school.episode(&device, &Seen { at: NOW, ..Seen::default() }).await;
                written.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let mut copies = Vec::new();
    for _ in 0..3 {
        let before = written.load(Ordering::Relaxed);
        while written.load(Ordering::Relaxed) < before + 5 {
            tokio::task::yield_now().await;
        }
        let acknowledged = written.load(Ordering::Relaxed);
        copies.push((acknowledged, Copy::take(&school).await));
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    for (acknowledged, copy) in &copies {
        let restored = copy.restore(&Place::same().await).await.unwrap();
        is_the_same(copy, &restored);
        let alerts = usize::try_from(restored.data.tables["alert"]).unwrap();
        assert!(
            alerts > *acknowledged,
            "what was acknowledged before the backup is in it: {alerts}, {acknowledged}"
        );
    }
}

#[tokio::test]
async fn the_bundle_of_one_school_holds_nothing_of_another() {
    let school = lived_in().await;
    let ash = school.neighbour().await;
    let teacher = ash.person("staff", "Mr Stone").await;
    concern(&ash, &teacher, &[("Ben Hill", "subject")], "He came without a coat.").await;
    // It kept every school's lists, and its devices counted in a trial of them: neither means anything elsewhere.
    ash.sql("update school set keeps_lists = 1 where id = $1", &[ash.id.as_str().into()]).await;
    let build = super::sources::build(&school).await;
    let trial = "insert into shadow_trial (id, build_id, started_at, started_by_name, ends_at, digest, version, signer, length, \
                 sites, paths) values ('trial', $1, 1, 'Priya Nair', 2, 'd', 1, 's', 1, 1, 0)";
    school.sql(trial, &[build.as_str().into()]).await;
    let visit = "insert into shadow_visit (trial_id, school_id, site, categories, visits, days, last_day) \
                 values ('trial', $1, 'bet.test', 'gambling', 1, 1, 1)";
    ash.sql(visit, &[ash.id.as_str().into()]).await;
    let bundle = Copy::take_school(&school, &ash.id).await;
    assert_eq!(bundle.taken.data.schools.keys().collect::<Vec<_>>(), [&ash.id]);
    assert_eq!(bundle.taken.keys.schools.keys().collect::<Vec<_>>(), [&ash.id]);
    assert_eq!(bundle.taken.data.tables["school"], 1);
    // The relay's own master key does not open it, the key that was made for it does.
    let place = Place::same().await;
    let refused = bundle.restore_with(&place, &school.database.folder.path().join("master.key")).await;
    assert!(refused.unwrap_err().to_string().contains("sealed under the master key"));
    let restored = bundle.restore(&place).await.unwrap();
    is_the_same(&bundle, &restored);
    assert!(restored.files.is_empty(), "the relay's own keys stay with it: {:?}", restored.files);
    let there = place.school(&bundle, &ash.id).await;
    let dsl = there.person("dsl", "Mr Okoro").await;
    let concern = there.text("select id from concern").await;
    there.get(&dsl, &format!("/concerns/{concern}")).await.has("He came without a coat.").has("Ben Hill");
    assert_eq!(there.number("select count(*) from shadow_trial").await, 0);
    assert_eq!(there.number("select keeps_lists from school").await, 0);
    let nobody = Copy::try_take(&school, &bundle.data.with_extension("none")).await;
    assert!(nobody.is_ok());
}

#[tokio::test]
async fn damaged_files_and_wrong_keys_are_refused_with_what_to_do_and_leave_nothing() {
    let school = lived_in().await;
    let copy = Copy::take(&school).await;
    let place = Place::same().await;
    let whole = std::fs::read(&copy.data).unwrap();
    let (half, end) = (whole.len() / 2, whole.len());
    let flipped: Vec<u8> = whole.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == half)).collect();
    for (bytes, why) in [
        (flipped, "is damaged: part 0 was changed"),
        (whole[..end - 9].to_vec(), "is damaged: it ends after part 0"),
        ([&whole[..], b"x"].concat(), "is damaged: something was added"),
        (Vec::new(), "is not a Lapwing backup"),
    ] {
        std::fs::write(&copy.data, bytes).unwrap();
        let error = copy.restore(&place).await.unwrap_err().to_string();
        assert!(error.contains(why), "{error} instead of {why}");
        place.is_untouched().await;
    }
    std::fs::write(&copy.data, &whole).unwrap();

    let stranger = Copy::take(&School::open().await).await;
    let error = copy.restore_with(&place, &stranger.master).await.unwrap_err().to_string();
    assert!(error.contains("use the newest keys file"), "{error}");
    let of_another = Copy { keys: stranger.keys.clone(), ..copy.clone() };
    let error = of_another.restore_with(&place, &stranger.master).await.unwrap_err().to_string();
    assert!(error.contains("does not hold the key"), "{error}");
    let swapped = Copy { data: copy.keys.clone(), keys: copy.data.clone(), ..copy.clone() };
    let error = swapped.restore(&place).await.unwrap_err().to_string();
    assert!(error.contains("holds data, not keys"), "{error}");
    school.advance(1);
    let later = Copy::take(&school).await;
    let older = Copy { keys: copy.keys.clone(), ..later.clone() };
    let error = older.restore(&place).await.unwrap_err().to_string();
    assert!(error.contains("was made before"), "{error}");
    place.is_untouched().await;

    // Newer keys open older data; and nothing is restored over something.
    let newer = Copy { keys: later.keys.clone(), ..copy.clone() };
    newer.restore(&place).await.unwrap();
    let error = copy.restore(&place).await.unwrap_err().to_string();
    assert!(error.contains("into an empty place only"), "{error}");
    let error = Copy::try_take(&school, &copy.data).await.unwrap_err().to_string();
    assert!(error.contains("is there already"), "{error}");
}

/// The program itself, restoring `copy` into `place`.
fn program(copy: &Copy, place: &Place) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lapwing-relay"));
    command.arg("restore").arg(&copy.data).arg("--keys").arg(&copy.keys);
    command.arg("--data").arg(place.folder.path()).arg("--master-key-file").arg(&copy.master);
    if let Some(url) = place.address() {
        command.arg("--database").arg(url);
    }
    command
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_no_database_behind() {
    let school = lived_in().await;
    let device = school.device("LIB-06").await;
    for _ in 0..40 {
        school.episode(&device, &Seen::default()).await;
    }
    let copy = Copy::take(&school).await;
    // How long a whole one takes here, to kill the others on their way.
    let place = Place::same().await;
    let began = std::time::Instant::now();
    let whole = program(&copy, &place).output().unwrap();
    let told = String::from_utf8_lossy(&whole.stdout);
    assert!(told.contains("concern: 1 row\n") && told.contains("digest"), "{told}{:?}", whole.stderr);
    let whole = began.elapsed();
    let mut killed = 0;
    for part in 1..12 {
        let place = Place::same().await;
        let mut child = program(&copy, &place).stdout(std::process::Stdio::null()).spawn().unwrap();
        tokio::time::sleep(whole * part / 12).await;
        child.kill().unwrap();
        child.wait().unwrap();
        if place.is_there().await {
            // It was quicker this time; then it is all there.
            let there = place.school(&copy, &school.id).await;
            assert_eq!(there.number("select count(*) from alert").await, 41);
            assert_eq!(there.number("select count(*) from concern").await, 1);
        } else {
            killed += 1;
        }
    }
    assert!(killed > 0, "none was killed on its way");
}
