//! What can go wrong while a pack is built, said so that whoever builds it can put it right.

use std::path::PathBuf;

/// Why no map could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// There is nothing to make it of.
    #[error("the sources have no rule that can be used; look at what was left out, and why")]
    Empty,
    /// More than a map holds.
    #[error("there are more rules, or more different things said, than one map holds; leave out a source")]
    Large,
    /// Chance was against it more often than can be believed.
    #[error("no map could be made of these rules, which chance alone does not bring about; please report it")]
    Chance,
    /// It was made and could not be written or read.
    #[error("the map that was made cannot be used: {0}; please report it")]
    Write(String),
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Its file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Its file holds something else.
    #[error(
        "{0} is not a key for packs; restore it from your backup, or name a file that is not there yet and a new key is made"
    )]
    NotAKey(PathBuf),
    /// The operating system gave no randomness.
    #[error("no key could be made: the operating system gave no random bytes")]
    NoRandomness,
}
