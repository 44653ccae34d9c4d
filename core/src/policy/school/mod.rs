//! The school's policy as staff set it on the relay: groups, hours, what happens at each kind of site, and exceptions,
//! as one document that the relay keeps and devices obey.
//!
//! `calendar` says whether it is school or home, `check` what is wrong with a document, `compile` what one browser does
//! at one moment, `exceptions` finds the exception for an address, `ruling` says whose decision it was. Reading and
//! writing the document is the caller's, and so is the clock.

mod calendar;
mod check;
mod compile;
mod exceptions;
mod ruling;

pub use calendar::{Because, Calendar, DayOff, Hours, Moment, Offset, Place, Term};
pub use compile::{InForce, Member};
pub use exceptions::Excepted;
pub(crate) use exceptions::Exceptions;
pub use ruling::{Decider, Ruling};

use super::{Audience, KeyProblem};
use crate::site::Entry;
use crate::taxonomy::{Action, Category, Severity};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What this version of Lapwing understands. A document that asks for more is refused as a whole: a rule that is not
/// understood must not be passed over in silence.
pub const FORMAT: u32 = 1;

/// Limits of a document.
pub mod limit {
    /// Groups.
    pub const GROUPS: usize = 40;
    /// Exceptions.
    pub const EXCEPTIONS: usize = 2_000;
    /// Terms.
    pub const TERMS: usize = 12;
    /// Holidays and INSET days.
    pub const DAYS_OFF: usize = 100;
    /// Characters of a name.
    pub const NAME: usize = 60;
    /// Characters of a reason.
    pub const REASON: usize = 300;
}

/// A school's policy. The empty one changes nothing: it is always school, and the defaults hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolPolicy {
    /// [`FORMAT`] of the document.
    pub format: u32,
    /// Which version of the school's policy it is, from 1; 0 until the relay has kept it.
    #[serde(default)]
    pub number: i64,
    /// Whether a change waits for a second person. It is part of the policy, so that ending it does too.
    #[serde(default)]
    pub two_person: bool,
    /// Groups of browsers, in the order in which people see them.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// What happens at each kind of site, for pupils of whom no group says anything about it. Never for staff.
    #[serde(default, deserialize_with = "known_categories")]
    pub pupils: Choices,
    /// School hours, terms and days off; none when it is always school.
    #[serde(default)]
    pub calendar: Option<Calendar>,
    /// What tells a person outside school hours.
    #[serde(default)]
    pub home_alerts: HomeAlerts,
    /// Sites with a rule of their own.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

impl Default for SchoolPolicy {
    fn default() -> Self {
        Self {
            format: FORMAT,
            number: 0,
            two_person: false,
            groups: Vec::new(),
            pupils: Choices::new(),
            calendar: None,
            home_alerts: HomeAlerts::default(),
            exceptions: Vec::new(),
        }
    }
}

/// What happens at each kind of site.
pub type Choices = BTreeMap<Category, Choice>;

/// What happens at one kind of site, in school and at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Choice {
    /// In school hours; none when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<Action>,
    /// Outside them; none for the same as in school.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Action>,
}

impl Choice {
    /// What is said for a place.
    #[must_use]
    pub fn at(self, place: Place) -> Option<Action> {
        match place {
            Place::School => self.school,
            Place::Home => self.home.or(self.school),
        }
    }
}

/// Browsers for which something else holds than for others. A browser may belong to several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Group {
    /// As IT writes it into the managed key `group`: small letters, digits and hyphens.
    pub id: String,
    /// As people see it.
    pub name: String,
    /// Browsers of these year groups belong to it; 0 is Reception.
    #[serde(default)]
    pub years: BTreeSet<u8>,
    /// Browsers of staff belong to it.
    #[serde(default)]
    pub staff: bool,
    /// What happens at each kind of site.
    #[serde(default, deserialize_with = "known_categories")]
    pub choices: Choices,
    /// The least severity that tells a person, where it is less than others'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_from: Option<Severity>,
    /// What tells a person outside school hours, where it is more than for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_alerts: Option<HomeAlerts>,
}

impl Group {
    /// Whether a browser belongs to it, by its year group or by what IT wrote into the managed key `group`.
    #[must_use]
    pub fn has(&self, audience: Audience, named: &[String]) -> bool {
        let by_year = match audience {
            Audience::Year(year) => self.years.contains(&year),
            Audience::Staff => self.staff,
            Audience::Unspecified => false,
        };
        by_year || named.contains(&self.id)
    }
}

/// What tells a person outside school hours, least protective first. Critical findings and signs of immediate danger
/// always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HomeAlerts {
    /// Only those.
    #[default]
    Critical,
    /// Those, and what is high.
    High,
    /// The same as in school.
    AsInSchool,
}

/// A site with a rule of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Names it: made by the relay.
    pub id: String,
    /// The domain, which stands for its subdomains, and perhaps a path.
    pub site: Entry,
    /// Opened, or blocked.
    pub effect: Effect,
    /// For whom.
    pub whom: Whom,
    /// When it ends, milliseconds since 1970; none when it stays until somebody ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// Whose decision it was.
    pub by: Decider,
    /// Why, for colleagues. Devices are not told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The name of whoever decided. Devices are not told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// When it was added, milliseconds since 1970.
    #[serde(default)]
    pub added: i64,
}

impl Exception {
    /// Whether it has not ended at `now`.
    #[must_use]
    pub fn is_on(&self, now: i64) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// What an exception does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The site opens whatever the lists say, except unlawful content.
    Allow,
    /// The site is blocked whatever the lists say, except helplines and other sites that are never read.
    Block,
}

/// For whom an exception is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// Pupils and staff.
    Everyone,
    /// Browsers of any of these groups, by their ids.
    Groups(Vec<String>),
    /// Whoever is signed in to the browser with this account; empty for a browser in which nobody is.
    Account(String),
}

impl SchoolPolicy {
    /// Reads and checks a document.
    ///
    /// # Errors
    /// What is wrong with it, each by its field. A document of a later format is refused; a category of a later version
    /// is left out, since the others still hold.
    pub fn from_json(json: &str) -> Result<Self, Vec<KeyProblem>> {
        let problem = |key: &str, problem: String| vec![KeyProblem { key: key.to_owned(), problem }];
        let policy: Self = serde_json::from_str(json)
            .map_err(|error| problem("the school’s policy", format!("cannot be read: {error}")))?;
        let problems = policy.check();
        if problems.is_empty() { Ok(policy) } else { Err(problems) }
    }

    /// The group with this id.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// What devices are told at `now`: without who decided and why, which are for colleagues, and without what is over.
    #[must_use]
    pub fn for_devices(&self, now: i64) -> Self {
        let mut told = self.clone();
        told.exceptions.retain(|exception| exception.is_on(now));
        for exception in &mut told.exceptions {
            exception.reason.clear();
            exception.owner.clear();
        }
        told
    }
}

/// A newer relay may know categories that an older extension does not: the others still hold.
fn known_categories<'de, D: Deserializer<'de>>(read: D) -> Result<Choices, D::Error> {
    let choices = BTreeMap::<String, Choice>::deserialize(read)?;
    Ok(choices.into_iter().filter_map(|(name, choice)| Some((name.parse().ok()?, choice))).collect())
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod thousand;
