//! What may be done to a concern: moving it on, adding a note or feedback, saying what kind it is. Each is an entry of its
//! own beside the record, which stays as it was written. Who may do it is asked of `walls`, in the same transaction.

use super::super::form::{CHANGED, Errors, Posted, SENT_BEFORE, form_id};
use super::super::trail;
use super::draft::categories;
use super::view::{Typed, concern_page};
use crate::app::App;
use crate::auth::{Account, Lead, Staff};
use crate::db::concerns::{self, NewEntry};
use crate::db::{Tx, walls};
use crate::error::Error;
use crate::extract::Path;
use crate::live::Change;
use crate::walls::{Access, Object, Viewer};
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Refuses whoever may not do this to the concern.
pub(super) async fn must(
    tx: &mut Tx,
    app: &App,
    me: &Account,
    id: &str,
    needed: Access,
) -> Result<(), Error> {
    let viewer = Viewer::of(app, tx, me).await?;
    viewer.must(tx, Object::Concern(id), needed).await.map(|_| ())
}

/// The same before a form is looked at, so that nobody learns from its faults of a concern that is closed to them.
async fn asked(app: &App, me: &Account, id: &str, needed: Access) -> Result<(), Error> {
    let mut db = app.db.read().acquire().await?;
    let viewer = Viewer::of(app, &mut db, me).await?;
    viewer.must(&mut db, Object::Concern(id), needed).await.map(|_| ())
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
    Lead(me): Lead,
    Path(id): Path<String>,
    Posted(form): Posted<StatusForm>,
) -> Result<Response, Error> {
    asked(&app, &me, &id, Access::Work).await?;
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
    must(&mut tx, &app, &me, &id, Access::Work).await?;
    let entry = NewEntry { id: &entry_id, concern: &id, kind: "status", text: &text, by: &me.id };
    let mut moved = concerns::set_status(&mut tx, &me.school_id, &id, &form.from, &form.to).await?;
    if moved {
        moved = match concerns::add_entry(&mut tx, &app, &vault, entry).await {
            Err(Error::Gone(why)) => {
                drop(tx);
                errors.add("text", why);
                let typed = Typed { closing: &form.text, ..Typed::default() };
                return concern_page(&app, &me, &id, errors, typed).await;
            }
            added => added?,
        };
    }
    if !moved {
        // Somebody else moved it in between; the page shows how it stands now, and gives back what was typed. The same form
        // once more is answered like the first time.
        let is_kept = form.to != "closed" || concerns::says(&mut tx, &vault, entry).await?;
        drop(tx);
        if is_kept {
            return Ok(Redirect::to(&format!("/concerns/{id}")).into_response());
        }
        let typed = Typed { closing: &form.text, notice: Some(CHANGED), ..Typed::default() };
        return concern_page(&app, &me, &id, errors, typed).await;
    }
    let detail = json!({ "from": form.from, "to": form.to });
    trail::note(&mut tx, &app, &me, "set_status", ("concern", &id), detail).await?;
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

/// `POST /concerns/{id}/note`: an entry that the reporter does not read.
pub(crate) async fn add_note(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
    Posted(form): Posted<EntryForm>,
) -> Result<Response, Error> {
    asked(&app, &me, &id, Access::Note).await?;
    let mut errors = Errors::default();
    let text = errors.needed_words("note", &form.note, limit::STORY, "The note", "Write the note");
    if !errors.is_empty() {
        return concern_page(&app, &me, &id, errors, Typed { note: &form.note, ..Typed::default() }).await;
    }
    add(&app, &me, &id, &form.id, ("note", &text), Access::Note).await
}

/// `POST /concerns/{id}/feedback`: an entry that the reporter reads too.
pub(crate) async fn add_feedback(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
    Posted(form): Posted<EntryForm>,
) -> Result<Response, Error> {
    asked(&app, &me, &id, Access::Work).await?;
    let mut errors = Errors::default();
    let most = limit::STORY;
    let text = errors.needed_words("feedback", &form.feedback, most, "The feedback", "Write the feedback");
    if !errors.is_empty() {
        let typed = Typed { feedback: &form.feedback, ..Typed::default() };
        return concern_page(&app, &me, &id, errors, typed).await;
    }
    add(&app, &me, &id, &form.id, ("feedback", &text), Access::Work).await
}

async fn add(
    app: &App,
    me: &Account,
    id: &str,
    raw: &str,
    (kind, text): (&str, &str),
    needed: Access,
) -> Result<Response, Error> {
    let entry_id = form_id(raw)?;
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    must(&mut tx, app, me, id, needed).await?;
    let entry = NewEntry { id: &entry_id, concern: id, kind, text, by: &me.id };
    let refused = match concerns::add_entry(&mut tx, app, &vault, entry).await {
        Ok(true) => {
            trail::note(&mut tx, app, me, kind, ("concern", id), json!({ "entry": entry_id })).await?;
            None
        }
        Ok(false) if concerns::says(&mut tx, &vault, entry).await? => None,
        Ok(false) => Some(SENT_BEFORE.to_owned()),
        Err(Error::Gone(why)) => Some(why),
        Err(error) => return Err(error),
    };
    if let Some(why) = refused {
        drop(tx);
        let mut errors = Errors::default();
        errors.add(kind, why);
        let typed = match kind {
            "note" => Typed { note: text, ..Typed::default() },
            _ => Typed { feedback: text, ..Typed::default() },
        };
        return concern_page(app, me, id, errors, typed).await;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/concerns/{id}#entries")).into_response())
}

/// What kind of concern it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CategoryForm {
    category: String,
}

/// `POST /concerns/{id}/category`.
pub(crate) async fn set_category(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
    Posted(form): Posted<CategoryForm>,
) -> Result<Response, Error> {
    let label = categories().into_iter().find(|(key, _)| *key == form.category).map(|(_, label)| label);
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    must(&mut tx, &app, &me, &id, Access::Work).await?;
    let label =
        label.ok_or_else(|| Error::BadRequest("Choose what the concern is about from the list.".into()))?;
    walls::set_category(&mut tx, &me.school_id, &id, &form.category).await?;
    let (entry_id, text) = (app.new_id()?, format!("It is about: {label}"));
    let entry = NewEntry { id: &entry_id, concern: &id, kind: "status", text: &text, by: &me.id };
    concerns::add_entry(&mut tx, &app, &vault, entry).await?;
    let detail = json!({ "category": form.category });
    trail::note(&mut tx, &app, &me, "set_category", ("concern", &id), detail).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/concerns/{id}")).into_response())
}
