//! What a change of the lists would stop that may be opened now: asked beside the engine's own answer, which it never changes.

use super::Engine;
use crate::answer::Frame;
use crate::site::{Address, CategorySet, Sites};
use crate::taxonomy::{Action, Category};
use std::ops::ControlFlow;

impl Engine {
    /// The site, as `trial` names it, for which a page in a tab of its own would be stopped if `trial` were in force too, under
    /// the present policy. None for what is stopped now, for what the policy would let through all the same (an exception,
    /// `allowed_sites`, a kind of site that it does not block), and on never-read sites, of which not even that is asked.
    ///
    /// Addresses within addresses are not looked into, and `trial` is asked for whole hosts alone.
    #[must_use]
    pub fn would_stop(&self, trial: &Sites, url: &str) -> Option<String> {
        let address = Address::parse(url)?;
        let decided = self.gate.never_reads(&address)
            || self.gate.allowed.find(&address).is_some()
            || self.gate.exceptions.find(&address).is_some()
            || self.gate.blocked.find(&address).is_some();
        if decided {
            return None;
        }
        let mut found: Option<(usize, CategorySet)> = None;
        trial.rules(&address.host, address.is_name(), "", |rule| {
            if !rule.gives.is_empty() {
                found = Some((rule.host, rule.gives));
            }
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let (start, gives) = found?;
        let site = address.host.get(start..)?;
        let now = self.gate.listed(&address).map(|found| found.categories).unwrap_or_default();
        if self.is_stopped(now.iter().copied()) {
            return None;
        }
        let left = gives.without(self.freed_below(&address, site.len())?);
        // Where the lists in force name the very same site, both would count.
        self.is_stopped(left.iter()).then(|| site.to_owned())
    }

    /// What longer rules in force take from a rule for the last `length` bytes of a host; none when one of them has the last
    /// word on the address.
    fn freed_below(&self, address: &Address, length: usize) -> Option<CategorySet> {
        let is_longer = |host: usize, path: usize| host > length || host == length && path > 0;
        let built_in = self.gate.sites.longest_or_unlawful(address);
        if built_in.is_some_and(|found| is_longer(found.host.len(), found.path.len())) {
            return None;
        }
        let (mut takes, mut is_last) = (CategorySet::NONE, false);
        if let Some(packed) = &self.gate.packed {
            packed.rules(&address.host, address.is_name(), &address.path, |rule| {
                if !is_longer(address.host.len().saturating_sub(rule.host), rule.path) {
                    return ControlFlow::Break(());
                }
                takes = takes.with(rule.takes);
                is_last = !rule.gives.is_empty();
                if is_last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        }
        (!is_last).then_some(takes)
    }

    fn is_stopped(&self, categories: impl Iterator<Item = Category>) -> bool {
        let categories: Vec<_> = categories.collect();
        self.gate.policy.weigh_site(&categories, Frame::Main).action >= Action::Block
    }
}
