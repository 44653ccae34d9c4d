//! What the block page and the support page have to say about one stopped address.
//!
//! Facts in plain words; how they are laid out, and the words around them, are in `pages/` and `js/`.

use lapwing_core::{Action, Category, Decision};
use serde::{Deserialize, Serialize};

/// A category as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its stable name.
    pub name: String,
    /// Plain words.
    pub label: String,
}

/// One stopped address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// `warn`, `block` or `support`.
    pub action: Action,
    /// Whether it was the words of a search that stopped it, and not the site.
    pub search: bool,
    /// Host and path as text, or the search engine's name; empty for unlawful content.
    pub address: String,
    /// Gravest first. Empty when the school's own list stopped it.
    pub categories: Vec<Shown>,
    /// Why the site is listed; empty for searches, whose reasons are written for staff.
    pub why: String,
    /// Whether help comes before anything else.
    pub support: bool,
    /// The school whose decision it is; empty while that is not known.
    pub school: String,
}

impl Page {
    /// Describes a decision, or nothing when the address may be opened.
    #[must_use]
    pub fn of(decision: &Decision, url: &str, school: &str) -> Option<Self> {
        let verdict = &decision.verdict;
        if verdict.action < Action::Warn {
            return None;
        }
        let search = !decision.findings.is_empty();
        // What YouTube is about says nothing about the words that were searched for there.
        let mut categories = verdict.categories.clone();
        if search {
            categories.retain(|category| decision.findings.iter().any(|found| found.category == *category));
        }
        let unlawful = verdict.categories.contains(&Category::Illegal);
        let address = match &decision.search {
            _ if unlawful => String::new(),
            Some(terms) if search => terms.engine.to_owned(),
            _ => place(url),
        };
        Some(Self {
            action: verdict.action,
            search,
            address,
            categories: categories
                .iter()
                .map(|category| Shown { name: category.to_string(), label: category.label().to_owned() })
                .collect(),
            why: if search || unlawful { String::new() } else { decision.why.clone() },
            support: verdict.action == Action::Support
                || verdict.categories.iter().any(|c| c.needs_support()),
            school: school.to_owned(),
        })
    }
}

/// Host and path of an address, for a person to read.
fn place(url: &str) -> String {
    let Ok(url) = url::Url::parse(url) else { return String::new() };
    let path = if url.path() == "/" { "" } else { url.path() };
    format!("{}{path}", url.host_str().unwrap_or_default()).chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::{SiteMatch, Verdict};

    fn decision(action: Action, categories: Vec<Category>) -> Decision {
        let site = Some(SiteMatch { rule: "bets.example".into(), categories: categories.clone() });
        let verdict = Verdict { action, categories, ..Verdict::nothing() };
        Decision { verdict, site, why: "Betting and casinos.".into(), ..Decision::allow() }
    }

    #[test]
    fn an_allowed_address_has_no_page() {
        assert_eq!(Page::of(&decision(Action::Note, vec![Category::Games]), "https://a.example/", ""), None);
    }

    #[test]
    fn a_blocked_site_says_what_where_and_whose_decision() {
        let url = "https://user:secret@www.bets.example/slots?token=1#top";
        let page = Page::of(&decision(Action::Block, vec![Category::Gambling]), url, "Elm School").unwrap();
        assert_eq!(page.address, "www.bets.example/slots");
        assert_eq!(page.categories[0].label, "gambling");
        assert_eq!((page.why.as_str(), page.school.as_str()), ("Betting and casinos.", "Elm School"));
        assert!(!page.support);
    }

    #[test]
    fn unlawful_content_has_no_address() {
        let page =
            Page::of(&decision(Action::Block, vec![Category::Illegal]), "https://x.example/", "").unwrap();
        assert_eq!((page.address.as_str(), page.why.as_str()), ("", ""));
    }

    #[test]
    fn help_comes_first_where_the_category_asks_for_it() {
        let page =
            Page::of(&decision(Action::Block, vec![Category::SelfHarm]), "https://x.example/", "").unwrap();
        assert!(page.support);
    }
}
