//! Backups: taken while the relay is being written to, restored elsewhere and on the other engine, and equal there; and
//! what is refused.

use crate::copies::{Copy, Place, concern, faults};
use crate::database::is_postgres;
use crate::school::{NOW, School, Seen, Told};
use lapwing_relay::{NoRandomness, Random, Restored, SystemRandom};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

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

/// Chance that keeps whoever asks for it waiting, once: a backup asks first when it has seen the moment that it holds.
struct Slow {
    chance: SystemRandom,
    /// Says that it was asked, and then waits to be let go on; taken by the first who asks.
    stop: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

impl Random for Slow {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        let stop = self.stop.lock().unwrap().take();
        if let Some((asked, go)) = stop {
            asked.send(()).unwrap();
            // Other work of this thread goes on in another: some of it is what is waited for.
            tokio::task::block_in_place(|| go.recv().unwrap());
        }
        self.chance.fill(buffer)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_backup_that_began_earlier_leaves_a_later_ones_keys_alone() {
    let school = lived_in().await;
    let dsl = school.person("dsl", "Mr Okoro").await;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let (live, keys) = (school.database.folder.path(), folder.path().join("lapwing.keys"));
    // The first backup of all makes a key. Those that follow find it.
    Copy::take(&school).await;
    let master = folder.path().join("master.key");
    std::fs::copy(live.join("master.key"), &master).unwrap();
    let (earlier, later) = (folder.path().join("earlier.data"), folder.path().join("later.data"));
    // Whatever the clock says: one that was set back must not make the older keys the newer ones.
    for minutes in [5, -60] {
        for file in [&earlier, &later] {
            let _ = std::fs::remove_file(file);
        }
        let ((asked, was_asked), (go, may_go)) = (mpsc::channel(), mpsc::channel());
        let chance = Arc::new(Slow { chance: SystemRandom::default(), stop: Mutex::default() });
        let app = school.app_with(Arc::<Slow>::clone(&chance));
        *chance.stop.lock().unwrap() = Some((asked, may_go));
        let (folder_of, data, slow_keys) = (live.to_path_buf(), earlier.clone(), keys.clone());
        let slow = tokio::spawn(async move {
            lapwing_relay::back_up(&app, &folder_of, (&data, &slow_keys), None).await.unwrap()
        });
        tokio::task::spawn_blocking(move || was_asked.recv().unwrap()).await.unwrap();
        school.advance(minutes);
        let id = concern(&school, &dsl, &[("Ben Hill", "subject")], "He came without a coat.").await;
        let quick = lapwing_relay::back_up(&school.app, live, (&later, &keys), None).await.unwrap();
        assert!(!quick.newer_keys);
        go.send(()).unwrap();
        let slow = slow.await.unwrap();
        assert!(slow.newer_keys, "it says that its own keys file was not needed");

        let copy = |data: &std::path::Path, taken| Copy {
            data: data.to_path_buf(),
            keys: keys.clone(),
            master: master.clone(),
            taken,
            folder: Arc::clone(&folder),
        };
        let (earlier, later) = (copy(&earlier, slow), copy(&later, quick));
        let place = Place::same().await;
        is_the_same(&later, &later.restore(&place).await.unwrap());
        let there = place.school(&later, &school.id).await;
        let reader = there.person("dsl", "Mrs Stone").await;
        there.get(&reader, &format!("/concerns/{id}")).await.has("He came without a coat.");
        let restored = earlier.restore(&Place::same().await).await.unwrap();
        assert_eq!(restored.data, earlier.taken.data);
        let names = std::fs::read_dir(folder.path()).unwrap().map(|name| name.unwrap().file_name());
        assert_eq!(names.filter(|name| name.to_string_lossy().contains(".part")).count(), 0);
    }
}

#[tokio::test]
async fn a_keys_file_takes_the_place_of_an_older_one_alone() {
    let school = lived_in().await;
    let bundle = Copy::take_school(&school, &school.id).await;
    let whole = Copy::take(&school).await;
    let notes = whole.folder.path().join("notes.txt");
    std::fs::write(&notes, "Ring the LADO.").unwrap();
    let live = school.database.folder.path();
    let new = whole.folder.path().join("new.data");
    for (one, keys, why) in [
        (None, &bundle.keys, "is the keys file of one school’s bundle"),
        (None, &whole.data, "is a data file, not a keys file"),
        (None, &notes, "is no keys file"),
        (Some(school.id.as_str()), &whole.keys, "is there already"),
    ] {
        let before = std::fs::read(keys).unwrap();
        let error =
            lapwing_relay::back_up(&school.app, live, (&new, keys), one).await.unwrap_err().to_string();
        assert!(error.contains(why), "{error} instead of {why}");
        assert!(std::fs::read(keys).unwrap() == before && !new.exists(), "{why}");
    }
    // One of the same record as it was restored elsewhere gives way too, however far that other one had got.
    let place = Place::same().await;
    whole.restore(&place).await.unwrap();
    let there = place.school(&whole, &school.id).await;
    for minute in 0..3 {
        school.advance(minute);
        Copy::take(&school).await;
    }
    let ahead = Copy::take(&school).await;
    let (live, data) = (there.database.folder.path(), ahead.folder.path().join("there.data"));
    let taken = lapwing_relay::back_up(&there.app, live, (&data, &ahead.keys), None).await.unwrap();
    assert!(!taken.newer_keys);
}
