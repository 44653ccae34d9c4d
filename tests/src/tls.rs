//! The certificate of a test run, and how Chromium is told to trust that one and no other.
//!
//! One key serves the relay and the local web. Chromium gets the hash of its public key
//! (`--ignore-certificate-errors-spki-list`), so every other bad certificate stays an error, as it is in a school.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A self-signed certificate with its key.
pub struct Certificate {
    der: CertificateDer<'static>,
    key: Vec<u8>,
    /// The certificate as a PEM file.
    pub cert_file: PathBuf,
    /// The private key as a PEM file.
    pub key_file: PathBuf,
    /// Base64 of the SHA-256 of the public key, as Chromium wants it.
    pub spki: String,
}

impl Certificate {
    /// Makes one in `folder`, or reads the one that an earlier run left there.
    ///
    /// # Errors
    /// When the folder cannot be written, or holds something else under these names.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        // Two TLS libraries' worth of users in one process: the first to come chooses, and all choose the same.
        rustls::crypto::ring::default_provider().install_default().ok();
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let (cert_file, key_file) = (folder.join("tls-cert.pem"), folder.join("tls-key.pem"));
        let pair = match fs::read_to_string(&key_file) {
            Ok(text) => {
                KeyPair::from_pem(&text).with_context(|| format!("{} is no key", key_file.display()))?
            }
            Err(_) => KeyPair::generate()?,
        };
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let cert = CertificateParams::new(names)?.self_signed(&pair)?;
        fs::write(&cert_file, cert.pem())?;
        fs::write(&key_file, pair.serialize_pem())?;
        let spki = ring::digest::digest(&ring::digest::SHA256, &pair.subject_public_key_info());
        Ok(Self {
            der: cert.der().clone(),
            key: pair.serialize_der(),
            cert_file,
            key_file,
            spki: STANDARD.encode(spki.as_ref()),
        })
    }

    /// What a TLS server of this process needs.
    ///
    /// # Errors
    /// When rustls refuses the certificate, which would be a fault of this file.
    pub fn server(&self) -> Result<Arc<ServerConfig>> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![self.der.clone()], key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
