//! What is in force, and of which lists it was made, where this relay made it: what a proposal is compared with, and what a
//! small change is laid on.

use super::Entry;
use crate::app::App;
use crate::db::list_builds;
use crate::db::packs::{self, Published};
use crate::error::Error;

/// The packs in force.
#[derive(Debug, Clone, Default)]
pub(super) struct InForce {
    /// The whole one, and then its changes; empty while nothing has been published.
    pub(super) packs: Vec<Published>,
    /// The key that signed them.
    pub(super) key: String,
    /// The lists of which all of it was made; none where it was made elsewhere.
    pub(super) lists: Option<Vec<Entry>>,
    /// The lists of which the whole pack was made; none where it was made elsewhere.
    pub(super) base: Option<Vec<Entry>>,
}

impl InForce {
    /// Reads it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) async fn read(app: &App) -> Result<Self, Error> {
        let Some(offer) = packs::offer(app.db.read()).await? else { return Ok(Self::default()) };
        let all = packs::all(app.db.read()).await?;
        let made = list_builds::published(app.db.read()).await?;
        let packs: Vec<Published> = offer
            .packs
            .iter()
            .filter_map(|offered| all.iter().find(|pack| pack.digest == offered.digest).cloned())
            .collect();
        let of = |pack: Option<&Published>| -> Result<Option<Vec<Entry>>, Error> {
            let Some(pack) = pack else { return Ok(None) };
            // What was brought back is what it was.
            let origin = if pack.restores.is_empty() { &pack.digest } else { &pack.restores };
            made.iter()
                .find(|(digest, _)| digest == origin)
                .map(|(_, manifest)| entries(manifest))
                .transpose()
        };
        Ok(Self { lists: of(packs.last())?, base: of(packs.first())?, key: offer.key, packs })
    }

    /// Digest of the newest pack; empty for none.
    pub(super) fn newest(&self) -> &str {
        self.packs.last().map_or("", |pack| &pack.digest)
    }
}

/// The lists of a proposal, as they are stored.
///
/// # Errors
/// When they cannot be read, which is a fault of ours.
pub(super) fn entries(manifest: &str) -> Result<Vec<Entry>, Error> {
    serde_json::from_str(manifest).map_err(Error::internal)
}
