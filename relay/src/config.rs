//! Where the relay keeps its data, where it listens, and under which address people reach it: as given on the command
//! line or in the environment, checked before anything is started. The flags themselves are in `cli::options`.

use crate::seal::{MasterSource, Secret};
use crate::tls;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use url::{Host, Url};

/// A checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// The folder of everything that must be backed up.
    pub(crate) data: PathBuf,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Where people and devices reach the relay; none for the address that it listens on.
    pub(crate) public_url: Option<Url>,
    /// Where the certificate comes from.
    pub(crate) tls: Tls,
    /// PostgreSQL's address; none for SQLite in the data folder. It may hold a password.
    pub(crate) database: Option<Url>,
    /// Where the master key comes from; none for a file in the data folder.
    pub(crate) master: Option<MasterSource>,
    /// The folder that anchors are written to; none for one in the data folder.
    pub(crate) anchors: Option<PathBuf>,
    /// Where to answer a Prometheus server, without TLS; none for nowhere.
    pub(crate) metrics: Option<SocketAddr>,
    /// Connections at once.
    pub(crate) connections: Connections,
    /// Free bytes on the data folder's disk under which the relay says that it is not ready.
    pub(crate) min_free: u64,
    /// Hosts of the school's own network that lists may be fetched from.
    pub(crate) intranet_lists: Vec<String>,
}

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tls {
    /// The relay makes one for itself.
    Own,
    /// IT gives one, and may replace the files at any time.
    Files(tls::Files),
    /// An authority that speaks ACME (RFC 8555) issues one for the public address.
    Acme(Acme),
}

/// How certificates are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acme {
    /// Where the authority writes about trouble with the certificate: an e-mail address.
    pub(crate) contact: String,
    /// The authority's directory.
    pub(crate) directory: Url,
    /// Certificate by which the authority's own server is known, PEM; none for the well-known ones.
    pub(crate) root: Option<PathBuf>,
    /// The host name of the public address.
    pub(crate) host: String,
}

/// How many connections may be open at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connections {
    /// In total. Each device that is switched on may hold one, and each open inbox.
    pub(crate) total: u32,
    /// From one network address. A school, and often a whole trust, stands behind one.
    pub(crate) each_address: u32,
}

/// What is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// Not an address to listen on.
    #[error(
        "--listen {0}: give an address and a port, such as 0.0.0.0:8443 or 127.0.0.1:0 for any free port"
    )]
    Listen(String),
    /// Not an address to be reached by.
    #[error(
        "--public-url {0}: give https:// and a host name without a path, such as https://lapwing.school.example"
    )]
    PublicUrl(String),
    /// One file of the certificate without the other.
    #[error("give --tls-cert and --tls-key together, or neither for a certificate of the relay’s own")]
    HalfTls,
    /// The master key from two places.
    #[error(
        "the master key is given twice: use one of LAPWING_MASTER_KEY, --master-key-file and --master-key-command"
    )]
    TwoMasters,
    /// Two sources of a certificate.
    #[error("give either --tls-cert and --tls-key or --acme-contact, not both")]
    TwoCertificates,
    /// A certificate is to be asked for, but for no name that an authority could vouch for.
    #[error(
        "--acme-contact needs --public-url with a host name that the internet can look up, such as https://lapwing.school.example"
    )]
    AcmeName,
    /// Not an e-mail address.
    #[error("--acme-contact {0}: give an e-mail address, such as it@school.example")]
    AcmeContact(String),
    /// Not a directory.
    #[error("--acme-directory {0}: give the https:// address of an ACME directory")]
    AcmeDirectory(String),
    /// More from one address than in total.
    #[error("--max-connections-per-address {each} is more than --max-connections {total}")]
    Connections {
        /// From one address.
        each: u32,
        /// In total.
        total: u32,
    },
    /// Not a database.
    #[error("--database must start with postgres:// ; leave it out for SQLite in the data folder")]
    Database,
}

/// Reads `--listen`.
///
/// # Errors
/// When it is not an IP address with a port.
pub(crate) fn listen(text: &str) -> Result<SocketAddr, ConfigError> {
    let local = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    local.as_deref().unwrap_or(text).parse().map_err(|_| ConfigError::Listen(text.to_owned()))
}

/// Reads `--public-url`.
///
/// # Errors
/// When it is not an https address without path, query and user.
pub(crate) fn public_url(text: &str) -> Result<Url, ConfigError> {
    let wrong = || ConfigError::PublicUrl(text.to_owned());
    let url: Url = text.parse().map_err(|_| wrong())?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if url.scheme() == "https" && url.host_str().is_some() && bare { Ok(url) } else { Err(wrong()) }
}

/// Reads `--database`.
///
/// # Errors
/// When it is not PostgreSQL's.
pub(crate) fn database(text: &str) -> Result<Url, ConfigError> {
    let url: Url = text.parse().map_err(|_| ConfigError::Database)?;
    if matches!(url.scheme(), "postgres" | "postgresql") { Ok(url) } else { Err(ConfigError::Database) }
}

/// Where the master key comes from: a file, a command or the text itself; none for the file in the data folder.
///
/// # Errors
/// When it is given more than once.
pub(crate) fn master(
    file: Option<PathBuf>,
    command: Option<String>,
    text: Option<String>,
) -> Result<Option<MasterSource>, ConfigError> {
    match (file, command, text) {
        (None, None, None) => Ok(None),
        (Some(file), None, None) => Ok(Some(MasterSource::File(file))),
        (None, Some(command), None) => Ok(Some(MasterSource::Command(command))),
        (None, None, Some(text)) => Ok(Some(MasterSource::Text(Secret(text)))),
        _ => Err(ConfigError::TwoMasters),
    }
}

/// Puts together what `--acme-contact`, `--acme-directory` and `--acme-root` say.
///
/// # Errors
/// When there is no public name to ask for, or a part of it makes no sense.
pub(crate) fn acme(
    contact: &str,
    directory: Url,
    root: Option<PathBuf>,
    public_url: Option<&Url>,
) -> Result<Acme, ConfigError> {
    let address = contact.strip_prefix("mailto:").unwrap_or(contact);
    if !address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) {
        return Err(ConfigError::AcmeContact(contact.to_owned()));
    }
    if directory.scheme() != "https" {
        return Err(ConfigError::AcmeDirectory(directory.to_string()));
    }
    match public_url.and_then(Url::host) {
        Some(Host::Domain(name)) => {
            Ok(Acme { contact: address.to_owned(), directory, root, host: name.to_owned() })
        }
        _ => Err(ConfigError::AcmeName),
    }
}

impl Config {
    /// Where the master key comes from.
    pub(crate) fn master(&self) -> MasterSource {
        self.master.clone().unwrap_or_else(|| MasterSource::in_folder(&self.data))
    }

    /// The folder that anchors are written to.
    pub(crate) fn anchors(&self) -> PathBuf {
        self.anchors.clone().unwrap_or_else(|| self.data.join("anchors"))
    }

    /// Where people and devices reach a relay that listens on `bound`.
    ///
    /// # Errors
    /// Never for an address that can be listened on.
    pub(crate) fn address(&self, bound: SocketAddr) -> Result<Url, ConfigError> {
        match &self.public_url {
            Some(url) => Ok(url.clone()),
            None => public_url(&format!("https://{}", reachable(bound))),
        }
    }

    /// The names that a certificate of our own is for.
    #[must_use]
    pub(crate) fn hosts(&self) -> Vec<String> {
        let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let listen = self.listen.ip();
        if !listen.is_unspecified() {
            hosts.push(listen.to_string());
        }
        hosts.extend(self.public_url.as_ref().and_then(Url::host).map(|host| match host {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }));
        let mut seen = std::collections::HashSet::new();
        hosts.retain(|host| seen.insert(host.clone()));
        hosts
    }
}

/// An address that can be opened: a relay that listens on every address is reached on this machine.
#[must_use]
pub(crate) fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen_on: &str, url: Option<&str>) -> Config {
        Config {
            data: "data".into(),
            listen: listen(listen_on).unwrap(),
            public_url: url.map(|url| public_url(url).unwrap()),
            tls: Tls::Own,
            database: None,
            master: None,
            anchors: None,
            metrics: None,
            connections: Connections { total: 100, each_address: 50 },
            min_free: 0,
            intranet_lists: Vec::new(),
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_give() {
        assert!(listen("8443").unwrap_err().to_string().contains("0.0.0.0:8443"));
        assert!(listen("127.0.0.1:99999").is_err());
        for wrong in [
            "lapwing.school.example",
            "http://a.example",
            "https://a.example/b",
            "https://a@b.example",
            "https://:secret@b.example",
            "",
        ] {
            assert!(
                public_url(wrong).unwrap_err().to_string().contains("https://lapwing.school.example"),
                "{wrong}"
            );
        }
        let error = database("mysql://user:secret@host/db").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn without_a_public_address_it_is_the_one_that_it_listens_on() {
        let at = |listen: &str, bound: &str| {
            config(listen, None).address(bound.parse().unwrap()).unwrap().to_string()
        };
        assert_eq!(at("127.0.0.1:0", "127.0.0.1:4567"), "https://127.0.0.1:4567/");
        assert_eq!(at("0.0.0.0:8443", "0.0.0.0:8443"), "https://127.0.0.1:8443/");
        assert_eq!(at("[::]:8443", "[::]:8443"), "https://127.0.0.1:8443/");
        let named = config("0.0.0.0:8443", Some("https://lapwing.school.example"));
        assert_eq!(
            named.address("0.0.0.0:8443".parse().unwrap()).unwrap().as_str(),
            "https://lapwing.school.example/"
        );
    }

    #[test]
    fn the_certificate_is_for_this_machine_and_the_public_name() {
        let hosts = config("127.0.0.1:0", Some("https://lapwing.school.example")).hosts();
        assert_eq!(hosts, ["localhost", "127.0.0.1", "::1", "lapwing.school.example"]);
    }
}
