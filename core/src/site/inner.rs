//! Addresses within addresses: a translator, an archive, a cache or a proxy that shows another site's page under its own
//! name, and redirects that lead to one. What is inside is judged as well, so that a stopped site stays stopped.
//!
//! Only finding what is inside; what follows is the engine's business.

use super::Address;
use super::hosts::{At, under};
use super::path::canonical_path;
use super::search::on_path;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// How the outer address deals with the inner one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It shows the page under its own name: in words, what it is.
    Shows(&'static str),
    /// It leads there.
    Leads,
}

/// What was found inside.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Inner {
    pub(crate) url: String,
    pub(crate) way: Way,
    /// Whether the one before holds it too: an address in a path goes on to the path's end.
    pub(crate) follows: bool,
}

impl Inner {
    const fn new(url: String, way: Way) -> Self {
        Self { url, way, follows: false }
    }
}

/// Where in an address another one is.
enum Place {
    /// In these parameters.
    In(&'static [&'static str]),
    /// In the path, right after this beginning.
    After(&'static str),
    /// In the path after this beginning and one part more, a date or a language.
    AfterOne(&'static str),
}

struct Service {
    at: At,
    /// Empty for every path.
    paths: &'static [&'static str],
    place: Place,
    way: Way,
}

const fn service(at: At, paths: &'static [&'static str], place: Place, way: Way) -> Service {
    Service { at, paths, place, way }
}

const TRANSLATOR: Way = Way::Shows("a translator");
const ARCHIVE: Way = Way::Shows("an archive");
const CACHE: Way = Way::Shows("a copy kept by a search engine");
const READER: Way = Way::Shows("a service that fetches pages for others");
const PROXY: Way = Way::Shows("a proxy");

use At::{Domain, National, Only};
use Place::{After, AfterOne, In};

const SERVICES: &[Service] = &[
    service(Only("google", &["translate."]), &[], In(&["u"]), TRANSLATOR),
    service(Domain("translate.googleusercontent.com"), &[], In(&["u"]), TRANSLATOR),
    service(Domain("translatetheweb.com"), &[], In(&["a"]), TRANSLATOR),
    service(Domain("microsofttranslator.com"), &[], In(&["a"]), TRANSLATOR),
    service(Domain("bing.com"), &["/translator"], In(&["a", "url"]), TRANSLATOR),
    service(National("yandex"), &["/translate"], In(&["url"]), TRANSLATOR),
    service(Domain("fanyi.baidu.com"), &[], In(&["query", "url"]), TRANSLATOR),
    service(Domain("papago.naver.net"), &[], In(&["url"]), TRANSLATOR),
    service(Domain("web.archive.org"), &[], AfterOne("/web/"), ARCHIVE),
    service(Domain("web.archive.org"), &[], After("/save/"), ARCHIVE),
    service(Domain("archive.ph"), &[], After("/newest/"), ARCHIVE),
    service(Domain("archive.today"), &[], After("/newest/"), ARCHIVE),
    service(Domain("archive.is"), &[], After("/newest/"), ARCHIVE),
    service(Domain("archive.md"), &[], After("/newest/"), ARCHIVE),
    service(Domain("archive.li"), &[], After("/newest/"), ARCHIVE),
    service(Domain("archive.vn"), &[], After("/newest/"), ARCHIVE),
    service(Domain("archive.fo"), &[], After("/newest/"), ARCHIVE),
    service(Domain("cdn.ampproject.org"), &[], AfterOne("/c/"), CACHE),
    service(Domain("cdn.ampproject.org"), &[], AfterOne("/v/"), CACHE),
    service(Domain("cdn.ampproject.org"), &[], After("/c/"), CACHE),
    service(Domain("bing-amp.com"), &[], AfterOne("/c/"), CACHE),
    service(Only("google", &["", "www."]), &[], AfterOne("/amp/"), CACHE),
    service(Only("google", &["", "www."]), &[], After("/amp/"), CACHE),
    service(Domain("r.jina.ai"), &[], After("/"), READER),
    service(Domain("12ft.io"), &[], In(&["q"]), READER),
    service(Domain("12ft.io"), &[], After("/"), READER),
    service(Domain("removepaywall.com"), &[], After("/"), READER),
    service(Domain("smry.ai"), &[], After("/"), READER),
    service(Domain("docs.google.com"), &["/viewer", "/gview", "/viewerng"], In(&["url"]), READER),
    service(Domain("view.officeapps.live.com"), &[], In(&["src"]), READER),
    service(Domain("validator.w3.org"), &[], In(&["uri", "doc"]), READER),
    service(Only("google", &["", "www."]), &["/url"], In(&["q", "url"]), Way::Leads),
    service(Domain("facebook.com"), &["/l.php", "/flx/warn"], In(&["u"]), Way::Leads),
    service(Domain("l.instagram.com"), &[], In(&["u"]), Way::Leads),
    service(Domain("youtube.com"), &["/redirect"], In(&["q"]), Way::Leads),
    service(Domain("duckduckgo.com"), &["/l"], In(&["uddg"]), Way::Leads),
    service(Domain("out.reddit.com"), &[], In(&["url"]), Way::Leads),
    service(Domain("steamcommunity.com"), &["/linkfilter"], In(&["u", "url"]), Way::Leads),
    service(Domain("safelinks.protection.outlook.com"), &[], In(&["url"]), Way::Leads),
    service(Domain("linkedin.com"), &["/redir/redirect", "/safety/go"], In(&["url"]), Way::Leads),
    service(Domain("vk.com"), &["/away.php"], In(&["to"]), Way::Leads),
];

/// Scripts of proxies that anybody may put on a server of their own, by the last part of their path.
const PROXY_SCRIPTS: [&str; 8] =
    ["browse.php", "surf.php", "proxy.php", "nph-proxy.cgi", "nph-proxy.pl", "proxy", "unblock", "fetch"];
const PROXY_PARAMETERS: &[&str] = &["u", "url", "q", "site", "link", "target", "address"];

/// Small proxies and those for developers are asked by a parameter of their front page, or under one of these names. Fewer
/// names of parameters than above: of the others ordinary front pages make other use.
const PLAIN_SCRIPTS: [&str; 5] = ["", "raw", "get", "api", "cors"];
const PLAIN_PARAMETERS: &[&str] = &["u", "url", "target"];

/// Addresses in one path that are looked at: who shows another site's page reads either the first or the last of them.
const MOST: usize = 8;
/// Beginnings from each end of a path that are read to find them: reading all of the ten thousand that fit into a long path
/// would stall the worker, and with it every other page's answer.
const TRIES: usize = 16;

/// The addresses inside this one: several where a path holds several, none for most.
pub(crate) fn inner(address: &Address) -> Vec<Inner> {
    let inside = by_service(address);
    if !inside.is_empty() {
        return inside;
    }
    if let Some(url) = dashed(address) {
        return vec![Inner::new(url, TRANSLATOR)];
    }
    let leaf = address.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let mut urls = Vec::new();
    if PROXY_SCRIPTS.contains(&leaf) {
        urls = in_parameters(address, PROXY_PARAMETERS);
    } else if PLAIN_SCRIPTS.contains(&leaf) {
        urls = in_parameters(address, PLAIN_PARAMETERS);
    }
    let before = urls.len();
    urls.extend(in_path(address));
    if urls.is_empty() {
        urls.extend(in_base64(address).or_else(|| shifted(address)));
    }
    let inner = |(place, url)| Inner { url, way: PROXY, follows: place > before };
    urls.into_iter().enumerate().map(inner).collect()
}

fn by_service(address: &Address) -> Vec<Inner> {
    // A search engine shows its copy of a page as the result of a search.
    let copied = || address.parameters("q").find_map(|words| words.strip_prefix("cache:").map(str::to_owned));
    if address.host == "webcache.googleusercontent.com" || super::engines::GOOGLE.covers(address) {
        // Between the two may stand the copy's own number.
        let of = copied().and_then(|rest| {
            let first = rest.split([' ', '+']).next().unwrap_or_default().to_owned();
            whole(&first).or_else(|| whole(first.split_once(':').map_or("", |(_, after)| after)))
        });
        if let Some(url) = of {
            return vec![Inner::new(url, CACHE)];
        }
    }
    let inside = |service: &Service| {
        let rest = match service.place {
            In(names) => return in_parameters(address, names),
            After(beginning) => address.path.strip_prefix(beginning),
            AfterOne(beginning) => address
                .path
                .strip_prefix(beginning)
                .and_then(|rest| rest.split_once('/'))
                .map(|(_, rest)| rest),
        };
        Vec::from_iter(rest.and_then(|rest| with_query(address, rest)))
    };
    SERVICES
        .iter()
        .filter(|service| service.at.covers(address) && on_path(service.paths, &address.path))
        .map(|service| (inside(service), service.way))
        .find(|(urls, _)| !urls.is_empty())
        .map(|(urls, way)| urls.into_iter().map(|url| Inner::new(url, way)).collect())
        .unwrap_or_default()
}

/// Every address in these parameters: a site may read any of them, and of one that is there more than once the first or the last.
fn in_parameters(address: &Address, names: &[&str]) -> Vec<String> {
    let mut urls = Vec::new();
    for name in names {
        let mut values = address.parameters(name);
        let first = values.next();
        let last = values.last();
        urls.extend([first, last].into_iter().flatten().filter_map(|value| whole(&value)));
    }
    urls
}

/// Of very many, the first and the last.
fn bounded(mut urls: Vec<String>) -> Vec<String> {
    if urls.len() > MOST {
        urls.drain(MOST / 2..urls.len() - MOST / 2);
    }
    urls
}

/// `www-example-org.translate.goog`: dots are written as dashes, dashes as two.
fn dashed(address: &Address) -> Option<String> {
    let name = under(&address.host, "translate.goog").filter(|name| !name.is_empty())?;
    let host = name.trim_end_matches('.').replace("--", "\0").replace('-', ".").replace('\0', "-");
    with_query(address, &format!("{host}{}", address.path))
}

/// Whole addresses in the path of any site: `/https://example.org/`, also after a date, a language or a key, and after other
/// addresses: which of them such a site would show cannot be known. Of very many, the first and the last.
fn in_path(address: &Address) -> Vec<String> {
    // Written in percent signs twice, it is still there after one reading.
    let again = canonical_path(&address.path);
    if again.contains("http") { in_decoded_path(address, &again) } else { Vec::new() }
}

// Apart from what is asked of every address: few come here.
#[inline(never)]
fn in_decoded_path(address: &Address, path: &str) -> Vec<String> {
    let begins = |start: usize| {
        let rest = path.get(start..).unwrap_or_default();
        let is_scheme = rest.starts_with("https:/") || rest.starts_with("http:/");
        let before = path.get(..start).and_then(|before| before.chars().next_back());
        is_scheme && before.is_some_and(|before| !before.is_alphanumeric())
    };
    let mut starts: Vec<usize> =
        path.match_indices("http").map(|(start, _)| start).filter(|start| begins(*start)).collect();
    if starts.len() > 2 * TRIES {
        starts.drain(TRIES..starts.len() - TRIES);
    }
    let url = |start| with_query(address, path.get(start..)?);
    bounded(starts.into_iter().filter_map(url).collect())
}

/// A whole address in base64, in a part of the path or a parameter of any site.
fn in_base64(address: &Address) -> Option<String> {
    // “http”; some put a sign before it that says how it is written.
    const HTTP: &str = "aHR0c";
    address.parts().find_map(|part| {
        let start = part.find(HTTP).filter(|start| *start <= 2)?;
        decoded(part.get(start..)?)
    })
}

// Apart from what is asked of every address: few come here.
#[inline(never)]
fn decoded(text: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text = text.replace('+', "-").replace('/', "_");
    let code: String =
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    whole(&String::from_utf8_lossy(&GeneralPurpose::new(&URL_SAFE, config).decode(code).ok()?))
}

/// As well-known proxies that run inside a page write it: every second character changed by one bit.
fn shifted(address: &Address) -> Option<String> {
    const HTTP: &str = "hvtr";
    address.parts().find_map(|part| {
        let part = part.get(part.find(HTTP)?..)?;
        let plain: String = part
            .chars()
            .enumerate()
            .map(|(place, c)| match u8::try_from(c) {
                Ok(byte) if place % 2 == 1 => char::from(byte ^ 2),
                _ => c,
            })
            .collect();
        plain.starts_with("http").then(|| whole(&plain)).flatten()
    })
}

/// An inner address that began in the path goes on in the query.
fn with_query(address: &Address, rest: &str) -> Option<String> {
    let url = whole(rest)?;
    Some(match address.query() {
        Some(query) if !url.contains('?') => format!("{url}?{query}"),
        _ => url,
    })
}

/// A text as an address, when it is one: with its scheme, or a host with a dot.
#[inline(never)]
fn whole(text: &str) -> Option<String> {
    let text = text.trim();
    let lower: String = text.chars().take(8).flat_map(char::to_lowercase).collect();
    if lower.starts_with("http:") || lower.starts_with("https:") {
        return Address::parse(text).map(|_| text.to_owned());
    }
    let text = text.trim_start_matches('/');
    let host = text.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let name = host.rsplit('.').next().unwrap_or_default();
    if !host.contains('.') || name.len() < 2 || host.contains([' ', '@']) {
        return None;
    }
    let url = format!("https://{text}");
    Address::parse(&url).map(|_| url)
}

#[cfg(test)]
#[path = "inner_tests.rs"]
mod tests;
