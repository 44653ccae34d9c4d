//! The conversation of a report, by receipt code. Whoever knows the sixteen digits may read and write, from any device
//! of the school; guessing them is slowed down by device and over the whole relay.

use super::checked::{self, Unfit};
use super::problem::{Kind, Problem};
use super::signed::Signed;
use crate::app::App;
use crate::db::audit::{self, Event};
use crate::db::devices::Device;
use crate::db::threads::{self, Kept, Opened};
use crate::error::Error;
use crate::limit::Lane;
use crate::live::Change;
use axum::Json;
use axum::extract::State;
use lapwing_core::wire::{Thread, ThreadQuery, ThreadReply, limit};
use std::sync::Arc;

/// `POST /api/v1/thread`.
pub(crate) async fn thread(
    State(app): State<Arc<App>>,
    Signed { device, body, arrival: _arrival, .. }: Signed<ThreadQuery>,
) -> Result<Json<Thread>, Problem> {
    let _admitted = app.admission.admit(&device, Lane::Bulk, 1)?;
    let opened = open(&app, &device, &body.receipt).await?;
    let vault = app.vault(&device.school_id).await?;
    Ok(Json(threads::thread(app.db.read(), &vault, &opened).await?))
}

/// `POST /api/v1/thread/reply`. Answers the conversation with the message in it; sending it again changes nothing.
pub(crate) async fn reply(
    State(app): State<Arc<App>>,
    Signed { device, body, arrival: _arrival, .. }: Signed<ThreadReply>,
) -> Result<Json<Thread>, Problem> {
    checked::id("id", &body.id)?;
    let text = checked::words("text", &body.text, limit::STORY)?;
    if text.is_empty() {
        return Err(Unfit::new("text", "must not be empty").into());
    }
    let _admitted = app.admission.admit(&device, Lane::Severe, 1)?;
    let opened = open(&app, &device, &body.receipt).await?;
    let school = device.school_id.as_str();
    let vault = app.vault(school).await?;
    let mut tx = app.db.begin().await?;
    let kept = match threads::reply(&mut tx, &app, &vault, (&opened.report_id, &body.id), &text).await {
        Err(Error::Gone(why)) => return Err(Problem::new(Kind::UNKNOWN_RECEIPT, why)),
        kept => kept?,
    };
    match kept {
        Kept::Clash => return Err(Problem::new(Kind::CLASH, "Another message has this id. Make a new one.")),
        Kept::Before => {}
        Kept::New => {
            let event = Event {
                school_id: Some(school),
                account_id: None,
                action: "pupil_message",
                object_kind: "pupil_report",
                object_id: &opened.report_id,
                detail: serde_json::Value::Null,
            };
            audit::record(&mut tx, &app, event).await?;
            tx.commit().await?;
            app.live.notify(school, Change::Inbox);
        }
    }
    Ok(Json(threads::thread(app.db.read(), &vault, &opened).await?))
}

async fn open(app: &App, device: &Device, receipt: &str) -> Result<Opened, Problem> {
    checked::receipt(receipt)?;
    app.limits.receipt_device.check(&device.id)?;
    app.limits.receipt_relay.check("all")?;
    threads::open(app.db.read(), &device.school_id, &app.secrets.receipt_hash(receipt))
        .await?
        .ok_or_else(|| Problem::new(Kind::UNKNOWN_RECEIPT, "No report here has this receipt code."))
}
