//! The published lists of sites as the engine asks them, so that “Try an address” answers as a device does that has them.
//! They are opened when somebody first asks, and again when others are in force. Publishing them is for `lists`.

use crate::app::App;
use crate::db::packs;
use crate::error::Error;
use lapwing_core::Sites;
use lapwing_core::pack::{Pack, PublicKey};
use std::sync::{Arc, Mutex, PoisonError};

/// What was opened last, and the digests by which it is known.
#[derive(Debug, Default)]
pub(crate) struct Opened(Mutex<Option<(Vec<String>, Arc<Sites>)>>);

impl Opened {
    fn known(&self, digests: &[String]) -> Option<Arc<Sites>> {
        let opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        opened.as_ref().filter(|(known, _)| known == digests).map(|(_, sites)| Arc::clone(sites))
    }

    fn keep(&self, digests: Vec<String>, sites: &Arc<Sites>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((digests, Arc::clone(sites)));
    }
}

/// The sites of the lists in force; none where none have been published.
///
/// # Errors
/// When they cannot be read, or are not as they were signed.
pub(crate) async fn sites(app: &App) -> Result<Option<Arc<Sites>>, Error> {
    let Some(offer) = packs::offer(app.db.read()).await? else { return Ok(None) };
    let digests: Vec<String> = offer.packs.iter().map(|pack| pack.digest.clone()).collect();
    if let Some(sites) = app.sites.known(&digests) {
        return Ok(Some(sites));
    }
    let key: PublicKey = offer.key.parse().map_err(Error::internal)?;
    let mut files = Vec::with_capacity(digests.len());
    for digest in &digests {
        let bytes = packs::bytes(app.db.read(), digest).await?;
        files.push(bytes.ok_or_else(|| Error::Damaged(format!("the pack {digest} has no bytes")))?);
    }
    // Verifying millions of names takes some tens of milliseconds, in which other requests are served.
    let opened = tokio::task::spawn_blocking(move || open(files, &key)).await.map_err(Error::internal)??;
    let sites = opened.map(Arc::new);
    if let Some(sites) = &sites {
        app.sites.keep(digests, sites);
    }
    Ok(sites)
}

fn open(files: Vec<Vec<u8>>, key: &PublicKey) -> Result<Option<Sites>, Error> {
    let mut sites: Option<Sites> = None;
    for bytes in files {
        let pack = Pack::open(bytes, key, 0).map_err(Error::internal)?;
        match &mut sites {
            None => sites = Some(Sites::new(pack).map_err(Error::internal)?),
            Some(sites) => sites.lay(pack).map_err(Error::internal)?,
        }
    }
    Ok(sites)
}
