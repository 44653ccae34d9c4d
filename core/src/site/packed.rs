//! The site map of a pack, and of the changes laid on it: millions of sites, used in place.
//!
//! Nothing is built when it is loaded. A host is read once from its end; each of its parents is asked of the newest layer
//! first, and a layer that knows the name speaks for the whole stack. How answers are joined with the lists that are
//! built in is in `join`.

use super::Address;
use super::categories::CategorySet;
use super::key::Trail;
use super::layer::{Class, Layer, MOST_LABELS, MOST_SEGMENTS};
use super::unlawful::Unlawful;
use crate::pack::{Kind, Pack, PackError};
use crate::taxonomy::Category;
use std::ops::{ControlFlow, Range};

/// Changes that may lie on a pack before a whole one is due: each is asked for every name.
pub const MOST_CHANGES: usize = 8;

/// The sites of a pack and of the changes to it.
#[derive(Debug)]
pub struct Sites {
    /// The whole pack, then each change.
    tiers: Vec<Tier>,
    /// Label counts of any layer's names.
    labels: u32,
    /// Whether any layer lists unlawful content.
    unlawful: bool,
}

/// One pack's part.
#[derive(Debug)]
struct Tier {
    pack: Pack,
    /// Where its section of sites is.
    at: Range<usize>,
    layer: Layer,
    /// Where its licensed lists of unlawful content are, if it has any.
    unlawful: Option<Range<usize>>,
}

/// A rule that covers an address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule<'a> {
    /// Where in the address's host the rule's host begins.
    pub(crate) host: usize,
    /// Where in the address's path the rule's path ends.
    pub(crate) path: usize,
    pub(crate) gives: CategorySet,
    pub(crate) takes: CategorySet,
    pub(crate) source: &'a str,
}

/// What the rule for one very host, or path of it, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Says<'a> {
    /// Categories that it gives.
    pub gives: CategorySet,
    /// Categories that it takes away from what shorter rules give.
    pub takes: CategorySet,
    /// The list that said so first.
    pub source: &'a str,
}

/// A place on the way through a host or a path.
type Stop = (Trail, usize);

impl Sites {
    /// The sites of a whole pack.
    ///
    /// # Errors
    /// When the pack has none, or only changes of another, or they cannot be read.
    pub fn new(pack: Pack) -> Result<Self, PackError> {
        if pack.parent().is_some() {
            return Err(PackError::Parent);
        }
        let mut sites = Self { tiers: Vec::with_capacity(1), labels: 0, unlawful: false };
        sites.push(pack, None)?;
        Ok(sites)
    }

    /// Lays the changes of another pack on top.
    ///
    /// # Errors
    /// When they were made for another pack than the topmost, are not newer, are one too many, or cannot be read; nothing
    /// has changed then.
    pub fn lay(&mut self, pack: Pack) -> Result<(), PackError> {
        let Tier { pack: top, layer, .. } = self.tiers.last().ok_or(PackError::Parent)?;
        if pack.parent() != Some(top.digest()) {
            return Err(PackError::Parent);
        }
        if pack.version() <= top.version() {
            return Err(PackError::Old { version: pack.version(), minimum: top.version().saturating_add(1) });
        }
        if self.tiers.len() > MOST_CHANGES {
            return Err(PackError::Deep(MOST_CHANGES));
        }
        let basis = layer.basis;
        self.push(pack, Some(basis))
    }

    fn push(&mut self, pack: Pack, basis: Option<u64>) -> Result<(), PackError> {
        let section = Kind::Sites;
        let at = pack.range(section).ok_or(PackError::Missing { section })?;
        let bytes = pack.bytes().get(at.clone()).unwrap_or_default();
        let layer = Layer::read(bytes).map_err(|why| PackError::Unusable { section, why })?;
        if basis.is_some_and(|basis| basis != layer.basis) {
            return Err(PackError::Parent);
        }
        let unlawful = pack.range(Kind::Unlawful);
        if let Some(at) = &unlawful {
            let bytes = pack.bytes().get(at.clone()).unwrap_or_default();
            Unlawful::read(bytes).map_err(|why| PackError::Unusable { section: Kind::Unlawful, why })?;
        }
        self.labels |= layer.labels;
        self.unlawful |= layer.unlawful;
        self.tiers.push(Tier { pack, at, layer, unlawful });
        Ok(())
    }

    /// The whole pack's bytes again; the changes are dropped.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.tiers.into_iter().next().map(|tier| tier.pack.into_bytes()).unwrap_or_default()
    }

    /// Where trails begin in every layer: what a change must be made with.
    #[must_use]
    pub fn basis(&self) -> u64 {
        self.tiers.first().map_or(0, |tier| tier.layer.basis)
    }

    /// Version of the newest layer.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.tiers.last().map_or(0, |tier| tier.pack.version())
    }

    /// How many hosts and how many paths have rules, in the whole pack and its changes together.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        let sum =
            |count: fn(&Layer) -> u32| self.tiers.iter().map(|tier| u64::from(count(&tier.layer))).sum();
        (sum(|layer| layer.hosts), sum(|layer| layer.paths))
    }

    /// What a whole host is about, by the longest rule for it or a parent of it. The host is as a browser writes it
    /// (`URL.hostname`): lower-case, international names in ASCII; anything else is not found.
    #[must_use]
    pub fn host(&self, host: &str) -> CategorySet {
        let last = host.rsplit('.').next().unwrap_or_default();
        let is_name = !last.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(']');
        let (mut gives, mut takes, mut unlawful) = (None, CategorySet::NONE, false);
        self.rules(host, is_name, "", |rule| {
            unlawful |= rule.gives.contains(Category::Illegal);
            if gives.is_none() {
                takes = takes.with(rule.takes);
                gives = (!rule.gives.is_empty()).then_some(rule.gives);
            }
            if gives.is_some() && !self.unlawful { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let found = gives.unwrap_or_default().without(takes);
        if unlawful { CategorySet::only(Category::Illegal) } else { found }
    }

    /// The rule for exactly this host and path (both as [`Entry`](super::Entry) has them), not for a parent.
    #[must_use]
    pub fn rule(&self, host: &str, path: &str) -> Option<Says<'_>> {
        let trail = Trail::new(self.tiers.first()?.layer.basis).host(host).path(path);
        let (class, layer) = self.class(trail).filter(|(class, _)| class.says_something())?;
        Some(Says { gives: class.gives, takes: class.takes, source: layer.source(class) })
    }

    /// Whether the whole way must be gone, because unlawful content counts under any longer rule.
    pub(crate) const fn lists_unlawful(&self) -> bool {
        self.unlawful
    }

    /// Whether a licensed list of unlawful content holds the address. The newest pack that has such lists speaks for all.
    pub(crate) fn holds_unlawful(&self, address: &Address) -> bool {
        let newest = self.tiers.iter().rev().find_map(|Tier { pack, unlawful, .. }| {
            let bytes = pack.bytes().get(unlawful.clone()?)?;
            Unlawful::read(bytes).ok()
        });
        newest.is_some_and(|lists| lists.holds(address))
    }

    /// Every rule that covers a host and a path, the longest host first, and of one host the longest path first, until
    /// `visit` has heard enough.
    #[inline]
    pub(crate) fn rules<'a>(
        &'a self,
        host: &str,
        is_name: bool,
        path: &str,
        mut visit: impl FnMut(Rule<'a>) -> ControlFlow<()>,
    ) {
        let Some(first) = self.tiers.first() else { return };
        let (stops, count) = stops_of_host(Trail::new(first.layer.basis), host, is_name);
        for (index, (trail, start)) in stops.iter().enumerate().take(count).rev() {
            let labels = if is_name { index + 1 } else { 0 };
            if self.labels >> labels & 1 == 0 {
                continue;
            }
            let Some((class, layer)) = self.class(*trail) else { continue };
            let rule = |class: &Class, layer: &'a Layer, end: usize| Rule {
                host: *start,
                path: end,
                gives: class.gives,
                takes: class.takes,
                source: layer.source(class),
            };
            if class.paths {
                let (stops, count) = stops_of_path(*trail, path);
                for (trail, end) in stops.iter().take(count).rev() {
                    let Some((class, layer)) = self.class(*trail) else { continue };
                    if class.says_something() && visit(rule(class, layer, *end)).is_break() {
                        return;
                    }
                }
            }
            if class.says_something() && visit(rule(class, layer, 0)).is_break() {
                return;
            }
        }
    }

    /// The newest layer's word on a name.
    #[inline]
    fn class(&self, trail: Trail) -> Option<(&Class, &Layer)> {
        self.tiers.iter().rev().find_map(|Tier { pack, at, layer, .. }| {
            let class = layer.class(pack.bytes().get(at.clone())?, trail)?;
            Some((class, layer))
        })
    }
}

impl Class {
    const fn says_something(&self) -> bool {
        !self.gives.is_empty() || !self.takes.is_empty()
    }
}

/// The trail of each suffix of a host, shortest first, with where it begins; a number has only itself.
#[inline]
fn stops_of_host(mut trail: Trail, host: &str, is_name: bool) -> ([Stop; MOST_LABELS], usize) {
    let mut stops = [Stop::default(); MOST_LABELS];
    let mut count = 0;
    for (at, byte) in host.bytes().enumerate().rev() {
        if byte == b'.' && is_name {
            let Some(stop) = stops.get_mut(count) else { return (stops, count) };
            *stop = (trail, at + 1);
            count += 1;
        }
        trail = trail.step(byte);
    }
    if let Some(stop) = stops.get_mut(count) {
        *stop = (trail, 0);
        count += 1;
    }
    (stops, count)
}

/// The trail of each beginning of a path that ends with a whole segment, shortest first, with where it ends.
fn stops_of_path(mut trail: Trail, path: &str) -> ([Stop; MOST_SEGMENTS], usize) {
    let mut stops = [Stop::default(); MOST_SEGMENTS];
    let mut count = 0;
    for (at, byte) in path.bytes().enumerate() {
        if byte == b'/' && at > 0 {
            let Some(stop) = stops.get_mut(count) else { return (stops, count) };
            *stop = (trail, at);
            count += 1;
        }
        trail = trail.step(byte);
    }
    if path.len() > 1
        && !path.ends_with('/')
        && let Some(stop) = stops.get_mut(count)
    {
        *stop = (trail, path.len());
        count += 1;
    }
    (stops, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_stops_at_each_label_and_a_number_only_at_its_end() {
        let starts = |host, is_name| {
            let (stops, count) = stops_of_host(Trail::new(1), host, is_name);
            stops[..count]
                .iter()
                .map(|(trail, at)| (*trail == Trail::new(1).host(host.get(*at..).unwrap()), *at))
                .collect::<Vec<_>>()
        };
        assert_eq!(starts("a.b.example", true), [(true, 4), (true, 2), (true, 0)]);
        assert_eq!(starts("192.0.2.1", false), [(true, 0)]);
        assert_eq!(starts(&"a.".repeat(100), true).len(), MOST_LABELS);
    }

    #[test]
    fn a_path_stops_after_each_segment() {
        let ends = |path| {
            let (stops, count) = stops_of_path(Trail::new(1), path);
            stops[..count]
                .iter()
                .map(|(trail, at)| (*trail == Trail::new(1).path(path.get(..*at).unwrap()), *at))
                .collect::<Vec<_>>()
        };
        assert_eq!(ends("/a/bc/d"), [(true, 2), (true, 5), (true, 7)]);
        assert_eq!(ends("/a/"), [(true, 2)]);
        assert!(ends("/").is_empty() && ends("").is_empty());
        assert_eq!(ends(&"/a".repeat(100)).len(), MOST_SEGMENTS);
    }
}
