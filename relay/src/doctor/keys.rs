//! The master key: whether it is there, is for the relay's eyes alone, and opens what the database holds.

use super::Finding;
use crate::config::Config;
use crate::db::operation::Look;
use crate::random::SystemRandom;
use crate::seal::{MasterSource, Vaults};
use std::path::Path;

const WHAT: &str = "master key";
const LOST: &str = "restore it from where it was kept apart from the backups: without it no words in the database can be \
     read again, by anybody";

/// Reads the master key, and opens each school's key with it.
pub(super) async fn look(config: &Config, look: &Look) -> Vec<Finding> {
    let source = config.master();
    let keys = match look.school_keys().await {
        Ok(keys) => keys,
        Err(error) => {
            return vec![Finding::bad(WHAT, format!("what it wraps cannot be read: {error:?}"), LOST)];
        }
    };
    let mut findings = Vec::new();
    if let MasterSource::File(path) = &source {
        // Reading a key that is not there would make one.
        if !path.exists() {
            return vec![if keys.is_empty() {
                Finding::well(WHAT, format!("{} is not there yet; serve makes it", path.display()))
            } else {
                Finding::bad(
                    WHAT,
                    format!("{} is gone, and {} school keys need it", path.display(), keys.len()),
                    LOST,
                )
            }];
        }
        findings.extend(rights(path));
    }
    let random = SystemRandom::default();
    let vaults = match Vaults::new(source, &random) {
        Ok(vaults) => vaults,
        Err(error) => return vec![Finding::bad(WHAT, error.to_string(), LOST)],
    };
    let total = keys.len();
    let unopened =
        keys.iter().filter(|(school, row)| vaults.unwrapped(&random, school, row, None).is_err()).count();
    findings.push(if unopened == 0 {
        Finding::well(WHAT, format!("opens all {total} school keys"))
    } else {
        Finding::bad(WHAT, format!("does not open {unopened} of {total} school keys"), LOST)
    });
    findings
}

#[cfg(unix)]
fn rights(path: &Path) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt as _;
    let mode = std::fs::metadata(path).ok()?.mode();
    let found = || format!("others on this machine can read {} (mode {:o})", path.display(), mode & 0o777);
    (mode & 0o077 != 0).then(|| Finding::bad(WHAT, found(), format!("chmod 600 {}", path.display())))
}

#[cfg(not(unix))]
fn rights(_: &Path) -> Option<Finding> {
    None
}
