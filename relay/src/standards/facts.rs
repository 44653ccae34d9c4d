//! What is set now, as the rows need it: the school's policy, the lists in force, and what devices last proved.

use crate::app::App;
use crate::auth::Role;
use crate::db::canary::{self, Lately};
use crate::db::{accounts, packs, trusts};
use crate::error::Error;
use crate::policy;
use crate::web::when;
use lapwing_core::school::{Choice, Choices, Effect, Member, Place, SchoolPolicy};
use lapwing_core::{Action, Audience, Category, Policy};
use serde_json::Value;
use std::collections::BTreeMap;

/// Days before today whose tests count.
const WEEK: i64 = 6;

/// The published lists in force.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists {
    /// When they were published, in words.
    pub(crate) published: String,
    /// How many days ago that was.
    pub(crate) days: i64,
    /// Rules by category.
    pub(crate) categories: BTreeMap<Category, u64>,
    /// Each list: name and licence.
    pub(crate) sources: Vec<(String, String)>,
    /// How many addresses of the Internet Watch Foundation's list, where it is among them.
    pub(crate) iwf: Option<u64>,
    /// The same of the police-assessed list.
    pub(crate) ctiru: Option<u64>,
}

/// Everything that rows are made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// None while nothing has been published.
    pub(crate) lists: Option<Lists>,
    /// For each category the groups for which such sites open; none where they open for nobody.
    pub(crate) opens: BTreeMap<Category, Vec<String>>,
    /// Names of the school's groups.
    pub(crate) groups: Vec<String>,
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
        let leads = accounts::count(app.db.read(), school, Role::Dsl).await?
            + accounts::count(app.db.read(), school, Role::DeputyDsl).await?;
        let mut facts = Self {
            lists: lists(app, now).await?,
            leads,
            trust: trusts::name_of(app.db.read(), school).await?.is_some(),
            ..Self::of_policy(&current.policy, now)
        };
        facts.policy = current.number;
        facts.hear(&lately);
        Ok(facts)
    }

    /// What a policy says.
    pub(crate) fn of_policy(policy: &SchoolPolicy, now: i64) -> Self {
        let open: Vec<_> =
            policy.exceptions.iter().filter(|one| one.is_on(now) && one.effect == Effect::Allow).collect();
        Self {
            opens: opens(policy),
            groups: policy.groups.iter().map(|group| group.name.clone()).collect(),
            calendar: policy.calendar.is_some(),
            two_person: policy.two_person,
            exceptions: (open.len(), open.iter().filter(|one| one.until.is_none()).count()),
            ..Self::default()
        }
    }

    fn hear(&mut self, lately: &BTreeMap<String, Lately>) {
        self.in_use = lately.len();
        self.proved = lately.values().filter(|one| one.proved.is_some() && !one.failing).count();
        self.failing = lately.values().filter(|one| one.failing).count();
        self.safe_search = lately.values().filter(|one| one.safe_search).count();
        let last = lately.values().map(|one| one.proved_at).max().filter(|at| *at > 0);
        self.last_proof = last.map(when::long);
    }
}

async fn lists(app: &App, now: i64) -> Result<Option<Lists>, Error> {
    let all = packs::all(app.db.read()).await?;
    Ok(all.first().map(|newest| {
        let whole = all.iter().find(|pack| pack.parent.is_empty()).unwrap_or(newest);
        Lists {
            published: when::day(newest.published_at),
            days: (now - newest.published_at) / (24 * 60 * 60 * 1_000),
            ..read(&newest.about, &whole.about)
        }
    }))
}

/// What packs say of themselves. A change without the slots leaves those of the whole pack in force; one with any of them takes the
/// place of all.
pub(crate) fn read(newest: &str, whole: &str) -> Lists {
    let parse = |about: &str| serde_json::from_str::<Value>(about).unwrap_or_default();
    let (newest, whole) = (parse(newest), parse(whole));
    let sources = |about: &Value| about["sources"].as_array().cloned().unwrap_or_default();
    let has_slots = |one: &Value| one["slot"].as_str().is_some_and(|slot| !slot.is_empty());
    let speaks = if sources(&newest).iter().any(has_slots) { &newest } else { &whole };
    let slot = |name: &str| {
        sources(speaks).iter().filter(|one| one["slot"] == name).find_map(|one| one["rules"].as_u64())
    };
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let categories = newest["categories"].as_object().cloned().unwrap_or_default();
    Lists {
        categories: categories
            .iter()
            .filter_map(|(name, count)| Some((name.parse().ok()?, count.as_u64()?)))
            .collect(),
        sources: sources(&newest).iter().map(|one| (text(one, "name"), text(one, "licence"))).collect(),
        iwf: slot("iwf"),
        ctiru: slot("ctiru"),
        ..Lists::default()
    }
}

/// For each category the groups for which a site of it opens at school or, where the school has hours, at home.
fn opens(policy: &SchoolPolicy) -> BTreeMap<Category, Vec<String>> {
    let mut places = vec![(at(policy, Place::School), "")];
    if policy.calendar.is_some() {
        places.push((at(policy, Place::Home), " outside school hours"));
    }
    let mut opens: BTreeMap<Category, Vec<String>> = BTreeMap::new();
    for (policy, place) in &places {
        for (audience, named, label) in browsers(policy) {
            let member = Member { audience, groups: &named, account: "" };
            let compiled = policy.compile(&Policy::school_default(audience), &member, 0).policy;
            for category in Category::ALL.iter().copied().filter(|category| category.is_real()) {
                if compiled.site_action(category) < Action::Block {
                    opens.entry(category).or_default().push(format!("{label}{place}"));
                }
            }
        }
    }
    opens
}

/// One browser of each kind: pupils to Year 8 and after, and each group of the school's that is not of staff.
fn browsers(policy: &SchoolPolicy) -> Vec<(Audience, Vec<String>, String)> {
    let mut all = vec![
        (Audience::Year(7), Vec::new(), "pupils to Year 8".to_owned()),
        (Audience::Year(10), Vec::new(), "pupils from Year 9".to_owned()),
    ];
    for group in policy.groups.iter().filter(|group| !group.staff) {
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
