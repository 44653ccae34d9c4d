//! The certificate that the relay serves with, kept up to date while it runs: files are read again when they change or on
//! SIGHUP, and a certificate by ACME is asked for and renewed. Connections that are open keep the one they began with.

use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Tls};
use crate::{acme, metrics, tls};
use axum_server::tls_rustls::RustlsConfig;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(15);

/// A certificate in use.
pub(super) struct Certificate {
    served: RustlsConfig,
    source: Source,
}

enum Source {
    Files(tls::Files),
    Acme { order: acme::Order, folder: PathBuf },
}

/// Opens what the configuration names, or makes a certificate of the relay's own.
///
/// # Errors
/// When there is none to serve with.
pub(super) fn open(config: &Config, out: &mut dyn Write) -> anyhow::Result<Certificate> {
    let files = match &config.tls {
        Tls::Files(files) => files.clone(),
        Tls::Own => {
            let (files, new) = tls::own(&config.data, &config.hosts(), SystemClock.now())?;
            if new {
                writeln!(
                    out,
                    "Made a certificate of the relay’s own: {}. Browsers warn about it until they are told to trust it; \
                     for a school, give a certificate with --tls-cert and --tls-key.",
                    files.certificate.display()
                )?;
            }
            files
        }
        Tls::Acme(asked) => {
            let folder = acme::folder(&config.data);
            let order = acme::Order::new(asked, &folder)?;
            let served = RustlsConfig::from_config(Arc::new(order.server_config()?));
            return Ok(Certificate { served, source: Source::Acme { order, folder } });
        }
    };
    let served = RustlsConfig::from_config(Arc::new(tls::config(&files)?));
    tell_expiry(&files.certificate);
    Ok(Certificate { served, source: Source::Files(files) })
}

impl Certificate {
    /// What to accept connections with. Later changes reach it by themselves.
    pub(super) fn served(&self) -> RustlsConfig {
        self.served.clone()
    }

    /// Keeps it up to date for as long as it is polled.
    pub(super) async fn keep_fresh(self) {
        match self.source {
            Source::Files(files) => keep_reading(&self.served, &files).await,
            Source::Acme { order, folder } => {
                order
                    .keep(|| {
                        if let Some(file) = acme::issued(&folder) {
                            tell_expiry(&file);
                        }
                    })
                    .await;
            }
        }
    }
}

async fn keep_reading(served: &RustlsConfig, files: &tls::Files) {
    let mut told = told();
    let mut seen = changed(files);
    let mut due = tokio::time::interval(LOOK);
    loop {
        let asked = tokio::select! {
            _ = due.tick() => false,
            () = told.wait() => true,
        };
        let now = changed(files);
        if now == seen && !asked {
            continue;
        }
        seen = now;
        match tls::config(files) {
            Ok(config) => {
                served.reload_from_config(Arc::new(config));
                tell_expiry(&files.certificate);
                tracing::info!("the certificate was read again");
            }
            // Half a pair, for as long as the other half is being written: the next look finds both.
            Err(error) => {
                tracing::error!(%error, "the new certificate cannot be used; the old one stays in use");
            }
        }
    }
}

/// When each file was last written, as far as that can be told.
fn changed(files: &tls::Files) -> [Option<SystemTime>; 2] {
    [&files.certificate, &files.key].map(|file| file.metadata().and_then(|data| data.modified()).ok())
}

fn tell_expiry(certificate: &Path) {
    match tls::expires(certificate) {
        Ok(at) => metrics::certificate_expires(at.as_second()),
        Err(error) => tracing::warn!(%error, "it is not known when the certificate ends"),
    }
}

/// SIGHUP, where there is such a thing.
struct Told(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

fn told() -> Told {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let hang_up = signal(SignalKind::hangup());
        if let Err(error) = &hang_up {
            tracing::warn!(%error, "SIGHUP is not heard: the certificate is read again only when its files change");
        }
        Told(hang_up.ok())
    }
    #[cfg(not(unix))]
    Told()
}

impl Told {
    async fn wait(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    /// What a client is shown.
    async fn shown(served: &RustlsConfig) -> CertificateDer<'static> {
        let (client, server) = tokio::io::duplex(16 * 1024);
        let acceptor = tokio_rustls::TlsAcceptor::from(served.get_inner());
        let accepting = tokio::spawn(async move { acceptor.accept(server).await });
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone))
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, client).await.unwrap();
        accepting.await.unwrap().unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    }

    #[tokio::test]
    async fn a_replaced_certificate_is_served_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let (files, _) = tls::own(folder.path(), &["localhost".to_owned()], now).unwrap();
        let served = RustlsConfig::from_config(Arc::new(tls::config(&files).unwrap()));
        let first = shown(&served).await;
        tokio::time::pause();
        let keeping = tokio::spawn({
            let (served, files) = (served.clone(), files.clone());
            async move { keep_reading(&served, &files).await }
        });
        tokio::time::sleep(LOOK).await;
        let touch = |seconds: u64| {
            // Clocks of file systems are coarse; a new file must look new.
            let file = std::fs::File::options().append(true).open(&files.certificate).unwrap();
            let modified = file.metadata().unwrap().modified().unwrap();
            file.set_modified(modified + Duration::from_secs(seconds)).unwrap();
        };
        std::fs::write(&files.certificate, "half a fi").unwrap();
        touch(10);
        tokio::time::sleep(LOOK * 2).await;
        assert_eq!(shown(&served).await, first, "the old one stays");
        std::fs::remove_file(folder.path().join("tls/names.txt")).unwrap();
        tls::own(folder.path(), &["localhost".to_owned()], now).unwrap();
        touch(20);
        tokio::time::sleep(LOOK * 2).await;
        let expected = CertificateDer::from_pem_file(&files.certificate).unwrap();
        assert_ne!(expected, first);
        assert_eq!(shown(&served).await, expected);
        keeping.abort();
    }

    /// A client that looks at the certificate and not at who signed it.
    #[derive(Debug)]
    struct Anyone;

    impl rustls::client::danger::ServerCertVerifier for Anyone {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &rustls::pki_types::ServerName<'_>,
            _: &[u8],
            _: rustls::pki_types::UnixTime,
        ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
            Ok(rustls::client::danger::ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
        }
    }
}
