//! From a document to what one browser does at one moment.
//!
//! Of several groups the most protective choice wins; where no group says anything, the choice for all pupils; then what
//! Lapwing does by default. What IT set in device management is the floor: a school's policy makes it stricter and
//! never milder.

use super::{Because, HomeAlerts, Moment, Place, Ruling, SchoolPolicy, Whom};
use crate::policy::{Audience, Overlay, Policy, site_action_choices};
use crate::taxonomy::{Action, Category, Severity};
use std::collections::BTreeMap;

/// Whose browser it is.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// By the managed key `year_group`.
    pub audience: Audience,
    /// Ids of groups, by the managed key `group`.
    pub groups: &'a [String],
    /// The account signed in to the browser; empty where nobody is.
    pub account: &'a str,
}

/// What one browser does at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// What the engine follows.
    pub policy: Policy,
    /// Whether it is school.
    pub moment: Moment,
    /// Names of the groups to which the browser belongs.
    pub groups: Vec<String>,
    /// From when this holds, milliseconds since 1970: the moment for which it was asked.
    pub from: i64,
    /// Until when: then it must be asked again.
    pub until: i64,
}

impl InForce {
    /// Whether it still holds. A clock that was set back makes it be asked again.
    #[must_use]
    pub const fn holds(&self, now: i64) -> bool {
        self.from <= now && now < self.until
    }
}

impl SchoolPolicy {
    /// What a browser does at `now`, milliseconds since 1970, over what device management has set.
    #[must_use]
    pub fn compile(&self, managed: &Policy, member: &Member<'_>, now: i64) -> InForce {
        let always = Moment { place: Place::School, because: Because::NoCalendar, until: i64::MAX };
        let moment = self.calendar.as_ref().map_or(always, |calendar| calendar.at(now));
        let groups: Vec<_> =
            self.groups.iter().filter(|group| group.has(member.audience, member.groups)).collect();
        let place = self.calendar.is_some().then_some(moment.place);
        let mut actions = BTreeMap::new();
        for category in
            Category::ALL.iter().copied().filter(|category| !site_action_choices(*category).is_empty())
        {
            let chosen = groups
                .iter()
                .filter_map(|group| {
                    Some((group.choices.get(&category)?.at(moment.place)?, Some(&group.name)))
                })
                // The first of equally protective ones: they are in the order in which people see them.
                .reduce(|best, next| if next.0 > best.0 { next } else { best })
                .or_else(|| self.for_pupils(category, member.audience, moment.place));
            let ruling = |group: Option<&String>| Ruling::School { group: group.cloned(), place };
            let decided = match (chosen, managed.managed_action(category)) {
                (Some((action, _)), Some(floor)) if floor > action => (floor, Ruling::DeviceManagement),
                (Some((action, group)), _) => (action, ruling(group)),
                (None, Some(floor)) => (floor, Ruling::DeviceManagement),
                (None, None) => continue,
            };
            actions.insert(category, decided);
        }
        let is_for = |whom: &Whom| match whom {
            Whom::Everyone => true,
            Whom::Groups(ids) => groups.iter().any(|group| ids.contains(&group.id)),
            Whom::Account(account) => account.eq_ignore_ascii_case(member.account),
        };
        let exceptions: Vec<_> =
            self.exceptions.iter().filter(|one| one.is_on(now) && is_for(&one.whom)).collect();
        let until =
            exceptions.iter().filter_map(|one| one.until).chain([moment.until]).min().unwrap_or(i64::MAX);
        let exceptions = exceptions.into_iter().map(Into::into).collect();
        let wanted = groups.iter().filter_map(|group| group.alert_from).min();
        let in_school = wanted.map_or(managed.alert_from(), |wanted| wanted.min(managed.alert_from()));
        let home = groups.iter().filter_map(|group| group.home_alerts).chain([self.home_alerts]).max();
        let alert_from = match (moment.place, home.unwrap_or_default()) {
            (Place::School, _) | (Place::Home, HomeAlerts::AsInSchool) => in_school,
            (Place::Home, HomeAlerts::High) => in_school.max(Severity::High),
            (Place::Home, HomeAlerts::Critical) => Severity::Critical,
        };
        let overlay = Overlay { number: self.number, actions, exceptions, alert_from };
        let policy = managed.clone().under(overlay);
        InForce { policy, groups: groups.iter().map(|g| g.name.clone()).collect(), moment, from: now, until }
    }

    /// The choice for all pupils. Staff are not among them.
    fn for_pupils(
        &self,
        category: Category,
        audience: Audience,
        place: Place,
    ) -> Option<(Action, Option<&String>)> {
        let choice = self.pupils.get(&category).filter(|_| audience != Audience::Staff)?;
        Some((choice.at(place)?, None))
    }
}
