//! The flags of every command that opens the relay's data. Each may be given in the environment instead;
//! `docs/operations.md` has them as one table, and a test compares the two. What they must make sense as is in
//! `crate::config`.

use crate::config::{self, Config, ConfigError, Connections, Tls};
use crate::tls;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// The authority that is asked unless another is named.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Flags as they were given.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder of everything that must be backed up
    #[arg(long, env = "LAPWING_DATA", value_name = "DIR", default_value = "lapwing-data")]
    data: PathBuf,
    /// Address and port to listen on, unless systemd passes a socket
    #[arg(long, env = "LAPWING_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8443", value_parser = config::listen)]
    listen: SocketAddr,
    /// Address by which people and devices reach the relay, if not the one that it listens on
    #[arg(long, env = "LAPWING_PUBLIC_URL", value_name = "URL", value_parser = config::public_url)]
    public_url: Option<Url>,
    /// PostgreSQL, as postgres://USER@HOST/DATABASE; SQLite in the data folder when absent
    #[arg(long, env = "LAPWING_DATABASE", value_name = "URL", hide_env_values = true, value_parser = config::database)]
    database: Option<Url>,
    /// File of the master key; master.key in the data folder when absent. LAPWING_MASTER_KEY may hold the key itself
    #[arg(long, env = "LAPWING_MASTER_KEY_FILE", value_name = "FILE")]
    master_key_file: Option<PathBuf>,
    /// Command that prints the master key in base64, such as one that asks a key management service
    #[arg(long, env = "LAPWING_MASTER_KEY_COMMAND", value_name = "COMMAND")]
    master_key_command: Option<String>,
    /// Folder for the signed ends of the audit chains, best on another disk or machine; anchors in the data folder when absent
    #[arg(long, env = "LAPWING_ANCHORS", value_name = "DIR")]
    anchors: Option<PathBuf>,
    /// Certificate chain, PEM; read again when it changes
    #[arg(long, env = "LAPWING_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, env = "LAPWING_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// E-mail address for a certificate authority: asks it for a certificate for the public address, by ACME
    #[arg(long, env = "LAPWING_ACME_CONTACT", value_name = "EMAIL")]
    acme_contact: Option<String>,
    /// The authority's ACME directory
    #[arg(long, env = "LAPWING_ACME_DIRECTORY", value_name = "URL", default_value = LETS_ENCRYPT)]
    acme_directory: Url,
    /// Root certificate of a private authority's own server, PEM
    #[arg(long, env = "LAPWING_ACME_ROOT", value_name = "FILE")]
    acme_root: Option<PathBuf>,
    /// Address and port for Prometheus, without TLS: give one on loopback
    #[arg(long, env = "LAPWING_METRICS", value_name = "ADDR", value_parser = config::listen)]
    metrics: Option<SocketAddr>,
    /// Connections at once; each switched-on device may hold one
    #[arg(long, env = "LAPWING_MAX_CONNECTIONS", value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,
    /// Connections at once from one network address; half of all when absent
    #[arg(long, env = "LAPWING_MAX_CONNECTIONS_PER_ADDRESS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections_per_address: Option<u32>,
    /// Free megabytes on the data folder's disk under which the relay is not ready
    #[arg(long, env = "LAPWING_MIN_FREE_MB", value_name = "MB", default_value_t = 256)]
    min_free_mb: u64,
    /// Hosts of the school's own network that lists of sites may be fetched from, between commas; other private addresses
    /// are refused
    #[arg(long, env = "LAPWING_INTRANET_LISTS", value_name = "HOSTS", value_delimiter = ',')]
    intranet_lists: Vec<String>,
}

impl Options {
    /// The flags as a configuration that makes sense.
    ///
    /// # Errors
    /// When flags contradict each other.
    pub(super) fn config(self) -> Result<Config, ConfigError> {
        let tls = match (self.tls_cert, self.tls_key, self.acme_contact) {
            (None, None, None) => Tls::Own,
            (Some(certificate), Some(key), None) => Tls::Files(tls::Files { certificate, key }),
            (None, None, Some(contact)) => Tls::Acme(config::acme(
                &contact,
                self.acme_directory,
                self.acme_root,
                self.public_url.as_ref(),
            )?),
            (_, _, None) => return Err(ConfigError::HalfTls),
            (_, _, Some(_)) => return Err(ConfigError::TwoCertificates),
        };
        let total = self.max_connections;
        let each_address = self.max_connections_per_address.unwrap_or_else(|| total.div_ceil(2));
        if each_address > total {
            return Err(ConfigError::Connections { each: each_address, total });
        }
        // Not a flag: what stands on a command line, everybody on the machine can read.
        let key = std::env::var("LAPWING_MASTER_KEY").ok();
        Ok(Config {
            data: self.data,
            listen: self.listen,
            public_url: self.public_url,
            tls,
            database: self.database,
            master: config::master(self.master_key_file, self.master_key_command, key)?,
            anchors: self.anchors,
            metrics: self.metrics,
            connections: Connections { total, each_address },
            min_free: self.min_free_mb.saturating_mul(1_000_000),
            intranet_lists: self.intranet_lists,
        })
    }
}

#[cfg(test)]
#[path = "options_tests.rs"]
mod tests;
