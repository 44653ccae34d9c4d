//! A pupil's report on its way in. Of an anonymous report nothing is kept or logged that tells which device sent it:
//! not even that the device was heard of at that moment.

use super::checked;
use super::problem::{Kind, Problem};
use super::signed::Signed;
use crate::app::App;
use crate::db::accounts::{self, Listed};
use crate::db::audit::{self, Event};
use crate::db::threads::{self, Kept};
use crate::limit::Lane;
use crate::live::Change;
use axum::Json;
use axum::extract::State;
use lapwing_core::wire::{Report, ReportReceipt};
use std::sync::Arc;

/// `POST /api/v1/reports`. Sending the same report again changes nothing.
pub(crate) async fn report(
    State(app): State<Arc<App>>,
    Signed { device, body, arrival: _arrival, .. }: Signed<Report>,
) -> Result<Json<ReportReceipt>, Problem> {
    let mut report = checked::report(body)?;
    let _admitted = app.admission.admit(&device, Lane::Severe, 1)?;
    let school = device.school_id.as_str();
    if let Some(adult) = &report.adult {
        // A child's words are not refused for an old list of adults. Where the account is closed, is unknown here (a restored or
        // another relay) or has another role now, the report is one to the safeguarding team: addressed to somebody who cannot
        // open it, a name given in confidence would be known to nobody.
        let known = accounts::find(app.db.read(), school, adult).await?;
        let receives = |adult: &Listed| adult.disabled_at.is_none() && adult.account.role.is_school_staff();
        if !known.as_ref().is_some_and(receives) {
            tracing::warn!("a report names an adult who cannot receive it; it goes to the safeguarding team");
            report.adult = None;
        }
    }
    let receipt_hash = app.secrets.receipt_hash(&report.receipt);
    let vault = app.vault(school).await?;
    let mut tx = app.db.begin().await?;
    let kept = threads::keep(&mut tx, &app, &vault, &device.id, &report, &receipt_hash).await?;
    match kept {
        Kept::Before => return Ok(Json(ReportReceipt { acknowledged: report.id })),
        Kept::Clash => {
            return Err(Problem::new(
                Kind::CLASH,
                "Another report has this id or receipt code. Make new ones.",
            ));
        }
        Kept::New => {}
    }
    let event = Event {
        school_id: Some(school),
        account_id: None,
        action: "receive",
        object_kind: "pupil_report",
        object_id: &report.id,
        detail: serde_json::Value::Null,
    };
    audit::record(&mut tx, &app, event).await?;
    tx.commit().await?;
    app.live.notify(school, Change::Inbox);
    tracing::info!("a report was received");
    Ok(Json(ReportReceipt { acknowledged: report.id }))
}
