//! The master key: whether it is there, is for the relay's eyes alone, and opens what the database holds.

use super::Finding;
use crate::config::Config;
use crate::db::operation::Look;
use crate::random::SystemRandom;
use crate::seal::{MasterSource, Vaults};
use std::path::Path;

const WHAT: &str = "master key";
const RECORDS: &str = "keys of records";
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
    findings.extend(records(look).await);
    findings
}

/// What can be opened by nobody: what was destroyed on purpose, and what should not be so.
async fn records(look: &Look) -> Vec<Finding> {
    let (stranded, (gone, people)) = match look.unopened().await {
        Ok(found) => found,
        Err(error) => {
            let mend = "serve brings the schema up to date; run this again after that";
            return vec![Finding::warn(RECORDS, format!("they cannot be counted: {error:?}"), mend)];
        }
    };
    let mut findings = Vec::new();
    if people > 0 {
        findings.push(Finding::well(
            RECORDS,
            format!(
                "{} destroyed on purpose, and {} can be opened by nobody, as it should be",
                plural(people, "person’s key was", "people’s keys were"),
                plural(gone, "record", "records")
            ),
        ));
    }
    findings.push(if stranded.is_empty() {
        Finding::well(RECORDS, "every other one has its key")
    } else {
        let each = stranded.iter().map(|one| format!("{} of kind {} (one is {})", one.count, one.kind, one.example));
        Finding::bad(
            RECORDS,
            format!(
                "keys are missing that nobody destroyed, and pages say “cannot be opened” in the place of these: {}",
                each.collect::<Vec<_>>().join(", ")
            ),
            "restore the latest backup whose keys file still has these keys into another folder (docs/backup.md, \
             “Rehearse it”), read them there, and write what matters into the record here; keep that keys file until then",
        )
    });
    findings
}

fn plural(count: i64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
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
