//! What the sources would change, before it is so: for IT and a DSL, either of whom approves it; two people do where the school, or
//! another of those that share the lists, wants two for each change of its policy. Then somebody else than whoever proposed it; and since nobody has looked at what the
//! relay proposes by itself, that is for a lead who has not added or changed what it was made of. Making and publishing it is
//! `crate::sources::propose`'s.

use super::{Area, Chrome, only_keeper, status, trial};
use crate::app::App;
use crate::auth::{Account, ItAdmin, ItOrDsl};
use crate::db::list_builds::{self, Build};
use crate::db::list_sources;
use crate::db::scope::{self, Scope};
use crate::error::Error;
use crate::extract::Path;
use crate::sources::{Trouble, propose};
use crate::web::form::Errors;
use crate::web::when::When;
use crate::web::words::capital;
use crate::web::{show_as, trail};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_packs::{Comparison, Moves};
use serde_json::json;
use std::sync::Arc;

/// What comes and goes of one kind.
struct Kind {
    label: String,
    moves: Moves,
}

/// What waits.
struct Waiting {
    id: String,
    by: String,
    at: When,
    change: Comparison,
    kinds: Vec<Kind>,
    /// Kinds of which nothing would be left, in words.
    vanish: Vec<String>,
    left_out: u64,
    /// Why whoever looks may not approve it; none when they may.
    why_not: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "lists/proposal.html")]
struct Page {
    chrome: Chrome,
    waiting: Option<Waiting>,
    /// The last trial of a change, whether it still runs or not.
    trial: Option<trial::Shown>,
    /// Whether none runs.
    can_try: bool,
    errors: Errors,
}

/// `GET /lists/proposal`.
pub(crate) async fn page(State(app): State<Arc<App>>, ItOrDsl(me): ItOrDsl) -> Result<Response, Error> {
    only_keeper(&app, &me).await?;
    show(&app, &me, Errors::default()).await
}

async fn show(app: &App, me: &Account, errors: Errors) -> Result<Response, Error> {
    let build = list_builds::waiting(app.db.read()).await?;
    let trial = trial::shown(app, build.as_ref().map(|build| build.id.as_str())).await?;
    let waits = match build {
        Some(build) => Some(waiting(why_not(app, &build, me).await?, build, app.now())?),
        None => None,
    };
    let page = Page {
        chrome: Chrome::of(app, me, Area::Lists).await?,
        waiting: waits,
        can_try: trial.as_ref().is_none_or(|trial| !trial.is_running),
        trial,
        errors,
    };
    show_as(status(&page.errors), &page)
}

/// Why `me` may not approve this; none when they may.
async fn why_not(app: &App, build: &Build, me: &Account) -> Result<Option<&'static str>, Error> {
    if !scope::within(Scope::Relay, propose::wants_two(app)).await? {
        return Ok(None);
    }
    if build.made_by == me.id {
        return Ok(Some(
            "You proposed this, and two people are wanted for a change. Somebody else of IT, or a DSL, approves it.",
        ));
    }
    if !build.made_by.is_empty() {
        return Ok(None);
    }
    if !me.role.decides() {
        return Ok(Some(
            "The relay proposed this by itself, and two people are wanted for a change. A safeguarding lead \
             approves it. Or propose these lists yourself, and somebody else approves that.",
        ));
    }
    let is_theirs = list_sources::has_changed_one(app.db.read(), &me.id).await?;
    Ok(is_theirs.then_some(
        "The relay proposed this by itself, of sources of which you added or changed one, and two people are wanted for a \
         change. Another safeguarding lead approves it; or IT proposes these lists, and somebody else approves that.",
    ))
}

fn waiting(why_not: Option<&'static str>, build: Build, now: i64) -> Result<Waiting, Error> {
    let change = propose::summary(&build)?;
    let label = |category: &lapwing_core::Category| capital(category.label());
    let mut kinds: Vec<Kind> = change
        .categories
        .iter()
        .map(|(category, moves)| Kind { label: label(category), moves: moves.clone() })
        .collect();
    let exceptions = &change.exceptions;
    if exceptions.before > 0 || exceptions.after > 0 {
        kinds.push(Kind { label: "Exceptions".into(), moves: exceptions.clone() });
    }
    let gone = change.categories.iter().filter(|(_, moves)| moves.before > 0 && moves.after == 0);
    Ok(Waiting {
        vanish: gone.map(|(category, _)| label(category)).collect(),
        left_out: change.left_out.iter().map(|one| one.count).sum(),
        by: if build.made_by_name.is_empty() {
            "the relay, of what it fetched".into()
        } else {
            build.made_by_name
        },
        at: When::new(build.made_at, now),
        why_not,
        id: build.id,
        kinds,
        change,
    })
}

/// `POST /lists/propose`.
pub(crate) async fn make(State(app): State<Arc<App>>, ItAdmin(me): ItAdmin) -> Result<Response, Error> {
    only_keeper(&app, &me).await?;
    let by = Some((me.id.as_str(), me.name.as_str()));
    after(
        &app,
        &me,
        scope::within(Scope::Relay, propose::propose(&app, by)).await.map(drop),
        "/lists/proposal",
    )
    .await
}

/// `POST /lists/proposals/{id}/approve`: it goes live.
pub(crate) async fn approve(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    if let Some(build) = find(&app, &me, &id).await?
        && let Some(why_not) = why_not(&app, &build, &me).await?
    {
        return after(&app, &me, Err(Trouble::Said(why_not.into())), "/lists").await;
    }
    let by = Some((me.id.as_str(), me.name.as_str()));
    after(&app, &me, scope::within(Scope::Relay, propose::publish(&app, &id, by)).await, "/lists").await
}

/// `POST /lists/proposals/{id}/refuse`: it goes, and the sources stay.
pub(crate) async fn refuse(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    find(&app, &me, &id).await?;
    let mut tx = app.db.begin().await?;
    if list_builds::decide(&mut tx, &id, ("refused", ""), &me.name, app.now()).await? {
        trail::note(&mut tx, &app, &me, "refuse", ("lists", &id), json!({})).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/lists").into_response())
}

/// The proposal `id`, if it waits.
pub(super) async fn find(app: &App, me: &Account, id: &str) -> Result<Option<Build>, Error> {
    only_keeper(app, me).await?;
    if !list_builds::is_known(app.db.read(), id).await? {
        return Err(Error::NotFound);
    }
    Ok(list_builds::waiting(app.db.read()).await?.filter(|build| build.id == id))
}

/// Leads on to `to`, or shows why something was not done.
pub(super) async fn after(
    app: &App,
    me: &Account,
    done: Result<(), Trouble>,
    to: &str,
) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(Redirect::to(to).into_response()),
        Err(Trouble::Said(text)) => {
            let mut errors = Errors::default();
            errors.add("waiting", text);
            show(app, me, errors).await
        }
        Err(Trouble::Fault(error)) => Err(error),
    }
}
