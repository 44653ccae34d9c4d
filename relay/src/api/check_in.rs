//! A device's sign of life, and what the school has set in return; with it a session, where the device offers one.

use super::checked::{Unfit, id, line};
use super::problem::{Kind, Problem};
use super::session;
use super::signed::{By, Signed};
use crate::app::App;
use crate::canary;
use crate::db::intake::{Arrival, News};
use crate::db::{accounts, lessons, packs, schools};
use crate::limit::Lane;
use crate::policy;
use crate::shadow;
use axum::Json;
use axum::extract::State;
use lapwing_core::wire::{
    Canary, CanaryLayer, CanaryResult, CheckIn, ListsState, SchoolConfig, ShadowSeen, TrustedAdult, limit,
};
use std::sync::Arc;

/// `POST /api/v1/check-in`. A check-in leaves no audit row: it changes only when a device was last heard of, and comes
/// every few minutes from each: so many that they share commits with alerts (`writer`). A session that begins is part of
/// the same commit.
pub(crate) async fn check_in(
    State(app): State<Arc<App>>,
    Signed { device, by, body, arrival: _arrival }: Signed<CheckIn>,
) -> Result<Json<SchoolConfig>, Problem> {
    // A session must not be able to renew itself: only the device's own key begins one.
    if by != By::Device {
        return Err(Problem::new(
            Kind::UNSIGNED,
            "A check-in is signed with the device’s own key. Sign it with that one.",
        ));
    }
    body.shadow.as_ref().map(fits).transpose()?;
    let said = CheckIn {
        extension_version: line("extension_version", &body.extension_version)?,
        browser: line("browser", &body.browser)?,
        lists_version: line("lists_version", &body.lists_version)?,
        policy_version: line("policy_version", &body.policy_version)?,
        lists: body.lists.as_ref().map(said_of_lists).transpose()?,
        canary: body.canary.as_ref().map(said_of_canary).transpose()?,
        ..body
    };
    let admitted = app.admission.admit(&device, Lane::Bulk, 1)?;
    let begun =
        said.session_point.as_deref().map(|point| session::begin(&app, &device, point)).transpose()?;
    let (stored, granted) = begun.unzip();
    let (school_id, device_id) = (device.school_id.clone(), device.id.clone());
    let now = app.now();
    let vault = app.vault(&school_id).await?;
    let had = said.policy_version.clone();
    let (day, wanted) = canary::of_check_in(&app, (&school_id, &device_id), &said).await?;
    let (trial, counted) = shadow::of_check_in(&app, said.shadow.as_ref()).await?;
    let arrival = Arrival {
        vault: Arc::clone(&vault),
        school_id: device.school_id,
        device_id: device.id,
        now,
        news: Some(News::Said(Box::new(said), stored, day.map(Box::new), counted.map(Box::new))),
        alerts: Vec::new(),
    };
    app.writer.keep(arrival, admitted.lane).await?;
    if granted.is_some() {
        app.devices.forget(&device_id);
    }
    let school = schools::find(app.db.read(), &school_id).await?;
    let adults = accounts::trusted_adults(app.db.read(), &school_id)
        .await?
        .into_iter()
        .map(|adult| TrustedAdult { id: adult.id, name: adult.name, role: adult.job })
        .collect();
    let lessons = lessons::for_devices(app.db.read(), &school_id, now).await?;
    let (news, requests) = policy::news(&app, &vault, &device_id, &had).await?;
    let lists = packs::offer(app.db.read()).await?;
    Ok(Json(SchoolConfig {
        school: school.name,
        adults,
        hours: school.hours,
        lessons,
        policy: Some(news),
        requests,
        session: granted,
        lists,
        canary: Some(wanted),
        shadow: trial,
    }))
}

fn said_of_lists(said: &ListsState) -> Result<ListsState, Problem> {
    Ok(ListsState { version: said.version, problem: line("lists.problem", &said.problem)? })
}

fn said_of_canary(said: &Canary) -> Result<Canary, Problem> {
    let most = CanaryLayer::ALL.len();
    if said.results.len() > most {
        return Err(Unfit::new("canary.results", format!("may hold at most {most} results")).into());
    }
    let results = said
        .results
        .iter()
        .map(|one| Ok(CanaryResult { why: line("canary.results.why", &one.why)?, ..one.clone() }));
    Ok(Canary {
        ran_at: said.ran_at,
        group: line("canary.group", &said.group)?,
        safe_search: said.safe_search,
        results: results.collect::<Result<_, Problem>>()?,
    })
}

/// Whether what a device saw of a trial can be taken. Which of its sites are believed is asked of the trial's own pack.
fn fits(seen: &ShadowSeen) -> Result<(), Unfit> {
    id("shadow.batch", &seen.batch)?;
    let most = limit::SHADOW_SITES;
    if seen.sites.len() > most {
        return Err(Unfit::new("shadow.sites", format!("may hold at most {most} sites")));
    }
    Ok(())
}
