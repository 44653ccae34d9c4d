//! Of compiled lists what decides about addresses: the sites, and what is never read. A browser's worker has this part alone in
//! its first turn, in the script that it is started with, so it has bytes of its own beside the whole of the lists.

use crate::lists::ListsError;
use crate::lists::model::SiteRule;
use crate::site::Entry;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listed {
    pub(crate) sites: Vec<SiteRule>,
    /// What site lists say of themselves.
    pub(crate) reasons: Vec<String>,
    pub(crate) never_read: Vec<Entry>,
}

impl Listed {
    /// Reads what [`to_bytes`](Self::to_bytes) has written.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when the bytes are not that.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ListsError> {
        let damaged = |detail: &str| ListsError::Damaged(detail.to_owned());
        let (sites, reasons, never_read) =
            postcard::from_bytes(bytes).map_err(|_| damaged("the sites cannot be read"))?;
        let listed = Self { sites, reasons, never_read };
        if listed.sites.iter().any(|site| site.why as usize >= listed.reasons.len()) {
            return Err(damaged("a site refers to a reason that is not there"));
        }
        Ok(listed)
    }

    /// The bytes; only the build script makes them.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when they cannot be written, which only running out of memory brings about.
    #[cfg_attr(not(test), allow(dead_code, reason = "only the build script and the tests write"))]
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, ListsError> {
        postcard::to_allocvec(&(&self.sites, &self.reasons, &self.never_read))
            .map_err(|error| ListsError::Damaged(error.to_string()))
    }
}
