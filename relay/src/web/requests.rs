//! Pupils who need a blocked site for school work: what they ask, and the answer. Safeguarding leads and the head answer;
//! IT does not, since a request names a pupil.
//!
//! What is allowed to one pupil opens on the device that asked and for the account that asked; what is allowed to a group
//! or to everyone becomes an exception of the policy.

use super::form::{Errors, Posted, clean};
use super::policy::exceptions::{may_open, until};
use super::policy::{Change, checked, keep, overtaken};
use super::when::{self, When};
use super::words::capital;
use super::{Area, Chrome, show_as, trail};
use crate::app::App;
use crate::auth::{Account, Lead, Role};
use crate::db::access::{self, Asked, NewAnswer};
use crate::error::Error;
use crate::extract::Path;
use crate::policy::{Current, current};
use crate::seal::AnswerText;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::school::{Decider, Effect, Exception, Whom, limit};
use lapwing_core::{Category, Entry};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// For how long answered requests are shown, milliseconds.
const SHOWN: i64 = 14 * 24 * 60 * 60 * 1_000;
/// For how long a site opens when nobody says, milliseconds.
const USUAL: i64 = 7 * 24 * 60 * 60 * 1_000;

/// The answer, as the form writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    on: i64,
    /// `pupil`, `all`, the id of a group after `group:`, or `refuse`.
    answer: String,
    until: String,
    words: String,
    why: String,
}

struct Row {
    id: String,
    host: String,
    about: String,
    reason: String,
    account: String,
    device: String,
    at: When,
    /// The answer that has come back, and what is wrong with it; empty for all other requests.
    fields: Fields,
    faults: Errors,
    is_wrong: bool,
}

impl Row {
    /// The id of a field. Those of the answer that has come back are what the summary of its faults links to.
    fn field(&self, name: &str) -> String {
        if self.is_wrong { name.to_owned() } else { format!("{name}-{}", self.id) }
    }
}

struct Done {
    id: String,
    host: String,
    account: String,
    allowed: bool,
    words: String,
    why: String,
    by: String,
    at: When,
    until: Option<When>,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "policy/requests.html")]
struct Page {
    chrome: Chrome,
    number: i64,
    rows: Vec<Row>,
    done: Vec<Done>,
    /// Value and words.
    answers: Vec<(String, String)>,
    errors: Errors,
}

/// `GET /requests`.
pub(crate) async fn page(State(app): State<Arc<App>>, Lead(me): Lead) -> Result<Response, Error> {
    shown(&app, &me, "", Fields::default(), Errors::default()).await
}

async fn shown(
    app: &App,
    me: &Account,
    wrong: &str,
    fields: Fields,
    errors: Errors,
) -> Result<Response, Error> {
    let now = app.now();
    let vault = app.vault(&me.school_id).await?;
    let current = current(app, &vault).await?;
    let waiting = access::waiting(app.db.read(), &vault).await?;
    let answered = access::answered(app.db.read(), &vault, now - SHOWN, now).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let usual = Fields { until: when::date_value(now + USUAL), ..Fields::default() };
    let row = |one: Asked| {
        let is_wrong = one.id == wrong;
        let fields = if is_wrong { &fields } else { &usual };
        row(one, fields.clone(), is_wrong.then(|| errors.clone()), now)
    };
    let page = Page {
        chrome: Chrome::of(app, me, Area::Requests).await?,
        number: current.number,
        rows: waiting.into_iter().map(row).collect(),
        done: answered.into_iter().filter_map(|one| done(one, now)).collect(),
        answers: answers(me, &current),
        errors,
    };
    show_as(status, &page)
}

/// What whoever looks may answer. The policy is a DSL's, and where it wants a second person, not for a form like this.
fn answers(me: &Account, current: &Current) -> Vec<(String, String)> {
    let mut answers = vec![("pupil".to_owned(), "Open it for this pupil, in this browser".to_owned())];
    if me.role == Role::Dsl && !current.policy.two_person {
        let groups = current.policy.groups.iter();
        answers.extend(
            groups.map(|group| (format!("group:{}", group.id), format!("Open it for {}", group.name))),
        );
        answers.push(("all".into(), "Open it for everyone".into()));
    }
    answers.push(("refuse".into(), "Leave it blocked".into()));
    answers
}

fn row(asked: Asked, fields: Fields, faults: Option<Errors>, now: i64) -> Row {
    let labels: Vec<_> = asked
        .text
        .categories
        .iter()
        .filter_map(|name| name.parse::<Category>().ok())
        .map(Category::label)
        .collect();
    Row {
        is_wrong: faults.is_some(),
        faults: faults.unwrap_or_default(),
        fields,
        id: asked.id,
        host: asked.text.host,
        about: capital(&labels.join(", ")),
        reason: asked.text.reason,
        account: asked.text.account,
        device: asked.device,
        at: When::new(asked.at, now),
    }
}

fn done(asked: Asked, now: i64) -> Option<Done> {
    let answer = asked.answer?;
    let is_on =
        answer.for_pupil && answer.ended_at.is_none() && answer.until.is_some_and(|until| until > now);
    Some(Done {
        id: asked.id,
        host: asked.text.host,
        account: asked.text.account,
        allowed: answer.allowed,
        words: answer.text.words,
        why: answer.text.why,
        by: answer.by,
        at: When::new(answer.at, now),
        // The last minute: “1 December, midnight” could be read as either end of that day.
        until: answer.until.map(|until| When::new(until - 60_000, now)),
        is_on,
    })
}

/// Against opening a site whose name nobody can open any more.
const UNREADABLE: &str =
    "Which site this is cannot be read any more, so it cannot be opened. Leave it blocked, and ask the pupil";

/// `POST /requests/{id}/answer`.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let asked = access::find(app.db.read(), &vault, &id).await?.ok_or(Error::NotFound)?;
    if asked.answer.is_some() {
        return Err(answered());
    }
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    if !answers(&me, &current).iter().any(|(value, _)| *value == fields.answer) {
        errors.add("answer", "Choose an answer");
    }
    // While nothing is chosen nothing else can be missing.
    let (refused, allowed) = (fields.answer == "refuse", !["refuse", ""].contains(&fields.answer.as_str()));
    let words = errors.line("words", &fields.words, limit::REASON, "What the pupil reads");
    if refused && words.is_empty() {
        errors.add("words", "Tell the pupil why: they asked in good faith");
    }
    let why = errors.line("why", &fields.why, limit::REASON, "The reason");
    if allowed && why.is_empty() {
        errors.add("why", "Say why, for colleagues who look at it later");
    }
    let until = if allowed { until(&fields.until, &current.policy, app.now(), &mut errors) } else { None };
    if allowed && fields.until.trim().is_empty() {
        errors.add("until", "Write the last day on which it opens");
    }
    let site = Entry::parse(&asked.text.host).ok().filter(|_| allowed);
    if let Some(site) = &site {
        may_open(&app, &me, &current.policy, site, &mut errors).await?;
    } else if allowed {
        errors.add("site", UNREADABLE);
    }
    let scope = match (allowed, fields.answer.as_str()) {
        (false, _) => None,
        (true, "pupil") => Some("pupil"),
        (true, _) => Some("policy"),
    };
    let mut change = None;
    if let Some(site) = site
        && scope == Some("policy")
        && errors.is_empty()
    {
        let whom = match fields.answer.strip_prefix("group:") {
            Some(group) => Whom::Groups(vec![group.to_owned()]),
            None => Whom::Everyone,
        };
        let mut after = current.policy.clone();
        after.exceptions.push(Exception {
            id: app.new_id()?,
            site,
            effect: Effect::Allow,
            whom,
            until,
            by: Decider::Safeguarding,
            reason: clean(&fields.why, false),
            owner: me.name.clone(),
            added: app.now(),
        });
        let new = Change { on: fields.on, after, why: &fields.why, restored: None };
        change = checked(&current, new, &mut errors)?;
    }
    if !errors.is_empty() {
        return shown(&app, &me, &id, fields, errors).await;
    }
    // What the pupil is told and what opens are one: both are kept, or neither.
    let text = AnswerText { words, why };
    let mut tx = app.db.begin().await?;
    let new = NewAnswer { allowed, scope, text: &text, until, by: &me.id };
    match access::answer(&mut tx, &app, &vault, &id, new).await {
        Ok(true) => {}
        Ok(false) => return Err(answered()),
        Err(Error::Gone(why)) => {
            drop(tx);
            errors.add("answer", why);
            return shown(&app, &me, &id, fields, errors).await;
        }
        Err(error) => return Err(error),
    }
    if let Some(change) = change
        && keep(&app, &mut tx, &me, &vault, &current, change).await?.is_none()
    {
        drop(tx);
        overtaken(&mut errors);
        return shown(&app, &me, &id, fields, errors).await;
    }
    let detail = json!({ "allowed": allowed, "scope": scope, "until": until });
    trail::note(&mut tx, &app, &me, "answer", ("access_request", &id), detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/requests").into_response())
}

/// Two people looked at the same request.
fn answered() -> Error {
    Error::Gone(
        "This request has been answered already, so your answer was not kept and nothing was opened or changed by it. Open \
         “Requests for sites” to see who answered and what."
            .into(),
    )
}

/// `POST /requests/{id}/end`: what was allowed to one pupil ends.
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    access::find(app.db.read(), &vault, &id).await?.ok_or(Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    if access::end(&mut tx, &me.school_id, &id, &me.id, app.now()).await? {
        trail::note(&mut tx, &app, &me, "end", ("access_request", &id), json!({})).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/requests").into_response())
}
