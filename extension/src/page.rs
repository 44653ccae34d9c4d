//! What the block page and the support page have to say about one stopped address.
//!
//! Facts in plain words; how they are laid out, and the words around them, are in `pages/` and `js/`.

use lapwing_core::school::{Place, Ruling};
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
    /// Which rule decided and whose it is, in words for a pupil; may be empty. No name of a group is in it: a pupil need
    /// not learn here what somebody thinks of them.
    pub decided: String,
    /// Until when the rule holds, milliseconds since 1970, where it is one that ends.
    pub until: Option<i64>,
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
            decided: decision.ruling.as_ref().map_or_else(String::new, decided),
            until: match &decision.ruling {
                Some(Ruling::Exception { until, .. }) => *until,
                _ => None,
            },
            school: school.to_owned(),
        })
    }
}

fn decided(ruling: &Ruling) -> String {
    match ruling {
        Ruling::DeviceManagement => "Your school’s IT settings say so.".into(),
        Ruling::Exception { site, decider, .. } => {
            format!("There is a rule for {site}, made by {}.", decider.label())
        }
        Ruling::School { place: Some(Place::School), .. } => {
            "Your school has decided so for school hours.".into()
        }
        Ruling::School { place: Some(Place::Home), .. } => {
            "Your school has decided so for the time outside school hours.".into()
        }
        Ruling::School { place: None, .. } => "Your school has decided so.".into(),
        Ruling::Default => "This is Lapwing’s own rule, which your school has not changed.".into(),
        Ruling::Unlawful | Ruling::NeverRead | Ruling::Search => String::new(),
    }
}

/// Whether a site was stopped as such, and staff can decide otherwise.
pub(crate) fn is_askable(decision: &Decision) -> bool {
    let stopped = decision.verdict.action == Action::Block && decision.findings.is_empty();
    stopped && decision.ruling.as_ref().is_some_and(Ruling::can_be_asked)
}

/// Host and path of an address, for a person to read.
fn place(url: &str) -> String {
    let Ok(url) = url::Url::parse(url) else { return String::new() };
    if url.scheme() == "data" {
        return "a page written into the address".to_owned();
    }
    let path = if url.path() == "/" { "" } else { url.path() };
    format!("{}{path}", url.host_str().unwrap_or_default()).chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::school::Decider;
    use lapwing_core::{SiteMatch, Verdict};

    fn decision(action: Action, categories: Vec<Category>) -> Decision {
        let site = Some(SiteMatch { rule: "bets.example".into(), categories: categories.clone() });
        let unlawful = categories.contains(&Category::Illegal);
        let verdict = Verdict { action, categories, ..Verdict::nothing() };
        let ruling = Some(if unlawful { Ruling::Unlawful } else { Ruling::Default });
        Decision { verdict, site, ruling, why: "Betting and casinos.".into(), ..Decision::allow() }
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
        assert!(page.decided.contains("Lapwing’s own rule"), "{}", page.decided);
        assert_eq!(page.categories[0].label, "gambling");
        assert_eq!((page.why.as_str(), page.school.as_str()), ("Betting and casinos.", "Elm School"));
        assert!(!page.support);
    }

    #[test]
    fn unlawful_content_has_no_address() {
        let page =
            Page::of(&decision(Action::Block, vec![Category::Illegal]), "https://x.example/", "").unwrap();
        assert_eq!((page.address.as_str(), page.why.as_str()), ("", ""));
        assert_eq!(page.decided, "");
        assert!(!is_askable(&decision(Action::Block, vec![Category::Illegal])), "nobody can be asked for it");
    }

    #[test]
    fn a_rule_says_whose_it_is_and_never_the_name_of_a_group() {
        let page = |ruling: Ruling| {
            let decision =
                Decision { ruling: Some(ruling), ..decision(Action::Block, vec![Category::Games]) };
            (Page::of(&decision, "https://a.example/", "Elm School").unwrap(), is_askable(&decision))
        };
        let (group, asked) =
            page(Ruling::School { group: Some("Vulnerable".into()), place: Some(Place::School) });
        assert_eq!(group.decided, "Your school has decided so for school hours.");
        assert!(asked);
        let (site, id) = ("a.example".to_owned(), "1".to_owned());
        let (rule, asked) = page(Ruling::Exception { id, site, decider: Decider::It, until: Some(5) });
        assert_eq!(rule.decided, "There is a rule for a.example, made by the school’s IT staff.");
        assert_eq!((rule.until, asked), (Some(5), false));
        assert!(!page(Ruling::DeviceManagement).1);
    }

    #[test]
    fn help_comes_first_where_the_category_asks_for_it() {
        let page =
            Page::of(&decision(Action::Block, vec![Category::SelfHarm]), "https://x.example/", "").unwrap();
        assert!(page.support);
    }
}
