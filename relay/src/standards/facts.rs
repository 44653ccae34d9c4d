//! What is set now, as the rows need it: the school's policy, the lists in force, and what devices last proved.

use crate::app::App;
use crate::auth::Role;
use crate::canary::{DAY, WEEK};
use crate::db::canary::{self, Lately};
use crate::db::packs::{self, Published};
use crate::db::{accounts, trusts};
use crate::error::Error;
use crate::policy;
use crate::web::when;
use lapwing_core::school::{Choice, Choices, Effect, Group, Member, Place, SchoolPolicy};
use lapwing_core::{Action, Audience, Category, Policy};
use serde_json::Value;
use std::collections::BTreeMap;

/// A licensed list of unlawful content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Licensed {
    /// How many addresses of it are in the packs in force.
    pub(crate) entries: u64,
    /// How many days ago the pack that brought it was first published.
    pub(crate) days: i64,
}

/// The published lists in force.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists {
    /// When they were published, in words.
    pub(crate) published: String,
    /// How many days ago what the newest pack holds was first published: bringing old lists back does not make them young.
    pub(crate) days: i64,
    /// Rules by category.
    pub(crate) categories: BTreeMap<Category, u64>,
    /// Each list: name and licence.
    pub(crate) sources: Vec<(String, String)>,
    /// The Internet Watch Foundation's list, where it is among them.
    pub(crate) iwf: Option<Licensed>,
    /// The police-assessed list, where it is among them.
    pub(crate) ctiru: Option<Licensed>,
}

/// Everything that rows are made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// None while nothing has been published.
    pub(crate) lists: Option<Lists>,
    /// For each category the groups for which such sites open; none where they open for nobody.
    pub(crate) opens: BTreeMap<Category, Vec<String>>,
    /// Kinds of sites that open outside school hours for somebody for whom they do not in school.
    pub(crate) opens_later: Vec<&'static str>,
    /// Names of the school's groups with choices of their own about kinds of sites.
    pub(crate) filtered: Vec<String>,
    /// Names of the school's groups of which more is told than of others.
    pub(crate) watched: Vec<String>,
    /// Whether hours and a calendar are set.
    pub(crate) calendar: bool,
    /// Whether changes wait for a second person.
    pub(crate) two_person: bool,
    /// The version of the policy; 0 while nothing has been set.
    pub(crate) policy: i64,
    /// Exceptions in force that open a site, and how many of them have no end.
    pub(crate) exceptions: (usize, usize),
    /// Devices in use this week, those that proved themselves in it, those that fail, those with safe search on.
    pub(crate) in_use: usize,
    /// See `in_use`.
    pub(crate) proved: usize,
    /// See `in_use`.
    pub(crate) failing: usize,
    /// See `in_use`.
    pub(crate) safe_search: usize,
    /// Of the devices in use those with the newest of the published lists.
    pub(crate) up_to_date: usize,
    /// Of the devices in use those of which device management says in which year or group they are.
    pub(crate) grouped: usize,
    /// The last proof of any device, in words.
    pub(crate) last_proof: Option<String>,
    /// DSLs and deputies with an account.
    pub(crate) leads: i64,
    /// Whether the school is of a trust.
    pub(crate) trust: bool,
}

impl Facts {
    /// Gathers them for a school.
    pub(crate) async fn of(app: &App, school: &str) -> Result<Self, Error> {
        let now = app.now();
        let vault = app.vault(school).await?;
        let current = policy::current(app, &vault).await?;
        let lately = canary::lately(app.db.read(), school, when::today(now).number - WEEK).await?;
        let newest = packs::newest_version(app.db.read()).await?;
        let leads = accounts::count(app.db.read(), school, Role::Dsl).await?
            + accounts::count(app.db.read(), school, Role::DeputyDsl).await?;
        let mut facts = Self {
            lists: lists(app, now).await?,
            leads,
            trust: trusts::name_of(app.db.read(), school).await?.is_some(),
            ..Self::of_policy(&current.policy, now)
        };
        facts.policy = current.number;
        facts.hear(&lately, newest);
        Ok(facts)
    }

    /// What a policy says.
    pub(crate) fn of_policy(policy: &SchoolPolicy, now: i64) -> Self {
        let open: Vec<_> =
            policy.exceptions.iter().filter(|one| one.is_on(now) && one.effect == Effect::Allow).collect();
        let names = |is: fn(&Group) -> bool| -> Vec<String> {
            policy.groups.iter().filter(|group| is(group)).map(|group| group.name.clone()).collect()
        };
        let (opens, opens_later) = opens(policy);
        Self {
            opens,
            opens_later,
            filtered: names(|group| !group.choices.is_empty()),
            watched: names(|group| group.alert_from.is_some() || group.home_alerts.is_some()),
            calendar: policy.calendar.is_some(),
            two_person: policy.two_person,
            exceptions: (open.len(), open.iter().filter(|one| one.until.is_none()).count()),
            ..Self::default()
        }
    }

    fn hear(&mut self, lately: &BTreeMap<String, Lately>, newest: i64) {
        self.in_use = lately.len();
        self.up_to_date = lately.values().filter(|one| one.pack_version == newest).count();
        self.grouped = lately.values().filter(|one| !one.member.is_empty()).count();
        self.proved = lately.values().filter(|one| one.proved.is_some() && !one.failing).count();
        self.failing = lately.values().filter(|one| one.failing).count();
        self.safe_search = lately.values().filter(|one| one.safe_search).count();
        let last = lately.values().map(|one| one.proved_at).max().filter(|at| *at > 0);
        self.last_proof = last.map(when::long);
    }
}

async fn lists(app: &App, now: i64) -> Result<Option<Lists>, Error> {
    let all = packs::all(app.db.read()).await?;
    let age = |pack: &Published| {
        // What was brought back is as old as it was.
        let origin = all.iter().find(|other| other.digest == pack.restores).unwrap_or(pack);
        (now - origin.published_at) / DAY
    };
    let mut in_force: Vec<&Published> = all.first().into_iter().collect();
    while let Some(below) = in_force.last().and_then(|top| all.iter().find(|pack| pack.digest == top.parent))
    {
        in_force.push(below);
    }
    let Some(newest) = in_force.first() else { return Ok(None) };
    let published = when::day(newest.published_at);
    let said: Vec<_> = in_force.iter().map(|pack| (pack.about.as_str(), age(pack))).collect();
    Ok(Some(Lists { published, ..read(&said) }))
}

/// What the packs in force say of themselves, the newest first, each with its age in days. The newest that brings any licensed
/// list has taken the place of every licensed list below it; one without leaves those below in force.
pub(super) fn read(in_force: &[(&str, i64)]) -> Lists {
    let parse = |about: &str| serde_json::from_str::<Value>(about).unwrap_or_default();
    let sources = |about: &Value| about["sources"].as_array().cloned().unwrap_or_default();
    let is_licensed = |one: &Value| one["slot"].as_str().is_some_and(|slot| !slot.is_empty());
    let packs: Vec<(Value, i64)> = in_force.iter().map(|(about, days)| (parse(about), *days)).collect();
    let (newest, days) = packs.first().cloned().unwrap_or_default();
    let (licensed, licensed_days): (Vec<Value>, i64) = packs
        .iter()
        .map(|(about, days)| (sources(about).into_iter().filter(is_licensed).collect::<Vec<_>>(), *days))
        .find(|(licensed, _)| !licensed.is_empty())
        .unwrap_or_default();
    let slot = |name: &str| {
        let of_slot = licensed.iter().filter(|one| one["slot"] == name);
        let rules: Vec<u64> = of_slot.filter_map(|one| one["rules"].as_u64()).collect();
        (!rules.is_empty()).then(|| Licensed { entries: rules.iter().sum(), days: licensed_days })
    };
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let named = sources(&newest).into_iter().filter(|one| !is_licensed(one)).chain(licensed.iter().cloned());
    let categories = newest["categories"].as_object().cloned().unwrap_or_default();
    Lists {
        days,
        categories: categories
            .iter()
            .filter_map(|(name, count)| Some((name.parse().ok()?, count.as_u64()?)))
            .collect(),
        sources: named.map(|one| (text(&one, "name"), text(&one, "licence"))).collect(),
        iwf: slot("iwf"),
        ctiru: slot("ctiru"),
        ..Lists::default()
    }
}

/// For each category the groups for which a site of it opens at school or, where the school has hours, at home; and what opens
/// at home alone.
fn opens(policy: &SchoolPolicy) -> (BTreeMap<Category, Vec<String>>, Vec<&'static str>) {
    let mut opens: BTreeMap<Category, Vec<String>> = BTreeMap::new();
    let mut later = Vec::new();
    let (school, home) = (at(policy, Place::School), at(policy, Place::Home));
    for (audience, named, label) in browsers(policy) {
        let member = Member { audience, groups: &named, account: "" };
        let compile =
            |policy: &SchoolPolicy| policy.compile(&Policy::school_default(audience), &member, 0).policy;
        let (school, home) = (compile(&school), policy.calendar.is_some().then(|| compile(&home)));
        for category in Category::ALL.iter().copied().filter(|category| category.is_real()) {
            let is_open = |policy: &Policy| policy.site_action(category) < Action::Block;
            let at_home = home.as_ref().is_some_and(is_open);
            if is_open(&school) {
                opens.entry(category).or_default().push(label.clone());
            } else if at_home && !later.contains(&category.label()) {
                later.push(category.label());
            }
            if at_home {
                opens.entry(category).or_default().push(format!("{label} outside school hours"));
            }
        }
    }
    (opens, later)
}

/// One browser of each kind: pupils to Year 8 and after, and each group of the school's that is not of staff alone.
fn browsers(policy: &SchoolPolicy) -> Vec<(Audience, Vec<String>, String)> {
    let mut all = vec![
        (Audience::Year(7), Vec::new(), "pupils to Year 8".to_owned()),
        (Audience::Year(10), Vec::new(), "pupils from Year 9".to_owned()),
    ];
    for group in policy.groups.iter().filter(|group| !group.staff || !group.years.is_empty()) {
        let audience = group.years.first().map_or(Audience::Unspecified, |year| Audience::Year(*year));
        all.push((audience, vec![group.id.clone()], group.name.clone()));
    }
    all
}

/// The policy as it holds at a place, always.
fn at(policy: &SchoolPolicy, place: Place) -> SchoolPolicy {
    let fixed = |choices: &Choices| -> Choices {
        choices
            .iter()
            .map(|(category, choice)| (*category, Choice { school: choice.at(place), home: None }))
            .collect()
    };
    let mut fixed_policy = SchoolPolicy { calendar: None, pupils: fixed(&policy.pupils), ..policy.clone() };
    for group in &mut fixed_policy.groups {
        group.choices = fixed(&group.choices);
    }
    fixed_policy
}
