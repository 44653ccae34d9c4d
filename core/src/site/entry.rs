//! One line of a site list: a domain that stands for its subdomains, with an optional path.

use super::path::canonical_path;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv6Addr;
use url::{Host, Url};

/// A listed site, in the one form in which sites are compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// Lower-case, without a dot at the end; international names in their ASCII form; an IPv6 address in brackets.
    pub host: String,
    /// Empty for the whole domain, else a path that begins with `/` and does not end with one; lower-case.
    pub path: String,
}

impl Entry {
    /// Reads a line such as `example.org` or `example.org/casino`.
    ///
    /// # Errors
    /// What is wrong with it and what to write instead.
    pub fn parse(line: &str) -> Result<Self, String> {
        let line = line.trim();
        let shown: String = line.chars().take(80).collect();
        if line.is_empty() {
            return Err("is empty; write a domain such as example.org".into());
        }
        if line.contains("://") {
            return Err(format!("“{shown}” is an address; write only the domain, such as example.org"));
        }
        let (host, path) = match line.split_once('/') {
            Some((host, path)) => (host, path),
            None => (line, ""),
        };
        if host.contains('*') {
            return Err(format!(
                "“{shown}” has a star; leave it out, because a domain stands for its subdomains"
            ));
        }
        if path.contains(['?', '#']) {
            return Err(format!("“{shown}” has a query or fragment; write only the domain and the path"));
        }
        let bad = || format!("“{shown}” is not a domain; write it like example.org or example.org/path");
        let host = match Host::parse(host.trim_end_matches('.')).map_err(|_| bad())? {
            Host::Domain(name) if name.contains('.') || name == "localhost" => name,
            Host::Domain(_) => {
                return Err(format!(
                    "“{shown}” is a whole top-level domain; write a name such as example.org"
                ));
            }
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => ipv6(address),
        };
        let path = if path.trim_matches('/').is_empty() { String::new() } else { listed_path(path) };
        Ok(Self { host, path })
    }

    /// Whether the other lies within this one: the same or under it, host and path.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let host = other.host.strip_suffix(&self.host);
        let path = other.path.strip_prefix(&self.path);
        host.is_some_and(|before| before.is_empty() || before.ends_with('.'))
            && path.is_some_and(|rest| self.path.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }

    /// The whole of a host that is already in its parsed form; nothing when it has no name.
    #[must_use]
    pub(crate) fn for_host(host: &str) -> Option<Self> {
        (!host.is_empty())
            .then(|| Self { host: host.trim_end_matches('.').to_lowercase(), path: String::new() })
    }
}

/// An IPv6 address as a host. One that only wraps an IPv4 address leads to the same machine, and is written like it.
pub(crate) fn ipv6(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(address) => address.to_string(),
        None => format!("[{address}]"),
    }
}

/// A path as [`Address`](super::Address) would have it, so that both are the same however the line was written.
fn listed_path(path: &str) -> String {
    // A browser takes dots, spaces and other scripts apart in its own way; whatever host does for asking it.
    let parsed = Url::parse(&format!("https://a.example/{path}")).ok();
    let path = canonical_path(parsed.as_ref().map_or("", Url::path));
    path.trim_end_matches('/').to_owned()
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.host, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_and_paths_are_put_in_one_form() {
        for (line, form) in [
            ("Example.ORG.", "example.org"),
            ("example.org/Casino/", "example.org/casino"),
            ("example.org//a/./x/../%62/", "example.org/a/b"),
            ("example.org/Caf%c3%89", "example.org/café"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("192.0.2.7", "192.0.2.7"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(Entry::parse(line).map(|e| e.to_string()), Ok(form.to_owned()));
        }
    }

    #[test]
    fn a_line_that_would_not_do_what_it_seems_to_is_refused_with_advice() {
        for (line, advice) in [
            ("", "example.org"),
            ("https://example.org", "only the domain"),
            ("*.example.org", "stands for its subdomains"),
            ("example.org/?q=1", "query"),
            ("com", "top-level"),
            ("exa mple.org", "not a domain"),
        ] {
            let problem = Entry::parse(line).unwrap_err();
            assert!(problem.contains(advice), "{line}: {problem}");
        }
    }
}
