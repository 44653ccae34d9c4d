//! The audit trail: who did or read what, written in the same transaction as the change. Rows are only ever added; how
//! they are chained is in `tx`.

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

/// Writes `event` into its school's chain when `tx` commits.
// It waits for nothing today; callers treat it like every other statement of their transaction.
#[allow(clippy::unused_async, clippy::needless_pass_by_value)]
pub(crate) async fn record(tx: &mut Tx, app: &App, event: Event<'_>) -> Result<(), Error> {
    tx.note(&event, app.now());
    Ok(())
}
