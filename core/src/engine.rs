//! The engine: lists and a policy, joined once and then only read.
//!
//! It decides in which order things are asked: never-read before everything but unlawful content, the school's own
//! entries before the lists, the site before the words of a search. How words and sites are found is in `text` and
//! `site`; what follows from them is in `policy`.

mod stops;
mod trial;
mod within;

pub use stops::Stop;

use crate::answer::{Decision, Finding, Frame, SiteMatch, Typed, Verdict, Visit};
use crate::lists::{Lists, ListsError, Pattern};
use crate::model::Model;
use crate::policy::school::{Effect, Exceptions, Ruling};
use crate::policy::{Policy, site_action_choices};
use crate::site::{Address, Hosts, SiteMap, Sites, Told, inner, safe_address, search_terms, surface_of};
use crate::taxonomy::{Action, Category, Severity, Surface};
use crate::text::{Matcher, Memory};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many addresses within addresses are opened: a translated page of an archive's copy is two.
const WITHIN: usize = 3;

/// Answers what an address or a text means under one policy. Immutable: a new policy makes a new engine.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    lists_version: String,
    /// How much of the version is that of the lists that are built in.
    built_in: usize,
    matcher: Matcher,
    patterns: Vec<Pattern>,
    sites: SiteMap,
    packed: Option<Arc<Sites>>,
    never_read: Hosts,
    /// The same, by the school's own choice.
    never_read_here: Hosts,
    allowed: Hosts,
    blocked: Hosts,
    exceptions: Exceptions,
}

impl Engine {
    /// Joins lists and a policy.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when the model cannot be read, which a test rules out; lists are verified when they are
    /// read.
    pub fn new(lists: Lists, policy: Policy) -> Result<Self, ListsError> {
        let mut compiled = lists.into_compiled();
        // A model adds up what phrases lead to; where there are none it has nothing to add.
        let model = if compiled.rules.is_empty() { None } else { Some(Model::shipped()?) };
        Ok(Self {
            sites: SiteMap::new(std::mem::take(&mut compiled.sites), std::mem::take(&mut compiled.reasons)),
            packed: None,
            never_read: Hosts::new(&compiled.never_read),
            never_read_here: Hosts::new(&policy.never_read_sites),
            allowed: Hosts::new(&policy.allowed_sites),
            blocked: Hosts::new(&policy.blocked_sites),
            exceptions: Exceptions::new(policy.exceptions()),
            built_in: compiled.version.len(),
            lists_version: std::mem::take(&mut compiled.version),
            patterns: std::mem::take(&mut compiled.patterns),
            matcher: Matcher::new(compiled, policy.audience).with_model(model),
            policy,
        })
    }

    /// Asks the sites of a pack too: of two rules the longer wins, wherever it is from. They are shared, because a new
    /// policy makes a new engine and the pack stays.
    #[must_use]
    pub fn with_sites(mut self, sites: Arc<Sites>) -> Self {
        // Alerts name what they were found by: “of what is built in + of the pack”.
        self = self.without_sites();
        self.lists_version = format!("{}+{}", self.lists_version, sites.version());
        self.packed = Some(sites);
        self
    }

    /// Follows another compilation of the school's policy over the same managed keys: at another moment, or of another
    /// version. Other managed keys need [`govern`](Self::govern).
    pub fn follow(&mut self, policy: Policy) {
        self.exceptions = Exceptions::new(policy.exceptions());
        self.policy = policy;
    }

    /// Follows other managed keys, with the lists that it has. Reading the lists is most of what a new engine takes, and a
    /// worker that has just woken learns its school's policy a moment after it was first asked.
    pub fn govern(&mut self, policy: Policy) {
        self.never_read_here = Hosts::new(&policy.never_read_sites);
        self.allowed = Hosts::new(&policy.allowed_sites);
        self.blocked = Hosts::new(&policy.blocked_sites);
        self.matcher.audience = policy.audience;
        self.follow(policy);
    }

    /// Asks no pack any more.
    #[must_use]
    pub fn without_sites(mut self) -> Self {
        self.lists_version.truncate(self.built_in);
        self.packed = None;
        self
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Version of the lists in force.
    #[must_use]
    pub fn lists_version(&self) -> &str {
        &self.lists_version
    }

    /// Finds what somebody typed that needs a person's attention, gravest first. Empty on a never-read site.
    #[must_use]
    pub fn check_text(&self, typed: &Typed<'_>) -> Vec<Finding> {
        if Address::parse(typed.url).is_some_and(|address| self.never_reads(&address)) {
            return Vec::new();
        }
        self.matcher.read(typed.text, typed.surface).findings
    }

    /// Finds the same as [`check_text`](Self::check_text), and what it means after the lines before it in the same field.
    /// The caller keeps the memory and says what time it is, in milliseconds.
    #[must_use]
    pub fn check_conversation(&self, typed: &Typed<'_>, memory: &mut Memory, now: i64) -> Vec<Finding> {
        if Address::parse(typed.url).is_some_and(|address| self.never_reads(&address)) {
            return Vec::new();
        }
        let read = self.matcher.read(typed.text, typed.surface);
        memory.recall(&self.matcher, &self.patterns, typed, read, now)
    }

    /// Announces a lesson: findings about its topics are lowered by one step until another is announced, except what is
    /// critical and signs of immediate danger. An empty set ends it. A topic that is not taught
    /// ([`Category::is_taught`]) changes nothing.
    pub fn announce_lesson(&mut self, mut topics: BTreeSet<Category>) {
        topics.retain(|topic| topic.is_taught());
        self.matcher.lesson = topics;
    }

    /// What happens because of findings in a text.
    #[must_use]
    pub fn weigh(&self, findings: &[Finding]) -> Verdict {
        self.policy.weigh(findings)
    }

    /// What to do about an address that is about to be opened. What is not a web address is allowed.
    #[must_use]
    pub fn check_url(&self, visit: &Visit<'_>) -> Decision {
        self.judge(visit, WITHIN)
    }

    fn judge(&self, visit: &Visit<'_>, within: usize) -> Decision {
        let Some(address) = Address::parse(visit.url) else { return self.written(visit.url, visit.frame) };
        let listed = self.listed(&address);
        if listed.as_ref().is_some_and(|found| found.categories.contains(&Category::Illegal)) {
            return self.unlawful(visit.frame);
        }
        let inner = if within > 0 { inner(&address) } else { Vec::new() };
        let inside = inner.into_iter().enumerate().map(|(place, inner)| {
            // All later ones of a path are in this list already, and are not asked for again from each of the others.
            let within = if place == 0 { within - 1 } else { (within - 1).min(1) };
            let decision = self.judge(&Visit { url: &inner.url, frame: visit.frame }, within);
            (inner, decision)
        });
        let inside: Vec<_> = inside.collect();
        if inside.iter().any(|(_, found)| found.verdict.categories.contains(&Category::Illegal)) {
            return self.unlawful(visit.frame);
        }
        if self.never_reads(&address) {
            return Decision { ruling: Some(Ruling::NeverRead), ..Decision::allow() };
        }
        let mut decision = Decision::allow();
        let allowed = self.allowed.find(&address);
        let excepted = self.exceptions.find(&address);
        // Of what IT has allowed and blocked in device management the longer one counts. What it has blocked stays blocked; the
        // school's own exceptions come before the rest.
        let is_deeper = |rule: &String| allowed.as_ref().is_none_or(|open| depth(rule) > depth(open));
        let blocked = self.blocked.find(&address).filter(is_deeper);
        let blocked = blocked.map(|rule| (rule, Ruling::DeviceManagement)).or_else(|| {
            excepted.filter(|one| one.effect == Effect::Block).map(|one| (one.site.to_string(), one.ruling()))
        });
        if let Some((rule, ruling)) = blocked {
            decision.verdict.action = Action::Block;
            decision.verdict.severity = Severity::Low;
            let categories = listed.map(|found| found.categories).unwrap_or_default();
            let mut by_lists = self.policy.weigh_site(&categories, visit.frame);
            // A school that blocks a site still shows help where the lists would.
            by_lists.action = by_lists.action.max(Action::Block);
            decision.verdict = decision.verdict.with(by_lists);
            decision.site = Some(SiteMatch { rule, categories });
            decision.why = "The school has blocked this site.".to_owned();
            decision.ruling = Some(ruling);
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
                decision.verdict = self.policy.weigh_site(&found.categories, visit.frame);
                decision.ruling = Some(self.policy.ruling(&found.categories));
                decision.site = Some(SiteMatch { rule: found.rule, categories: found.categories });
                decision.why = found.why;
            }
        }
        if visit.frame == Frame::Main {
            self.add_search(&address, &mut decision);
        }
        for (inner, found) in inside {
            self.add_inner(&mut decision, &inner, found, visit.frame);
        }
        decision
    }

    /// Whether an address is a search with words in it, whatever they are.
    #[must_use]
    pub fn is_search(url: &str) -> bool {
        Address::parse(url).is_some_and(|address| search_terms(&address).is_some())
    }

    /// Where a search is to go instead, so that the engine's safe mode is on; `None` when it may go where it is going.
    #[must_use]
    pub fn safe_search(&self, url: &str) -> Option<String> {
        if !self.policy.safe_search {
            return None;
        }
        safe_address(&Address::parse(url)?)
    }

    /// What kind of field a text is typed into, from the page's address and what the page says about the field: its
    /// type, role and label, in any order. A hint that contains “search” or “document” is taken at its word.
    #[must_use]
    pub fn surface_of(&self, url: &str, field_hint: &str) -> Surface {
        let address = Address::parse(url);
        let found = address.as_ref().and_then(|address| self.listed(address));
        let is_ai = found.is_some_and(|found| found.categories.contains(&Category::AiChat));
        surface_of(address.as_ref(), field_hint, is_ai)
    }

    /// Whether nothing may be read or recorded on this page: a helpline, a bank, the school's own choice. Always
    /// `false` for what is not a web address.
    #[must_use]
    pub fn never_reads_url(&self, url: &str) -> bool {
        Address::parse(url).is_some_and(|address| self.never_reads(&address))
    }

    /// What the lists single out beneath a site that is open, such as a tag about suicide on a picture site: who opens the
    /// one does not mean the other. Whoever manages devices is taken at their word for everything but what no policy opens.
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

    fn listed(&self, address: &Address) -> Option<Told> {
        Told::of(&self.sites, self.packed.as_deref(), address)
    }

    fn never_reads(&self, address: &Address) -> bool {
        self.never_read.find(address).is_some() || self.never_read_here.find(address).is_some()
    }

    /// Says nothing of the address: it is never shown and never stored.
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

    fn add_search(&self, address: &Address, decision: &mut Decision) {
        let Some(search) = search_terms(address) else { return };
        decision.findings = self.matcher.read(&search.terms, Surface::Search).findings;
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

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
