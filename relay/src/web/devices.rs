//! Devices, for IT: which are alive, which have gone silent, and with what versions. Nothing here is about any child.

use super::when::{self, When};
use super::{Area, Chrome, show, trail};
use crate::app::App;
use crate::auth::ItAdmin;
use crate::canary::WEEK;
use crate::db::canary::{self, Lately};
use crate::db::devices::{self, Listed};
use crate::error::Error;
use crate::extract::Path;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

/// A device that says nothing for a day is silent: it checks in every few minutes while its browser is open.
const SILENT: i64 = 24 * 60 * 60 * 1_000;

struct Row {
    id: String,
    label: String,
    browser: String,
    seen: When,
    enrolled: When,
    silent: bool,
    revoked: Option<When>,
    state: &'static str,
    wrong: bool,
    versions: [(&'static str, String); 3],
    waiting: i64,
    refused: i64,
    lists_problem: String,
    test: Test,
}

/// What is known of a device's daily test.
enum Test {
    /// Nothing is due: it is revoked, or has not checked in this week.
    None,
    /// It held today.
    Today(When),
    /// Today's is missing; the last one held on this day of the week before.
    Before(String),
    /// It has not proved itself this week, although it was in use.
    Missing,
    /// The last test failed, and why.
    Failed(String),
}

impl Test {
    fn of(lately: Option<&Lately>, now: i64) -> Self {
        let Some(lately) = lately else { return Self::None };
        match lately.proved {
            _ if lately.failing => Self::Failed(lately.why.clone()),
            Some(day) if day == when::today(now).number => Self::Today(When::new(lately.proved_at, now)),
            Some(day) => Self::Before(when::day_of(day)),
            None => Self::Missing,
        }
    }

    const fn failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

impl Row {
    fn new(device: Listed, lately: Option<&Lately>, now: i64) -> Self {
        let (state, wrong) = match device.state.as_str() {
            "watching" => ("watching", false),
            "bad_policy" => ("policy cannot be read: the last good one is in force", true),
            _ => ("has not checked in yet", false),
        };
        let or_unknown = |text: String| if text.is_empty() { "not known yet".to_owned() } else { text };
        Self {
            silent: device.revoked_at.is_none() && now - device.last_seen_at > SILENT,
            seen: When::new(device.last_seen_at, now),
            enrolled: When::new(device.enrolled_at, now),
            revoked: device.revoked_at.map(|at| When::new(at, now)),
            state,
            wrong,
            versions: [
                ("Extension", or_unknown(device.extension_version)),
                ("Lists", or_unknown(device.lists_version)),
                ("Policy", or_unknown(device.policy_version)),
            ],
            id: device.id,
            label: if device.label.is_empty() { "No name".to_owned() } else { device.label },
            browser: device.browser,
            waiting: device.waiting,
            refused: device.refused,
            lists_problem: device.pack_problem,
            test: Test::of(lately, now),
        }
    }
}

#[derive(Template)]
#[template(path = "devices/list.html")]
struct ListPage {
    chrome: Chrome,
    rows: Vec<Row>,
    in_force: usize,
    silent: usize,
    failing: usize,
    missing: usize,
}

#[derive(Template)]
#[template(path = "devices/revoke.html")]
struct RevokePage {
    chrome: Chrome,
    row: Row,
}

/// `GET /devices`.
pub(crate) async fn list(State(app): State<Arc<App>>, ItAdmin(me): ItAdmin) -> Result<Response, Error> {
    let now = app.now();
    let devices = devices::list(app.db.read(), &me.school_id).await?;
    let lately = canary::lately(app.db.read(), &me.school_id, when::today(now).number - WEEK).await?;
    let mut rows: Vec<Row> = devices
        .into_iter()
        .map(|device| {
            let lately = lately.get(&device.id);
            Row::new(device, lately, now)
        })
        .collect();
    // A device that does not filter comes before all others.
    rows.sort_by_key(|row| !row.test.failed());
    show(&ListPage {
        chrome: Chrome::of(&app, &me, Area::Devices).await?,
        in_force: rows.iter().filter(|row| row.revoked.is_none()).count(),
        silent: rows.iter().filter(|row| row.silent).count(),
        failing: rows.iter().filter(|row| row.test.failed()).count(),
        missing: rows.iter().filter(|row| row.test.is_missing()).count(),
        rows,
    })
}

/// `GET /devices/{id}/revoke`: asks first.
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let device = devices::one(app.db.read(), &me.school_id, &id).await?.ok_or(Error::NotFound)?;
    let chrome = Chrome::of(&app, &me, Area::Devices).await?;
    show(&RevokePage { chrome, row: Row::new(device, None, app.now()) })
}

/// `POST /devices/{id}/revoke`: nothing is taken from the device from now on.
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    devices::one(app.db.read(), &me.school_id, &id).await?.ok_or(Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    if devices::revoke(&mut tx, &me.school_id, &id, app.now()).await? {
        trail::note(&mut tx, &app, &me, "revoke", ("device", &id), json!({})).await?;
    }
    tx.commit().await?;
    app.live.device_changed(&id);
    Ok(Redirect::to("/devices").into_response())
}
