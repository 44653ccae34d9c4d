//! A PostgreSQL server of a run's own, with the settings of a fresh installation: it syncs, unlike the one of the relay's
//! own tests. It can be stopped, killed and started again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sqlx::{AssertSqlSafe, Connection as _};

use super::store::Store;

/// A server on a socket in a folder.
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    humble: Vec<String>,
}

/// How a server is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Connections are ended and everything is written out.
    Fast,
    /// At once, as when it crashes.
    Immediate,
}

impl Postgres {
    /// Makes a server in `folder`, starts it, and makes a database for the relay.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start(folder: &Path) -> Result<Self> {
        let server = Self { folder: folder.to_path_buf(), programs: programs()?, humble: humble(folder)? };
        let data = server.data();
        let user = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"];
        server.run("initdb", &[&["-D", &data], user.as_slice()].concat())?;
        server.start_again()?;
        let mut connection = Store::postgres(&server.url("postgres", "postgres")).open().await?;
        // The relay is an ordinary user, for whom the database's own walls stand.
        for sql in ["create role lapwing login", "create database lapwing owner lapwing"] {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(server)
    }

    /// Starts it again after [`Postgres::stop`] and waits until it answers.
    ///
    /// # Errors
    /// When it does not.
    pub fn start_again(&self) -> Result<()> {
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c max_connections=200",
            self.folder.display()
        );
        let log = self.folder.join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-s", "-w", "-l", &log, "-o", &options, "start"])
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&self, how: Stop) -> Result<()> {
        let how = if how == Stop::Fast { "fast" } else { "immediate" };
        self.run("pg_ctl", &["-D", &self.data(), "-s", "-w", "-m", how, "stop"])
    }

    /// The relay's database as the relay opens it.
    #[must_use]
    pub fn relay_url(&self) -> String {
        self.url("lapwing", "lapwing")
    }

    /// The relay's database for somebody who may see every row.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::postgres(&self.url("lapwing", "postgres"))
    }

    /// The processor time that all its processes have used so far, in seconds.
    ///
    /// # Errors
    /// When it does not run.
    pub fn processor_time(&self) -> Result<f64> {
        let noted = std::fs::read_to_string(self.folder.join("data/postmaster.pid"))?;
        let process = noted.lines().next().context("an empty postmaster.pid")?.trim().parse()?;
        super::machine::processor_time_of_family(process)
    }

    /// Where the server writes what it has to say.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn url(&self, database: &str, user: &str) -> String {
        format!("postgres:///{database}?host={}&user={user}", self.folder.display())
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let program = self.programs.join(program);
        let mut command = match self.humble.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(&program);
                command
            }
            None => Command::new(&program),
        };
        // Output goes to a file: a server that inherited a pipe would hold it open for ever.
        let said = self.folder.join("said.log");
        let output = std::fs::File::create(&said)?;
        command.args(arguments).current_dir("/").stdin(Stdio::null());
        let status = command.stdout(output.try_clone()?).stderr(output).status();
        if !status.with_context(|| format!("cannot start {}", program.display()))?.success() {
            bail!("{} failed: {}", program.display(), std::fs::read_to_string(&said)?.trim());
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The folder goes away with the run; whatever is left of the server must not outlive it.
        self.stop(Stop::Immediate).ok();
    }
}

/// Where initdb and pg_ctl are: Debian does not put them on the path.
fn programs() -> Result<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let found = folders.into_iter().rev().find(|folder| folder.join("initdb").is_file());
    found.context("PostgreSQL is not installed: apt-get install -y postgresql")
}

/// PostgreSQL refuses to run as root: root hands over to a user without rights, who must be able to reach the folder.
fn humble(folder: &Path) -> Result<Vec<String>> {
    std::fs::create_dir_all(folder)?;
    let id = |arguments: &[&str]| -> Option<String> {
        let output = Command::new("id").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if id(&["-u"]).context("the program `id` is missing")? != "0" {
        return Ok(Vec::new());
    }
    let user = if id(&["-u", "postgres"]).is_some() { "postgres" } else { "nobody" };
    let (user, group) =
        id(&["-u", user]).zip(id(&["-g", user])).context("there is no user without rights")?;
    let owner = Command::new("chown").arg(format!("{user}:{group}")).arg(folder).status()?;
    if !owner.success() {
        bail!("{} cannot be given to the user without rights", folder.display());
    }
    let (user, group) = (format!("--reuid={user}"), format!("--regid={group}"));
    Ok(vec!["setpriv".to_owned(), user, group, "--clear-groups".to_owned()])
}
