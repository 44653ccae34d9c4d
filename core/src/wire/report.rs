//! A pupil's report, and the conversation that its receipt code opens.

use serde::{Deserialize, Serialize};

/// Whom the report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The pupil.
    Me,
    /// A friend or another pupil.
    Friend,
    /// Something else, or not said.
    Other,
}

/// Who may know the pupil's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum Identity {
    /// The adult and the safeguarding team see the name.
    Named {
        /// As the pupil gave it.
        name: String,
    },
    /// Only the chosen adult sees the name.
    Confidant {
        /// As the pupil gave it.
        name: String,
    },
    /// Nobody is told a name, and the relay does not keep which device sent it.
    Anonymous,
}

/// A report from the toolbar button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// A UUID; sending the report again changes nothing.
    pub id: String,
    /// By the device's clock, milliseconds since 1970.
    pub written_at: i64,
    /// The id of the chosen adult, or none for “anyone in the safeguarding team”.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adult: Option<String>,
    /// Who may know the name.
    pub identity: Identity,
    /// Whom it is about.
    pub about: About,
    /// What happened, in the pupil's words.
    pub story: String,
    /// What the pupil would like to happen; may be empty.
    #[serde(default)]
    pub wish: String,
    /// The receipt code: 16 decimal digits made on the device with a cryptographic generator. The relay keeps only a
    /// keyed hash of it.
    pub receipt: String,
}

/// The relay has committed the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportReceipt {
    /// The report's id.
    pub acknowledged: String,
}

/// Opens a report's conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ThreadQuery {
    /// 16 digits.
    pub receipt: String,
}

/// Adds the pupil's message to the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ThreadReply {
    /// 16 digits.
    pub receipt: String,
    /// A UUID; sending the message again changes nothing.
    pub id: String,
    /// What the pupil wrote.
    pub text: String,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The pupil, by receipt code.
    Pupil,
    /// A member of staff.
    Staff,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ThreadMessage {
    /// Who wrote it.
    pub from: Voice,
    /// The adult's name as pupils know it; empty for the pupil.
    pub name: String,
    /// What was written.
    pub text: String,
    /// When the relay had it, milliseconds since 1970.
    pub at: i64,
}

/// A report's conversation, as the pupil may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Thread {
    /// When the relay had the report, milliseconds since 1970.
    pub received_at: i64,
    /// When a member of staff first opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<i64>,
    /// Oldest first, after the report itself.
    pub messages: Vec<ThreadMessage>,
}
