//! Episodes that begin with an alert of this group.

use super::join::rank;
use super::themes::{Coming, Sum};
use crate::app::App;
use crate::db::Tx;
use crate::db::keys;
use crate::db::many::Many;
use crate::error::Error;
use crate::seal::{Object, RecordKey, Vault, Wrapped};
use lapwing_core::{Category, Stage};

static BEGIN: Many = Many::new(
    "insert into episode (id, school_id, device_id, account_hash, sealed, category, severity, rank, stage, first_at, \
     last_at, alerts, status) ",
    13,
    "",
);

static WRAP: Many =
    Many::new("insert into record_key (school_id, object_kind, object_id, under, wrapped) ", 5, "");

/// A new episode's row.
pub(super) struct Begun {
    pub(super) id: String,
    school: String,
    device: String,
    account_hash: String,
    sealed: Vec<u8>,
    category: Category,
    sum: Sum,
    pub(super) wrapped: Wrapped,
}

impl Begun {
    /// An episode of what is coming, sealed under `key`.
    pub(super) fn new(app: &App, vault: &Vault, coming: &Coming<'_>, key: &RecordKey) -> Result<Self, Error> {
        let (id, random) = (app.new_id()?, app.random.as_ref());
        let (arrival, ready) = coming.item;
        let account = ready.alert.account.as_deref().unwrap_or_default();
        Ok(Self {
            sealed: key.seal_words(random, ("episode", &id), account)?,
            wrapped: vault.wrap_record(random, (Object::Episode, &id), key)?,
            id,
            school: arrival.school_id.clone(),
            device: arrival.device_id.clone(),
            account_hash: ready.account_hash.clone(),
            category: ready.alert.category,
            sum: coming.sum,
        })
    }
}

/// Inserts them, and the ways to their keys.
///
/// # Errors
/// [`Error::Busy`] when a school's key that wraps one was destroyed while its alert waited: the device sends it again.
pub(super) async fn begin(tx: &mut Tx, begun: &[Begun]) -> Result<(), Error> {
    keys::hold(tx, begun.iter().map(|row| (row.school.as_str(), row.wrapped.under.as_str()))).await?;
    BEGIN
        .insert(tx, begun, |query, row| {
            query
                .bind(row.id.clone())
                .bind(row.school.clone())
                .bind(row.device.clone())
                .bind(row.account_hash.clone())
                .bind(row.sealed.clone())
                .bind(row.category.as_str())
                .bind(row.sum.severity.as_str())
                .bind(rank(row.sum.severity))
                .bind(row.sum.stage.map(Stage::as_str))
                .bind(row.sum.first_at)
                .bind(row.sum.last_at)
                .bind(row.sum.alerts)
                .bind("new")
        })
        .await?;
    WRAP.insert(tx, begun, |query, row| {
        query
            .bind(row.school.clone())
            .bind(Object::Episode.as_str())
            .bind(row.id.clone())
            .bind(row.wrapped.under.clone())
            .bind(row.wrapped.bytes.clone())
    })
    .await
}
