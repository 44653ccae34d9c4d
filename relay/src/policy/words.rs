//! A policy in words, line by line: for the overview, and for what a change changed. Each line has a name by which the
//! same line of another version is found.

use super::zone;
use crate::web::when;
use lapwing_core::school::{Effect, Exception, Group, HomeAlerts, Hours, SchoolPolicy, Whom};
use lapwing_core::{Action, Category};

/// The days of the week, Monday first.
pub(crate) const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What can tell a person outside school hours: stable name, and words.
pub(crate) const HOME_ALERTS: [(&str, &str); 3] = [
    ("critical", "Only critical findings and signs of immediate danger"),
    ("high", "Those, and findings of high severity"),
    ("as_in_school", "The same as in school hours"),
];

/// The words of [`HOME_ALERTS`].
pub(crate) const fn home_alerts(alerts: HomeAlerts) -> &'static str {
    match alerts {
        HomeAlerts::Critical => HOME_ALERTS[0].1,
        HomeAlerts::High => HOME_ALERTS[1].1,
        HomeAlerts::AsInSchool => HOME_ALERTS[2].1,
    }
}

/// What happens, in words that continue a sentence.
pub(crate) const fn action(action: Action) -> &'static str {
    match action {
        Action::Allow => "opens",
        Action::Note => "opens and is noted",
        Action::Warn => "warns first, and opens if the pupil goes on",
        Action::Block => "is blocked",
        Action::Support => "is blocked and help is shown",
    }
}

/// “Year 9”, “Reception”.
pub(crate) fn year(year: u8) -> String {
    if year == 0 { "Reception".into() } else { format!("Year {year}") }
}

/// “8.30am”, from minutes since midnight.
pub(crate) fn clock(minute: u16) -> String {
    when::clock_of(minute)
}

/// “Tuesday 24 November 2026”, from the number of a day.
pub(crate) fn day(number: i32) -> String {
    zone::day(number).map_or_else(|| "a day beyond the calendar".into(), when::date_words)
}

/// For whom an exception is.
pub(crate) fn whom(policy: &SchoolPolicy, whom: &Whom) -> String {
    match whom {
        Whom::Everyone => "everyone".into(),
        Whom::Groups(ids) => ids
            .iter()
            .map(|id| policy.group(id).map_or(id.as_str(), |group| group.name.as_str()))
            .collect::<Vec<_>>()
            .join(", "),
        Whom::Account(_) => "one pupil".into(),
    }
}

/// An exception in one line.
pub(crate) fn exception(policy: &SchoolPolicy, one: &Exception) -> String {
    let effect = match one.effect {
        Effect::Allow => "opens",
        Effect::Block => "is blocked",
    };
    let until =
        one.until.map_or_else(|| "until somebody ends it".into(), |at| format!("until {}", when::long(at)));
    format!("{} {effect} for {}, {until}", one.site, whom(policy, &one.whom))
}

/// Every line of a policy: its name, and its words. A line that says what holds anyway is left out.
pub(crate) fn lines(policy: &SchoolPolicy) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    if policy.two_person {
        lines.push(("two_person".into(), "A change waits for a second person".into()));
    }
    hours(policy, &mut lines);
    for group in &policy.groups {
        lines.push((format!("group.{}", group.id), group_line(group)));
    }
    let mut choose = |name: &str, of: &str, choices: &lapwing_core::school::Choices| {
        for (category, choice) in choices {
            for (place, action) in [("in school hours", choice.school), ("outside school hours", choice.home)]
            {
                let Some(action) = action else { continue };
                lines.push((
                    format!("choice.{name}.{category}.{place}"),
                    choice_line(*category, of, action, place),
                ));
            }
        }
    };
    choose("", "pupils", &policy.pupils);
    for group in &policy.groups {
        choose(&group.id, &group.name, &group.choices);
    }
    for one in &policy.exceptions {
        lines.push((format!("exception.{}", one.id), exception(policy, one)));
    }
    lines
}

fn choice_line(category: Category, of: &str, chosen: Action, place: &str) -> String {
    format!("A site about {} {} for {of} {place}", category.label(), action(chosen))
}

fn group_line(group: &Group) -> String {
    let mut who: Vec<String> = group.years.iter().map(|one| year(*one)).collect();
    if group.staff {
        who.push("staff".into());
    }
    who.push(format!("browsers that IT has put into “{}”", group.id));
    let mut line = format!("The group {} is {}", group.name, who.join(", "));
    if let Some(from) = group.alert_from {
        line.push_str(&format!("; findings alert from {}", from.label()));
    }
    if let Some(home) = group.home_alerts {
        line.push_str(&format!("; outside school hours: {}", home_alerts(home)));
    }
    line
}

fn hours(policy: &SchoolPolicy, lines: &mut Vec<(String, String)>) {
    let Some(calendar) = &policy.calendar else { return };
    let zones = zone::choices();
    let place = zones.iter().find(|(name, _)| *name == calendar.zone).map_or("", |(_, words)| words);
    lines.push(("zone".into(), format!("The school’s clock is that of {place}")));
    for (day, hours) in DAYS.iter().zip(calendar.week) {
        lines.push((format!("hours.{day}"), format!("{day}: {}", day_hours(hours))));
    }
    let between = |first: i32, last: i32| {
        if first == last { day(first) } else { format!("{} to {}", day(first), day(last)) }
    };
    for term in &calendar.terms {
        let words = format!("{}: {}", term.name, between(term.first, term.last));
        lines.push((format!("term.{}.{}", term.first, term.name), words));
    }
    for off in &calendar.days_off {
        let words = format!("No school, {}: {}", off.name, between(off.first, off.last));
        lines.push((format!("off.{}.{}", off.first, off.name), words));
    }
    lines.push((
        "home".into(),
        format!("Outside school hours alerts come for: {}", home_alerts(policy.home_alerts)),
    ));
}

/// “8.30am to 4pm”, or “no school”.
pub(crate) fn day_hours(hours: Option<Hours>) -> String {
    hours.map_or_else(|| "no school".into(), |hours| format!("{} to {}", clock(hours.from), clock(hours.to)))
}

/// What `after` changes of `before`, one line a change; empty when nothing.
pub(crate) fn changes(before: &SchoolPolicy, after: &SchoolPolicy) -> Vec<String> {
    let (old, new) = (lines(before), lines(after));
    let of = |lines: &[(String, String)], name: &str| {
        lines.iter().find(|(known, _)| known == name).map(|(_, words)| words.clone())
    };
    let changed = new.iter().filter_map(|(name, words)| match of(&old, name) {
        None => Some(format!("New: {words}.")),
        Some(was) if was != *words => Some(format!("Changed: {words}. Before: {was}.")),
        Some(_) => None,
    });
    let gone = old.iter().filter(|(name, _)| of(&new, name).is_none());
    changed.chain(gone.map(|(_, words)| format!("No longer: {words}."))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::school::Choice;

    #[test]
    fn a_change_is_told_in_words() {
        let before = SchoolPolicy::default();
        let mut after = before.clone();
        assert_eq!(changes(&before, &after), Vec::<String>::new());
        after.pupils.insert(Category::Games, Choice { school: Some(Action::Block), home: None });
        let new = "A site about games is blocked for pupils in school hours";
        assert_eq!(changes(&before, &after), [format!("New: {new}.")]);
        assert_eq!(changes(&after, &before), [format!("No longer: {new}.")]);
        let mut again = after.clone();
        again.pupils.insert(Category::Games, Choice { school: Some(Action::Warn), home: None });
        assert_eq!(
            changes(&after, &again),
            [format!(
                "Changed: A site about games warns first, and opens if the pupil goes on for pupils in school hours. Before: {new}."
            )]
        );
    }
}
