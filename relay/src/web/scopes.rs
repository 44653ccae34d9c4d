//! What pastoral staff, and deputies who are not to see everything, may read: year groups and categories, given and ended
//! by a DSL on a person's page (`people`). What a scope opens is in `walls`.

use super::concerns::{YEARS, categories};
use super::form::Posted;
use super::{trail, when};
use crate::app::App;
use crate::auth::{Dsl, Role};
use crate::db::accounts;
use crate::db::grants::{self, Grant, NewGrant};
use crate::error::Error;
use crate::extract::Path;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// A scope, for the page.
pub(super) struct Line {
    /// Its id.
    pub(super) id: String,
    /// The year groups, in words.
    pub(super) years: String,
    /// The categories, in words.
    pub(super) categories: String,
    /// Who gave it, and on what day.
    pub(super) given: String,
}

/// A scope in words.
pub(super) fn in_words(grant: Grant) -> Line {
    let label = |name: &String| {
        categories().into_iter().find(|(key, _)| key == name).map_or_else(|| name.clone(), |(_, label)| label)
    };
    Line {
        years: grant.years.map_or_else(|| "Every year".into(), |years| years.join(", ")),
        categories: grant.categories.map_or_else(
            || "Everything".into(),
            |names| names.iter().map(label).collect::<Vec<_>>().join(", "),
        ),
        given: format!("by {}, {}", grant.granted_by, when::day(grant.granted_at)),
        id: grant.id,
    }
}

/// A scope to be given. Nothing ticked is nothing given; `all` is a box of its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    years: Vec<String>,
    categories: Vec<String>,
}

/// The ticked names that are choices; `None` for all, an error when nothing is ticked.
fn ticked(names: &[String], known: &[&str], what: &str) -> Result<Option<Vec<String>>, Error> {
    if names.iter().any(|name| name == grants::ALL) {
        return Ok(None);
    }
    let kept: Vec<String> = names.iter().filter(|name| known.contains(&name.as_str())).cloned().collect();
    if kept.is_empty() {
        return Err(Error::BadRequest(format!(
            "Tick at least one {what}, or all of them. Go back to do so."
        )));
    }
    Ok(Some(kept))
}

/// `POST /people/{id}/scope`.
pub(crate) async fn grant(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Path(id): Path<String>,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let person = accounts::find(app.db.read(), &me.school_id, &id).await?.ok_or(Error::NotFound)?;
    if !matches!(person.account.role, Role::Pastoral | Role::DeputyDsl) || person.disabled_at.is_some() {
        return Err(Error::BadRequest("Only pastoral staff and deputies have a scope.".into()));
    }
    let pupils: Vec<&str> = YEARS.iter().copied().filter(|year| *year != "Adult").collect();
    let years = ticked(&fields.years, &pupils, "year group")?;
    let known = categories();
    let known: Vec<&str> = known.iter().map(|(key, _)| *key).collect();
    let categories = ticked(&fields.categories, &known, "kind of concern")?;
    let grant = app.new_id()?;
    let mut tx = app.db.begin().await?;
    let new = NewGrant {
        id: &grant,
        to: &id,
        years: years.as_deref(),
        categories: categories.as_deref(),
        by: &me.id,
        at: app.now(),
    };
    grants::insert(&mut tx, &me.school_id, new).await?;
    let detail = json!({ "scope": grant, "years": years, "categories": categories });
    trail::note(&mut tx, &app, &me, "grant", ("account", &id), detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{id}")).into_response())
}

/// Which scope to end.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ended {
    scope: String,
}

/// `POST /people/{id}/scope/end`.
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Path(id): Path<String>,
    Posted(form): Posted<Ended>,
) -> Result<Response, Error> {
    accounts::find(app.db.read(), &me.school_id, &id).await?.ok_or(Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    if grants::end(&mut tx, &me.school_id, (&id, &form.scope), &me.id, app.now()).await? {
        let detail = json!({ "scope": form.scope });
        trail::note(&mut tx, &app, &me, "end_grant", ("account", &id), detail).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{id}")).into_response())
}

/// Whether a deputy is limited.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Limit {
    limited: String,
}

/// `POST /people/{id}/limit`: whether a deputy reads everything, or what their scopes cover.
pub(crate) async fn limit(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Path(id): Path<String>,
    Posted(form): Posted<Limit>,
) -> Result<Response, Error> {
    let person = accounts::find(app.db.read(), &me.school_id, &id).await?.ok_or(Error::NotFound)?;
    if person.account.role != Role::DeputyDsl {
        return Err(Error::BadRequest("Only a deputy can be limited to a scope.".into()));
    }
    let limited = form.limited == "yes";
    let mut tx = app.db.begin().await?;
    accounts::set_limited(&mut tx, &me.school_id, &id, limited).await?;
    trail::note(&mut tx, &app, &me, "limit", ("account", &id), json!({ "limited": limited })).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{id}")).into_response())
}
