//! How a well-known service's hosts are recognised, for the tables of searches, safe modes and addresses within addresses.
//!
//! The same hosts can be asked of one address, or written as a regular expression for the browser's own rules.

use super::Address;

/// Which hosts belong to a service.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    /// This domain and everything under it.
    Domain(&'static str),
    /// This name under any national domain, and everything under it: `amazon.com`, `www.amazon.co.uk`.
    National(&'static str),
    /// The same with only these beginnings, each with its dot, since other services live under others:
    /// `google.com`, `images.google.de`, and not `docs.google.com`.
    Only(&'static str, &'static [&'static str]),
}

/// Top-level domains beside the countries' own that such names are registered under.
const GENERIC: [&str; 3] = ["com", "net", "cat"];

/// Beginnings in one expression.
const BEGINNINGS: usize = 6;

impl At {
    pub(crate) fn covers(&self, address: &Address) -> bool {
        match self {
            Self::Domain(domain) => under(&address.host, domain).is_some(),
            Self::National(name) => before_name(&address.host, name).is_some(),
            Self::Only(name, beginnings) => {
                before_name(&address.host, name).is_some_and(|before| beginnings.contains(&before))
            }
        }
    }

    /// The hosts as expressions that RE2 reads, without anchors; one of them finds each host. A browser gives each expression two
    /// kilobytes, which is too little for every country's ending (any ending is taken) and for more than a few beginnings.
    pub(crate) fn expressions(&self) -> Vec<String> {
        let quoted = |text: &str| text.replace('.', r"\.");
        match self {
            Self::Domain(domain) => vec![format!(r"([^/?#@:]+\.)?{}\.?", quoted(domain))],
            Self::National(name) => vec![format!(r"([^/?#@:]+\.)?{}\.[a-z.]+", quoted(name))],
            Self::Only(name, beginnings) => beginnings
                .chunks(BEGINNINGS)
                .map(|some| {
                    let some: Vec<String> = some.iter().map(|text| quoted(text)).collect();
                    format!(r"({}){}\.[a-z.]+", some.join("|"), quoted(name))
                })
                .collect(),
        }
    }
}

/// What stands before a domain in a host, with its dot; `None` when the host is not under the domain.
pub(crate) fn under<'a>(host: &'a str, domain: &str) -> Option<&'a str> {
    host.strip_suffix(domain).filter(|before| before.is_empty() || before.ends_with('.'))
}

/// What stands before a name under a national domain, with its dot.
fn before_name<'a>(host: &'a str, name: &str) -> Option<&'a str> {
    let country = |label: &str| label.len() == 2 && label.bytes().all(|b| b.is_ascii_lowercase());
    let (rest, last) = host.rsplit_once('.')?;
    let rest = match rest.rsplit_once('.') {
        Some((shorter, "co" | "com")) if country(last) => shorter,
        _ if country(last) || GENERIC.contains(&last) => rest,
        _ => return None,
    };
    under(rest, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_under_every_country_and_nowhere_else() {
        let covers =
            |at: At, host: &str| at.covers(&Address::parse(&format!("https://{host}/")).expect("an address"));
        let google = At::Only("google", &["", "www."]);
        for host in ["google.com", "www.google.co.uk", "google.com.au", "www.google.cat", "WWW.GOOGLE.FR."] {
            assert!(covers(google, host), "{host}");
        }
        for host in
            ["docs.google.com", "notgoogle.com", "google.example", "google.com.evil.example", "google"]
        {
            assert!(!covers(google, host), "{host}");
        }
        assert!(covers(At::National("amazon"), "smile.amazon.co.jp"));
        assert!(!covers(At::National("amazon"), "amazon.dev"));
        assert!(
            covers(At::Domain("bing.com"), "www.bing.com") && !covers(At::Domain("bing.com"), "abing.com")
        );
        assert_eq!(At::Domain("bing.com").expressions(), [r"([^/?#@:]+\.)?bing\.com\.?"]);
        let many = At::Only("google", &["", "www.", "m.", "images.", "video.", "news.", "cse."]);
        assert_eq!(many.expressions()[1], r"(cse\.)google\.[a-z.]+");
    }
}
