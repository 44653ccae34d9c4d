//! The master key: 32 bytes that are never in the database. They come from a file in the data folder, from the
//! environment, or from a command that asks a key management service. A source may hold several keys, one a line in
//! base64: the first wraps, all of them open, so that a key can be changed while relays run (`cli::keys`).

use super::cipher::Key;
use crate::random::{NoRandomness, Random};
use crate::secrets::{hex, write_private};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use zeroize::Zeroizing;

/// The file's name in the data folder.
const FILE: &str = "master.key";

/// Where the master key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterSource {
    /// A file of base64 lines, made when absent.
    File(PathBuf),
    /// The text itself, from the environment.
    Text(Secret),
    /// A command whose standard output is the text, such as one that asks a key management service to decrypt it.
    Command(String),
}

/// Text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterError {
    /// The file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The command failed.
    #[error(
        "the master key command failed: {0}. Run it by hand; it must print the key in base64 and nothing else"
    )]
    Command(String),
    /// What was found is no key.
    #[error(
        "{0} must hold keys of 32 bytes in base64, one a line; restore it from your backup: without it no record opens"
    )]
    Form(String),
    /// No key could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// The master keys that a source holds. The first wraps; all of them open.
#[derive(Debug, Clone)]
pub struct Master {
    keys: Vec<(String, Key)>,
}

impl MasterSource {
    /// The file in the data folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self::File(folder.join(FILE))
    }

    /// Reads the keys. A file that is not there is made, readable by its owner alone.
    ///
    /// # Errors
    /// When the source cannot be read, or what it holds is no key.
    pub fn read(&self, random: &dyn Random) -> Result<Master, MasterError> {
        match self {
            Self::File(path) => {
                let failed = |source| MasterError::File { path: path.clone(), source };
                match std::fs::read_to_string(path).map(Zeroizing::new) {
                    Ok(text) => Master::parse(&text, &path.display().to_string()),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                        let master = Master::new(random)?;
                        write_private(path, master.text().as_bytes()).map_err(failed)?;
                        Ok(master)
                    }
                    Err(error) => Err(failed(error)),
                }
            }
            Self::Text(Secret(text)) => Master::parse(text, "the master key from the environment"),
            Self::Command(command) => {
                let output = Command::new("sh").args(["-c", command]).output();
                let output = output.map_err(|error| MasterError::Command(error.to_string()))?;
                if !output.status.success() {
                    return Err(MasterError::Command(output.status.to_string()));
                }
                let text = Zeroizing::new(String::from_utf8_lossy(&output.stdout).into_owned());
                Master::parse(&text, "what the master key command printed")
            }
        }
    }
}

impl MasterSource {
    /// Reads keys that must be there already: a file that has gone is not made anew.
    ///
    /// # Errors
    /// As [`read`](Self::read), and when there is no file.
    pub fn read_again(&self, random: &dyn Random) -> Result<Master, MasterError> {
        if let Self::File(path) = self {
            std::fs::metadata(path).map_err(|source| MasterError::File { path: path.clone(), source })?;
        }
        self.read(random)
    }
}

impl Master {
    /// A new key.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn new(random: &dyn Random) -> Result<Self, NoRandomness> {
        Ok(Self::of(vec![Key::new(random)?]))
    }

    /// Reads keys from base64 lines; `from` is where they came from, for the error.
    fn parse(text: &str, from: &str) -> Result<Self, MasterError> {
        let wrong = || MasterError::Form(from.to_owned());
        let keys = text
            .split_whitespace()
            .map(|line| {
                let bytes = Zeroizing::new(STANDARD.decode(line).map_err(|_| wrong())?);
                Ok(Key::from_bytes(bytes.as_slice().try_into().map_err(|_| wrong())?))
            })
            .collect::<Result<Vec<_>, MasterError>>()?;
        if keys.is_empty() { Err(wrong()) } else { Ok(Self::of(keys)) }
    }

    fn of(keys: Vec<Key>) -> Self {
        Self { keys: keys.into_iter().map(|key| (fingerprint(&key), key)).collect() }
    }

    /// These keys with a new one before them.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub(crate) fn with_new(&self, random: &dyn Random) -> Result<Self, NoRandomness> {
        let mut keys = Self::new(random)?.keys;
        keys.extend(self.keys.iter().cloned());
        Ok(Self { keys })
    }

    /// The first key alone.
    pub(crate) fn first_alone(&self) -> Self {
        Self { keys: self.keys.iter().take(1).cloned().collect() }
    }

    /// How many keys there are.
    pub(crate) fn count(&self) -> usize {
        self.keys.len()
    }

    /// The keys as a source holds them.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.keys.iter().map(|(_, key)| STANDARD.encode(key.bytes()) + "\n").collect())
    }

    /// The key that wraps, and its fingerprint. There is always one.
    pub(crate) fn current(&self) -> Option<(&str, &Key)> {
        self.keys.first().map(|(fingerprint, key)| (fingerprint.as_str(), key))
    }

    /// The key with this fingerprint.
    pub(crate) fn find(&self, fingerprint: &str) -> Option<&Key> {
        self.keys.iter().find(|(known, _)| known == fingerprint).map(|(_, key)| key)
    }
}

/// Puts `master` into the file that is there, for the same owner, and waits until it is on the disk. What stood in the file
/// is written over, as far as the disk lets it be.
///
/// # Errors
/// When the file cannot be read, written, or given to its owner. It then still holds what it held.
pub(super) fn replace(path: &Path, master: &Master) -> std::io::Result<()> {
    let mut old = std::fs::OpenOptions::new().write(true).open(path)?;
    let mut name = std::ffi::OsString::from(path);
    name.push(".new");
    let new = PathBuf::from(name);
    // Left behind by a change that was interrupted: nothing uses it.
    if new.try_exists()? {
        std::fs::remove_file(&new)?;
    }
    write_private(&new, master.text().as_bytes())?;
    let meant = old.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        std::os::unix::fs::chown(&new, Some(meant.uid()), Some(meant.gid()))?;
    }
    std::fs::rename(&new, path)?;
    if let Some(folder) = path.parent().filter(|folder| cfg!(unix) && !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    let length = usize::try_from(meant.len()).map_err(std::io::Error::other)?;
    old.write_all(&vec![0; length])?;
    old.sync_all()
}

/// Which key this is, without telling anything about it: 64 bits, hexadecimal.
fn fingerprint(key: &Key) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.bytes()), b"lapwing:1:master fingerprint");
    hex(tag.as_ref().get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn the_file_is_made_once_and_several_keys_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let random = SystemRandom::default();
        let source = MasterSource::in_folder(folder.path());
        let made = source.read(&random).unwrap();
        let again = source.read(&random).unwrap();
        assert_eq!(made.current().unwrap().0, again.current().unwrap().0);
        let both = made.with_new(&random).unwrap();
        let read = MasterSource::Text(Secret(both.text().to_string())).read(&random).unwrap();
        assert_ne!(read.current().unwrap().0, made.current().unwrap().0);
        assert!(read.find(made.current().unwrap().0).is_some());
        assert!(read.first_alone().find(made.current().unwrap().0).is_none());
    }

    #[test]
    fn a_file_is_replaced_whole_and_stays_private() {
        let folder = tempfile::tempdir().unwrap();
        let random = SystemRandom::default();
        let source = MasterSource::in_folder(folder.path());
        let made = source.read(&random).unwrap();
        let path = folder.path().join(FILE);
        let held = std::fs::File::open(&path).unwrap();
        replace(&path, &made.with_new(&random).unwrap()).unwrap();
        assert_eq!(source.read_again(&random).unwrap().count(), 2);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // Whoever still has the old file open reads nothing of the old key in it.
        let mut old = String::new();
        std::io::Read::read_to_string(&mut &held, &mut old).unwrap();
        assert!(old.bytes().all(|byte| byte == 0), "{old}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::remove_file(&path).unwrap();
        assert!(
            source.read_again(&random).is_err() && !path.exists(),
            "a file that has gone is not made anew"
        );
    }

    #[test]
    fn what_is_no_key_is_refused_with_what_to_do() {
        let random = SystemRandom::default();
        for wrong in ["", "c2hvcnQ=", "not base64 at all!"] {
            let error = MasterSource::Text(Secret(wrong.into())).read(&random).unwrap_err().to_string();
            assert!(error.contains("restore it from your backup"), "{error}");
        }
        let error = MasterSource::Command("exit 3".into()).read(&random).unwrap_err().to_string();
        assert!(error.contains("Run it by hand"), "{error}");
        let key = Master::new(&random).unwrap();
        let command = MasterSource::Command(format!("echo '{}'", key.text().trim()));
        assert_eq!(command.read(&random).unwrap().current().unwrap().0, key.current().unwrap().0);
    }
}
