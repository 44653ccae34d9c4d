//! Keys: changed while people write and read, without a request that fails; a child's key destroyed, and nothing of the
//! child left that anybody can open, here or in an old backup.

use crate::copies::{Copy, Place, concern, concern_from, faults};
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

async fn is_sound(school: &School) {
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

/// One way to add words to a record: its form, the words in it, and what counts the rows that were stored.
struct Adding {
    path: String,
    fields: Vec<(&'static str, String)>,
    words: &'static str,
    stored: &'static str,
}

impl Adding {
    fn new(path: String, fields: &[(&'static str, &str)], words: &'static str, stored: &'static str) -> Self {
        let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { path, fields, words, stored }
    }
}

/// Whoever adds words to a record while its child's key is being destroyed waits for that, and gets the words back.
#[tokio::test]
async fn words_for_a_record_whose_key_is_being_destroyed_are_not_stored_and_come_back() {
    let school = Arc::new(School::open().await);
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let colleague = school.person("staff", "Mr Bloggs").await;
    let head = school.person("head", "Mr Okoro").await;
    let report = school.report(&Told::default()).await;
    for number in 0..5 {
        let (name, form) = (format!("Child {number}"), crate::school::id());
        let made_from: &[(&str, &str)] =
            if number == 3 { &[("report", &report), ("shown", "0")] } else { &[] };
        let id = concern_from(&school, &dsl, &[(&name, "subject")], "A bruise.", made_from).await;
        let (concerns, sharing) = (format!("/concerns/{id}"), format!("/sharing/concern/{id}"));
        let entries = "select count(*) from entry";
        let until = "2026-11-26";
        let adding = match number {
            0 => Adding::new(
                format!("{concerns}/note"),
                &[("id", &form), ("note", "Rang home.")],
                "Rang home.",
                entries,
            ),
            1 => Adding::new(
                format!("{concerns}/status"),
                &[("id", &form), ("from", "new"), ("to", "closed"), ("text", "Nothing more to do.")],
                "Nothing more to do.",
                entries,
            ),
            2 => Adding::new(
                sharing,
                &[("with", &colleague.id), ("level", "read"), ("until", until), ("reason", "Form tutor.")],
                "Form tutor.",
                "select count(*) from share",
            ),
            3 => Adding::new(
                format!("/reports/{report}/reply"),
                &[("id", &form), ("text", "I will come and find you.")],
                "I will come and find you.",
                "select count(*) from message",
            ),
            _ => Adding::new(
                "/break-glass".into(),
                &[("record", &concerns), ("reason", "Her mother is here.")],
                "Her mother is here.",
                "select count(*) from break_glass",
            ),
        };
        let person = person_of(&school, &id).await;
        let before = school.number(adding.stored).await;

        // The destruction has begun and is not over, in a connection of its own.
        let url = school.database.url.replace("user=relay", "user=lapwing");
        let mut destroying = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
        let begin = if crate::database::is_postgres() { "begin" } else { "begin immediate" };
        for (statement, takes) in [
            (begin, false),
            ("update sealing_key set wrapped = null, destroyed_at = 1 where id = $1", true),
            ("delete from record_key where under = $1", true),
        ] {
            let query = sqlx::query(statement);
            let query = if takes { query.bind(person.clone()) } else { query };
            query.execute(&mut destroying).await.unwrap();
        }
        let who = if number == 4 { head.clone() } else { dsl.clone() };
        let sent = {
            let (school, path) = (Arc::clone(&school), adding.path.clone());
            let fields = adding.fields.clone();
            tokio::spawn(async move {
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                school.post(&who, &path, &fields).await
            })
        };
        // On PostgreSQL it waits for the key, or was answered without looking; on SQLite for the one writer.
        while crate::database::is_postgres() && !sent.is_finished() {
            if school.number("select count(*) from pg_locks where not granted").await > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        sqlx::query("commit").execute(&mut destroying).await.unwrap();
        let page = sent.await.unwrap();
        assert_eq!(page.status.as_u16(), 422, "{}: {}", adding.path, page.html);
        // Where the form is one of several on its page, the browser warns before its words are lost once more.
        if matches!(number, 0 | 1 | 3) {
            page.has("data-guard=\"written\"");
        }
        page.has(adding.words).has("These words cannot be opened: they were destroyed with the key");
        assert_eq!(school.number(adding.stored).await, before, "{}: nobody could open it", adding.path);
        let again: Vec<(&str, &str)> =
            adding.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let who = if number == 4 { &head } else { &dsl };
        school.post(who, &adding.path, &again).await.has(adding.words);
    }
    assert_eq!(school.number("select count(*) from concern where status = 'closed'").await, 0);
    is_sound(&school).await;
}

/// A relay that has not heard that a school's key was changed says so, and the form keeps what was typed.
#[tokio::test]
async fn a_concern_that_meets_a_key_that_was_retired_is_not_stored_and_comes_back() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    concern(&school, &dsl, &[("Amira Khan", "subject")], "A bruise.").await;
    // The other relay's clock stands still: it goes on believing the key that is retired.
    let elsewhere = school.app_with(Arc::new(SystemRandom::default()));
    rotate_school(&elsewhere, &school.id, async |_| ()).await.unwrap();
    let id = crate::school::id();
    let fields = [
        ("id", id.as_str()),
        ("occurred_precision", "unknown"),
        ("seen_heard", "He came without a coat."),
        ("person_name", "Ben Hill"),
        ("person_year", "Year 9"),
        ("person_role", "subject"),
        ("told_dsl", "yes"),
    ];
    let page = school.post(&dsl, "/concerns/new", &fields).await;
    assert_eq!(page.status.as_u16(), 422, "{}", page.html);
    page.has("nothing of it is saved").has("He came without a coat.").has("Ben Hill");
    assert_eq!(school.number("select count(*) from concern").await, 1);
    school.advance(1);
    assert_eq!(school.post(&dsl, "/concerns/new", &fields).await.status.as_u16(), 303);
    school.get(&dsl, &format!("/concerns/{id}")).await.has("He came without a coat.");
}
