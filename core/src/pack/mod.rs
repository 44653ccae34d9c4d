//! Packs: the one signed file that carries lists to devices.
//!
//! A header that says what is inside and a signature over it, then the sections as they are used, one directly after
//! another; their digests stand in the header, so the signature covers every byte. Nothing is used before all of it is
//! verified, and nothing is copied: a section is a range of the bytes. What a section means is its reader's business
//! (`site::layer`, [`Lists`](crate::Lists), [`ManagedPolicy`](crate::ManagedPolicy)); `header` has the layout, and the
//! `lapwing-packs` crate writes packs.

mod error;
mod header;

pub use error::PackError;
pub use header::{Header, Kind, PublicKey, SECTIONS_AT_MOST, SectionHead};

use header::digest;
use std::fmt;
use std::ops::Range;

/// A pack that has been verified as a whole.
pub struct Pack {
    bytes: Vec<u8>,
    header: Header,
    digest: [u8; 32],
    /// Where the first section begins.
    start: usize,
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
        let (header, start) = Header::read(&bytes)?;
        if header.signer != *key {
            return Err(PackError::WrongKey { signer: header.signer });
        }
        let (signed, signature) = header::parts(&bytes, start).ok_or(PackError::Signature)?;
        key.verify(signed, signature)?;
        if header.version < minimum {
            return Err(PackError::Old { version: header.version, minimum });
        }
        let digest_of_header = digest(signed);
        let pack = Self { bytes, header, digest: digest_of_header, start };
        for (section, range) in pack.sections() {
            let sound = pack.bytes.get(range).is_some_and(|bytes| digest(bytes) == section.digest);
            if !sound {
                return Err(PackError::Damaged { section: section.kind });
            }
        }
        Ok(pack)
    }

    /// The key by which a pack says that it is signed. That proves nothing: whoever makes a pack can name their own.
    ///
    /// # Errors
    /// When it is no whole pack.
    pub fn signer(bytes: &[u8]) -> Result<PublicKey, PackError> {
        Header::read(bytes).map(|(header, _)| header.signer)
    }

    /// Its number: of two packs of one school, the higher is the newer.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.header.version
    }

    /// What it is known by: a digest over everything that is signed, the digests of its sections among it.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The digest of the pack on which this one lies; none for one that stands by itself.
    #[must_use]
    pub fn parent(&self) -> Option<&[u8; 32]> {
        (self.header.parent != [0; 32]).then_some(&self.header.parent)
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
        self.header.sections.iter().scan(self.start, |at, section| {
            let start = *at;
            // The reader of the header has compared the sum with the number of bytes.
            *at = start.saturating_add(usize::try_from(section.length).unwrap_or(usize::MAX));
            Some((section, start..*at))
        })
    }
}

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pack").field("header", &self.header).field("bytes", &self.bytes.len()).finish()
    }
}
