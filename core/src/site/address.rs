//! One visited address, taken apart as a browser takes it apart.

use super::entry::ipv6;
use super::path::{canonical_path, percent_decode};
use std::borrow::Cow;
use std::net::Ipv4Addr;
use url::{Host, Url};

/// Of longer addresses only this much is taken apart: enough for any that a person opens, and a browser may send some that
/// are thirty times as long, for which nobody should wait.
const MAX_BYTES: usize = 64 * 1024;

/// Ways of writing that an address is to be opened by the browser itself; what follows is where it comes from.
const WRAPPERS: [&str; 3] = ["blob:", "filesystem:", "view-source:"];

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
        let url = Url::parse(&shortened(unwrapped(text.trim()))).ok()?;
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

    /// Every value of a parameter, in the query and in a fragment written like a query (`#q=…`, `#!/search?q=…`).
    pub(crate) fn parameters(&self, name: &str) -> impl Iterator<Item = String> {
        let fragment = self.url.fragment().unwrap_or_default();
        let in_fragment = fragment.split_once('?').map_or(fragment, |(_, query)| query);
        let in_fragment = in_fragment.trim_start_matches(['!', '/', '&']);
        self.url
            .query_pairs()
            .chain(url::form_urlencoded::parse(in_fragment.as_bytes()))
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The query as written, without its question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.url.query()
    }

    /// The parts of the path and the values in the query, decoded, with their letters as written.
    pub(crate) fn parts(&self) -> impl Iterator<Item = String> {
        let path = self.url.path().split('/').map(percent_decode);
        path.chain(self.url.query_pairs().map(|(_, value)| value.into_owned()))
    }

    /// Whether the query has this parameter with anything in it.
    pub(crate) fn has_parameter(&self, name: &str) -> bool {
        self.url.query_pairs().any(|(key, value)| key == name && !value.is_empty())
    }

    /// The address with each of these parameters once, at the end of the query; `None` when it is so already but for
    /// their place. Names that differ only in the case of their letters, or are written in percent signs, are the same.
    pub(crate) fn with_parameters(&self, wanted: &[(&str, &str)]) -> Option<String> {
        let right = |name: &str, value: &str| {
            let mut same = self.url.query_pairs().filter(|(key, _)| key.eq_ignore_ascii_case(name));
            let first = same.next();
            first.is_some_and(|(key, has)| key == name && has == value) && same.next().is_none()
        };
        if wanted.iter().all(|(name, value)| right(name, value)) {
            return None;
        }
        let is_wanted = |part: &str| {
            let key = url::form_urlencoded::parse(part.as_bytes()).next().map(|(key, _)| key);
            key.is_some_and(|key| wanted.iter().any(|(name, _)| key.eq_ignore_ascii_case(name)))
        };
        // What else there is stays as it was written, byte for byte.
        let others = self
            .url
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|part| !part.is_empty() && !is_wanted(part));
        let mut parts: Vec<String> = others.map(str::to_owned).collect();
        parts.extend(wanted.iter().map(|(name, value)| format!("{name}={value}")));
        let mut url = self.url.clone();
        url.set_query(Some(&parts.join("&")));
        Some(url.into())
    }

    /// One part of the fragment, divided by slashes and decoded; empty when it has no such part.
    pub(crate) fn fragment_part(&self, part: usize) -> String {
        let found = self.url.fragment().and_then(|fragment| fragment.split('/').nth(part));
        // A decoder for forms, to which a plus is a space; in a fragment it is one as often.
        let pairs = url::form_urlencoded::parse(found.unwrap_or_default().as_bytes());
        pairs
            .map(|(key, value)| if value.is_empty() { key.into_owned() } else { format!("{key} {value}") })
            .collect()
    }

    /// Whether the host is a name, which has parents, and not an IP address.
    pub(crate) fn is_name(&self) -> bool {
        matches!(self.url.host(), Some(Host::Domain(_)))
    }

    /// Whether the host is the number of a computer on the open internet, and not of one in the same building.
    pub(crate) fn is_public_number(&self) -> bool {
        let v4 = |ip: Ipv4Addr| {
            // 100.64.0.0/10 is shared by the customers of one provider (RFC 6598).
            let is_shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
            // 192.0.2.0/24 leads nowhere (RFC 5737), so wireless networks show their sign-in page there.
            let is_sign_in = ip.octets().starts_with(&[192, 0, 2]);
            !(is_sign_in
                || ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || is_shared)
        };
        match self.url.host() {
            Some(Host::Ipv4(ip)) => v4(ip),
            Some(Host::Ipv6(ip)) => match ip.to_ipv4_mapped() {
                Some(ip) => v4(ip),
                None => {
                    let near = ip.is_unique_local() || ip.is_unicast_link_local();
                    !(near || ip.is_loopback() || ip.is_unspecified())
                }
            },
            _ => false,
        }
    }

    /// The host, then each of its parents: `a.b.c`, `b.c`, `c`. An IP address has no parents.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        let is_name = self.is_name();
        std::iter::successors(Some(self.host.as_str()), move |host| {
            if is_name { host.split_once('.').map(|(_, parent)| parent) } else { None }
        })
    }
}

/// Without what says how it is to be opened.
fn unwrapped(mut text: &str) -> &str {
    // More of them than this no browser writes.
    for _ in 0..WRAPPERS.len() {
        let begins =
            |wrapper: &&&str| text.get(..wrapper.len()).is_some_and(|t| t.eq_ignore_ascii_case(wrapper));
        match WRAPPERS.iter().find(begins) {
            Some(wrapper) => text = text.get(wrapper.len()..).unwrap_or_default(),
            None => break,
        }
    }
    text
}

/// An address that is too long, cut where its host is still in it: a name and a password before the host may be as long as
/// anybody likes.
fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_BYTES {
        return Cow::Borrowed(text);
    }
    let (scheme, rest) = text.split_at(text.find(':').map_or(0, |colon| colon + 1));
    let rest = rest.trim_start_matches(['/', '\\']);
    let ends = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..ends).and_then(|authority| authority.rfind('@')).map_or(0, |at| at + 1);
    let rest = rest.get(host..).unwrap_or_default();
    let end = (0..=MAX_BYTES.min(rest.len())).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(0);
    Cow::Owned(format!("{scheme}//{}", rest.get(..end).unwrap_or_default()))
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
    }

    #[test]
    fn an_address_that_is_too_long_or_wrapped_leads_to_its_host_all_the_same() {
        let long = "é".repeat(MAX_BYTES);
        for text in [
            format!("https://bet.example/a?{long}"),
            format!("https://{long}@bet.example/a"),
            format!("https://x@bet.example\\a?@{long}"),
            "blob:https://bet.example/a".to_owned(),
            "view-source:https://bet.example/a".to_owned(),
            "FileSystem:https://bet.example/a".to_owned(),
        ] {
            let shown: String = text.chars().take(40).collect();
            assert_eq!(host_and_path(&text).as_deref(), Some("bet.example/a"), "{shown}");
        }
        assert!(host_and_path(&format!("https://bet.example/{long}")).is_some());
        assert!(host_and_path("blob:null/0a").is_none());
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
        assert_eq!(address.parameters("q").next().as_deref(), Some("a b c"));
        assert_eq!(address.parameters("p").next().as_deref(), Some("d"));
        assert_eq!(address.parameters("z").next(), None);
    }
}
