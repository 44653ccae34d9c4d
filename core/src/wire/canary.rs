//! The daily test, as a device tells of it at a check-in, and when the relay wants the next. Nothing in it is about a pupil:
//! the addresses and the sentence are Lapwing's own.

use serde::{Deserialize, Serialize};

/// A layer of the protection that the daily test went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CanaryLayer {
    /// An address of the lists that are built in, by the function that decides every navigation.
    BuiltIn,
    /// An address that only the published lists hold.
    Published,
    /// An address as unlawful content is stopped.
    Unlawful,
    /// A real request of the browser, stopped by the blocking listener before it left the device.
    Listener,
    /// A sentence, by the function that reads what is typed.
    Text,
}

impl CanaryLayer {
    /// Every layer, in the order in which people read them.
    pub const ALL: [Self; 5] = [Self::BuiltIn, Self::Published, Self::Unlawful, Self::Listener, Self::Text];

    /// The stable name, as it is sent and stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built_in",
            Self::Published => "published",
            Self::Unlawful => "unlawful",
            Self::Listener => "listener",
            Self::Text => "text",
        }
    }

    /// Plain words for a person.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::BuiltIn => "sites of the built-in lists",
            Self::Published => "sites of the published lists",
            Self::Unlawful => "unlawful content",
            Self::Listener => "the browser’s own requests",
            Self::Text => "typed text",
        }
    }
}

/// What came of one layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CanaryResult {
    /// Which layer.
    pub layer: CanaryLayer,
    /// Whether it stopped the address, or found the sentence.
    pub held: bool,
    /// Why not, in words for IT; empty when it held.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// One run of the daily test. Sending it again changes nothing: the relay keeps one row a device and day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// By the device's clock, milliseconds since 1970.
    pub ran_at: i64,
    /// Of whose browser it is, as device management says: `Year 9`, `Staff`, and the school's groups by their ids. Never a
    /// person.
    pub group: String,
    /// Whether searches are sent to their engine's safe mode.
    pub safe_search: bool,
    /// Each layer that was tried. The published lists are not among them while the device has none.
    pub results: Vec<CanaryResult>,
}

/// When the relay wants to hear of the daily test again. A relay of before the test says nothing, and is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CanaryWanted {
    /// In so many milliseconds from the answer: 0 while today's has not succeeded, else what is left of the school's day.
    pub due_in: i64,
}
