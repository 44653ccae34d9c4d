//! A relay with a school in it: what every measurement and every fault starts from.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::fleet::{Fleet, Sign};
use super::http::Dial;
use super::office::Office;
use super::postgres::Postgres;
use super::store::{Engine, Store};
use crate::relay::{Manner, Relay};
use crate::tls::Certificate;

/// A relay, its database, and its school.
pub struct Base {
    /// The relay.
    pub relay: Relay,
    /// The way to its stored rows.
    pub store: Store,
    /// Its database server, where it has one.
    pub postgres: Option<Postgres>,
    /// How devices reach it.
    pub dial: Dial,
    /// The DSL, signed in.
    pub office: Office,
    /// The run's certificate.
    pub certificate: Certificate,
    /// The relay's data folder.
    pub data: PathBuf,
    // Last: everything else lies in it.
    _folder: TempDir,
}

impl Base {
    /// Starts one with `engine`, in a folder of its own that is forgotten at the end.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start(engine: Engine) -> Result<Self> {
        Self::start_in(engine, None).await
    }

    /// The same with the relay's data in `data`, such as a small file system.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start_in(engine: Engine, data: Option<&Path>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("lapwing-load-").tempdir()?;
        // The database server is another user.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open)?;
        let data = data.map_or_else(|| folder.path().join("relay"), Path::to_path_buf);
        let certificate = Certificate::in_folder(&folder.path().join("tls"))?;
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Postgres::start(&folder.path().join("postgres")).await?),
        };
        let store = postgres.as_ref().map_or_else(|| Store::sqlite(&data), Postgres::store);
        let manner = Manner {
            database: postgres.as_ref().map(Postgres::relay_url),
            log: Some(folder.path().join("relay.log")),
            ..Manner::default()
        };
        let relay = Relay::start_as(manner, "127.0.0.1:0", &data, &certificate).await?;
        let office = Office::set_up(&relay, &certificate).await.context("the school cannot be set up")?;
        let dial = Dial::new(&relay.url, &certificate)?;
        Ok(Self { relay, store, postgres, dial, office, certificate, data, _folder: folder })
    }

    /// Adds schools until there are `count`; answers how many there are, which is one for a relay that has no such
    /// command.
    ///
    /// # Errors
    /// When the relay's program cannot be started or refuses.
    pub async fn schools(&self, count: usize) -> Result<usize> {
        for number in 1..count {
            let name = format!("Demo School {number} (fictional)");
            let output = self.relay.command(&["school", "add", &name]).await?;
            let said = String::from_utf8_lossy(&output.stderr);
            if said.contains("unrecognized subcommand") {
                return Ok(1);
            }
            ensure!(output.status.success(), "a school could not be added: {said}");
        }
        Ok(count.max(1))
    }

    /// Enrols devices, evenly over the schools; each begins a session, with whose key it signs.
    ///
    /// # Errors
    /// When the relay refuses one.
    pub async fn fleet(&self, count: usize) -> Result<Fleet> {
        self.fleet_that_signs(count, Sign::Session).await
    }

    /// The same for devices that `sign` otherwise.
    ///
    /// # Errors
    /// When the relay refuses one.
    pub async fn fleet_that_signs(&self, count: usize, sign: Sign) -> Result<Fleet> {
        Fleet::enrol(&self.dial, &self.store.enrolment_keys().await?, count, sign).await
    }
}
