//! What is wrong with a document, each fault by its field, in words for whoever filled in the form.

use super::calendar::MINUTES;
use super::{Calendar, Choices, FORMAT, Group, SchoolPolicy, Whom, limit};
use crate::policy::{KeyProblem, site_action_choices};
use crate::taxonomy::{Action, Severity};
use std::collections::BTreeSet;

/// The last year group of sixth form.
const LAST_YEAR: u8 = 13;

impl SchoolPolicy {
    /// Every fault; empty for a document that devices follow.
    #[must_use]
    pub fn check(&self) -> Vec<KeyProblem> {
        let mut found = Problems(Vec::new());
        if self.format != FORMAT {
            found.add(
                "format",
                format!("is {}, and this version of Lapwing reads {FORMAT}; update it", self.format),
            );
            return found.0;
        }
        found.choices("pupils", &self.pupils);
        if self.groups.len() > limit::GROUPS {
            found.add("groups", format!("are more than {}; put some together", limit::GROUPS));
        }
        let mut ids = BTreeSet::new();
        for (index, group) in self.groups.iter().enumerate() {
            found.group(index, group, ids.insert(&group.id));
        }
        if let Some(calendar) = &self.calendar {
            found.calendar(calendar);
        }
        found.exceptions(self);
        found.0
    }
}

struct Problems(Vec<KeyProblem>);

impl Problems {
    fn add(&mut self, key: impl Into<String>, problem: impl Into<String>) {
        self.0.push(KeyProblem { key: key.into(), problem: problem.into() });
    }

    fn name(&mut self, key: String, name: &str) {
        let length = name.chars().count();
        if name.trim().is_empty() || length > limit::NAME || name.chars().any(char::is_control) {
            self.add(key, format!("must be one line of 1 to {} characters", limit::NAME));
        }
    }

    fn choices(&mut self, key: &str, choices: &Choices) {
        for (category, choice) in choices {
            let offered = site_action_choices(*category);
            for (place, action) in [("school", choice.school), ("home", choice.home)] {
                let Some(action) = action.filter(|action| !offered.contains(action)) else { continue };
                let problem = if offered.is_empty() {
                    format!("{} is always blocked and has no setting; remove it", category.label())
                } else {
                    let names = offered.iter().map(|a: &Action| a.as_str()).collect::<Vec<_>>().join(", ");
                    format!("“{action}” is not offered for {}; use one of: {names}", category.label())
                };
                self.add(format!("{key}.{category}.{place}"), problem);
            }
        }
    }

    fn group(&mut self, index: usize, group: &Group, is_new: bool) {
        let key = |field: &str| format!("groups[{index}].{field}");
        let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if group.id.is_empty() || group.id.len() > 40 || !group.id.chars().all(sound) {
            self.add(key("id"), "must be 1 to 40 small letters, digits and hyphens, such as year-9");
        } else if !is_new {
            self.add(key("id"), format!("“{}” is the id of another group too; choose another", group.id));
        }
        self.name(key("name"), &group.name);
        if group.years.iter().any(|year| *year > LAST_YEAR) {
            self.add(key("years"), format!("must be 0 for Reception to {LAST_YEAR}"));
        }
        if group.alert_from == Some(Severity::Critical) {
            self.add(key("alert_from"), "must be info, low, medium or high: critical findings always alert");
        }
        self.choices(&key("choices"), &group.choices);
    }

    fn calendar(&mut self, calendar: &Calendar) {
        for (day, hours) in calendar.week.iter().enumerate() {
            if let Some(hours) = hours
                && (hours.from >= hours.to || hours.to > MINUTES)
            {
                self.add(format!("calendar.week[{day}]"), "must end after it begins, and by midnight");
            }
        }
        if calendar.terms.len() > limit::TERMS {
            self.add("calendar.terms", format!("are more than {}; remove those that are over", limit::TERMS));
        }
        for (index, term) in calendar.terms.iter().enumerate() {
            self.name(format!("calendar.terms[{index}].name"), &term.name);
            if term.first > term.last {
                self.add(format!("calendar.terms[{index}]"), "must end on or after its first day");
            }
        }
        if calendar.days_off.len() > limit::DAYS_OFF {
            self.add(
                "calendar.days_off",
                format!("are more than {}; remove those that are over", limit::DAYS_OFF),
            );
        }
        for (index, off) in calendar.days_off.iter().enumerate() {
            self.name(format!("calendar.days_off[{index}].name"), &off.name);
            if off.first > off.last {
                self.add(format!("calendar.days_off[{index}]"), "must end on or after its first day");
            }
        }
        if !calendar.offsets.is_sorted_by_key(|offset| offset.from) {
            self.add("calendar.offsets", "must be in the order of time");
        }
    }

    fn exceptions(&mut self, policy: &SchoolPolicy) {
        if policy.exceptions.len() > limit::EXCEPTIONS {
            self.add(
                "exceptions",
                format!("are more than {}; import a site list instead", limit::EXCEPTIONS),
            );
        }
        let mut ids = BTreeSet::new();
        for (index, exception) in policy.exceptions.iter().enumerate() {
            let key = |field: &str| format!("exceptions[{index}].{field}");
            if exception.id.is_empty() || !ids.insert(&exception.id) {
                self.add(key("id"), "must be there, and no other exception’s");
            }
            if exception.site.host.is_empty() {
                self.add(key("site"), "must be a domain such as example.org");
            }
            if exception.reason.chars().count() > limit::REASON {
                self.add(key("reason"), format!("must be {} characters or fewer", limit::REASON));
            }
            if let Whom::Groups(groups) = &exception.whom {
                if groups.is_empty() {
                    self.add(key("whom"), "must name a group, or be for everyone");
                }
                for id in groups.iter().filter(|id| policy.group(id).is_none()) {
                    let shown: String = id.chars().take(40).collect();
                    self.add(
                        key("whom"),
                        format!("names “{shown}”, which is no group; end the exception or choose another"),
                    );
                }
            }
        }
    }
}
