//! The device API as an OpenAPI 3.1 document, for whoever writes another client or tests this one from outside.
//!
//! The shapes come from the very types that both ends compile (`lapwing_core::wire`), the kinds of problem from
//! `api::problem`, and the limits from the constants that the relay enforces (`limits`). What stands beside them is in
//! `operations`. The document is committed as `docs/openapi.json`; a test notices when it is out of date.

mod limits;
mod operations;

use crate::api::problem::{Kind, PATH};
use axum::http::header;
use axum::response::IntoResponse;
use lapwing_core::{Action, Category, Severity, Stage, Surface, wire};
use serde_json::{Value, json};
use std::sync::OnceLock;
use utoipa::OpenApi;

/// Every shape that is sent or answered, with those inside it.
#[derive(OpenApi)]
#[openapi(components(schemas(
    wire::AccessReceipt,
    wire::AccessRequest,
    wire::AlertBatch,
    wire::BatchReceipt,
    wire::CheckIn,
    wire::Enrolled,
    wire::Enrolment,
    wire::Lesson,
    wire::Canary,
    wire::CanaryLayer,
    wire::CanaryResult,
    wire::CanaryWanted,
    wire::ListsOffer,
    wire::ListsState,
    wire::PackOffer,
    wire::Report,
    wire::ReportReceipt,
    wire::SchoolConfig,
    wire::ShadowOffer,
    wire::ShadowSeen,
    wire::ShadowSite,
    wire::Thread,
    wire::ThreadQuery,
    wire::ThreadReply,
)))]
struct Shapes;

const ABOUT: &str = "What a browser with the Lapwing extension says to its school’s relay. All bodies are JSON. Whatever \
     goes wrong is answered with problem details (RFC 9457), whose `type` leads to a page that says what to do. Sending \
     the same alert, report or message again, by its `id`, changes nothing and is acknowledged again: a client that is \
     not sure sends it again. An answer with `Retry-After` asks for that many seconds of quiet; nothing was kept.";

const SIGNATURE: &str = "HTTP Message Signatures (RFC 9421), in one fixed form, algorithm ecdsa-p256-sha256. \
     `Content-Digest: sha-256=:BASE64:` (RFC 9530) names the body. \
     `Signature-Input: lapwing=(\"@method\" \"@path\" \"content-digest\");created=SECONDS;keyid=\"DEVICE\"` names the \
     device that enrolment gave. `Signature: lapwing=:BASE64:` signs, with the private half of the enrolled key, the \
     lines `\"@method\": POST`, `\"@path\": PATH`, `\"content-digest\": DIGEST` and `\"@signature-params\": ` followed by \
     what stands after `lapwing=` in Signature-Input, joined by single line feeds. The signature is r and s, 32 bytes \
     each. `created` is recorded and not enforced: a wrong clock must not silence a device. Every request but a check-in \
     may be signed with a session’s key instead, algorithm hmac-sha256, and then Signature-Input ends in \
     `;keyid=\"DEVICE/SESSION\";alg=\"hmac-sha256\"`. For a session both ends make an ephemeral point of P-256 \
     (`session_point` of a check-in, `session.point` of its answer). The shared secret is the x coordinate (ECDH); the \
     key is 32 bytes of HKDF with SHA-256, salt `lapwing device session v1`, info the device’s id, the session’s id, the \
     device’s point and the relay’s point as they were sent, joined by single line feeds. A session ends after 7 days, or \
     with the next one. Whoever is told `unknown-session`, or anything else with status 401, signs the same request with \
     the device’s key.";

/// The document.
pub(crate) fn document() -> Value {
    let mut document = serde_json::to_value(Shapes::openapi()).unwrap_or_default();
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Lapwing relay: device API",
        "description": ABOUT,
        "version": format!("{}.0", wire::VERSION),
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
    });
    document["paths"] = operations::paths();
    document["components"]["schemas"]["Problem"] = problem();
    document["components"]["securitySchemes"] = json!({ "device": { "type": "apiKey", "in": "header", "name": "Signature", "description": SIGNATURE } });
    for (name, words) in vocabularies() {
        document["components"]["schemas"][name]["enum"] = words;
    }
    limits::set(&mut document);
    unlink(&mut document);
    document
}

/// The words that are sent for each value. They are named by a macro, through which the names in the code show.
fn vocabularies() -> [(&'static str, Value); 5] {
    let words = |words: Vec<&str>| json!(words);
    [
        ("Action", words(Action::ALL.iter().map(|word| word.as_str()).collect())),
        ("Category", words(Category::ALL.iter().map(|word| word.as_str()).collect())),
        ("Severity", words(Severity::ALL.iter().map(|word| word.as_str()).collect())),
        ("Stage", words(Stage::ALL.iter().map(|word| word.as_str()).collect())),
        ("Surface", words(Surface::ALL.iter().map(|word| word.as_str()).collect())),
    ]
}

/// Descriptions come from the code's own documentation, whose links lead nowhere from here: their text stays.
fn unlink(value: &mut Value) {
    match value {
        Value::String(text) => {
            while let Some((before, target)) = text.split_once("](") {
                let (Some(open), Some(close)) = (before.rfind('['), target.find(')')) else { return };
                let (start, link) = before.split_at(open);
                let (_, rest) = target.split_at(close);
                let (link, rest) =
                    (link.strip_prefix('[').unwrap_or(link), rest.strip_prefix(')').unwrap_or(rest));
                *text = format!("{start}{link}{rest}");
            }
        }
        Value::Array(all) => all.iter_mut().for_each(unlink),
        Value::Object(all) => all.values_mut().for_each(unlink),
        _ => {}
    }
}

/// Problem details (RFC 9457, section 3), with the kinds that there are.
fn problem() -> Value {
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| format!("{PATH}{}", kind.name)).collect();
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457), and what to do.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string", "enum": kinds, "description": "The kind: a page of the relay about it." },
            "title": { "type": "string", "description": "The same for every problem of the kind." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status." },
            "detail": { "type": "string", "description": "What was wrong this time." },
        },
    })
}

/// The document as text, with a line break at its end.
pub(crate) fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| serde_json::to_string_pretty(&document()).unwrap_or_default() + "\n")
}

/// `GET /api/openapi.json`.
pub(crate) async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], text())
}

#[cfg(test)]
#[path = "openapi_tests.rs"]
mod tests;
