//! Reads what device management has set, and says precisely what is wrong with it.
//!
//! Nothing is guessed: an unknown key or a value out of range refuses the whole policy, with every problem named, and
//! the caller keeps the last good one. A missing policy is a different thing from a bad one.

use super::keys::{ALERT_FROM, KEYS, SAFE_SEARCH, YEAR_GROUPS, YOUTUBE};
use super::{Audience, Policy, YouTube};
use crate::pack::PublicKey;
use crate::site::Entry;
use crate::taxonomy::{Action, Category, Severity};
use crate::wire::limit;
use serde_json::{Map, Value};
use std::fmt;
use url::{Host, Url};

/// Most entries in one list of domains: more belongs in a list pack.
const MAX_DOMAINS: usize = 5_000;

/// Everything that a school sets through its device management.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// The server, without a slash at the end.
    pub relay_url: String,
    /// Lets this device ask for an identity.
    pub enrolment_key: String,
    /// As pupils know it.
    pub school_name: String,
    /// Groups of the school's policy to which this browser belongs besides those of its year group, by their ids.
    pub groups: Vec<String>,
    /// What lists must be signed with, where the school says so.
    pub lists_key: Option<PublicKey>,
    /// Who is checked for what. The server's own host is among the sites that are never read.
    pub policy: Policy,
}

/// One key with a value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyProblem {
    /// The key, as written.
    pub key: String,
    /// What was wrong, and what to do.
    pub problem: String,
}

/// Why there is no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyError {
    /// Nothing has been set, or at least not where the server is.
    NotSetUp,
    /// Something has been set that cannot be used: every problem.
    Bad(Vec<KeyProblem>),
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSetUp => {
                f.write_str("Lapwing is not set up: set the policy shown on the server’s Install page")
            }
            Self::Bad(problems) => {
                f.write_str("the managed policy cannot be used:")?;
                problems.iter().try_for_each(|p| write!(f, " {}: {};", p.key, p.problem))
            }
        }
    }
}

impl std::error::Error for PolicyError {}

impl ManagedPolicy {
    /// Reads a managed-storage object.
    ///
    /// # Errors
    /// [`PolicyError::NotSetUp`] when it is empty or has no `relay_url`; else [`PolicyError::Bad`] with every bad key.
    pub fn from_json(value: &Value) -> Result<Self, PolicyError> {
        let fields = match value {
            Value::Object(fields) => fields,
            Value::Null => return Err(PolicyError::NotSetUp),
            other => {
                return Err(PolicyError::Bad(vec![KeyProblem {
                    key: "the policy".into(),
                    problem: format!("must be an object of keys, not {}", kind_of(other)),
                }]));
            }
        };
        if !fields.contains_key("relay_url") {
            return Err(PolicyError::NotSetUp);
        }
        let mut read = Reader { fields, problems: Vec::new() };
        let managed = read.managed();
        if read.problems.is_empty() { Ok(managed) } else { Err(PolicyError::Bad(read.problems)) }
    }
}

/// Reads key after key, and remembers what was wrong.
struct Reader<'a> {
    fields: &'a Map<String, Value>,
    problems: Vec<KeyProblem>,
}

impl Reader<'_> {
    fn managed(&mut self) -> ManagedPolicy {
        for name in self.fields.keys().filter(|name| !KEYS.iter().any(|key| key.name == name.as_str())) {
            let known = KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ");
            self.problems.push(KeyProblem {
                key: name.chars().take(60).collect(),
                problem: format!("is not a key of Lapwing; correct or remove it. The keys are {known}"),
            });
        }
        let (relay_url, host) = self.relay_url();
        let enrolment_key = self.line("enrolment_key");
        let school_name = self.line("school_name");
        let groups = self.groups();
        let mut policy = Policy::school_default(self.audience());
        policy.set_alert_from(self.alert_from());
        self.site_actions(&mut policy);
        policy.safe_search = self.choice("safe_search", SAFE_SEARCH) != Some("off");
        policy.youtube = match self.choice("youtube_restricted", YOUTUBE) {
            Some("off") => YouTube::Off,
            Some("moderate") => YouTube::Moderate,
            Some(_) => YouTube::Strict,
            None => policy.youtube,
        };
        policy.allowed_sites = self.domains("allowed_sites");
        policy.blocked_sites = self.domains("blocked_sites");
        policy.never_read_sites = self.domains("never_read_sites");
        policy.never_read_sites.extend(host.and_then(|host| Entry::for_host(&host)));
        let lists_key = self.lists_key();
        ManagedPolicy { relay_url, enrolment_key, school_name, groups, lists_key, policy }
    }

    fn problem(&mut self, key: &str, problem: impl Into<String>) {
        self.problems.push(KeyProblem { key: key.to_owned(), problem: problem.into() });
    }

    /// The text of a key, or `None` when it is absent; another kind of value is a problem.
    fn text(&mut self, key: &str) -> Option<String> {
        match self.fields.get(key)? {
            Value::String(text) => Some(text.trim().to_owned()),
            other => {
                let found = kind_of(other);
                self.problem(key, format!("must be text in quotes, not {found}"));
                None
            }
        }
    }

    fn line(&mut self, key: &str) -> String {
        if !self.fields.contains_key(key) {
            self.problem(key, "is missing; copy it from the server’s Install page");
            return String::new();
        }
        let Some(text) = self.text(key) else { return String::new() };
        if text.is_empty() {
            self.problem(key, "is empty; copy it from the server’s Install page");
        } else if text.chars().count() > limit::LINE || text.chars().any(char::is_control) {
            self.problem(key, format!("must be one line of at most {} characters", limit::LINE));
        }
        text
    }

    /// The server's address without a final slash, and its host.
    fn relay_url(&mut self) -> (String, Option<String>) {
        let Some(text) = self.text("relay_url") else { return (String::new(), None) };
        let url = match Url::parse(&text) {
            Ok(url) => url,
            Err(error) => {
                self.problem(
                    "relay_url",
                    format!("is not an address ({error}); write it like https://lapwing.example.sch.uk"),
                );
                return (String::new(), None);
            }
        };
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.path() == "/";
        if url.scheme() != "https" {
            self.problem("relay_url", "must begin with https://: reports must not travel in the clear");
        } else if !bare || text.chars().count() > limit::URL {
            self.problem(
                "relay_url",
                "must be only https://, the host and perhaps a port; remove what follows",
            );
        }
        let host = url.host().map(|host| match host {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => format!("[{address}]"),
        });
        (url.as_str().trim_end_matches('/').to_owned(), host)
    }

    fn lists_key(&mut self) -> Option<PublicKey> {
        let text = self.text("lists_key")?;
        let read = text.parse::<PublicKey>();
        if read.is_err() {
            self.problem(
                "lists_key",
                "must be the 44 characters that `lapwing-relay lists show` prints as the key",
            );
        }
        read.ok()
    }

    fn audience(&mut self) -> Audience {
        let chosen = self.text("year_group").unwrap_or_else(|| "mixed".to_owned());
        match (chosen.as_str(), YEAR_GROUPS.iter().position(|year| *year == chosen)) {
            ("mixed", _) => Audience::Unspecified,
            ("staff", _) => Audience::Staff,
            // Reception is first in the table and the years follow in order.
            (_, Some(year)) => Audience::Year(u8::try_from(year).unwrap_or(13)),
            (_, None) => {
                self.problem("year_group", format!("must be one of: {}", YEAR_GROUPS.join(", ")));
                Audience::Unspecified
            }
        }
    }

    fn groups(&mut self) -> Vec<String> {
        let Some(text) = self.text("group") else { return Vec::new() };
        let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let names: Vec<String> =
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if names.len() > 20 || names.iter().any(|name| name.len() > 40 || !name.chars().all(sound)) {
            self.problem(
                "group",
                "must be up to 20 groups by their ids on the server’s Policy page, such as “year-9” or “9b, vulnerable”",
            );
        }
        names
    }

    /// One of these words, or `None` when the key is absent or says something else, which is a problem.
    fn choice(&mut self, key: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text(key)?;
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            self.problem(key, format!("must be one of: {}", words.join(", ")));
        }
        found
    }

    fn alert_from(&mut self) -> Severity {
        let Some(text) = self.text("alert_from") else { return Severity::Medium };
        if let Some(severity) = text.parse().ok().filter(|_| ALERT_FROM.contains(&text.as_str())) {
            return severity;
        }
        let offered = ALERT_FROM.join(", ");
        self.problem("alert_from", format!("must be one of: {offered}. Critical findings always alert"));
        Severity::Medium
    }

    fn site_actions(&mut self, policy: &mut Policy) {
        let Some(value) = self.fields.get("site_actions") else { return };
        let Value::Object(choices) = value else {
            let found = kind_of(value);
            self.problem("site_actions", format!("must be an object of category and action, not {found}"));
            return;
        };
        for (name, action) in choices {
            let key = format!("site_actions.{}", name.chars().take(40).collect::<String>());
            let result = name.parse::<Category>().map_err(|e| e.to_string()).and_then(|category| {
                let word = action
                    .as_str()
                    .ok_or_else(|| format!("must be an action in quotes, not {}", kind_of(action)))?;
                let action = word.parse::<Action>().map_err(|e| e.to_string())?;
                policy.set_site_action(category, action)
            });
            if let Err(problem) = result {
                self.problem(&key, problem);
            }
        }
    }

    fn domains(&mut self, key: &str) -> Vec<Entry> {
        let Some(value) = self.fields.get(key) else { return Vec::new() };
        let Value::Array(items) = value else {
            let found = kind_of(value);
            self.problem(key, format!("must be a list of domains, not {found}"));
            return Vec::new();
        };
        if items.len() > MAX_DOMAINS {
            self.problem(
                key,
                format!("has more than {MAX_DOMAINS} entries; import them as a site list instead"),
            );
            return Vec::new();
        }
        let mut entries = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let read = item
                .as_str()
                .ok_or_else(|| format!("must be text in quotes, not {}", kind_of(item)))
                .and_then(Entry::parse);
            match read {
                Ok(entry) => entries.push(entry),
                Err(problem) => self.problem(&format!("{key}[{index}]"), problem),
            }
        }
        entries
    }
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
#[path = "managed_tests.rs"]
mod tests;
