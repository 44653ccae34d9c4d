//! Fetches a list: conditionally, within bounds of time and bytes, and only from where [`Reach`] allows, redirects
//! included. Whether what came is a list at all is for `keep`.

use super::reach::{Reach, Unreachable};
use crate::db::list_sources::Source;
use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Client, Response, StatusCode};
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Bytes of a list as it comes, packed or not. UT1's archive has some thirty megabytes.
pub(crate) const MOST: usize = 64 * 1024 * 1024;

/// How long all of it may take.
const TIME: Duration = Duration::from_secs(180);
/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(30);
/// Steps of a redirect.
const STEPS: usize = 5;
/// Characters of a tag or date that are remembered.
const TAG: usize = 500;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// The server says that it is what is kept.
    Same,
    /// Something, and what the server calls this state of it.
    New {
        /// The list.
        bytes: Vec<u8>,
        /// Its tag; may be empty.
        etag: String,
        /// Its date; may be empty.
        modified: String,
    },
}

/// Why nothing came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// It must not be asked.
    #[error("The address is not asked: {0}.")]
    Forbidden(#[from] Unreachable),
    /// A redirect that must not be followed.
    #[error("The server sends us on to an address that is not asked: {0}.")]
    SentOn(Unreachable),
    /// No address, or a redirect to none.
    #[error("The server sends us on, and does not say where to.")]
    Nowhere,
    /// Redirects without end.
    #[error("The server sends us on more than {STEPS} times.")]
    Circles,
    /// It said something else than the list.
    #[error("The server answered {0}.")]
    Status(StatusCode),
    /// Too many bytes.
    #[error("It is larger than {} MB, which no list of sites is.", MOST / 1024 / 1024)]
    Large,
    /// It took too long.
    #[error("It took longer than {} seconds.", TIME.as_secs())]
    Slow,
    /// It could not be reached, or broke off.
    #[error("The server could not be reached, or broke off: {0}.")]
    Broken(String),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        // The address may hold a key of the school's, and stands on the page already.
        let error = error.without_url();
        let mut last = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(forbidden) = inner.downcast_ref::<Unreachable>() {
                return Self::Forbidden(*forbidden);
            }
            last = inner.to_string();
            cause = inner.source();
        }
        Self::Broken(last.chars().filter(|c| !c.is_control()).take(200).collect())
    }
}

/// Fetches what `source` names, if it is not what is kept.
///
/// # Errors
/// [`FetchError`], in words for a page.
pub(crate) async fn fetch(reach: &Reach, source: &Source) -> Result<Fetched, FetchError> {
    tokio::time::timeout(TIME, all(reach, source)).await.unwrap_or(Err(FetchError::Slow))
}

async fn all(reach: &Reach, source: &Source) -> Result<Fetched, FetchError> {
    // The program has one provider of cryptography; to install it again is no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A proxy would look names up by itself.
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(SILENCE)
        .read_timeout(SILENCE)
        .dns_resolver(Arc::new(reach.clone()))
        .user_agent("Lapwing")
        .build()?;
    let mut url: Url = source.settings.url.parse().map_err(|_| FetchError::Nowhere)?;
    reach.check(&url)?;
    for _ in 0..=STEPS {
        let mut request = client.get(url.clone());
        if !source.digest.is_empty() {
            for (name, known) in
                [(header::IF_NONE_MATCH, &source.etag), (header::IF_MODIFIED_SINCE, &source.modified)]
            {
                if !known.is_empty() {
                    request = request.header(name, known);
                }
            }
        }
        let answer = request.send().await?;
        match answer.status() {
            StatusCode::OK => return body(answer).await,
            StatusCode::NOT_MODIFIED if !source.digest.is_empty() => return Ok(Fetched::Same),
            status if status.is_redirection() => {
                let to = text(answer.headers(), &header::LOCATION);
                let to = url.join(&to).ok().filter(|_| !to.is_empty()).ok_or(FetchError::Nowhere)?;
                reach.check(&to).map_err(FetchError::SentOn)?;
                url = to;
            }
            status => return Err(FetchError::Status(status)),
        }
    }
    Err(FetchError::Circles)
}

async fn body(mut answer: Response) -> Result<Fetched, FetchError> {
    if answer.content_length().is_some_and(|length| length > MOST as u64) {
        return Err(FetchError::Large);
    }
    let (etag, modified) =
        (text(answer.headers(), &header::ETAG), text(answer.headers(), &header::LAST_MODIFIED));
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > MOST {
            return Err(FetchError::Large);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Fetched::New { bytes, etag, modified })
}

/// A header as text; empty when it is absent, no text, or longer than anybody needs.
fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if *name != header::LOCATION && value.len() > TAG { String::new() } else { value.to_owned() }
}
