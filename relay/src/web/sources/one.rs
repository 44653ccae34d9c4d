//! One source: what IT says of it, its file, and fetching it now. A file is checked as it comes, and what was kept before
//! stays where it cannot be read.

use super::{
    Area, Chrome, Fields, REFRESH, Row, categories, detail, is_new_name, only_keeper, row, settings, status,
};
use crate::app::App;
use crate::auth::{Account, ItAdmin, ItOrDsl, Role};
use crate::db::list_sources::{self, Outcome, Source};
use crate::db::scope::{self, Scope};
use crate::error::Error;
use crate::extract::Path;
use crate::sources::keep::{self, Stored, Work};
use crate::sources::{self, Trouble, due};
use crate::web::form::{Errors, Posted};
use crate::web::{show_as, trail};
use askama::Template;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "lists/source.html")]
struct Page {
    chrome: Chrome,
    row: Row,
    is_it: bool,
    is_fetched: bool,
    attribution: String,
    goes_live: bool,
    fields: Fields,
    one_category: bool,
    categories: Vec<(&'static str, String)>,
    refresh: &'static [(&'static str, &'static str)],
    megabytes: usize,
    errors: Errors,
}

async fn find(app: &App, me: &Account, id: &str) -> Result<Source, Error> {
    only_keeper(app, me).await?;
    let all = list_sources::all(app.db.read()).await?;
    all.into_iter().find(|source| source.id == id).ok_or(Error::NotFound)
}

/// `GET /lists/sources/{id}`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let source = find(&app, &me, &id).await?;
    show(&app, &me, source, None, Errors::default()).await
}

/// The page, with the form as it is or as it was filled in.
async fn show(
    app: &App,
    me: &Account,
    source: Source,
    fields: Option<Fields>,
    errors: Errors,
) -> Result<Response, Error> {
    let said = source.settings.clone();
    let yes = |is: bool| if is { "yes".to_owned() } else { String::new() };
    let as_kept = || Fields {
        name: said.name.clone(),
        kind: said.kind.clone(),
        category: said.category.clone(),
        licence: said.licence.clone(),
        attribution: said.attribution.clone(),
        url: said.url.clone(),
        refresh: said.refresh.clone(),
        goes_live: yes(said.goes_live),
        is_on: yes(said.is_on),
    };
    let page = Page {
        chrome: Chrome::of(app, me, Area::Lists).await?,
        row: row(source, app.now()),
        is_it: me.role == Role::ItAdmin,
        is_fetched: !said.url.is_empty(),
        attribution: said.attribution.clone(),
        goes_live: said.goes_live,
        fields: fields.unwrap_or_else(as_kept),
        one_category: sources::has_one_category(&said.kind),
        categories: categories(),
        refresh: &REFRESH,
        megabytes: sources::MOST / 1024 / 1024,
        errors,
    };
    show_as(status(&page.errors), &page)
}

/// `POST /lists/sources/{id}`: what IT says of it. Whether it is fetched or given as a file stays what it is.
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Path(id): Path<String>,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let source = find(&app, &me, &id).await?;
    let mut errors = Errors::default();
    let is_fetched = !source.settings.url.is_empty();
    let given = Fields { url: if is_fetched { fields.url.clone() } else { String::new() }, ..fields.clone() };
    let wanted = settings(&app, &given, &source.settings.kind, &mut errors);
    if is_fetched && wanted.url.is_empty() {
        errors.add("url", "Write where it is fetched, or remove this source and add one with a file");
    }
    let known = list_sources::all(app.db.read()).await?;
    is_new_name(&known, &wanted.name, &id, &mut errors);
    if !errors.is_empty() {
        return show(&app, &me, source, Some(fields), errors).await;
    }
    let old = &source.settings;
    let same_time = (&old.url, &old.refresh, old.is_on) == (&wanted.url, &wanted.refresh, wanted.is_on);
    let due_at = match due::next(&wanted, app.now(), false) {
        0 => 0,
        _ if same_time => source.due_at,
        _ => app.now(),
    };
    let mut tx = app.db.begin().await?;
    list_sources::change(&mut tx, &id, &wanted, &me.id, due_at).await?;
    trail::note(&mut tx, &app, &me, "change_source", ("lists", &id), detail(&wanted)).await?;
    tx.commit().await?;
    Ok(to_page(&id))
}

/// `POST /lists/sources/{id}/file`: its bytes.
pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Path(id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Error> {
    let source = find(&app, &me, &id).await?;
    let mut errors = Errors::default();
    if !source.settings.url.is_empty() {
        errors.add(
            "fetch",
            "This list is fetched from its address. Have it fetched now, or add another source for a file",
        );
        return show(&app, &me, source, None, errors).await;
    }
    let Ok(mut form) = form else { return Err(not_whole()) };
    // First, since the bytes are in memory until they are kept: one file at a time.
    let work = Work::begin(&app).await?;
    let bytes = match file(&mut form).await {
        Ok(bytes) => bytes,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => return Err(Error::TooLarge),
        Err(_) => return Err(not_whole()),
    };
    if bytes.is_empty() {
        errors.add("file", "Choose the file of the list. An empty one is no list");
        return show(&app, &me, source, None, errors).await;
    }
    match keep::store(&app, &work, &source, bytes, ("", "")).await {
        Ok(stored) => {
            let mut tx = app.db.begin().await?;
            let what = if stored == Stored::Same { "same" } else { "new" };
            list_sources::asked(&mut tx, &source, Outcome { what, ..Outcome::default() }, app.now()).await?;
            list_sources::changed(&mut tx, &id, &me.id).await?;
            let detail = json!({ "name": source.settings.name, "outcome": what });
            trail::note(&mut tx, &app, &me, "give_file", ("lists", &id), detail).await?;
            tx.commit().await?;
            Ok(to_page(&id))
        }
        Err(Trouble::Said(text)) => {
            errors.add("file", text);
            drop(work);
            show(&app, &me, source, None, errors).await
        }
        Err(Trouble::Fault(error)) => Err(error),
    }
}

/// The bytes of the field `file`; none when nothing was chosen. The route limits how many.
async fn file(form: &mut Multipart) -> Result<Vec<u8>, MultipartError> {
    while let Some(mut field) = form.next_field().await? {
        if field.name() == Some("file") {
            let mut bytes = Vec::new();
            while let Some(chunk) = field.chunk().await? {
                bytes.extend_from_slice(&chunk);
            }
            return Ok(bytes);
        }
    }
    Ok(Vec::new())
}

fn not_whole() -> Error {
    Error::BadRequest("The file did not arrive whole. Go back, choose it, and send it again.".into())
}

/// `POST /lists/sources/{id}/fetch`: asks its server now.
pub(crate) async fn fetch(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let source = find(&app, &me, &id).await?;
    let mut errors = Errors::default();
    if source.settings.url.is_empty() {
        errors.add("file", "This list has no address to be fetched from. Give its file");
        return show(&app, &me, source, None, errors).await;
    }
    match scope::within(Scope::Relay, due::refresh(&app, &source, Some(&me.id))).await {
        Ok(_) => Ok(to_page(&id)),
        Err(Trouble::Said(text)) => {
            errors.add("fetch", format!("{text} What is kept has not changed."));
            let source = find(&app, &me, &id).await?;
            show(&app, &me, source, None, errors).await
        }
        Err(Trouble::Fault(error)) => Err(error),
    }
}

/// `POST /lists/sources/{id}/remove`. Its rules go with the next proposal.
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let source = find(&app, &me, &id).await?;
    let mut tx = app.db.begin().await?;
    list_sources::remove(&mut tx, &id, &me.id, app.now()).await?;
    trail::note(&mut tx, &app, &me, "remove_source", ("lists", &id), detail(&source.settings)).await?;
    tx.commit().await?;
    // It is removed: what the sweep leaves behind, the next one takes.
    if let Err(error) = keep::sweep(&app).await {
        tracing::warn!(?error, "the files of a removed source could not be swept up");
    }
    Ok(Redirect::to("/lists/sources").into_response())
}

fn to_page(id: &str) -> Response {
    Redirect::to(&format!("/lists/sources/{id}")).into_response()
}
