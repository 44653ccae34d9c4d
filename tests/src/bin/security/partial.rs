//! Clients that begin and never end: a TLS handshake, a request's headers, a body, of each some by the hundred, a byte every
//! two seconds. Each must be let go within ten seconds, while others are served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lapwing_tests::load::Base;
use lapwing_tests::steps;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::slow::Prober;

/// Of each kind.
const CLIENTS: usize = 130;
/// Within which each must have been let go.
const LIMIT: Duration = Duration::from_secs(10);
/// When it is given up looking.
const END: Duration = Duration::from_secs(30);
/// Between two bytes.
const DRIP: Duration = Duration::from_secs(2);

/// What a client begins.
#[derive(Clone, Copy)]
enum Kind {
    Handshake,
    Headers,
    Body,
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::Handshake => "handshakes",
            Self::Headers => "headers",
            Self::Body => "bodies",
        }
    }
}

/// Opens all of them at once, and waits until the relay has let each go.
pub(crate) async fn run(base: &Base) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for kind in [Kind::Handshake, Kind::Headers, Kind::Body] {
        let prober = Prober::start(base)?;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (address, tls) = (base.relay.url.replace("https://", ""), connector(base));
                tokio::spawn(async move { held(&address, tls?, kind).await })
            })
            .collect();
        let mut times = Vec::new();
        for client in clients {
            times.push(client.await.context("a client ended early")??);
        }
        times.sort();
        let longest = times.last().copied().unwrap_or_default();
        let late = times.iter().filter(|time| **time > LIMIT).count();
        let probes = prober.stop().await;
        steps::line(&format!(
            "{CLIENTS} clients with {} that never end: all let go, the last after {:.1} s; {probes}",
            kind.words(),
            longest.as_secs_f64()
        ));
        if late > 0 {
            faults
                .push(format!("{late} of {CLIENTS} unfinished {} were held longer than 10 s", kind.words()));
        }
        faults.extend(probes.fault(kind.words()));
    }
    Ok(faults)
}

fn connector(base: &Base) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&base.certificate.cert_file)?)?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// How long the relay kept one client, from the moment at which it was accepted.
async fn held(address: &str, tls: TlsConnector, kind: Kind) -> Result<Duration> {
    let started = Instant::now();
    let mut stream = TcpStream::connect(address).await.context("the relay cannot be reached")?;
    if matches!(kind, Kind::Handshake) {
        // The beginning of a ClientHello: a record of 512 bytes that never comes to its end.
        stream.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00]).await?;
        return Ok(drip(stream, started).await);
    }
    let mut stream = tls.connect(ServerName::try_from("localhost")?, stream).await?;
    // The handshake takes its time on a busy machine; the limits begin anew after it.
    let started = Instant::now();
    let begun: &[u8] = match kind {
        Kind::Handshake | Kind::Headers => b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        Kind::Body => {
            b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 4000\r\n\
              Content-Type: application/x-www-form-urlencoded\r\n\r\nemail="
        }
    };
    stream.write_all(begun).await?;
    Ok(drip(stream, started).await)
}

/// Sends a byte now and then until the other end has closed.
async fn drip(stream: impl AsyncRead + AsyncWrite, started: Instant) -> Duration {
    let (mut read, mut write) = tokio::io::split(stream);
    let sending = async {
        loop {
            tokio::time::sleep(DRIP).await;
            if write.write_all(b"a").await.is_err() || write.flush().await.is_err() {
                return;
            }
        }
    };
    let reading = async {
        let mut answer = Vec::new();
        // An answer may come first; the end is what counts, and a reset is one.
        read.read_to_end(&mut answer).await.ok();
    };
    tokio::select! {
        () = reading => {}
        () = async { sending.await; std::future::pending::<()>().await } => {}
        () = tokio::time::sleep(END) => {}
    }
    started.elapsed()
}
