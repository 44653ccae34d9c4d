//! The audit row that goes with everything a person does or reads here, in the same transaction. What a row holds, and
//! that it is only ever added, is in `db::audit`.

use crate::app::App;
use crate::auth::Account;
use crate::db::{Tx, audit};
use crate::error::Error;

/// Writes that `me` did `action` to the object `id` of the kind `kind`. `detail` never holds anybody's words.
pub(super) async fn note(
    tx: &mut Tx,
    app: &App,
    me: &Account,
    action: &str,
    (kind, id): (&str, &str),
    detail: serde_json::Value,
) -> Result<(), Error> {
    let event = audit::Event {
        school_id: Some(&me.school_id),
        account_id: Some(&me.id),
        action,
        object_kind: kind,
        object_id: id,
        detail,
    };
    audit::record(tx, app, event).await
}
