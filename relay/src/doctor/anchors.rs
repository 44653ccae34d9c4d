//! Anchors: whether the newest of each chain still fits the database, and whether they lie where somebody who alters the
//! database does not reach them. `verify` compares every one of them.

use super::Finding;
use crate::config::Config;
use crate::db::operation::Look;
use crate::proof::anchor::{self, Anchor};
use crate::secrets::hex;
use std::collections::BTreeMap;
use std::path::Path;

const WHAT: &str = "anchors";
const ALTERED: &str = "stop, keep a copy of everything, and run `lapwing-relay verify`";

/// Compares the newest anchor of each chain with the event that it was made of.
pub(super) async fn look(config: &Config, look: &Look) -> Vec<Finding> {
    let folder = config.anchors();
    if !folder.exists() {
        return vec![Finding::well(WHAT, "there are none yet; serve writes them")];
    }
    let anchors = match anchor::read(&folder, None) {
        Ok(anchors) => anchors,
        Err(error) => return vec![Finding::bad(WHAT, error.to_string(), ALTERED)],
    };
    let mut newest: BTreeMap<&str, &Anchor> = BTreeMap::new();
    for anchor in &anchors {
        let known = newest.entry(&anchor.school).or_insert(anchor);
        if known.seq < anchor.seq {
            *known = anchor;
        }
    }
    let mut broken = 0;
    for anchor in newest.values() {
        match look.event_hash(&anchor.school, anchor.seq).await {
            Ok(hash) => broken += usize::from(hash.is_none_or(|hash| hex(&hash) != anchor.hash)),
            Err(error) => {
                return vec![Finding::bad(WHAT, error.to_string(), "see what is said of the database")];
            }
        }
    }
    let mut findings = vec![if broken == 0 {
        Finding::well(WHAT, format!("the newest of {} chains fit the database", newest.len()))
    } else {
        let found = format!("{broken} of {} chains are not those that were anchored", newest.len());
        Finding::bad(
            WHAT,
            found,
            format!("an older backup was restored, or rows were changed by hand: {ALTERED}"),
        )
    }];
    findings.extend(apart(&folder, &config.data));
    findings
}

/// Whoever can rewrite the database can rewrite anchors that lie beside it.
#[cfg(unix)]
fn apart(folder: &Path, data: &Path) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt as _;
    let disk = |path: &Path| std::fs::metadata(path).ok().map(|metadata| metadata.dev());
    (disk(folder) == disk(data)).then(|| {
        Finding::warn(
            "place of anchors",
            format!("{} is on the same disk as the record", folder.display()),
            "name a folder on another disk or machine with --anchors: whoever owns this disk could change both",
        )
    })
}

#[cfg(not(unix))]
fn apart(_: &Path, _: &Path) -> Option<Finding> {
    None
}
