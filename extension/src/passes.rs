//! Passes: a pupil was warned about a site and chose to go on, so the site is open to them for a while.
//!
//! Only a warning can be passed. Blocks and support pages do not ask here.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a pass lasts, in milliseconds.
pub const LASTS: i64 = 600_000;

/// Hosts, and until when each is open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Passes {
    until: BTreeMap<String, i64>,
}

impl Passes {
    /// Opens the host of an address for ten minutes.
    pub fn grant(&mut self, url: &str, now: i64) {
        self.until.retain(|_, until| valid(*until, now));
        if let Some(host) = host(url) {
            self.until.insert(host, now.saturating_add(LASTS));
        }
    }

    /// Whether the host of an address is open.
    #[must_use]
    pub fn allows(&self, url: &str, now: i64) -> bool {
        !self.until.is_empty()
            && host(url)
                .and_then(|host| self.until.get(&host).copied())
                .is_some_and(|until| valid(until, now))
    }
}

/// Not yet over, and not further off than a pass can be: a clock that was set back does not lengthen one.
fn valid(until: i64, now: i64) -> bool {
    now < until && until <= now.saturating_add(LASTS)
}

fn host(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_opens_one_host_for_ten_minutes() {
        let mut passes = Passes::default();
        passes.grant("https://Search.example/a?q=1", 1_000);
        assert!(passes.allows("http://search.example/other", 1_000 + LASTS - 1));
        assert!(!passes.allows("https://search.example/", 1_000 + LASTS));
        assert!(!passes.allows("https://sub.search.example/", 2_000));
    }

    #[test]
    fn a_clock_set_back_ends_it() {
        let mut passes = Passes::default();
        passes.grant("https://search.example/", 1_000_000);
        assert!(!passes.allows("https://search.example/", 1_000));
    }

    #[test]
    fn what_is_no_address_gets_none() {
        let mut passes = Passes::default();
        passes.grant("about:blank", 0);
        assert_eq!(passes, Passes::default());
    }
}
