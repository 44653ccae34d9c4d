//! Whose decision it was that an address opens or does not: for the block page, and for staff who ask.

use super::Place;
use serde::{Deserialize, Serialize};

/// Who added an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// The school's safeguarding leads or its head.
    Safeguarding,
    /// The school's IT staff.
    It,
}

impl Decider {
    /// Plain words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Safeguarding => "the school’s safeguarding lead",
            Self::It => "the school’s IT staff",
        }
    }
}

/// The rule that decided about an address, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Ruling {
    /// Unlawful content, about which nobody at a school decides.
    Unlawful,
    /// A helpline or another site that is never read: it always opens.
    NeverRead,
    /// What IT set in device management.
    DeviceManagement,
    /// An exception of the school's policy.
    Exception {
        /// Its id.
        id: String,
        /// The domain and path that it names.
        site: String,
        /// Who added it.
        decider: Decider,
        /// When it ends, milliseconds since 1970.
        until: Option<i64>,
    },
    /// The school's choice for a kind of site.
    School {
        /// The group for which it was made; none for all pupils.
        group: Option<String>,
        /// Whether it is the choice for school hours or for outside them; none when the school has set no hours.
        place: Option<Place>,
    },
    /// The school has chosen nothing about it.
    Default,
    /// The words of a search.
    Search,
}

impl Ruling {
    /// Whether staff can change what happens here by an answer to a pupil's request.
    #[must_use]
    pub const fn can_be_asked(&self) -> bool {
        // Where somebody at school has decided about this very site, or IT has, an allowance would change nothing.
        matches!(self, Self::School { .. } | Self::Default)
    }
}
