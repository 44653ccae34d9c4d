//! What a site is about: the longest listed suffix, and on it the longest listed path, wins.
//!
//! A hash map of hosts, built when the engine starts, for the lists that are built in and a school's own. Millions of
//! domains come in a pack, whose map is `packed`.

use super::{Address, Entry};
use crate::lists::SiteRule;
use crate::taxonomy::Category;
use std::collections::HashMap;

/// A set of hosts and paths without categories: never-read sites, and a school's own lists.
#[derive(Debug, Default)]
pub(crate) struct Hosts(HashMap<String, Vec<String>>);

impl Hosts {
    pub(crate) fn new<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut hosts: HashMap<String, Vec<String>> = HashMap::new();
        for entry in entries {
            hosts.entry(entry.host.clone()).or_default().push(entry.path.clone());
        }
        Self(hosts)
    }

    /// Every entry, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> {
        let entry = |host: &String, path: &String| Entry { host: host.clone(), path: path.clone() };
        self.0.iter().flat_map(move |(host, paths)| paths.iter().map(move |path| entry(host, path)))
    }

    /// The entry that covers the address: the longest host, and on it the longest path.
    pub(crate) fn find(&self, address: &Address) -> Option<String> {
        address.hosts().find_map(|host| {
            let on_path = self.0.get(host)?.iter().filter(|path| covers(path, &address.path));
            let path = on_path.max_by_key(|path| path.len())?;
            Some(format!("{host}{path}"))
        })
    }
}

/// Domain and path rules to categories.
#[derive(Debug, Default)]
pub(crate) struct SiteMap {
    hosts: HashMap<String, Vec<Listed>>,
    /// What site lists say of themselves.
    reasons: Vec<String>,
}

#[derive(Debug)]
struct Listed {
    path: String,
    categories: Vec<Category>,
    /// The reason of the first list that names it: an index of the map's.
    why: u32,
}

/// What was found for an address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) categories: &'a [Category],
    pub(crate) why: &'a str,
}

impl SiteMap {
    /// Joins the rules of all lists. An exception takes one category from what its parents give it.
    pub(crate) fn new(rules: Vec<SiteRule>, reasons: Vec<String>) -> Self {
        // Nothing is copied: all of this is done again each time the browser wakes the extension.
        let mut map = Self { hosts: HashMap::with_capacity(rules.len()), reasons };
        let mut exceptions = Vec::new();
        for rule in rules {
            if rule.exception {
                exceptions.push(rule);
                continue;
            }
            let listed = map.hosts.entry(rule.entry.host).or_default();
            match listed.iter_mut().find(|known| known.path == rule.entry.path) {
                Some(known) if known.categories.contains(&rule.category) => {}
                Some(known) => known.categories.push(rule.category),
                None => listed.push(Listed {
                    path: rule.entry.path,
                    categories: vec![rule.category],
                    why: rule.why,
                }),
            }
        }
        for rule in exceptions {
            map.except(rule);
        }
        map.hosts.values_mut().for_each(|listed| listed.sort_by_key(|l| std::cmp::Reverse(l.path.len())));
        map
    }

    #[inline(never)]
    fn except(&mut self, rule: SiteRule) {
        let Some(address) = Address::parse(&format!("https://{}", rule.entry)) else { return };
        // While the map is built the paths are not sorted yet, so the longest is looked for.
        let inherited = self.longest(&address);
        let categories: Vec<Category> = inherited
            .iter()
            .flat_map(|(_, listed)| &listed.categories)
            .copied()
            .filter(|known| *known != rule.category)
            .collect();
        // What has no category is never found, and needs no reason.
        let why = inherited.map_or(u32::MAX, |(_, listed)| listed.why);
        let listed = self.hosts.entry(rule.entry.host).or_default();
        match listed.iter_mut().find(|known| known.path == rule.entry.path) {
            Some(known) => known.categories = categories,
            None => listed.push(Listed { path: rule.entry.path, categories, why }),
        }
    }

    /// What the address's site is about; `None` when nothing lists it or an exception frees it. Unlawful content is
    /// found even under a longer rule that says otherwise.
    pub(crate) fn find(&self, address: &Address) -> Option<Found<'_>> {
        self.longest_or_unlawful(address).filter(|found| !found.categories.is_empty())
    }

    /// The same, but with a rule that frees the address from every category, which is longer than others' rules too.
    pub(crate) fn longest_or_unlawful(&self, address: &Address) -> Option<Found<'_>> {
        let unlawful =
            self.covering(address).find(|(_, listed)| listed.categories.contains(&Category::Illegal));
        let (host, listed) = unlawful.or_else(|| self.longest(address))?;
        let why = self.reasons.get(listed.why as usize).map_or("", String::as_str);
        Some(Found { host, path: &listed.path, categories: &listed.categories, why })
    }

    /// Every rule with its host, path and categories, in no order; what an exception frees has none.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &str, &[Category])> {
        self.hosts.iter().flat_map(|(host, rules)| {
            rules.iter().map(move |rule| (host.as_str(), rule.path.as_str(), rule.categories.as_slice()))
        })
    }

    fn longest(&self, address: &Address) -> Option<(&str, &Listed)> {
        let (first, _) = self.covering(address).next()?;
        self.covering(address)
            .take_while(|(host, _)| *host == first)
            .max_by_key(|(_, listed)| listed.path.len())
    }

    /// Every rule that covers the address with its host, longest host first.
    fn covering(&self, address: &Address) -> impl Iterator<Item = (&str, &Listed)> {
        address.hosts().filter_map(|host| self.hosts.get_key_value(host)).flat_map(|(host, listed)| {
            let covering = listed.iter().filter(|listed| covers(&listed.path, &address.path));
            covering.map(move |listed| (host.as_str(), listed))
        })
    }
}

/// Whether a listed path (empty, or `/a/b`) stands for this path: whole segments only.
pub(crate) fn covers(listed: &str, path: &str) -> bool {
    path.strip_prefix(listed)
        .is_some_and(|rest| listed.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
