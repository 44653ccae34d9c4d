//! The school's policy as people see and change it: the overview here, a page for each part beside it. Every change is a
//! new version (`change`), or waits for a second person. What a policy means is in `lapwing_core`, its words in
//! `crate::policy::words`.
//!
//! A DSL decides, as the DfE's standards have it. IT adds and ends technical exceptions, and sees everything, because
//! what IT sets in device management lies under it. Who approves a change is a safeguarding lead or the head.

pub(crate) mod actions;
pub(crate) mod ask;
mod change;
pub(crate) mod dates;
pub(crate) mod exceptions;
pub(crate) mod groups;
pub(crate) mod hours;
pub(crate) mod versions;

pub(super) use change::{Change, checked, done, keep, overtaken, submit};

use super::form::{Errors, Posted};
use super::when::When;
use super::{Area, Chrome, show_as, trail};
use crate::app::App;
use crate::auth::{Account, Dsl, ItOrDsl, Lead, Policy, Role};
use crate::db::policy::{self, New, Proposal};
use crate::error::Error;
use crate::extract::Path;
use crate::policy::{Current, current, words};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// A change that waits.
struct Waiting {
    id: String,
    changes: Vec<String>,
    why: String,
    by: String,
    at: When,
    /// Whether it is for whoever looks to approve or refuse.
    may_decide: bool,
    is_mine: bool,
    /// Whether the policy has changed since it was proposed.
    is_stale: bool,
}

/// What the frame of every page of this family says.
pub(super) struct Head {
    /// The version that a form on the page changes.
    pub(super) number: i64,
    /// Whether whoever looks may change the policy.
    pub(super) is_dsl: bool,
    /// Whether a change waits for a second person.
    pub(super) two_person: bool,
}

impl Head {
    pub(super) fn of(current: &Current, me: &Account) -> Self {
        Self { number: current.number, is_dsl: me.role == Role::Dsl, two_person: current.policy.two_person }
    }
}

#[derive(Template)]
#[template(path = "policy/overview.html")]
struct Page {
    chrome: Chrome,
    head: Head,
    /// When the present version was made, by whom, why.
    made: Option<(When, String, String)>,
    waiting: Vec<Waiting>,
    groups: Vec<String>,
    hours: Vec<String>,
    choices: Vec<String>,
    exceptions: usize,
    errors: Errors,
}

/// The words of the lines whose names begin with one of `kinds`.
fn lines_of(current: &Current, kinds: &[&str]) -> Vec<String> {
    let lines = words::lines(&current.policy).into_iter();
    lines
        .filter(|(name, _)| kinds.contains(&name.split('.').next().unwrap_or_default()))
        .map(|(_, line)| line)
        .collect()
}

/// `GET /policy`.
pub(crate) async fn page(State(app): State<Arc<App>>, Policy(me): Policy) -> Result<Response, Error> {
    overview(&app, &me, Errors::default()).await
}

async fn overview(app: &App, me: &Account, errors: Errors) -> Result<Response, Error> {
    let now = app.now();
    let vault = app.vault(&me.school_id).await?;
    let current = current(app, &vault).await?;
    let waiting = policy::waiting(app.db.read(), &vault).await?;
    let page = Page {
        chrome: Chrome::of(app, me, Area::Policy).await?,
        head: Head::of(&current, me),
        made: current
            .version
            .as_ref()
            .map(|version| (When::new(version.at, now), version.by.clone(), version.text.why.clone())),
        waiting: waiting.into_iter().map(|one| row(one, me, &current, now)).collect(),
        groups: lines_of(&current, &["group"]),
        hours: lines_of(&current, &["zone", "hours", "term", "off", "home"]),
        choices: lines_of(&current, &["choice"]),
        exceptions: current.policy.exceptions.iter().filter(|one| one.is_on(now)).count(),
        errors,
    };
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_as(status, &page)
}

fn row(one: Proposal, me: &Account, current: &Current, now: i64) -> Waiting {
    let is_mine = one.by_id == me.id;
    Waiting {
        may_decide: !is_mine && me.role.decides(),
        is_mine,
        is_stale: one.on != current.number,
        id: one.id,
        changes: one.text.changes,
        why: one.text.why,
        by: one.by,
        at: When::new(one.at, now),
    }
}

/// Whether a change waits for a second person.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TwoPerson {
    on: i64,
    wanted: String,
    why: String,
}

/// `POST /policy/two-person`: by a DSL. Ending it waits for a second person like any change.
pub(crate) async fn set_two_person(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(fields): Posted<TwoPerson>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let after =
        lapwing_core::school::SchoolPolicy { two_person: fields.wanted == "yes", ..current.policy.clone() };
    let change = Change { on: fields.on, after, why: &fields.why, restored: None };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, "/policy")),
        None => overview(&app, &me, errors).await,
    }
}

/// The change `id` that waits in the school of `me`.
async fn find(app: &App, me: &Account, id: &str) -> Result<Option<Proposal>, Error> {
    let vault = app.vault(&me.school_id).await?;
    let found = policy::waiting(app.db.read(), &vault).await?.into_iter().find(|one| one.id == id);
    if found.is_none() && !policy::is_proposal(app.db.read(), &me.school_id, id).await? {
        return Err(Error::NotFound);
    }
    Ok(found)
}

/// `POST /policy/proposals/{id}/approve`: by a safeguarding lead or the head, never by whoever proposed it.
pub(crate) async fn approve(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let Some(proposal) = find(&app, &me, &id).await? else { return Ok(to_overview()) };
    let mut errors = Errors::default();
    if proposal.by_id == me.id {
        errors.add("waiting", "You proposed this change: somebody else has to approve it");
        return overview(&app, &me, errors).await;
    }
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    let number = policy::number(&mut *tx, &me.school_id).await? + 1;
    let version = app.new_id()?;
    let new = New {
        id: &version,
        number,
        text: &proposal.text,
        by: &proposal.by_id,
        approved_by: Some(&me.id),
        restored: proposal.restored,
    };
    // Decided first: of two who approve at the same moment one finds nothing left to decide.
    let is_fresh = proposal.on + 1 == number;
    let decided =
        is_fresh && policy::decide(&mut tx, &me.school_id, (&id, "approved"), &me.id, app.now()).await?;
    if !decided || !policy::add(&mut tx, &app, &vault, new).await? {
        drop(tx);
        errors.add(
            "waiting",
            "The policy has changed since this was proposed: refuse it, and have it proposed again",
        );
        return overview(&app, &me, errors).await;
    }
    trail::note(&mut tx, &app, &me, "approve", ("policy_proposal", &id), json!({ "number": number })).await?;
    tx.commit().await?;
    Ok(to_overview())
}

/// `POST /policy/proposals/{id}/refuse`: by a safeguarding lead or the head.
pub(crate) async fn refuse(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    if find(&app, &me, &id).await?.is_some() {
        end(&app, &me, &id, "refused", "refuse").await?;
    }
    Ok(to_overview())
}

/// `POST /policy/proposals/{id}/withdraw`: by whoever proposed it.
pub(crate) async fn withdraw(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    match find(&app, &me, &id).await? {
        Some(proposal) if proposal.by_id != me.id => Err(Error::Forbidden),
        Some(_) => {
            end(&app, &me, &id, "withdrawn", "withdraw").await?;
            Ok(to_overview())
        }
        None => Ok(to_overview()),
    }
}

async fn end(app: &App, me: &Account, id: &str, decision: &str, action: &str) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    if policy::decide(&mut tx, &me.school_id, (id, decision), &me.id, app.now()).await? {
        trail::note(&mut tx, app, me, action, ("policy_proposal", id), json!({})).await?;
    }
    tx.commit().await
}

fn to_overview() -> Response {
    Redirect::to("/policy").into_response()
}
