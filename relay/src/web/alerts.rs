//! The episode page: every alert of one pupil and theme, and the DSL's decision about it. How one alert is put in words
//! is in `alert_card`.

use super::alert_card::{Card, cards};
use super::form::{CHANGED, Errors, Posted, choice_label, is_choice, shown};
use super::when::When;
use super::words::{Grade, count, line, theme};
use super::{Area, Chrome, readable_concerns, show_as, trail};
use crate::app::App;
use crate::auth::{Account, Lead, Staff};
use crate::db::Tx;
use crate::db::alerts;
use crate::db::episodes::{self, Closing, Episode};
use crate::error::Error;
use crate::extract::Path;
use crate::live::Change;
use crate::walls::{Access, Object, Reach, Viewer};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Why an episode may be dismissed: stable name, and words.
const REASONS: &[(&str, &str)] = &[
    ("schoolwork", "School work"),
    ("quotation", "A song, film, game or book"),
    ("joke", "A joke between friends"),
    ("false_match", "The rule matched by mistake"),
    ("known", "Already known and in hand"),
    ("other", "Something else"),
];

/// The words of a reason's stable name.
pub(super) fn reason_words(reason: &str) -> &'static str {
    choice_label(REASONS, reason).unwrap_or("another reason")
}

/// Another episode of the same device and account.
struct Other {
    href: String,
    theme: String,
    when: When,
    many: String,
    outcome: String,
}

#[derive(Template)]
#[template(path = "alerts/episode.html")]
struct EpisodePage<'a> {
    chrome: Chrome,
    id: &'a str,
    theme: String,
    grade: Grade,
    account: Option<String>,
    device: String,
    first: When,
    last: When,
    many: String,
    /// The same as a number: what a decision must still find.
    total: i64,
    open: bool,
    dismissed: bool,
    /// Where to share it, for whoever may.
    sharing: Option<String>,
    back: (&'static str, &'static str),
    /// The account id of whoever has it, or nothing: what a claim must still find.
    holder_id: &'a str,
    /// Who has it, in words.
    holder: String,
    held_by_me: bool,
    taken_since: Option<When>,
    outcome: Option<String>,
    outcome_note: &'a str,
    outcome_when: Option<When>,
    made: Vec<(String, i64)>,
    /// How many of the latest are on the page, when it is not all of them.
    shown: Option<String>,
    /// The gravest alert, where it came before those.
    gravest: Option<&'a str>,
    cards: Vec<Card>,
    others: Vec<Other>,
    /// How many others are on the page, when it is not all of them.
    others_shown: Option<usize>,
    /// Whether there may be others that the reader may not open.
    narrow: bool,
    notice: Option<&'a str>,
    errors: Errors,
    reasons: &'static [(&'static str, &'static str)],
    reason: &'a str,
    note: &'a str,
    printed: String,
    reader: &'a str,
}

fn outcome(episode: &Episode) -> Option<String> {
    let by = episode.closed_by.as_deref().unwrap_or("somebody");
    match (episode.status.as_str(), episode.closed_reason.as_deref()) {
        ("dismissed", reason) => {
            Some(format!("Dismissed by {by}: {}", reason.map_or("no reason", reason_words)))
        }
        ("concern", _) => Some(format!("Made into a concern by {by}")),
        _ => None,
    }
}

fn other(episode: &Episode, now: i64) -> Other {
    let status = match &episode.holder {
        Some((_, name)) if episode.is_open() => format!("{name} has it"),
        _ => "Waiting".into(),
    };
    Other {
        href: format!("/episodes/{}", episode.id),
        theme: theme(episode.category, episode.stage),
        when: When::new(episode.last_at, now),
        many: count(episode.alerts, "alert"),
        outcome: outcome(episode).unwrap_or(status),
    }
}

/// What the page says besides the episode itself.
#[derive(Default)]
struct Said<'a> {
    notice: Option<&'a str>,
    errors: Errors,
    reason: &'a str,
    note: &'a str,
}

/// Reads the episode, with the audit row of the reading in the same transaction, and shows it.
async fn episode_page(app: &App, me: &Account, id: &str, said: Said<'_>) -> Result<Response, Error> {
    let (school, now) = (me.school_id.as_str(), app.now());
    let vault = app.vault(school).await?;
    let mut tx = app.db.begin().await?;
    let viewer = Viewer::of(app, &mut tx, me).await?;
    let access = viewer.must(&mut tx, Object::Episode(id), Access::Read).await?;
    let episode = episodes::find(&mut *tx, &vault, id).await?.ok_or(Error::NotFound)?;
    let list = alerts::of_episode(&mut tx, &vault, id).await?;
    let (others, more) = episodes::others(&mut *tx, &vault, &viewer, &episode).await?;
    let made = readable_concerns(&mut tx, &viewer, ("episode", id)).await?;
    trail::note(&mut tx, app, me, "view", ("episode", id), json!({})).await?;
    tx.commit().await?;

    let (holder_id, holder_name) = match &episode.holder {
        Some((id, name)) => (id.as_str(), name.as_str()),
        None => ("", ""),
    };
    let held_by_me = holder_id == me.id;
    let status = if said.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_as(
        status,
        &EpisodePage {
            chrome: Chrome::of(app, me, Area::Inbox).await?,
            id,
            theme: theme(episode.category, episode.stage),
            grade: episode.severity.into(),
            account: (!episode.account.is_empty()).then(|| line(&episode.account)),
            device: line(&episode.device_label),
            first: When::new(episode.first_at, now),
            last: When::new(episode.last_at, now),
            many: count(episode.alerts, "alert"),
            total: episode.alerts,
            open: episode.is_open() && access == Access::Work,
            dismissed: episode.status == "dismissed" && access == Access::Work,
            sharing: (access == Access::Work).then(|| format!("/sharing/episode/{id}")),
            back: super::back(me),
            holder_id,
            holder: match holder_name {
                _ if held_by_me => "You have this".into(),
                "" => "Nobody has this yet".into(),
                name => format!("{name} has this"),
            },
            held_by_me,
            taken_since: episode.claimed_at.map(|at| When::new(at, now)),
            outcome: outcome(&episode),
            outcome_note: episode.closed_note.as_deref().unwrap_or_default(),
            outcome_when: episode.closed_at.map(|at| When::new(at, now)),
            made,
            shown: (list.len() as i64 != episode.alerts)
                .then(|| count(list.len().min(alerts::LATEST) as i64, "alert")),
            gravest: list.get(alerts::LATEST).map(|alert| alert.id.as_str()),
            cards: cards(&list, now),
            others_shown: more.then_some(others.len()),
            narrow: viewer.reach != Reach::All,
            others: others.iter().map(|episode| other(episode, now)).collect(),
            notice: said.notice,
            errors: said.errors,
            reasons: REASONS,
            reason: said.reason,
            note: said.note,
            printed: super::when::long(now),
            reader: &me.name,
        },
    )
}

/// `GET /episodes/{id}`.
pub(crate) async fn show_episode(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    episode_page(&app, &me, &id, Said::default()).await
}

/// `GET /alerts/{id}`: the alert's place on its episode's page.
pub(crate) async fn show_alert(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
) -> Result<Redirect, Error> {
    let mut db = app.db.read().acquire().await?;
    let episode = alerts::episode_of(&mut *db, &me.school_id, &id).await?.ok_or(Error::NotFound)?;
    let viewer = Viewer::of(&app, &mut db, &me).await?;
    viewer.must(&mut db, Object::Episode(&episode), Access::Read).await?;
    // The id is one that the relay has checked to be a UUID when the alert arrived.
    Ok(Redirect::to(&format!("/episodes/{episode}#alert-{id}")))
}

/// Whoever decides about an episode must be let in by the walls to do so.
async fn must_work(tx: &mut Tx, app: &App, me: &Account, id: &str) -> Result<(), Error> {
    let viewer = Viewer::of(app, tx, me).await?;
    viewer.must(tx, Object::Episode(id), Access::Work).await.map(|_| ())
}

/// Which holder the page showed.
#[derive(Debug, Deserialize)]
pub(crate) struct ClaimForm {
    #[serde(default)]
    from: String,
}

/// `POST /episodes/{id}/claim`.
pub(crate) async fn claim(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
    Posted(form): Posted<ClaimForm>,
) -> Result<Response, Error> {
    let mut tx = app.db.begin().await?;
    must_work(&mut tx, &app, &me, &id).await?;
    if !episodes::claim(&mut tx, &me.school_id, &id, &form.from, &me.id, app.now()).await? {
        drop(tx);
        return episode_page(&app, &me, &id, Said { notice: Some(CHANGED), ..Said::default() }).await;
    }
    trail::note(&mut tx, &app, &me, "claim", ("episode", &id), json!({ "from": form.from })).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/episodes/{id}")).into_response())
}

/// Why an episode is dismissed.
#[derive(Debug, Deserialize)]
pub(crate) struct DismissForm {
    /// How many alerts the page showed.
    #[serde(default)]
    shown: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    note: String,
}

/// `POST /episodes/{id}/dismiss`.
pub(crate) async fn dismiss(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
    Posted(form): Posted<DismissForm>,
) -> Result<Response, Error> {
    let mut errors = Errors::default();
    if !is_choice(REASONS, &form.reason) {
        errors.add("reason", "Choose why you dismiss this");
    }
    let note = if form.reason == "other" {
        errors.needed_words("note", &form.note, limit::STORY, "The note", "Write why, in a few words")
    } else {
        errors.words("note", &form.note, limit::STORY, "The note")
    };
    if !errors.is_empty() {
        let said = Said { errors, reason: &form.reason, note: &form.note, notice: None };
        return episode_page(&app, &me, &id, said).await;
    }
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    must_work(&mut tx, &app, &me, &id).await?;
    let closing = Closing {
        status: "dismissed",
        by: &me.id,
        at: app.now(),
        reason: Some(&form.reason),
        note: &note,
        shown: shown(&form.shown),
    };
    let closed = match episodes::close(&mut tx, &app, &vault, &id, closing).await {
        Err(Error::Gone(why)) => {
            drop(tx);
            errors.add("note", why);
            let said = Said { errors, reason: &form.reason, note: &form.note, notice: None };
            return episode_page(&app, &me, &id, said).await;
        }
        closed => closed?,
    };
    if !closed {
        drop(tx);
        let said = Said { notice: Some(CHANGED), reason: &form.reason, note: &form.note, errors };
        return episode_page(&app, &me, &id, said).await;
    }
    trail::note(&mut tx, &app, &me, "dismiss", ("episode", &id), json!({ "reason": form.reason })).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to("/inbox").into_response())
}

/// `POST /episodes/{id}/reopen`: takes a dismissal back.
pub(crate) async fn reopen(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    must_work(&mut tx, &app, &me, &id).await?;
    let was = episodes::find(&mut *tx, &vault, &id).await?.ok_or(Error::NotFound)?;
    if !episodes::reopen(&mut tx, &me.school_id, &id, &me.id, app.now()).await? {
        drop(tx);
        return episode_page(&app, &me, &id, Said { notice: Some(CHANGED), ..Said::default() }).await;
    }
    let detail = json!({ "dismissed_at": was.closed_at, "reason": was.closed_reason });
    trail::note(&mut tx, &app, &me, "reopen", ("episode", &id), detail).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/episodes/{id}")).into_response())
}
