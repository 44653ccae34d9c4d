//! A thousand varied policies, made by a fixed seed, compiled, and compared with a plain reading of the rules: what a
//! careful person would do with the document in one hand and the clock in the other.

use super::*;
use crate::site::Address;
use crate::{Policy, SITE_DEFAULTS, site_action_choices};

const DAY: i64 = 24 * 60 * 60 * 1_000;
/// Tuesday 24 November 2026, midnight UTC.
const MIDNIGHT: i64 = 1_795_478_400_000;
const SITES: [&str; 6] =
    ["a.example", "a.example/maths", "b.example", "c.b.example", "b.example/x/y", "d.example"];
const URLS: [&str; 7] = [
    "https://a.example/",
    "https://www.a.example/maths/1",
    "https://a.example/mathsy",
    "https://c.b.example/x",
    "https://b.example/x/y/z",
    "https://x.c.b.example/",
    "https://e.example/",
];
const ACCOUNTS: [&str; 3] = ["", "sam@school.example", "ali@school.example"];

/// SplitMix64: the same numbers on every machine.
struct Seed(u64);

impl Seed {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % most as u64).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn choices(&mut self) -> Choices {
        let mut choices = Choices::new();
        for category in Category::ALL.iter().filter(|category| !site_action_choices(**category).is_empty()) {
            let offered = site_action_choices(*category);
            if self.one_in(3) {
                let school = (!self.one_in(5)).then(|| self.pick(offered));
                choices
                    .insert(*category, Choice { school, home: self.one_in(2).then(|| self.pick(offered)) });
            }
        }
        choices
    }

    fn policy(&mut self) -> SchoolPolicy {
        let homes = [HomeAlerts::Critical, HomeAlerts::High, HomeAlerts::AsInSchool];
        let groups = (0..self.below(6))
            .map(|n| Group {
                id: format!("g{n}"),
                name: format!("Group {n}"),
                years: (0..=13).filter(|_| self.one_in(4)).collect(),
                staff: self.one_in(4),
                choices: self.choices(),
                alert_from: self
                    .one_in(3)
                    .then(|| self.pick(&[Severity::Info, Severity::Low, Severity::High])),
                home_alerts: self.one_in(3).then(|| self.pick(&homes)),
            })
            .collect::<Vec<_>>();
        let exceptions = (0..self.below(12))
            .map(|n| Exception {
                id: format!("e{n}"),
                site: Entry::parse(self.pick(&SITES)).unwrap(),
                effect: self.pick(&[Effect::Allow, Effect::Block]),
                whom: match self.below(3) {
                    0 if !groups.is_empty() => {
                        Whom::Groups(vec![groups[self.below(groups.len())].id.clone()])
                    }
                    1 => Whom::Account(self.pick(&ACCOUNTS).into()),
                    _ => Whom::Everyone,
                },
                until: self.one_in(2).then(|| MIDNIGHT + self.below(10) as i64 * DAY / 3),
                by: Decider::It,
                reason: String::new(),
                owner: String::new(),
                added: 0,
            })
            .collect();
        let calendar = (!self.one_in(4)).then(|| self.calendar());
        SchoolPolicy {
            groups,
            exceptions,
            calendar,
            pupils: self.choices(),
            home_alerts: self.pick(&homes),
            ..SchoolPolicy::default()
        }
    }

    fn calendar(&mut self) -> Calendar {
        let today = i32::try_from(MIDNIGHT / DAY).unwrap();
        let mut week = [None; 7];
        for day in &mut week {
            let from = u16::try_from(self.below(800)).unwrap();
            *day = (!self.one_in(4))
                .then(|| Hours { from, to: from + 1 + u16::try_from(self.below(600)).unwrap() });
        }
        let mut span = |long: usize| {
            let first = today - 3 + i32::try_from(self.below(8)).unwrap();
            (first, first + i32::try_from(self.below(long)).unwrap())
        };
        let (term, off) = (span(40), span(3));
        let terms = vec![Term { name: "Term".into(), first: term.0, last: term.1 }];
        Calendar {
            zone: "Europe/London".into(),
            offsets: vec![Offset { from: 0, minutes: 60 }, Offset { from: MIDNIGHT + DAY, minutes: 0 }],
            week,
            terms: if self.one_in(2) { terms } else { Vec::new() },
            days_off: vec![DayOff { name: "INSET".into(), first: off.0, last: off.1 }],
        }
    }
}

/// Whether it is school, read from the top of the calendar to its end.
fn is_school(policy: &SchoolPolicy, now: i64) -> bool {
    let Some(calendar) = &policy.calendar else { return true };
    let ahead = if now >= MIDNIGHT + DAY { 0 } else { 60 };
    let minutes = now / 60_000 + ahead;
    let (day, minute) = (minutes / 1_440, minutes % 1_440);
    // The 24th of November 2026 is day 20,781 and a Tuesday.
    let weekday = (day - 20_781 + 1 + 7_000) % 7;
    if calendar.days_off.iter().any(|off| i64::from(off.first) <= day && day <= i64::from(off.last)) {
        return false;
    }
    let in_term =
        calendar.terms.iter().any(|term| i64::from(term.first) <= day && day <= i64::from(term.last));
    let is_over = calendar.terms.iter().all(|term| i64::from(term.last) < day);
    if !is_over && !in_term {
        return false;
    }
    match calendar.week[usize::try_from(weekday).unwrap()] {
        Some(hours) => i64::from(hours.from) <= minute && minute < i64::from(hours.to),
        None => false,
    }
}

fn groups<'a>(policy: &'a SchoolPolicy, member: &Member<'_>) -> Vec<&'a Group> {
    let mut mine = Vec::new();
    for group in &policy.groups {
        let of_year = match member.audience {
            Audience::Year(year) => group.years.contains(&year),
            Audience::Staff => group.staff,
            Audience::Unspecified => false,
        };
        if of_year || member.groups.contains(&group.id) {
            mine.push(group);
        }
    }
    mine
}

/// What happens at a kind of site.
fn action(
    policy: &SchoolPolicy,
    managed: &Policy,
    member: &Member<'_>,
    category: Category,
    school: bool,
) -> Action {
    let row = SITE_DEFAULTS.iter().find(|row| row.category == category).unwrap();
    if matches!(category, Category::Illegal | Category::Canary) {
        return Action::Block;
    }
    let said = |choices: &Choices| {
        let choice = choices.get(&category).copied().unwrap_or_default();
        if school || choice.home.is_none() { choice.school } else { choice.home }
    };
    let mut chosen = None;
    for group in groups(policy, member) {
        if let Some(action) = said(&group.choices) {
            chosen =
                Some(chosen.map_or(action, |so_far: Action| if action > so_far { action } else { so_far }));
        }
    }
    if chosen.is_none() && member.audience != Audience::Staff {
        chosen = said(&policy.pupils);
    }
    match (chosen, managed.managed_action(category)) {
        (Some(a), Some(b)) => {
            if a > b {
                a
            } else {
                b
            }
        }
        (Some(a), None) | (None, Some(a)) => a,
        (None, None) => row.action(member.audience),
    }
}

fn severity(policy: &SchoolPolicy, managed: &Policy, member: &Member<'_>, school: bool) -> Severity {
    let mine = groups(policy, member);
    let mut from = managed.alert_from();
    let mut home = policy.home_alerts;
    for group in mine {
        if let Some(wanted) = group.alert_from
            && wanted < from
        {
            from = wanted;
        }
        if let Some(wanted) = group.home_alerts
            && wanted > home
        {
            home = wanted;
        }
    }
    match home {
        _ if school => from,
        HomeAlerts::AsInSchool => from,
        HomeAlerts::High if from < Severity::High => Severity::High,
        HomeAlerts::High => from,
        HomeAlerts::Critical => Severity::Critical,
    }
}

/// The effect of the exception for an address: every one that covers it, the longest host, the longest path, a block.
fn excepted(policy: &SchoolPolicy, member: &Member<'_>, url: &str, now: i64) -> Option<Effect> {
    let rest = url.strip_prefix("https://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let path = format!("/{path}");
    let mut best: Option<(usize, usize, bool)> = None;
    for one in &policy.exceptions {
        let mine = match &one.whom {
            Whom::Everyone => true,
            Whom::Groups(ids) => groups(policy, member).iter().any(|group| ids.contains(&group.id)),
            Whom::Account(account) => account == member.account,
        };
        let on = one.until.is_none_or(|until| until > now);
        let on_host = host == one.site.host || host.ends_with(&format!(".{}", one.site.host));
        let on_path = one.site.path.is_empty()
            || path == one.site.path
            || path.starts_with(&format!("{}/", one.site.path));
        if mine && on && on_host && on_path {
            let this = (one.site.host.len(), one.site.path.len(), one.effect == Effect::Block);
            best = best.max(Some(this));
        }
    }
    best.map(|(_, _, block)| if block { Effect::Block } else { Effect::Allow })
}

#[test]
fn a_thousand_policies_compile_to_what_their_words_say() {
    let mut seed = Seed(2_026);
    let (mut schools, mut homes, mut by_group, mut blocked, mut allowed) = (0, 0, 0, 0, 0);
    for number in 0..1_000 {
        let policy = seed.policy();
        assert_eq!(policy.check(), [], "policy {number}");
        // As a device gets it.
        let policy = SchoolPolicy::from_json(&serde_json::to_string(&policy).unwrap()).unwrap();
        for _ in 0..4 {
            let audience = match seed.below(16) {
                14 => Audience::Unspecified,
                15 => Audience::Staff,
                year => Audience::Year(u8::try_from(year).unwrap()),
            };
            let named: Vec<String> = (0..seed.below(3)).map(|_| format!("g{}", seed.below(6))).collect();
            let member = Member { audience, groups: &named, account: seed.pick(&ACCOUNTS) };
            let mut managed = Policy::school_default(audience);
            managed.set_alert_from(seed.pick(&[Severity::Low, Severity::Medium, Severity::High]));
            for category in [Category::Games, Category::Social, Category::Suicide] {
                if seed.one_in(3) {
                    managed.set_site_action(category, seed.pick(site_action_choices(category))).unwrap();
                }
            }
            let now = MIDNIGHT + seed.below(3 * 24 * 60) as i64 * 60_000;
            let in_force = policy.compile(&managed, &member, now);
            let school = is_school(&policy, now);
            let place = format!("policy {number}, {audience:?} {named:?} at {now}");
            assert_eq!(in_force.moment.place == Place::School, school, "{place}");
            for category in Category::ALL.iter().copied() {
                let expected = action(&policy, &managed, &member, category, school);
                assert_eq!(in_force.policy.site_action(category), expected, "{place}: {category}");
                by_group += i32::from(matches!(
                    in_force.policy.ruling(&[category]),
                    Ruling::School { group: Some(_), .. }
                ));
            }
            assert_eq!(in_force.policy.alert_from(), severity(&policy, &managed, &member, school), "{place}");
            let exceptions = Exceptions::new(in_force.policy.exceptions());
            for url in URLS {
                let found = exceptions.find(&Address::parse(url).unwrap()).map(|one| one.effect);
                assert_eq!(found, excepted(&policy, &member, url, now), "{place}: {url}");
                blocked += i32::from(found == Some(Effect::Block));
                allowed += i32::from(found == Some(Effect::Allow));
            }
            // It holds unchanged until its end, and not a moment longer than something changes.
            let last = in_force.until.min(now + 3 * DAY) - 1;
            assert!(last >= now, "{place}");
            let again = policy.compile(&managed, &member, last);
            assert_eq!(
                (again.policy, again.moment.place),
                (in_force.policy, in_force.moment.place),
                "{place}"
            );
            schools += i32::from(school);
            homes += i32::from(!school);
        }
    }
    // The policies are varied enough to have met every rule often.
    for (what, times) in
        [("school", schools), ("home", homes), ("group", by_group), ("block", blocked), ("allow", allowed)]
    {
        assert!(times > 300, "{what}: {times}");
    }
}
