//! What an engine stops, as lists of sites: for a second layer that knows hosts and paths, and nothing else. Unlawful
//! content is not among them, because a list of its addresses must not lie about on a device.

use super::Engine;
use crate::answer::{Frame, Visit};
use crate::site::Entry;
use crate::taxonomy::{Action, Category};
use std::collections::{BTreeMap, HashSet};

/// One site, and what happens there whatever search or page it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stop {
    /// Which of two sites that cover the same address counts: the higher one.
    pub rank: u32,
    /// Whether the site is stopped; otherwise it is open although it lies under one that is.
    pub stops: bool,
    /// Whether it is a stopped way around the school's protection, so that other sites' pages may fetch nothing from it.
    pub way_around: bool,
    /// The site.
    pub entry: Entry,
}

/// A label of a host counts more than any path.
const LABEL: usize = 1_000;

impl Engine {
    /// Every site that the lists that are built in, the school's policy and device management stop, and the open ones under
    /// them. Packs hold no names; what they say of these sites is heard.
    #[must_use]
    pub fn stops(&self) -> Vec<Stop> {
        let around = [Category::Bypass, Category::ProxyVpn];
        let mut candidates: BTreeMap<Entry, bool> = BTreeMap::new();
        let own = self.gate.policy.blocked_sites.iter().chain(&self.gate.policy.allowed_sites);
        let own = own.chain(self.gate.policy.exceptions().iter().map(|one| &one.site)).cloned();
        candidates.extend(
            own.chain(self.gate.never_read.entries())
                .chain(self.gate.never_read_here.entries())
                .map(|entry| (entry, false)),
        );
        for (host, path, categories) in self.gate.sites.entries() {
            let entry = Entry { host: host.to_owned(), path: path.to_owned() };
            candidates.insert(entry, around.iter().any(|category| categories.contains(category)));
        }
        let mut found: Vec<Stop> =
            candidates.into_iter().filter_map(|(entry, around)| self.stop(entry, around)).collect();
        let stopped: HashSet<String> =
            found.iter().filter(|stop| stop.stops).map(|stop| stop.entry.host.clone()).collect();
        found.retain(|stop| stop.stops || parents(&stop.entry.host).any(|host| stopped.contains(host)));
        found.sort();
        found
    }

    /// What happens at a site, as it would be decided; nothing for unlawful content.
    fn stop(&self, entry: Entry, around: bool) -> Option<Stop> {
        let decision = self.check_url(&Visit { url: &format!("https://{entry}"), frame: Frame::Main });
        if decision.verdict.categories.contains(&Category::Illegal) {
            return None;
        }
        let stops = decision.verdict.action >= Action::Block;
        let rank = entry.host.split('.').count() * LABEL + entry.path.len().min(LABEL - 1);
        Some(Stop { rank: u32::try_from(rank).unwrap_or(0), stops, way_around: stops && around, entry })
    }
}

/// The host and everything over it.
fn parents(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |host| host.split_once('.').map(|(_, parent)| parent))
}
