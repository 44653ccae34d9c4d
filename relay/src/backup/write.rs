//! Making a backup while the relay goes on: every row of one moment, straight from the database into the sealed files. Few
//! rows are in memory at a time. A file has its name only when all of it is on the disk.

use super::form::{Contents, Header, Sealed, Under};
use super::keep::{self, Unkept, beside};
use super::records::{Heading, Record};
use super::tally::{Summary, Tally};
use super::which::{self, Place};
use super::{BackupError, file_error};
use crate::app::App;
use crate::db::backups::{self, Reached};
use crate::db::catalogue::{self, Table};
use crate::db::dump::{self, Owned, Shape, Value};
use crate::db::keys::{self, KeyRow, Kind};
use crate::db::scope::{self, Scope};
use crate::db::{audit, schools};
use crate::error::Error;
use crate::proof::anchor;
use crate::seal::{Key, Master};
use crate::{crx, lists, secrets};
use anyhow::Context as _;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use futures_util::StreamExt as _;
use sqlx::AnyConnection;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The moment that it holds, milliseconds since 1970.
    pub at: i64,
    /// What the data file holds.
    pub data: Summary,
    /// What the keys file holds.
    pub keys: Summary,
    /// Whether a later backup was quicker: then its keys file stays, which opens this data file too.
    pub newer_keys: bool,
    /// The file with the key that opens the bundle of one school.
    pub transfer_key: Option<PathBuf>,
}

/// Makes a backup of everything, or of one school, in `data` and `keys`. `folder` is the data folder, whose small files go
/// along. An older keys file of the whole relay that is there already is replaced; a newer one stays, and so does every other
/// file.
///
/// The bundle of one school is for another relay. It is sealed under a key of its own, which is written beside the data
/// file: this relay's keys stay here.
///
/// # Errors
/// When the database cannot be read, a file cannot be written, or there is no such school. Then no file has its name.
pub async fn back_up(
    app: &App,
    folder: &Path,
    files: (&Path, &Path),
    school: Option<&str>,
) -> anyhow::Result<Taken> {
    scope::within(Scope::Relay, write(app, folder, files, school)).await
}

async fn write(
    app: &App,
    folder: &Path,
    (data, keys): (&Path, &Path),
    school: Option<&str>,
) -> anyhow::Result<Taken> {
    // Looked at now, so that nobody waits for a backup that cannot get its names; and once more when it gets them.
    keep::is_free(data)?;
    if school.is_some() {
        keep::is_free(keys)?;
    } else {
        keep::keys_file(keys)?;
    }
    if let Some(school) = school
        && !schools::ids(app.db.read()).await.map_err(Error::into_anyhow)?.iter().any(|id| id == school)
    {
        anyhow::bail!("there is no school with the id {school}: `lapwing-relay keys list` shows the ids");
    }
    if let Some(school) = school {
        // A bundle of what cannot be opened here would be worth nothing there.
        app.vault(school).await.map_err(Error::into_anyhow)?;
    }
    let backup_key = begin(app, school).await.map_err(Error::into_anyhow)?;
    let mut snapshot = app.db.snapshot().await?;
    // The first statement decides which moment it is.
    let schema = catalogue::version(&mut snapshot).await?.context("the database has no schema")?;
    let at = app.now();
    let reached = backups::reached(&mut snapshot).await.map_err(Error::into_anyhow)?;
    let all = catalogue::tables(&mut snapshot).await?;
    let transfer = school.map(|_| Master::new(app.random.as_ref())).transpose()?;
    let backup_id = backup_key.id.clone();
    let wrapping = Wrapping::new(app, transfer.as_ref(), backup_key)?;

    let mut job = Job { app, all: &all, school, schema, at, reached, transfer: transfer.as_ref() };
    let (keys_kept, keys_header, keys_sum) =
        job.file(&mut snapshot, keys, Contents::Keys, &wrapping.keys, &small_files(folder, school)?).await?;
    let (data_kept, _, data_sum) = job.file(&mut snapshot, data, Contents::Data, &wrapping.data, &[]).await?;
    drop(snapshot);

    let transfer_key = transfer.map(|transfer| write_transfer_key(data, &transfer)).transpose()?;
    // Keys first: newer keys open older data, but not the other way round.
    let newer_keys = if school.is_some() {
        keys_kept.keep()?;
        false
    } else {
        !keys_kept.keep_newest(app, &keys_header, &backup_id).await?
    };
    data_kept.keep()?;
    Ok(Taken { at, data: data_sum, keys: keys_sum, newer_keys, transfer_key })
}

/// Audits the backup, and answers the relay's backup key, made when there is none.
async fn begin(app: &App, school: Option<&str>) -> Result<KeyRow, Error> {
    let mut tx = app.db.begin().await?;
    let row = match keys::newest_backup(&mut tx).await? {
        Some(row) => row,
        None => {
            let (id, key) = (app.new_id()?, Key::new(app.random.as_ref())?);
            let row = app.vaults.wrapped(app.random.as_ref(), "", (Kind::Backup, &id), &key)?;
            keys::insert(&mut tx, None, &row, app.now()).await?;
            row
        }
    };
    let event = audit::Event {
        school_id: school,
        account_id: None,
        action: "back_up",
        object_kind: if school.is_some() { "school" } else { "relay" },
        object_id: school.unwrap_or_default(),
        detail: serde_json::Value::Null,
    };
    tx.note(&event, app.now());
    tx.commit().await?;
    Ok(row)
}

/// What the two files' keys are wrapped by.
struct Wrapping {
    data: (Key, Under),
    keys: (Key, Under),
}

impl Wrapping {
    fn new(app: &App, transfer: Option<&Master>, backup: KeyRow) -> anyhow::Result<Self> {
        let own = app.vaults.master();
        let master = transfer.unwrap_or(&own);
        let (fingerprint, key) = master.current().context("there is no master key")?;
        let by_master = || (key.clone(), Under::Master(fingerprint.to_owned()));
        let data = if transfer.is_some() {
            by_master()
        } else {
            (app.vaults.unwrapped(app.random.as_ref(), "", &backup, None)?, Under::Backup(backup.id))
        };
        Ok(Self { data, keys: by_master() })
    }
}

/// What both files have in common.
struct Job<'a> {
    app: &'a App,
    all: &'a [Table],
    school: Option<&'a str>,
    schema: i64,
    at: i64,
    reached: Option<Reached>,
    transfer: Option<&'a Master>,
}

type Out<'a> = DeflateEncoder<Sealed<'a, BufWriter<File>>>;

impl<'a> Job<'a> {
    /// Writes one of the two files under a name that it will not keep.
    async fn file(
        &mut self,
        snapshot: &mut AnyConnection,
        path: &Path,
        contents: Contents,
        (wrapper, under): &(Key, Under),
        files: &[(String, Vec<u8>)],
    ) -> anyhow::Result<(Unkept, Header, Summary)> {
        let random = self.app.random.as_ref();
        let unkept = Unkept::new(path);
        let what = (contents, self.app.new_id()?, self.school.map(str::to_owned));
        let (mut header, key) = Header::new(random, wrapper, what, (self.schema, self.at), under.clone())?;
        // How far the relay has got is nothing that a bundle for another one needs to tell.
        header.reached = self.reached.clone().filter(|_| self.school.is_none());
        let failed = |error| file_error(path, error);
        let file = BufWriter::with_capacity(1 << 20, unkept.create().map_err(failed)?);
        let sealed = Sealed::begin(file, random, &header, key).map_err(failed)?;
        // Most of it is ciphertext, which nothing makes smaller; ids and times shrink at any level.
        let mut out = DeflateEncoder::new(sealed, Compression::fast());
        for (path, bytes) in files {
            Record::File(path.clone(), bytes.clone()).write(&mut out).map_err(failed)?;
        }
        let place = if contents == Contents::Keys { Place::Keys } else { Place::Data };
        let summary =
            self.tables(snapshot, place, &mut out).await.with_context(|| path.display().to_string())?;
        Record::End(summary.clone()).write(&mut out).map_err(failed)?;
        let file = out.finish().and_then(Sealed::finish).map_err(failed)?;
        file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
        Ok((unkept, header, summary))
    }

    async fn tables(
        &self,
        snapshot: &mut AnyConnection,
        place: Place,
        out: &mut Out<'a>,
    ) -> anyhow::Result<Summary> {
        let mut tally = Tally::default();
        for table in self.all.iter().filter(|table| which::place(&table.name, self.school.is_some()) == place)
        {
            let heading =
                Heading { table: table.name.clone(), columns: table.columns.clone(), key: table.key.clone() };
            Record::Table(heading.clone()).write(out)?;
            tally.table(&heading);
            let shape = Shape { table, columns: &table.columns, key: &table.key };
            let mut rows = dump::rows(&mut *snapshot, self.all, shape, self.school);
            while let Some(row) = rows.next().await {
                let mut row = row?;
                if let Some(transfer) = self.transfer
                    && table.name == "sealing_key"
                {
                    self.hand_over(&heading, &mut row, transfer)?;
                }
                if self.transfer.is_some() && table.name == "school" {
                    keeps_no_lists(&heading, &mut row);
                }
                tally.row(&heading, &row)?;
                let Owned { school, values } = row;
                Record::Row(school, values).write(out)?;
            }
        }
        Ok(tally.summary())
    }

    /// Wraps a school's own key for the relay that it goes to.
    fn hand_over(&self, heading: &Heading, row: &mut Owned, transfer: &Master) -> anyhow::Result<()> {
        let at = |name: &str| heading.columns.iter().position(|column| column.name == name);
        let text = |name: &str| match at(name).and_then(|at| row.values.get(at)) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let Some(Value::Bytes(wrapped)) = at("wrapped").and_then(|at| row.values.get(at)) else {
            return Ok(());
        };
        if text("kind") != Kind::School.as_str() {
            return Ok(());
        }
        let old =
            KeyRow { id: text("id"), kind: Kind::School, under: text("under"), wrapped: wrapped.clone() };
        let new = match self.app.vaults.rewrapped(self.app.random.as_ref(), &row.school, &old, transfer) {
            Ok(new) => new,
            Err(error) => {
                // An older key that nobody can open here is no use there either. Without the present one, the school’s
                // vault, opened before, would not have opened.
                tracing::error!(key = old.id, %error, "a key of the school cannot be handed over");
                return Ok(());
            }
        };
        for (name, value) in [("under", Value::Text(new.under)), ("wrapped", Value::Bytes(new.wrapped))] {
            if let Some(place) = at(name).and_then(|at| row.values.get_mut(at)) {
                *place = value;
            }
        }
        Ok(())
    }
}

/// The small files of the data folder without which a restored relay would not be the same: receipt codes would no longer
/// open, browsers would take the extension for another one, anchors would be signed by somebody else, and devices would refuse
/// the next lists. The master key
/// is not among them, nor is anything in the bundle of one school: these are the relay's.
fn small_files(folder: &Path, school: Option<&str>) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let names = [secrets::FILE, crx::FILE, anchor::KEY, lists::FILE];
    let mut files = Vec::new();
    for name in names.into_iter().filter(|_| school.is_none()) {
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => files.push((name.to_owned(), bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(BackupError::File { path, source }.into()),
        }
    }
    Ok(files)
}

fn write_transfer_key(data: &Path, key: &Master) -> anyhow::Result<PathBuf> {
    let path = beside(data, ".transfer-key");
    secrets::write_private(&path, key.text().as_bytes()).map_err(|error| file_error(&path, error))?;
    Ok(path)
}

/// At another relay nobody has named the school as the one that keeps every school's lists.
fn keeps_no_lists(heading: &Heading, row: &mut Owned) {
    let at = heading.columns.iter().position(|column| column.name == "keeps_lists");
    if let Some(value) = at.and_then(|at| row.values.get_mut(at)) {
        *value = Value::Number(0);
    }
}
