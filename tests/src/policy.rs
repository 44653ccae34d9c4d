//! The machine's Chromium policy during a test: written, and put back whatever happens.
//!
//! Chromium on Linux reads one folder for the whole machine, so only one run at a time may hold it (a lock file sees to
//! that), and while a run holds it every Chromium of this machine has the extension.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::steps;

const FOLDER: &str = "/etc/chromium/policies/managed";
/// Ours: one for what the relay's Install page says, word for word, and one for what only tests need.
const SCHOOL: &str = "lapwing-test-school.json";
const TESTS: &str = "lapwing-test-tools.json";

/// The policy in force; dropping it puts the machine back.
pub struct Policy {
    _lock: File,
}

impl Policy {
    /// Waits for its turn and puts `school` (a policy file's text, as the Install page gives it) in force, together with
    /// the permission for WebDriver to look at the extension's own pages.
    ///
    /// # Errors
    /// When the text is no JSON, when another policy on this machine would get in its way, or when the folder cannot be
    /// written: then the message says how.
    pub fn put(school: &str) -> Result<Self> {
        let school: Value = serde_json::from_str(school).context("the Install page's policy is no JSON")?;
        let lock = lock()?;
        clear()?;
        refuse_rivals()?;
        let policy = Self { _lock: lock };
        write(SCHOOL, &school)?;
        // 1: developer tools everywhere. A school sets 2; with 0 no driver may look at a force-installed extension.
        write(TESTS, &json!({ "DeveloperToolsAvailability": 1 }))?;
        Ok(policy)
    }

    /// Puts another text in force; browsers that run take it up by themselves.
    ///
    /// # Errors
    /// As for [`Policy::put`].
    pub fn change(&self, school: &str) -> Result<()> {
        write(SCHOOL, &serde_json::from_str(school).context("the new policy is no JSON")?)
    }

    /// Holds the machine's policy with nothing in it: for measuring a browser without the extension.
    ///
    /// # Errors
    /// As for [`Policy::put`].
    pub fn lift(&self) -> Result<()> {
        remove(SCHOOL)
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        // A drop cannot fail; what is left is cleared by the next run, which knows the names.
        clear().ok();
    }
}

/// One run at a time: the lock goes with the process, so a killed run leaves none behind.
fn lock() -> Result<File> {
    let path = std::env::temp_dir().join("lapwing-browser.lock");
    let file = File::create(&path).with_context(|| format!("cannot make the lock {}", path.display()))?;
    if file.try_lock().is_err() {
        steps::line(
            "      waiting: another run of Lapwing's tests or demo has this machine's Chromium policy",
        );
        file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

fn clear() -> Result<()> {
    remove(SCHOOL)?;
    remove(TESTS)
}

/// Another file that force-installs extensions would replace ours or be replaced: Chromium takes one value a policy.
fn refuse_rivals() -> Result<()> {
    let Ok(entries) = fs::read_dir(FOLDER) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let text = fs::read_to_string(&path).unwrap_or_default();
        if text.contains("ExtensionSettings") {
            bail!(
                "{} sets ExtensionSettings too: move it away while Lapwing's tests or demo run, then put it back",
                path.display()
            );
        }
    }
    Ok(())
}

fn write(name: &str, value: &Value) -> Result<()> {
    let path = Path::new(FOLDER).join(name);
    let text = serde_json::to_string_pretty(value)?;
    if fs::create_dir_all(FOLDER).and_then(|()| fs::write(&path, &text)).is_ok() {
        return Ok(());
    }
    let path = path.display().to_string();
    let script = format!("mkdir -p {FOLDER} && cat > {path} && chmod 644 {path}");
    as_root(&script, &text).with_context(|| {
        format!("Chromium's policy folder cannot be written. Run this, then try again:\n  {}", grant())
    })
}

fn remove(name: &str) -> Result<()> {
    let path: PathBuf = Path::new(FOLDER).join(name);
    if !path.exists() || fs::remove_file(&path).is_ok() {
        return Ok(());
    }
    as_root(&format!("rm -f {}", path.display()), "")
        .with_context(|| format!("cannot take the test policy away again: run `sudo rm {}`", path.display()))
}

fn grant() -> String {
    format!("sudo mkdir -p {FOLDER} && sudo chown \"$USER\" {FOLDER}")
}

/// Runs a line of shell with a sudo that asks no password.
fn as_root(script: &str, input: &str) -> Result<()> {
    let mut child = Command::new("sudo")
        .args(["-n", "sh", "-c", script])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("there is no sudo here")?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input.as_bytes())?;
    }
    if !child.wait()?.success() {
        bail!("sudo asks for a password");
    }
    Ok(())
}
