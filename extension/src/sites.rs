//! The packs in force, as the engine asks them: one whole pack, and changes laid on it.

use lapwing_core::pack::{Pack, PackError};
use lapwing_core::{Engine, Sites};
use std::sync::Arc;

/// The sites of the packs in force; none while only the lists that are built in decide.
#[derive(Debug, Default)]
pub struct Packed(Option<Arc<Sites>>);

impl Packed {
    /// Takes in a pack that has been verified: a whole one in place of all there is, a change on top of it. No engine may
    /// hold the sites meanwhile.
    ///
    /// # Errors
    /// When it does not fit what is there, or cannot be used; nothing has changed then.
    pub fn take(&mut self, pack: Pack) -> Result<(), PackError> {
        if pack.parent().is_none() {
            self.0 = Some(Arc::new(Sites::new(pack)?));
            return Ok(());
        }
        let sites = self.0.as_mut().and_then(Arc::get_mut).ok_or(PackError::Parent)?;
        sites.lay(pack)
    }

    /// Whether there is any.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Drops everything: the lists that are built in decide alone.
    pub fn drop_all(&mut self) {
        self.0 = None;
    }

    /// An engine that asks them too.
    #[must_use]
    pub fn joined(&self, engine: Engine) -> Engine {
        match &self.0 {
            Some(sites) => engine.with_sites(Arc::clone(sites)),
            None => engine,
        }
    }
}
