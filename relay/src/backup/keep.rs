//! Files of a backup getting their names, when all of them is on the disk. A name that is taken stays with what has it, but
//! for one: of keys files only the newest may stay, so an older one gives way. A newer one does not: a backup that began
//! earlier and took longer would otherwise take the keys away from the later one, whose data file nobody could open then,
//! and bring back keys that were destroyed meanwhile. Which one is newer is asked of the database, not of a clock.

use super::form::{Contents, Header, read_header};
use super::{BackupError, file_error};
use crate::app::App;
use crate::db::backups;
use crate::error::Error;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A file that goes away again unless it is kept.
pub(super) struct Unkept {
    part: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Unkept {
    pub(super) fn new(path: &Path) -> Self {
        let part = beside(path, &format!(".{}.part", uuid::Uuid::new_v4().simple()));
        Self { part, path: path.to_path_buf(), kept: false }
    }

    pub(super) fn create(&self) -> io::Result<File> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.part)
    }

    /// Gives the file its name, on the disk too. What has the name already keeps it.
    pub(super) fn keep(mut self) -> Result<(), BackupError> {
        let failed = |error| file_error(&self.path, error);
        // Unlike a rename, a link never replaces anything. Not every network drive has links.
        match std::fs::hard_link(&self.part, &self.path) {
            Ok(()) => {
                // The name is what counts; a second one that stays says by itself what it is.
                let _ = std::fs::remove_file(&self.part);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(taken(&self.path)),
            Err(_) => {
                is_free(&self.path)?;
                std::fs::rename(&self.part, &self.path).map_err(failed)?;
            }
        }
        sync_folder(&self.path).map_err(failed)?;
        self.kept = true;
        Ok(())
    }

    fn replace(mut self) -> Result<(), BackupError> {
        let failed = |error| file_error(&self.path, error);
        std::fs::rename(&self.part, &self.path).map_err(failed)?;
        sync_folder(&self.path).map_err(failed)?;
        self.kept = true;
        Ok(())
    }

    /// Gives a keys file, whose header is `own`, its name, in the place of an older one. Answers whether it got it: a newer
    /// one stays, and opens what this one would.
    ///
    /// # Errors
    /// When something else than a keys file has the name, the database cannot be asked, or the disk fails.
    pub(super) async fn keep_newest(self, app: &App, own: &Header, backup_key: &str) -> anyhow::Result<bool> {
        // Two backups of one database look one after the other, whatever machines they run on. The lock ends with this.
        let mut tx = app.db.begin().await?;
        backups::lock(&mut tx, backup_key).await.map_err(Error::into_anyhow)?;
        if let Some(there) = keys_file(&self.path)?.and_then(|header| header.reached)
            && own.reached.as_ref().is_some_and(|own| there.events > own.events)
            && backups::knows(&mut tx, &there).await.map_err(Error::into_anyhow)?
        {
            return Ok(false);
        }
        self.replace()?;
        Ok(true)
    }
}

impl Drop for Unkept {
    fn drop(&mut self) {
        if !self.kept {
            // There is nobody to tell, and a half file that stays says by its name what it is.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// Checks that nothing has the name `path`.
pub(super) fn is_free(path: &Path) -> Result<(), BackupError> {
    if path.try_exists().map_err(|error| file_error(path, error))? { Err(taken(path)) } else { Ok(()) }
}

fn taken(path: &Path) -> BackupError {
    BackupError::Taken { path: path.to_path_buf(), what: "is there already" }
}

/// The header of the keys file `path` of a whole relay, if there is one.
///
/// # Errors
/// When something else has that name, which may be all that somebody has of it.
pub(super) fn keys_file(path: &Path) -> Result<Option<Header>, BackupError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file_error(path, error)),
    };
    let other = |what| BackupError::Taken { path: path.to_path_buf(), what };
    // Some scripts make an empty file first, for its rights. Nobody loses anything with it.
    if file.metadata().map_err(|error| file_error(path, error))?.len() == 0 {
        return Ok(None);
    }
    match read_header(&mut file, path) {
        Ok((header, _)) if header.contents == Contents::Data => Err(other("is a data file, not a keys file")),
        Ok((header, _)) if header.school.is_some() => {
            Err(other("is the keys file of one school’s bundle, which nothing else opens"))
        }
        Ok((header, _)) => Ok(Some(header)),
        Err(BackupError::NotABackup(_)) => Err(other("is no keys file, or a damaged one")),
        Err(error) => Err(error),
    }
}

/// `path` with `ending` after its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Waits until the name of `path` is on the disk. Windows has no such thing.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
