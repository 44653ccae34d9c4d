//! What decides about addresses: sites and a policy, without a word that anybody typed.
//!
//! An [`Engine`](super::Engine) asks it, and reads the words of searches besides. By itself it is what a browser's worker has in its
//! first turn, which must answer about an address before the rest of the program has been loaded. There a browser compiles each
//! function when it is first called, while the page waits: what most addresses do not need is kept out of the functions that they
//! all need (`inline(never)`).

use super::within::numbered;
use crate::answer::{Decision, Finding, Frame, SiteMatch, Verdict, Visit};
use crate::lists::{Listed, ListsError};
use crate::policy::school::{Effect, Excepted, Exceptions, Ruling};
use crate::policy::{Audience, Policy, site_action_choices};
use crate::site::{Address, Hosts, Inner, SiteMap, Sites, Told, inner, safe_address, search_terms};
use crate::taxonomy::{Action, Category, Severity};
use std::sync::Arc;

/// How many addresses within addresses are opened: a translated page of an archive's copy is two.
pub(super) const WITHIN: usize = 3;

/// How deep addresses are looked for in one that was found at this depth. All later ones of a path are in one list already, and
/// are not asked for again from each of the others.
pub(super) fn deeper(inner: &Inner, within: usize) -> usize {
    if inner.follows { (within - 1).min(1) } else { within - 1 }
}

/// What an address is judged with besides what the gate knows.
#[derive(Clone, Copy)]
pub(super) struct With<'a> {
    /// What reads the words of a search.
    pub(super) read: &'a dyn Fn(&str) -> Vec<Finding>,
    /// An exception that is only supposed.
    pub(super) supposed: Option<&'a Excepted>,
}

/// See the module.
#[derive(Debug)]
pub struct Gate {
    pub(super) policy: Policy,
    pub(super) sites: SiteMap,
    pub(super) packed: Option<Arc<Sites>>,
    pub(super) never_read: Hosts,
    /// The same, by the school's own choice.
    pub(super) never_read_here: Hosts,
    pub(super) allowed: Hosts,
    pub(super) blocked: Hosts,
    pub(super) exceptions: Exceptions,
}

impl Gate {
    /// The sites that are built in, under the policy of a school that has chosen nothing: what is known before anything can be
    /// asked.
    ///
    /// # Errors
    /// [`ListsError::Damaged`], which a test of this crate rules out.
    pub fn first() -> Result<Self, ListsError> {
        Ok(Self::new(Listed::built_in()?, Policy::school_default(Audience::Unspecified)))
    }

    pub(super) fn new(listed: Listed, policy: Policy) -> Self {
        Self {
            sites: SiteMap::new(listed.sites, listed.reasons),
            packed: None,
            never_read: Hosts::new(&listed.never_read),
            never_read_here: Hosts::new(&policy.never_read_sites),
            allowed: Hosts::new(&policy.allowed_sites),
            blocked: Hosts::new(&policy.blocked_sites),
            exceptions: Exceptions::new(policy.exceptions()),
            policy,
        }
    }

    pub(super) fn follow(&mut self, policy: Policy) {
        self.exceptions = Exceptions::new(policy.exceptions());
        self.policy = policy;
    }

    pub(super) fn govern(&mut self, policy: Policy) {
        self.never_read_here = Hosts::new(&policy.never_read_sites);
        self.allowed = Hosts::new(&policy.allowed_sites);
        self.blocked = Hosts::new(&policy.blocked_sites);
        self.follow(policy);
    }

    /// What to do about an address that is about to be opened, whatever the words of a search in it are. What is not a web
    /// address is allowed.
    #[must_use]
    pub fn check_url(&self, visit: &Visit<'_>) -> Decision {
        self.decide(visit, With { read: &|_| Vec::new(), supposed: None })
    }

    /// The same, with more than that.
    pub(super) fn decide(&self, visit: &Visit<'_>, with: With<'_>) -> Decision {
        self.judge(visit, WITHIN, with)
    }

    /// Whether an address is a search with words in it, whatever they are.
    #[must_use]
    pub fn is_search(url: &str) -> bool {
        Address::parse(url).is_some_and(|address| search_terms(&address).is_some())
    }

    /// Whether an address is unlawful content: asked of everything that a page fetches, so nothing else is.
    #[must_use]
    pub fn is_unlawful(&self, url: &str) -> bool {
        let listed = Address::parse(url).and_then(|address| self.listed(&address));
        listed.is_some_and(|found| found.categories.contains(&Category::Illegal))
    }

    /// Where a search is to go instead, so that the engine's safe mode is on; `None` when it may go where it is going.
    #[must_use]
    pub fn safe_search(&self, url: &str) -> Option<String> {
        if !self.policy.safe_search {
            return None;
        }
        safe_address(&Address::parse(url)?)
    }

    fn judge(&self, visit: &Visit<'_>, within: usize, with: With<'_>) -> Decision {
        let Some(address) = Address::parse(visit.url) else { return self.written(visit.url, visit.frame) };
        let listed = self.listed(&address).or_else(|| numbered(&address));
        if listed.as_ref().is_some_and(|found| found.categories.contains(&Category::Illegal)) {
            return self.unlawful(visit.frame);
        }
        let inside = if within > 0 { self.inside(&address, visit.frame, within, with) } else { Vec::new() };
        if inside.iter().any(|(_, found)| found.verdict.categories.contains(&Category::Illegal)) {
            return self.unlawful(visit.frame);
        }
        if self.never_reads(&address) {
            return Decision { ruling: Some(Ruling::NeverRead), ..Decision::allow() };
        }
        let mut decision = Decision::allow();
        let allowed = self.allowed.find(&address);
        let excepted = self.exceptions.find_with(&address, with.supposed);
        // Of what IT has allowed and blocked in device management the longer one counts. What it has blocked stays blocked; the
        // school's own exceptions come before the rest.
        let is_deeper = |rule: &String| allowed.as_ref().is_none_or(|open| depth(rule) > depth(open));
        let blocked = self.blocked.find(&address).filter(is_deeper);
        let blocked = blocked.map(|rule| (rule, Ruling::DeviceManagement)).or_else(|| {
            excepted.filter(|one| one.effect == Effect::Block).map(|one| (one.site.to_string(), one.ruling()))
        });
        if let Some((rule, ruling)) = blocked {
            self.add_own_block(&mut decision, rule, ruling, listed, visit.frame);
        } else {
            // Whose site is opened is decided; the words of a search there are still read.
            let opened = excepted.map(|one| (one.site.to_string(), one.ruling()));
            let opened = opened.or_else(|| allowed.map(|rule| (rule, Ruling::DeviceManagement)));
            let listed = match &opened {
                Some((site, ruling)) => listed.and_then(|found| self.beneath(found, site, ruling)),
                None => listed,
            };
            decision.ruling = opened.map(|(_, ruling)| ruling);
            if let Some(found) = listed {
                self.add_listed(&mut decision, found, visit.frame);
            }
        }
        if visit.frame == Frame::Main {
            self.add_search(&address, &mut decision, with);
        }
        for (inner, found) in inside {
            self.add_inner(&mut decision, &inner, found, visit.frame);
        }
        decision
    }

    /// What is decided about the addresses inside an address.
    #[inline(never)]
    fn inside(
        &self,
        address: &Address,
        frame: Frame,
        within: usize,
        with: With<'_>,
    ) -> Vec<(Inner, Decision)> {
        let inside = inner(address).into_iter().map(|inner| {
            let within = deeper(&inner, within);
            let decision = self.judge(&Visit { url: &inner.url, frame }, within, with);
            (inner, decision)
        });
        inside.collect()
    }

    /// What the school itself blocks.
    #[inline(never)]
    fn add_own_block(
        &self,
        decision: &mut Decision,
        rule: String,
        ruling: Ruling,
        listed: Option<Told>,
        frame: Frame,
    ) {
        decision.verdict.action = Action::Block;
        decision.verdict.severity = Severity::Low;
        let categories = listed.map(|found| found.categories).unwrap_or_default();
        let mut by_lists = self.policy.weigh_site(&categories, frame);
        // A school that blocks a site still shows help where the lists would.
        by_lists.action = by_lists.action.max(Action::Block);
        decision.verdict = std::mem::replace(&mut decision.verdict, Verdict::nothing()).with(by_lists);
        decision.site = Some(SiteMatch { rule, categories });
        decision.why = "The school has blocked this site.".to_owned();
        decision.ruling = Some(ruling);
    }

    /// What the lists say.
    #[inline(never)]
    fn add_listed(&self, decision: &mut Decision, found: Told, frame: Frame) {
        decision.verdict = self.policy.weigh_site(&found.categories, frame);
        decision.ruling = Some(self.policy.ruling(&found.categories));
        decision.site = Some(SiteMatch { rule: found.rule, categories: found.categories });
        decision.why = found.why;
    }

    /// What the lists single out beneath a site that is open, such as a tag about suicide on a picture site: who opens the
    /// one does not mean the other. Whoever manages devices is taken at their word for everything but what no policy opens.
    #[inline(never)]
    fn beneath(&self, mut found: Told, opened: &str, by: &Ruling) -> Option<Told> {
        if depth(&found.rule) <= depth(opened) {
            return None;
        }
        let own = Address::parse(&format!("https://{opened}/")).and_then(|site| self.listed(&site));
        let own = own.map(|own| own.categories).unwrap_or_default();
        let opens = |category: Category| site_action_choices(category).contains(&Action::Allow);
        let is_opened = |category: &Category| *by == Ruling::DeviceManagement && opens(*category);
        found.categories.retain(|category| !own.contains(category) && !is_opened(category));
        (!found.categories.is_empty()).then_some(found)
    }

    pub(super) fn listed(&self, address: &Address) -> Option<Told> {
        Told::of(&self.sites, self.packed.as_deref(), address)
    }

    pub(super) fn never_reads(&self, address: &Address) -> bool {
        self.never_read.find(address).is_some() || self.never_read_here.find(address).is_some()
    }

    /// Says nothing of the address: it is never shown and never stored.
    #[inline(never)]
    fn unlawful(&self, frame: Frame) -> Decision {
        let categories = vec![Category::Illegal];
        Decision {
            verdict: self.policy.weigh_site(&categories, frame),
            site: Some(SiteMatch { rule: "unlawful content".to_owned(), categories }),
            why: "The address is on a list of unlawful content.".to_owned(),
            ruling: Some(Ruling::Unlawful),
            ..Decision::allow()
        }
    }

    #[inline(never)]
    fn add_search(&self, address: &Address, decision: &mut Decision, with: With<'_>) {
        let Some(search) = search_terms(address) else { return };
        decision.findings = (with.read)(&search.terms);
        if let Some(gravest) = decision.findings.first() {
            decision.why.clone_from(&gravest.why);
        }
        let words = self.policy.weigh(&decision.findings);
        if words.action > decision.verdict.action {
            decision.ruling = Some(Ruling::Search);
        }
        decision.verdict = std::mem::replace(&mut decision.verdict, Verdict::nothing()).with(words);
        decision.search = Some(search);
    }
}

/// Of two rules that cover one address, which says more: the longer host, and on it the longer path.
fn depth(rule: &str) -> (usize, usize) {
    let host = rule.find('/').unwrap_or(rule.len());
    (host, rule.len() - host)
}
