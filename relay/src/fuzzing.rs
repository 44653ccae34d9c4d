//! Doors for the fuzz targets in `fuzz/`, open only under the feature `fuzzing`. Each takes what a stranger can send or a
//! file can hold, hands it to the reader that would get it, and answers what that reader made of it; what must hold is
//! said in `fuzz/`. The product has none of this.

pub use crate::api::fuzzing::{Body, body, header, refused};
pub use crate::web::fuzzing::{cleaned, email, form_id, moment, next, read_moment};

use crate::auth::password;
use crate::config::{self, ConfigError};

/// Reads the three addresses of the configuration: where to listen, the public address, the database.
///
/// # Errors
/// What the person at the console would be told.
pub fn config(listen: &str, public_url: &str, database: &str) -> Result<String, String> {
    let words = |error: ConfigError| error.to_string();
    let listen = config::listen(listen).map_err(words)?;
    let url = config::public_url(public_url).map_err(words)?;
    let database = config::database(database).map_err(words)?;
    let made = config::Config {
        data: "data".into(),
        listen,
        public_url: Some(url),
        tls: None,
        database: Some(database),
    };
    let address = made.address(listen).map_err(words)?;
    Ok(format!("{address} {}", made.hosts().join(" ")))
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
