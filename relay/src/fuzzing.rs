//! Doors for the fuzz targets in `fuzz/`, open only under the feature `fuzzing`. Each takes what a stranger can send or a
//! file can hold, hands it to the reader that would get it, and answers what that reader made of it; what must hold is
//! said in `fuzz/`. The product has none of this.

pub use crate::api::fuzzing::{Body, body, header, refused};
pub use crate::backup::fuzzing::{backup, records};
pub use crate::web::fuzzing::{cleaned, email, form_id, moment, next, read_moment};

use crate::auth::password;
use crate::config::{self, ConfigError};
use crate::proof::covers as proof;
use crate::random::SystemRandom;
use crate::seal::{Key, MasterSource, Secret};

/// Reads the three addresses of the configuration: where to listen, the public address, the database. Answers the public
/// one.
///
/// # Errors
/// What the person at the console would be told.
pub fn config(listen: &str, public_url: &str, database: &str) -> Result<String, String> {
    let words = |error: ConfigError| error.to_string();
    config::listen(listen).map_err(words)?;
    config::database(database).map_err(words)?;
    config::public_url(public_url).map(|url| url.to_string()).map_err(words)
}

/// The version in an extension's archive.
///
/// # Errors
/// When the archive cannot be used.
pub fn archive(bytes: &[u8]) -> Result<String, String> {
    crate::crx::version(bytes).map_err(|error| error.to_string())
}

/// Whether a password will do for somebody of whom these words are known.
///
/// # Errors
/// Why not.
pub fn password(text: &str, known: &[&str]) -> Result<(), String> {
    password::check(text, known).map_err(|weak| weak.to_string())
}

/// Reads the covers of an audit event and writes them again; nothing when they are damaged.
#[must_use]
pub fn covers(bytes: &[u8]) -> Option<Vec<u8>> {
    proof::decode(bytes).map(|covers| proof::encode(&covers))
}

/// Whether a sealed value opens under a key that has sealed nothing.
#[must_use]
pub fn opens(bytes: &[u8]) -> bool {
    let key = Key::from_bytes([7; Key::LENGTH]);
    key.open("alert:1", bytes).is_ok() || key.unwrap_key("school:1", bytes).is_ok()
}

/// Reads master keys and writes them again.
///
/// # Errors
/// When they are none.
pub fn master(text: &str) -> Result<String, String> {
    let master = MasterSource::Text(Secret(text.to_owned())).read(&SystemRandom::default());
    master.map(|master| master.text().to_string()).map_err(|error| error.to_string())
}
