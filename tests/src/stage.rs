//! Everything that a whole-product test needs, set up in one call.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use crate::browser::{Browser, Start};
use crate::desk::Desk;
use crate::load::Store;
use crate::look::Gallery;
use crate::policy::Policy;
use crate::pupil::Pupil;
use crate::relay::Relay;
use crate::school::School;
use crate::site::Site;
use crate::tls::Certificate;

/// What there is before there is a school: a relay, a local web, and an office with a browser.
pub struct Ground {
    /// The relay.
    pub relay: Relay,
    /// The local web.
    pub site: Site,
    /// A browser without Lapwing's policy, for the people who sign in.
    pub office: Browser,
    /// The run's certificate.
    pub certificate: Certificate,
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

impl Ground {
    /// Starts it in a folder of its own, forgotten at the end.
    ///
    /// # Errors
    /// When relay or browser do not start.
    pub async fn start() -> Result<Self> {
        let temporary = tempfile::Builder::new().prefix("lapwing-").tempdir()?;
        let mut ground = Self::start_in(temporary.path(), "127.0.0.1:0").await?;
        ground._temporary = Some(temporary);
        Ok(ground)
    }

    /// Starts it on this address, with all it keeps in `folder`.
    ///
    /// # Errors
    /// When relay or browser do not start.
    pub async fn start_in(folder: &Path, address: &str) -> Result<Self> {
        let certificate = Certificate::in_folder(folder)?;
        let site = Site::start(&certificate)?;
        let relay = Relay::start_on(address, &folder.join("relay"), &certificate).await?;
        let profile = folder.join("office");
        let start = Start { profile: &profile, trust: &[&certificate.spki], web: site.port };
        let office = Browser::start(&start).await?;
        Ok(Self { relay, site, office, certificate, folder: folder.to_path_buf(), _temporary: None })
    }

    /// The way to the relay's stored rows.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::sqlite(&self.folder.join("relay"))
    }

    /// Opens one more browser, as another person's device.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn another_browser(&self, name: &str) -> Result<Browser> {
        let profile = self.folder.join(name);
        Browser::start(&Start { profile: &profile, trust: &[&self.certificate.spki], web: self.site.port })
            .await
    }

    /// Opens a pupil's browser and waits until Lapwing is on in it.
    ///
    /// # Errors
    /// When the extension does not arrive.
    pub async fn pupil(&self, school: &School) -> Result<Pupil> {
        let profile = self.folder.join("pupil");
        let pupil =
            Pupil::open(&profile, &self.certificate.spki, self.site.port, &school.extension_id()?).await?;
        pupil.wait_until_watching().await?;
        Ok(pupil)
    }
}

/// A school at work: policy in force, pupil's browser watching, everybody has an account.
pub struct Stage {
    /// The pupil's browser.
    pub pupil: Pupil,
    /// The policy in force, until the stage is dropped.
    pub policy: Policy,
    /// The school.
    pub school: School,
    /// What it stands on.
    pub ground: Ground,
}

impl Stage {
    /// Sets up the school of a test. Waits for its turn: one run at a time has the machine's policy.
    ///
    /// # Errors
    /// When any part does not come up; the message says which.
    pub async fn open() -> Result<Self> {
        Self::open_with(None).await
    }

    /// The same, with pictures of the pages on the way.
    ///
    /// # Errors
    /// As for [`Stage::open`].
    pub async fn open_with(gallery: Option<&mut Gallery>) -> Result<Self> {
        let ground = Ground::start().await?;
        let school = School::set_up(&ground.office, &ground.relay, gallery).await?;
        let policy = Policy::put(&school.policy)?;
        let pupil = ground.pupil(&school).await?;
        Ok(Self { pupil, policy, school, ground })
    }

    /// The DSL signs in at the office browser and opens the inbox.
    ///
    /// # Errors
    /// When that fails.
    pub async fn desk(&self) -> Result<Desk<'_>> {
        Desk::open(&self.ground.office, &self.ground.relay, &self.school.dsl).await
    }
}
