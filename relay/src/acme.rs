//! A certificate from an authority, asked for by ACME (RFC 8555) and proved by TLS-ALPN-01 (RFC 8737) on the relay's own
//! port: nothing else has to listen, but the authority must reach the relay on port 443 of the public name. The protocol
//! is `rustls-acme`'s; here is how it is set up, where it keeps its account and certificates, and what is said of it.

use crate::config::Acme;
use crate::tls::{self, TlsError};
use futures_util::StreamExt as _;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_acme::{AcmeConfig, AcmeState, EventOk, caches::DirCache};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a certificate is offered when the authority looks for its proof (RFC 8737, section 6.2).
const PROOF: &[u8] = b"acme-tls/1";

/// A certificate that is asked for, and renewed when two thirds of its time are over.
pub(crate) struct Order(AcmeState<std::io::Error>);

impl Order {
    /// Prepares to ask as `asked` says, with account and certificates kept in `folder`. Nothing is sent yet.
    ///
    /// # Errors
    /// When the folder cannot be made, or the authority's root certificate cannot be read.
    pub(crate) fn new(asked: &Acme, folder: &Path) -> Result<Self, TlsError> {
        tls::make_private_folder(folder)?;
        let mut config = AcmeConfig::new([asked.host.as_str()])
            .contact_push(format!("mailto:{}", asked.contact))
            .directory(asked.directory.as_str());
        if let Some(root) = &asked.root {
            config = config.client_tls_config(Arc::new(trusting(root)?));
        }
        Ok(Self(config.cache(DirCache::new(folder.to_path_buf())).state()))
    }

    /// What to serve with: the certificate, once there is one, and proofs for the authority. Until then handshakes fail.
    ///
    /// # Errors
    /// When rustls offers no protocol version, which it does.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, TlsError> {
        let mut config = tls::builder()?.with_no_client_auth().with_cert_resolver(self.0.resolver());
        config.alpn_protocols = tls::protocols();
        config.alpn_protocols.push(PROOF.to_vec());
        Ok(config)
    }

    /// Asks, renews and tries again, for as long as it is polled. Calls `changed` when another certificate is in use.
    pub(crate) async fn keep(mut self, changed: impl Fn()) {
        while let Some(event) = self.0.next().await {
            match event {
                Ok(EventOk::DeployedCachedCert | EventOk::DeployedNewCert) => {
                    tracing::info!("a certificate of the authority is in use");
                    changed();
                }
                Ok(EventOk::CertCacheStore) => changed(),
                Ok(EventOk::AccountCacheStore) => {}
                Err(error) => tracing::error!(
                    %error,
                    "no certificate from the authority; it is asked again by itself. It must reach port 443 of the public name"
                ),
            }
        }
    }
}

/// Where account and certificates are kept, in the data folder.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("tls").join("acme")
}

/// The file of the newest certificate that has been issued.
pub(crate) fn issued(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let certificates = files.filter(|file| file.file_name().to_string_lossy().starts_with("cached_cert_"));
    certificates
        .max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok())
        .map(|file| file.path())
}

/// Talks to an authority whose server shows a certificate under `root`.
fn trusting(root: &Path) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in tls::chain(root)? {
        roots.add(certificate).map_err(|error| TlsError::Content {
            path: root.to_path_buf(),
            what: "a root certificate",
            detail: error.to_string(),
        })?;
    }
    let versions = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions();
    let versions =
        versions.map_err(|error| TlsError::Pair { path: root.to_path_buf(), detail: error.to_string() })?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
