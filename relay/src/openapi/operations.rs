//! The operations of the device API: what each is for, what it takes and gives, and what can go wrong. A test compares
//! them with `routes`.

use crate::api::problem::Kind;
use lapwing_core::wire::path;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

struct Operation {
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    about: &'static str,
    signed: bool,
    takes: &'static str,
    gives: &'static str,
    answer: &'static str,
    /// Beside those of [`ANY`], and of [`SIGNED`] where it is signed.
    problems: &'static [Kind],
}

/// What can be wrong with any request.
const ANY: &[Kind] = &[
    Kind::MALFORMED,
    Kind::METHOD,
    Kind::TIMED_OUT,
    Kind::TOO_LARGE,
    Kind::NOT_JSON,
    Kind::UNFIT,
    Kind::TOO_MANY,
    Kind::FAULT,
    Kind::BUSY,
];

/// What can be wrong with a signature.
const SIGNED: &[Kind] =
    &[Kind::UNSIGNED, Kind::UNKNOWN_DEVICE, Kind::REVOKED_DEVICE, Kind::UNKNOWN_SESSION, Kind::BAD_SIGNATURE];

const OPERATIONS: &[Operation] = &[
    Operation {
        path: path::ENROL,
        id: "enrol",
        summary: "Become known to the relay",
        about: "Exchanges the school’s enrolment key for an identity of the device’s own key. Asking again with the \
                same key gives the same identity. The enrolment key can be read on every device: it opens nothing else.",
        signed: false,
        takes: "Enrolment",
        gives: "Enrolled",
        answer: "The device is known.",
        problems: &[Kind::UNKNOWN_ENROLMENT_KEY, Kind::REVOKED_DEVICE],
    },
    Operation {
        path: path::CHECK_IN,
        id: "checkIn",
        summary: "Say that the device is alive",
        about: "Tells which versions are in force and how much waits, and learns what the school has set. It is signed with \
                the device’s own key. With `session_point` the device offers a session, which `session` in the answer \
                begins.",
        signed: true,
        takes: "CheckIn",
        gives: "SchoolConfig",
        answer: "What the school has set.",
        problems: &[],
    },
    Operation {
        path: path::ACCESS,
        id: "access",
        summary: "Ask that a blocked site be opened for school work",
        about: "What becomes of it is told at the check-in. A device may ask a few times in an hour; asking for a host \
                again while a request for it waits changes nothing. Unlawful content cannot be asked for.",
        signed: true,
        takes: "AccessRequest",
        gives: "AccessReceipt",
        answer: "The request waits for staff.",
        problems: &[Kind::CLASH],
    },
    Operation {
        path: path::ALERTS,
        id: "alerts",
        summary: "Deliver alerts",
        about: "What is acknowledged is on disk. Each alert is judged by itself: one that can never be kept is named \
                under `refused` with the reason, and the others do not suffer for it. Batches with an alert of high or \
                critical severity or of an active stage go before others.",
        signed: true,
        takes: "AlertBatch",
        gives: "BatchReceipt",
        answer: "Which alerts are on disk, and which can never be.",
        problems: &[],
    },
    Operation {
        path: path::REPORTS,
        id: "report",
        summary: "Deliver a pupil’s report",
        about: "Of an anonymous report nothing is kept that tells which device sent it.",
        signed: true,
        takes: "Report",
        gives: "ReportReceipt",
        answer: "The report is on disk.",
        problems: &[Kind::CLASH],
    },
    Operation {
        path: path::THREAD,
        id: "thread",
        summary: "Read the replies to a report",
        about: "Whoever knows the sixteen digits of the receipt may read, from any device of the school. Guessing is \
                slowed down.",
        signed: true,
        takes: "ThreadQuery",
        gives: "Thread",
        answer: "The conversation.",
        problems: &[Kind::UNKNOWN_RECEIPT],
    },
    Operation {
        path: path::THREAD_REPLY,
        id: "reply",
        summary: "Add a message to a report",
        about: "Answers with the whole conversation, the new message in it.",
        signed: true,
        takes: "ThreadReply",
        gives: "Thread",
        answer: "The conversation.",
        problems: &[Kind::UNKNOWN_RECEIPT, Kind::CLASH],
    },
];

/// The `paths` of the document.
pub(super) fn paths() -> Value {
    let posted = OPERATIONS
        .iter()
        .map(|operation| (operation.path.to_owned(), json!({ "post": described(operation) })));
    posted.chain([(path::LISTS.to_owned(), json!({ "get": pack() }))]).collect()
}

/// The one address that is asked with GET, and whose answer is no JSON.
fn pack() -> Value {
    let bytes = json!({ "application/octet-stream": {} });
    let tag = json!({ "ETag": { "description": "The digest, in quotes.", "schema": { "type": "string" } } });
    json!({
        "operationId": "pack",
        "summary": "Fetch a pack of lists, or a part of it",
        "description": "The pack with this digest, which a check-in named. It is the same for ever. `Range` with one range \
             and `If-None-Match` are heeded; what was fetched is verified by the device, by the key that it keeps.",
        "parameters": [{
            "name": "digest", "in": "path", "required": true, "description": "SHA-256 of the signed header, hexadecimal.",
            "schema": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
        }],
        "responses": {
            "200": { "description": "The whole pack.", "content": bytes, "headers": tag },
            "206": { "description": "The part that was asked for.", "content": bytes, "headers": tag },
            "304": { "description": "Whoever asks has it already." },
            "404": {
                "description": "There is no such address (`not-found`).",
                "content": { "application/problem+json": { "schema": shape("Problem") } },
            },
            "416": { "description": "The part lies after the pack’s end." },
            "503": {
                "description": "Too many pieces are being fetched at once (`busy`); ask again after `Retry-After`.",
                "content": { "application/problem+json": { "schema": shape("Problem") } },
            },
        },
    })
}

fn described(operation: &Operation) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.about,
        "requestBody": { "required": true, "content": { "application/json": { "schema": shape(operation.takes) } } },
        "responses": responses(operation),
    });
    if operation.signed {
        described["security"] = json!([{ "device": [] }]);
    }
    described
}

fn responses(operation: &Operation) -> Value {
    let mut responses = Map::new();
    let content = json!({ "application/json": { "schema": shape(operation.gives) } });
    responses.insert("200".to_owned(), json!({ "description": operation.answer, "content": content }));
    let signed = if operation.signed { SIGNED } else { &[] };
    let mut by_status: BTreeMap<u16, Vec<&Kind>> = BTreeMap::new();
    for kind in ANY.iter().chain(signed).chain(operation.problems) {
        by_status.entry(kind.status.as_u16()).or_default().push(kind);
    }
    for (status, kinds) in by_status {
        let titles: Vec<_> = kinds.iter().map(|kind| format!("{} (`{}`).", kind.title, kind.name)).collect();
        let mut response = json!({
            "description": titles.join(" "),
            "content": { "application/problem+json": { "schema": shape("Problem") } },
        });
        if matches!(status, 429 | 503) {
            response["headers"] = json!({ "Retry-After": {
                "description": "Whole seconds after which to send it again; it differs from device to device.",
                "schema": { "type": "integer", "minimum": 1 },
            }});
        }
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

fn shape(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
