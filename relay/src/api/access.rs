//! A pupil's request that a blocked site be opened for school work, on its way in. What became of it is told at the
//! check-in; staff answer in `web::requests`.

use super::checked::{self, Unfit, line};
use super::problem::{Kind, Problem};
use super::signed::Signed;
use crate::app::App;
use crate::db::access;
use crate::db::audit::{self, Event};
use crate::limit::{Lane, TooMany};
use crate::live::Change;
use crate::policy::{ask, published};
use crate::seal::AccessText;
use axum::Json;
use axum::extract::State;
use lapwing_core::wire::{AccessReceipt, AccessRequest, limit};
use lapwing_core::{Category, Entry};
use std::sync::Arc;

const HOUR: i64 = 60 * 60 * 1_000;
const CLOSED: &str = "is one that nobody at a school can open";

/// `POST /api/v1/access-requests`. Sending the same request again, or another for a site whose request waits, changes
/// nothing.
pub(crate) async fn access(
    State(app): State<Arc<App>>,
    Signed { device, body, arrival: _arrival, .. }: Signed<AccessRequest>,
) -> Result<Json<AccessReceipt>, Problem> {
    let (id, mut text) = fit(body)?;
    let _admitted = app.admission.admit(&device, Lane::Bulk, 1)?;
    let school = device.school_id.as_str();
    let now = app.now();
    let vault = app.vault(school).await?;
    let before = access::of_device(app.db.read(), &vault, &device.id, now - 24 * HOUR, now).await?;
    if let Some(same) =
        before.iter().find(|one| one.id == id || (one.answer.is_none() && one.text.host == text.host))
    {
        return Ok(Json(AccessReceipt { acknowledged: same.id.clone() }));
    }
    // Before the lists are asked, which takes milliseconds of a processor; and again in the transaction.
    if access::count(app.db.read(), school, &device.id, now - HOUR).await? >= limit::ASKED {
        return Err(TooMany { seconds: 600 }.into());
    }
    let listed = ask::listed(&format!("https://{}/", text.host), published::sites(&app).await?)?;
    if listed.contains(&Category::Illegal) {
        return Err(Unfit::new("host", CLOSED).into());
    }
    // What the site is about is the relay's word where it knows it: a device's is anybody's who has its key.
    if !listed.is_empty() {
        text.categories = listed.iter().map(ToString::to_string).collect();
    }
    let mut tx = app.db.begin().await?;
    if access::count(&mut *tx, school, &device.id, now - HOUR).await? >= limit::ASKED {
        return Err(TooMany { seconds: 600 }.into());
    }
    if !access::keep(&mut tx, &app, &vault, (&device.id, &id), &text).await? {
        return Err(Problem::new(Kind::CLASH, "Another request has this id. Make a new one."));
    }
    let event = Event {
        school_id: Some(school),
        account_id: None,
        action: "receive",
        object_kind: "access_request",
        object_id: &id,
        detail: serde_json::Value::Null,
    };
    audit::record(&mut tx, &app, event).await?;
    tx.commit().await?;
    app.live.notify(school, Change::Inbox);
    Ok(Json(AccessReceipt { acknowledged: id }))
}

/// A request that can be kept.
fn fit(body: AccessRequest) -> Result<(String, AccessText), Problem> {
    checked::id("id", &body.id)?;
    let host = Entry::parse(&line("host", &body.host)?)
        .map_err(|_| Unfit::new("host", "must be a site such as www.example.org or www.example.org/a/part"))?
        .to_string();
    if body.categories.len() > limit::REASONS {
        return Err(Unfit::new("categories", format!("may name at most {}", limit::REASONS)).into());
    }
    if body.categories.contains(&Category::Illegal) {
        return Err(Unfit::new("host", CLOSED).into());
    }
    let text = AccessText {
        host,
        reason: line("reason", &body.reason)?,
        account: line("account", &body.account)?,
        categories: body.categories.iter().map(ToString::to_string).collect(),
    };
    Ok((body.id, text))
}
