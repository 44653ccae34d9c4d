//! An alert: one thing that a person should look at, with the least text that explains it.

use crate::taxonomy::{Action, Category, Severity, Stage, Surface};
use serde::{Deserialize, Serialize};

/// How Lapwing came to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// An address that was opened.
    Visit,
    /// The words of a search address.
    Search,
    /// Words that were typed.
    Typed,
}

/// The sentence around a match. The marks are half-open ranges in characters (Unicode scalar values) of `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Excerpt {
    /// What the pupil wrote, as written, cut to the sentence; at most [`limit::EXCERPT`](super::limit::EXCERPT).
    pub text: String,
    /// Which parts matched, in order, not overlapping.
    pub marks: Vec<(u32, u32)>,
}

/// One rule that matched: which, why it exists, and what around it raised or lowered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The category of the rule.
    pub category: Category,
    /// The severity after context.
    pub severity: Severity,
    /// For suicide and self-harm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The rule's stable name, such as `suicide.want-to-die`, or `site:example.com`.
    pub rule: String,
    /// Why this needs looking at, in words for a DSL.
    pub why: String,
    /// What in the surroundings changed the severity, in words; empty when nothing did.
    #[serde(default)]
    pub context: Vec<String>,
}

/// One alert, as a device sends it. `id` is made once, when the alert is: sending it again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// A UUID in its usual hyphenated lower-case form.
    pub id: String,
    /// By the device's clock, milliseconds since 1970. Shown, never trusted for order.
    pub occurred_at: i64,
    /// How it was seen.
    pub source: SourceKind,
    /// Where it was written, for typed text and searches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surface: Option<Surface>,
    /// The gravest category.
    pub category: Category,
    /// The gravest severity.
    pub severity: Severity,
    /// For suicide and self-harm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// What the device did.
    pub action: Action,
    /// The page's address without its query and fragment; empty for unlawful content, whose address is never shown.
    pub url: String,
    /// The sentence, for text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
    /// Every rule that matched, gravest first; at least one.
    pub reasons: Vec<Reason>,
    /// The account signed in to the browser, where it says so. A claim: the relay shows it as unverified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Version of the policy that decided.
    pub policy_version: String,
    /// Version of the lists that decided.
    pub lists_version: String,
}

/// Alerts on their way to the relay, at most [`limit::BATCH`](super::limit::BATCH).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AlertBatch {
    /// In the order in which they were made.
    pub alerts: Vec<Alert>,
}

/// The relay's answer: which alerts are on disk, and which can never be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchReceipt {
    /// Committed, now or before. The device forgets these.
    pub acknowledged: Vec<String>,
    /// Malformed beyond repair. The device keeps them aside and says so at check-in; it does not send them again.
    #[serde(default)]
    pub refused: Vec<Refusal>,
}

/// Why one alert of a batch was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    /// The alert's id as it was sent.
    pub id: String,
    /// What was wrong and what to do.
    pub detail: String,
}
