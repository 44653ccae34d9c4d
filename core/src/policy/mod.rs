//! Who is checked for what, and what happens: the school's choices as the engine reads them.
//!
//! The catalogue of every managed key is in `keys`, how a managed value is read and refused in `managed`, and what
//! happens at a kind of site, unless the school says otherwise, in `sites`. Finding things is the engine's work.

mod keys;
mod managed;
mod sites;
mod weigh;

pub use keys::{KEYS, Key, Kind};
pub use managed::{KeyProblem, ManagedPolicy, PolicyError};
pub use sites::{SITE_DEFAULTS, SiteDefault, site_action_choices};

use crate::hash::Fnv;
use crate::site::Entry;
use crate::taxonomy::{Action, Category, Severity};
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
        }
    }

    /// The least severity that tells a person.
    #[must_use]
    pub const fn alert_from(&self) -> Severity {
        self.alert_from
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
        match self.site_actions.get(&category) {
            Some(action) => *action,
            None => sites::default_for(category).action(self.audience),
        }
    }

    /// How grave a visit to a site of this category is.
    #[must_use]
    pub fn site_severity(&self, category: Category) -> Severity {
        sites::default_for(category).severity
    }

    /// A short name for exactly these choices: the same choices have the same version on every device.
    #[must_use]
    pub fn version(&self) -> String {
        let mut hash = Fnv::new();
        hash.line(&format!("{:?}", self.audience));
        hash.line(self.alert_from.as_str());
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
        hash.short()
    }
}

#[cfg(test)]
mod tests;
