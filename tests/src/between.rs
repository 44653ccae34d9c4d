//! Something between a device and its relay that does what networks and thieves do: holds packs of lists back, changes their
//! bytes, and tells other things of them than the relay does. What it is not told to change it hands on.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, HOST, RANGE, TRANSFER_ENCODING};
use axum::http::{Response, StatusCode};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use lapwing_core::wire::path;
use serde_json::Value;
use tokio::sync::watch;

use crate::device::client;
use crate::tls::Certificate;

/// Changes what the relay says of its lists.
pub type Lie = fn(&mut Value);

/// What it does. Nothing, at first.
#[derive(Default)]
struct Does {
    /// A bit of each answer with a pack's bytes is another, counted from the end.
    flip: Option<usize>,
    lie: Option<Lie>,
    /// Ranges of packs that were asked for.
    asked: Vec<String>,
}

struct Shared {
    relay: String,
    client: reqwest::Client,
    does: Mutex<Does>,
    /// How many pieces of packs may pass.
    pass: watch::Sender<usize>,
}

/// The thing between. Ends when dropped.
pub struct Between {
    /// Its address, in place of the relay's.
    pub url: String,
    shared: Arc<Shared>,
    handle: Handle<SocketAddr>,
}

impl Between {
    /// Starts it in front of the relay at `relay`.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(relay: &str, certificate: &Certificate) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
        listener.set_nonblocking(true)?;
        let url = format!("https://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            relay: relay.to_owned(),
            client: client(certificate)?,
            does: Mutex::default(),
            pass: watch::Sender::new(usize::MAX),
        });
        let router = Router::new().fallback(hand_on).with_state(Arc::clone(&shared));
        let handle = Handle::new();
        let server =
            axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(certificate.server()?))?
                .handle(handle.clone())
                .serve(router.into_make_service());
        tokio::spawn(server);
        Ok(Self { url, shared, handle })
    }

    /// Lets so many more pieces of packs pass; further ones wait.
    pub fn lets_pass(&self, pieces: usize) {
        self.shared.pass.send_replace(pieces);
    }

    /// Changes a bit of each piece from now on, so many bytes before its end; or none.
    pub fn flips(&self, byte: Option<usize>) {
        self.shared.does().flip = byte;
    }

    /// Says something else of the relay's lists from now on; or what the relay says.
    pub fn lies(&self, lie: Option<Lie>) {
        self.shared.does().lie = lie;
    }

    /// The ranges of packs that were asked for, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.shared.does().asked.clone()
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl Shared {
    fn does(&self) -> MutexGuard<'_, Does> {
        self.does.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn hand_on(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    handed_on(&shared, request).await.unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    })
}

async fn handed_on(shared: &Shared, request: Request) -> Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let is_pack = path::LISTS.split_once('{').is_some_and(|(before, _)| path.starts_with(before));
    if is_pack {
        let range = parts.headers.get(RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
        shared.does().asked.push(range.to_owned());
        shared.pass.subscribe().wait_for(|left| *left > 0).await?;
        shared.pass.send_modify(|left| *left = left.saturating_sub(usize::from(*left != usize::MAX)));
    }
    let mut headers = parts.headers;
    headers.remove(HOST);
    headers.remove(CONTENT_LENGTH);
    let sent = shared
        .client
        .request(parts.method, format!("{}{path}", shared.relay))
        .headers(headers)
        .body(to_bytes(body, 1 << 20).await?)
        .send()
        .await?;
    let (status, mut headers) = (sent.status(), sent.headers().clone());
    headers.remove(CONTENT_LENGTH);
    headers.remove(TRANSFER_ENCODING);
    let mut bytes = sent.bytes().await?;
    let (flip, lie) = {
        let does = shared.does();
        (does.flip, does.lie)
    };
    if let Some(byte) = flip.filter(|_| is_pack) {
        let mut changed = bytes.to_vec();
        let at = changed.len().saturating_sub(byte);
        if let Some(byte) = changed.get_mut(at) {
            *byte ^= 1;
        }
        bytes = Bytes::from(changed);
    }
    if let Some(lie) = lie.filter(|_| path == path::CHECK_IN) {
        let mut said: Value = serde_json::from_slice(&bytes)?;
        if let Some(lists) = said.get_mut("lists") {
            lie(lists);
        }
        bytes = Bytes::from(said.to_string());
    }
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
