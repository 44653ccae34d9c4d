//! Who is checked for what, and what happens: the school's choices as the engine reads them.
//!
//! The catalogue of every managed key is in `keys`, how a managed value is read and refused in `managed`, and what
//! happens at a kind of site, unless the school says otherwise, in `sites`. The policy that staff set on the relay is in
//! `school`; joined with the managed keys it becomes a [`Policy`] too. Finding things is the engine's work.

mod keys;
mod managed;
pub mod school;
mod sites;
mod weigh;

pub use keys::{KEYS, Key, Kind};
pub use managed::{KeyProblem, ManagedPolicy, PolicyError};
pub use sites::{SITE_DEFAULTS, SiteDefault, site_action_choices};

use crate::hash::Fnv;
use crate::site::Entry;
use crate::taxonomy::{Action, Category, Severity};
use school::{Excepted, Ruling};
use std::collections::BTreeMap;

/// Who uses the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// A pupil of this year group: 0 is Reception, 13 the last year of sixth form.
    Year(u8),
    /// Pupils of several years, or not known.
    Unspecified,
    /// A member of staff.
    Staff,
}

/// What the school has decided. It cannot express “unlawful content is allowed”: there is no such setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Who uses the browser.
    pub audience: Audience,
    /// The least severity that tells a person. Never above `High`: critical findings and immediate danger always do.
    alert_from: Severity,
    /// The school's own choices for kinds of sites, over [`SITE_DEFAULTS`].
    site_actions: BTreeMap<Category, Action>,
    /// Opened whatever the lists say.
    pub allowed_sites: Vec<Entry>,
    /// Blocked whatever the lists say.
    pub blocked_sites: Vec<Entry>,
    /// Never read and never recorded, besides those that are built in.
    pub never_read_sites: Vec<Entry>,
    /// Whether search engines are kept in their safe mode.
    pub safe_search: bool,
    /// How far YouTube is restricted.
    pub youtube: YouTube,
    /// What staff have set on the relay, as it holds for this browser at this moment.
    overlay: Option<Box<Overlay>>,
}

/// What the school's policy makes of the managed keys; see [`school`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overlay {
    pub(crate) number: i64,
    pub(crate) actions: BTreeMap<Category, (Action, Ruling)>,
    pub(crate) exceptions: Vec<Excepted>,
    pub(crate) alert_from: Severity,
}

/// YouTube's restricted mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum YouTube {
    /// As it is.
    Off,
    /// Some is left out.
    Moderate,
    /// More is left out.
    Strict,
}

impl YouTube {
    /// The value of the header that asks for it; nothing when it is off.
    #[must_use]
    pub const fn header(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::Moderate => Some("Moderate"),
            Self::Strict => Some("Strict"),
        }
    }
}

impl Policy {
    /// What holds when a school has chosen nothing.
    #[must_use]
    pub const fn school_default(audience: Audience) -> Self {
        Self {
            audience,
            alert_from: Severity::Medium,
            site_actions: BTreeMap::new(),
            allowed_sites: Vec::new(),
            blocked_sites: Vec::new(),
            never_read_sites: Vec::new(),
            overlay: None,
            safe_search: true,
            youtube: match audience {
                // Who teaches with a film needs the film.
                Audience::Staff => YouTube::Off,
                Audience::Year(_) | Audience::Unspecified => YouTube::Strict,
            },
        }
    }

    /// The same choices with what the school's policy makes of them.
    pub(crate) fn under(mut self, overlay: Overlay) -> Self {
        self.overlay = Some(Box::new(overlay));
        self
    }

    /// What device management has chosen for a kind of site.
    pub(crate) fn managed_action(&self, category: Category) -> Option<Action> {
        self.site_actions.get(&category).copied()
    }

    /// Sites with a rule of their own, by the school's policy.
    #[must_use]
    pub fn exceptions(&self) -> &[Excepted] {
        self.overlay.as_ref().map_or(&[], |overlay| &overlay.exceptions)
    }

    /// Whose decision it is what happens at a site of these categories: that of the strongest action.
    #[inline(never)]
    pub(crate) fn ruling(&self, categories: &[Category]) -> Ruling {
        let Some(category) = categories.iter().copied().max_by_key(|category| self.site_action(*category))
        else {
            return Ruling::Default;
        };
        match self.overlay.as_ref().and_then(|overlay| overlay.actions.get(&category)) {
            Some((_, ruling)) => ruling.clone(),
            None if self.site_actions.contains_key(&category) => Ruling::DeviceManagement,
            None => Ruling::Default,
        }
    }

    /// The least severity that tells a person. `Critical` only outside school hours.
    #[must_use]
    pub fn alert_from(&self) -> Severity {
        self.overlay.as_ref().map_or(self.alert_from, |overlay| overlay.alert_from)
    }

    /// Sets the least severity that tells a person; above `High` it stays at `High`.
    pub fn set_alert_from(&mut self, severity: Severity) {
        self.alert_from = severity.min(Severity::High);
    }

    /// Chooses what happens at a kind of site.
    ///
    /// # Errors
    /// When the category does not offer that action, with the ones that it offers.
    pub fn set_site_action(&mut self, category: Category, action: Action) -> Result<(), String> {
        let choices = site_action_choices(category);
        if choices.contains(&action) {
            self.site_actions.insert(category, action);
            return Ok(());
        }
        if choices.is_empty() {
            return Err(format!("{} is always blocked and has no setting; remove it", category.label()));
        }
        let offered = choices.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(", ");
        Err(format!("“{action}” is not offered for {}; use one of: {offered}", category.label()))
    }

    /// What happens at a site of this category: the school's choice, or the default for its pupils.
    #[must_use]
    pub fn site_action(&self, category: Category) -> Action {
        let chosen = self.overlay.as_ref().and_then(|overlay| overlay.actions.get(&category));
        match chosen.map(|(action, _)| action).or_else(|| self.site_actions.get(&category)) {
            Some(action) => *action,
            None => sites::default_for(category).action(self.audience),
        }
    }

    /// How grave a visit to a site of this category is.
    #[must_use]
    pub fn site_severity(&self, category: Category) -> Severity {
        sites::default_for(category).severity
    }

    /// A short name for exactly these choices: the same choices of device management have the same version on every
    /// device. The number of the school's policy follows after a plus sign, where there is one: `3f1c9a+17`.
    #[must_use]
    pub fn version(&self) -> String {
        let mut hash = Fnv::new();
        hash.line(&format!("{:?}", self.audience));
        hash.line(self.alert_from.as_str());
        hash.line(&format!("safe_search={} youtube={:?}", self.safe_search, self.youtube));
        for (category, action) in &self.site_actions {
            hash.line(&format!("{category}={action}"));
        }
        for (label, entries) in [
            ("allow", &self.allowed_sites),
            ("block", &self.blocked_sites),
            ("never", &self.never_read_sites),
        ] {
            hash.line(label);
            let mut sorted: Vec<String> = entries.iter().map(ToString::to_string).collect();
            sorted.sort_unstable();
            sorted.dedup();
            sorted.iter().for_each(|entry| hash.line(entry));
        }
        match &self.overlay {
            Some(overlay) if overlay.number > 0 => format!("{}+{}", hash.short(), overlay.number),
            _ => hash.short(),
        }
    }
}

#[cfg(test)]
mod tests;
