//! Restoring a backup into an empty place, and proving by content that it is the same: rows of each table, a digest of
//! each school read back from the database, and the audit chain. Everything happens in one transaction, on SQLite in a
//! file that gets its name at the end: a restore that is interrupted leaves no database behind.

use super::form::Header;
use super::keep::{beside, sync_folder};
use super::records::{Heading, Record};
use super::source::{Records, Source, sources};
use super::tally::{Summary, Tally};
use super::{BackupError, file_error};
use crate::db::catalogue::{self, Engine, Table};
use crate::db::dump::{self, Owned, Shape, Value};
use crate::db::scope::{self, Scope};
use crate::db::{self, audit, load, partitions};
use crate::error::Error;
use crate::proof::verify::{Findings, verify};
use crate::seal::Master;
use crate::secrets;
use anyhow::Context as _;
use futures_util::StreamExt as _;
use sqlx::{AnyConnection, Connection as _};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use url::Url;

/// Where a backup is restored to.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// SQLite in this file, which must not be there.
    Sqlite(&'a Path),
    /// PostgreSQL, in a database without tables.
    Postgres(&'a Url),
}

/// What was restored, and what it was compared with.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The moment that the backup holds, milliseconds since 1970.
    pub at: i64,
    /// What the data file holds, and the database now too.
    pub data: Summary,
    /// What was restored of the keys file.
    pub keys: Summary,
    /// What checking the audit chains found.
    pub findings: Findings,
    /// Small files that were put into the data folder.
    pub files: Vec<PathBuf>,
    /// Small files that were not, because others of that name are there.
    pub kept_files: Vec<PathBuf>,
}

/// Restores the data file and the keys file `data` and `keys` into `target`, and their small files into `folder`. `now` is
/// milliseconds since 1970, for the audit trail.
///
/// # Errors
/// [`BackupError`] when a file is not what it should be, the target is not empty, or what was restored differs; otherwise
/// when a file or the database cannot be read or written. The target is then as it was.
pub async fn restore(
    (data, keys): (&Path, &Path),
    master: &Master,
    target: Target<'_>,
    folder: &Path,
    now: i64,
) -> anyhow::Result<Restored> {
    let (data, keys) = sources(data, keys, master)?;
    let (restored, files) = match target {
        Target::Postgres(url) => {
            let mut connection = db::connect(url).await?;
            let restored = into(&mut connection, &data, &keys).await?;
            connection.close().await?;
            restored
        }
        Target::Sqlite(file) => into_file(file, &data, &keys).await?,
    };
    let mut restored = restored;
    (restored.files, restored.kept_files) = put_files(folder, files)?;
    scope::within(Scope::Relay, audit(target, &data.header, now))
        .await
        .context("the restore could not be written into the audit trail")?;
    Ok(restored)
}

type Files = Vec<(String, Vec<u8>)>;

async fn into_file(file: &Path, data: &Source<'_>, keys: &Source<'_>) -> anyhow::Result<(Restored, Files)> {
    let taken = |path: &Path| BackupError::NotEmpty(format!("{} is there already", path.display()));
    if file.try_exists().map_err(|error| file_error(file, error))? {
        return Err(taken(file).into());
    }
    let part = beside(file, ".restoring");
    if let Err(error) = File::options().write(true).create_new(true).open(&part) {
        let there = error.kind() == std::io::ErrorKind::AlreadyExists;
        return Err(if there { taken(&part).into() } else { file_error(&part, error).into() });
    }
    let done = async {
        let mut connection = db::connect_to_new(&part).await?;
        let restored = into(&mut connection, data, keys).await?;
        connection.close().await?;
        let failed = |error| file_error(file, error);
        File::options().write(true).open(&part).and_then(|file| file.sync_all()).map_err(failed)?;
        std::fs::rename(&part, file).and_then(|()| sync_folder(file)).map_err(failed)?;
        anyhow::Ok(restored)
    }
    .await;
    if done.is_err() {
        // What cannot be removed says by its name what it is.
        let _ = std::fs::remove_file(&part);
    }
    done
}

/// Restores both files over a connection to an empty database, in one transaction.
async fn into(
    connection: &mut AnyConnection,
    data: &Source<'_>,
    keys: &Source<'_>,
) -> anyhow::Result<(Restored, Files)> {
    let mut tx = connection.begin().await?;
    if let Some(table) = catalogue::tables(&mut tx).await?.first() {
        let what = format!("the database has tables already, such as “{}”; make a new one", table.name);
        return Err(BackupError::NotEmpty(what).into());
    }
    let mut loader = Loader::default();
    // Each file goes into the schema that it was made from; what later versions changed is done to its rows as well.
    db::migrate(&mut tx, Some(data.header.schema)).await.map_err(|error| newer(data, error))?;
    let data_sum = loader.load(&mut tx, data, None).await?;
    db::migrate(&mut tx, Some(keys.header.schema)).await.map_err(|error| newer(keys, error))?;
    let schools: BTreeSet<String> = data_sum.schools.keys().cloned().collect();
    let keys_sum = loader.load(&mut tx, keys, Some(&schools)).await?;
    db::migrate(&mut tx, None).await?;
    let findings = verify(&mut tx, &[]).await?;
    tx.commit().await?;
    let restored = Restored {
        at: data.header.at,
        data: data_sum,
        keys: keys_sum,
        findings,
        files: Vec::new(),
        kept_files: Vec::new(),
    };
    Ok((restored, loader.files))
}

fn newer(source: &Source<'_>, error: db::MigrateTo) -> anyhow::Error {
    match error {
        db::MigrateTo::Unknown(version) => BackupError::Newer {
            path: source.path.to_path_buf(),
            what: format!("version {}, schema {version}", source.header.program),
        }
        .into(),
        db::MigrateTo::Failed(error) => error.into(),
    }
}

/// Rows on their way into the database, and the months for which PostgreSQL's large tables have parts already.
#[derive(Default)]
struct Waiting {
    rows: Vec<Vec<Value>>,
    months: BTreeSet<String>,
}

/// Puts files into a database.
#[derive(Default)]
struct Loader {
    files: Files,
}

impl Loader {
    /// Loads a file and compares. Of a keys file, only the rows of `schools` are loaded: it may be newer than the data,
    /// and know schools that these do not.
    async fn load(
        &mut self,
        db: &mut AnyConnection,
        source: &Source<'_>,
        schools: Option<&BTreeSet<String>>,
    ) -> anyhow::Result<Summary> {
        let all = catalogue::tables(db).await?;
        load::in_any_order(db).await?;
        let mut records = Records::open(source)?;
        let (mut stored, mut loaded) = (Tally::default(), Tally::default());
        let mut headings: Vec<Heading> = Vec::new();
        let mut waiting = Waiting::default();
        let end = loop {
            match records.next()? {
                Record::Table(heading) => {
                    waiting.flush(db, &all, headings.last()).await?;
                    find(&all, source.path, &heading)?;
                    stored.table(&heading);
                    loaded.table(&heading);
                    headings.push(heading);
                }
                Record::Row(school, values) => {
                    let Some(heading) = headings.last() else { continue };
                    let row = Owned { school, values };
                    stored.row(heading, &row)?;
                    if schools.is_none_or(|known| row.school.is_empty() || known.contains(&row.school)) {
                        loaded.row(heading, &row)?;
                        waiting.rows.push(row.values);
                    }
                    if waiting.rows.len() == load::TOGETHER {
                        waiting.flush(db, &all, headings.last()).await?;
                    }
                }
                Record::File(path, bytes) => self.files.push((path, bytes)),
                Record::End(summary) => break summary,
            }
        };
        waiting.flush(db, &all, headings.last()).await?;
        records.finish()?;
        load::settle(db).await?;
        same(&end, &stored.summary())?;
        let loaded = loaded.summary();
        same(&loaded, &read_back(db, &all, &headings).await?)?;
        Ok(loaded)
    }
}

impl Waiting {
    /// Puts the rows that wait into the table that they belong to.
    async fn flush(
        &mut self,
        db: &mut AnyConnection,
        all: &[Table],
        heading: Option<&Heading>,
    ) -> anyhow::Result<()> {
        let Some(heading) = heading.filter(|_| !self.rows.is_empty()) else { return Ok(()) };
        let Some(table) = all.iter().find(|table| table.name == heading.table) else { return Ok(()) };
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(load::TOGETHER));
        if Engine::of(db) == Engine::Postgres
            && let Some(by) = partitions::divided_by(&table.name)
            && let Some(by) = heading.columns.iter().position(|column| column.name == by)
        {
            const DAY: i64 = 86_400_000;
            let day = |row: &Vec<Value>| match row.get(by) {
                Some(Value::Number(time)) => Some(time.div_euclid(DAY) * DAY),
                _ => None,
            };
            let days: BTreeSet<i64> = rows.iter().filter_map(day).collect();
            partitions::make_for(db, &table.name, days, &mut self.months)
                .await
                .map_err(Error::into_anyhow)?;
        }
        load::insert(db, table, &heading.columns, rows).await
    }
}

/// The table that a heading names, with all of its columns.
fn find<'a>(all: &'a [Table], path: &Path, heading: &Heading) -> anyhow::Result<&'a Table> {
    let table = all.iter().find(|table| table.name == heading.table);
    let has =
        |table: &Table| heading.columns.iter().all(|column| table.kind(&column.name) == Some(column.kind));
    table.filter(|table| has(table)).ok_or_else(|| {
        let what = format!("its schema has no table “{}” of this form", heading.table);
        BackupError::Damaged { path: path.to_path_buf(), what }.into()
    })
}

/// What the database now holds of the tables that were restored.
async fn read_back(db: &mut AnyConnection, all: &[Table], headings: &[Heading]) -> anyhow::Result<Summary> {
    let mut tally = Tally::default();
    for heading in headings {
        tally.table(heading);
        let Some(table) = all.iter().find(|table| table.name == heading.table) else { continue };
        let shape = Shape { table, columns: &heading.columns, key: &heading.key };
        let mut rows = dump::rows(&mut *db, all, shape, None);
        while let Some(row) = rows.next().await {
            tally.row(heading, &row?)?;
        }
    }
    Ok(tally.summary())
}

fn same(wanted: &Summary, found: &Summary) -> Result<(), BackupError> {
    let differences = wanted.differences(found);
    if differences.is_empty() { Ok(()) } else { Err(BackupError::Different(differences)) }
}

/// Puts small files into the data folder. One that is there is left as it is.
fn put_files(folder: &Path, files: Files) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut put, mut kept) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        // The names are our own, and sealed; still, none leads out of the folder.
        let inside =
            Path::new(&name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        anyhow::ensure!(inside, "the backup names the file “{name}”, which is not in the data folder");
        let path = folder.join(name);
        if path.try_exists()? {
            if std::fs::read(&path)? != bytes {
                kept.push(path);
            }
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        secrets::write_private(&path, &bytes).map_err(|error| file_error(&path, error))?;
        put.push(path);
    }
    Ok((put, kept))
}

async fn audit(target: Target<'_>, header: &Header, now: i64) -> anyhow::Result<()> {
    let db = match target {
        Target::Sqlite(file) => db::Db::sqlite(file).await?,
        Target::Postgres(url) => db::Db::postgres(url).await?,
    };
    let mut tx = db.begin().await?;
    tx.note(
        &audit::Event {
            school_id: header.school.as_deref(),
            account_id: None,
            action: "restore",
            object_kind: "backup",
            object_id: &header.id,
            detail: serde_json::json!({ "at": header.at, "program": header.program }),
        },
        now,
    );
    tx.commit().await.map_err(Error::into_anyhow)?;
    db.close().await;
    Ok(())
}
