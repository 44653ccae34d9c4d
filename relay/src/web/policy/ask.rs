//! “What would happen if this pupil opened this address now, and why?”, for all staff: answered by the code that devices
//! run.

use super::super::form::{Errors, clean};
use crate::app::App;
use crate::auth::StaffOrIt;
use crate::error::Error;
use crate::extract::Query;
use crate::policy::ask::{self, Pupil};
use crate::policy::{Current, allowances, current, published, words, zone};
use crate::web::when;
use crate::web::words::capital;
use crate::web::{Area, Chrome, show_as};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use lapwing_core::school::{Because, InForce, Place, Ruling};
use lapwing_core::{Audience, Decision, Sites};
use serde::Deserialize;
use std::sync::Arc;

/// The last year of sixth form.
const LAST_YEAR: u8 = 13;

/// What is asked. Without an address nothing is asked yet.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    url: String,
    /// A number, `mixed` or `staff`.
    year: String,
    /// The id of a group; may be empty.
    group: String,
    /// The account signed in to the browser, for who may know what single pupils were allowed; may be empty.
    account: String,
    date: String,
    time: String,
}

/// The answer, in words.
struct Answer {
    address: String,
    what: String,
    /// Facts, each with its name.
    facts: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "policy/ask.html")]
struct Page<'a> {
    chrome: Chrome,
    answer: Option<Answer>,
    years: Vec<(String, String)>,
    groups: Vec<(String, String)>,
    fields: &'a Fields,
    /// Whether an account can be asked about.
    asks_account: bool,
    errors: Errors,
}

/// `GET /policy/ask`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    StaffOrIt(me): StaffOrIt,
    Query(mut fields): Query<Fields>,
) -> Result<Response, Error> {
    let now = app.now();
    let vault = app.vault(&me.school_id).await?;
    let mut current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let asks_account = me.role.decides();
    if !asks_account {
        fields.account.clear();
    }
    if !fields.account.trim().is_empty() {
        current.policy.exceptions.extend(allowances(&app, &vault).await?);
    }
    let answer = if fields.url.trim().is_empty() {
        None
    } else {
        answer(&current, &fields, published::sites(&app).await?, now, &mut errors)?
    };
    if fields.date.is_empty() && fields.time.is_empty() {
        (fields.date, fields.time) = when::values_at(now, &zone::of(&current.policy));
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let more = [
        ("mixed".to_owned(), "A pupil of any year".to_owned()),
        ("staff".into(), "A member of staff".into()),
    ];
    let page = Page {
        chrome: Chrome::of(&app, &me, Area::Policy).await?,
        answer,
        years: (0..=LAST_YEAR).map(|year| (year.to_string(), words::year(year))).chain(more).collect(),
        groups: current.policy.groups.iter().map(|group| (group.id.clone(), group.name.clone())).collect(),
        fields: &fields,
        asks_account,
        errors,
    };
    show_as(status, &page)
}

fn answer(
    current: &Current,
    fields: &Fields,
    sites: Option<Arc<Sites>>,
    now: i64,
    errors: &mut Errors,
) -> Result<Option<Answer>, Error> {
    let typed = clean(&fields.url, false);
    let url = if typed.contains("://") { typed } else { format!("https://{typed}") };
    let host = url::Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if host.as_ref().and_then(url::Url::host_str).is_none_or(str::is_empty) {
        errors.add("url", "Write an address, such as www.example.org/page");
    }
    let audience = match fields.year.as_str() {
        "staff" => Audience::Staff,
        "mixed" | "" => Audience::Unspecified,
        year => match year.parse().ok().filter(|year| *year <= LAST_YEAR) {
            Some(year) => Audience::Year(year),
            None => {
                errors.add("year", "Choose a year group");
                Audience::Unspecified
            }
        },
    };
    let wall = zone::of(&current.policy);
    let at = if fields.date.trim().is_empty() {
        Some(now)
    } else {
        when::read_at(&fields.date, &fields.time, &wall)
    };
    if at.is_none() {
        errors.add("date", "Write a date and a time, or leave both empty for now");
    }
    let (true, Some(at)) = (errors.is_empty(), at) else { return Ok(None) };
    let mut policy = current.policy.clone();
    zone::set_clock(&mut policy, at);
    let groups = if fields.group.is_empty() { Vec::new() } else { vec![fields.group.clone()] };
    let account = clean(&fields.account, false);
    let pupil = Pupil { audience, groups, account, at };
    let (decision, in_force) = ask::open(&policy, &pupil, &url, sites)?;
    let mut shown =
        host.map(|url| format!("{}{}", url.host_str().unwrap_or_default(), url.path())).unwrap_or_default();
    shown = shown.trim_end_matches('/').chars().take(200).collect();
    Ok(Some(Answer {
        what: capital(words::action(decision.verdict.action)),
        facts: facts(&decision, &in_force, at, &wall),
        address: shown,
    }))
}

fn facts(decision: &Decision, in_force: &InForce, at: i64, wall: &TimeZone) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let categories: Vec<_> = decision.verdict.categories.iter().map(|category| category.label()).collect();
    if !categories.is_empty() {
        facts.push(("What it is about", capital(&categories.join(", "))));
    }
    if let Some(site) = &decision.site {
        facts.push(("The rule that matched", site.rule.clone()));
    }
    if !decision.why.is_empty() {
        facts.push(("Why it is listed", decision.why.clone()));
    }
    facts.push(("Whose decision", decision.ruling.as_ref().map_or_else(nothing, |by| ruling(by, wall))));
    facts.push(("When", format!("{}: {}", when::long_at(at, wall), moment(in_force))));
    if !in_force.groups.is_empty() {
        facts.push(("Groups", in_force.groups.join(", ")));
    }
    let alert = if decision.verdict.alert { "A person is told" } else { "Nobody is told" };
    facts.push(("Alert", alert.to_owned()));
    facts
}

fn nothing() -> String {
    "Nobody’s: no list and no rule names it".into()
}

fn ruling(ruling: &Ruling, wall: &TimeZone) -> String {
    match ruling {
        Ruling::Unlawful => {
            "The law’s: unlawful content is blocked for everybody, and no setting changes it".into()
        }
        Ruling::NeverRead => {
            "Lapwing’s: helplines, banks and the like always open, and nothing there is read".into()
        }
        Ruling::DeviceManagement => "IT’s, in device management".into(),
        Ruling::Exception { site, decider, until, .. } => {
            let end =
                until.map_or_else(String::new, |until| format!(", until {}", when::long_at(until, wall)));
            format!("An exception for {site}, by {}{end}", decider.label())
        }
        Ruling::School { group, place } => {
            let of = group.as_ref().map_or_else(|| "all pupils".into(), |group| format!("the group {group}"));
            let place = place.map_or_else(String::new, |place| format!(", {}", place.label()));
            format!("The school’s choice for {of}{place}")
        }
        Ruling::Default => "Lapwing’s default: the school has chosen nothing else".into(),
        Ruling::Search => "Lapwing’s: the words of the search".into(),
    }
}

fn moment(in_force: &InForce) -> String {
    let place = match in_force.moment.place {
        Place::School => "school hours",
        Place::Home => "outside school hours",
    };
    let because = match &in_force.moment.because {
        Because::NoCalendar => "the school has set no hours".to_owned(),
        Because::Hours => return place.to_owned(),
        Because::BeforeOrAfter => "before or after school".to_owned(),
        Because::NoSchoolDay => "no school on this day of the week".to_owned(),
        Because::DayOff(name) => name.clone(),
        Because::OutsideTerm => "outside term".to_owned(),
    };
    format!("{place} ({because})")
}
