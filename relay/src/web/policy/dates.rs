//! Terms, holidays and INSET days, on the page of the hours.

use super::{Change, done, hours, submit};
use crate::app::App;
use crate::auth::Dsl;
use crate::error::Error;
use crate::policy::{current, words, zone};
use crate::web::form::{Errors, Posted, clean};
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use lapwing_core::school::{Calendar, DayOff, SchoolPolicy, Term, limit};
use serde::Deserialize;
use std::sync::Arc;

/// A term or days off, for the page.
pub(super) struct Row {
    /// Names it in the form that removes it.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) first: String,
    pub(super) last: String,
}

/// A term or days off, as the form writes them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    pub(super) on: i64,
    /// `term` or `off`.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) first: String,
    pub(super) last: String,
    #[serde(rename = "why_dates")]
    pub(super) why: String,
}

/// What is removed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Removed {
    on: i64,
    key: String,
}

/// Terms, and days off.
pub(super) fn rows(policy: &SchoolPolicy) -> (Vec<Row>, Vec<Row>) {
    let Some(calendar) = &policy.calendar else { return (Vec::new(), Vec::new()) };
    let row = |kind: &str, name: &str, first: i32, last: i32| Row {
        key: format!("{kind} {first} {last} {name}"),
        name: name.to_owned(),
        first: words::day(first),
        last: words::day(last),
    };
    (
        calendar.terms.iter().map(|one| row("term", &one.name, one.first, one.last)).collect(),
        calendar.days_off.iter().map(|one| row("off", &one.name, one.first, one.last)).collect(),
    )
}

/// `POST /policy/dates`.
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let name = clean(&fields.name, false);
    if name.is_empty() || name.chars().count() > limit::NAME {
        errors.add("name", format!("Write a name of 1 to {} characters, such as Half term", limit::NAME));
    }
    let read = |text: &str| text.trim().parse::<Date>().ok().map(zone::day_number);
    let first = read(&fields.first);
    // One day is written once.
    let last = if fields.last.trim().is_empty() { first } else { read(&fields.last) };
    if first.is_none() {
        errors.add("first", "Write the first day");
    }
    if last.is_none() || last < first {
        errors.add("last", "Write a last day that is not before the first, or leave it empty for one day");
    }
    let mut after = current.policy.clone();
    match (&mut after.calendar, first.zip(last)) {
        (None, _) => errors.add("kind", "Set the school hours first: without them it is always school"),
        (Some(calendar), Some((first, last))) => match fields.kind.as_str() {
            "term" => put(&mut calendar.terms, Term { name, first, last }, |term| term.first),
            "off" => put(&mut calendar.days_off, DayOff { name, first, last }, |off| off.first),
            _ => errors.add("kind", "Choose whether it is a term or days without school"),
        },
        (Some(_), None) => {}
    }
    let change = Change { on: fields.on, after, why: &fields.why, restored: None };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, "/policy/hours#dates")),
        None => {
            let errors = renamed(&errors);
            hours::shown(&app, &me, &current, &hours::fields_of(&current), &fields, errors).await
        }
    }
}

/// Adds in the order of time.
fn put<T>(list: &mut Vec<T>, one: T, first: impl Fn(&T) -> i32) {
    let place = list.partition_point(|known| first(known) <= first(&one));
    list.insert(place, one);
}

/// The reason has another name here, since the page has two forms.
fn renamed(errors: &Errors) -> Errors {
    let mut renamed = Errors::default();
    for fault in errors.iter() {
        let field = if fault.field == "why" { "why_dates" } else { fault.field.as_str() };
        renamed.add(field, fault.message.clone());
    }
    renamed
}

/// `POST /policy/dates/remove`.
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(fields): Posted<Removed>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let mut after = current.policy.clone();
    let mut why = String::new();
    if let Some(Calendar { terms, days_off, .. }) = &mut after.calendar {
        terms.retain(|one| fields.key != format!("term {} {} {}", one.first, one.last, one.name));
        days_off.retain(|one| fields.key != format!("off {} {} {}", one.first, one.last, one.name));
        why.push_str("Removed from the calendar.");
    }
    let change = Change { on: fields.on, after, why: &why, restored: None };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, "/policy/hours#dates")),
        None => {
            let (fields, errors) = (Fields::default(), renamed(&errors));
            hours::shown(&app, &me, &current, &hours::fields_of(&current), &fields, errors).await
        }
    }
}
