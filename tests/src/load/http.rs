//! Connections to the relay: TLS and `hyper`, with as little between them as possible, because the generator shares two
//! cores with the relay that it measures.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::{HOST, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;

use crate::tls::Certificate;

/// An answer that takes longer has not come: devices do not wait for ever either.
const ANSWER: Duration = Duration::from_secs(60);

/// Which HTTP is spoken. Browsers speak HTTP/2; one request after another on HTTP/1.1 is cheaper to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1, kept alive.
    Http1,
    /// HTTP/2.
    Http2,
}

/// A POST, ready to go and to go again.
#[derive(Debug, Clone)]
pub struct Message {
    /// The path, such as `/api/v1/alerts`.
    pub path: &'static str,
    /// Content type and signature.
    pub headers: HeaderMap,
    /// The body that was signed.
    pub body: Bytes,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// When to try again, where the relay says so.
    pub retry_after: Option<Duration>,
    /// The whole body.
    pub body: Bytes,
}

/// How a server is reached.
#[derive(Clone)]
pub struct Dial {
    address: SocketAddr,
    http1: TlsConnector,
    http2: TlsConnector,
}

impl Dial {
    /// A server on loopback with this run's certificate; `url` such as `https://127.0.0.1:40123`.
    ///
    /// # Errors
    /// When the address or the certificate cannot be read.
    pub fn new(url: &str, certificate: &Certificate) -> Result<Self> {
        let address = url.strip_prefix("https://").unwrap_or(url).trim_end_matches('/');
        let address = address.parse().with_context(|| format!("{url} is no address with a port"))?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&certificate.cert_file)?)?;
        let roots = Arc::new(roots);
        let connector = |protocol: &[u8]| {
            let mut config =
                ClientConfig::builder().with_root_certificates(Arc::clone(&roots)).with_no_client_auth();
            config.alpn_protocols = vec![protocol.to_vec()];
            // Each device is another machine: it has no session of a neighbour's to resume.
            config.resumption = rustls::client::Resumption::disabled();
            TlsConnector::from(Arc::new(config))
        };
        Ok(Self { address, http1: connector(b"http/1.1"), http2: connector(b"h2") })
    }

    /// A new connection from the loopback address `127.0.0.from`: real devices have addresses of their own.
    ///
    /// # Errors
    /// When the server does not answer or the handshake fails.
    pub async fn line(&self, protocol: Protocol, from: u8) -> Result<Line> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, from.max(1))), 0))?;
        let stream = socket.connect(self.address).await.context("the server cannot be reached")?;
        stream.set_nodelay(true)?;
        let name = ServerName::IpAddress(self.address.ip().into());
        let connector = if protocol == Protocol::Http1 { &self.http1 } else { &self.http2 };
        let stream = connector.connect(name, stream).await.context("the TLS handshake failed")?;
        let io = TokioIo::new(stream);
        // A connection's task ends with the connection; what went wrong is told to whoever sends next.
        let sender = match protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(io).await?;
                tokio::spawn(async { connection.await.ok() });
                Sender::Http1(sender)
            }
            Protocol::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
                tokio::spawn(async { connection.await.ok() });
                Sender::Http2(sender)
            }
        };
        let host = self.address.to_string();
        Ok(Line { sender, host: HeaderValue::from_str(&host)?, authority: host })
    }
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// An open connection.
pub struct Line {
    sender: Sender,
    host: HeaderValue,
    authority: String,
}

impl Line {
    /// Sends a message and reads the whole answer.
    ///
    /// # Errors
    /// When the connection breaks or no answer comes: then it is not known whether the message was taken.
    pub async fn send(&mut self, message: &Message) -> Result<Reply> {
        let Ok(reply) = tokio::time::timeout(ANSWER, self.exchange(message)).await else {
            bail!("no answer within {} s", ANSWER.as_secs());
        };
        reply
    }

    async fn exchange(&mut self, message: &Message) -> Result<Reply> {
        let mut request = Request::new(Full::new(message.body.clone()));
        *request.method_mut() = Method::POST;
        *request.headers_mut() = message.headers.clone();
        let response = match &mut self.sender {
            Sender::Http1(sender) => {
                *request.uri_mut() = Uri::from_static(message.path);
                request.headers_mut().insert(HOST, self.host.clone());
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Sender::Http2(sender) => {
                *request.uri_mut() = Uri::builder()
                    .scheme("https")
                    .authority(self.authority.as_str())
                    .path_and_query(message.path)
                    .build()?;
                sender.ready().await?;
                sender.send_request(request).await?
            }
        };
        read(response).await
    }
}

async fn read(response: Response<Incoming>) -> Result<Reply> {
    let (parts, body) = response.into_parts();
    let retry_after = parts.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = body.collect().await?.to_bytes();
    Ok(Reply { status: parts.status.as_u16(), retry_after: retry_after.map(Duration::from_secs), body })
}
