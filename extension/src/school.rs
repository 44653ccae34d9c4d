//! The school's policy as staff set it on the relay: the last good version, and what of it holds for this browser at this
//! moment. A version that cannot be used is refused, said out loud, and the last good one stays in force.
//!
//! It ends nothing by itself when the relay is away: hours and exceptions go by this device's clock. What a policy means
//! is `lapwing_core`'s business.

use lapwing_core::school::{Exception, InForce, Member, SchoolPolicy};
use lapwing_core::wire::PolicyNews;
use lapwing_core::{ManagedPolicy, Policy};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What the extension's storage keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Whose it is: another relay's policy is not followed.
    relay_url: String,
    /// The last good document.
    document: Option<Value>,
    /// Exceptions for this device alone.
    own: Vec<Value>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct School {
    kept: Kept,
    policy: Option<SchoolPolicy>,
    problems: Vec<String>,
    account: String,
    compiled: Option<InForce>,
    /// Whether the engine follows something that was compiled here; it goes on until it is told otherwise.
    followed: bool,
}

impl School {
    /// Takes up what storage keeps, and who is signed in to the browser.
    pub fn restore(&mut self, kept: Kept, account: &str) {
        account.clone_into(&mut self.account);
        self.kept = kept;
        match self.kept.document.as_ref().map(read) {
            Some(Ok(policy)) => self.policy = Some(policy),
            Some(Err(problems)) => self.problems = problems,
            None => self.policy = None,
        }
        self.compiled = None;
    }

    /// Takes in what a check-in said, and gives what storage is to keep. Without news, as from a relay of before school
    /// policies, what is known still holds.
    pub fn hear(&mut self, news: Option<PolicyNews>, relay_url: &str) -> &Kept {
        if self.kept.relay_url != relay_url {
            // Moved to another school's relay: what the former one said is void.
            self.kept = Kept { relay_url: relay_url.to_owned(), ..Kept::default() };
            self.policy = None;
            self.problems.clear();
            self.compiled = None;
        }
        let Some(PolicyNews { number, document, own }) = news else { return &self.kept };
        self.kept.own = own;
        self.compiled = None;
        if let Some(document) = document {
            match read(&document) {
                Ok(policy) => {
                    self.policy = Some(policy);
                    self.problems.clear();
                    self.kept.document = Some(document);
                }
                Err(problems) => self.problems = problems,
            }
        } else if self.policy.as_ref().is_some_and(|policy| policy.number == number) {
            self.problems.clear();
        }
        &self.kept
    }

    /// What is wrong with the version that was heard last, one line each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// A short text that changes whenever something else holds than before.
    #[must_use]
    pub fn in_force(&self) -> String {
        let Some(compiled) = &self.compiled else { return String::new() };
        let place = compiled.moment.place;
        let number = self.policy.as_ref().map_or(0, |policy| policy.number);
        let mut exceptions = DefaultHasher::new();
        compiled.policy.exceptions().iter().for_each(|one| one.id.hash(&mut exceptions));
        format!("{number} {place:?} {:x}", exceptions.finish())
    }

    /// The engine is made anew, and must be told again what holds.
    pub fn forget_compiled(&mut self) {
        self.compiled = None;
        self.followed = false;
    }

    /// What the engine is to follow from now on, milliseconds since 1970; none when it follows that already, or when the
    /// school has set nothing.
    pub fn due(&mut self, managed: &ManagedPolicy, now: i64) -> Option<Policy> {
        if self.compiled.as_ref().is_some_and(|compiled| compiled.holds(now)) {
            return None;
        }
        self.compiled = None;
        let was_followed = std::mem::take(&mut self.followed);
        let is_ours = self.kept.relay_url == managed.relay_url;
        if !is_ours || (self.policy.is_none() && self.kept.own.is_empty() && !was_followed) {
            // The engine has the managed policy alone, unless another relay's was followed until now.
            return was_followed.then(|| managed.policy.clone());
        }
        let mut whole = self.policy.clone().unwrap_or_default();
        // One that cannot be read is none: the site stays as it was.
        whole.exceptions.extend(
            self.kept.own.iter().filter_map(|own| serde_json::from_value::<Exception>(own.clone()).ok()),
        );
        let member =
            Member { audience: managed.policy.audience, groups: &managed.groups, account: &self.account };
        let compiled = whole.compile(&managed.policy, &member, now);
        let policy = compiled.policy.clone();
        self.compiled = Some(compiled);
        self.followed = true;
        Some(policy)
    }
}

fn read(document: &Value) -> Result<SchoolPolicy, Vec<String>> {
    SchoolPolicy::from_json(&document.to_string()).map_err(|problems| {
        problems
            .iter()
            .map(|found| format!("the school’s policy: {}: {}", found.key, found.problem))
            .collect()
    })
}

#[cfg(test)]
#[path = "school_tests.rs"]
mod tests;
