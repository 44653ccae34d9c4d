//! Finds the exception for an address: the longest host, and on it the longest path; for the very same site a block
//! comes before an allowance.

use super::{Decider, Effect, Exception, Ruling};
use crate::site::{Address, Entry, covers};
use std::collections::HashMap;

/// An exception that holds for one browser at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excepted {
    /// Its id.
    pub id: String,
    /// The site.
    pub site: Entry,
    /// What it does.
    pub effect: Effect,
    /// Whose it is.
    pub by: Decider,
    /// When it ends, milliseconds since 1970.
    pub until: Option<i64>,
}

impl From<&Exception> for Excepted {
    fn from(exception: &Exception) -> Self {
        Self {
            id: exception.id.clone(),
            site: exception.site.clone(),
            effect: exception.effect,
            by: exception.by,
            until: exception.until,
        }
    }
}

impl Excepted {
    pub(crate) fn ruling(&self) -> Ruling {
        Ruling::Exception {
            id: self.id.clone(),
            site: self.site.to_string(),
            decider: self.by,
            until: self.until,
        }
    }
}

/// The exceptions that hold, by host.
#[derive(Debug, Default)]
pub(crate) struct Exceptions(HashMap<String, Vec<Excepted>>);

impl Exceptions {
    pub(crate) fn new<'a>(excepted: impl IntoIterator<Item = &'a Excepted>) -> Self {
        let mut hosts: HashMap<String, Vec<Excepted>> = HashMap::new();
        for one in excepted {
            hosts.entry(one.site.host.clone()).or_default().push(one.clone());
        }
        for on_host in hosts.values_mut() {
            on_host.sort_by_key(|one| (std::cmp::Reverse(one.site.path.len()), one.effect == Effect::Allow));
        }
        Self(hosts)
    }

    /// The exception that decides about the address.
    pub(crate) fn find(&self, address: &Address) -> Option<&Excepted> {
        if self.0.is_empty() {
            return None;
        }
        address
            .hosts()
            .find_map(|host| self.0.get(host)?.iter().find(|one| covers(&one.site.path, &address.path)))
    }

    /// The same, if there were one more. For the very same site the one that there is decides.
    pub(crate) fn find_with<'a>(
        &'a self,
        address: &Address,
        supposed: Option<&'a Excepted>,
    ) -> Option<&'a Excepted> {
        let found = self.find(address);
        let depth = |one: &Excepted| (one.site.host.len(), one.site.path.len());
        supposed
            .filter(|one| address.hosts().any(|host| host == one.site.host))
            .filter(|one| covers(&one.site.path, &address.path))
            .filter(|one| found.is_none_or(|found| depth(one) > depth(found)))
            .or(found)
    }
}
