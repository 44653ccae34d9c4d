//! TLS: the certificate that IT gives, or one that the relay makes for itself at its first start. How connections are
//! accepted is in `accept`.

use crate::secrets::write_private;
use jiff::{Timestamp, tz::TimeZone};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ConfigBuilder, ServerConfig, WantsVerifier};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Years for which a certificate of our own is good. Devices are told to trust it one by one, so it is not changed
/// often.
const YEARS: i32 = 5;

/// Where the certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    /// The certificate and those above it, PEM.
    pub(crate) certificate: PathBuf,
    /// Its private key, PEM.
    pub(crate) key: PathBuf,
}

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} is not {what} in PEM: {detail}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What was wrong.
        detail: String,
    },
    /// The certificate and the key do not belong together, or are of a kind that is not supported.
    #[error("the certificate in {path} cannot be used with its key: {detail}")]
    Pair {
        /// The certificate's file.
        path: PathBuf,
        /// What was wrong.
        detail: String,
    },
    /// A certificate of our own could not be made.
    #[error("no certificate could be made for {names}: {detail}; give one with --tls-cert and --tls-key")]
    Make {
        /// The names that it should be for.
        names: String,
        /// What was wrong.
        detail: String,
    },
}

/// The server's configuration from `files`.
///
/// # Errors
/// When a file cannot be read or does not hold what it should.
pub(crate) fn config(files: &Files) -> Result<ServerConfig, TlsError> {
    let chain = chain(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?)
        .map_err(|error| content(&files.key, "a private key", error.to_string()))?;
    let pair =
        |error: rustls::Error| TlsError::Pair { path: files.certificate.clone(), detail: error.to_string() };
    let mut config = builder()?.with_no_client_auth().with_single_cert(chain, key).map_err(pair)?;
    config.alpn_protocols = protocols();
    Ok(config)
}

/// TLS 1.2 and 1.3 with the ciphers of `ring`, before a certificate is chosen.
///
/// # Errors
/// Never: `ring` offers both versions.
pub(crate) fn builder() -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, TlsError> {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Pair { path: PathBuf::from("(none)"), detail: error.to_string() })
}

/// What may be spoken inside: HTTP/2 and HTTP/1.1.
pub(crate) fn protocols() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

/// The certificates in a PEM file, the relay's own first; at least one.
///
/// # Errors
/// When the file cannot be read or holds none.
pub(crate) fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(&read(file)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| content(file, "a certificate", error.to_string()))?;
    if chain.is_empty() {
        return Err(content(file, "a certificate", "there is none in it".into()));
    }
    Ok(chain)
}

/// When the first certificate of a PEM file ends.
///
/// # Errors
/// When the file cannot be read or holds no certificate that can be understood.
pub(crate) fn expires(file: &Path) -> Result<Timestamp, TlsError> {
    let chain = chain(file)?;
    let not_understood = |detail: String| content(file, "a certificate", detail);
    let first = chain.first().ok_or_else(|| not_understood("there is none in it".into()))?;
    let (_, parsed) =
        x509_parser::parse_x509_certificate(first).map_err(|error| not_understood(error.to_string()))?;
    Timestamp::from_second(parsed.validity().not_after.timestamp())
        .map_err(|error| not_understood(error.to_string()))
}

/// Makes a folder that only its owner may look into, with those above it.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_private_folder(folder: &Path) -> Result<(), TlsError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| TlsError::File { path: folder.to_path_buf(), source })
}

/// The relay's own certificate in `folder`/tls, made now when there is none for exactly these `hosts`. The second
/// answer says whether it is new.
///
/// # Errors
/// When it cannot be made or written.
pub(crate) fn own(folder: &Path, hosts: &[String], now: Timestamp) -> Result<(Files, bool), TlsError> {
    let folder = folder.join("tls");
    let files = Files { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
    let names_file = folder.join("names.txt");
    let names = hosts.join("\n");
    if files.certificate.exists()
        && std::fs::read_to_string(&names_file).is_ok_and(|known| known.trim() == names)
    {
        return Ok((files, false));
    }
    let wrong = |error: rcgen::Error| TlsError::Make { names: hosts.join(", "), detail: error.to_string() };
    let key = KeyPair::generate().map_err(wrong)?;
    let mut params = CertificateParams::new(hosts.to_vec()).map_err(wrong)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "Lapwing relay");
    let today = now.to_zoned(TimeZone::UTC);
    let (month, day) = (today.month().unsigned_abs(), today.day().unsigned_abs().min(28));
    params.not_before = date_time_ymd(today.year().into(), month, day);
    params.not_after = date_time_ymd(i32::from(today.year()) + YEARS, month, day);
    let certificate = params.self_signed(&key).map_err(wrong)?;
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| TlsError::File { path, source }
    };
    make_private_folder(&folder)?;
    match std::fs::remove_file(&files.key) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&files.key)(error)),
        _ => {}
    }
    write_private(&files.key, key.serialize_pem().as_bytes()).map_err(failed(&files.key))?;
    std::fs::write(&files.certificate, certificate.pem()).map_err(failed(&files.certificate))?;
    // Last, so that a start that broke off before here makes the certificate again.
    std::fs::write(&names_file, names).map_err(failed(&names_file))?;
    Ok((files, true))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File { path: path.to_path_buf(), source })
}

fn content(path: &Path, what: &'static str, detail: String) -> TlsError {
    TlsError::Content { path: path.to_path_buf(), what, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_certificate_is_made_once_for_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2024-02-29T12:00:00Z".parse().unwrap();
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let (files, new) = own(folder.path(), &hosts, now).unwrap();
        assert!(new);
        assert!(config(&files).is_ok());
        let first = std::fs::read(&files.certificate).unwrap();
        assert!(!own(folder.path(), &hosts, now).unwrap().1);
        assert_eq!(std::fs::read(&files.certificate).unwrap(), first);
        assert!(own(folder.path(), &["relay.school.example".to_owned()], now).unwrap().1);
        assert_ne!(std::fs::read(&files.certificate).unwrap(), first);
        assert!(config(&files).is_ok());
    }

    #[test]
    fn files_that_are_no_certificate_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let (files, _) = own(folder.path(), &["localhost".to_owned()], now).unwrap();
        let swapped = Files { certificate: files.key.clone(), key: files.certificate.clone() };
        let error = config(&swapped).unwrap_err().to_string();
        assert!(error.contains("key.pem is not a certificate"), "{error}");
        let missing = Files { certificate: folder.path().join("none.pem"), ..files };
        assert!(config(&missing).unwrap_err().to_string().contains("none.pem"));
    }
}
