//! What every answer carries and every request must keep to: security headers, a time limit, the same origin for
//! changes, and an answer even when a handler panics. Which role a URL needs is in `routes`; how often something may be
//! tried is in `limit`; what is logged and counted of a request is in `watch`.

use crate::api::Problem;
use crate::app::App;
use crate::asked;
use crate::error::Error;
use crate::metrics;
use crate::slow::Paced;
use crate::sources;
use crate::unwanted::Finished;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use lapwing_core::wire::limit;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// How long a handler may take, body included, unless it works on lists. An open stream of events has answered already.
const TIME: Duration = Duration::from_secs(30);

/// Bytes of any request's body but a list's file: a full batch of alerts fits, and a long concern several times.
pub(crate) const BODY: usize = limit::BODY;

/// How long work on lists of sites may take: sending a file of tens of megabytes, fetching one, comparing millions of rules.
const LISTS_TIME: Duration = Duration::from_secs(300);

/// Bytes of a form around the file in it.
const AROUND: usize = 64 * 1024;

/// Pages load nothing but what this relay serves, run no inline script, and stand in no frame. Scripts may make HTML
/// only through one policy, whose name is `lapwing` (`static/live.js`).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types lapwing; report-to csp; report-uri /csp-report";

/// What a browser may name as broken.
const DIRECTIVES: [&str; 12] = [
    "default-src",
    "script-src",
    "script-src-elem",
    "script-src-attr",
    "style-src",
    "style-src-elem",
    "style-src-attr",
    "img-src",
    "connect-src",
    "form-action",
    "require-trusted-types-for",
    "trusted-types",
];

static HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (HeaderName::from_static("reporting-endpoints"), "csp=\"/csp-report\""),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), payment=(), browsing-topics=()",
    ),
];

/// Whether devices call this path: they get problem details, and their requests are signed instead of same-origin.
pub(crate) fn is_for_devices(path: &str) -> bool {
    path.starts_with("/api/")
}

/// Bytes of a request's body for this path, or for this row of `routes`. Its handler reads them only after it has found who
/// sends them.
pub(crate) fn most(path: &str) -> usize {
    let takes_file = path.starts_with("/lists/sources/") && path.ends_with("/file");
    if takes_file { sources::MOST + AROUND } else { BODY }
}

/// How long a handler may take for this path.
fn patience(path: &str) -> Duration {
    if path.starts_with("/lists/") { LISTS_TIME } else { TIME }
}

/// An error as its reader wants it: problem details for devices, a page for people.
pub(crate) fn answer(uri: &Uri, error: Error) -> Response {
    if is_for_devices(uri.path()) { Problem::from(error).into_response() } else { error.into_response() }
}

/// Around every request: what error pages have to know of it, the time limit, the least rate of its body, panics, and headers.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    asked::within(&method, guarded(request, next)).await
}

async fn guarded(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let request = if request.body().is_end_stream() {
        request
    } else {
        request.map(|body| Body::new(Finished::new(Paced::new(body))))
    };
    let mut response = if announces_too_much(request.headers(), most(uri.path())) {
        drop(request);
        answer(&uri, Error::TooLarge)
    } else {
        let run = AssertUnwindSafe(next.run(request)).catch_unwind();
        match tokio::time::timeout(patience(uri.path()), run).await {
            Ok(Ok(response)) => response,
            // It may have committed before.
            Ok(Err(panic)) => {
                answer(&uri, Error::InDoubt(Box::new(Error::Internal(panicked(panic.as_ref())))))
            }
            Err(_) => answer(&uri, Error::TimedOut),
        }
    };
    let headers = response.headers_mut();
    for (name, value) in &HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn announces_too_much(headers: &HeaderMap, most: usize) -> bool {
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > most as u64)
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("without a message"))
}

/// Refuses changes that come from another site's page (Origin and Sec-Fetch-Site).
pub(crate) fn same_origin(app: &App) -> CsrfLayer<impl Fn(ProtectionError) -> Response + Clone + use<>> {
    let layer = CsrfLayer::new();
    // Behind a load balancer that rewrites Host, the relay still knows its own origin.
    let own = app.public_url.origin().ascii_serialization();
    let layer = layer.add_trusted_origin(own).unwrap_or_default();
    layer.with_rejection_response(|_: ProtectionError| Error::OtherSite.into_response())
}

/// Refuses changes that do not say where they come from. The layer above lets those pass, for clients that are no
/// browsers; every browser that Lapwing supports sends `Sec-Fetch-Site` or `Origin` with a form, and only a cookie that a
/// browser keeps opens anything here.
pub(crate) async fn says_origin(request: Request, next: Next) -> Response {
    let says = ["sec-fetch-site", "origin"].iter().any(|name| request.headers().contains_key(*name));
    if says || request.method().is_safe() {
        next.run(request).await
    } else {
        Error::OtherSite.into_response()
    }
}

/// What is not in the table of `routes`.
pub(crate) async fn not_found(uri: Uri) -> Response {
    answer(&uri, Error::NotFound)
}

/// A path of the table, asked for with another method.
pub(crate) async fn wrong_method(uri: Uri) -> Response {
    answer(&uri, Error::Method)
}

/// `POST /csp-report`: a browser says that a page broke the policy above. It is counted and logged without the page's
/// address, which could carry a token.
pub(crate) async fn csp_report(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let count = app.csp_reports.fetch_add(1, Ordering::Relaxed) + 1;
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let report: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    // `report-to` sends a list of reports, `report-uri` one.
    let report = if media.starts_with("application/reports+json") {
        &report[0]["body"]
    } else {
        &report["csp-report"]
    };
    let said = |names: [&str; 2]| names.iter().find_map(|name| report[*name].as_str()).unwrap_or_default();
    // Anybody may post here, and a page's address may hold anything: only words of our own reach the log.
    let directive = said(["effectiveDirective", "effective-directive"]);
    let directive = DIRECTIVES.iter().find(|known| **known == directive).copied().unwrap_or("other");
    let blocked = match said(["blockedURL", "blocked-uri"]) {
        "inline" => "inline",
        "eval" => "eval",
        "trusted-types-sink" | "trusted-types-policy" => "trusted types",
        other if other.starts_with("data") => "data",
        _ => "an address",
    };
    metrics::csp_report();
    tracing::warn!(count, directive, blocked, "a page broke the content security policy");
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_to_the_log_alone() {
        let panic: Box<dyn std::any::Any + Send> = Box::new("index out of bounds".to_owned());
        assert_eq!(panicked(panic.as_ref()), "a handler panicked: index out of bounds");
    }

    #[tokio::test]
    async fn devices_get_problems_and_people_get_pages() {
        let device = not_found(Uri::from_static("/api/v1/nothing")).await;
        assert_eq!(device.headers()[header::CONTENT_TYPE], "application/problem+json");
        let person = not_found(Uri::from_static("/nothing")).await;
        assert!(person.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
        assert_eq!((device.status(), person.status()), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    }
}
