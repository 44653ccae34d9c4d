//! Rules as they come out of lists: collected, joined where several lists name the same site, and put in order.
//!
//! What is not a rule that a map can hold is refused here, with the reason; reading lists is the business of `sources`,
//! and making a map of the rules that of `map`.

use crate::skip::Skip;
use lapwing_core::packed::{MOST_LABELS, MOST_SEGMENTS};
use lapwing_core::{CategorySet, Entry};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// What a list says about a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Says {
    /// Categories that it gives.
    pub gives: CategorySet,
    /// Categories that it takes away from what shorter rules give.
    pub takes: CategorySet,
    /// Which list said so first: an index of the build's sources.
    pub source: u16,
}

/// A rule for one host, or for one path of it and everything under it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Host and path, directly after one another.
    pub name: Box<str>,
    /// Bytes of the host.
    pub host: u16,
    /// What is said.
    pub says: Says,
}

impl Rule {
    /// The host, and the path or nothing.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        self.name.split_at_checked(usize::from(self.host)).unwrap_or((&self.name, ""))
    }
}

/// Rules that are collected at most, of all lists together: three times what large lists have, and what a server of a school
/// has the memory for when two states of them are compared.
const MOST: usize = 15_000_000;

/// Rules while they are collected.
#[derive(Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    most: usize,
    /// Public suffixes that may be listed all the same.
    suffixes: BTreeSet<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(BTreeSet::new())
    }
}

impl Rules {
    /// None yet. A rule for one of `suffixes`, such as `github.io`, is taken although everybody's sites are under it.
    #[must_use]
    pub fn new(suffixes: BTreeSet<String>) -> Self {
        Self { rules: Vec::new(), most: MOST, suffixes }
    }

    /// With another bound.
    #[cfg(test)]
    pub(crate) fn at_most(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// How many lists may add; what they have beyond is refused where they are read.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    /// How many have been taken, those for the same site counted apart.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Takes one line of a list: a domain, or a domain with a path.
    ///
    /// # Errors
    /// Why it was left out.
    pub fn add(&mut self, line: &str, says: Says) -> Result<(), Skip> {
        let entry = entry(line)?;
        if entry.path.is_empty() && is_public_suffix(&entry.host) && !self.suffixes.contains(&entry.host) {
            return Err(Skip::PublicSuffix);
        }
        if entry.host.split('.').count() > MOST_LABELS {
            return Err(Skip::ManyLabels);
        }
        if entry.path.split('/').count() > MOST_SEGMENTS + 1 {
            return Err(Skip::LongPath);
        }
        let host = u16::try_from(entry.host.len()).map_err(|_| Skip::NotADomain)?;
        self.rules.push(Rule { name: format!("{}{}", entry.host, entry.path).into(), host, says });
        Ok(())
    }

    /// Everything, in order, one rule a site.
    #[must_use]
    pub fn finish(mut self) -> Vec<Rule> {
        self.rules.sort_unstable_by(|a, b| {
            (&a.name, a.host, a.says.source, a.says).cmp(&(&b.name, b.host, b.says.source, b.says))
        });
        self.rules.dedup_by(|next, first| {
            let same = next.name == first.name && next.host == first.host;
            if same {
                first.says.gives = first.says.gives.with(next.says.gives);
                first.says.takes = first.says.takes.with(next.says.takes);
            }
            same
        });
        self.rules
    }
}

/// A line as a rule's site: as people write lists, which is more than the engine's own lists may do.
fn entry(line: &str) -> Result<Entry, Skip> {
    let line = line.strip_prefix("http://").or_else(|| line.strip_prefix("https://")).unwrap_or(line);
    let line = line.strip_prefix("*.").or_else(|| line.strip_prefix('.')).unwrap_or(line);
    if line.contains(['?', '#']) {
        return Err(Skip::Query);
    }
    let (host, path) = line.find('/').and_then(|at| line.split_at_checked(at)).unwrap_or((line, ""));
    if host.contains('*') || path.contains('*') {
        return Err(Skip::Star);
    }
    if host.contains('@') {
        return Err(Skip::NotADomain);
    }
    let host = without_port(host);
    if !host.trim_end_matches('.').contains('.') && !host.starts_with('[') {
        return Err(Skip::TopLevel);
    }
    Entry::parse(&format!("{host}{path}")).map_err(|_| Skip::NotADomain)
}

/// A site is judged whatever its port, so a rule has none.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

/// Whether anybody may register names directly under it (by the Public Suffix List, private part and all).
#[must_use]
pub fn is_public_suffix(host: &str) -> bool {
    if host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() {
        return false;
    }
    psl::suffix_str(host) == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::Category;

    fn says(category: Category) -> Says {
        Says { gives: CategorySet::only(category), ..Says::default() }
    }

    fn taken(line: &str) -> Result<String, Skip> {
        let mut rules = Rules::new(["netlify.app".to_owned()].into());
        rules.add(line, says(Category::Games))?;
        let rule = rules.finish().remove(0);
        let (host, path) = rule.parts();
        Ok(format!("{host} {path}"))
    }

    #[test]
    fn lines_are_read_as_lists_write_them() {
        for (line, rule) in [
            ("Example.ORG.", "example.org "),
            ("*.example.org", "example.org "),
            (".example.org", "example.org "),
            ("https://example.org/a/", "example.org /a"),
            ("example.org:8080/A//b", "example.org /a/b"),
            ("bücher.example", "xn--bcher-kva.example "),
            ("192.0.2.1:80", "192.0.2.1 "),
            ("[2001:db8::1]:80/x", "[2001:db8::1] /x"),
            ("0x7f.1", "127.0.0.1 "),
            ("me.github.io", "me.github.io "),
            ("github.io/me", "github.io /me"),
            ("netlify.app", "netlify.app "),
        ] {
            assert_eq!(taken(line).as_deref(), Ok(rule), "{line}");
        }
    }

    #[test]
    fn what_a_map_cannot_hold_is_refused_with_the_reason() {
        for (line, skip) in [
            ("co.uk", Skip::PublicSuffix),
            ("github.io", Skip::PublicSuffix),
            ("CO.UK.", Skip::PublicSuffix),
            ("com", Skip::TopLevel),
            ("localhost", Skip::TopLevel),
            ("example.org/?q=1", Skip::Query),
            ("example.*", Skip::Star),
            ("user@example.org", Skip::NotADomain),
            ("exa mple.org", Skip::NotADomain),
            ("example.org:x", Skip::NotADomain),
        ] {
            assert_eq!(taken(line), Err(skip), "{line}");
        }
        assert_eq!(taken(&format!("{}example.org", "a.".repeat(23))), Err(Skip::ManyLabels));
        assert_eq!(taken(&format!("example.org{}", "/a".repeat(25))), Err(Skip::LongPath));
    }

    #[test]
    fn lists_that_name_the_same_site_are_joined_and_the_first_is_named() {
        let mut rules = Rules::default();
        rules.add("b.example", Says { source: 2, ..says(Category::Games) }).unwrap();
        rules.add("B.example.", Says { source: 1, ..says(Category::Social) }).unwrap();
        rules.add("a.example", says(Category::Social)).unwrap();
        let rules = rules.finish();
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[1].says.source, 1);
        assert_eq!(rules[1].says.gives.iter().collect::<Vec<_>>(), [Category::Social, Category::Games]);
    }
}
