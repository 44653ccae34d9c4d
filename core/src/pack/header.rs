//! The layout of a pack's beginning. Numbers have their lowest byte first.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `LAPWPACK` |
//! | 2 | format: 1 |
//! | 2 | number of sections |
//! | 4 | nought |
//! | 8 | version of the pack |
//! | 8 | bytes of the whole pack |
//! | 32 | digest of the pack on which it lies, or noughts |
//! | 32 | public key of the signer (Ed25519) |
//! | 48 each | sections: kind (4), nought (4), length (8), SHA-256 (32) |
//! | 64 | Ed25519 over `lapwing:1:pack`, a line feed, and everything above |
//!
//! Then the sections, in that order, with nothing between or after them.

use super::error::PackError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

const MAGIC: &[u8; 8] = b"LAPWPACK";
const FORMAT: u16 = 1;
const FIXED: usize = 96;
const SECTION: usize = 48;
const SIGNATURE: usize = 64;
/// What a signature is for, before what is signed: a key that signs other things too cannot be made to sign a pack.
const PURPOSE: &[u8] = b"lapwing:1:pack\n";

/// The most sections that a pack may have.
pub const SECTIONS_AT_MOST: usize = 16;

/// Bytes within which every pack's header ends, its signature among them.
pub const HEAD_AT_MOST: usize = FIXED + SECTIONS_AT_MOST * SECTION + SIGNATURE;

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A layer of the site map.
    Sites,
    /// Compiled lists, as [`Lists::to_bytes`](crate::Lists::to_bytes) writes them.
    Phrases,
    /// A policy as the extension gets it, JSON, for [`ManagedPolicy::from_json`](crate::ManagedPolicy::from_json).
    Policy,
    /// Where everything is from, whose it is and under which licence: JSON.
    About,
    /// Licensed lists of unlawful content, as hashes. Of several packs that lie on each other the newest that has one counts.
    Unlawful,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Sites, Self::Phrases, Self::Policy, Self::About, Self::Unlawful];

    /// As it stands in the header.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Sites => 1,
            Self::Phrases => 2,
            Self::Policy => 3,
            Self::About => 4,
            Self::Unlawful => 5,
        }
    }

    /// As people are told.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sites => "“sites”",
            Self::Phrases => "“phrases”",
            Self::Policy => "“policy”",
            Self::About => "“about”",
            Self::Unlawful => "“unlawful content”",
        }
    }

    /// The name of a number from a header.
    pub(super) fn name_of(number: u32) -> String {
        let known = Self::ALL.into_iter().find(|kind| kind.number() == number);
        known.map_or_else(|| number.to_string(), |kind| kind.name().to_owned())
    }
}

/// The public half of the key that packs are signed with. As text it is base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    pub(super) fn verify(&self, header: &[u8], signature: &[u8; SIGNATURE]) -> Result<(), PackError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| PackError::Signature)?;
        let signed = [PURPOSE, header].concat();
        key.verify_strict(&signed, &Signature::from_bytes(signature)).map_err(|_| PackError::Signature)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        let wrong = || "a public key is 44 characters of base64, as `lists build` prints it".to_owned();
        bytes.map(Self).ok_or_else(wrong)
    }
}

/// One section, as the header tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionHead {
    /// [`Kind::number`]; others are carried along and not used.
    pub kind: u32,
    /// Bytes.
    pub length: u64,
    /// SHA-256 of them.
    pub digest: [u8; 32],
}

/// Everything that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Higher is newer.
    pub version: u64,
    /// Digest of the pack on which it lies, or noughts.
    pub parent: [u8; 32],
    /// Whose signature it is.
    pub signer: PublicKey,
    /// In their order, no kind twice.
    pub sections: Vec<SectionHead>,
}

impl Header {
    /// The header's bytes without the signature.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u16::try_from(self.sections.len()).unwrap_or(u16::MAX);
        let head = FIXED + self.sections.len() * SECTION + SIGNATURE;
        let total = self.sections.iter().fold(head as u64, |sum, section| sum.saturating_add(section.length));
        let mut bytes = Vec::with_capacity(head);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(total.to_le_bytes());
        bytes.extend(self.parent);
        bytes.extend(self.signer.0);
        for section in &self.sections {
            bytes.extend(section.kind.to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend(section.length.to_le_bytes());
            bytes.extend(section.digest);
        }
        bytes
    }

    /// What the signature is made over.
    #[must_use]
    pub fn to_sign(&self) -> Vec<u8> {
        [PURPOSE, &self.to_bytes()].concat()
    }

    /// A section's entry.
    #[must_use]
    pub fn entry(kind: Kind, bytes: &[u8]) -> SectionHead {
        SectionHead { kind: kind.number(), length: bytes.len() as u64, digest: digest(bytes) }
    }

    /// Reads the header of a pack of `have` bytes, of which `head` is the beginning; gives it, and where the first section
    /// begins. Nothing is verified yet but that the lengths agree.
    pub(super) fn read(head: &[u8], have: u64) -> Result<(Self, usize), PackError> {
        let mut rest = head;
        if take::<8>(&mut rest)? != *MAGIC {
            return Err(PackError::NotAPack);
        }
        let format = u16::from_le_bytes(take(&mut rest)?);
        if format != FORMAT {
            return Err(PackError::Format(format));
        }
        let count = usize::from(u16::from_le_bytes(take(&mut rest)?));
        if count > SECTIONS_AT_MOST {
            return Err(PackError::Header("it has too many sections"));
        }
        noughts(&mut rest)?;
        let version = u64::from_le_bytes(take(&mut rest)?);
        let said = u64::from_le_bytes(take(&mut rest)?);
        if said != have {
            return Err(PackError::Length { said, have });
        }
        let parent = take(&mut rest)?;
        let signer = PublicKey(take(&mut rest)?);
        let mut sections: Vec<SectionHead> = Vec::with_capacity(count);
        for _ in 0..count {
            let kind = u32::from_le_bytes(take(&mut rest)?);
            noughts(&mut rest)?;
            let length = u64::from_le_bytes(take(&mut rest)?);
            if sections.iter().any(|section| section.kind == kind) {
                return Err(PackError::Header("a section is there twice"));
            }
            sections.push(SectionHead { kind, length, digest: take(&mut rest)? });
        }
        let start = FIXED + count * SECTION + SIGNATURE;
        let total = sections.iter().try_fold(start as u64, |sum, section| sum.checked_add(section.length));
        if total != Some(have) {
            return Err(PackError::Header("its sections are not as long as the whole"));
        }
        Ok((Self { version, parent, signer, sections }, start))
    }
}

/// What is signed and the signature, of a pack whose sections begin at `start`.
pub(super) fn parts(bytes: &[u8], start: usize) -> Option<(&[u8], &[u8; SIGNATURE])> {
    bytes.get(..start)?.split_last_chunk()
}

pub(super) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], PackError> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(PackError::NotAPack)?;
    *rest = after;
    Ok(*taken)
}

fn noughts(rest: &mut &[u8]) -> Result<(), PackError> {
    if take::<4>(rest)? == [0; 4] { Ok(()) } else { Err(PackError::Header("a reserved field is in use")) }
}
