//! What is seen of each request: one count and one line in the log, unless it is a device's and went well, under an id that
//! every line of the request carries and that the answer names, so that a person can quote it. Never what was asked for or sent.

use crate::metrics;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument as _;

/// The header that names a request in the answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where devices ask. What went well there is counted and not logged: ten thousand devices would fill a disk with it, and
/// make every alert wait for a line.
const DEVICES: &str = "/api/";

/// Around every request, outside all else.
pub(crate) async fn watch(request: Request, next: Next) -> Response {
    // An id to find lines by, not a secret.
    let id = uuid::Uuid::new_v4().simple().to_string();
    let span = tracing::info_span!("request", id);
    let method = word(request.method());
    // The pattern, not the path: paths can carry one-time tokens.
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    async move {
        let started = Instant::now();
        let mut response = next.run(request).await;
        let took = started.elapsed();
        let status = response.status().as_u16();
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if status < 400 && route.starts_with(DEVICES) {
            tracing::debug!(method, route, status, ms, "answered");
        } else {
            tracing::info!(method, route, status, ms, "answered");
        }
        metrics::answered(method, &route, status, took);
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
    .instrument(span)
    .await
}

/// A method as one of a few words: a client may make up its own, and each would be one more series.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_methods_are_one_word() {
        assert_eq!(word(&Method::POST), "POST");
        assert_eq!(word(&Method::from_bytes(b"CANARY").unwrap()), "other");
    }
}
