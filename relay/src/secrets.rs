//! Keys that are kept beside the database, never in it: whoever steals a copy of the database cannot try receipt codes
//! against it. The key that signs the extension is in `crx`, the one for TLS in `tls`.

use crate::error::Error;
use crate::lists;
use crate::random::{self, NoRandomness, Random};
use lapwing_packs::PackKey;
use ring::{aead, hmac};
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The file’s name in the data folder.
pub(crate) const FILE: &str = "secret.key";
const LENGTH: usize = 32;

/// The relay's own secret.
#[derive(Clone)]
pub struct Secrets {
    receipts: hmac::Key,
    names: hmac::Key,
    sealing: aead::LessSafeKey,
    /// Where further keys lie; none for secrets that lie nowhere.
    folder: Option<PathBuf>,
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
                Ok(Self { folder: Some(folder.to_path_buf()), ..Self::from_bytes(&key) })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = random::bytes::<LENGTH>(random)?;
                write_private(&path, &key).map_err(failed)?;
                Ok(Self { folder: Some(folder.to_path_buf()), ..Self::from_bytes(&key) })
            }
            Err(source) => Err(failed(source)),
        }
    }

    /// The key that signs packs of lists, made when it is not there yet.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is no key.
    pub(crate) fn pack_key(&self) -> Result<PackKey, Error> {
        let folder = self.folder.as_ref().ok_or_else(|| Error::Internal("there is no data folder".into()))?;
        Ok(lists::key(folder).map_err(|error| Error::Internal(format!("{error:#}")))?.0)
    }

    /// The folder in which keys lie; none for secrets that lie nowhere.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Secrets from a known key.
    #[must_use]
    ///
    /// # Panics
    /// Never: a key of 32 bytes is one for ChaCha20-Poly1305.
    pub fn from_bytes(key: &[u8; LENGTH]) -> Self {
        let receipts = hmac::Key::new(hmac::HMAC_SHA256, key);
        // A key for each use: what is learnt about one says nothing about another (NIST SP 800-108, HMAC as the PRF).
        let derive = |label: &[u8]| hmac::sign(&receipts, label);
        let names = hmac::Key::new(hmac::HMAC_SHA256, derive(b"lapwing names v1\0").as_ref());
        let sealing = sealing_key(derive(b"lapwing sealing v1\0").as_ref());
        Self { receipts, names, sealing, folder: None }
    }

    /// A name under which something can be found again without its being readable from the database: an e-mail address,
    /// a network. HMAC-SHA256, hexadecimal.
    pub(crate) fn name_hash(&self, name: &str) -> String {
        hex(hmac::sign(&self.names, name.as_bytes()).as_ref())
    }

    /// Seals a small secret of the relay's own (an app's key, a client secret, a session's key) for the row that `place` names; it opens
    /// nowhere else. ChaCha20-Poly1305 with a random nonce in front, which is safe for thousands of millions of secrets.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub(crate) fn seal(
        &self,
        random: &dyn Random,
        place: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, NoRandomness> {
        let nonce = random::bytes::<{ aead::NONCE_LEN }>(random)?;
        let mut sealed = plain.to_vec();
        let bound = aead::Aad::from(place.as_bytes());
        let tag = self
            .sealing
            .seal_in_place_separate_tag(aead::Nonce::assume_unique_for_key(nonce), bound, &mut sealed)
            .map_err(|_| NoRandomness)?;
        Ok([nonce.as_slice(), &sealed, tag.as_ref()].concat())
    }

    /// What was sealed for `place`; none when it was altered, moved, or sealed with another key.
    pub(crate) fn unseal(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(aead::NONCE_LEN)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut rest = rest.to_vec();
        let plain = self.sealing.open_in_place(nonce, aead::Aad::from(place.as_bytes()), &mut rest).ok()?;
        Some(plain.to_vec())
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

/// The key for sealing, of the 32 bytes that an HMAC-SHA256 has.
fn sealing_key(bytes: &[u8]) -> aead::LessSafeKey {
    match aead::UnboundKey::new(&aead::CHACHA20_POLY1305, bytes) {
        Ok(key) => aead::LessSafeKey::new(key),
        Err(_) => unreachable!("HMAC-SHA256 has the length of a key for ChaCha20-Poly1305"),
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
    fn a_sealed_secret_opens_in_its_own_place_alone() {
        let (random, secrets) = (SystemRandom::default(), Secrets::from_bytes(&[7; LENGTH]));
        let sealed = secrets.seal(&random, "totp/1", b"hush").unwrap();
        assert_eq!(secrets.unseal("totp/1", &sealed).unwrap(), b"hush");
        assert_ne!(sealed, secrets.seal(&random, "totp/1", b"hush").unwrap(), "a nonce of its own");
        assert_eq!(secrets.unseal("totp/2", &sealed), None);
        assert_eq!(Secrets::from_bytes(&[8; LENGTH]).unseal("totp/1", &sealed), None);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(secrets.unseal("totp/1", &altered), None, "byte {at}");
            assert_eq!(secrets.unseal("totp/1", &sealed[..at]), None, "cut at {at}");
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
