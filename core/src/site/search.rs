//! The words of a search address, and what kind of field a text was typed into.

use super::Address;
use crate::answer::SearchTerms;
use crate::taxonomy::Surface;

/// Words beyond this many characters say nothing more about a search.
const MAX_TERMS: usize = 2_000;

/// How a search engine's host is recognised.
enum At {
    /// This domain and everything under it.
    Domain(&'static str),
    /// `google.com`, `www.google.co.uk`, `images.google.de`: any top-level domain, a few first labels.
    Google,
}

struct Engine {
    name: &'static str,
    at: At,
    /// The paths on which a parameter is a search; empty for every path.
    paths: &'static [&'static str],
    parameter: &'static str,
}

const fn engine(
    name: &'static str,
    domain: &'static str,
    paths: &'static [&'static str],
    parameter: &'static str,
) -> Engine {
    Engine { name, at: At::Domain(domain), paths, parameter }
}

const ENGINES: &[Engine] = &[
    Engine {
        name: "Google",
        at: At::Google,
        paths: &["/", "/search", "/webhp", "/imghp", "/images", "/m", "/custom", "/scholar"],
        parameter: "q",
    },
    engine("Bing", "bing.com", &[], "q"),
    engine("DuckDuckGo", "duckduckgo.com", &[], "q"),
    engine("YouTube", "youtube.com", &["/results"], "search_query"),
    engine("Ecosia", "ecosia.org", &[], "q"),
    engine("Yahoo", "search.yahoo.com", &[], "p"),
    engine("Yahoo", "search.yahoo.co.jp", &[], "p"),
    engine("Brave", "search.brave.com", &[], "q"),
    engine("Startpage", "startpage.com", &[], "query"),
    engine("Qwant", "qwant.com", &[], "q"),
    engine("Wikipedia", "wikipedia.org", &["/w/index.php", "/wiki/special:search"], "search"),
    engine("Yandex", "yandex.com", &["/search", "/images", "/video"], "text"),
    engine("Baidu", "baidu.com", &["/s"], "wd"),
    engine("TikTok", "tiktok.com", &["/search"], "q"),
    engine("Reddit", "reddit.com", &["/search"], "q"),
    engine("Pinterest", "pinterest.com", &["/search"], "q"),
    engine("Pinterest", "pinterest.co.uk", &["/search"], "q"),
    engine("X", "x.com", &["/search"], "q"),
];

/// Sites where text is mostly a document.
const DOCUMENT_HOSTS: &[&str] = &[
    "docs.google.com",
    "slides.google.com",
    "sites.google.com",
    "office.com",
    "officeapps.live.com",
    "office.live.com",
    "sharepoint.com",
    "onenote.com",
    "cloud.microsoft",
    "overleaf.com",
    "notion.so",
    "padlet.com",
    "canva.com",
    "etherpad.org",
];

/// The words, when the address is a search.
pub(crate) fn search_terms(address: &Address) -> Option<SearchTerms> {
    ENGINES.iter().find_map(|engine| {
        if !engine.at.covers(address) || !on_path(engine.paths, &address.path) {
            return None;
        }
        let terms: String = address.parameter(engine.parameter)?.trim().chars().take(MAX_TERMS).collect();
        (!terms.is_empty()).then_some(SearchTerms { engine: engine.name, terms })
    })
}

/// What kind of field this is, judged by the page's address and by what the page says about the field (its type, role
/// and label, in any order). `is_ai` says whether the page's site is a conversational AI.
pub(crate) fn surface_of(address: Option<&Address>, field_hint: &str, is_ai: bool) -> Surface {
    let hint = field_hint.to_lowercase();
    if hint.contains("search") {
        return Surface::Search;
    }
    if is_ai {
        return Surface::Ai;
    }
    let Some(address) = address else { return Surface::Chat };
    let under = |domain: &&str| address.hosts().any(|host| host == *domain);
    if ENGINES.iter().any(|engine| engine.is_only_search() && engine.at.covers(address)) {
        return Surface::Search;
    }
    if DOCUMENT_HOSTS.iter().any(under) || hint.contains("document") {
        return Surface::Document;
    }
    Surface::Chat
}

impl Engine {
    /// Whether its pages are for searching and nothing else, so that any field on them is a search box.
    fn is_only_search(&self) -> bool {
        matches!(self.at, At::Google) || self.paths.is_empty()
    }
}

impl At {
    fn covers(&self, address: &Address) -> bool {
        match self {
            Self::Domain(domain) => address.hosts().any(|host| host == *domain),
            Self::Google => is_google(&address.host),
        }
    }
}

/// Google's own search hosts, under every national domain, but not its other services.
fn is_google(host: &str) -> bool {
    let Some((before, tld)) = host.split_once("google.") else { return false };
    let country = |label: &str| label.len() == 2 && label.bytes().all(|b| b.is_ascii_lowercase());
    let national = match tld.split_once('.') {
        None => tld == "com" || tld == "cat" || country(tld),
        Some((second, first)) => (second == "co" || second == "com") && country(first),
    };
    national && matches!(before, "" | "www." | "images." | "video." | "news." | "scholar." | "ipv4." | "cse.")
}

fn on_path(paths: &[&str], path: &str) -> bool {
    paths.is_empty()
        || paths.iter().any(|listed| {
            path == *listed
                || (*listed != "/" && path.strip_prefix(listed).is_some_and(|r| r.starts_with('/')))
        })
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
