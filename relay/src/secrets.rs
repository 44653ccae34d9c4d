//! Keys that are kept beside the database, never in it: whoever steals a copy of the database cannot try receipt codes
//! against it. The key that signs the extension is in `crx`, the one for TLS in `tls`.

use crate::random::{self, NoRandomness, Random};
use ring::hmac;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const FILE: &str = "secret.key";
const LENGTH: usize = 32;

/// The relay's own secret.
#[derive(Clone)]
pub struct Secrets {
    receipts: hmac::Key,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// Why the secret could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not a key.
    #[error(
        "{path} must hold {LENGTH} bytes but holds {found}; restore it from your backup: without it no receipt code opens"
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        found: usize,
    },
    /// No key could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Secrets {
    /// Reads `secret.key` in `folder`, or makes it, readable by its owner alone.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not a key.
    pub fn open(folder: &Path, random: &dyn Random) -> Result<Self, SecretsError> {
        let path = folder.join(FILE);
        let failed = |source| SecretsError::File { path: path.clone(), source };
        match std::fs::read(&path) {
            Ok(bytes) => {
                let key: [u8; LENGTH] = bytes.try_into().map_err(|bytes: Vec<u8>| SecretsError::Length {
                    path: path.clone(),
                    found: bytes.len(),
                })?;
                Ok(Self::from_bytes(&key))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = random::bytes::<LENGTH>(random)?;
                write_private(&path, &key).map_err(failed)?;
                Ok(Self::from_bytes(&key))
            }
            Err(source) => Err(failed(source)),
        }
    }

    /// Secrets from a known key.
    #[must_use]
    pub fn from_bytes(key: &[u8; LENGTH]) -> Self {
        Self { receipts: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// What the database keeps of a receipt code: HMAC-SHA256, hexadecimal.
    pub(crate) fn receipt_hash(&self, code: &str) -> String {
        hex(hmac::sign(&self.receipts, code.as_bytes()).as_ref())
    }

    /// What the database keeps of a named adult's folded name: HMAC-SHA256 over school and name, hexadecimal. A receipt
    /// code has no line break, so the two never hash the same text.
    pub(crate) fn name_key(&self, school: &str, folded: &str) -> String {
        hex(hmac::sign(&self.receipts, format!("name\n{school}\n{folded}").as_bytes()).as_ref())
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes a new file that only its owner may read, and waits until it is on the disk. It never replaces a file.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // Under another name first: a start that is cut short must not leave half a key, which would be refused for ever.
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let draft = path.with_file_name(name);
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    // Unlike a rename, a link never replaces what has the name already.
    std::fs::hard_link(&draft, path)?;
    std::fs::remove_file(&draft)?;
    // The name lasts when its folder is on the disk.
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn the_key_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let random = SystemRandom::default();
        let first = Secrets::open(folder.path(), &random).unwrap().receipt_hash("1234567812345678");
        let second = Secrets::open(folder.path(), &random).unwrap().receipt_hash("1234567812345678");
        assert_eq!(first, second);
        assert_eq!(first.len(), 64);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_start_that_was_cut_short_leaves_nothing_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(folder.path().join("key.new"), b"hal").unwrap();
        write_private(&path, b"half").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"half");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = write_private(&path, b"other").unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"half");
    }

    #[test]
    fn a_damaged_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), b"short").unwrap();
        let error = Secrets::open(folder.path(), &SystemRandom::default()).unwrap_err().to_string();
        assert!(error.contains("restore it from your backup"), "{error}");
        assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), b"short");
    }
}
