//! Lessons: a member of staff says what is taught to whom until when, so that schoolwork raises fewer alerts. A lesson lowers
//! what devices find about its topics by one step, and never what is critical; which topics there are is
//! `Category::is_taught`. The page shows what is on, ends it, and announces another.

use super::form::{Errors, Posted, clean, form_id, is_choice};
use super::when::{self, When};
use super::words::capital;
use super::{Area, Chrome, show_as, trail};
use crate::app::App;
use crate::auth::{Account, Staff};
use crate::db::lessons::{self, Announced, NewLesson};
use crate::error::Error;
use crate::extract::Path;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::Category;
use lapwing_core::wire::{Lesson, limit};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

const HOUR: i64 = 60 * 60 * 1_000;

/// When a lesson can end: stable name, and words.
const ENDS: &[(&str, &str)] = &[
    ("1", "In 1 hour"),
    ("2", "In 2 hours"),
    ("3", "In 3 hours"),
    (DAY, "At the end of the school day, 4pm"),
];
const DAY: &str = "day";
const DAY_ENDS: &str = "16:00";

/// Every year, among the years that can be chosen; the others are numbers, Reception 0.
const ALL: &str = "all";
const LAST_YEAR: u8 = 13;

/// A lesson that is on, for the page.
struct Row {
    id: String,
    topics: String,
    years: String,
    until: When,
    note: String,
    by: String,
    at: When,
}

#[derive(Template)]
#[template(path = "lessons/lessons.html")]
struct Page<'a> {
    chrome: Chrome,
    rows: Vec<Row>,
    /// Name, words, and whether it is ticked.
    topics: Vec<(&'static str, String, bool)>,
    years: Vec<(String, String)>,
    ends: &'static [(&'static str, &'static str)],
    fields: &'a Fields,
    errors: Errors,
}

/// A lesson to be announced.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    /// Made with the form, so that sending it twice announces one lesson.
    id: String,
    topics: Vec<String>,
    year: String,
    ends: String,
    note: String,
}

impl Fields {
    /// The lesson and the note, or what is wrong, in the order of the fields.
    fn check(&self, now: i64) -> Result<(Lesson, String), Errors> {
        let mut errors = Errors::default();
        let topics: Vec<Category> = taught().filter(|topic| self.is_ticked(*topic)).collect();
        if topics.is_empty() {
            errors.add("topics", "Tick at least one topic");
        } else if topics.len() < self.topics.len() {
            errors.add("topics", "Tick topics of this list alone: others cannot be announced");
        }
        let years = self.years();
        if years.is_none() {
            errors.add("year", "Choose a year group, or every year");
        }
        let until = until(&self.ends, now);
        if until.is_none() {
            let late = is_choice(ENDS, &self.ends);
            errors.add(
                "ends",
                if late { "It is past 4pm: choose 1, 2 or 3 hours" } else { "Choose when it ends" },
            );
        }
        let note = clean(&self.note, false);
        let length = note.chars().count();
        if length > limit::LINE {
            let most = limit::LINE;
            errors.add("note", format!("The note is {length} characters long. Make it {most} or fewer"));
        }
        match (years, until) {
            (Some(years), Some(until)) if errors.is_empty() => Ok((Lesson { topics, years, until }, note)),
            _ => Err(errors),
        }
    }

    fn is_ticked(&self, topic: Category) -> bool {
        self.topics.iter().any(|name| name == topic.as_str())
    }

    /// The chosen years, none of them for every year; nothing when none was chosen.
    fn years(&self) -> Option<Vec<u8>> {
        if self.year == ALL {
            return Some(Vec::new());
        }
        (0..=LAST_YEAR).find(|year| self.year == year.to_string()).map(|year| vec![year])
    }
}

fn taught() -> impl Iterator<Item = Category> {
    Category::ALL.iter().copied().filter(|topic| topic.is_taught())
}

/// The moment of a choice of [`ENDS`]; nothing when it is none of them, or lies behind.
fn until(choice: &str, now: i64) -> Option<i64> {
    match choice {
        "1" => Some(now + HOUR),
        "2" => Some(now + 2 * HOUR),
        "3" => Some(now + 3 * HOUR),
        DAY => when::read(&when::date_value(now), DAY_ENDS).filter(|end| *end > now),
        _ => None,
    }
}

fn year_label(year: u8) -> String {
    if year == 0 { "Reception".into() } else { format!("Year {year}") }
}

fn row(announced: Announced, now: i64) -> Row {
    let Announced { id, lesson, note, by, at } = announced;
    let labels: Vec<&str> = lesson.topics.iter().map(|topic| topic.label()).collect();
    let years: Vec<String> = lesson.years.iter().map(|year| year_label(*year)).collect();
    Row {
        id,
        topics: capital(&labels.join(", ")),
        years: if years.is_empty() { "Every year".into() } else { years.join(", ") },
        until: When::new(lesson.until, now),
        note,
        by,
        at: When::new(at, now),
    }
}

/// `GET /lessons`.
pub(crate) async fn page(State(app): State<Arc<App>>, Staff(me): Staff) -> Result<Response, Error> {
    let fields = Fields { id: app.new_id()?, ends: "1".into(), ..Fields::default() };
    lessons_page(&app, &me, &fields, Errors::default()).await
}

async fn lessons_page(app: &App, me: &Account, fields: &Fields, errors: Errors) -> Result<Response, Error> {
    let now = app.now();
    let vault = app.vault(&me.school_id).await?;
    let rows = lessons::on(app.db.read(), &vault, now).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let is_late = until(DAY, now).is_none();
    let every = (ALL.to_owned(), "Every year".to_owned());
    let page = Page {
        chrome: Chrome::of(app, me, Area::Lessons).await?,
        rows: rows.into_iter().map(|lesson| row(lesson, now)).collect(),
        topics: taught().map(|t| (t.as_str(), capital(t.label()), fields.is_ticked(t))).collect(),
        years: (0..=LAST_YEAR).map(|y| (y.to_string(), year_label(y))).chain([every]).collect(),
        ends: if is_late { ENDS.split_last().map_or(ENDS, |(_, hours)| hours) } else { ENDS },
        fields,
        errors,
    };
    show_as(status, &page)
}

/// `POST /lessons`.
pub(crate) async fn announce(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Posted(mut fields): Posted<Fields>,
) -> Result<Response, Error> {
    let (lesson, note) = match fields.check(app.now()) {
        Ok(sound) => sound,
        Err(errors) => return lessons_page(&app, &me, &fields, errors).await,
    };
    fields.id = form_id(&fields.id)?;
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    let new = NewLesson { id: &fields.id, lesson: &lesson, note: &note, by: &me.id };
    if lessons::announce(&mut tx, &app, &vault, new).await? {
        if lessons::count(&mut *tx, &me.school_id, app.now()).await? > limit::LESSONS as i64 {
            drop(tx);
            let mut errors = Errors::default();
            let many = format!(
                "{} lessons are on already. End one that is over, then announce this one",
                limit::LESSONS
            );
            errors.add("topics", many);
            return lessons_page(&app, &me, &fields, errors).await;
        }
        let detail = json!({ "topics": lesson.topics, "years": lesson.years, "until": lesson.until });
        trail::note(&mut tx, &app, &me, "announce", ("lesson", &fields.id), detail).await?;
    } else if lessons::announced_by(&mut *tx, &me.school_id, &fields.id).await? != Some(me.id.clone()) {
        // The same form once more is answered like the first time, unless the id is somebody else's.
        return Err(Error::BadRequest("Open the form again: this one was used before.".into()));
    }
    tx.commit().await?;
    Ok(Redirect::to("/lessons").into_response())
}

/// `POST /lessons/{id}/end`. Any colleague may: it only makes alerts as usual again, and whoever announced it may have left.
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let mut tx = app.db.begin().await?;
    lessons::announced_by(&mut *tx, &me.school_id, &id).await?.ok_or(Error::NotFound)?;
    if lessons::end(&mut tx, &me.school_id, &id, &me.id, app.now()).await? {
        trail::note(&mut tx, &app, &me, "end", ("lesson", &id), json!({})).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/lessons").into_response())
}

#[cfg(test)]
#[path = "lessons_tests.rs"]
mod tests;
