//! The catalogue of every key that a school can set through its device management.
//!
//! One table: the reader in `managed` is tested against it, and the managed-storage schema is generated from it.

/// What kind of value a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line of text.
    Text,
    /// An https address.
    Url,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of domains, each standing for its subdomains, each optionally with a path.
    Domains,
    /// A severity that may be an alerting threshold: one of these words.
    SeverityChoice(&'static [&'static str]),
    /// A category of site to what happens there; see [`site_action_choices`](super::site_action_choices).
    SiteActions,
}

/// One managed key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As it is written in managed storage.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// A short title for a management console.
    pub title: &'static str,
    /// What it does, for IT.
    pub description: &'static str,
    /// Whether Lapwing is “not set up” without it.
    pub required: bool,
    /// What holds when it is absent, in words.
    pub default: &'static str,
}

pub(super) const YEAR_GROUPS: &[&str] =
    &["reception", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "mixed", "staff"];

pub(super) const SAFE_SEARCH: &[&str] = &["on", "off"];

pub(super) const YOUTUBE: &[&str] = &["strict", "moderate", "off"];

pub(super) const ALERT_FROM: &[&str] = &["info", "low", "medium", "high"];

/// Every key, in the order in which a person would set them.
pub const KEYS: &[Key] = &[
    Key {
        name: "relay_url",
        kind: Kind::Url,
        title: "Address of the Lapwing server",
        description: "Where alerts and reports go, such as https://lapwing.example.sch.uk. Only https.",
        required: true,
        default: "none: without it Lapwing is not set up",
    },
    Key {
        name: "enrolment_key",
        kind: Kind::Text,
        title: "Enrolment key",
        description: "Lets a device ask the server for an identity of its own. Copy it from the server’s Install page.",
        required: true,
        default: "none: without it Lapwing is not set up",
    },
    Key {
        name: "school_name",
        kind: Kind::Text,
        title: "Name of the school",
        description: "Shown to pupils: they can always see which school has Lapwing on.",
        required: true,
        default: "none: without it Lapwing is not set up",
    },
    Key {
        name: "year_group",
        kind: Kind::Choice(YEAR_GROUPS),
        title: "Year group",
        description: "Who uses these browsers. Set it for each organisational unit or device group.",
        required: false,
        default: "mixed: pupils of several years",
    },
    Key {
        name: "group",
        kind: Kind::Text,
        title: "Groups",
        description: "Groups of the school’s policy to which these browsers belong besides those of their year group, by their ids on the server’s Policy page, with commas between them: 9b, vulnerable.",
        required: false,
        default: "only the groups of the year group",
    },
    Key {
        name: "alert_from",
        kind: Kind::SeverityChoice(ALERT_FROM),
        title: "Alert from this severity",
        description: "The least severity that tells a person. Critical findings and signs of immediate danger always do.",
        required: false,
        default: "medium",
    },
    Key {
        name: "site_actions",
        kind: Kind::SiteActions,
        title: "What happens at each kind of site",
        description: "A category to allow, note, warn or block. Suicide, self-harm and eating disorders take block or support. Unlawful content has no setting: it is always blocked.",
        required: false,
        default: "the defaults for the year group",
    },
    Key {
        name: "safe_search",
        kind: Kind::Choice(SAFE_SEARCH),
        title: "Safe search",
        description: "Keeps Google, Bing, DuckDuckGo, Yahoo, Ecosia, Brave and others in their strict mode, whatever is written into the address. “off” leaves it to each search engine and to who searches.",
        required: false,
        default: "on",
    },
    Key {
        name: "youtube_restricted",
        kind: Kind::Choice(YOUTUBE),
        title: "YouTube’s restricted mode",
        description: "Tells YouTube to leave out what is not for children: strict leaves out more than moderate, and comments with both.",
        required: false,
        default: "strict for pupils, off for staff",
    },
    Key {
        name: "allowed_sites",
        kind: Kind::Domains,
        title: "Always allowed",
        description: "Opened whatever the lists say, except unlawful content and, unless it is named itself, what they single out beneath it under suicide, self-harm and eating disorders. A domain stands for its subdomains; a path may follow.",
        required: false,
        default: "empty",
    },
    Key {
        name: "blocked_sites",
        kind: Kind::Domains,
        title: "Always blocked",
        description: "Blocked whatever the lists say. Of an allowed and a blocked site the longer one counts. A domain stands for its subdomains; a path may follow.",
        required: false,
        default: "empty",
    },
    Key {
        name: "never_read_sites",
        kind: Kind::Domains,
        title: "Never read",
        description: "Nothing typed there is checked and no visit is recorded, such as the school’s own counselling service. Helplines, banks and payment pages are built in.",
        required: false,
        default: "only those that are built in",
    },
    Key {
        name: "lists_key",
        kind: Kind::Text,
        title: "Key of the lists",
        description: "The public key that lists of sites must be signed with, as `lapwing-relay lists show` prints it. Lists of any other key are refused.",
        required: false,
        default: "the first key that the server names; kept from then on",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_three_are_required() {
        let names: BTreeSet<_> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(names.len(), KEYS.len());
        assert_eq!(KEYS.iter().filter(|key| key.required).count(), 3);
    }
}
