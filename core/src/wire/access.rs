//! The school's policy on its way to devices, and a pupil's request that a blocked site be opened for school work with
//! what became of it. What a policy may say is in `policy::school`.

use crate::taxonomy::Category;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What staff have set on the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyNews {
    /// Which version of the school's policy holds, from 1.
    pub number: i64,
    /// The document; absent when the device has this version already, by the `policy_version` of its check-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub document: Option<Value>,
    /// Exceptions for this device alone, always all of them.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub own: Vec<Value>,
}

/// A pupil needs a blocked site for school work. Unlawful content cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccessRequest {
    /// A UUID made on the device. Sending a request again changes nothing.
    pub id: String,
    /// The site, as the block page showed it: a host, with a path where only a part of a site is meant.
    pub host: String,
    /// What the pupil needs it for, in their words; one line, may be empty.
    pub reason: String,
    /// What the device takes the site to be about, gravest first.
    pub categories: Vec<Category>,
    /// The account signed in to the browser: a claim. Empty where nobody is.
    pub account: String,
    /// When, milliseconds since 1970 by the device's clock.
    pub asked_at: i64,
}

/// A request is with the school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessReceipt {
    /// Its id. Where the device has an open request for the same site, that one's.
    pub acknowledged: String,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessState {
    /// Its id.
    pub id: String,
    /// The site.
    pub host: String,
    /// Whether and how it was answered.
    pub answered: Answered,
    /// What staff wrote to the pupil; may be empty.
    pub words: String,
    /// When it was asked, milliseconds since 1970 by the relay's clock.
    pub asked_at: i64,
}

/// Whether and how a request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// Not yet.
    Open,
    /// The site may be opened.
    Allowed,
    /// It may not.
    Refused,
}
