//! Every version of the policy, newest first: what changed, who, when and why; and bringing one back.

use super::{Change, Head, done, submit};
use crate::app::App;
use crate::auth::{Account, Dsl, Policy};
use crate::db::policy;
use crate::error::Error;
use crate::extract::Query;
use crate::policy::{current, read};
use crate::web::form::{Errors, Posted};
use crate::web::when::When;
use crate::web::{Area, Chrome, show_as};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// How many versions a page shows.
const SHOWN: i64 = 20;

/// From which version on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct From {
    from: Option<i64>,
}

/// A version to bring back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    on: i64,
    number: i64,
}

struct Row {
    number: i64,
    changes: Vec<String>,
    why: String,
    by: String,
    approved_by: Option<String>,
    at: When,
    restored: Option<i64>,
}

#[derive(Template)]
#[template(path = "policy/versions.html")]
struct Page {
    chrome: Chrome,
    head: Head,
    rows: Vec<Row>,
    older: Option<i64>,
    errors: Errors,
}

/// `GET /policy/versions`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Policy(me): Policy,
    Query(from): Query<From>,
) -> Result<Response, Error> {
    shown(&app, &me, from.from.unwrap_or(i64::MAX), Errors::default()).await
}

async fn shown(app: &App, me: &Account, from: i64, errors: Errors) -> Result<Response, Error> {
    let now = app.now();
    let vault = app.vault(&me.school_id).await?;
    let current = current(app, &vault).await?;
    let versions = policy::versions(app.db.read(), &vault, from, SHOWN).await?;
    let rows: Vec<Row> = versions
        .into_iter()
        .map(|version| Row {
            number: version.number,
            changes: version.text.changes,
            why: version.text.why,
            by: version.by,
            approved_by: version.approved_by,
            at: When::new(version.at, now),
            restored: version.restored,
        })
        .collect();
    let older = rows.last().map(|row| row.number - 1).filter(|number| *number > 0);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let head = Head::of(&current, me);
    show_as(status, &Page { chrome: Chrome::of(app, me, Area::Policy).await?, head, rows, older, errors })
}

/// `POST /policy/restore`: an earlier version holds again, as a new one.
pub(crate) async fn restore(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let found = policy::versions(app.db.read(), &vault, fields.number, 1).await?.pop();
    let Some(version) = found.filter(|version| version.number == fields.number) else {
        errors.add("versions", "This version is not there. Choose one of the list");
        return shown(&app, &me, i64::MAX, errors).await;
    };
    let why = format!("Version {} again.", version.number);
    let change = Change { on: fields.on, after: read(&version)?, why: &why, restored: Some(version.number) };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, "/policy/versions")),
        None => shown(&app, &me, i64::MAX, errors).await,
    }
}
