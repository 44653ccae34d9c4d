//! The limits that the relay enforces, as the document states them. The numbers are those of `wire::limit`; the rules
//! those of `api::checked`.

use lapwing_core::wire::{CanaryLayer, limit};
use serde_json::{Value, json};

/// A UUID as devices make it.
const UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
/// A receipt code.
const RECEIPT: &str = "^[0-9]{16}$";
/// An uncompressed point of P-256 (65 bytes, the first of them 4) in unpadded base64url.
const POINT: &str = "^B[A-Za-z0-9_-]{86}$";

/// What holds for which field of which shape.
fn rules() -> Vec<(&'static str, &'static str, Value)> {
    let line = || json!({ "maxLength": limit::LINE });
    let story = || json!({ "minLength": 1, "maxLength": limit::STORY });
    let uuid = || json!({ "format": "uuid", "pattern": UUID });
    vec![
        ("AlertBatch", "alerts", json!({ "maxItems": limit::BATCH })),
        ("Alert", "id", uuid()),
        ("Alert", "url", json!({ "maxLength": limit::URL })),
        ("Alert", "reasons", json!({ "minItems": 1, "maxItems": limit::REASONS })),
        ("Alert", "account", line()),
        ("Alert", "policy_version", line()),
        ("Alert", "lists_version", line()),
        ("Excerpt", "text", json!({ "maxLength": limit::EXCERPT })),
        ("Reason", "rule", line()),
        ("Reason", "why", line()),
        ("Reason", "context", json!({ "maxItems": limit::REASONS })),
        ("Enrolment", "label", line()),
        ("Enrolment", "extension_version", line()),
        ("Enrolment", "public_key", json!({ "pattern": POINT })),
        ("CheckIn", "extension_version", line()),
        ("CheckIn", "browser", line()),
        ("CheckIn", "lists_version", line()),
        ("CheckIn", "policy_version", line()),
        ("AccessRequest", "id", uuid()),
        ("AccessRequest", "host", line()),
        ("AccessRequest", "reason", line()),
        ("AccessRequest", "account", line()),
        ("AccessRequest", "categories", json!({ "maxItems": limit::REASONS })),
        ("Canary", "group", line()),
        ("Canary", "results", json!({ "maxItems": CanaryLayer::ALL.len() })),
        ("CanaryResult", "why", line()),
        ("ShadowSeen", "batch", uuid()),
        ("ShadowSeen", "sites", json!({ "maxItems": limit::SHADOW_SITES })),
        ("CheckIn", "session_point", json!({ "pattern": POINT })),
        ("SessionGrant", "point", json!({ "pattern": POINT })),
        ("Report", "id", uuid()),
        ("Report", "story", story()),
        ("Report", "wish", json!({ "maxLength": limit::STORY })),
        ("Report", "receipt", json!({ "pattern": RECEIPT })),
        ("ThreadQuery", "receipt", json!({ "pattern": RECEIPT })),
        ("ThreadReply", "receipt", json!({ "pattern": RECEIPT })),
        ("ThreadReply", "id", uuid()),
        ("ThreadReply", "text", story()),
    ]
}

/// Writes the rules into the document. Answers with those whose field is not there, which a test keeps at none.
pub(super) fn set(document: &mut Value) -> Vec<String> {
    let mut missing = Vec::new();
    for (shape, field, rule) in rules() {
        let place = format!("/components/schemas/{shape}/properties/{field}");
        match (document.pointer_mut(&place), rule) {
            (Some(Value::Object(field)), Value::Object(rule)) => field.extend(rule),
            _ => missing.push(place),
        }
    }
    missing
}
