//! A proposal on trial: begun and stopped by IT or a DSL, and what it would have stopped so far, as part of the proposal's page.

use super::{only_keeper, proposal};
use crate::app::App;
use crate::auth::ItOrDsl;
use crate::canary::KEPT;
use crate::db::scope::{self, Scope};
use crate::db::shadow::{self, Totals, Trial, Visited};
use crate::error::Error;
use crate::extract::Path;
use crate::sources::trial;
use crate::web::when::When;
use crate::web::words::{capital, count};
use axum::extract::State;
use axum::response::Response;
use lapwing_core::Category;
use std::sync::Arc;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Sites that are shown.
const MOST: i64 = 50;

/// A site that was visited, for the page.
pub(super) struct Row {
    pub(super) site: String,
    pub(super) kinds: String,
    pub(super) visits: i64,
    pub(super) days: i64,
}

/// The last trial, for the page.
pub(super) struct Shown {
    pub(super) is_running: bool,
    /// Whether it tries what waits now.
    pub(super) is_of_waiting: bool,
    pub(super) by: String,
    pub(super) started: When,
    /// When it ends or has ended.
    pub(super) end: When,
    /// “3 days”.
    pub(super) days: String,
    /// “30 devices”: those that took part; empty while none has.
    pub(super) devices: String,
    /// “214 visits”.
    pub(super) visits: String,
    /// “12 sites”.
    pub(super) visited: String,
    pub(super) has_visits: bool,
    /// “400 sites”: those on trial.
    pub(super) sites: String,
    /// Rules for single pages, which are not tried; empty for none.
    pub(super) pages: String,
    pub(super) rows: Vec<Row>,
    /// Visited sites that are not shown.
    pub(super) more: i64,
}

/// The last trial; none where there was none whose counts are kept.
pub(super) async fn shown(app: &App, waiting: Option<&str>) -> Result<Option<Shown>, Error> {
    let now = app.now();
    let last = shadow::latest(app.db.read()).await?.filter(|trial| trial.ends_at > now - KEPT * DAY);
    let Some(trial) = last else { return Ok(None) };
    // What is decided here is decided for every school, so what they all counted is shown: sites, and nobody's name.
    let counted = async {
        let totals = shadow::totals(app.db.read(), &trial.id).await?;
        Ok::<_, Error>((totals, shadow::visited(app.db.read(), &trial.id, MOST).await?))
    };
    let (Totals { visits, sites: visited, devices }, rows) = scope::within(Scope::Relay, counted).await?;
    let rows: Vec<Row> = rows.into_iter().map(row).collect();
    let is_running = trial.is_running(now);
    let until = if is_running { now } else { trial.end() };
    let days = (until - trial.started_at).max(1).saturating_add(DAY - 1) / DAY;
    let Trial { sites, paths, started_at, .. } = trial;
    Ok(Some(Shown {
        is_running,
        is_of_waiting: waiting == Some(trial.build_id.as_str()),
        end: When::new(trial.end(), now),
        by: trial.started_by_name,
        started: When::new(started_at, now),
        days: count(days, "day"),
        devices: if devices > 0 { count(devices, "device") } else { String::new() },
        visits: count(visits, "visit"),
        visited: count(visited, "site"),
        has_visits: visits > 0,
        sites: count(sites, "site"),
        pages: if paths > 0 { count(paths, "rule") } else { String::new() },
        more: visited - i64::try_from(rows.len()).unwrap_or(visited),
        rows,
    }))
}

fn row(visited: Visited) -> Row {
    let kinds = visited.categories.split(',').filter_map(|name| name.parse::<Category>().ok());
    let kinds: Vec<&str> = kinds.map(Category::label).collect();
    Row { kinds: capital(&kinds.join(", ")), site: visited.site, visits: visited.visits, days: visited.days }
}

/// `POST /lists/proposals/{id}/try`.
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    proposal::find(&app, &me, &id).await?;
    let begun = scope::within(Scope::Relay, trial::begin(&app, &id, (&me.id, &me.name))).await;
    proposal::after(&app, &me, begun, "/lists/proposal").await
}

/// `POST /lists/trial/stop`.
pub(crate) async fn stop(State(app): State<Arc<App>>, ItOrDsl(me): ItOrDsl) -> Result<Response, Error> {
    only_keeper(&app, &me).await?;
    let stopped = scope::within(Scope::Relay, trial::stop(&app, &me.id)).await;
    proposal::after(&app, &me, stopped, "/lists/proposal").await
}
