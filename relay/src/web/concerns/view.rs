//! One concern: the whole record for a DSL, with what may be done next; for the member of staff who recorded it, their own
//! words, where it stands, and what the DSL told them. Nobody else finds it.

use super::super::form::{Errors, Posted, choice_label, form_id};
use super::super::when::{self, When};
use super::super::words::{Piece, count, line, pieces, theme};
use super::super::{Area, Chrome, show_as, trail};
use super::{ROLES, person_words, status_words};
use crate::app::App;
use crate::auth::{Account, Dsl, Role, Staff};
use crate::db::concerns::{self, Concern, Entry, NewEntry, Person};
use crate::db::reports::Name;
use crate::db::{Tx, episodes, reports};
use crate::error::Error;
use crate::extract::Path;
use crate::live::Change;
use crate::seal::Vault;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// A person, for the page.
struct Named {
    who: String,
    role: &'static str,
}

/// An entry, for the page.
struct Done {
    kind: &'static str,
    text: String,
    author: String,
    when: When,
}

/// What the concern was made from, for the page.
struct Evidence {
    href: String,
    title: String,
    /// Who wrote it or was at the device, as far as this reader may know.
    who: String,
    when: When,
    words: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "concerns/concern.html")]
struct ConcernPage<'a> {
    chrome: Chrome,
    concern: &'a Concern,
    /// Whether the reader is a DSL: sees everything, and acts.
    whole: bool,
    persons: Vec<Named>,
    occurred: String,
    recorded: When,
    status: &'static str,
    evidence: Vec<Evidence>,
    entries: Vec<Done>,
    errors: Errors,
    /// What was typed into the form that has something wrong.
    typed: Typed<'a>,
    form_ids: [String; 3],
    printed: String,
    reader: &'a str,
}

/// Words of a form that comes back.
#[derive(Debug, Clone, Copy, Default)]
struct Typed<'a> {
    note: &'a str,
    feedback: &'a str,
    closing: &'a str,
}

fn occurred_words(concern: &Concern) -> String {
    match (concern.occurred_at, concern.precision.as_str()) {
        (Some(at), "exact") => when::long(at),
        // A day without a time is kept as its midnight.
        (Some(at), _) if when::time_value(at) == "00:00" => format!("About {}", when::day(at)),
        (Some(at), _) => format!("About {}", when::long(at)),
        (None, _) => "Not known".into(),
    }
}

fn named(person: &Person) -> Named {
    Named { who: person_words(person), role: choice_label(ROLES, &person.role).unwrap_or("Named") }
}

fn done(entry: Entry, now: i64) -> Done {
    let kind = match entry.kind.as_str() {
        "status" => "Status",
        "feedback" => "Feedback to the reporter",
        _ => "Note",
    };
    Done { kind, text: entry.text, author: entry.author, when: When::new(entry.at, now) }
}

async fn evidence(
    tx: &mut Tx,
    vault: &Vault,
    me: &Account,
    concern: &str,
    now: i64,
) -> Result<Vec<Evidence>, Error> {
    let school = me.school_id.as_str();
    let mut list = Vec::new();
    for (kind, id) in concerns::evidence(&mut **tx, school, concern).await? {
        if kind == "episode" {
            let Some(episode) = episodes::find(&mut **tx, vault, &id).await? else { continue };
            let alerts = episodes::alerts(&mut **tx, vault, &id).await?;
            let gravest = alerts.iter().find(|alert| alert.severity == episode.severity).or(alerts.first());
            let words = gravest.and_then(|alert| Some(pieces(alert.excerpt.as_deref()?, &alert.marks)));
            let device = line(&episode.device_label);
            list.push(Evidence {
                href: format!("/episodes/{id}"),
                title: format!(
                    "{}: {}",
                    count(episode.alerts, "alert"),
                    theme(episode.category, episode.stage)
                ),
                who: match episode.account.as_str() {
                    "" => format!("Device {device}"),
                    account => format!("{} (unverified), device {device}", line(account)),
                },
                when: When::new(episode.last_at, now),
                words: words.unwrap_or_default(),
            });
        } else {
            let Some(report) = reports::find(&mut **tx, vault, &id).await? else { continue };
            list.push(Evidence {
                href: format!("/reports/{id}"),
                title: "A pupil’s report".into(),
                who: match report.name_for(&me.id) {
                    Name::Known(name, _) => line(name),
                    Name::KnownOnlyTo(adult) => format!("Name known only to {adult}"),
                    Name::Anonymous => "Anonymous".into(),
                },
                when: When::new(report.received_at, now),
                words: pieces(&report.story, &[]),
            });
        }
    }
    Ok(list)
}

/// Reads the concern, with the audit row of the reading in the same transaction, and shows what `me` may see of it.
async fn concern_page(
    app: &App,
    me: &Account,
    id: &str,
    errors: Errors,
    typed: Typed<'_>,
) -> Result<Response, Error> {
    let (school, now, whole) = (me.school_id.as_str(), app.now(), me.role == Role::Dsl);
    let vault = app.vault(school).await?;
    let mut tx = app.db.begin().await?;
    let concern = concerns::find(&mut *tx, &vault, id).await?.ok_or(Error::NotFound)?;
    if !whole && concern.reporter_id != me.id {
        return Err(Error::NotFound);
    }
    let persons = concerns::persons(&mut *tx, &vault, id).await?;
    let mut entries = concerns::entries(&mut *tx, &vault, id).await?;
    let evidence = if whole { evidence(&mut tx, &vault, me, id, now).await? } else { Vec::new() };
    trail::note(&mut tx, app, me, "view", ("concern", id), json!({ "whole": whole })).await?;
    tx.commit().await?;

    if !whole {
        entries.retain(|entry| entry.kind == "feedback");
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_as(
        status,
        &ConcernPage {
            chrome: Chrome::of(app, me, Area::Concerns).await?,
            whole,
            persons: persons.iter().map(named).collect(),
            occurred: occurred_words(&concern),
            recorded: When::new(concern.recorded_at, now),
            status: status_words(&concern.status),
            evidence,
            entries: entries.into_iter().map(|entry| done(entry, now)).collect(),
            errors,
            typed,
            form_ids: [app.new_id()?, app.new_id()?, app.new_id()?],
            printed: when::long(now),
            reader: &me.name,
            concern: &concern,
        },
    )
}

/// `GET /concerns/{id}`.
pub(crate) async fn show_concern(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    concern_page(&app, &me, &id, Errors::default(), Typed::default()).await
}

/// Moves a concern on.
#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct StatusForm {
    id: String,
    from: String,
    to: String,
    text: String,
}

/// `POST /concerns/{id}/status`.
pub(crate) async fn set_status(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Path(id): Path<String>,
    Posted(form): Posted<StatusForm>,
) -> Result<Response, Error> {
    let mut errors = Errors::default();
    let text = match (form.from.as_str(), form.to.as_str()) {
        ("new", "acknowledged") => "Read by the safeguarding lead".to_owned(),
        ("new" | "acknowledged", "open") => "Being acted on".to_owned(),
        ("closed", "open") => "Opened again".to_owned(),
        ("new" | "acknowledged" | "open", "closed") => {
            let most = limit::STORY;
            let why =
                errors.needed_words("text", &form.text, most, "The outcome", "Write how it was resolved");
            format!("Closed. {why}")
        }
        _ => return Err(Error::BadRequest("A concern cannot go from the one status to the other.".into())),
    };
    if !errors.is_empty() {
        let typed = Typed { closing: &form.text, ..Typed::default() };
        return concern_page(&app, &me, &id, errors, typed).await;
    }
    let entry_id = form_id(&form.id)?;
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    concerns::find(&mut *tx, &vault, &id).await?.ok_or(Error::NotFound)?;
    // Somebody else may have moved it in between; then the page shows how it stands now.
    if concerns::set_status(&mut tx, &me.school_id, &id, &form.from, &form.to).await? {
        let entry = NewEntry { id: &entry_id, concern: &id, kind: "status", text: &text, by: &me.id };
        concerns::add_entry(&mut tx, &app, &vault, entry).await?;
        let detail = json!({ "from": form.from, "to": form.to });
        trail::note(&mut tx, &app, &me, "set_status", ("concern", &id), detail).await?;
    }
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/concerns/{id}")).into_response())
}

/// A note or feedback.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EntryForm {
    id: String,
    note: String,
    feedback: String,
}

/// `POST /concerns/{id}/note`: an entry that only DSLs read.
pub(crate) async fn add_note(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Path(id): Path<String>,
    Posted(form): Posted<EntryForm>,
) -> Result<Response, Error> {
    let mut errors = Errors::default();
    let text = errors.needed_words("note", &form.note, limit::STORY, "The note", "Write the note");
    if !errors.is_empty() {
        return concern_page(&app, &me, &id, errors, Typed { note: &form.note, ..Typed::default() }).await;
    }
    add(&app, &me, &id, &form.id, ("note", &text)).await
}

/// `POST /concerns/{id}/feedback`: an entry that the reporter reads too.
pub(crate) async fn add_feedback(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Path(id): Path<String>,
    Posted(form): Posted<EntryForm>,
) -> Result<Response, Error> {
    let mut errors = Errors::default();
    let most = limit::STORY;
    let text = errors.needed_words("feedback", &form.feedback, most, "The feedback", "Write the feedback");
    if !errors.is_empty() {
        let typed = Typed { feedback: &form.feedback, ..Typed::default() };
        return concern_page(&app, &me, &id, errors, typed).await;
    }
    add(&app, &me, &id, &form.id, ("feedback", &text)).await
}

async fn add(
    app: &App,
    me: &Account,
    id: &str,
    raw: &str,
    (kind, text): (&str, &str),
) -> Result<Response, Error> {
    let entry_id = form_id(raw)?;
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    concerns::find(&mut *tx, &vault, id).await?.ok_or(Error::NotFound)?;
    let entry = NewEntry { id: &entry_id, concern: id, kind, text, by: &me.id };
    if concerns::add_entry(&mut tx, app, &vault, entry).await? {
        trail::note(&mut tx, app, me, kind, ("concern", id), json!({ "entry": entry_id })).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/concerns/{id}#entries")).into_response())
}
