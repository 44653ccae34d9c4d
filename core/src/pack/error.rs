//! Why a pack is refused, said so that whoever deals with it knows what to do. The last good one stays in force.

use super::header::{Kind, PublicKey};

/// Why a pack is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// It does not begin as packs do.
    #[error("this is not a pack; build one with `lapwing-relay lists build`")]
    NotAPack,
    /// It is of a later layout.
    #[error(
        "the pack has format {0}, and this version of Lapwing reads format 1; update Lapwing, or build the pack again with this version"
    )]
    Format(u16),
    /// Its header contradicts itself.
    #[error("the pack’s header cannot be read: {0}; fetch or build the pack again")]
    Header(&'static str),
    /// Bytes are missing, or there are too many.
    #[error("the pack says that it has {said} bytes, and there are {have}; fetch it again")]
    Length {
        /// What its header says.
        said: u64,
        /// How many there are.
        have: u64,
    },
    /// It was signed with a key that is not the one to be trusted.
    #[error("the pack is signed with the key {signer}, which is not the one that is trusted here")]
    WrongKey {
        /// The key that it names.
        signer: PublicKey,
    },
    /// The signature does not fit the header.
    #[error("the pack’s signature is not right: it was changed after it was signed; fetch it again")]
    Signature,
    /// It is older than what is in force.
    #[error(
        "the pack has version {version}, and nothing under {minimum} is let in: an older pack may have been put in place of a newer one"
    )]
    Old {
        /// Its version.
        version: u64,
        /// The lowest that is let in.
        minimum: u64,
    },
    /// A section is not what was signed.
    #[error("the pack’s section {} is damaged: it was changed after it was signed; fetch it again", Kind::name_of(*section))]
    Damaged {
        /// Which.
        section: u32,
    },
    /// A section is as it was signed, but cannot be used.
    #[error("the pack’s section {} cannot be used: {why}; build the pack again with this version of Lapwing", section.name())]
    Unusable {
        /// Which.
        section: Kind,
        /// What is wrong with it.
        why: String,
    },
    /// It has no such section.
    #[error("the pack has no section {}", section.name())]
    Missing {
        /// Which.
        section: Kind,
    },
    /// It lies on another pack than the one that is there.
    #[error("the pack is the change of another pack than the one in force; fetch the whole pack")]
    Parent,
    /// So many packs lie on each other that another is too much.
    #[error("{0} changes lie on the pack already; fetch a whole pack")]
    Deep(usize),
}
