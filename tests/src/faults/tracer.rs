//! `strace`, in its two uses: noting what the relay does to its files, and making some of its calls fail.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::load::store;

/// What to do when it is not there.
pub const MISSING: &str = "strace is not installed: apt-get install -y strace";

/// Whether it can be used.
#[must_use]
pub fn is_there() -> bool {
    let status = std::process::Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The words before the relay's own, by which it notes its calls on the database in files named `notes`.THREAD.
/// `-D` makes strace the grandchild, so that the process started is the relay and can be stopped as such.
#[must_use]
pub fn recording(notes: &Path, data: &Path) -> Vec<String> {
    let mut words: Vec<String> =
        ["strace", "-D", "-ff", "-qq", "-ttt", "-T", "-y", "-xx", "-s", "1048576", "-e", "signal=none", "-e"]
            .map(str::to_owned)
            .to_vec();
    words.push(
        "trace=openat,open,creat,lseek,write,writev,pwrite64,pwritev,ftruncate,truncate,fallocate,fsync,fdatasync,\
         sync_file_range,unlink,unlinkat,rename,renameat,renameat2"
            .to_owned(),
    );
    for path in store::files(data).iter().filter(|path| !path.to_string_lossy().ends_with("-shm")) {
        words.extend(["-P".to_owned(), path.display().to_string()]);
    }
    // A sync of the folder is what makes a new or removed name last.
    words.extend(["-P".to_owned(), data.display().to_string(), "-o".to_owned(), notes.display().to_string()]);
    words
}

/// A tracer that has taken hold of a process and makes calls fail until it is told to let go.
pub struct Failing {
    strace: Child,
}

impl Failing {
    /// Every fsync and fdatasync of `process` fails with EIO from the moment at which this returns.
    ///
    /// # Errors
    /// When strace cannot take hold of it.
    pub async fn syncs(process: u32) -> Result<Self> {
        let mut strace = Command::new("strace")
            .args(["-f", "-p", &process.to_string(), "-o", "/dev/null", "-e", "trace=fsync,fdatasync"])
            .args(["-e", "inject=fsync,fdatasync:error=EIO"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context(MISSING)?;
        let mut lines = BufReader::new(strace.stderr.take().context("strace has no output")?).lines();
        let attached = async {
            while let Some(line) = lines.next_line().await? {
                if line.contains("attached") {
                    return anyhow::Ok(());
                }
            }
            bail!(
                "strace could not take hold of the relay: is tracing allowed here (kernel.yama.ptrace_scope)?"
            )
        };
        timeout(Duration::from_secs(10), attached).await.context("strace takes too long")??;
        // What it says of new threads is read on: a full pipe would stop it, and the relay with it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { strace })
    }

    /// Lets go of the process.
    ///
    /// # Errors
    /// When strace does not end.
    pub async fn stop(mut self) -> Result<()> {
        let id = self.strace.id().context("strace has ended by itself")?.to_string();
        Command::new("kill").args(["-TERM", &id]).status().await?;
        timeout(Duration::from_secs(10), self.strace.wait()).await.context("strace does not end")??;
        Ok(())
    }
}
