//! Anchors: where each chain ended at a moment, signed, and written outside the database. A chain that was cut off or
//! written anew no longer agrees with them. The signing key stays with the relay; the file of anchors may lie on a
//! write-once disk or another machine, and the public key with whoever is to check.

use super::chain::HASH;
use crate::db::chain::Head;
use crate::random::{self, Random};
use crate::secrets::{hex, write_private};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The file of the signing key, in the data folder.
pub(crate) const KEY: &str = "anchor.key";
const PUBLIC: &str = "anchor.pub";
/// The file of anchors, one JSON object a line.
pub(crate) const FILE: &str = "anchors.jsonl";

/// One anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The school, or '' for the relay's own chain.
    pub(crate) school: String,
    /// The number of the last link.
    pub(crate) seq: i64,
    /// Its hash, hexadecimal.
    pub(crate) hash: String,
    /// When, milliseconds since 1970.
    pub(crate) at: i64,
    /// Ed25519 over everything above, base64.
    pub(crate) signature: String,
}

/// Why anchors could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The key's file is not a key.
    #[error("{0} is not an anchor key; restore it from your backup, or move it away and a new one is made")]
    Key(PathBuf),
    /// A line is not an anchor, or its signature is not by this key.
    #[error("{path}, line {line}: {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// No key could be made.
    #[error(transparent)]
    NoRandomness(#[from] random::NoRandomness),
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> AnchorError {
    let path = path.to_path_buf();
    move |source| AnchorError::File { path, source }
}

fn signed_text(school: &str, seq: i64, hash: &str, at: i64) -> String {
    format!("lapwing:1:anchor\n{school}\n{seq}\n{hash}\n{at}\n")
}

/// Signs anchors.
pub(crate) struct Signer {
    pair: Ed25519KeyPair,
    folder: PathBuf,
}

impl Signer {
    /// Reads the key in `data`, or makes it, and writes anchors into `folder`. The public key is written beside both.
    pub(crate) fn open(data: &Path, folder: &Path, random: &dyn Random) -> Result<Self, AnchorError> {
        let path = data.join(KEY);
        let seed = match std::fs::read(&path) {
            Ok(seed) => seed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let seed = random::bytes::<32>(random)?.to_vec();
                write_private(&path, &seed).map_err(file_error(&path))?;
                seed
            }
            Err(error) => return Err(file_error(&path)(error)),
        };
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| AnchorError::Key(path))?;
        std::fs::create_dir_all(folder).map_err(file_error(folder))?;
        for place in [data, folder] {
            let public = place.join(PUBLIC);
            let text = STANDARD.encode(pair.public_key().as_ref()) + "\n";
            std::fs::write(&public, text).map_err(file_error(&public))?;
        }
        Ok(Self { pair, folder: folder.to_path_buf() })
    }

    /// Writes an anchor for each of `heads`, and waits until they are on the disk.
    pub(crate) fn write(&self, heads: &[Head], at: i64) -> Result<(), AnchorError> {
        let path = self.folder.join(FILE);
        let lines: String = heads.iter().map(|head| self.line(head, at) + "\n").collect();
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true).read(true);
        let mut file = options.open(&path).map_err(file_error(&path))?;
        whole_lines(&mut file).map_err(file_error(&path))?;
        file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()).map_err(file_error(&path))
    }

    fn line(&self, head: &Head, at: i64) -> String {
        let hash = hex(&head.hash);
        let signature = self.pair.sign(signed_text(&head.school, head.seq, &hash, at).as_bytes());
        let signature = STANDARD.encode(signature.as_ref());
        let anchor = Anchor { school: head.school.clone(), seq: head.seq, hash, at, signature };
        // A struct of texts and numbers always has a JSON form.
        serde_json::to_string(&anchor).unwrap_or_default()
    }
}

/// Cuts off a last line that the power or a full disk left unfinished: what came after would stick to it.
fn whole_lines(file: &mut std::fs::File) -> std::io::Result<()> {
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    if whole == text.len() { Ok(()) } else { file.set_len(whole as u64) }
}

/// Reads a folder's anchors, checking each signature. `public` is the file of the public key; none for the one in the
/// folder, which proves less: whoever changed the anchors may have changed it too.
///
/// # Errors
/// At the first line that is no anchor or was not signed with this key.
pub fn read(folder: &Path, public: Option<&Path>) -> Result<Vec<Anchor>, AnchorError> {
    let public = public.map_or_else(|| folder.join(PUBLIC), Path::to_path_buf);
    let text = std::fs::read_to_string(&public).map_err(file_error(&public))?;
    let key = STANDARD.decode(text.trim()).map_err(|_| AnchorError::Key(public))?;
    let key = UnparsedPublicKey::new(&ED25519, key);
    let path = folder.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other.map_err(file_error(&path))?,
    };
    let wrong = |line, what| AnchorError::Line { path: path.clone(), line: line + 1, what };
    // A last line without its end was never finished, and is of no more worth than one that was never begun.
    let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
    whole
        .lines()
        .enumerate()
        .map(|(line, text)| {
            let anchor: Anchor = serde_json::from_str(text).map_err(|_| wrong(line, "this is no anchor"))?;
            let signature = STANDARD.decode(&anchor.signature).unwrap_or_default();
            let signed = signed_text(&anchor.school, anchor.seq, &anchor.hash, anchor.at);
            key.verify(signed.as_bytes(), &signature)
                .map_err(|_| wrong(line, "the signature is not by this relay’s key"))?;
            if anchor.hash.len() != HASH * 2 {
                return Err(wrong(line, "this is no anchor"));
            }
            Ok(anchor)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn a_line_that_was_left_unfinished_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::open(folder.path(), folder.path(), &SystemRandom::default()).unwrap();
        let head = |seq| Head { school: "oak".into(), seq, hash: vec![7; HASH] };
        signer.write(&[head(1), head(2)], 0).unwrap();
        let file = folder.path().join(FILE);
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() - 20]).unwrap();
        let seqs = || read(folder.path(), None).unwrap().iter().map(|anchor| anchor.seq).collect::<Vec<_>>();
        assert_eq!(seqs(), [1]);
        signer.write(&[head(3)], 1).unwrap();
        assert_eq!(seqs(), [1, 3]);
    }
}
