//! The lists of sites that a relay has for its devices, as it names them at the check-in, and what a device says of those that
//! it has. The packs themselves are fetched in pieces; what is in one is `pack`'s business.

use serde::{Deserialize, Serialize};

/// The lists that are in force at the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListsOffer {
    /// The public key that signed them: Ed25519 in base64. A device keeps the first that it hears of and refuses another, unless
    /// its managed policy names one.
    pub key: String,
    /// The whole pack, then each change of it, oldest first.
    pub packs: Vec<PackOffer>,
}

/// One pack that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackOffer {
    /// Higher is newer.
    pub version: u64,
    /// What it is known by: SHA-256 over its signed header, in hexadecimal. Part of its address.
    pub digest: String,
    /// How many there are to fetch.
    pub bytes: u64,
}

/// What a device says of its packs. Only to a relay that has named its lists: an older one refuses a check-in with fields that
/// it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ListsState {
    /// Version of the newest pack in force; 0 while there is none but the lists that are built in.
    pub version: u64,
    /// Why what the relay has is not in force, in words; empty when nothing is wrong.
    pub problem: String,
}
