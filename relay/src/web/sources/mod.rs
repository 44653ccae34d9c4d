//! Sources of site lists, as IT keeps them and a DSL sees them: all of them here, one of them in `one`, what they would change in
//! `proposal`, and what of it is on `trial`. Several schools share what a relay keeps, and no IT of one decides for the others unless the server's
//! console has named its school as the one that does: for all others these pages are not. The work is in `crate::sources`.

pub(crate) mod one;
pub(crate) mod proposal;
pub(crate) mod trial;

use super::form::{Errors, Posted, choice_label, is_choice};
use super::when::When;
use super::words::{capital, count};
use super::{Area, Chrome, show_as, trail};
use crate::app::App;
use crate::auth::{Account, ItAdmin, ItOrDsl, Role};
use crate::db::list_builds;
use crate::db::list_sources::{self, Settings, Source};
use crate::error::Error;
use crate::sources::{self, KINDS, Keeper};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::Category;
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use url::Url;

/// How often a source may be fetched, as stored and in words.
const REFRESH: [(&str, &str); 2] = [("daily", "Every day"), ("weekly", "Every week")];

/// Sources that a relay keeps at most: each is read whole whenever something is proposed.
const MOST: usize = 100;

/// Characters of an address.
const ADDRESS: usize = 2_000;

/// The form of a source, as it was filled in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    name: String,
    kind: String,
    category: String,
    licence: String,
    attribution: String,
    url: String,
    refresh: String,
    goes_live: String,
    is_on: String,
}

/// A source, for the page.
struct Row {
    id: String,
    name: String,
    /// Its kind, and its category where it has one.
    what: String,
    from: String,
    /// The same in short: of an address the host.
    short: String,
    licence: String,
    /// How many rules are kept, and since when; none before the first.
    kept: Option<(String, When)>,
    /// What came of asking, and when; none before the first time.
    asked: Option<(&'static str, When)>,
    problem: String,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "lists/sources.html")]
struct Page {
    chrome: Chrome,
    rows: Vec<Row>,
    is_it: bool,
    waits: bool,
    /// Why nothing comes of sources; none when something does.
    cannot: Option<String>,
    fields: Fields,
    kinds: &'static [(&'static str, &'static str)],
    categories: Vec<(&'static str, String)>,
    refresh: &'static [(&'static str, &'static str)],
    errors: Errors,
}

/// `GET /lists/sources`.
pub(crate) async fn page(State(app): State<Arc<App>>, ItOrDsl(me): ItOrDsl) -> Result<Response, Error> {
    only_keeper(&app, &me).await?;
    let fields = Fields { refresh: "daily".into(), ..Fields::default() };
    all(&app, &me, fields, Errors::default()).await
}

async fn all(app: &App, me: &Account, fields: Fields, errors: Errors) -> Result<Response, Error> {
    let now = app.now();
    let rows = list_sources::all(app.db.read()).await?;
    let page = Page {
        chrome: Chrome::of(app, me, Area::Lists).await?,
        is_it: me.role == Role::ItAdmin,
        waits: list_builds::waiting(app.db.read()).await?.is_some(),
        cannot: if rows.is_empty() { None } else { sources::propose::cannot_publish(app).await? },
        fields,
        kinds: &KINDS,
        categories: categories(),
        refresh: &REFRESH,
        rows: rows.into_iter().map(|source| row(source, now)).collect(),
        errors,
    };
    show_as(status(&page.errors), &page)
}

/// `POST /lists/sources`: adds one. A file is given on the page of its own.
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    only_keeper(&app, &me).await?;
    let mut errors = Errors::default();
    let mut settings = settings(&app, &fields, &fields.kind, &mut errors);
    settings.is_on = true;
    let known = list_sources::all(app.db.read()).await?;
    is_new_name(&known, &settings.name, "", &mut errors);
    if known.len() >= MOST {
        errors
            .add("name", format!("There are {MOST} sources already. Remove one that is not needed any more"));
    }
    if !errors.is_empty() {
        return all(&app, &me, fields, errors).await;
    }
    let (id, now) = (app.new_id()?, app.now());
    let due_at = if settings.url.is_empty() { 0 } else { now };
    let mut tx = app.db.begin().await?;
    list_sources::insert(&mut tx, &id, &settings, &me.id, (now, due_at)).await?;
    trail::note(&mut tx, &app, &me, "add_source", ("lists", &id), detail(&settings)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/lists/sources/{id}")).into_response())
}

/// What the trail keeps of a source. Its address may hold a key of the school's.
fn detail(settings: &Settings) -> serde_json::Value {
    json!({
        "name": settings.name, "kind": settings.kind, "category": settings.category, "host": host(&settings.url),
        "refresh": settings.refresh, "goes_live": settings.goes_live, "on": settings.is_on,
    })
}

/// The host of an address; empty when there is none.
fn host(url: &str) -> String {
    url.parse::<Url>().ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// Reads the form of a source of this kind.
fn settings(app: &App, fields: &Fields, kind: &str, errors: &mut Errors) -> Settings {
    let name = errors.line("name", &fields.name, limit::LINE, "The name");
    if name.is_empty() {
        errors.add("name", "Write what the list is called");
    }
    if !is_choice(&KINDS, kind) {
        errors.add("kind", "Choose what kind of list it is");
    }
    let category = if sources::has_one_category(kind) { fields.category.as_str() } else { "" };
    if sources::has_one_category(kind) && !categories().iter().any(|(key, _)| *key == category) {
        errors.add(
            "category",
            "Choose what the sites of this list are about: a list of this kind does not say it",
        );
    }
    let url = errors.line("url", &fields.url, ADDRESS, "The address");
    if !url.is_empty() {
        match url.parse::<Url>() {
            Err(_) => errors.add("url", "Write a whole address that begins with https://"),
            Ok(parsed) => {
                if let Err(why) = app.reach.check(&parsed) {
                    errors.add("url", format!("The relay does not ask this address: {why}"));
                }
            }
        }
        if !is_choice(&REFRESH, &fields.refresh) {
            errors.add("refresh", "Choose how often it is fetched");
        }
    }
    let is_fetched = !url.is_empty();
    Settings {
        name,
        kind: kind.to_owned(),
        category: category.to_owned(),
        licence: errors.line("licence", &fields.licence, limit::LINE, "The licence"),
        attribution: errors.line("attribution", &fields.attribution, limit::LINE, "Whom to name"),
        refresh: if is_fetched { fields.refresh.clone() } else { String::new() },
        goes_live: is_fetched && fields.goes_live == "yes",
        url,
        is_on: fields.is_on == "yes",
    }
}

fn is_new_name(known: &[Source], name: &str, own: &str, errors: &mut Errors) {
    if known.iter().any(|other| other.id != own && other.settings.name.eq_ignore_ascii_case(name)) {
        errors.add("name", "Another source is called so. Give this one a name of its own");
    }
}

/// What all sites of a list may be about. Addresses of unlawful content must not lie in a database in clear.
fn categories() -> Vec<(&'static str, String)> {
    let all = Category::ALL.iter().filter(|one| !matches!(one, Category::Illegal | Category::Canary));
    all.map(|category| (category.as_str(), capital(category.label()))).collect()
}

fn row(source: Source, now: i64) -> Row {
    let Source { id, settings, asked_at, outcome, problem, digest, rules, taken_at, .. } = source;
    let mut what = choice_label(&KINDS, &settings.kind).unwrap_or_default().to_owned();
    if let Some((_, label)) = categories().into_iter().find(|(key, _)| *key == settings.category) {
        what = format!("{what}: {label}");
    }
    let (from, short) = match choice_label(&REFRESH, &settings.refresh) {
        Some(often) => {
            (format!("{often}: {}", settings.url), format!("{often}, from {}", host(&settings.url)))
        }
        None => ("A file".to_owned(), "A file".to_owned()),
    };
    let outcome = match outcome.as_str() {
        "new" => Some("A new state came"),
        "same" => Some("Nothing had changed"),
        "failed" => Some("It did not come"),
        _ => None,
    };
    Row {
        what,
        from,
        short,
        licence: if settings.licence.is_empty() { "As the list says".into() } else { settings.licence },
        kept: (!digest.is_empty()).then(|| (count(rules, "rule"), When::new(taken_at, now))),
        asked: outcome.map(|outcome| (outcome, When::new(asked_at, now))),
        problem,
        is_on: settings.is_on,
        name: settings.name,
        id,
    }
}

fn status(errors: &Errors) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// For all schools that do not keep the lists of this relay these pages are not.
async fn only_keeper(app: &App, me: &Account) -> Result<(), Error> {
    if Keeper::of(app).await?.is(&me.school_id) { Ok(()) } else { Err(Error::NotFound) }
}
