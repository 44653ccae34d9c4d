//! Who did and read what in the school: for its auditor, its safeguarding leads and its head. It says that a record was
//! opened and by whom, and holds none of its words; what concerns a record in which the reader is named is left out.

use super::form::choice_label;
use super::when::{self, When};
use super::words::line;
use super::{Area, Chrome, show, trail};
use crate::app::App;
use crate::auth::Trail;
use crate::db::accounts::{self, Listed};
use crate::db::trail::{self as stored, Filter};
use crate::error::Error;
use crate::extract::Query;
use crate::walls::Viewer;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What events are about: as stored, and in words. The first half are records, the second what runs the relay.
const KINDS: &[(&str, &str)] = &[
    ("concern", "Concerns"),
    ("episode", "Alerts"),
    ("pupil_report", "Pupils’ reports"),
    ("lesson", "Lessons"),
    ("numbers", "Numbers"),
    ("trail", "This trail"),
    ("account", "Accounts"),
    ("session", "Sessions"),
    ("device", "Devices"),
    ("lists", "Lists of sites"),
    ("school", "The school"),
];

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    account: String,
    kind: String,
    object: String,
    from: String,
    until: String,
    skip: String,
}

/// An event, for the page.
struct Row {
    when: When,
    who: String,
    action: String,
    kind: String,
    object: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "walls/trail.html")]
struct Page<'a> {
    chrome: Chrome,
    rows: Vec<Row>,
    people: Vec<Listed>,
    kinds: &'static [(&'static str, &'static str)],
    asked: &'a Asked,
    /// The query of the next page, when there is one.
    next: Option<String>,
}

fn row(event: stored::Row, now: i64) -> Row {
    Row {
        when: When::new(event.at, now),
        who: match (event.name, event.account_id) {
            (Some(name), _) => name,
            // Of another school; which ones may do what here is told by what it was done to.
            (None, Some(_)) if event.object_kind == "lists" => {
                "Somebody of the school that keeps the lists".into()
            }
            (None, Some(_)) => "Somebody of the trust".into(),
            (None, None) => "A device or the relay".into(),
        },
        action: event.action.replace('_', " "),
        kind: choice_label(KINDS, &event.object_kind).unwrap_or(&event.object_kind).to_owned(),
        object: event.object_id,
        detail: if event.detail == "{}" { String::new() } else { line(&event.detail) },
    }
}

/// `GET /trail`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Trail(me): Trail,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let now = app.now();
    let viewer = Viewer::of(&app, &mut *app.db.read().acquire().await?, &me).await?;
    let skip = asked.skip.parse::<i64>().unwrap_or_default().max(0);
    let filter = Filter {
        account: &asked.account,
        kind: &asked.kind,
        object: asked.object.trim(),
        from: when::read(&asked.from, "").unwrap_or_default(),
        until: when::read(&asked.until, "").map_or(i64::MAX, |start| start + DAY),
        skip,
    };
    let events = stored::list(app.db.read(), &viewer, filter).await?;
    let people = accounts::list(app.db.read(), &me.school_id).await?;
    let mut tx = app.db.begin().await?;
    let detail = json!({ "kind": asked.kind, "account": asked.account });
    trail::note(&mut tx, &app, &me, "view", ("trail", &me.school_id), detail).await?;
    tx.commit().await?;
    let next = (events.len() >= stored::MOST).then(|| {
        let more = (skip + events.len() as i64).to_string();
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("account", asked.account.as_str()),
                ("kind", &asked.kind),
                ("object", &asked.object),
                ("from", &asked.from),
                ("until", &asked.until),
                ("skip", &more),
            ])
            .finish()
    });
    let rows = events.into_iter().map(|event| row(event, now)).collect();
    let chrome = Chrome::of(&app, &me, Area::Trail).await?;
    show(&Page { chrome, rows, people, kinds: KINDS, asked: &asked, next })
}
