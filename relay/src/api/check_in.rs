//! A device's sign of life, and what the school has set in return.

use super::checked::line;
use super::problem::Problem;
use super::signed::Signed;
use crate::app::App;
use crate::db::intake::{Arrival, News};
use crate::db::{accounts, lessons, schools};
use crate::limit::Lane;
use axum::Json;
use axum::extract::State;
use lapwing_core::wire::{CheckIn, SchoolConfig, TrustedAdult};
use std::sync::Arc;

/// `POST /api/v1/check-in`. A check-in leaves no audit row: it changes only when a device was last heard of, and comes
/// every few minutes from each: so many that they share commits with alerts (`writer`).
pub(crate) async fn check_in(
    State(app): State<Arc<App>>,
    Signed { device, body, arrival: _arrival }: Signed<CheckIn>,
) -> Result<Json<SchoolConfig>, Problem> {
    let said = CheckIn {
        extension_version: line("extension_version", &body.extension_version)?,
        browser: line("browser", &body.browser)?,
        lists_version: line("lists_version", &body.lists_version)?,
        policy_version: line("policy_version", &body.policy_version)?,
        ..body
    };
    let admitted = app.admission.admit(&device, Lane::Bulk, 1)?;
    let school_id = device.school_id.clone();
    let now = app.now();
    let arrival = Arrival {
        vault: app.vault(&school_id).await?,
        school_id: device.school_id,
        device_id: device.id,
        now,
        news: Some(News::Said(said)),
        alerts: Vec::new(),
    };
    app.writer.keep(arrival, admitted.lane).await?;
    let school = schools::find(app.db.read(), &school_id).await?;
    let adults = accounts::trusted_adults(app.db.read(), &school_id)
        .await?
        .into_iter()
        .map(|adult| TrustedAdult { id: adult.id, name: adult.name, role: adult.job })
        .collect();
    let lessons = lessons::for_devices(app.db.read(), &school_id, now).await?;
    Ok(Json(SchoolConfig { school: school.name, adults, hours: school.hours, lessons }))
}
