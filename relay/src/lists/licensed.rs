//! The licensed lists of unlawful content among what is in force. Only the command line puts them into a pack, so whatever takes
//! a pack's place must say when it takes them too: no school may lose them without anybody having been told. Which of them
//! a pack has is read from what it says of itself, which is there also when its bytes are damaged or forgotten.

use crate::db::Tx;
use crate::db::packs::{self, Published};
use crate::error::Error;
use lapwing_core::pack::{Kind, Pack};
use serde_json::Value;
use std::collections::BTreeSet;

/// Licensed lists, by their slots.
pub(super) type Licensed = BTreeSet<String>;

/// Those of packs that lie on each other, of each what it says of itself, the whole one first. The newest that names one
/// speaks for all.
pub(super) fn held<'a>(abouts: impl DoubleEndedIterator<Item = &'a str>) -> Licensed {
    abouts.rev().map(slots).find(|slots| !slots.is_empty()).unwrap_or_default()
}

/// Those of packs that are opened.
pub(super) fn of(stack: &[Pack]) -> Licensed {
    held(
        stack.iter().map(|pack| {
            std::str::from_utf8(pack.section(Kind::About).unwrap_or_default()).unwrap_or_default()
        }),
    )
}

/// Those in force.
pub(super) async fn in_force(tx: &mut Tx, all: &[Published]) -> Result<Licensed, Error> {
    let offered = packs::offer(&mut **tx).await?.map(|offer| offer.packs).unwrap_or_default();
    let known = offered.iter().filter_map(|offered| all.iter().find(|pack| pack.digest == offered.digest));
    let abouts: Vec<&str> = known.map(|pack| pack.about.as_str()).collect();
    Ok(held(abouts.into_iter()))
}

/// What `before` has and `after` has not, in words; empty for nothing.
pub(super) fn gone(before: &Licensed, after: &Licensed) -> String {
    let words = before.difference(after).map(|slot| match slot.as_str() {
        "iwf" => "the Internet Watch Foundation’s URL list",
        "ctiru" => "the police-assessed list of unlawful terrorist content (CTIRU)",
        _ => "a licensed list of unlawful content",
    });
    words.collect::<Vec<_>>().join(" and ")
}

fn slots(about: &str) -> Licensed {
    let about: Value = serde_json::from_str(about).unwrap_or_default();
    let sources = about["sources"].as_array().into_iter().flatten();
    sources
        .filter_map(|source| source["slot"].as_str())
        .filter(|slot| !slot.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_pack_that_names_a_licensed_list_speaks_for_all() {
        let both = r#"{"sources":[{"slot":"iwf"},{"slot":"ctiru"},{"name":"UT1"}]}"#;
        let (one, none) = (r#"{"sources":[{"slot":"iwf"}]}"#, r#"{"sources":[{"name":"UT1"}]}"#);
        let held = |abouts: &[&str]| held(abouts.iter().copied());
        assert_eq!(held(&[both, none]).len(), 2);
        assert_eq!(held(&[both, one]).into_iter().collect::<Vec<_>>(), ["iwf"]);
        assert!(held(&[none, "no JSON"]).is_empty());
        assert!(gone(&held(&[one]), &held(&[both])).is_empty());
        let words = gone(&held(&[both]), &held(&[none]));
        assert!(words.contains("(CTIRU) and the Internet Watch"), "{words}");
    }
}
