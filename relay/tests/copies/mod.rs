//! Backups of a test's school, and empty places to restore them into, of either engine.

// Each test program uses a part of this; a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::database::{self, Database};
use crate::school::{self, Person, School};
use lapwing_relay::proof::verify::{Findings, What};
use lapwing_relay::{Clock as _, MasterSource, Restored, SystemRandom, Taken, Target, back_up, restore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A backup, and the master key that opens it.
#[derive(Clone)]
pub(crate) struct Copy {
    pub(crate) data: PathBuf,
    pub(crate) keys: PathBuf,
    pub(crate) master: PathBuf,
    pub(crate) taken: Taken,
    pub(crate) folder: Arc<TempDir>,
}

impl Copy {
    pub(crate) async fn take(school: &School) -> Self {
        Self::take_of(school, None).await
    }

    /// The bundle of one school, with the key that was made for it.
    pub(crate) async fn take_school(school: &School, id: &str) -> Self {
        let mut copy = Self::take_of(school, Some(id)).await;
        copy.master = copy.taken.transfer_key.clone().unwrap();
        copy
    }

    async fn take_of(school: &School, one: Option<&str>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let (data, keys) = (folder.path().join("lapwing.backup"), folder.path().join("lapwing.keys"));
        let master = folder.path().join("master.key");
        let live = school.database.folder.path();
        std::fs::copy(live.join("master.key"), &master).unwrap();
        let taken = back_up(&school.app, live, (&data, &keys), one).await.unwrap();
        let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let parts = names.filter(|name| name.to_string_lossy().contains(".part")).count();
        assert_eq!(parts, 0, "half files are gone");
        Self { data, keys, master, taken, folder }
    }

    /// Tries to write a backup to `data`.
    pub(crate) async fn try_take(school: &School, data: &Path) -> anyhow::Result<Taken> {
        let keys = data.with_extension("more-keys");
        back_up(&school.app, school.database.folder.path(), (data, &keys), None).await
    }

    pub(crate) async fn restore(&self, place: &Place) -> anyhow::Result<Restored> {
        self.restore_with(place, &self.master).await
    }

    /// Restores with another master key.
    pub(crate) async fn restore_with(&self, place: &Place, master: &Path) -> anyhow::Result<Restored> {
        let master = MasterSource::File(master.to_path_buf()).read_again(&SystemRandom::default())?;
        let now = lapwing_relay::SystemClock.millis();
        restore((&self.data, &self.keys), &master, place.target(), place.folder.path(), now).await
    }
}

/// An empty place.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    postgres: Option<url::Url>,
    file: PathBuf,
}

impl Place {
    /// Of the engine that this test program is for.
    pub(crate) async fn same() -> Self {
        let mut place = Self::sqlite();
        if database::is_postgres() {
            place.postgres = Some(database::fresh_postgres().await.parse().unwrap());
        }
        place
    }

    /// A file.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lapwing.db");
        Self { folder, postgres: None, file }
    }

    fn target(&self) -> Target<'_> {
        self.postgres.as_ref().map_or(Target::Sqlite(&self.file), Target::Postgres)
    }

    /// The address of the PostgreSQL database, if it is one.
    pub(crate) fn address(&self) -> Option<&str> {
        self.postgres.as_ref().map(url::Url::as_str)
    }

    /// Whether there is a database that a relay would open.
    pub(crate) async fn is_there(&self) -> bool {
        let Some(url) = self.address() else { return self.file.exists() };
        let pool = sqlx::AnyPool::connect(url).await.unwrap();
        let tables = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
                      where n.nspname = current_schema() and c.relkind in ('r', 'p')";
        let row = sqlx::query(tables).fetch_one(&pool).await.unwrap();
        sqlx::Row::get::<i64, _>(&row, 0) > 0
    }

    /// Checks that nothing was left here.
    pub(crate) async fn is_untouched(&self) {
        assert!(!self.is_there().await);
        assert_eq!(std::fs::read_dir(self.folder.path()).unwrap().count(), 0);
    }

    /// The relay on what was restored here.
    pub(crate) async fn school(self, copy: &Copy, id: &str) -> School {
        std::fs::copy(&copy.master, self.folder.path().join("master.key")).unwrap();
        let url = self.postgres.as_ref().map(ToString::to_string);
        School::over(Database::at(self.folder, url).await, id)
    }
}

/// Records a concern. Answers its id.
pub(crate) async fn concern(school: &School, who: &Person, people: &[(&str, &str)], words: &str) -> String {
    concern_from(school, who, people, words, &[]).await
}

/// The same with further fields, such as what it is made from.
pub(crate) async fn concern_from(
    school: &School,
    who: &Person,
    people: &[(&str, &str)],
    words: &str,
    more: &[(&str, &str)],
) -> String {
    let id = school::id();
    let mut fields = vec![("id", id.as_str()), ("occurred_precision", "unknown"), ("seen_heard", words)];
    for (name, role) in people {
        fields.extend([("person_name", *name), ("person_year", "Year 9"), ("person_role", *role)]);
    }
    fields.push(("told_dsl", "yes"));
    fields.extend(more);
    let page = school.post(who, "/concerns/new", &fields).await;
    assert_eq!(page.status.as_u16(), 303, "{}", page.html);
    id
}

/// What was found, but for the accounts that a test puts in past the relay: which is found, too.
pub(crate) fn faults(findings: &Findings) -> Vec<String> {
    let slipped_in = |what: &What| matches!(what, What::RowUnknown("account", _));
    findings.faults.iter().filter(|fault| !slipped_in(&fault.what)).map(ToString::to_string).collect()
}
