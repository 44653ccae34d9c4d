//! One visited address, taken apart as a browser takes it apart.

use super::entry::ipv6;
use super::path::canonical_path;
use url::{Host, Url};

/// Longer addresses are not taken apart: no browser sends them, and parsing them costs time.
const MAX_BYTES: usize = 64 * 1024;

/// A web address. Anything that is not one (other schemes, nonsense, no host) does not become an `Address`.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// In the form of [`Entry::host`](super::Entry).
    pub(crate) host: String,
    /// Lower-case, decoded, without doubled slashes; always begins with `/`.
    pub(crate) path: String,
    url: Url,
}

impl Address {
    /// Reads an address; `None` when there is no site to speak of.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let url = Url::parse(text.trim()).ok()?;
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
            return None;
        }
        let host = match url.host()? {
            Host::Domain(name) => name.trim_end_matches('.').to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => ipv6(address),
        };
        if host.is_empty() {
            return None;
        }
        let path = canonical_path(url.path());
        Some(Self { host, path, url })
    }

    /// The first value of a parameter of the query, or of a fragment written like a query (`#q=…`).
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let in_fragment = self.url.fragment().unwrap_or_default().trim_start_matches('?');
        self.url
            .query_pairs()
            .chain(url::form_urlencoded::parse(in_fragment.as_bytes()))
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// Whether the host is a name, which has parents, and not an IP address.
    pub(crate) fn is_name(&self) -> bool {
        matches!(self.url.host(), Some(Host::Domain(_)))
    }

    /// The host, then each of its parents: `a.b.c`, `b.c`, `c`. An IP address has no parents.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        let is_name = self.is_name();
        std::iter::successors(Some(self.host.as_str()), move |host| {
            if is_name { host.split_once('.').map(|(_, parent)| parent) } else { None }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_and_path(text: &str) -> Option<String> {
        Address::parse(text).map(|a| format!("{}{}", a.host, a.path))
    }

    #[test]
    fn one_site_has_one_form() {
        for text in [
            "https://example.org/a/b",
            "http://EXAMPLE.org:8080/A/b?x=1#y",
            "https://user:secret@example.org./a//b",
            "  wss://example.org/%61/b",
            "https:\\\\example.org\\a\\b",
            "https://ｅｘａｍｐｌｅ.org/a/./c/../b",
        ] {
            assert_eq!(host_and_path(text).as_deref(), Some("example.org/a/b"), "{text}");
        }
        assert_eq!(host_and_path("http://0x7f.1/").as_deref(), Some("127.0.0.1/"));
        assert_eq!(host_and_path("https://bücher.example").as_deref(), Some("xn--bcher-kva.example/"));
    }

    #[test]
    fn tricks_with_the_host_lead_to_the_host_that_is_opened() {
        for (text, site) in [
            ("https://bbc.co.uk@bet.example/", "bet.example/"),
            ("https://bbc.co.uk%2f@bet.example", "bet.example/"),
            ("https://user:https%3a%2f%2fbbc.co.uk@bet.example:444/x", "bet.example/x"),
            ("https://bbc.co.uk\\@bet.example/", "bbc.co.uk/@bet.example/"),
            ("https://bet.example#@bbc.co.uk/", "bet.example/"),
            ("https://bet.example?@bbc.co.uk/", "bet.example/"),
            ("https:bet.example", "bet.example/"),
            ("https:///bet.example/", "bet.example/"),
            ("https://b\tet.exam\nple/", "bet.example/"),
            ("https://b%65t.example/", "bet.example/"),
            ("https://BET。example./", "bet.example/"),
            ("https://be\u{ad}t.example/", "bet.example/"),
            ("https://xn--bcher-kva.example/", "xn--bcher-kva.example/"),
            ("https://BÜCHER.example/", "xn--bcher-kva.example/"),
            ("http://2130706433/", "127.0.0.1/"),
            ("http://0300.0250.1/", "192.168.0.1/"),
            ("http://[2001:DB8:0::1]:80/", "[2001:db8::1]/"),
            ("http://[::ffff:192.0.2.1]/", "192.0.2.1/"),
        ] {
            assert_eq!(host_and_path(text).as_deref(), Some(site), "{text}");
        }
        for text in
            ["https://a b.example/", "https://bet.example:99999/", "https://[::1", "https://1.2.3.4.5/"]
        {
            assert_eq!(host_and_path(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_web_address_is_nothing() {
        for text in
            ["", "example", "data:text/html,x", "chrome://settings", "about:blank", "https://", "https://./"]
        {
            assert!(host_and_path(text).is_none(), "{text}");
        }
        assert!(Address::parse(&format!("https://example.org/{}", "a".repeat(MAX_BYTES))).is_none());
    }

    #[test]
    fn parents_of_a_name_but_not_of_a_number() {
        let hosts = |text| Address::parse(text).unwrap().hosts().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(hosts("https://a.b.example"), ["a.b.example", "b.example", "example"]);
        assert_eq!(hosts("https://192.0.2.1"), ["192.0.2.1"]);
    }

    #[test]
    fn parameters_are_decoded_and_found_in_fragments_too() {
        let address = Address::parse("https://example.org/s?q=a+b%20c#p=d").unwrap();
        assert_eq!(address.parameter("q").as_deref(), Some("a b c"));
        assert_eq!(address.parameter("p").as_deref(), Some("d"));
        assert_eq!(address.parameter("z"), None);
    }
}
