//! A pack of lists, or a part of it, for whoever knows its digest. It is the same for ever, so a browser or a school's own
//! proxy may keep it; devices ask for a piece at a time and go on where they stopped. What is current is told at the check-in.

use super::problem::{Kind, Problem};
use super::shelf::Refused;
use crate::app::App;
use crate::db::packs::{self, PIECE};
use crate::error::Error;
use crate::extract::Path;
use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::{
    ContentLength, ContentRange, ETag, HeaderMapExt as _, IfNoneMatch, IfRange, Range,
};
use futures_util::{StreamExt as _, stream};
use std::future::ready;
use std::ops::Bound;
use std::sync::Arc;

/// `GET /api/v1/lists/{digest}`.
pub(crate) async fn pack(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    headers: HeaderMap,
    range: Option<TypedHeader<Range>>,
) -> Result<Response, Problem> {
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let length = if is_digest {
        app.packs.length(&digest, packs::length(app.db.read(), &digest)).await?
    } else {
        None
    };
    let length = length.ok_or_else(absent)?;
    let tag: ETag = format!("\"{digest}\"").parse().map_err(Error::internal)?;
    let mut response = match part(&headers, range, &tag, length) {
        Part::None => StatusCode::NOT_MODIFIED.into_response(),
        Part::Whole => sent(app, digest, StatusCode::OK, (0, length), length).await?,
        Part::Beyond => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            response.headers_mut().typed_insert(ContentRange::unsatisfied_bytes(length));
            response
        }
        Part::Of(from, to) => {
            let range = ContentRange::bytes(from..to, length).map_err(Error::internal)?;
            let mut response = sent(app, digest, StatusCode::PARTIAL_CONTENT, (from, to), length).await?;
            response.headers_mut().typed_insert(range);
            response
        }
    };
    let headers = response.headers_mut();
    headers.typed_insert(tag);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(response)
}

fn absent() -> Problem {
    Problem::new(
        Kind::NOT_FOUND,
        "No pack of lists here has this digest. Check in to learn which are current.",
    )
}

/// Bytes of a pack as an answer, piece after piece, as quickly as they are taken.
async fn sent(
    app: Arc<App>,
    digest: String,
    status: StatusCode,
    (from, to): (u64, u64),
    length: u64,
) -> Result<Response, Problem> {
    // The first piece is had before anything is promised.
    let first = slice(&app, &digest, (from, to), length, false).await.map_err(|refused| match refused {
        Refused::Full => Problem::crowded(),
        Refused::Absent => absent(),
        Refused::Failed(error) => error.into(),
    })?;
    let next = from + first.len() as u64;
    let body = if next >= to {
        Body::from(first)
    } else {
        let rest = stream::try_unfold((app, digest, next), move |(app, digest, at)| async move {
            if at >= to {
                return Ok(None);
            }
            let bytes = slice(&app, &digest, (at, to), length, true).await.map_err(lost)?;
            let after = at + bytes.len() as u64;
            Ok(Some((bytes, (app, digest, after))))
        });
        Body::from_stream(stream::once(ready(Ok::<_, BoxError>(first))).chain(rest))
    };
    let mut response = (status, body).into_response();
    response.headers_mut().typed_insert(ContentLength(to - from));
    Ok(response)
}

/// What is asked for of the piece in which it begins.
async fn slice(
    app: &App,
    digest: &str,
    (from, to): (u64, u64),
    length: u64,
    patient: bool,
) -> Result<Bytes, Refused> {
    let number = from / PIECE as u64;
    let start = number * PIECE as u64;
    let end = length.min(start + PIECE as u64);
    let read = packs::piece(app.db.read(), digest, number, end - start);
    let piece = app.packs.piece((digest.to_owned(), number), patient, read).await?;
    let within =
        |at: u64| usize::try_from(at - start).map_err(|error| Refused::Failed(Error::internal(error)));
    Ok(piece.slice(within(from)?..within(to.min(end))?))
}

/// Why an answer that has begun breaks off: whoever asked goes on where it ended.
fn lost(refused: Refused) -> BoxError {
    match refused {
        Refused::Failed(error) => error.into_anyhow().into(),
        Refused::Full | Refused::Absent => "the rest of a pack is no longer there".into(),
    }
}

/// What of a pack is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Nothing: whoever asks has it already.
    None,
    Whole,
    /// From, and up to but not with.
    Of(u64, u64),
    /// What lies after its end.
    Beyond,
}

fn part(headers: &HeaderMap, range: Option<TypedHeader<Range>>, tag: &ETag, length: u64) -> Part {
    if headers.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(tag)) {
        return Part::None;
    }
    let Some(TypedHeader(range)) = range else { return Part::Whole };
    if headers.typed_get::<IfRange>().is_some_and(|known| known.is_modified(Some(tag), None)) {
        return Part::Whole;
    }
    let mut ranges = range.satisfiable_ranges(length);
    let first = ranges.next();
    // Several ranges would need a body in several parts, and may be answered with the whole (RFC 9110, 14.2).
    if ranges.next().is_some() {
        return Part::Whole;
    }
    match first {
        None => Part::Beyond,
        Some((from, to)) => {
            let from = match from {
                Bound::Included(at) => at,
                Bound::Excluded(at) => at.saturating_add(1),
                Bound::Unbounded => 0,
            };
            let to = match to {
                Bound::Included(at) => at.saturating_add(1),
                Bound::Excluded(at) => at,
                Bound::Unbounded => length,
            };
            let to = to.min(length);
            if from < to { Part::Of(from, to) } else { Part::Beyond }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&'static str, &'static str)]) -> Part {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        let range = headers.typed_get::<Range>().map(TypedHeader);
        part(&headers, range, &"\"abc\"".parse().unwrap(), 100)
    }

    #[test]
    fn a_part_is_given_as_it_was_asked_for() {
        assert_eq!(asked(&[]), Part::Whole);
        assert_eq!(asked(&[("range", "bytes=0-9")]), Part::Of(0, 10));
        assert_eq!(asked(&[("range", "bytes=90-200")]), Part::Of(90, 100));
        assert_eq!(asked(&[("range", "bytes=90-")]), Part::Of(90, 100));
        assert_eq!(asked(&[("range", "bytes=-10")]), Part::Of(90, 100));
        assert_eq!(asked(&[("range", "bytes=100-")]), Part::Beyond);
        assert_eq!(asked(&[("range", "bytes=0-1,5-6")]), Part::Whole);
    }

    #[test]
    fn what_is_known_already_is_not_sent_again() {
        assert_eq!(asked(&[("if-none-match", "\"abc\"")]), Part::None);
        assert_eq!(asked(&[("if-none-match", "\"abd\"")]), Part::Whole);
        assert_eq!(asked(&[("if-range", "\"abc\""), ("range", "bytes=5-")]), Part::Of(5, 100));
        assert_eq!(asked(&[("if-range", "\"abd\""), ("range", "bytes=5-")]), Part::Whole);
    }
}
