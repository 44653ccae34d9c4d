//! Enrolment, and the check-in by which a device says that it is alive and learns what the school has set.

use super::{
    AccessState, Canary, CanaryWanted, Lesson, ListsOffer, ListsState, PolicyNews, SessionGrant, ShadowOffer,
    ShadowSeen,
};
use serde::{Deserialize, Serialize};

/// A device asks to be known. The private half of the key never leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// From managed storage. Readable on the device, so it only lets a device ask: it opens nothing.
    pub enrolment_key: String,
    /// ECDSA P-256 public key: the uncompressed point (65 bytes) in unpadded base64url.
    pub public_key: String,
    /// A name for IT: the serial number or asset tag where the browser tells it, else the platform.
    pub label: String,
    /// The extension's version.
    pub extension_version: String,
}

/// The device is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolled {
    /// Names the device in every later request (`keyid`).
    pub device_id: String,
}

/// Whether the extension is watching, and if not why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Checking addresses and text.
    Watching,
    /// Policy could not be read; the last good one is in force.
    BadPolicy,
}

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckIn {
    /// The extension's version.
    pub extension_version: String,
    /// The browser and platform, as the browser names them.
    pub browser: String,
    /// Version of the lists in force.
    pub lists_version: String,
    /// Version of the policy in force.
    pub policy_version: String,
    /// Whether it watches.
    pub state: DeviceState,
    /// Alerts and reports that wait in the outbox.
    pub waiting: u32,
    /// Alerts that the relay refused.
    pub refused: u32,
    /// The device would sign with a session's key, and offers an ephemeral P-256 public key for it: the uncompressed point
    /// (65 bytes) in unpadded base64url. A relay of before sessions refuses a check-in that has this; the device then sends
    /// it again without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_point: Option<String>,
    /// What is to be said of packs of lists; absent towards a relay that has named none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lists: Option<ListsState>,
    /// What came of the daily test; absent when none is due, and towards a relay that has not asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// What was seen of the trial that runs; absent when nothing was, and towards a relay that has named none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowSeen>,
}

/// An adult whom pupils may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrustedAdult {
    /// Opaque to the device.
    pub id: String,
    /// As pupils know them: “Mrs Okafor”.
    pub name: String,
    /// What they do: “Head of Year 9”.
    pub role: String,
}

/// What the school has set, cached by the device and good until the next check-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SchoolConfig {
    /// The school's name as pupils know it.
    pub school: String,
    /// Whom pupils may choose, in the order in which they are offered.
    pub adults: Vec<TrustedAdult>,
    /// When reports are read, in words: “Monday to Friday, 8am to 4pm in term time”. May be empty.
    pub hours: String,
    /// Lessons that staff have announced and that are not over. A relay of before lessons sends none.
    #[serde(default)]
    pub lessons: Vec<Lesson>,
    /// What staff have set on the relay. Absent from a relay of before school policies, and where none was ever set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyNews>,
    /// What became of this device's requests for sites, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<AccessState>,
    /// The answer to `session_point`: from now on the device may sign with the session's key. It replaces the session that
    /// the device had. A relay of before sessions sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionGrant>,
    /// The lists of sites that devices are to have; absent where none have been published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lists: Option<ListsOffer>,
    /// When the daily test is due. A relay of before the test sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<CanaryWanted>,
    /// The change of the lists that is being tried; absent when none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowOffer>,
}
