//! What a site is about: the longest listed suffix, and on it the longest listed path, wins.
//!
//! A hash map of hosts, built when the engine starts. Lists of millions of domains need another inside; the questions
//! that are asked of it stay the same.

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

    /// The entry that covers the address.
    pub(crate) fn find(&self, address: &Address) -> Option<String> {
        address.hosts().find_map(|host| {
            let path = self.0.get(host)?.iter().find(|path| covers(path, &address.path))?;
            Some(format!("{host}{path}"))
        })
    }
}

/// Domain and path rules to categories.
#[derive(Debug, Default)]
pub(crate) struct SiteMap {
    hosts: HashMap<String, Vec<Listed>>,
}

#[derive(Debug)]
struct Listed {
    path: String,
    categories: Vec<Category>,
    /// The reason of the first list that names it.
    why: String,
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
    pub(crate) fn new(rules: &[SiteRule], reasons: &[String]) -> Self {
        let mut map = Self::default();
        for rule in rules.iter().filter(|rule| !rule.exception) {
            let listed = map.hosts.entry(rule.entry.host.clone()).or_default();
            match listed.iter_mut().find(|known| known.path == rule.entry.path) {
                Some(known) if known.categories.contains(&rule.category) => {}
                Some(known) => known.categories.push(rule.category),
                None => listed.push(Listed {
                    path: rule.entry.path.clone(),
                    categories: vec![rule.category],
                    why: reasons.get(rule.why as usize).cloned().unwrap_or_default(),
                }),
            }
        }
        for rule in rules.iter().filter(|rule| rule.exception) {
            map.except(&rule.entry, rule.category);
        }
        map.hosts.values_mut().for_each(|listed| listed.sort_by_key(|l| std::cmp::Reverse(l.path.len())));
        map
    }

    fn except(&mut self, entry: &Entry, category: Category) {
        let Some(address) = Address::parse(&format!("https://{entry}")) else { return };
        let inherited = self.longest(&address);
        let categories: Vec<Category> = inherited
            .iter()
            .flat_map(|found| found.categories)
            .copied()
            .filter(|known| *known != category)
            .collect();
        let why = inherited.map(|found| found.why.to_owned()).unwrap_or_default();
        let listed = self.hosts.entry(entry.host.clone()).or_default();
        match listed.iter_mut().find(|known| known.path == entry.path) {
            Some(known) => known.categories = categories,
            None => listed.push(Listed { path: entry.path.clone(), categories, why }),
        }
    }

    /// What the address's site is about; `None` when nothing lists it or an exception frees it. Unlawful content is
    /// found even under a longer rule that says otherwise.
    pub(crate) fn find(&self, address: &Address) -> Option<Found<'_>> {
        let unlawful = self.covering(address).find(|found| found.categories.contains(&Category::Illegal));
        unlawful.or_else(|| self.longest(address)).filter(|found| !found.categories.is_empty())
    }

    fn longest(&self, address: &Address) -> Option<Found<'_>> {
        // While the map is built the paths are not sorted yet, so the longest is looked for.
        let first = self.covering(address).next()?;
        self.covering(address)
            .take_while(|found| found.host == first.host)
            .max_by_key(|found| found.path.len())
    }

    /// Every rule that covers the address, longest host first.
    fn covering(&self, address: &Address) -> impl Iterator<Item = Found<'_>> {
        address.hosts().filter_map(|host| self.hosts.get_key_value(host)).flat_map(|(host, listed)| {
            listed.iter().filter(|listed| covers(&listed.path, &address.path)).map(move |listed| Found {
                host,
                path: &listed.path,
                categories: &listed.categories,
                why: &listed.why,
            })
        })
    }
}

/// Whether a listed path (empty, or `/a/b`) stands for this path: whole segments only.
fn covers(listed: &str, path: &str) -> bool {
    path.strip_prefix(listed)
        .is_some_and(|rest| listed.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
