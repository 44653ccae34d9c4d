//! The engine: lists and a policy, joined once and then only read.
//!
//! In which order things are asked is decided in `gate` and here: never-read before everything but unlawful content, the
//! school's own entries before the lists, the site before the words of a search. How words and sites are found is in `text`
//! and `site`; what follows from them is in `policy`.

mod gate;
mod opening;
mod stops;
mod trial;
mod within;

pub use gate::Gate;
pub use stops::Stop;

use crate::answer::{Decision, Finding, Typed, Verdict, Visit};
use crate::lists::{Listed, Lists, ListsError, Pattern};
use crate::model::Model;
use crate::policy::Policy;
use crate::site::{Address, Entry, Sites, surface_of};
use crate::taxonomy::{Category, Surface};
use crate::text::{Matcher, Memory};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Answers what an address or a text means under one policy. Immutable: a new policy makes a new engine.
#[derive(Debug)]
pub struct Engine {
    gate: Gate,
    lists_version: String,
    /// How much of the version is that of the lists that are built in.
    built_in: usize,
    matcher: Matcher,
    patterns: Vec<Pattern>,
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
        let listed = Listed {
            sites: std::mem::take(&mut compiled.sites),
            reasons: std::mem::take(&mut compiled.reasons),
            never_read: std::mem::take(&mut compiled.never_read),
        };
        Ok(Self {
            built_in: compiled.version.len(),
            lists_version: std::mem::take(&mut compiled.version),
            patterns: std::mem::take(&mut compiled.patterns),
            matcher: Matcher::new(compiled, policy.audience).with_model(model),
            gate: Gate::new(listed, policy),
        })
    }

    /// Asks the sites of a pack too: of two rules the longer wins, wherever it is from. They are shared, because a new
    /// policy makes a new engine and the pack stays.
    #[must_use]
    pub fn with_sites(mut self, sites: Arc<Sites>) -> Self {
        // Alerts name what they were found by: “of what is built in + of the pack”.
        self = self.without_sites();
        self.lists_version = format!("{}+{}", self.lists_version, sites.version());
        self.gate.packed = Some(sites);
        self
    }

    /// Follows another compilation of the school's policy over the same managed keys: at another moment, or of another
    /// version. Other managed keys need [`govern`](Self::govern).
    pub fn follow(&mut self, policy: Policy) {
        self.gate.follow(policy);
    }

    /// Follows other managed keys, with the lists that it has. Reading the lists is most of what a new engine takes, and a
    /// worker that has just woken learns its school's policy a moment after it was first asked.
    pub fn govern(&mut self, policy: Policy) {
        self.matcher.audience = policy.audience;
        self.gate.govern(policy);
    }

    /// Asks no pack any more.
    #[must_use]
    pub fn without_sites(mut self) -> Self {
        self.lists_version.truncate(self.built_in);
        self.gate.packed = None;
        self
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.gate.policy
    }

    /// Version of the lists in force.
    #[must_use]
    pub fn lists_version(&self) -> &str {
        &self.lists_version
    }

    /// Finds what somebody typed that needs a person's attention, gravest first. Empty on a never-read site.
    #[must_use]
    pub fn check_text(&self, typed: &Typed<'_>) -> Vec<Finding> {
        if Address::parse(typed.url).is_some_and(|address| self.gate.never_reads(&address)) {
            return Vec::new();
        }
        self.matcher.read(typed.text, typed.surface).findings
    }

    /// Finds the same as [`check_text`](Self::check_text), and what it means after the lines before it in the same field.
    /// The caller keeps the memory and says what time it is, in milliseconds.
    #[must_use]
    pub fn check_conversation(&self, typed: &Typed<'_>, memory: &mut Memory, now: i64) -> Vec<Finding> {
        if Address::parse(typed.url).is_some_and(|address| self.gate.never_reads(&address)) {
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
        self.gate.policy.weigh(findings)
    }

    /// What to do about an address that is about to be opened. What is not a web address is allowed.
    #[must_use]
    pub fn check_url(&self, visit: &Visit<'_>) -> Decision {
        let read = |terms: &str| self.matcher.read(terms, Surface::Search).findings;
        self.gate.decide(visit, gate::With { read: &read, supposed: None })
    }

    /// See [`Gate::opening`].
    #[must_use]
    pub fn opening(&self, url: &str) -> Option<Entry> {
        self.gate.opening(url)
    }

    /// Whether an address is a search with words in it, whatever they are.
    #[must_use]
    pub fn is_search(url: &str) -> bool {
        Gate::is_search(url)
    }

    /// Where a search is to go instead, so that the engine's safe mode is on; `None` when it may go where it is going.
    #[must_use]
    pub fn safe_search(&self, url: &str) -> Option<String> {
        self.gate.safe_search(url)
    }

    /// Whether an address is unlawful content: asked of everything that a page fetches, so nothing else is.
    #[must_use]
    pub fn is_unlawful(&self, url: &str) -> bool {
        self.gate.is_unlawful(url)
    }

    /// What kind of field a text is typed into, from the page's address and what the page says about the field: its
    /// type, role and label, in any order. A hint that contains “search” or “document” is taken at its word.
    #[must_use]
    pub fn surface_of(&self, url: &str, field_hint: &str) -> Surface {
        let address = Address::parse(url);
        let found = address.as_ref().and_then(|address| self.gate.listed(address));
        let is_ai = found.is_some_and(|found| found.categories.contains(&Category::AiChat));
        surface_of(address.as_ref(), field_hint, is_ai)
    }

    /// Whether nothing may be read or recorded on this page: a helpline, a bank, the school's own choice. Always
    /// `false` for what is not a web address.
    #[must_use]
    pub fn never_reads_url(&self, url: &str) -> bool {
        Address::parse(url).is_some_and(|address| self.gate.never_reads(&address))
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
