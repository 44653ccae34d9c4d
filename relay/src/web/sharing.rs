//! Sharing one record with one colleague until a date, with a reason, and taking that back. For whoever decides about the
//! record; what a share opens is in `walls`.

use super::form::{Errors, Posted, choice_label, is_choice};
use super::when::{self, When};
use super::{Area, Chrome, show_as, trail};
use crate::app::App;
use crate::auth::{Account, Lead};
use crate::db::accounts::{self, Listed};
use crate::db::keys;
use crate::db::shares::{self, NewShare, Share};
use crate::error::Error;
use crate::extract::Path;
use crate::live::Change;
use crate::seal::Opener;
use crate::walls::{Access, Object, Viewer};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// The longest share: a year.
const LONGEST: i64 = 366 * 24 * 60 * 60 * 1_000;

/// What a share allows: stable name, and words.
const LEVELS: &[(&str, &str)] = &[("read", "Read it"), ("note", "Read it and add notes")];

/// A share, for the page.
struct Row {
    id: String,
    with: String,
    level: &'static str,
    reason: String,
    by: String,
    at: When,
    until: String,
    /// Whether it holds now.
    holds: bool,
    revoked: bool,
}

#[derive(Template)]
#[template(path = "walls/sharing.html")]
struct Page<'a> {
    chrome: Chrome,
    action: String,
    record: String,
    /// Episodes and reports take no notes.
    takes_notes: bool,
    people: Vec<Listed>,
    levels: &'static [(&'static str, &'static str)],
    rows: Vec<Row>,
    tomorrow: String,
    fields: &'a Fields,
    errors: Errors,
}

/// A share to be made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    with: String,
    level: String,
    until: String,
    reason: String,
}

fn row(share: Share, opener: &Opener, now: i64) -> Row {
    Row {
        reason: share.reason(opener),
        holds: share.revoked_at.is_none() && share.until > now,
        revoked: share.revoked_at.is_some(),
        level: choice_label(LEVELS, &share.level).unwrap_or("Read it"),
        at: When::new(share.shared_at, now),
        until: when::day(share.until),
        id: share.id,
        with: share.with,
        by: share.shared_by,
    }
}

/// `GET /sharing/{kind}/{id}`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    let object = Object::of(&kind, &id).ok_or(Error::NotFound)?;
    sharing_page(&app, &me, object, &Fields::default(), Errors::default()).await
}

async fn sharing_page(
    app: &App,
    me: &Account,
    object: Object<'_>,
    fields: &Fields,
    errors: Errors,
) -> Result<Response, Error> {
    let (now, school) = (app.now(), me.school_id.as_str());
    let vault = app.vault(school).await?;
    let mut tx = app.db.begin().await?;
    let viewer = Viewer::of(app, &mut tx, me).await?;
    viewer.must(&mut tx, object, Access::Work).await?;
    let rows = shares::of(&mut *tx, school, object.kind(), object.id()).await?;
    let opener = keys::of_record(&mut tx, &vault, object.sealed()).await?;
    let rows = rows.into_iter().map(|share| row(share, &opener, now)).collect();
    let people = accounts::list(&mut *tx, school).await?;
    trail::note(&mut tx, app, me, "view_shares", object.in_trail(), json!({})).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        chrome: Chrome::of(app, me, Area::Inbox).await?,
        action: format!("/sharing/{}/{}", object.kind(), object.id()),
        record: object.path(),
        takes_notes: matches!(object, Object::Concern(_)),
        people: people.into_iter().filter(|one| may_receive(me, one)).collect(),
        levels: LEVELS,
        rows,
        tomorrow: when::date_value(now + 24 * 60 * 60 * 1_000),
        fields,
        errors,
    };
    show_as(status, &page)
}

/// Whether somebody can be shared with at all: an open account of somebody who works in the school.
fn may_receive(me: &Account, one: &Listed) -> bool {
    one.disabled_at.is_none() && one.account.role.is_school_staff() && one.account.id != me.id
}

/// `POST /sharing/{kind}/{id}`.
pub(crate) async fn share(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path((kind, id)): Path<(String, String)>,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let object = Object::of(&kind, &id).ok_or(Error::NotFound)?;
    let (now, mut errors) = (app.now(), Errors::default());
    let with = accounts::find(app.db.read(), &me.school_id, &fields.with).await?;
    let with = with.filter(|one| may_receive(&me, one));
    if with.is_none() {
        errors.add("with", "Choose a colleague from the list");
    }
    let level = if matches!(object, Object::Concern(_)) { fields.level.as_str() } else { "read" };
    if !is_choice(LEVELS, level) {
        errors.add("level", "Choose what they may do");
    }
    // The day itself is the last on which it is shared.
    let until = when::read(&fields.until, "").map(|start| start + 24 * 60 * 60 * 1_000);
    let until = until.filter(|until| (now..=now + LONGEST).contains(until));
    if until.is_none() {
        errors.add("until", "Give the last day, from today on and within a year");
    }
    let missing = "Write why they need it: it is kept with the record";
    let reason = errors.needed_words("reason", &fields.reason, limit::STORY, "The reason", missing);
    let (Some(with), Some(until), true) = (with, until, errors.is_empty()) else {
        return sharing_page(&app, &me, object, &fields, errors).await;
    };
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    let viewer = Viewer::of(&app, &mut tx, &me).await?;
    viewer.must(&mut tx, object, Access::Work).await?;
    let share = app.new_id()?;
    let held = keys::held_record(&mut tx, &vault, object.sealed()).await?;
    let key = match held.needed("There is nothing left to share.") {
        Err(Error::Gone(why)) => {
            drop(tx);
            errors.add("reason", why);
            return sharing_page(&app, &me, object, &fields, errors).await;
        }
        key => key?,
    };
    let sealed = key.seal_words(app.random.as_ref(), ("share", &share), &reason)?;
    let new = NewShare {
        id: &share,
        object_kind: object.kind(),
        object_id: object.id(),
        with: &with.account.id,
        level,
        sealed: &sealed,
        by: &me.id,
        at: now,
        until,
    };
    shares::insert(&mut tx, &me.school_id, new).await?;
    let detail = json!({ "share": share, "with": with.account.id, "level": level, "until": until });
    trail::note(&mut tx, &app, &me, "share", object.in_trail(), detail).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/sharing/{kind}/{id}")).into_response())
}

/// Which share to take back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Revoked {
    share: String,
}

/// `POST /sharing/{kind}/{id}/revoke`.
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path((kind, id)): Path<(String, String)>,
    Posted(form): Posted<Revoked>,
) -> Result<Response, Error> {
    let object = Object::of(&kind, &id).ok_or(Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    let viewer = Viewer::of(&app, &mut tx, &me).await?;
    viewer.must(&mut tx, object, Access::Work).await?;
    let which = (object.kind(), object.id(), form.share.as_str());
    if shares::revoke(&mut tx, &me.school_id, which, &me.id, app.now()).await? {
        trail::note(&mut tx, &app, &me, "unshare", object.in_trail(), json!({ "share": form.share })).await?;
    }
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/sharing/{kind}/{id}")).into_response())
}
