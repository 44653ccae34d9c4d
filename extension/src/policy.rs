//! Where the extension stands: watching, and under which policy, or not watching, and why.
//!
//! What a policy may say is `lapwing_core`'s business. Here lies what a browser adds: managed storage that arrives
//! late, a cached copy of the last good policy, and the refusal to watch where no school installed the extension.

use lapwing_core::{KeyProblem, ManagedPolicy, PolicyError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An empty answer of managed storage is believed after this long, in milliseconds: while the browser starts, policy
/// that is set can look empty for some seconds.
pub const EMPTY_FOR: i64 = 120_000;

/// The only way of being installed under which Lapwing watches anybody.
const INSTALLED_BY_POLICY: &str = "admin";

/// What the browser knows at this moment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Setup {
    /// `management.getSelf().installType`; `None` until the browser has said.
    pub install_type: Option<String>,
    /// What managed storage holds; `None` until the browser has said.
    pub managed: Option<Value>,
    /// The last good policy, from the extension's own storage.
    pub kept: Option<Value>,
    /// Since when managed storage has been empty although a policy is kept.
    pub empty_since: Option<i64>,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// Whether the extension watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The browser has not yet said enough.
    Starting,
    /// Nobody's school installed it: it does nothing.
    NotManaged,
    /// No policy has been set.
    NotSetUp,
    /// A policy has been set that cannot be used, and there is no earlier one.
    BadPolicy(Vec<KeyProblem>),
    /// Watching. The problems are those of a newer policy that was refused.
    Watching(Box<ManagedPolicy>, Vec<KeyProblem>),
}

/// A standing, and what to store for next time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Whether the extension watches.
    pub standing: Standing,
    /// The last good policy, to be kept.
    pub keep: Option<Value>,
    /// To be kept beside it.
    pub empty_since: Option<i64>,
}

/// Works out the standing.
#[must_use]
pub fn settle(setup: Setup) -> Settled {
    let Setup { install_type, managed, kept, empty_since, now } = setup;
    let at = |standing, keep| Settled { standing, keep, empty_since: None };
    match install_type.as_deref() {
        None => return at(Standing::Starting, kept),
        Some(INSTALLED_BY_POLICY) => {}
        Some(_) => return at(Standing::NotManaged, None),
    }
    let last_good = kept.and_then(|value| Some((ManagedPolicy::from_json(&value).ok()?, value)));
    let Some(managed) = managed else {
        return match last_good {
            Some((policy, value)) => at(Standing::Watching(Box::new(policy), Vec::new()), Some(value)),
            None => at(Standing::Starting, None),
        };
    };
    match (ManagedPolicy::from_json(&managed), last_good) {
        (Ok(policy), _) => at(Standing::Watching(Box::new(policy), Vec::new()), Some(managed)),
        (Err(PolicyError::Bad(problems)), Some((policy, value))) => {
            at(Standing::Watching(Box::new(policy), problems), Some(value))
        }
        (Err(PolicyError::Bad(problems)), None) => at(Standing::BadPolicy(problems), None),
        (Err(PolicyError::NotSetUp), Some((policy, value))) => {
            // A clock that was set back starts the wait again rather than ending it.
            let since = empty_since.filter(|since| *since <= now).unwrap_or(now);
            if now - since >= EMPTY_FOR {
                return at(Standing::NotSetUp, None);
            }
            Settled {
                standing: Standing::Watching(Box::new(policy), Vec::new()),
                keep: Some(value),
                empty_since: Some(since),
            }
        }
        (Err(PolicyError::NotSetUp), None) => at(Standing::NotSetUp, None),
    }
}

/// The standing as the extension's pages and its delivery need it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Status {
    /// `starting`, `not_managed`, `not_set_up`, `bad_policy` or `watching`.
    pub state: &'static str,
    /// As pupils know it; empty unless watching.
    pub school: String,
    /// Without a slash at the end; empty unless watching.
    pub relay_url: String,
    /// Empty unless watching.
    pub enrolment_key: String,
    /// What lists must be signed with, where the policy says so; else empty.
    pub lists_key: String,
    /// Version of the policy in force; empty unless watching.
    pub policy_version: String,
    /// Changes whenever something else of the school's policy holds than before: with a new version, the hours, or an
    /// exception.
    pub in_force: String,
    /// Version of the lists in force.
    pub lists_version: String,
    /// What is wrong with the policy that was set last, one line a key.
    pub problems: Vec<String>,
}

impl Status {
    /// Describes a standing.
    #[must_use]
    pub fn of(standing: &Standing, lists_version: &str) -> Self {
        let lines = |problems: &[KeyProblem]| {
            problems.iter().map(|found| format!("{}: {}", found.key, found.problem)).collect::<Vec<_>>()
        };
        let state = match standing {
            Standing::Starting => "starting",
            Standing::NotManaged => "not_managed",
            Standing::NotSetUp => "not_set_up",
            Standing::BadPolicy(_) => "bad_policy",
            Standing::Watching(..) => "watching",
        };
        let mut status = Self { state, lists_version: lists_version.to_owned(), ..Self::default() };
        match standing {
            Standing::BadPolicy(problems) => status.problems = lines(problems),
            Standing::Watching(managed, problems) => {
                status.school = managed.school_name.clone();
                status.relay_url = managed.relay_url.clone();
                status.enrolment_key = managed.enrolment_key.clone();
                status.lists_key = managed.lists_key.map(|key| key.to_string()).unwrap_or_default();
                status.policy_version = managed.policy.version();
                status.problems = lines(problems);
            }
            Standing::Starting | Standing::NotManaged | Standing::NotSetUp => {}
        }
        status
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
