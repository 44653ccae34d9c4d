//! Reading a request's body: its size, its media type, its JSON. Each refusal says which of these was wrong. What the
//! fields may hold is in `checked`.

use super::problem::{Kind, Problem};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use lapwing_core::wire::limit;
use serde::de::{DeserializeOwned, IgnoredAny};

/// The whole body. What announces itself as too large does not come this far (`security`).
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
        return Err(Problem::new(Kind::NOT_JSON, "Send Content-Type: application/json."));
    }
    // A slow line says nothing about what is in the body: a device keeps it and tries again, where it gives up what is malformed.
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(Kind::TIMED_OUT, "The body broke off, or came too slowly. Send it again.")
        })?;
        if bytes.len() + chunk.len() > limit::BODY {
            let detail = format!("The body may be at most {} bytes. Send less at once.", limit::BODY);
            return Err(Problem::new(Kind::TOO_LARGE, detail));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The JSON in a body: malformed when it is not JSON, unfit when it is but of another shape.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|unfit| {
        // Reading stops at the first thing that does not fit, so what comes after it has not been looked at.
        match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => Problem::new(Kind::UNFIT, format!("{unfit}.")),
            Err(error) => {
                let place = format!("line {}, column {}", error.line(), error.column());
                Problem::new(Kind::MALFORMED, format!("The body is not JSON from {place} on."))
            }
        }
    })
}
