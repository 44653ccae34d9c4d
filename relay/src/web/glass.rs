//! Breaking the glass: a record that is closed to somebody, opened for an hour because a child may need it, with a reason
//! in writing and a notice to a second person. It never opens a record to somebody who is named in it.

use super::form::{Errors, Posted};
use super::when::When;
use super::{Area, Chrome, show_as, trail};
use crate::app::App;
use crate::auth::{Account, Glass, Lead, Role};
use crate::db::glass::{self, Broken};
use crate::db::{Tx, keys, walls};
use crate::error::Error;
use crate::extract::Path;
use crate::live::Change;
use crate::walls::{Access, Object, Viewer, keepers};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// How long the glass stays broken: an hour.
const OPEN: i64 = 60 * 60 * 1_000;

/// What is asked to be opened.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// A concern's number, or the address of a record's page.
    record: String,
    /// Why.
    reason: String,
}

#[derive(Template)]
#[template(path = "walls/break_glass.html")]
struct Page<'a> {
    chrome: Chrome,
    /// The school, where it is not the reader's own.
    school: Option<&'a str>,
    action: &'a str,
    asked: &'a Asked,
    errors: Errors,
}

/// `GET /break-glass`.
pub(crate) async fn page(State(app): State<Arc<App>>, Glass(me): Glass) -> Result<Response, Error> {
    let chrome = Chrome::of(&app, &me, Area::Glass).await?;
    form(chrome, (None, "/break-glass"), &Asked::default(), Errors::default())
}

/// The form, for a school of the reader's own or for another of their trust.
pub(super) fn form(
    chrome: Chrome,
    (school, action): (Option<&str>, &str),
    asked: &Asked,
    errors: Errors,
) -> Result<Response, Error> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_as(status, &Page { chrome, school, action, asked, errors })
}

/// `POST /break-glass`.
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    Glass(me): Glass,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Error> {
    match broken(&app, &me, &asked).await? {
        Ok(opened) => Ok(Redirect::to(&opened.path).into_response()),
        Err(errors) => {
            let chrome = Chrome::of(&app, &me, Area::Glass).await?;
            form(chrome, (None, "/break-glass"), &asked, errors)
        }
    }
}

/// A record that is open now.
pub(super) struct Opened {
    /// Where its page is in its own school.
    pub(super) path: String,
    /// The concern's id, when it is a concern.
    pub(super) concern: Option<String>,
}

/// Opens what is asked for to `me`, or says what is wrong with the form. A record that does not exist and one that `me`
/// is named in get the same answer.
pub(super) async fn broken(app: &App, me: &Account, asked: &Asked) -> Result<Result<Opened, Errors>, Error> {
    let mut errors = Errors::default();
    let most = limit::STORY;
    let missing = "Write why you must open it now, and why it cannot wait for those who deal with it";
    let reason = errors.needed_words("reason", &asked.reason, most, "The reason", missing);
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    let viewer = Viewer::of(app, &mut tx, me).await?;
    let found = find(&mut tx, &me.school_id, &asked.record).await?;
    let mut open_to_me = None;
    if let Some((kind, id)) = &found
        && let Some(object) = Object::of(kind, id)
        // A trust's lead opens one concern, not what it was made from.
        && (me.role != Role::TrustLead || matches!(object, Object::Concern(_)))
        && walls::facts(&mut tx, &viewer, object).await?.is_some_and(|facts| !facts.named)
    {
        open_to_me = Some(object);
    }
    let Some(object) = open_to_me else {
        errors.add("record", "There is no such record that you can open. Give the number of a concern, or the address of a record’s page");
        return Ok(Err(errors));
    };
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let opened = Opened {
        path: object.path(),
        concern: matches!(object, Object::Concern(_)).then(|| object.id().to_owned()),
    };
    if viewer.access(&mut tx, object).await? >= Access::Read {
        // It was open already: nothing is broken, and nobody needs to hear of it.
        return Ok(Ok(opened));
    }
    let notice_to = notice_to(&mut tx, app, me, object).await?;
    let id = app.new_id()?;
    let key = match keys::held_record(&mut tx, &vault, object.sealed())
        .await?
        .needed("Nobody can open this record.")
    {
        Err(Error::Gone(why)) => {
            errors.add("record", why);
            return Ok(Err(errors));
        }
        key => key?,
    };
    let broken = Broken {
        sealed: key.seal_words(app.random.as_ref(), ("break_glass", &id), &reason)?,
        id,
        object_kind: object.kind().to_owned(),
        object_id: object.id().to_owned(),
        account_id: me.id.clone(),
        name: me.name.clone(),
        role: me.role.as_str().to_owned(),
        opened_at: app.now(),
        until: app.now() + OPEN,
        notice_to: notice_to.as_str().to_owned(),
    };
    glass::insert(&mut tx, &me.school_id, &broken).await?;
    let detail = json!({ "until": broken.until, "notice_to": broken.notice_to, "role": broken.role });
    trail::note(&mut tx, app, me, "break_glass", object.in_trail(), detail).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Ok(opened))
}

/// The record that the words name: a concern by its number, anything by the address of its page.
async fn find(tx: &mut Tx, school: &str, words: &str) -> Result<Option<(String, String)>, Error> {
    let words = words.trim();
    if let Ok(number) = words.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<i64>()
        && !words.contains('/')
    {
        let id = glass::concern_by_number(&mut **tx, school, number).await?;
        return Ok(id.map(|id| ("concern".to_owned(), id)));
    }
    let mut parts =
        words.split(['?', '#']).next().unwrap_or_default().rsplit('/').filter(|part| !part.is_empty());
    let (id, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    Ok(kind.strip_suffix('s').map(|kind| (kind.to_owned(), id.to_owned())))
}

/// Who must hear of it: the safeguarding leads, or the head when a lead breaks the glass or every lead is named.
async fn notice_to(tx: &mut Tx, app: &App, me: &Account, object: Object<'_>) -> Result<Role, Error> {
    let school = me.school_id.as_str();
    let concern = match object {
        Object::Concern(id) => Some(id.to_owned()),
        other => walls::concern_of_evidence(&mut **tx, school, other.kind(), other.id()).await?,
    };
    let leads_left = match concern {
        Some(id) => keepers(tx, app, school, &id).await?.iter().any(|who| who.role == Role::Dsl),
        None => true,
    };
    Ok(if me.role == Role::Dsl || !leads_left { Role::Head } else { Role::Dsl })
}

/// A notice in the inbox.
#[derive(Debug)]
pub(super) struct Notice {
    /// Its id.
    pub(super) id: String,
    /// Who opened a record.
    pub(super) who: String,
    /// What record, in words, and where.
    pub(super) what: &'static str,
    /// Its page.
    pub(super) href: String,
    /// Its kind and id, as the audit trail names them.
    object: (&'static str, String),
    /// Why, in their words.
    pub(super) reason: String,
    /// When.
    pub(super) when: When,
}

/// The notices that wait for the viewer.
pub(super) async fn notices(app: &App, viewer: &Viewer) -> Result<Vec<Notice>, Error> {
    if !matches!(viewer.role, Role::Dsl | Role::Head) {
        return Ok(Vec::new());
    }
    let vault = app.vault(&viewer.school).await?;
    let mut db = app.db.read().acquire().await?;
    let mut notices = Vec::new();
    for broken in glass::unnoticed(&mut *db, &viewer.school, viewer.role.as_str(), &viewer.id).await? {
        let Some(object) = Object::of(&broken.object_kind, &broken.object_id) else { continue };
        // A notice about a record in which its reader is named would tell them of the record.
        if walls::facts(&mut db, viewer, object).await?.is_none_or(|facts| facts.named) {
            continue;
        }
        let opener = keys::of_record(&mut db, &vault, object.sealed()).await?;
        let role = broken.role.parse::<Role>().map_or("somebody", Role::label);
        notices.push(Notice {
            who: format!("{}, {role}", broken.name),
            what: match object {
                Object::Concern(_) => "a concern",
                Object::Episode(_) => "alerts",
                Object::Report(_) => "a pupil’s report",
            },
            href: object.path(),
            object: (object.in_trail().0, broken.object_id.clone()),
            reason: broken.reason(&opener),
            when: When::new(broken.opened_at, viewer.now),
            id: broken.id,
        });
    }
    Ok(notices)
}

/// `POST /inbox/notices/{id}`: a second person has taken note.
pub(crate) async fn acknowledge(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let viewer = Viewer::of(&app, &mut *app.db.read().acquire().await?, &me).await?;
    // Only a notice that waits for them is theirs to take note of.
    let notices = notices(&app, &viewer).await?;
    let notice = notices.iter().find(|notice| notice.id == id).ok_or(Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    if glass::acknowledge(&mut tx, &me.school_id, &id, &me.id, app.now()).await? {
        let object = (notice.object.0, notice.object.1.as_str());
        trail::note(&mut tx, &app, &me, "acknowledge", object, json!({ "broken_glass": id })).await?;
    }
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to("/inbox").into_response())
}
