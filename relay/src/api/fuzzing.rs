//! Doors into the readers of what devices send; see `crate::fuzzing`.

use super::{alerts, body, checked, signed};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use lapwing_core::wire::{Alert, CheckIn, Enrolment, Report, ThreadQuery, ThreadReply, limit};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A body that devices send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Alerts.
    Batch,
    /// A device asks to be known.
    Enrolment,
    /// A sign of life.
    CheckIn,
    /// A pupil's report.
    Report,
    /// A receipt code.
    Question,
    /// A message to a report.
    Reply,
}

impl Body {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Batch, Self::Enrolment, Self::CheckIn, Self::Report, Self::Question, Self::Reply];
}

/// Reads a body and checks its fields. Answers what would be kept, as JSON, one text a message.
///
/// # Errors
/// The problem that the device would be told.
pub fn body(kind: Body, bytes: &[u8]) -> Result<Vec<String>, String> {
    match kind {
        Body::Batch => {
            let batch: alerts::Batch = read(bytes)?;
            Ok(batch
                .into_alerts()
                .into_iter()
                .filter_map(|value| alerts::read(&value).ok())
                .map(|alert| json(&alert))
                .collect())
        }
        Body::Enrolment => {
            let mut asked: Enrolment = read(bytes)?;
            asked.label = line("label", &asked.label)?;
            asked.extension_version = line("extension_version", &asked.extension_version)?;
            super::enrol::public_key(&asked.public_key).map_err(|problem| format!("{problem:?}"))?;
            Ok(vec![json(&asked)])
        }
        Body::CheckIn => {
            let mut said: CheckIn = read(bytes)?;
            said.browser = line("browser", &said.browser)?;
            Ok(vec![json(&said)])
        }
        Body::Report => {
            let report: Report = read(bytes)?;
            Ok(vec![json(&checked::report(report).map_err(|unfit| unfit.to_string())?)])
        }
        Body::Question => {
            let asked: ThreadQuery = read(bytes)?;
            checked::receipt(&asked.receipt).map_err(|unfit| unfit.to_string())?;
            Ok(vec![json(&asked)])
        }
        Body::Reply => {
            let mut reply: ThreadReply = read(bytes)?;
            checked::id("id", &reply.id).map_err(|unfit| unfit.to_string())?;
            reply.text =
                checked::words("text", &reply.text, limit::STORY).map_err(|unfit| unfit.to_string())?;
            Ok(vec![json(&reply)])
        }
    }
}

/// Why an alert would be refused for good; nothing when it would be kept.
#[must_use]
pub fn refused(alert: &[u8]) -> Option<String> {
    let alert: Alert = match serde_json::from_slice(alert) {
        Ok(alert) => alert,
        Err(error) => return Some(error.to_string()),
    };
    checked::alert(alert).err().map(|unfit| unfit.to_string())
}

/// Reads one header of a signed request, and the signature when it is that one.
///
/// # Errors
/// The problem that the device would be told.
pub fn header(name: &'static str, value: &[u8]) -> Result<String, String> {
    let value = HeaderValue::from_bytes(value).map_err(|error| error.to_string())?;
    let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
    let text = signed::header(&headers, name).map_err(|problem| format!("{problem:?}"))?;
    if name == "signature" {
        signed::signature(text).map_err(|problem| format!("{problem:?}"))?;
    }
    Ok(text.to_owned())
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    body::parse(bytes).map_err(|problem| format!("{problem:?}"))
}

fn line(field: &'static str, text: &str) -> Result<String, String> {
    checked::line(field, text).map_err(|unfit| unfit.to_string())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
