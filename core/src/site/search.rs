//! The words of a search address, and what kind of field a text was typed into. Which addresses are searches is in `engines`.

use super::Address;
use super::engines::{ENGINES, Words};
use crate::answer::SearchTerms;
use crate::taxonomy::Surface;

/// Words beyond this many characters say nothing more about a search.
const MAX_TERMS: usize = 2_000;

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
        let terms: String = words(engine.words, address).trim().chars().take(MAX_TERMS).collect();
        (!terms.is_empty()).then_some(SearchTerms { engine: engine.name, terms })
    })
}

/// Everything that this kind of address says in words; empty when it says nothing.
fn words(form: Words, address: &Address) -> String {
    match form {
        Words::In(names) => {
            let mut said: Vec<String> = Vec::new();
            for value in names.iter().flat_map(|name| address.parameters(name)) {
                if !said.contains(&value) {
                    said.push(value);
                }
            }
            said.join(" ")
        }
        Words::After(beginning) => {
            let rest = address.path.strip_prefix(beginning).unwrap_or_default();
            // Between words in a path there stands whatever is not a space.
            rest.split('/').next().unwrap_or_default().replace(['-', '+', '_'], " ")
        }
        Words::Fragment(part) => address.fragment_part(part),
    }
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
    if ENGINES.iter().any(|engine| engine.only_search && engine.at.covers(address)) {
        return Surface::Search;
    }
    if DOCUMENT_HOSTS.iter().any(under) || hint.contains("document") {
        return Surface::Document;
    }
    Surface::Chat
}

/// Whether a path is one of these or lies under one of them; every path when there are none.
pub(super) fn on_path(paths: &[&str], path: &str) -> bool {
    paths.is_empty()
        || paths.iter().any(|listed| {
            path == *listed
                || (*listed != "/" && path.strip_prefix(listed).is_some_and(|r| r.starts_with('/')))
        })
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
