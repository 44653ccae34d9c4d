//! Searching the record for words: exact words, found through keyed hashes, since the text itself is sealed. Only what the
//! reader may open is found, and that somebody searched is in the audit trail, without the words.

use super::form::Errors;
use super::when::When;
use super::{Area, Chrome, show, show_as, trail};
use crate::app::App;
use crate::auth::{Account, Waiting};
use crate::db::search::{self, Asked, Found, Unasked};
use crate::error::Error;
use crate::extract::Query;
use crate::walls::{Object, Viewer};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
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
    errors: Errors,
    /// What the reader must know of what was found: what was left out of the search, and of what it found.
    notes: Vec<String>,
    rows: Vec<Row>,
}

/// `GET /search`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Waiting(me): Waiting,
    Query(query): Query<Form>,
) -> Result<Response, Error> {
    let words = query.words.trim();
    let chrome = Chrome::of(&app, &me, Area::Concerns).await?;
    let mut page = Page { chrome, words, errors: Errors::default(), notes: Vec::new(), rows: Vec::new() };
    if words.is_empty() {
        return show(&page);
    }
    let asked = match Asked::read(words) {
        Ok(asked) => asked,
        Err(why) => {
            page.errors.add("words", unasked(why));
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    find(&app, &me, &asked, &mut page).await?;
    let mut tx = app.db.begin().await?;
    let detail = json!({ "found": page.rows.len() });
    trail::note(&mut tx, &app, &me, "search", ("school", &me.school_id), detail).await?;
    tx.commit().await?;
    show(&page)
}

fn unasked(why: Unasked) -> String {
    match why {
        Unasked::TooShort => "Write a word of at least two letters or digits".into(),
        Unasked::TooMany(many) => {
            let most = search::ASKED;
            format!("These are {many} different words. Leave {most} or fewer: those that few records have")
        }
    }
}

async fn find(app: &App, me: &Account, asked: &Asked, page: &mut Page<'_>) -> Result<(), Error> {
    let (db, now) = (app.db.read(), app.now());
    let vault = app.vault(&me.school_id).await?;
    let viewer = Viewer::of(app, &mut *db.acquire().await?, me).await?;
    let concerns = search::concerns(db, &vault, &viewer, asked).await?;
    let reports = search::reports(db, &vault, &viewer, asked).await?;
    if !asked.left_out.is_empty() {
        let left_out = asked.left_out.iter().map(|word| format!("“{word}”")).collect::<Vec<_>>().join(", ");
        page.notes.push(format!("Not looked for: {left_out}. A word needs two letters or digits."));
    }
    for ((found, more), kind) in [(concerns, "concerns"), (reports, "pupils’ reports")] {
        if more {
            let most = search::MOST;
            page.notes.push(format!(
                "More than {most} {kind} have all of these words. The latest {most} are shown: add a word to find fewer."
            ));
        }
        page.rows.extend(found.into_iter().map(|found| row(&found, now)));
    }
    Ok(())
}

fn row(found: &Found, now: i64) -> Row {
    let (object, title) = match found.number {
        Some(number) => (Object::Concern(&found.id), format!("Concern {number}")),
        None => (Object::Report(&found.id), "A pupil’s report".to_owned()),
    };
    Row { href: object.path(), title, when: When::new(found.at, now) }
}
