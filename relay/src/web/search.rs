//! Searching the record for words: exact words, found through keyed hashes, since the text itself is sealed. Only what the
//! reader may open is found, and that somebody searched is in the audit trail, without the words.

use super::{Area, Chrome, show, trail};
use crate::app::App;
use crate::auth::Waiting;
use crate::db::{concerns, reports, search};
use crate::error::Error;
use crate::extract::Query;
use crate::seal;
use crate::walls::{Access, Object, Viewer};
use crate::web::when::When;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    words: String,
}

/// A record that was found.
struct Row {
    href: String,
    title: String,
    when: When,
}

#[derive(Template)]
#[template(path = "concerns/search.html")]
struct Page<'a> {
    chrome: Chrome,
    words: &'a str,
    rows: Vec<Row>,
}

/// `GET /search`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Waiting(me): Waiting,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let words = asked.words.trim();
    let rows = if words.is_empty() { Vec::new() } else { found(&app, &me, words).await? };
    if !words.is_empty() {
        let mut tx = app.db.begin().await?;
        let detail = json!({ "found": rows.len() });
        trail::note(&mut tx, &app, &me, "search", ("school", &me.school_id), detail).await?;
        tx.commit().await?;
    }
    show(&Page { chrome: Chrome::of(&app, &me, Area::Concerns).await?, words, rows })
}

async fn found(app: &App, me: &crate::auth::Account, words: &str) -> Result<Vec<Row>, Error> {
    let (db, now) = (app.db.read(), app.now());
    let vault = app.vault(&me.school_id).await?;
    let viewer = Viewer::of(app, &mut *db.acquire().await?, me).await?;
    let mut rows = Vec::new();
    for id in search::find(db, &vault, seal::Object::Concern, words).await? {
        let object = Object::Concern(&id);
        if viewer.access(&mut *db.acquire().await?, object).await? < Access::Read {
            continue;
        }
        if let Some(concern) = concerns::find(db, &vault, &id).await? {
            let title = format!("Concern {}", concern.number);
            rows.push(Row { href: object.path(), title, when: When::new(concern.recorded_at, now) });
        }
    }
    for id in search::find(db, &vault, seal::Object::Report, words).await? {
        let object = Object::Report(&id);
        if viewer.access(&mut *db.acquire().await?, object).await? < Access::Read {
            continue;
        }
        if let Some(report) = reports::find(db, &vault, &id).await? {
            let title = "A pupil’s report".to_owned();
            rows.push(Row { href: object.path(), title, when: When::new(report.received_at, now) });
        }
    }
    Ok(rows)
}
