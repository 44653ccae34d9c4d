//! The extension as devices get it: the embedded archive, signed with this relay's own key as a CRX3 package. The key
//! decides the extension's id, so it is made once, at the first start, and belongs in the backup. Where the package is
//! served, and the policy that points at it, are in `web::install`.
//!
//! The format: "Cr24", version 3, a protobuf header with the public key and a signature, then the archive.

use crate::secrets::write_private;
use ring::digest;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::{RsaPrivateKey, RsaPublicKey};
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

/// The archive that this program was built with; empty when there was none.
const EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/extension.zip"));

/// The key’s file, in the data folder.
pub(crate) const FILE: &str = "extension/key.pem";

const BITS: usize = 2048;

/// The extension, ready to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// 32 letters from a to p, from the key.
    pub id: String,
    /// The version in its manifest.
    pub version: String,
    /// The whole CRX file.
    pub crx: Vec<u8>,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The key's file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file holds no key.
    #[error(
        "{path} is not an RSA key in PEM: restore it from your backup. A new key would be a new extension on every device ({detail})"
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        detail: String,
    },
    /// The archive cannot be used.
    #[error("the extension’s archive cannot be used ({0}); build again with cargo xtask build")]
    Archive(String),
}

/// The key that signs the extension.
pub struct Key(RsaPrivateKey);

impl Key {
    /// Reads `extension/key.pem` in `folder`, or makes it, readable by its owner alone. Making it takes a while.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds no RSA key.
    pub fn open(folder: &Path) -> Result<Self, PackageError> {
        let path = folder.join(FILE);
        let failed = |source| PackageError::File { path: path.clone(), source };
        let unusable = |detail: String| PackageError::Key { path: path.clone(), detail };
        match std::fs::read_to_string(&path) {
            Ok(pem) => {
                Ok(Self(RsaPrivateKey::from_pkcs8_pem(&pem).map_err(|error| unusable(error.to_string()))?))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key =
                    RsaPrivateKey::new(&mut OsRng, BITS).map_err(|error| unusable(error.to_string()))?;
                let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| unusable(error.to_string()))?;
                std::fs::create_dir_all(folder.join("extension")).map_err(failed)?;
                write_private(&path, pem.as_bytes()).map_err(failed)?;
                Ok(Self(key))
            }
            Err(source) => Err(failed(source)),
        }
    }
}

impl Package {
    /// The embedded extension signed with `key`; none when this build has no extension in it.
    ///
    /// # Errors
    /// When the embedded archive cannot be used.
    pub fn embedded(key: &Key) -> Result<Option<Self>, PackageError> {
        if EMBEDDED.is_empty() { Ok(None) } else { Self::new(key, EMBEDDED).map(Some) }
    }

    /// The extension in `archive` signed with `key`.
    ///
    /// # Errors
    /// When the archive is not a ZIP file with a manifest that names a version.
    pub fn new(key: &Key, archive: &[u8]) -> Result<Self, PackageError> {
        let wrong = |error: &dyn std::fmt::Display| PackageError::Archive(error.to_string());
        let public = RsaPublicKey::from(&key.0).to_public_key_der().map_err(|error| wrong(&error))?;
        let hash = digest::digest(&digest::SHA256, public.as_bytes());
        let id = hash.as_ref().get(..16).unwrap_or_default();

        // SignedData { crx_id = 1 }
        let signed_data = field(1, id);
        let mut message = b"CRX3 SignedData\0".to_vec();
        message.extend(length(&signed_data));
        message.extend(&signed_data);
        message.extend(archive);
        let signature =
            SigningKey::<Sha256>::new(key.0.clone()).try_sign(&message).map_err(|error| wrong(&error))?;

        // CrxFileHeader { sha256_with_rsa = 2: { public_key = 1, signature = 2 }, signed_header_data = 10000 }
        let proof = [field(1, public.as_bytes()), field(2, &signature.to_vec())].concat();
        let header = [field(2, &proof), field(10_000, &signed_data)].concat();
        let crx = [b"Cr24".as_slice(), &3_u32.to_le_bytes(), &length(&header), &header, archive].concat();
        let letters =
            id.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|nibble| char::from(b'a' + nibble));
        Ok(Self { id: letters.collect(), version: version(archive)?, crx })
    }
}

/// A protobuf field of bytes.
fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4);
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes()
}

pub(crate) fn version(archive: &[u8]) -> Result<String, PackageError> {
    let wrong = |error: String| PackageError::Archive(error);
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).map_err(|error| wrong(error.to_string()))?;
    let file = zip.by_name("manifest.json").map_err(|error| wrong(format!("manifest.json: {error}")))?;
    let mut text = String::new();
    file.take(1 << 20).read_to_string(&mut text).map_err(|error| wrong(format!("manifest.json: {error}")))?;
    let manifest: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| wrong(format!("manifest.json: {error}")))?;
    let version = manifest["version"].as_str().unwrap_or_default();
    let sound = !version.is_empty() && version.chars().all(|c| c.is_ascii_digit() || c == '.');
    if sound { Ok(version.to_owned()) } else { Err(wrong("manifest.json names no version".into())) }
}

#[cfg(test)]
#[path = "crx_tests.rs"]
mod tests;
