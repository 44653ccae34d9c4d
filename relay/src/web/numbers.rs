//! Numbers for those who oversee and do not deal with cases: a school's for its head and governor, and, in `trust`, each
//! school's for the lead of a trust. No name stands anywhere in these pages, and small numbers are kept back (`suppress`).

use super::suppress::Shown;
use super::words::capital;
use super::{Area, Chrome, show, trail, when};
use crate::app::App;
use crate::auth::Numbers;
use crate::db::Tx;
use crate::db::numbers::{self, Counted, Period};
use crate::error::Error;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use lapwing_core::Category;
use serde_json::json;
use std::sync::Arc;

/// One line of a table.
pub(super) struct Line {
    /// What is counted.
    pub(super) label: String,
    /// How many, in words where it is kept back.
    pub(super) count: String,
}

/// A table of counts with their total.
struct Table {
    title: &'static str,
    first: &'static str,
    lines: Vec<Line>,
    total: String,
}

#[derive(Template)]
#[template(path = "walls/numbers.html")]
struct Page {
    chrome: Chrome,
    from: String,
    until: String,
    tables: Vec<Table>,
}

/// The twelve whole months before the present one. Whole months, because a page that moved with every record would tell
/// by comparison what each new record is.
pub(super) fn last_year(now: i64) -> Period {
    let until = when::month_start(now, 0);
    Period { from: when::month_start(now, 12), until }
}

/// First and last day of a period, in words.
pub(super) fn words(period: Period) -> (String, String) {
    (when::day(period.from), when::day(period.until - 1))
}

fn table(title: &'static str, first: &'static str, counts: &[(String, i64)]) -> Table {
    let cells: Vec<Shown> = counts.iter().map(|(_, count)| Shown::of(*count)).collect();
    let line = |((category, _), shown): (&(String, i64), &Shown)| Line {
        label: category
            .parse::<Category>()
            .map_or_else(|_| "Not said".into(), |known| capital(known.label())),
        count: shown.words(),
    };
    let lines = counts.iter().zip(&cells).map(line).collect();
    Table { title, first, lines, total: Shown::total(&cells).words() }
}

/// How many in all, as the school's own page shows it: wherever it stands, it must tell no more than there.
pub(super) async fn total(
    tx: &mut Tx,
    school: &str,
    counted: Counted,
    period: Period,
) -> Result<Shown, Error> {
    let counts = numbers::by_category(&mut **tx, school, counted, period).await?;
    let cells: Vec<Shown> = counts.into_iter().map(|(_, count)| Shown::of(count)).collect();
    Ok(Shown::total(&cells))
}

/// `GET /numbers`.
pub(crate) async fn page(State(app): State<Arc<App>>, Numbers(me): Numbers) -> Result<Response, Error> {
    let period = last_year(app.now());
    let mut tx = app.db.begin().await?;
    let school = me.school_id.as_str();
    let concerns = numbers::by_category(&mut *tx, school, Counted::Concerns, period).await?;
    let episodes = numbers::by_category(&mut *tx, school, Counted::Episodes, period).await?;
    let reports = numbers::by_category(&mut *tx, school, Counted::Reports, period).await?;
    trail::note(&mut tx, &app, &me, "view", ("numbers", school), json!({})).await?;
    tx.commit().await?;
    let mut reports = table("Pupils’ reports", "Reports", &reports);
    reports.lines.clear();
    let tables = vec![
        table("Concerns", "What they are about", &concerns),
        table("Alerts, by what a pupil may have needed help with", "Theme", &episodes),
        reports,
    ];
    let (from, until) = words(period);
    show(&Page { chrome: Chrome::of(&app, &me, Area::Numbers).await?, from, until, tables })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_of_whole_months() {
        // Tuesday 24 November 2026, 9.14am.
        let (from, until) = words(last_year(1_795_511_640_000));
        assert_eq!((from.as_str(), until.as_str()), ("Saturday 1 November 2025", "Saturday 31 October 2026"));
    }
}
