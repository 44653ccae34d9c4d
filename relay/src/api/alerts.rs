//! Alert intake. A batch is committed as a whole before any of it is acknowledged; an alert that can never be kept is
//! refused by name, and the others do not suffer for it. Sending a batch again changes nothing.

use super::checked::{self, Unfit};
use super::problem::{Kind, Problem};
use super::signed::Signed;
use crate::app::App;
use crate::db::intake::{Arrival, News, Ready};
use crate::limit::Lane;
use crate::metrics;
use axum::Json;
use axum::extract::State;
use lapwing_core::wire::{Alert, BatchReceipt, Refusal, limit};
use lapwing_core::{Severity, Stage};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// A batch whose alerts are read one by one, so that a single bad one can be named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    alerts: Vec<Box<RawValue>>,
}

#[cfg(feature = "fuzzing")]
impl Batch {
    pub(super) fn into_alerts(self) -> Vec<Box<RawValue>> {
        self.alerts
    }
}

/// `POST /api/v1/alerts`.
pub(crate) async fn alerts(
    State(app): State<Arc<App>>,
    Signed { device, body, arrival: _arrival, .. }: Signed<Batch>,
) -> Result<Json<BatchReceipt>, Problem> {
    if body.alerts.len() > limit::BATCH {
        let detail = format!("A batch may hold at most {} alerts. Send fewer at once.", limit::BATCH);
        return Err(Problem::new(Kind::TOO_LARGE, detail));
    }
    let mut receipt = BatchReceipt::default();
    let mut sound = Vec::with_capacity(body.alerts.len());
    for json in &body.alerts {
        match read(json) {
            Ok(alert) => sound.push(alert),
            Err(refusal) => receipt.refused.push(refusal),
        }
    }
    let lane = if sound.iter().any(is_severe) { Lane::Severe } else { Lane::Bulk };
    let admitted = app.admission.admit(&device, lane, sound.len())?;
    let vault = app.vault(&device.school_id).await?;
    let now = app.now();
    let ids: Vec<String> = sound.iter().map(|alert| alert.id.clone()).collect();
    let arrival = Arrival {
        news: (now - device.last_seen_at >= SEEN_EVERY).then_some(News::HeardOf),
        alerts: sound.into_iter().map(|alert| Ready::new(&vault, alert)).collect::<Result<_, _>>()?,
        school_id: device.school_id,
        device_id: device.id,
        now,
        vault,
    };
    let kept = app.writer.keep(arrival, admitted.lane).await?;
    let kept_not =
        |id: &String| kept.left.contains(id) || kept.refused.iter().any(|refusal| refusal.id == *id);
    receipt.acknowledged = ids.into_iter().filter(|id| !kept_not(id)).collect();
    receipt.refused.extend(kept.refused);
    let known = (receipt.acknowledged.len() as u64).saturating_sub(kept.new);
    metrics::alerts(kept.new, known, receipt.refused.len() as u64);
    Ok(Json(receipt))
}

/// Whether somebody may have to act today: such a batch overtakes what waits.
fn is_severe(alert: &Alert) -> bool {
    alert.severity >= Severity::High || alert.stage == Some(Stage::Active)
}

/// How old the note of when a device was heard of may grow, milliseconds: not every batch needs a write of its own.
const SEEN_EVERY: i64 = 60_000;

/// The least that must be there to name an alert that is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    id: Option<serde_json::Value>,
}

pub(super) fn read(json: &RawValue) -> Result<Alert, Refusal> {
    let refused = |detail: String| {
        let named: Named = serde_json::from_str(json.get()).unwrap_or_default();
        let id = named.id.as_ref().and_then(|id| id.as_str()).unwrap_or_default().chars().take(64).collect();
        Refusal { id, detail }
    };
    match serde_json::from_str::<Alert>(json.get()) {
        Ok(alert) => checked::alert(alert).map_err(|unfit: Unfit| refused(format!("{unfit}."))),
        Err(error) => Err(refused(format!("This is not an alert: {error}."))),
    }
}
