//! The reference: rules in a hash map, and a walk over hosts and paths that anybody can follow.

use lapwing_core::{Category, CategorySet};
use lapwing_packs::{Rule, Says};
use std::collections::HashMap;

/// Rules by host and path.
pub(crate) struct Plain(HashMap<(String, String), Says>);

impl Plain {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let named = rules.iter().map(|rule| {
            let (host, path) = rule.parts();
            ((host.to_owned(), path.to_owned()), rule.says)
        });
        Self(named.collect())
    }

    /// The rule that counts for `host/path`, and what the site is about; nothing when it is about nothing.
    pub(crate) fn find(&self, address: &str) -> Option<(String, CategorySet)> {
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let labels: Vec<&str> = host.split('.').collect();
        let mut taken = CategorySet::NONE;
        let mut found = None;
        for first in 0..labels.len() {
            for last in (0..=segments.len()).rev() {
                let host = labels[first..].join(".");
                let path: String = segments[..last].iter().map(|segment| format!("/{segment}")).collect();
                let Some(says) = self.0.get(&(host.clone(), path.clone())) else { continue };
                if says.gives.contains(Category::Illegal) {
                    return Some((host + &path, CategorySet::only(Category::Illegal)));
                }
                if found.is_some() {
                    continue;
                }
                taken = taken.with(says.takes);
                if !says.gives.is_empty() {
                    found = Some((host + &path, says.gives.without(taken)));
                }
            }
        }
        found.filter(|(_, categories)| !categories.is_empty())
    }
}
