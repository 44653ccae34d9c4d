//! Alert intake. A batch is committed as a whole before any of it is acknowledged; an alert that can never be kept is
//! refused by name, and the others do not suffer for it. Sending a batch again changes nothing.

use super::checked::{self, Unfit};
use super::problem::{Kind, Problem};
use super::signed::Signed;
use crate::app::App;
use crate::db::audit::{self, Event};
use crate::db::intake::{self, Origin};
use crate::limit::Lane;
use crate::live::Change;
use crate::metrics;
use axum::Json;
use axum::extract::State;
use lapwing_core::wire::{Alert, BatchReceipt, Refusal, limit};
use lapwing_core::{Severity, Stage};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// A batch whose alerts are read one by one, so that a single bad one can be named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    alerts: Vec<Value>,
}

#[cfg(feature = "fuzzing")]
impl Batch {
    pub(super) fn into_alerts(self) -> Vec<Value> {
        self.alerts
    }
}

/// `POST /api/v1/alerts`.
pub(crate) async fn alerts(
    State(app): State<Arc<App>>,
    Signed { device, body, arrival: _arrival }: Signed<Batch>,
) -> Result<Json<BatchReceipt>, Problem> {
    if body.alerts.len() > limit::BATCH {
        let detail = format!("A batch may hold at most {} alerts. Send fewer at once.", limit::BATCH);
        return Err(Problem::new(Kind::TOO_LARGE, detail));
    }
    let mut receipt = BatchReceipt::default();
    let mut sound = Vec::with_capacity(body.alerts.len());
    for value in body.alerts {
        match read(value) {
            Ok(alert) => sound.push(alert),
            Err(refusal) => receipt.refused.push(refusal),
        }
    }
    let lane = if sound.iter().any(is_severe) { Lane::Severe } else { Lane::Bulk };
    let admitted = app.admission.admit(&device, lane, sound.len())?;
    let origin = Origin { school_id: &device.school_id, device_id: &device.id, now: app.now() };
    let vault = app.vault(&device.school_id).await?;
    let mut tx = app.db.begin().await?;
    intake::heard_of(&mut tx, origin).await?;
    let mut kept = 0;
    for alert in &sound {
        kept += u64::from(intake::keep(&mut tx, &app, &vault, origin, alert).await?);
    }
    if kept > 0 {
        let event = Event {
            school_id: Some(&device.school_id),
            account_id: None,
            action: "receive",
            object_kind: "device",
            object_id: &device.id,
            detail: json!({ "alerts": kept }),
        };
        audit::record(&mut tx, &app, event).await?;
    }
    let started = Instant::now();
    tx.commit().await?;
    metrics::committed(kept, started.elapsed());
    if kept > 0 {
        app.live.notify(&device.school_id, Change::Inbox);
    }
    let (known, refused) = (sound.len() as u64 - kept, receipt.refused.len() as u64);
    metrics::alerts(kept, known, refused);
    let severe = admitted.lane == Lane::Severe;
    tracing::info!(device = device.id, kept, known, refused, severe, "alerts received");
    receipt.acknowledged = sound.into_iter().map(|alert| alert.id).collect();
    Ok(Json(receipt))
}

/// Whether somebody may have to act today: such a batch takes a place that no flood can have taken.
fn is_severe(alert: &Alert) -> bool {
    alert.severity >= Severity::High || alert.stage == Some(Stage::Active)
}

pub(super) fn read(value: Value) -> Result<Alert, Refusal> {
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default().chars().take(64).collect();
    let refused = |detail: String| Refusal { id, detail };
    match serde_json::from_value::<Alert>(value) {
        Ok(alert) => checked::alert(alert).map_err(|unfit: Unfit| refused(format!("{unfit}."))),
        Err(error) => Err(refused(format!("This is not an alert: {error}."))),
    }
}
