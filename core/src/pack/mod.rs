//! Packs: the one signed file that carries lists to devices.
//!
//! A header that says what is inside and a signature over it, then the sections as they are used, one directly after
//! another; their digests stand in the header, so the signature covers every byte. Nothing is used before all of it is
//! verified, and nothing is copied: a section is a range of the bytes. What a section means is its reader's business
//! (`site::layer`, [`Lists`](crate::Lists), [`ManagedPolicy`](crate::ManagedPolicy)); `header` has the layout, `outline` what its
//! beginning alone tells, and the `lapwing-packs` crate writes packs.

mod error;
mod header;
mod outline;

pub use error::PackError;
pub use header::{HEAD_AT_MOST, Header, Kind, PublicKey, SECTIONS_AT_MOST, SectionHead};
pub use outline::Outline;

use header::digest;
use std::fmt;
use std::ops::Range;

/// A pack that has been verified as a whole.
pub struct Pack {
    bytes: Vec<u8>,
    outline: Outline,
}

impl Pack {
    /// Verifies a pack and takes it over, without copying it.
    ///
    /// `minimum` is the lowest version that is let in: one more than that of the pack in force, or the same to read again
    /// what is stored.
    ///
    /// # Errors
    /// [`PackError`], which says what is wrong with it and what to do. Nothing of the pack can be used then.
    pub fn open(bytes: Vec<u8>, key: &PublicKey, minimum: u64) -> Result<Self, PackError> {
        let outline = Outline::read(&bytes, bytes.len() as u64)?;
        let digests: Vec<_> =
            outline.sections().map(|(_, range)| digest(bytes.get(range).unwrap_or_default())).collect();
        Self::opened(bytes, outline, key, minimum, &digests)
    }

    /// The same where the caller has taken the sections' SHA-256, in their order and of these very bytes: a browser’s own
    /// is several times as quick as one in WebAssembly.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_hashed(
        bytes: Vec<u8>,
        key: &PublicKey,
        minimum: u64,
        digests: &[[u8; 32]],
    ) -> Result<Self, PackError> {
        let outline = Outline::read(&bytes, bytes.len() as u64)?;
        Self::opened(bytes, outline, key, minimum, digests)
    }

    fn opened(
        bytes: Vec<u8>,
        outline: Outline,
        key: &PublicKey,
        minimum: u64,
        digests: &[[u8; 32]],
    ) -> Result<Self, PackError> {
        outline.verify(key, minimum)?;
        for (index, section) in outline.header.sections.iter().enumerate() {
            if digests.get(index) != Some(&section.digest) {
                return Err(PackError::Damaged { section: section.kind });
            }
        }
        Ok(Self { bytes, outline })
    }

    /// The key by which a pack says that it is signed. That proves nothing: whoever makes a pack can name their own.
    ///
    /// # Errors
    /// When it is no whole pack.
    pub fn signer(bytes: &[u8]) -> Result<PublicKey, PackError> {
        Outline::read(bytes, bytes.len() as u64).map(|outline| outline.header.signer)
    }

    /// Its number: of two packs of one school, the higher is the newer.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.outline.header.version
    }

    /// What it is known by: a digest over everything that is signed, the digests of its sections among it.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.outline.digest
    }

    /// The digest of the pack on which this one lies; none for one that stands by itself.
    #[must_use]
    pub fn parent(&self) -> Option<&[u8; 32]> {
        self.outline.parent()
    }

    /// The bytes of a section.
    #[must_use]
    pub fn section(&self, kind: Kind) -> Option<&[u8]> {
        self.bytes.get(self.range(kind)?)
    }

    /// Where a section lies in the pack's bytes.
    #[must_use]
    pub fn range(&self, kind: Kind) -> Option<Range<usize>> {
        self.sections().find(|(section, _)| section.kind == kind.number()).map(|(_, range)| range)
    }

    /// Everything, as it was handed in.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, given back.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Each section with its place.
    pub fn sections(&self) -> impl Iterator<Item = (&SectionHead, Range<usize>)> {
        self.outline.sections()
    }
}

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pack")
            .field("header", &self.outline.header)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}
