//! Keys: changed while people write and read, without a request that fails; a child's key destroyed, and nothing of the
//! child left that anybody can open, here or in an old backup.

use crate::copies::{Copy, Place, concern, faults};
use crate::school::{NOW, School, Seen, Told};
use lapwing_relay::proof::verify::verify;
use lapwing_relay::{MasterSource, Rotated, SystemRandom, destroy_person, hold_person, release_person};
use lapwing_relay::{rotate_master, rotate_school};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// People at work: each writes, then reads what is there, again and again.
struct Work {
    stop: Arc<AtomicBool>,
    rounds: Vec<Arc<AtomicUsize>>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Work {
    async fn begin(school: &Arc<School>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (mut rounds, mut tasks) = (Vec::new(), Vec::new());
        for name in ["Mrs Adeyemi", "Mr Okoro"] {
            let who = school.person("dsl", name).await;
            let device = school.device("LIB-04").await;
            let round = Arc::new(AtomicUsize::new(0));
            rounds.push(Arc::clone(&round));
            let (school, stop) = (Arc::clone(school), Arc::clone(&stop));
            tasks.push(tokio::spawn(async move {
                let mut written = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let (episode, _) = school
                        .episode(&device, &Seen { at: NOW, account: &crate::school::id(), ..Seen::default() })
                        .await;
                    let concern = concern(&school, &who, &[("Amira Khan", "subject")], "A bruise.").await;
                    written.push((episode, concern));
                    // What was written first, under the oldest keys, and what was written last.
                    for (episode, concern) in [&written[0], &written[written.len() - 1]] {
                        school.get(&who, &format!("/episodes/{episode}")).await.has("nobody likes you");
                        school
                            .get(&who, &format!("/concerns/{concern}"))
                            .await
                            .has("A bruise.")
                            .has("Amira Khan");
                    }
                    round.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        Self { stop, rounds, tasks }
    }

    /// Time passes: the clock moves on, and everybody who was at something has finished it.
    async fn pass(&self, school: &School, time: Duration) {
        school.clock.advance(time.try_into().unwrap());
        let before: Vec<usize> = self.rounds.iter().map(|round| round.load(Ordering::Relaxed)).collect();
        while self
            .rounds
            .iter()
            .zip(&before)
            .any(|(round, before)| round.load(Ordering::Relaxed) < before + 2)
        {
            assert!(self.tasks.iter().all(|task| !task.is_finished()), "a request failed, see above");
            tokio::task::yield_now().await;
        }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

pub(crate) async fn is_sound(school: &School) {
    let mut db = school.database.pool.acquire().await.unwrap();
    assert_eq!(faults(&verify(&mut db, &[]).await.unwrap()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_under_load_and_an_old_backup_still_opens() {
    let school = Arc::new(School::open().await);
    let work = Work::begin(&school).await;
    work.pass(&school, Duration::ZERO).await;
    let old = Copy::take(&school).await;
    let keys_of_school = "select count(*) from sealing_key where kind = 'school' and wrapped is not null";
    let before = school.text("select id from sealing_key where kind = 'school'").await;

    let rotated =
        rotate_school(&school.app, &school.id, async |time| work.pass(&school, time).await).await.unwrap();
    assert!(rotated.keys >= 2 && rotated.records > 0, "{rotated:?}");
    assert_eq!(school.number(keys_of_school).await, 1);
    assert_ne!(
        school.text("select id from sealing_key where kind = 'school' and wrapped is not null").await,
        before
    );
    let fingerprint =
        school.text("select under from sealing_key where kind = 'school' and wrapped is not null").await;
    let rotated =
        rotate_master(&school.app, true, async |time| work.pass(&school, time).await).await.unwrap();
    assert!(rotated.keys >= 2, "{rotated:?}");
    assert_ne!(
        school.text("select under from sealing_key where kind = 'school' and wrapped is not null").await,
        fingerprint
    );
    work.end().await;
    is_sound(&school).await;

    // The old data opens with new keys and the new master key; the old keys file no longer does.
    let new = Copy::take(&school).await;
    let place = Place::same().await;
    let error = old.restore_with(&place, &new.master).await.unwrap_err().to_string();
    assert!(error.contains("use the newest keys file"), "{error}");
    let copy = Copy { keys: new.keys.clone(), master: new.master.clone(), ..old.clone() };
    let restored = copy.restore(&place).await.unwrap();
    assert_eq!(restored.data, old.taken.data);
    let there = place.school(&copy, &school.id).await;
    let dsl = there.person("dsl", "Mrs Stone").await;
    let concern = there.text("select id from concern where number = 1").await;
    there.get(&dsl, &format!("/concerns/{concern}")).await.has("A bruise.").has("Amira Khan");
}

#[tokio::test]
async fn an_interrupted_change_goes_on_from_where_it_was() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let id = concern(&school, &dsl, &[("Amira Khan", "subject")], "A bruise.").await;
    // Dropped at each of its pauses, as a process that is killed.
    for pauses in 0..3 {
        let seen = AtomicUsize::new(0);
        let wait = async |time: Duration| {
            school.clock.advance(time.try_into().unwrap());
            if seen.fetch_add(1, Ordering::Relaxed) == pauses {
                std::future::pending::<()>().await;
            }
        };
        {
            let mut change = std::pin::pin!(rotate_school(&school.app, &school.id, wait));
            while seen.load(Ordering::Relaxed) <= pauses {
                tokio::select! { biased; done = &mut change => panic!("{done:?}"), () = tokio::task::yield_now() => {} }
            }
        }
        school.get(&dsl, &format!("/concerns/{id}")).await.has("A bruise.").has("Amira Khan");
    }
    let wait = async |time: Duration| school.clock.advance(time.try_into().unwrap());
    rotate_school(&school.app, &school.id, wait).await.unwrap();
    school.get(&dsl, &format!("/concerns/{id}")).await.has("A bruise.").has("Amira Khan");
    let there = "select count(*) from sealing_key where kind = 'school' and wrapped is not null";
    assert_eq!(school.number(there).await, 1);
}

#[tokio::test]
async fn a_master_key_kept_elsewhere_is_changed_step_by_step() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let id = concern(&school, &dsl, &[("Amira Khan", "subject")], "A bruise.").await;
    let wait = async |time: Duration| school.clock.advance(time.try_into().unwrap());
    // Not alone: the file may have copies that this relay cannot change.
    let error = rotate_master(&school.app, false, wait).await.unwrap_err().to_string();
    assert!(error.contains("first put a new key on a line before"), "{error}");
    let path = school.database.folder.path().join("master.key");
    let old = std::fs::read_to_string(&path).unwrap();
    let new = tempfile::tempdir().unwrap();
    let source = MasterSource::in_folder(new.path());
    source.read(&SystemRandom::default()).unwrap();
    let new = std::fs::read_to_string(new.path().join("master.key")).unwrap();
    std::fs::write(&path, format!("{new}{old}")).unwrap();
    let rotated: Rotated = rotate_master(&school.app, false, wait).await.unwrap();
    assert!(rotated.to_do[0].contains("every line but the first"), "{rotated:?}");
    std::fs::write(&path, &new).unwrap();
    school.clock.advance(Duration::from_secs(10).try_into().unwrap());
    school.get(&dsl, &format!("/concerns/{id}")).await.has("A bruise.").has("Amira Khan");
}

#[tokio::test]
async fn what_was_destroyed_opens_nowhere_and_everything_else_does() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let (amira, ben) = (("Amira Khan", "subject"), ("Ben Hill", "subject"));
    let hers = concern(&school, &dsl, &[amira], "A bruise on her arm.").await;
    let his = concern(&school, &dsl, &[ben], "He came without a coat.").await;
    let both = concern(&school, &dsl, &[amira, ben], "They stood in the rain.").await;
    school.report(&Told::default()).await;
    let person = person_of(&school, &hers).await;
    let old = Copy::take(&school).await;
    let wrapped = bytes(&school, "select wrapped from sealing_key where id = $1", &person).await;
    let email = school.text("select email from account").await;
    let wait = async |time: Duration| school.clock.advance(time.try_into().unwrap());

    // A hold forbids it, and whoever does it must be somebody.
    let why = ("Twenty-five years have passed.", email.as_str());
    hold_person(&school.app, &person, ("An inquiry asks for it.", &email)).await.unwrap();
    let error = destroy_person(&school.app, &person, why, true, wait).await.unwrap_err().to_string();
    assert!(error.contains("a hold forbids"), "{error}");
    assert_eq!(release_person(&school.app, &person, ("It is over.", &email)).await.unwrap(), 1);
    let error = destroy_person(&school.app, &person, ("why", "x@y.example"), true, wait)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("nobody at this person’s school"), "{error}");
    school.get(&dsl, &format!("/concerns/{hers}")).await.has("A bruise on her arm.");

    let done = destroy_person(&school.app, &person, why, true, wait).await.unwrap();
    assert_eq!((done.records, done.lost), (2, 1), "{done:?}");
    assert!(done.to_do.iter().any(|line| line.contains("destroy every keys file")), "{done:?}");
    opens_only_what_is_left(&school, &dsl, (&hers, &his, &both)).await;
    is_sound(&school).await;
    // What was destroyed on purpose is no fault to the doctor either.
    let told = super::stranded::doctor(&school);
    assert!(
        told.contains("ok    keys of records: 1 person’s key was destroyed on purpose, and 1 record can be"),
        "{told}"
    );
    assert!(told.contains("ok    keys of records: every other one has its key"), "{told}");
    assert_eq!(school.database.actions("destroy").await, 1);
    let left = "select count(*) from search_word where object_kind = 'concern' \
                and object_id not in (select object_id from record_key)";
    assert_eq!(school.number(left).await, 0, "nor can words be tried against it");
    if !crate::database::is_postgres() {
        for name in ["lapwing.db", "lapwing.db-wal"] {
            let file = std::fs::read(school.database.folder.path().join(name)).unwrap();
            let found = file.windows(wrapped.len()).any(|window| window == wrapped);
            assert!(!found, "the wrapped key is still in {name}");
        }
    }

    // An old data file with the newest keys: the same.
    let new = Copy::take(&school).await;
    let place = Place::same().await;
    let copy = Copy { keys: new.keys.clone(), master: new.master.clone(), ..old.clone() };
    let restored = copy.restore(&place).await.unwrap();
    assert_eq!(restored.data, old.taken.data, "the data file is as it was");
    let there = place.school(&copy, &school.id).await;
    let reader = there.person("dsl", "Mrs Stone").await;
    opens_only_what_is_left(&there, &reader, (&hers, &his, &both)).await;

    // An old keys file, with what is the master key now: it does not open at all.
    let copy = Copy { master: new.master.clone(), ..old.clone() };
    let error = copy.restore(&Place::same().await).await.unwrap_err().to_string();
    assert!(error.contains("use the newest keys file"), "{error}");

    // Nor does the key's old bytes in a copy of the database help: what wrapped it is gone.
    let gone = "select count(*) from sealing_key where kind = 'school' and wrapped is null and destroyed_at is not null";
    assert_eq!(school.number(gone).await, 1);
    let error = destroy_person(&school.app, &person, why, true, wait).await.unwrap_err().to_string();
    assert!(error.contains("destroyed already"), "{error}");
}

async fn opens_only_what_is_left(
    school: &School,
    dsl: &crate::school::Person,
    (hers, his, both): (&str, &str, &str),
) {
    let page = school.get(dsl, &format!("/concerns/{hers}")).await;
    page.lacks("A bruise").lacks("Amira").has("destroyed");
    school.get(dsl, &format!("/concerns/{his}")).await.has("He came without a coat.").has("Ben Hill");
    let page = school.get(dsl, &format!("/concerns/{both}")).await;
    page.has("They stood in the rain.").has("Ben Hill").lacks("Amira");
}

pub(crate) async fn person_of(school: &School, concern: &str) -> String {
    let row = sqlx::query("select person_id from involvement where concern_id = $1").bind(concern.to_owned());
    sqlx::Row::get(&row.fetch_one(&school.database.pool).await.unwrap(), 0)
}

async fn bytes(school: &School, sql: &'static str, id: &str) -> Vec<u8> {
    let row = sqlx::query(sql).bind(id.to_owned()).fetch_one(&school.database.pool).await.unwrap();
    sqlx::Row::get(&row, 0)
}
