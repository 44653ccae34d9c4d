//! School hours of the week, the school's clock, and what tells a person outside them. Terms and days off are in `dates`.

use super::dates::Row;
use super::{Change, Head, dates, done, submit};
use crate::app::App;
use crate::auth::{Account, Dsl, Policy};
use crate::error::Error;
use crate::policy::{Current, current, words, zone};
use crate::web::form::{Errors, Posted, is_choice};
use crate::web::{Area, Chrome, show_as, when};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Time;
use lapwing_core::school::{Calendar, HomeAlerts, Hours, SchoolPolicy};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A day as the form shows it.
struct Day {
    name: &'static str,
    key: String,
    from: String,
    to: String,
    wrong_from: bool,
    wrong_to: bool,
}

/// The form. Times are `from_0` to `to_6`, Monday first; a day with neither has no school.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    on: i64,
    zone: String,
    home_alerts: String,
    always: String,
    why: String,
    #[serde(flatten)]
    times: BTreeMap<String, String>,
}

impl Fields {
    fn of(current: &Current) -> Self {
        let usual = Calendar { zone: zone::USUAL.into(), ..Calendar::default() };
        let calendar = current.policy.calendar.as_ref().unwrap_or(&usual);
        let mut times = BTreeMap::new();
        for (day, hours) in calendar.week.iter().enumerate() {
            let Some(hours) = hours else { continue };
            times.insert(format!("from_{day}"), field(hours.from));
            times.insert(format!("to_{day}"), field(hours.to));
        }
        let home = match current.policy.home_alerts {
            HomeAlerts::Critical => "critical",
            HomeAlerts::High => "high",
            HomeAlerts::AsInSchool => "as_in_school",
        };
        Self { zone: calendar.zone.clone(), home_alerts: home.into(), times, ..Self::default() }
    }

    fn time(&self, name: &str) -> &str {
        self.times.get(name).map_or("", |time| time.trim())
    }

    fn week(&self, errors: &mut Errors) -> [Option<Hours>; 7] {
        let mut week = [None; 7];
        for (day, hours) in week.iter_mut().enumerate() {
            let (from, to, name) = (format!("from_{day}"), format!("to_{day}"), words::DAYS[day]);
            let (start, end) = (self.time(&from), self.time(&to));
            if start.is_empty() && end.is_empty() {
                continue;
            }
            // School until midnight ends with the day.
            let last = minutes(end).map(|end| if end == 0 { 24 * 60 } else { end });
            match (minutes(start), last) {
                (Some(start), Some(end)) if start < end => *hours = Some(Hours { from: start, to: end }),
                (Some(_), Some(_)) => errors.add(to, format!("{name} must end after it begins")),
                (None, _) => {
                    errors.add(from, format!("Write when {name} begins, such as 08:30, or empty both"));
                }
                (_, None) => {
                    errors.add(to, format!("Write when {name} ends, such as 16:00, or empty both"));
                }
            }
        }
        week
    }
}

/// “08:30”.
fn field(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

fn minutes(text: &str) -> Option<u16> {
    let time: Time = text.parse().ok()?;
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()
}

#[derive(Template)]
#[template(path = "policy/hours.html")]
struct Page<'a> {
    chrome: Chrome,
    head: Head,
    days: Vec<Day>,
    zones: Vec<(&'static str, &'static str)>,
    homes: &'static [(&'static str, &'static str)],
    has_hours: bool,
    terms: Vec<Row>,
    /// When the last term ends, where that is near or past: none is entered after it.
    last_term: Option<LastTerm>,
    off: Vec<Row>,
    fields: &'a Fields,
    dates: &'a dates::Fields,
    errors: Errors,
}

/// `GET /policy/hours`.
pub(crate) async fn page(State(app): State<Arc<App>>, Policy(me): Policy) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let fields = Fields::of(&current);
    shown(&app, &me, &current, &fields, &dates::Fields::default(), Errors::default()).await
}

/// The page, with what is wrong on either of its forms.
pub(super) async fn shown(
    app: &App,
    me: &Account,
    current: &Current,
    fields: &Fields,
    dates: &dates::Fields,
    errors: Errors,
) -> Result<Response, Error> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let day = |(day, name): (usize, &&'static str)| Day {
        name,
        key: day.to_string(),
        from: fields.time(&format!("from_{day}")).to_owned(),
        to: fields.time(&format!("to_{day}")).to_owned(),
        wrong_from: errors.of(&format!("from_{day}")).is_some(),
        wrong_to: errors.of(&format!("to_{day}")).is_some(),
    };
    let (terms, off) = dates::rows(&current.policy);
    let page = Page {
        chrome: Chrome::of(app, me, Area::Policy).await?,
        head: Head::of(current, me),
        days: words::DAYS.iter().enumerate().map(day).collect(),
        zones: zone::choices(),
        homes: &words::HOME_ALERTS,
        has_hours: current.policy.calendar.is_some(),
        terms,
        last_term: last_term(&current.policy, app.now()),
        off,
        fields,
        dates,
        errors,
    };
    show_as(status, &page)
}

/// Days before the last term's end from which the page asks for the next.
const SOON: i64 = 42;

struct LastTerm {
    day: String,
    is_over: bool,
}

fn last_term(policy: &SchoolPolicy, now: i64) -> Option<LastTerm> {
    let last = policy.calendar.as_ref()?.terms.iter().map(|term| i64::from(term.last)).max()?;
    let today = when::today(now).number;
    (last - SOON < today).then(|| LastTerm { day: when::day_of(last), is_over: last < today })
}

/// The fields of the hours' form, for a page that came from the other one.
pub(super) fn fields_of(current: &Current) -> Fields {
    Fields::of(current)
}

/// `POST /policy/hours`.
pub(crate) async fn set(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let mut after = current.policy.clone();
    if fields.always == "yes" {
        after.calendar = None;
    } else {
        let mut calendar = after.calendar.take().unwrap_or_default();
        calendar.week = fields.week(&mut errors);
        if calendar.week.iter().all(Option::is_none) && errors.is_empty() {
            errors.add("from_0", "Write the hours of at least one day, or say that it is always school");
        }
        if is_choice(&zone::choices(), &fields.zone) {
            calendar.zone.clone_from(&fields.zone);
        } else {
            errors.add("zone", "Choose the school’s clock");
        }
        after.calendar = Some(calendar);
    }
    match serde_json::from_value::<HomeAlerts>(serde_json::Value::String(fields.home_alerts.clone())) {
        Ok(alerts) => after.home_alerts = alerts,
        Err(_) => errors.add("home_alerts", "Choose what alerts outside school hours"),
    }
    let change = Change { on: fields.on, after, why: &fields.why, restored: None };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, "/policy/hours")),
        None => shown(&app, &me, &current, &fields, &dates::Fields::default(), errors).await,
    }
}
