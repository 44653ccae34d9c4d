//! What is said of an address, by the lists that are built in and by a pack together: the longest rule of either wins, and
//! where both have a rule for the very same site, both count.

use super::map::{Found, SiteMap};
use super::packed::{Rule, Sites};
use super::{Address, CategorySet};
use crate::taxonomy::Category;
use std::ops::ControlFlow;

/// What was found for an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The host and path of the rule.
    pub(crate) rule: String,
    pub(crate) categories: Vec<Category>,
    pub(crate) why: String,
}

impl Told {
    /// What the address's site is about; `None` when nothing lists it, or an exception frees it. Unlawful content is found
    /// even under a longer rule that says otherwise.
    pub(crate) fn of(map: &SiteMap, packed: Option<&Sites>, address: &Address) -> Option<Self> {
        match packed {
            None => map.find(address).map(Self::built_in),
            Some(packed) => Self::of_both(map, packed, address),
        }
    }

    // Apart, because a worker asks before it has a pack, when what is not needed must not be in its way.
    #[inline(never)]
    fn of_both(map: &SiteMap, packed: &Sites, address: &Address) -> Option<Self> {
        if packed.holds_unlawful(address) {
            return Some(Self {
                rule: "unlawful content".to_owned(),
                categories: vec![Category::Illegal],
                why: "On a list of unlawful content.".to_owned(),
            });
        }
        let built_in = map.longest_or_unlawful(address);
        let is_unlawful = |found: &Found<'_>| found.categories.contains(&Category::Illegal);
        if let Some(found) = built_in.filter(is_unlawful) {
            return Some(Self::built_in(found));
        }
        let mut joined = Joined { address, built_in, takes: CategorySet::NONE, told: None, unlawful: None };
        packed.rules(&address.host, address.is_name(), &address.path, |rule| {
            if rule.gives.contains(Category::Illegal) {
                joined.unlawful = Some(Self::packed(address, &rule, CategorySet::only(Category::Illegal)));
                return ControlFlow::Break(());
            }
            joined.hear(&rule);
            if joined.told.is_some() && !packed.lists_unlawful() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        joined.finish().filter(|told| !told.categories.is_empty())
    }

    #[inline(never)]
    fn built_in(found: Found<'_>) -> Self {
        Self {
            rule: format!("{}{}", found.host, found.path),
            categories: found.categories.to_vec(),
            why: found.why.to_owned(),
        }
    }

    fn packed(address: &Address, rule: &Rule<'_>, categories: CategorySet) -> Self {
        let host = address.host.get(rule.host..).unwrap_or_default();
        let path = address.path.get(..rule.path).unwrap_or_default();
        let labels: Vec<_> = categories.iter().map(Category::label).collect();
        Self {
            rule: format!("{host}{path}"),
            categories: categories.iter().collect(),
            why: format!("Listed under {} by {}.", labels.join(", "), rule.source),
        }
    }
}

/// The state while rules of a pack come in, the longest first.
struct Joined<'a> {
    address: &'a Address,
    built_in: Option<Found<'a>>,
    /// What longer rules of the pack take away.
    takes: CategorySet,
    /// The answer, once no shorter rule can change it.
    told: Option<Told>,
    unlawful: Option<Told>,
}

impl Joined<'_> {
    fn hear(&mut self, rule: &Rule<'_>) {
        if self.told.is_some() {
            return;
        }
        let length = (self.address.host.len() - rule.host, rule.path);
        let other = self.built_in.map(|found| ((found.host.len(), found.path.len()), found));
        if let Some((longer, found)) = other
            && longer > length
        {
            self.told = Some(self.less(Told::built_in(found)));
            return;
        }
        self.takes = self.takes.with(rule.takes);
        let same = other.filter(|(other, _)| *other == length).map(|(_, found)| found);
        let gives = rule.gives.without(self.takes);
        match same {
            Some(found) => {
                let mut told = self.less(Told::built_in(found));
                if told.categories.is_empty() && !gives.is_empty() {
                    told.why = Told::packed(self.address, rule, gives).why;
                }
                told.categories.extend(gives.iter().filter(|category| !found.categories.contains(category)));
                self.told = Some(told);
            }
            None if !rule.gives.is_empty() => self.told = Some(Told::packed(self.address, rule, gives)),
            None => {}
        }
    }

    fn finish(mut self) -> Option<Told> {
        if self.told.is_none() {
            self.told = self.built_in.map(|found| self.less(Told::built_in(found)));
        }
        self.unlawful.or(self.told)
    }

    /// Without what longer rules of the pack have taken away.
    fn less(&self, mut told: Told) -> Told {
        told.categories.retain(|category| !self.takes.contains(*category));
        told
    }
}
