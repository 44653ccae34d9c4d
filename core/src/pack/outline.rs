//! What a pack's beginning tells, before the rest of it is there: who signed it, its version, and where its sections will be.
//! A device that fetches a pack in pieces can refuse it after the first.

use super::error::PackError;
use super::header::{self, Header, PublicKey, SectionHead};
use std::ops::Range;

/// The beginning of a pack, read and not yet verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub(super) header: Header,
    pub(super) digest: [u8; 32],
    signed: Vec<u8>,
    signature: [u8; 64],
    /// Where the first section begins.
    start: usize,
}

impl Outline {
    /// Reads the header of a pack of `length` bytes, of which `head` is the beginning: the whole pack, or at least its first
    /// [`HEAD_AT_MOST`](super::HEAD_AT_MOST) bytes.
    ///
    /// # Errors
    /// When it is no pack, of another format, or not of this length.
    pub fn read(head: &[u8], length: u64) -> Result<Self, PackError> {
        let (header, start) = Header::read(head, length)?;
        let (signed, signature) = header::parts(head, start).ok_or(PackError::Signature)?;
        Ok(Self {
            digest: header::digest(signed),
            header,
            signed: signed.to_vec(),
            signature: *signature,
            start,
        })
    }

    /// Whether the header is signed with `key` and of at least the version `minimum`. What it says of the sections is then
    /// true of the pack that was signed; whether these are its sections, their digests tell.
    ///
    /// # Errors
    /// [`PackError::WrongKey`], [`PackError::Signature`] or [`PackError::Old`].
    pub fn verify(&self, key: &PublicKey, minimum: u64) -> Result<(), PackError> {
        let Header { signer, version, .. } = self.header;
        if signer != *key {
            return Err(PackError::WrongKey { signer });
        }
        key.verify(&self.signed, &self.signature)?;
        if version < minimum {
            return Err(PackError::Old { version, minimum });
        }
        Ok(())
    }

    /// What is signed.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What the pack is known by: [`Pack::digest`](super::Pack::digest).
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The digest of the pack on which it lies; none for one that stands by itself.
    #[must_use]
    pub fn parent(&self) -> Option<&[u8; 32]> {
        (self.header.parent != [0; 32]).then_some(&self.header.parent)
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
