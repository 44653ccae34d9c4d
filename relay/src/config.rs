//! Where the relay keeps its data, where it listens, and under which address people reach it: as given on the command
//! line or in the environment, checked before anything is started.

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
    /// The certificate that IT gives; none for one of our own.
    pub(crate) tls: Option<tls::Files>,
    /// PostgreSQL's address; none for SQLite in the data folder. It may hold a password.
    pub(crate) database: Option<Url>,
    /// Where the master key comes from; none for a file in the data folder.
    pub(crate) master: Option<MasterSource>,
    /// The folder that anchors are written to; none for one in the data folder.
    pub(crate) anchors: Option<PathBuf>,
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
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
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
            tls: None,
            database: None,
            master: None,
            anchors: None,
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_give() {
        assert!(listen("8443").unwrap_err().to_string().contains("0.0.0.0:8443"));
        assert!(listen("127.0.0.1:99999").is_err());
        for wrong in
            ["lapwing.school.example", "http://a.example", "https://a.example/b", "https://a@b.example", ""]
        {
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
