//! The real relay as a separate process: started, stopped, killed and started again on its old port and data.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::tls::Certificate;
use crate::wait;

/// How a relay is started when it is not as most schools do it.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// PostgreSQL's address; SQLite in the data folder when absent.
    pub database: Option<String>,
    /// More arguments of `serve`.
    pub options: Vec<String>,
    /// A program and its arguments that becomes the relay, such as `strace -D`. Empty: the relay itself.
    pub under: Vec<String>,
    /// Its log goes straight to this file, not through this process, which under load has better things to do. Then
    /// [`Relay::said`] knows only what it prints on standard output.
    pub log: Option<PathBuf>,
}

/// A relay on loopback.
pub struct Relay {
    program: PathBuf,
    manner: Manner,
    data: PathBuf,
    cert: PathBuf,
    key: PathBuf,
    child: Option<Child>,
    said: Said,
    /// Its address without a slash at the end, such as `https://127.0.0.1:40123`. The same after every start.
    pub url: String,
}

/// The lines that the relay has printed since its last start.
type Said = Arc<Mutex<Vec<String>>>;

impl Relay {
    /// Starts the relay (`LAPWING_RELAY`, or the one beside this program) on a free port. What it prints is kept in
    /// `relay.log` in its data folder.
    ///
    /// # Errors
    /// When there is no such program, or it ends or stays silent instead of listening.
    pub async fn start(data: &Path, certificate: &Certificate) -> Result<Self> {
        Self::start_on("127.0.0.1:0", data, certificate).await
    }

    /// The same on a given address, such as `127.0.0.1:8443`.
    ///
    /// # Errors
    /// As for [`Relay::start`].
    pub async fn start_on(address: &str, data: &Path, certificate: &Certificate) -> Result<Self> {
        Self::start_as(Manner::default(), address, data, certificate).await
    }

    /// The same in another manner.
    ///
    /// # Errors
    /// As for [`Relay::start`].
    pub async fn start_as(
        manner: Manner,
        address: &str,
        data: &Path,
        certificate: &Certificate,
    ) -> Result<Self> {
        let mut relay = Self::at_rest(manner, data, certificate)?;
        relay.listen(address).await?;
        Ok(relay)
    }

    /// One that has not been started: [`Relay::start_again`] starts it on a free port.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn at_rest(manner: Manner, data: &Path, certificate: &Certificate) -> Result<Self> {
        std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
        Ok(Self {
            program: program()?,
            manner,
            data: data.to_path_buf(),
            cert: certificate.cert_file.clone(),
            key: certificate.key_file.clone(),
            child: None,
            said: Said::default(),
            url: String::new(),
        })
    }

    /// Starts it again after [`Relay::stop`] or [`Relay::kill`], on the same port and data.
    ///
    /// # Errors
    /// As for [`Relay::start`], or when it is still running.
    pub async fn start_again(&mut self) -> Result<()> {
        let address = self.old_address()?;
        self.listen(&address).await
    }

    /// The same without waiting until it listens: to kill it on its way there.
    ///
    /// # Errors
    /// When it is still running, or there is no such program.
    pub fn begin_again(&mut self) -> Result<()> {
        let address = self.old_address()?;
        self.child = Some(self.launch(&address)?);
        Ok(())
    }

    fn old_address(&self) -> Result<String> {
        if self.child.is_some() {
            bail!("the relay is still running");
        }
        Ok(self.url.strip_prefix("https://").unwrap_or("127.0.0.1:0").to_owned())
    }

    /// Runs another of the program's commands on the same data and database, such as `verify`.
    ///
    /// # Errors
    /// When there is no such program.
    pub async fn command(&self, words: &[&str]) -> Result<Output> {
        self.command_on(&self.data, words).await
    }

    /// The same on a copy of the data in another folder.
    ///
    /// # Errors
    /// When there is no such program.
    pub async fn command_on(&self, data: &Path, words: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(words).arg("--data").arg(data);
        if let Some(database) = &self.manner.database {
            command.args(["--database", database]);
        }
        command.output().await.with_context(|| format!("cannot start {}", self.program.display()))
    }

    /// How it is started from now on.
    pub fn manner(&mut self) -> &mut Manner {
        &mut self.manner
    }

    /// The number of its process.
    ///
    /// # Errors
    /// When it is not running.
    pub fn process(&self) -> Result<u32> {
        self.child.as_ref().and_then(Child::id).context("the relay is not running")
    }

    /// Whether it has ended by itself.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn has_ended(&mut self) -> Result<bool> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.is_some()),
            None => Ok(true),
        }
    }

    /// The last lines of its log that tell of something wrong, for the message of a test that failed.
    #[must_use]
    pub fn complaints(&self) -> String {
        let path = self.manner.log.clone().unwrap_or_else(|| self.data.join("relay.log"));
        let log = std::fs::read_to_string(path).unwrap_or_default();
        let wrong = |line: &&str| {
            ["ERROR", "WARN", "panicked", "lapwing-relay: "].iter().any(|word| line.contains(word))
        };
        let mut last: Vec<&str> = log.lines().rev().filter(wrong).take(3).collect();
        last.reverse();
        format!("the relay’s log ends with:\n{}", last.join("\n"))
    }

    /// Asks it to end, as a service manager does, and waits until it has.
    ///
    /// # Errors
    /// When it does not end by itself.
    pub async fn stop(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the relay is not running")?;
        let id = child.id().context("the relay has ended by itself: see relay.log in its data folder")?;
        Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        match timeout(wait::PATIENCE, child.wait()).await {
            Ok(status) => status.map(drop).context("the relay's end could not be seen"),
            Err(_) => bail!("the relay did not end within {} s of SIGTERM", wait::PATIENCE.as_secs()),
        }
    }

    /// Ends it without a word, as a power cut does.
    ///
    /// # Errors
    /// When it was not running.
    pub async fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the relay is not running")?;
        child.kill().await.context("the relay could not be killed")
    }

    /// The one-time link that a relay without a school prints.
    ///
    /// # Errors
    /// When it prints none.
    pub async fn set_up_link(&self) -> Result<String> {
        wait::until("the relay's set-up link", || async { Ok(self.heard("Set up Lapwing here", "https://")) })
            .await
    }

    /// Whether it has printed these words since its last start.
    #[must_use]
    pub fn said(&self, words: &str) -> bool {
        self.words().contains(words)
    }

    async fn listen(&mut self, address: &str) -> Result<()> {
        let mut child = self.launch(address)?;
        let url = wait::until("the relay to listen", || {
            let ended = child.try_wait();
            let url = self.heard("Lapwing is listening on", "https://");
            async move {
                match (url, ended?) {
                    (Some(url), _) => Ok(Some(Ok(url))),
                    (None, Some(status)) => Ok(Some(Err(status))),
                    (None, None) => Ok(None),
                }
            }
        })
        .await;
        match url {
            Ok(Ok(url)) => url.trim_end_matches('/').clone_into(&mut self.url),
            Ok(Err(status)) => bail!(
                "the relay ended ({status}) instead of listening; it said:\n{}\n{}",
                self.words(),
                self.complaints()
            ),
            Err(error) => return Err(error.context(format!("it said:\n{}", self.words()))),
        }
        self.child = Some(child);
        Ok(())
    }

    /// Starts the process and listens to it, without waiting for anything that it says.
    fn launch(&mut self, address: &str) -> Result<Child> {
        let path = self.manner.log.clone().unwrap_or_else(|| self.data.join("relay.log"));
        let log = File::options().create(true).append(true).open(path)?;
        let mut child = self.spawn(address, &log)?;
        self.said = Said::default();
        read_on(child.stdout.take(), &self.said, log.try_clone()?);
        read_on(child.stderr.take(), &self.said, log);
        Ok(child)
    }

    fn spawn(&self, address: &str, log: &File) -> Result<Child> {
        let mut command = match self.manner.under.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command.args(["serve", "--listen", address, "--data"]).arg(&self.data);
        command.arg("--tls-cert").arg(&self.cert).arg("--tls-key").arg(&self.key);
        command.args(&self.manner.options);
        if let Some(database) = &self.manner.database {
            command.args(["--database", database]);
        }
        let errors = match self.manner.log {
            Some(_) => Stdio::from(log.try_clone()?),
            None => Stdio::piped(),
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true);
        command.spawn().with_context(|| format!("cannot start {}", self.program.display()))
    }

    /// The first word starting with `start` on the first line that holds `line`.
    fn heard(&self, line: &str, start: &str) -> Option<String> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let line = said.iter().find(|have| have.contains(line))?;
        line.split_whitespace().find(|word| word.starts_with(start)).map(str::to_owned)
    }

    fn words(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }
}

/// Keeps what comes, for as long as it comes.
fn read_on(output: Option<impl AsyncRead + Unpin + Send + 'static>, said: &Said, mut log: File) {
    let Some(output) = output else { return };
    let said = Arc::clone(said);
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            // A full disk must not stop the relay under test; the lines are still in memory.
            writeln!(log, "{line}").ok();
            said.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}

/// The relay to test: the one that xtask built with the extension inside.
fn program() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("LAPWING_RELAY") {
        return Ok(PathBuf::from(path));
    }
    let own = std::env::current_exe()?;
    own.ancestors().map(|folder| folder.join("lapwing-relay")).find(|file| file.is_file()).context(
        "there is no relay to test: run `cargo xtask test` or `cargo xtask demo --check`, which build it",
    )
}
