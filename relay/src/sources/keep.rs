//! Keeps lists: checks that what came can be read as its kind, stores its bytes, brings them back as files for the builder, and
//! forgets what nothing is made of any more. One piece of work at a time goes on in the data folder's `lists.work`.

use super::{Entry, Trouble, in_force};
use crate::app::App;
use crate::db::list_sources::{self, Kept, Source};
use crate::db::{list_builds, packs};
use crate::error::Error;
use crate::secrets::hex;
use lapwing_core::Category;
use lapwing_packs::sources::{Collected, Format, Said, SourceError, Spec};
use ring::digest::{SHA256, digest};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::OwnedMutexGuard;

/// The folder's name in the data folder.
const FOLDER: &str = "lists.work";

/// Files that are worked on; they are gone when the work is.
pub(crate) struct Work(Arc<Turn>);

/// Nobody else works on lists while there is one.
struct Turn {
    folder: PathBuf,
    _turn: OwnedMutexGuard<()>,
}

impl Work {
    /// Begins when no other work on lists goes on.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(crate) async fn begin(app: &App) -> Result<Self, Error> {
        let turn = Arc::clone(&app.list_work).lock_owned().await;
        let data = app.secrets.folder().ok_or_else(|| Error::Internal("there is no data folder".into()))?;
        let all = data.join(FOLDER);
        // What a relay that was ended in its midst left behind.
        match std::fs::remove_dir_all(&all) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::internal(error)),
            _ => {}
        }
        // Of its own, so that work which was given up and still writes finds no place.
        let folder = all.join(app.new_id()?);
        std::fs::create_dir_all(&folder).map_err(Error::internal)?;
        Ok(Self(Arc::new(Turn { folder, _turn: turn })))
    }

    /// Does what keeps a processor busy where that holds up nobody. Whoever asked may give up and be gone meanwhile; the turn
    /// ends when the task does, so that no other is begun beside it.
    ///
    /// # Errors
    /// When the task panics.
    pub(super) async fn busy<T: Send + 'static>(
        &self,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.0);
        let task = move || {
            let done = task();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(task).await.map_err(Error::internal)
    }

    /// A place for a file.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.0.folder.join(name)
    }

    /// The lists of a proposal as files; none when one of them is no longer kept. `prefix` tells several proposals apart.
    pub(super) async fn lists(
        &self,
        app: &App,
        entries: &[Entry],
        prefix: &str,
    ) -> Result<Option<Vec<Spec>>, Error> {
        let mut specs = Vec::with_capacity(entries.len());
        for (number, entry) in entries.iter().enumerate() {
            let Some(path) = self.list(app, entry, &format!("{prefix}{number}")).await? else {
                return Ok(None);
            };
            specs.push(spec(entry, path)?);
        }
        Ok(Some(specs))
    }

    async fn list(&self, app: &App, entry: &Entry, name: &str) -> Result<Option<PathBuf>, Error> {
        let key = (entry.id.as_str(), entry.digest.as_str());
        let Some(mut piece) = list_sources::piece(app.db.read(), key, 0).await? else { return Ok(None) };
        let path = self.place(&format!("{name}{}", ending(&piece)));
        let mut file = tokio::fs::File::create(&path).await.map_err(Error::internal)?;
        let mut sum = ring::digest::Context::new(&SHA256);
        for number in 1.. {
            sum.update(&piece);
            file.write_all(&piece).await.map_err(Error::internal)?;
            let Some(next) = list_sources::piece(app.db.read(), key, number).await? else { break };
            piece = next;
        }
        file.flush().await.map_err(Error::internal)?;
        // Half a list, as a relay leaves it that is ended while it stores one, must not become half a pack.
        Ok((hex(sum.finish().as_ref()) == entry.digest).then_some(path))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "the working copies of lists could not be removed");
        }
    }
}

/// How the builder knows that a file is packed: by what it begins with, since names lie.
fn ending(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x1f, 0x8b, ..] => ".gz",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ".zst",
        _ => "",
    }
}

fn spec(entry: &Entry, path: PathBuf) -> Result<Spec, Error> {
    let format = Format::named(&entry.kind, &entry.category).map_err(Error::Internal)?;
    Ok(Spec::new(format, path, Said { name: &entry.name, licence: &entry.licence, by: &entry.by }))
}

/// What came of storing a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It is what was kept already.
    Same,
    /// It is kept from now on, with so many rules.
    New(u64),
}

/// Checks a list and keeps it in the place of what was kept of `source`, with what its server calls it.
///
/// # Errors
/// In words when it cannot be read as the kind of list that the source is; what was kept before stays then.
pub(crate) async fn store(
    app: &App,
    work: &Work,
    source: &Source,
    bytes: Vec<u8>,
    (etag, modified): (&str, &str),
) -> Result<Stored, Trouble> {
    let sum = hex(digest(&SHA256, &bytes).as_ref());
    let key = (source.id.as_str(), sum.as_str());
    let same = sum == source.digest;
    let rules = if same {
        source.rules
    } else {
        i64::try_from(read(work, source, &bytes).await?).unwrap_or(i64::MAX)
    };
    if !same {
        put(app, key, &bytes).await?;
    }
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let taken_at = if same { source.taken_at } else { app.now() };
    let mut tx = app.db.begin().await?;
    let kept = Kept { digest: &sum, length, rules, etag, modified };
    if !list_sources::keep(&mut tx, source, kept, taken_at).await? {
        drop(tx);
        sweep(app).await?;
        return Err(Trouble::said("This source was changed or removed while its list came."));
    }
    tx.commit().await?;
    if list_sources::count(app.db.read(), key).await? != list_sources::pieces_of(length) {
        // Another relay of the fleet swept up between the pieces and the row that names them. Now they are wanted.
        put(app, key, &bytes).await?;
    }
    sweep(app).await?;
    Ok(if same { Stored::Same } else { Stored::New(u64::try_from(rules).unwrap_or_default()) })
}

async fn put(app: &App, key: (&str, &str), bytes: &[u8]) -> Result<(), Error> {
    // Each piece by itself: on SQLite whoever writes keeps others from writing.
    for (number, piece) in list_sources::pieces(bytes) {
        let mut tx = app.db.begin().await?;
        list_sources::put_piece(&mut tx, key, number, piece).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// How many rules a list has.
async fn read(work: &Work, source: &Source, bytes: &[u8]) -> Result<u64, Trouble> {
    let path = work.place(&format!("check{}", ending(bytes)));
    tokio::fs::write(&path, bytes).await.map_err(Trouble::internal)?;
    let spec = spec(&Entry::of(source), path)?;
    let secret = source.settings.category == Category::Illegal.as_str();
    let read = move || {
        let mut collected = Collected::default();
        collected.read(&spec).map(|()| collected.rules.len() as u64)
    };
    work.busy(read).await?.map_err(|error| Trouble::Said(unusable(error, secret)))
}

/// Why a list cannot be used, for a page: without this machine's paths, and without what the command line wants.
pub(super) fn unusable(error: SourceError, secret: bool) -> String {
    match error {
        SourceError::Useless { why, .. } if !secret => {
            format!("No line of it could be used ({why}). Is it a list of another kind?")
        }
        SourceError::Useless { .. } => {
            "No line of it could be used. Is it a list of another kind?".to_owned()
        }
        SourceError::Large { megabytes, .. } => {
            format!("It unpacks to more than {megabytes} MB, which no list of sites has.")
        }
        SourceError::Many { most, .. } => {
            format!(
                "All lists together have more than {most} rules, which no school needs. Leave out a list."
            )
        }
        SourceError::Line { line, what, .. } => format!("Line {line} of it cannot be used: {what}."),
        SourceError::Wrong { what, .. } => format!("It cannot be used: {what}."),
        SourceError::File { source, .. } => format!("It could not be read, or is packed wrongly ({source})."),
    }
}

/// Forgets the bytes of lists of which nothing is made any more: neither what is kept of a source, nor a proposal that waits,
/// nor a pack that is in force or can be brought back.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn sweep(app: &App) -> Result<(), Error> {
    let sources = list_sources::all(app.db.read()).await?;
    let mut wanted: BTreeSet<(String, String)> =
        sources.into_iter().map(|source| (source.id, source.digest)).collect();
    let mut manifests: Vec<String> =
        list_builds::waiting(app.db.read()).await?.into_iter().map(|build| build.manifest).collect();
    let kept = packs::kept(app.db.read()).await?;
    let all = packs::all(app.db.read()).await?;
    for (pack, manifest) in list_builds::published(app.db.read()).await? {
        let is_kept = |digest: &str| kept.iter().any(|kept| kept == digest);
        let brought_back = all.iter().any(|other| other.restores == pack && is_kept(&other.digest));
        if is_kept(&pack) || brought_back {
            manifests.push(manifest);
        }
    }
    for manifest in manifests {
        let entries = in_force::entries(&manifest)?;
        wanted.extend(entries.into_iter().map(|entry| (entry.id, entry.digest)));
    }
    for (id, digest) in list_sources::files(app.db.read()).await? {
        if !wanted.contains(&(id.clone(), digest.clone())) {
            let mut tx = app.db.begin().await?;
            list_sources::forget(&mut tx, (&id, &digest)).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use tokio::sync::Mutex;

    #[tokio::test]
    async fn a_build_that_nobody_waits_for_any_more_still_has_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let turns = Arc::new(Mutex::new(()));
        let turn = Arc::clone(&turns).lock_owned().await;
        let folder = folder.path().join("work");
        std::fs::create_dir(&folder).unwrap();
        let work = Work(Arc::new(Turn { folder: folder.clone(), _turn: turn }));
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let asked = tokio::spawn(async move {
            let task = move || {
                begun.send(()).unwrap();
                may_go_on.recv().unwrap();
            };
            work.busy(task).await
        });
        has_begun.await.unwrap();
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        assert!(turns.try_lock().is_err() && folder.exists(), "another would begin beside it");
        go_on.send(()).unwrap();
        drop(turns.lock().await);
        assert!(!folder.exists());
    }
}
