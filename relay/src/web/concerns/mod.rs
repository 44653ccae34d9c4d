//! Concerns: the form by which staff record one (`record`), the record that the DSL works on and the little that its
//! reporter sees of it (`view`), what may be done to it (`change`), the adults who are named in it and walled off from it
//! (`named`), and the lists, here. Nothing that is written is ever changed: what follows is an
//! entry of its own.

pub(crate) mod change;
mod draft;
pub(crate) mod named;
mod origin;
pub(crate) mod record;
pub(crate) mod view;

pub(super) use draft::{YEARS, categories};

use super::form::choice_label;
use super::when::When;
use super::{Area, Chrome, show};
use crate::app::App;
use crate::auth::{Role, Staff};
use crate::db::concerns::Person;
use crate::db::inbox::{self, ConcernFilter};
use crate::db::shares;
use crate::error::Error;
use crate::extract::Query;
use crate::walls::{Access, Object, Viewer};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// Roles of persons in a concern: stable name, and words.
const ROLES: &[(&str, &str)] = &[
    ("subject", "The child it is about"),
    ("harmed", "May have been harmed"),
    ("alleged_harming", "May have caused harm"),
    ("witness", "Saw or heard it"),
    ("sibling", "Brother or sister"),
    ("adult_named", "An adult who is named"),
];

/// Statuses: stable name, and words.
const STATUSES: &[(&str, &str)] = &[
    ("new", "New"),
    ("acknowledged", "Read by the safeguarding lead"),
    ("open", "Being acted on"),
    ("closed", "Closed"),
];

fn status_words(status: &str) -> &'static str {
    choice_label(STATUSES, status).unwrap_or("Unknown")
}

/// Whom a concern is about, in one line: “Amira Khan (Year 9), Tom Bell and 2 more”.
pub(super) fn persons_words(persons: &[Person]) -> String {
    let named: Vec<String> = persons.iter().take(2).map(person_words).collect();
    match persons.len() {
        0 => "Nobody is named".into(),
        1 | 2 => named.join(", "),
        more => format!("{} and {} more", named.join(", "), more - 2),
    }
}

fn person_words(person: &Person) -> String {
    match (person.kind.as_str(), person.year_group.as_str()) {
        ("adult", _) => format!("{} (adult)", person.name),
        (_, "") => person.name.clone(),
        (_, year) => format!("{} ({year})", person.name),
    }
}

/// A concern in a list.
struct Row {
    href: String,
    number: i64,
    who: String,
    reporter: String,
    status: &'static str,
    fresh: bool,
    when: When,
}

#[derive(Template)]
#[template(path = "concerns/list.html")]
struct ListPage<'a> {
    chrome: Chrome,
    /// Whether the reader's role reads concerns of others.
    all: bool,
    rows: Vec<Row>,
    /// What colleagues have shared with the reader.
    shared: Vec<SharedRow>,
    statuses: &'static [(&'static str, &'static str)],
    status: &'a str,
    /// The number to go on from, when there are more.
    next: Option<i64>,
}

/// A record that somebody has shared with the reader.
struct SharedRow {
    href: String,
    title: &'static str,
    by: String,
    until: String,
}

/// What is shared with the reader now, as far as the walls still open it.
async fn shared_rows(app: &App, viewer: &Viewer) -> Result<Vec<SharedRow>, Error> {
    let mut db = app.db.read().acquire().await?;
    let mut rows = Vec::new();
    for share in shares::with(&mut *db, &viewer.school, &viewer.id, viewer.now).await? {
        let Some(object) = Object::of(&share.object_kind, &share.object_id) else { continue };
        if viewer.access(&mut db, object).await? < Access::Read {
            continue;
        }
        let title = match object {
            Object::Concern(_) => "A concern",
            Object::Episode(_) => "Alerts",
            Object::Report(_) => "A pupil’s report",
        };
        rows.push(SharedRow {
            href: object.path(),
            title,
            by: share.shared_by,
            until: super::when::day(share.until),
        });
    }
    Ok(rows)
}

/// Which concerns are asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    status: String,
    #[serde(default)]
    before: String,
}

/// `GET /concerns`: one's own, and those that the walls open.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Query(filter): Query<Filter>,
) -> Result<Response, Error> {
    let all = me.role != Role::Staff;
    let viewer = Viewer::of(&app, &mut *app.db.read().acquire().await?, &me).await?;
    let status = choice_label(STATUSES, &filter.status).map_or("", |_| filter.status.as_str());
    let asked = ConcernFilter { status, own: true, before: filter.before.parse().unwrap_or_default() };
    let vault = app.vault(&me.school_id).await?;
    let found = inbox::concerns(app.db.read(), &vault, &viewer, asked).await?;
    let now = app.now();
    let rows = found.iter().map(|row| Row {
        href: format!("/concerns/{}", row.id),
        number: row.number,
        who: persons_words(&row.persons),
        reporter: row.reporter.clone(),
        status: status_words(&row.status),
        fresh: row.status == "new",
        when: When::new(row.recorded_at, now),
    });
    let rows = rows.collect();
    let next = if found.len() >= inbox::MOST { found.last().map(|row| row.number) } else { None };
    let shared = shared_rows(&app, &viewer).await?;
    let chrome = Chrome::of(&app, &me, Area::Concerns).await?;
    show(&ListPage { chrome, all, rows, shared, statuses: STATUSES, status, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, kind: &str, year: &str) -> Person {
        Person { name: name.into(), kind: kind.into(), year_group: year.into(), role: "subject".into() }
    }

    #[test]
    fn a_line_names_two_and_counts_the_rest() {
        let many =
            [person("Amira", "pupil", "Year 9"), person("Tom", "pupil", ""), person("Mr Hale", "adult", "")];
        assert_eq!(persons_words(&many), "Amira (Year 9), Tom and 1 more");
        assert_eq!(persons_words(&many[2..]), "Mr Hale (adult)");
        assert_eq!(persons_words(&[]), "Nobody is named");
    }
}
