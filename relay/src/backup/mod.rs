//! Backups: the whole record, or one school's, in two sealed files, and back from them into an empty database of either
//! engine.
//!
//! The data file holds the record. The keys file holds what must be forgettable: the wrapped keys of schools, children and
//! records, and the hashes of words. Data files may be kept for as long as anybody likes, of keys files only the newest:
//! a child's key that was destroyed is not in it, so that nothing of that child opens from any data file, however old.
//! Opening takes the master key, which is in neither.
//!
//! [`form`] is how a file is sealed, [`records`] what stands in it, [`which`] what goes where, [`tally`] how two copies are
//! compared, [`write`] and [`restore`] do it, [`keep`] gives files their names, [`source`] opens a pair of them. The SQL is in `db::{catalogue, dump, load}`;
//! keys are changed and destroyed in `seal::{rotate, destroy}`.

mod form;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod keep;
mod records;
mod restore;
mod source;
mod tally;
mod which;
mod write;

#[cfg(test)]
mod measure_tests;

pub use restore::{Restored, Target, restore};
pub use tally::{SchoolSum, Summary};
pub use write::{Taken, back_up};

use std::path::PathBuf;

/// Why a backup was refused.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It is something else.
    #[error("{0} is not a Lapwing backup, or its beginning is damaged: use another copy of it")]
    NotABackup(PathBuf),
    /// It was written by a later version.
    #[error(
        "{path} was made by a newer version of Lapwing ({what}): restore it with that version or a later one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// What tells so.
        what: String,
    },
    /// It was changed, cut, or damaged.
    #[error("{path} is damaged: {what}. Nothing of it was used; take another copy of it")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A data file in the place of a keys file, or the other way round.
    #[error("{path} holds {found}, not {wanted}: give the data file first, and the keys file with --keys")]
    OtherContents {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: &'static str,
        /// What was looked for.
        wanted: &'static str,
    },
    /// No master key at hand opens the keys file.
    #[error(
        "{path} was sealed under the master key {fingerprint}, which is not the one at hand: use the newest keys file, or \
         the master key of that time"
    )]
    OtherMaster {
        /// The keys file.
        path: PathBuf,
        /// The fingerprint of the master key that opens it.
        fingerprint: String,
    },
    /// The keys file does not belong to the data file.
    #[error("{keys} does not hold the key to {data}: it is of another relay, or older than the data file")]
    NotItsKeys {
        /// The keys file.
        keys: PathBuf,
        /// The data file.
        data: PathBuf,
    },
    /// The keys file is from before the data file.
    #[error(
        "{keys} was made before {data}, so keys of the newest records are not in it: use the keys file that was made with \
         it, or a later one"
    )]
    OlderKeys {
        /// The keys file.
        keys: PathBuf,
        /// The data file.
        data: PathBuf,
    },
    /// Something has the name that a file of the backup was to get.
    #[error(
        "{path} {what}: give the new file another name, or move this one away first. It was left as it is"
    )]
    Taken {
        /// The file.
        path: PathBuf,
        /// What has its name.
        what: &'static str,
    },
    /// There is something already where the backup is to be restored to.
    #[error("{0}: a backup is restored into an empty place only, so that nothing is mixed or lost")]
    NotEmpty(String),
    /// What was restored is not what the backup holds. It was undone.
    #[error("what was restored is not what was backed up, and was undone: {}", .0.join("; "))]
    Different(Vec<String>),
}

/// The error of reading or writing `path`: damage is told from trouble with the disk.
fn file_error(path: &std::path::Path, error: std::io::Error) -> BackupError {
    match error.kind() {
        std::io::ErrorKind::InvalidData
        | std::io::ErrorKind::InvalidInput
        | std::io::ErrorKind::UnexpectedEof => {
            BackupError::Damaged { path: path.to_path_buf(), what: error.to_string() }
        }
        _ => BackupError::File { path: path.to_path_buf(), source: error },
    }
}
