//! Exceptions: sites with a rule of their own, each with a reason, an owner and an end.
//!
//! IT adds what is technical: it may block any site, and open one that the lists put under nothing that is about
//! safeguarding. It ends what IT has added. All else is a DSL's.

use super::{Change, Head, done, submit};
use crate::app::App;
use crate::auth::{Account, ItOrDsl, Policy, Role};
use crate::error::Error;
use crate::policy::{Current, ask, current, published, words, zone};
use crate::web::form::{Errors, Posted, clean};
use crate::web::when::{self, When};
use crate::web::{Area, Chrome, show_as};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use lapwing_core::school::{Decider, Effect, Exception, SchoolPolicy, Whom};
use lapwing_core::{Category, Entry};
use serde::Deserialize;
use std::sync::Arc;

/// What IT may open by itself: kinds of sites about which a school decides for reasons of technology or order.
const TECHNICAL: [Category; 7] = [
    Category::Malware,
    Category::Piracy,
    Category::Games,
    Category::Streaming,
    Category::Shopping,
    Category::AiChat,
    Category::SearchUnsafe,
];

/// An exception, as the form writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    on: i64,
    site: String,
    effect: String,
    /// Empty for everyone, else the id of a group.
    whom: String,
    until: String,
    why: String,
}

/// An exception that is ended.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ended {
    on: i64,
    id: String,
}

struct Row {
    id: String,
    site: String,
    effect: &'static str,
    whom: String,
    until: Option<When>,
    is_over: bool,
    reason: String,
    owner: String,
    added: When,
    may_end: bool,
}

#[derive(Template)]
#[template(path = "policy/exceptions.html")]
struct Page<'a> {
    chrome: Chrome,
    head: Head,
    rows: Vec<Row>,
    groups: Vec<(String, String)>,
    may_add: bool,
    is_it: bool,
    fields: &'a Fields,
    errors: Errors,
}

/// `GET /policy/exceptions`.
pub(crate) async fn page(State(app): State<Arc<App>>, Policy(me): Policy) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    shown(&app, &me, &current, &Fields::default(), Errors::default()).await
}

async fn shown(
    app: &App,
    me: &Account,
    current: &Current,
    fields: &Fields,
    errors: Errors,
) -> Result<Response, Error> {
    let now = app.now();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        chrome: Chrome::of(app, me, Area::Policy).await?,
        head: Head::of(current, me),
        rows: current.policy.exceptions.iter().map(|one| row(one, current, me, now)).collect(),
        groups: current.policy.groups.iter().map(|group| (group.id.clone(), group.name.clone())).collect(),
        may_add: matches!(me.role, Role::Dsl | Role::ItAdmin),
        is_it: me.role == Role::ItAdmin,
        fields,
        errors,
    };
    show_as(status, &page)
}

fn row(one: &Exception, current: &Current, me: &Account, now: i64) -> Row {
    Row {
        id: one.id.clone(),
        site: one.site.to_string(),
        effect: if one.effect == Effect::Allow { "Opens" } else { "Blocked" },
        whom: words::whom(&current.policy, &one.whom),
        until: one.until.map(|until| When::new(until, now)),
        is_over: !one.is_on(now),
        reason: one.reason.clone(),
        owner: one.owner.clone(),
        added: When::new(one.added, now),
        may_end: may_end(me, one),
    }
}

fn may_end(me: &Account, one: &Exception) -> bool {
    me.role == Role::Dsl || (me.role == Role::ItAdmin && one.by == Decider::It)
}

/// `POST /policy/exceptions`.
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let mut after = current.policy.clone();
    if let Some(exception) = read(&app, &me, &current, &fields, &mut errors).await? {
        after.exceptions.push(exception);
    }
    let change = Change { on: fields.on, after, why: &fields.why, restored: None };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, "/policy/exceptions")),
        None => shown(&app, &me, &current, &fields, errors).await,
    }
}

async fn read(
    app: &App,
    me: &Account,
    current: &Current,
    fields: &Fields,
    errors: &mut Errors,
) -> Result<Option<Exception>, Error> {
    let site = match Entry::parse(&clean(&fields.site, false)) {
        Ok(site) => Some(site),
        Err(problem) => {
            errors.add("site", format!("The site {problem}"));
            None
        }
    };
    let effect = match fields.effect.as_str() {
        "allow" => Some(Effect::Allow),
        "block" => Some(Effect::Block),
        _ => {
            errors.add("effect", "Choose whether the site opens or is blocked");
            None
        }
    };
    let whom = if fields.whom.is_empty() {
        Whom::Everyone
    } else if current.policy.group(&fields.whom).is_some() {
        Whom::Groups(vec![fields.whom.clone()])
    } else {
        errors.add("whom", "Choose for whom it is");
        Whom::Everyone
    };
    let until = until(&fields.until, &current.policy, app.now(), errors);
    let (Some(site), Some(effect)) = (site, effect) else { return Ok(None) };
    let same = |one: &&Exception| one.site == site && one.whom == whom && one.is_on(app.now());
    if let Some(one) = current.policy.exceptions.iter().find(same) {
        let words = words::exception(&current.policy, one);
        errors.add("site", format!("There is an exception for this site already: {words}. End it first"));
    }
    if effect == Effect::Allow {
        may_open(app, me, &current.policy, &site, errors).await?;
    }
    Ok(Some(Exception {
        id: app.new_id()?,
        site,
        effect,
        whom,
        until,
        by: if me.role == Role::ItAdmin { Decider::It } else { Decider::Safeguarding },
        reason: clean(&fields.why, false),
        owner: me.name.clone(),
        added: app.now(),
    }))
}

/// The end of a day by the school's clock, from a date field; none for an empty one.
pub(in crate::web) fn until(text: &str, policy: &SchoolPolicy, now: i64, errors: &mut Errors) -> Option<i64> {
    if text.trim().is_empty() {
        return None;
    }
    let end = when::read_at(text, "23:59", &zone::of(policy)).map(|end| end + 60_000);
    if end.is_none_or(|end| end <= now) {
        errors.add("until", "Write the last day: today or later");
    }
    end
}

/// Nobody opens what is unlawful, nor a name under which everybody's sites are; and IT opens only what is technical, and nothing
/// that a safeguarding lead has blocked.
pub(in crate::web) async fn may_open(
    app: &App,
    me: &Account,
    policy: &SchoolPolicy,
    site: &Entry,
    errors: &mut Errors,
) -> Result<(), Error> {
    if site.path.is_empty() && lapwing_packs::is_public_suffix(&site.host) {
        let words = "Anybody may have a site under this name: write the site that is meant";
        errors.add("site", words);
        return Ok(());
    }
    let is_over = |one: &&Exception| {
        one.effect == Effect::Block
            && one.by == Decider::Safeguarding
            && one.is_on(app.now())
            && one.site.covers(site)
    };
    if me.role == Role::ItAdmin
        && let Some(one) = policy.exceptions.iter().find(is_over)
    {
        let words =
            format!("A safeguarding lead (DSL) has blocked {}: only they open a part of it", one.site);
        errors.add("site", words);
        return Ok(());
    }
    let url = format!("https://{site}/");
    let listed = ask::listed(&url, published::sites(app).await?)?;
    if listed.contains(&Category::Illegal) {
        errors.add("site", "This site is on a list of unlawful content, which nobody can open");
    } else if me.role == Role::ItAdmin
        && let Some(category) = listed.iter().find(|category| !TECHNICAL.contains(category))
    {
        let words = format!(
            "This site is listed under {}: a safeguarding lead (DSL) decides about it",
            category.label()
        );
        errors.add("site", words);
    }
    Ok(())
}

/// `POST /policy/exceptions/end`.
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Posted(fields): Posted<Ended>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let mut after = current.policy.clone();
    if let Some(one) = after.exceptions.iter().find(|one| one.id == fields.id)
        && !may_end(&me, one)
    {
        return Err(Error::Forbidden);
    }
    after.exceptions.retain(|one| one.id != fields.id);
    let change = Change { on: fields.on, after, why: "The exception was ended.", restored: None };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, "/policy/exceptions")),
        None => shown(&app, &me, &current, &Fields::default(), errors).await,
    }
}
