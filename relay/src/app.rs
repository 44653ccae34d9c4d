//! What a handler can reach: the database, the clock, randomness, secrets, limits and the live hub. It is built once,
//! in `main` or in a test, and shared by every request. Nothing here knows a URL or a page.

use crate::api::Shelf;
use crate::auth::password::Passwords;
use crate::auth::sso::Providers;
use crate::clock::Clock;
use crate::crx::Package;
use crate::db::Db;
use crate::db::intake::KnownEpisodes;
use crate::db::known_devices::KnownDevices;
use crate::db::partitions;
use crate::db::scope::{self, Scope};
use crate::error::Error;
use crate::health::Health;
use crate::limit::{Admission, Limits};
use crate::live::{self, Live};
use crate::policy::published::Opened;
use crate::proof::{self, anchor::Signer};
use crate::random::{self, NoRandomness, Random};
use crate::seal::{MasterError, MasterSource, Vault, Vaults};
use crate::secrets::Secrets;
use crate::shadow;
use crate::sources::{Reach, due};
use crate::web::{join, setup};
use crate::writer::{Thread, Writer};
use anyhow::anyhow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use url::Url;

/// What an [`App`] is made from.
pub struct Parts {
    /// The open database.
    pub db: Db,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes tokens, keys and ids.
    pub random: Arc<dyn Random>,
    /// Keys that are not in the database.
    pub secrets: Secrets,
    /// Where the master key comes from, which is not in the database either.
    pub master: MasterSource,
    /// Where people and devices reach this relay: `https://relay.school.example/`.
    pub public_url: Url,
    /// The extension, signed; none when this build has none in it.
    pub extension: Option<Package>,
    /// Hosts inside the school's own network that lists may be fetched from.
    pub intranet_lists: Vec<String>,
}

/// Why an [`App`] could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no master key.
    #[error(transparent)]
    Master(#[from] MasterError),
    /// The operating system gave no thread to write on.
    #[error("no thread could be started that writes what devices send: {0}")]
    Thread(#[from] std::io::Error),
}

/// Everything that handlers share. Handlers take it as `State<Arc<App>>`.
pub struct App {
    /// The open database.
    pub(crate) db: Db,
    /// Tells the time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Makes tokens, keys and ids.
    pub(crate) random: Arc<dyn Random>,
    /// Keys that are not in the database.
    pub(crate) secrets: Secrets,
    /// Where people and devices reach this relay.
    pub(crate) public_url: Url,
    /// The extension, signed; none when this build has none in it.
    pub(crate) extension: Option<Package>,
    /// Who waits for news of which school.
    pub(crate) live: Arc<Live>,
    /// Devices that have just been asked for.
    pub(crate) devices: Arc<KnownDevices>,
    /// Episodes that alerts joined a moment ago.
    pub(crate) episodes: KnownEpisodes,
    /// How often something may be tried.
    pub(crate) limits: Limits,
    /// Opens what is sealed.
    pub(crate) vaults: Vaults,
    /// Lets devices in when more comes than can be kept.
    pub(crate) admission: Admission,
    /// Whether the relay should be given work.
    pub(crate) health: Health,
    /// Hashes and verifies passwords.
    pub(crate) passwords: Passwords,
    /// Packs of lists that devices are fetching.
    pub(crate) packs: Shelf,
    /// The lists in force, as “Try an address” asks them.
    pub(crate) sites: Opened,
    /// The change of the lists that is being tried.
    pub(crate) trial: shadow::Opened,
    /// Where lists may be fetched from.
    pub(crate) reach: Reach,
    /// Held by whoever works on lists: that takes much memory.
    pub(crate) list_work: Arc<Mutex<()>>,
    /// What identity providers said of themselves a moment ago.
    pub(crate) sso: Providers,
    /// How often a browser said that a page broke the content security policy.
    pub(crate) csp_reports: AtomicU64,
    /// Commits what devices send.
    pub(crate) writer: Writer,
    /// Where it does so.
    pub(crate) writers: Thread,
    /// What goes on beside requests; it ends with the app.
    _tasks: JoinSet<()>,
}

impl App {
    /// Puts the parts together, reads the master key, and starts what goes on beside requests. Call it inside a Tokio
    /// runtime.
    ///
    /// # Errors
    /// When there is no master key, or no thread to write on.
    pub fn new(parts: Parts) -> Result<Arc<Self>, StartError> {
        let Parts { db, clock, random, secrets, master, public_url, extension, intranet_lists } = parts;
        let limits = Limits::new(&clock);
        let admission = Admission::new(&clock, Arc::clone(&random));
        let vaults = Vaults::new(master, random.as_ref())?;
        let devices = Arc::<KnownDevices>::default();
        let live = Arc::new(Live::new(db.news().is_some(), Arc::clone(&devices)));
        let mut tasks = JoinSet::new();
        if let Some(news) = db.news() {
            let mark = uuid::Uuid::new_v4().simple().to_string();
            tasks.spawn(live::between_relays(Arc::clone(&live), news.clone(), mark));
        }
        if let Some(log) = db.log_file() {
            tasks.spawn(log.clone().keep_short());
        }
        let (writer, writers) = (Writer::new(db.news().is_some()), Thread::start()?);
        Ok(Arc::new_cyclic(|app| {
            writer.start(&writers, app);
            Self {
                db,
                clock,
                random,
                secrets,
                public_url,
                extension,
                live,
                devices,
                episodes: KnownEpisodes::default(),
                limits,
                vaults,
                admission,
                health: Health::default(),
                passwords: Passwords::default(),
                packs: Shelf::default(),
                sites: Opened::default(),
                trial: shadow::Opened::default(),
                reach: Reach::new(&intranet_lists),
                list_work: Arc::default(),
                sso: Providers::default(),
                csp_reports: AtomicU64::new(0),
                writer,
                writers,
                _tasks: tasks,
            }
        }))
    }

    /// Signs where each chain ends now and writes it into `folder`, with the key in `data`: what the relay does by itself
    /// every minute.
    ///
    /// # Errors
    /// When the database cannot be read or the files not be written.
    pub async fn drop_anchors(&self, data: &Path, folder: &Path) -> anyhow::Result<()> {
        let signer = Signer::open(data, folder, self.random.as_ref())?;
        scope::within(Scope::Relay, proof::drop_anchors(self, &signer, &mut HashMap::new())).await
    }

    /// Makes the database ready for the months to come: what the relay does by itself at its start and every few hours.
    /// Answers how many parts of tables it made.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn look_ahead(&self) -> anyhow::Result<usize> {
        partitions::make_ahead(&self.db, self.clock.now()).await.map_err(Error::into_anyhow)
    }

    /// Fetches the lists that are due, and sees to what came: what the relay does by itself every minute. Answers how many
    /// it asked for.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn fetch_lists(&self) -> anyhow::Result<usize> {
        scope::within(Scope::Relay, due::run(self)).await.map_err(Error::into_anyhow)
    }

    /// The keys of `school`, opened: what sealed rows are read and written with.
    pub(crate) async fn vault(&self, school: &str) -> Result<Arc<Vault>, Error> {
        self.vaults.of(self, school).await
    }

    /// The address of a new set-up link, for whoever is at the server's console; none when there is a school already.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn set_up_link(&self) -> anyhow::Result<Option<String>> {
        scope::within(Scope::Relay, setup::new_link(self))
            .await
            .map_err(|error| anyhow!("no link could be made: {error:?}"))
    }

    /// The address of a new link by which the owner of an e-mail address sets a password, for whoever is at the
    /// server's console; none when no open account has this address.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn join_link(&self, email: &str) -> anyhow::Result<Option<String>> {
        scope::within(Scope::Relay, join::console_link(self, email, false))
            .await
            .map_err(|error| anyhow!("no link could be made: {error:?}"))
    }

    /// The address of a new link by which the owner of an e-mail address sets a password and, from nothing, a second
    /// factor; for whoever is at the server's console. None when no open account has this address.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn recovery_link(&self, email: &str) -> anyhow::Result<Option<String>> {
        scope::within(Scope::Relay, join::console_link(self, email, true))
            .await
            .map_err(|error| anyhow!("no link could be made: {error:?}"))
    }

    /// Ends what would hold up the relay's stop: open pages come back by themselves, and load balancers look elsewhere.
    pub fn drain(&self) {
        self.health.drain();
        self.live.close();
    }

    /// Milliseconds since 1970, as the database keeps time.
    pub(crate) fn now(&self) -> i64 {
        self.clock.millis()
    }

    /// A new row's id.
    pub(crate) fn new_id(&self) -> Result<String, NoRandomness> {
        random::id(self.clock.as_ref(), self.random.as_ref())
    }

    /// The address of `path` on this relay, as people and devices reach it.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}
