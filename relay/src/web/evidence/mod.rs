//! Evidence that filtering and monitoring work, for IT, safeguarding leads and governors: how many devices were in use, how many
//! proved themselves by the daily test, and what failed; by month and group, to print and as a table for the DfE's annual check.
//! Numbers of devices only: nothing here is about a pupil. What counts as proof is decided in `crate::canary`.

pub(crate) mod standards;

use super::when;
use super::{Area, Chrome, show};
use crate::app::App;
use crate::auth::Evidence;
use crate::canary::{KEPT, WEEK};
use crate::db::canary::{self, Counted, Lately};
use crate::error::Error;
use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use lapwing_core::wire::CanaryLayer;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many months are shown, the present one among them.
const MONTHS: i32 = 13;

/// Numbers of devices, with a heading.
struct Row {
    label: String,
    count: Counted,
    /// Of the days in use those with proof, in words.
    share: String,
}

impl Row {
    fn new(label: String, counts: &[Counted]) -> Self {
        let count = total(counts);
        let share = share(count.proved_days, count.days);
        Self { label, count, share }
    }
}

/// What failed, in words, with devices and days.
struct Failure {
    what: String,
    devices: i64,
    days: i64,
}

#[derive(Template)]
#[template(path = "evidence/evidence.html")]
struct Page {
    chrome: Chrome,
    made: String,
    today: Today,
    months: Vec<Row>,
    groups: Vec<Row>,
    failures: Vec<Failure>,
    /// Whether the page of devices is for whoever looks.
    sees_devices: bool,
    kept: i64,
}

/// The devices that have checked in today, and those that fail.
#[derive(Debug, Default, PartialEq, Eq)]
struct Today {
    in_use: usize,
    /// Of them those that proved themselves today and have not failed since.
    proved: usize,
    /// Of those that were in use this week the ones whose last test failed: a night does not mend them.
    failing: usize,
}

impl Today {
    fn of(lately: &BTreeMap<String, Lately>, day: i64) -> Self {
        let count = |is: fn(&Lately, i64) -> bool| lately.values().filter(|one| is(one, day)).count();
        Self {
            in_use: count(|one, day| one.seen == day),
            proved: count(|one, day| one.proved == Some(day) && !one.failing),
            failing: count(|one, _| one.failing),
        }
    }
}

/// `GET /evidence`.
pub(crate) async fn page(State(app): State<Arc<App>>, Evidence(me): Evidence) -> Result<Response, Error> {
    let now = app.now();
    let school = me.school_id.as_str();
    let months = by_month(&app, school, now).await?;
    let period = (when::month_day(now, MONTHS - 1), when::month_day(now, -1));
    let groups = canary::by_group(app.db.read(), school, period).await?;
    let failures = canary::failures(app.db.read(), school, period).await?;
    let day = when::today(now).number;
    let lately = canary::lately(app.db.read(), school, day - WEEK).await?;
    show(&Page {
        chrome: Chrome::of(&app, &me, Area::Evidence).await?,
        made: when::long(now),
        today: Today::of(&lately, day),
        months: months.iter().map(|(label, counts)| Row::new(label.clone(), counts)).collect(),
        groups: groups
            .iter()
            .map(|group| Row::new(group_words(&group.member), std::slice::from_ref(group)))
            .collect(),
        failures: failures
            .into_iter()
            .map(|(layers, devices, days)| Failure { what: layers_words(&layers), devices, days })
            .collect(),
        sees_devices: me.role == crate::auth::Role::ItAdmin,
        kept: KEPT,
    })
}

/// `GET /evidence/devices.csv`: the same by month and group, for a spreadsheet.
pub(crate) async fn csv(State(app): State<Arc<App>>, Evidence(me): Evidence) -> Result<Response, Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let head = [
        "month",
        "group",
        "devices in use",
        "devices that proved themselves",
        "devices that failed",
        "device days in use",
        "device days with proof",
        "device days that ended with a failed test",
    ];
    table.write_record(head).map_err(Error::internal)?;
    for (month, counts) in by_month(&app, &me.school_id, app.now()).await? {
        for one in &counts {
            let numbers = [one.devices, one.proved, one.failed, one.days, one.proved_days, one.failed_days];
            let texts = [month.clone(), no_formula(&group_words(&one.member))];
            let fields = texts.into_iter().chain(numbers.iter().map(ToString::to_string));
            table.write_record(fields).map_err(Error::internal)?;
        }
    }
    let bytes = table.into_inner().map_err(Error::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"lapwing-evidence.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes).into_response())
}

/// Each month with its groups, the present one first; months in which no device was in use are left out.
async fn by_month(app: &App, school: &str, now: i64) -> Result<Vec<(String, Vec<Counted>)>, Error> {
    let mut months = Vec::new();
    for back in 0..MONTHS {
        let period = (when::month_day(now, back), when::month_day(now, back - 1));
        let counts = canary::by_group(app.db.read(), school, period).await?;
        if !counts.is_empty() {
            let label = when::month_words(now, back);
            months.push((if back == 0 { format!("{label}, so far") } else { label }, counts));
        }
    }
    Ok(months)
}

fn total(counts: &[Counted]) -> Counted {
    let mut sum = Counted {
        member: String::new(),
        devices: 0,
        proved: 0,
        failed: 0,
        days: 0,
        proved_days: 0,
        failed_days: 0,
    };
    for one in counts {
        sum.devices += one.devices;
        sum.proved += one.proved;
        sum.failed += one.failed;
        sum.days += one.days;
        sum.proved_days += one.proved_days;
        sum.failed_days += one.failed_days;
    }
    sum
}

/// Never “100 %” while one is missing.
fn share(part: i64, all: i64) -> String {
    if all == 0 { "none".into() } else { format!("{} %", part.saturating_mul(100) / all) }
}

fn group_words(member: &str) -> String {
    if member.is_empty() { "No group told".into() } else { member.to_owned() }
}

fn layers_words(layers: &str) -> String {
    let label = |name: &str| {
        let known = CanaryLayer::ALL.into_iter().find(|layer| layer.as_str() == name);
        known.map_or_else(|| name.to_owned(), |layer| layer.label().to_owned())
    };
    layers.split(',').map(label).collect::<Vec<_>>().join(", ")
}

/// A spreadsheet takes what begins so for a formula, and the group is a device's word.
fn no_formula(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_and_a_formula_is_text() {
        assert_eq!([share(999, 1_000), share(2, 2), share(0, 0)], ["99 %", "100 %", "none"]);
        assert_eq!((no_formula("=1+1"), no_formula("Year 9")), ("'=1+1".into(), "Year 9".into()));
        assert_eq!(layers_words("built_in,text"), "sites of the built-in lists, typed text");
    }
}
