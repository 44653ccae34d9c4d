//! What the state machine of packs ([`packs`](crate::packs)) speaks in: its steps, the sections of a pack, and what an offer
//! must be like at all. Nothing here has a state.

use lapwing_core::MOST_CHANGES;
use lapwing_core::pack::{Outline, PackError, PublicKey};
use lapwing_core::wire::{self, ListsOffer, PackOffer};
use serde::{Deserialize, Serialize};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Nothing, or nothing yet.
    Rest,
    /// Fetch bytes of a pack: from, and up to and with.
    Fetch {
        /// Which.
        digest: String,
        /// Under the relay's own address.
        path: String,
        /// The first byte.
        from: u64,
        /// The last byte.
        to: u64,
    },
    /// Copy bytes of a pack that is in force, which are the same: from, and up to but not with. What was taken back is signed
    /// anew, and little of it is new.
    Copy {
        /// The pack that is to be had.
        digest: String,
        /// The pack that has the bytes.
        of: String,
        /// The first byte there.
        from: u64,
        /// The byte after the last there.
        to: u64,
        /// Where they begin in the new one.
        at: u64,
    },
    /// All bytes of a pack are here: put them together and say what they hash to.
    Verify {
        /// Which.
        digest: String,
        /// How many bytes.
        bytes: u64,
    },
    /// Everything is here: put it in force. These are new; what is not among them is in force already.
    Adopt {
        /// The newest of them all: what the answer is about.
        digest: String,
        /// The new packs, in their order.
        packs: Vec<PackOffer>,
        /// What they are signed with.
        key: String,
    },
}

/// Where a section of a pack is, for whoever hashes it.
pub type Place = (usize, usize);

/// A section of a pack: what it hashes to, in hexadecimal, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Section {
    pub(crate) hash: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// Whether an offer can be what it should be at all.
pub(crate) fn sound(offer: &ListsOffer) -> Result<(), String> {
    offer.key.parse::<PublicKey>()?;
    let is_digest = |text: &str| {
        text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let fits =
        |pack: &PackOffer| is_digest(&pack.digest) && pack.bytes > 0 && pack.bytes <= wire::limit::PACK;
    let rising = offer.packs.windows(2).all(|pair| matches!(pair, [a, b] if a.version < b.version));
    if offer.packs.is_empty()
        || offer.packs.len() > MOST_CHANGES + 1
        || !rising
        || !offer.packs.iter().all(fits)
    {
        return Err("the relay named lists that no device could have".to_owned());
    }
    Ok(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn sections(outline: &Outline) -> Vec<Section> {
    let all = outline.sections().map(|(section, range)| Section {
        hash: hex(&section.digest),
        from: range.start as u64,
        to: range.end as u64,
    });
    all.collect()
}

/// Where the sections of a pack of `length` bytes are, of which `head` is the beginning: from, and up to but not with.
///
/// # Errors
/// When it is no pack.
pub fn places(head: &[u8], length: u64) -> Result<Vec<Place>, PackError> {
    let outline = Outline::read(head, length)?;
    Ok(outline.sections().map(|(_, range)| (range.start, range.end)).collect())
}
