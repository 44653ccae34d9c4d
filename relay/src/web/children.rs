//! A child's page: which records concern them, and who looked at those. For safeguarding leads, who must be able to say so
//! when a parent or a court asks (UK GDPR article 15; Working Together). What the reader is walled off from is not there.

use super::when::When;
use super::{Area, Chrome, show, trail};
use crate::app::App;
use crate::auth::Lead;
use crate::db::looked;
use crate::error::Error;
use crate::extract::Path;
use crate::walls::{Access, Object, Viewer};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use std::sync::Arc;

/// One opening of a record, for the page.
struct Row {
    when: When,
    who: String,
    what: String,
}

#[derive(Template)]
#[template(path = "concerns/child.html")]
struct Page {
    chrome: Chrome,
    name: String,
    year: String,
    concerns: Vec<(String, i64)>,
    rows: Vec<Row>,
    /// Whether there are more openings than are shown.
    more: bool,
}

/// `GET /pupils/{id}`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (db, school, now) = (app.db.read(), me.school_id.as_str(), app.now());
    let vault = app.vault(school).await?;
    let child = looked::child(db, &vault, &id).await?.ok_or(Error::NotFound)?;
    let viewer = Viewer::of(&app, &mut *db.acquire().await?, &me).await?;
    let mut readable = Vec::new();
    for (concern, number) in looked::concerns_of(db, school, &id).await? {
        if viewer.access(&mut *db.acquire().await?, Object::Concern(&concern)).await? >= Access::Read {
            readable.push((concern, number));
        }
    }
    // That there is a record of the child at all is not for somebody who may read none.
    if readable.is_empty() {
        return Err(Error::NotFound);
    }
    let mut looks = Vec::new();
    for (concern, number) in &readable {
        let openings = looked::openings(db, school, concern).await?;
        looks.extend(openings.into_iter().map(|look| (look, *number)));
    }
    looks.sort_by(|(a, _), (b, _)| b.at.cmp(&a.at).then_with(|| a.object_id.cmp(&b.object_id)));
    // An alert or report from which two concerns were made was opened once.
    looks.dedup_by(|(a, _), (b, _)| a == b);
    let more = looks.len() > looked::MOST;
    let rows = looks.into_iter().take(looked::MOST).map(|(look, number)| Row {
        when: When::new(look.at, now),
        who: look.name.unwrap_or_else(|| "Somebody of the trust".into()),
        what: match look.object_kind.as_str() {
            "episode" => format!("Alerts behind concern {number}"),
            "pupil_report" => format!("The pupil’s report behind concern {number}"),
            _ => format!("Concern {number}"),
        },
    });
    let page = Page {
        name: child.name,
        year: child.year_group,
        concerns: readable,
        rows: rows.collect(),
        more,
        chrome: Chrome::of(&app, &me, Area::Concerns).await?,
    };
    let mut tx = app.db.begin().await?;
    trail::note(&mut tx, &app, &me, "view", ("person", &child.id), json!({})).await?;
    tx.commit().await?;
    show(&page)
}
