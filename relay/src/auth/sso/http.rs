//! The one place where the relay calls out for single sign-on: https (or this machine), no redirects, ten seconds, a
//! quarter of a megabyte. An answer is whatever a provider says; what it proves is decided in `client`.

use super::provider::is_this_machine;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::pin::Pin;
use std::time::Duration;
use url::Url;

/// How long a call may take.
const TIME: Duration = Duration::from_secs(10);
/// Bytes of an answer: a provider's keys are a few thousand.
const MOST: usize = 256 * 1024;

/// Why a provider could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// It could not be reached, or broke off.
    #[error("the identity provider could not be reached: {0}")]
    Reach(#[from] reqwest::Error),
    /// An address that is not private.
    #[error("the identity provider names an address without https")]
    Plain,
    /// It said more than any provider has to say.
    #[error("the identity provider’s answer is longer than {MOST} bytes")]
    Long,
    /// It made no sense as HTTP.
    #[error("the identity provider’s answer is no HTTP: {0}")]
    Odd(String),
}

/// Calls providers.
#[derive(Debug, Clone)]
pub(super) struct Calls(reqwest::Client);

impl Calls {
    /// A client that is ready to call.
    pub(super) fn new() -> Result<Self, CallError> {
        // The program has one provider of cryptography; to install it again is no harm.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIME);
        Ok(Self(builder.connect_timeout(TIME / 2).user_agent("Lapwing").build()?))
    }

    async fn send(self, request: HttpRequest) -> Result<HttpResponse, CallError> {
        let request = reqwest::Request::try_from(request)?;
        if !is_private(request.url()) {
            return Err(CallError::Plain);
        }
        let mut answer = self.0.execute(request).await?;
        let mut whole = axum::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            whole = whole.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MOST {
                return Err(CallError::Long);
            }
            body.extend_from_slice(&chunk);
        }
        whole.body(body).map_err(|error| CallError::Odd(error.to_string()))
    }
}

impl<'c> AsyncHttpClient<'c> for Calls {
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CallError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}

fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(url))
}
