//! A trial of a change of the lists, on devices: the relay names a small pack of what the change would add, and devices say how
//! often they opened a site that it would have stopped. Nothing says who, when or which page: a listed site, and a number.

use serde::{Deserialize, Serialize};

/// The trial that runs. Devices fetch its pack as they fetch lists, and obey nothing of it. A device of before trials reads
/// over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShadowOffer {
    /// What the pack is known by: SHA-256 over its signed header, in hexadecimal. It names the trial, too.
    pub digest: String,
    /// The pack's version.
    pub version: u64,
    /// How many there are to fetch.
    pub bytes: u64,
    /// The public key that signed it: Ed25519 in base64. It must be the one that the device keeps for lists.
    pub key: String,
}

/// What a device saw of a trial since it last told. Only to a relay that has named this trial: an older one refuses a check-in
/// with fields that it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShadowSeen {
    /// Which trial: the digest of its pack. Of a trial that does not run any more nothing is counted.
    pub digest: String,
    /// A UUID made on the device, the same when these numbers are sent again: they are counted once.
    pub batch: String,
    /// The sites, each once.
    pub sites: Vec<ShadowSite>,
}

/// One site of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShadowSite {
    /// As the proposed list names it, whichever host under it was opened. What the pack does not hold is not counted.
    pub site: String,
    /// How many pages of it were opened.
    pub visits: u32,
}
