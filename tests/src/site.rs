//! The local web: one TLS server that stands for every site a pupil opens.
//!
//! Host names lead here (see [`browser`](crate::browser)), so that a test opens `https://www.google.com/search?q=...` and
//! no byte leaves the machine. The pages are in `tests/pages/`, one quirk each; an address without a page of its own gets
//! a plain one. Every request is noted, which is how a test knows that a blocked site was never reached.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Redirect, Response};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;

use crate::tls::Certificate;

/// Pages by their path, on any host.
const PAGES: &[(&str, &str)] = &[
    ("/textarea", include_str!("../pages/textarea.html")),
    ("/contenteditable", include_str!("../pages/contenteditable.html")),
    ("/iframe", include_str!("../pages/iframe.html")),
    ("/blank-iframe", include_str!("../pages/blank-iframe.html")),
    ("/open-shadow", include_str!("../pages/open-shadow.html")),
    ("/closed-shadow", include_str!("../pages/closed-shadow.html")),
    ("/password", include_str!("../pages/password.html")),
    ("/card", include_str!("../pages/card.html")),
    ("/search-box", include_str!("../pages/search-box.html")),
    ("/strict-csp", include_str!("../pages/textarea.html")),
    ("/single-page-app", include_str!("../pages/single-page-app.html")),
    ("/emptied-editor", include_str!("../pages/emptied-editor.html")),
    ("/helpline-frame", include_str!("../pages/helpline-frame.html")),
    ("/own-paste", include_str!("../pages/own-paste.html")),
    // Below this path the site is never read, and elsewhere it is.
    ("/nhs-services/mental-health-services/find", include_str!("../pages/parts-of-a-site.html")),
    ("/forged", include_str!("../pages/forged.html")),
    ("/picture", include_str!("../pages/picture.html")),
    ("/served-by-worker", include_str!("../pages/served-by-worker.html")),
];
const PLAIN: &str = include_str!("../pages/plain.html");
/// A site's own service worker, which answers every navigation by itself.
const WORKER: &str = include_str!("../pages/worker.js");
/// The strictest policy that a page can send: no script, no style, no form, an opaque origin.
const STRICT: &str = "default-src 'none'; script-src 'none'; sandbox; require-trusted-types-for 'script'";

/// The local web of one run. Ends when dropped.
pub struct Site {
    /// Its port on 127.0.0.1.
    pub port: u16,
    seen: Seen,
    handle: Handle<SocketAddr>,
}

/// One request that arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Without the port.
    pub host: String,
    /// With the slash at its beginning.
    pub path: String,
    /// As written, without the question mark; empty when there is none.
    pub query: String,
    /// What YouTube was told to leave out: the header's value.
    pub restrict: Option<String>,
}

/// Each request, in order.
type Seen = Arc<Mutex<Vec<Asked>>>;

impl Site {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(certificate: &Certificate) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port for the local web")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let seen = Seen::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&seen));
        let handle = Handle::new();
        let server =
            axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(certificate.server()?))?
                .handle(handle.clone())
                .serve(router.into_make_service());
        tokio::spawn(server);
        Ok(Self { port, seen, handle })
    }

    /// Whether anything was asked of this host.
    #[must_use]
    pub fn was_asked(&self, host: &str) -> bool {
        self.requests().iter().any(|seen| seen.split('/').next() == Some(host))
    }

    /// Host and path of every request so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.asked().iter().map(|asked| format!("{}{}", asked.host, asked.path)).collect()
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

async fn answer(State(seen): State<Seen>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host =
        request.uri().host().or(named).unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
    if path == "/redirect"
        && let Some(to) = request.uri().query().and_then(|query| query.strip_prefix("to="))
    {
        return Redirect::to(to).into_response();
    }
    let restrict = request.headers().get("youtube-restrict").and_then(|value| value.to_str().ok());
    let query = request.uri().query().unwrap_or_default().to_owned();
    let asked = Asked { host, path: path.clone(), query, restrict: restrict.map(str::to_owned) };
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    if path == "/worker.js" {
        return ([(CONTENT_TYPE, "text/javascript")], WORKER).into_response();
    }
    let page = PAGES.iter().find(|(name, _)| *name == path).map_or(PLAIN, |(_, page)| page);
    let mut response = ([(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response();
    if path == "/strict-csp" {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, axum::http::HeaderValue::from_static(STRICT));
    }
    response
}
