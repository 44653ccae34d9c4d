//! Starting other programs: quietly into a log, or shown as they go.
//!
//! Cargo's own variables are taken away from every child: a build script that watches `CARGO_MANIFEST_DIR` (ring's does)
//! would otherwise be run again each time a build is started from here and then by hand.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::say::Step;

/// How many last lines of a failed program are shown.
const TAIL: usize = 40;

/// A command without what cargo told xtask about itself.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let cargo_said =
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|start| name.starts_with(start))
                || ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "LD_LIBRARY_PATH"].contains(&name.as_str());
        if cargo_said {
            command.env_remove(&name);
        }
    }
    command
}

/// The cargo that xtask was started with.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end, everything into `log`; when it fails, says so with its last lines.
pub(crate) fn quietly(step: &Step, log: &Path, command: &mut Command) -> Result<()> {
    let shown = words(command);
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(log).with_context(|| format!("cannot write the log {}", log.display()))?;
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot start `{shown}`"))?;
    // The command holds the pipe's other end; without this the reading below would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut tail = VecDeque::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(file, "{line}")?;
        step.news(&line);
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line);
    }
    if child.wait()?.success() {
        return Ok(());
    }
    let tail: Vec<_> = tail.into_iter().collect();
    bail!("`{shown}` failed; its last lines (all of them are in {}):\n{}", log.display(), tail.join("\n"))
}

/// Runs to the end with its output shown; hands each line of standard output to `hear` as well.
pub(crate) fn shown(command: &mut Command, mut hear: impl FnMut(&str)) -> Result<()> {
    let shown = words(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if let Some(output) = child.stdout.take() {
        let mut out = std::io::stdout();
        for line in BufReader::new(output).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            writeln!(out, "{line}")?;
            hear(&line);
        }
    }
    if !child.wait()?.success() {
        bail!("`{shown}` failed; what it printed is above");
    }
    Ok(())
}

/// Runs and gives back standard output, or an error with what it said.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let shown = words(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs with `input` on standard input; an error holds what it said.
pub(crate) fn fed(command: &mut Command, input: &str) -> Result<()> {
    let shown = words(command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("`{shown}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Runs without a word; true when it ended well within `limit`. For things that may fail and have another way.
pub(crate) fn tried(command: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    else {
        return false;
    };
    let end = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
            Ok(None) | Err(_) => {
                // It is ours and it hangs; nothing of it is kept, so its own end does not matter.
                child.kill().ok();
                child.wait().ok();
                return false;
            }
        }
    }
}

/// The command as somebody would type it, for messages.
fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_shows_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let say = crate::say::Say::new();
        let result = say.step("Failing", |step| {
            quietly(
                step,
                &folder.path().join("log"),
                command("sh").args(["-c", "echo first; echo last >&2; exit 3"]),
            )
        });
        let text = result.unwrap_err().to_string();
        assert!(text.contains("first") && text.contains("last"), "{text}");
    }

    #[test]
    fn a_hanging_program_is_given_up() {
        assert!(!tried(command("sleep").arg("30"), Duration::from_millis(100)));
        assert!(tried(&mut command("true"), Duration::from_secs(10)));
    }
}
