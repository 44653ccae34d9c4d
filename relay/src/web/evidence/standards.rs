//! The self-assessment against the UK Safer Internet Centre's lists, made new at each look. What is answered is in
//! `crate::standards`.

use crate::app::App;
use crate::auth::Evidence;
use crate::error::Error;
use crate::standards::{self, Facts, Row, Status};
use crate::web::{Area, Chrome, show, when};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

/// A list with its rows.
struct List {
    id: &'static str,
    title: &'static str,
    rows: Vec<Row>,
    not_met: usize,
}

#[derive(Template)]
#[template(path = "evidence/standards.html")]
struct Page {
    chrome: Chrome,
    made: String,
    lists: [List; 2],
    sources: Vec<(String, String)>,
    published: String,
}

/// `GET /evidence/standards`.
pub(crate) async fn page(State(app): State<Arc<App>>, Evidence(me): Evidence) -> Result<Response, Error> {
    let facts = Facts::of(&app, &me.school_id).await?;
    let list = |id, title, rows: Vec<Row>| {
        let not_met = rows.iter().filter(|row| row.status == Status::NotMet).count();
        List { id, title, rows, not_met }
    };
    let lists = [
        list("filtering", "Appropriate filtering", standards::filtering(&facts)),
        list("monitoring", "Appropriate monitoring", standards::monitoring(&facts)),
    ];
    let (sources, published) =
        facts.lists.map_or_else(Default::default, |lists| (lists.sources, lists.published));
    show(&Page {
        chrome: Chrome::of(&app, &me, Area::Evidence).await?,
        made: when::long(app.now()),
        lists,
        sources,
        published,
    })
}
