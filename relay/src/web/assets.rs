//! The style sheet, the scripts and the icon, embedded in the program. A browser keeps them and asks whether they
//! changed, so that a new version of the relay is never shown with an old style.

use crate::error::Error;
use crate::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use std::sync::LazyLock;

const JS: &str = "text/javascript; charset=utf-8";

/// Name, media type, content.
const FILES: &[(&str, &str, &str)] = &[
    ("style.css", "text/css; charset=utf-8", include_str!("../../static/style.css")),
    ("live.js", JS, include_str!("../../static/live.js")),
    ("blur.js", JS, include_str!("../../static/blur.js")),
    ("passkey.js", JS, include_str!("../../static/passkey.js")),
    ("form.js", JS, include_str!("../../static/form.js")),
    ("lapwing.svg", "image/svg+xml", include_str!("../../static/lapwing.svg")),
];

/// The entity tag of each file, in the order of [`FILES`].
static TAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(_, _, content)| {
            let digest = digest::digest(&digest::SHA256, content.as_bytes());
            format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest.as_ref()))
        })
        .collect()
});

/// `GET /static/{name}`.
pub(crate) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Error> {
    let index = FILES.iter().position(|(known, ..)| *known == name).ok_or(Error::NotFound)?;
    let (_, media, content) = FILES[index];
    let tag = TAGS[index].as_str();
    let caching = [
        (header::ETAG, HeaderValue::from_str(tag).map_err(Error::internal)?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, [(header::CONTENT_TYPE, HeaderValue::from_static(media))], content).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(name: &str, known: Option<HeaderValue>) -> Result<Response, Error> {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(header::IF_NONE_MATCH, known);
        }
        file(Path(name.to_owned()), headers).await
    }

    #[tokio::test]
    async fn an_unchanged_file_is_not_sent_again() {
        let first = get("style.css", None).await.unwrap();
        assert_eq!(first.status(), StatusCode::OK);
        let again = get("style.css", first.headers().get(header::ETAG).cloned()).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let other = get("live.js", first.headers().get(header::ETAG).cloned()).await.unwrap();
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn only_the_embedded_files_exist() {
        for name in ["", "../Cargo.toml", "style.css.map"] {
            assert!(matches!(get(name, None).await, Err(Error::NotFound)), "{name}");
        }
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        for (name, _, content) in FILES {
            let content = content.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !content.contains("http:") && !content.contains("https:") && !content.contains("@import"),
                "{name}"
            );
        }
    }
}
