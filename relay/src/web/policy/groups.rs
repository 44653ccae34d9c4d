//! The groups of the policy: who belongs to each, and what tells a person about them.

use super::{Change, Head, done, submit};
use crate::app::App;
use crate::auth::{Account, Dsl, Policy};
use crate::error::Error;
use crate::extract::Query;
use crate::policy::{Current, current, words};
use crate::web::form::{Errors, Posted, clean};
use crate::web::{Area, Chrome, show_as};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use lapwing_core::Severity;
use lapwing_core::school::{Group, HomeAlerts, SchoolPolicy, Whom, limit};
use serde::Deserialize;
use std::sync::Arc;

/// The last year of sixth form.
const LAST_YEAR: u8 = 13;

const ALERTS: [(&str, &str); 5] = [
    ("", "The same as for others"),
    ("info", "Everything that is found"),
    ("low", "Low severity and above"),
    ("medium", "Medium severity and above"),
    ("high", "High severity and above"),
];

/// A group, as the form writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    on: i64,
    /// The group that is changed; empty for a new one.
    was: String,
    id: String,
    name: String,
    years: Vec<String>,
    staff: String,
    alert_from: String,
    home_alerts: String,
    why: String,
}

impl Fields {
    fn of(group: &Group) -> Self {
        let home = group.home_alerts.and_then(|alerts| serde_json::to_value(alerts).ok());
        Self {
            was: group.id.clone(),
            id: group.id.clone(),
            name: group.name.clone(),
            years: group.years.iter().map(ToString::to_string).collect(),
            staff: if group.staff { "yes".into() } else { String::new() },
            alert_from: group.alert_from.map_or_else(String::new, |severity| severity.to_string()),
            home_alerts: home.and_then(|home| home.as_str().map(str::to_owned)).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// What is written into `group`; faults of fields go into `errors`.
    fn write(&self, group: &mut Group, errors: &mut Errors) {
        group.id = clean(&self.id, false);
        group.name = clean(&self.name, false);
        let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if group.id.is_empty() || group.id.len() > 40 || !group.id.chars().all(sound) {
            errors.add("id", "Write a short name of small letters, digits and hyphens, such as year-9");
        }
        if group.name.is_empty() || group.name.chars().count() > limit::NAME {
            errors.add("name", format!("Write a name of 1 to {} characters", limit::NAME));
        }
        group.years =
            (0..=LAST_YEAR).filter(|year| self.years.iter().any(|one| *one == year.to_string())).collect();
        group.staff = self.staff == "yes";
        group.alert_from = self.alert_from.parse().ok().filter(|severity| *severity < Severity::Critical);
        let home = serde_json::Value::String(self.home_alerts.clone());
        group.home_alerts = serde_json::from_value::<HomeAlerts>(home).ok();
    }
}

/// A group that is removed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Removed {
    on: i64,
    group: String,
    why: String,
}

/// Which group the form shows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    edit: String,
}

struct Row {
    id: String,
    name: String,
    who: String,
}

#[derive(Template)]
#[template(path = "policy/groups.html")]
struct Page<'a> {
    chrome: Chrome,
    head: Head,
    rows: Vec<Row>,
    years: Vec<(String, String, bool)>,
    alerts: &'static [(&'static str, &'static str)],
    homes: Vec<(&'static str, &'static str)>,
    fields: &'a Fields,
    errors: Errors,
}

/// `GET /policy/groups`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Policy(me): Policy,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let fields = current.policy.group(&wanted.edit).map(Fields::of).unwrap_or_default();
    shown(&app, &me, &current, &fields, Errors::default()).await
}

async fn shown(
    app: &App,
    me: &Account,
    current: &Current,
    fields: &Fields,
    errors: Errors,
) -> Result<Response, Error> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let ticked = |year: u8| fields.years.iter().any(|one| *one == year.to_string());
    let page = Page {
        chrome: Chrome::of(app, me, Area::Policy).await?,
        head: Head::of(current, me),
        rows: current.policy.groups.iter().map(row).collect(),
        years: (0..=LAST_YEAR).map(|year| (year.to_string(), words::year(year), ticked(year))).collect(),
        alerts: &ALERTS,
        homes: [("", "The same as for others")].into_iter().chain(words::HOME_ALERTS).collect(),
        fields,
        errors,
    };
    show_as(status, &page)
}

fn row(group: &Group) -> Row {
    let mut who: Vec<String> = group.years.iter().map(|year| words::year(*year)).collect();
    if group.staff {
        who.push("Staff".into());
    }
    if who.is_empty() {
        who.push("Only browsers that IT has put into it".into());
    }
    Row { id: group.id.clone(), name: group.name.clone(), who: who.join(", ") }
}

/// `POST /policy/groups`: adds a group, or changes one.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let mut after = current.policy.clone();
    if let Some(group) = after.groups.iter_mut().find(|group| group.id == fields.was) {
        fields.write(group, &mut errors);
    } else {
        let mut group = Group::default();
        fields.write(&mut group, &mut errors);
        if after.group(&group.id).is_some() {
            errors.add("id", "There is a group with this short name already. Choose another");
        } else if errors.is_empty() {
            after.groups.push(group);
        }
    }
    if fields.id != fields.was {
        rename(&mut after, &fields.was, &fields.id);
    }
    let change = Change { on: fields.on, after, why: &fields.why, restored: None };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, "/policy/groups")),
        None => shown(&app, &me, &current, &fields, errors).await,
    }
}

/// Exceptions follow a group to its new name.
fn rename(policy: &mut SchoolPolicy, was: &str, id: &str) {
    for exception in &mut policy.exceptions {
        if let Whom::Groups(ids) = &mut exception.whom {
            ids.iter_mut().filter(|known| *known == was).for_each(|known| id.clone_into(known));
        }
    }
}

/// `POST /policy/groups/remove`. Exceptions for this group alone end with it.
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(fields): Posted<Removed>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let mut after = current.policy.clone();
    after.groups.retain(|group| group.id != fields.group);
    for exception in &mut after.exceptions {
        if let Whom::Groups(ids) = &mut exception.whom {
            ids.retain(|id| *id != fields.group);
        }
    }
    after.exceptions.retain(|exception| !matches!(&exception.whom, Whom::Groups(ids) if ids.is_empty()));
    let change = Change { on: fields.on, after, why: &fields.why, restored: None };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, "/policy/groups")),
        None => shown(&app, &me, &current, &Fields::default(), errors).await,
    }
}
