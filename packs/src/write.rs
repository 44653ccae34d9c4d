//! Writes packs and signs them, and keeps the key that signs. What a pack is made of is core's `pack`.

use crate::{KeyError, MapError};
use ed25519_dalek::{Signer as _, SigningKey};
use lapwing_core::pack::{Header, Kind, Pack, PublicKey};
use std::io::Write as _;
use std::path::Path;

/// Signs packs. Whoever has it decides what every device of the school believes.
pub struct PackKey(SigningKey);

impl PackKey {
    /// From its 32 secret bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads a key's file, or makes it, readable by its owner alone; says whether it was made. `random` gives 32 bytes that
    /// nobody can guess.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is no key.
    pub fn open(path: &Path, random: impl FnOnce() -> Option<[u8; 32]>) -> Result<(Self, bool), KeyError> {
        let failed = |source| KeyError::File { path: path.to_path_buf(), source };
        match std::fs::read(path) {
            Ok(bytes) => {
                let seed = bytes.try_into().map_err(|_| KeyError::NotAKey(path.to_path_buf()))?;
                Ok((Self::from_seed(&seed), false))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let seed = random().ok_or(KeyError::NoRandomness)?;
                let mut options = std::fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(path).map_err(failed)?;
                file.write_all(&seed).and_then(|()| file.sync_all()).map_err(failed)?;
                Ok((Self::from_seed(&seed), true))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// What devices must know to believe its packs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
}

/// A pack of these sections, signed. `parent` is the digest of the pack whose changes it holds.
#[must_use]
pub fn pack(key: &PackKey, version: u64, parent: Option<[u8; 32]>, sections: &[(Kind, &[u8])]) -> Vec<u8> {
    let header = Header {
        version,
        parent: parent.unwrap_or_default(),
        signer: key.public(),
        sections: sections.iter().map(|(kind, bytes)| Header::entry(*kind, bytes)).collect(),
    };
    let signature = key.0.sign(&header.to_sign()).to_bytes();
    let mut bytes = header.to_bytes();
    bytes.extend(signature);
    sections.iter().for_each(|(_, section)| bytes.extend_from_slice(section));
    bytes
}

/// A section of sites as a pack that only this process trusts, to be asked before it is given to anybody.
pub(crate) fn unpublished(sites: &[u8]) -> Result<Pack, MapError> {
    let key = PackKey::from_seed(&[1; 32]);
    let bytes = pack(&key, 0, None, &[(Kind::Sites, sites)]);
    Pack::open(bytes, &key.public(), 0).map_err(|error| MapError::Write(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack.key");
        let (made, new) = PackKey::open(&path, || Some([7; 32])).unwrap();
        let (read, again) = PackKey::open(&path, || None).unwrap();
        assert!(new && !again && made.public() == read.public());
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(PackKey::open(&path, || None), Err(KeyError::NotAKey(_))));
        assert!(matches!(PackKey::open(&folder.path().join("b"), || None), Err(KeyError::NoRandomness)));
    }
}
