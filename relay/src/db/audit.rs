//! The audit trail: who did or read what, written in the same transaction as the change. Rows are only ever added.

use super::Tx;
use crate::app::App;
use crate::error::Error;

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) struct Event<'a> {
    /// The school, where there is one yet.
    pub(crate) school_id: Option<&'a str>,
    /// Who did it; none for a device and for the relay itself.
    pub(crate) account_id: Option<&'a str>,
    /// A verb: `view`, `create`, `claim`, `dismiss`, `sign_in`.
    pub(crate) action: &'a str,
    /// The table of the object, singular: `episode`, `concern`.
    pub(crate) object_kind: &'a str,
    /// The object's id.
    pub(crate) object_id: &'a str,
    /// What else matters. Never a pupil's words, an e-mail address or a token.
    pub(crate) detail: serde_json::Value,
}

/// Writes `event` as part of `tx`.
pub(crate) async fn record(tx: &mut Tx, app: &App, event: Event<'_>) -> Result<(), Error> {
    let detail = if event.detail.is_null() { "{}".to_owned() } else { event.detail.to_string() };
    sqlx::query(
        "insert into audit_event (id, school_id, at, account_id, action, object_kind, object_id, detail) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(app.new_id()?)
    .bind(event.school_id.map(str::to_owned))
    .bind(app.now())
    .bind(event.account_id.map(str::to_owned))
    .bind(event.action.to_owned())
    .bind(event.object_kind.to_owned())
    .bind(event.object_id.to_owned())
    .bind(detail)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
