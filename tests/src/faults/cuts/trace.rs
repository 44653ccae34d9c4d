//! Reading what `strace` noted (`-ff -ttt -T -y -xx`): one file a thread, one call a line, every string in hexadecimal.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// One call that changed the database's files, or made a change last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When the call began, microseconds since 1970.
    pub begun: u64,
    /// When it had ended.
    pub ended: u64,
    /// What it did.
    pub action: Action,
}

/// What a call did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A file was opened so that it is made when it is not there.
    Create {
        /// Its name in the data folder.
        name: String,
    },
    /// Bytes were written.
    Write {
        /// The file's name.
        name: String,
        /// Where in the file.
        at: u64,
        /// What was written.
        bytes: Vec<u8>,
    },
    /// A file was cut or grown.
    Truncate {
        /// The file's name.
        name: String,
        /// To how many bytes.
        length: u64,
    },
    /// A name was removed.
    Remove {
        /// The name.
        name: String,
    },
    /// A file's bytes were made to last.
    Sync {
        /// The file's name.
        name: String,
    },
    /// The folder's names were made to last.
    SyncFolder,
}

/// A line, before it is known what it means: calls that move a file's position matter to later writes.
struct Call {
    begun: u64,
    ended: u64,
    name: String,
    arguments: Vec<String>,
    result: i64,
}

/// Reads every file of notes in `folder`; `data` is the relay's data folder. In order of the calls' ends.
///
/// # Errors
/// When a line cannot be understood, which must not be passed over: it may be a write.
pub fn read(folder: &Path, data: &Path) -> Result<Vec<Event>> {
    let mut calls = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        for line in std::fs::read_to_string(&path)?.lines() {
            if let Some(call) = parse(line).with_context(|| shortened(line))? {
                calls.push(call);
            }
        }
    }
    // Stable, so that calls of one thread keep their order.
    calls.sort_by_key(|call| call.ended);
    let data = data.canonicalize()?.display().to_string();
    let mut positions = HashMap::new();
    let mut events = Vec::new();
    for call in &calls {
        if let Some(action) = understand(call, &data, &mut positions)? {
            events.push(Event { begun: call.begun, ended: call.ended, action });
        }
    }
    Ok(events)
}

fn shortened(line: &str) -> String {
    format!("a note of strace cannot be read: {}", line.chars().take(200).collect::<String>())
}

/// `1795337186.083379 write(1<\x2f…>, "\x68…", 3) = 3 <0.000007>`; nothing for lines about the process itself.
fn parse(line: &str) -> Result<Option<Call>> {
    let (time, rest) = line.split_once(' ').context("no time")?;
    if rest.starts_with("+++") || rest.starts_with("---") {
        return Ok(None);
    }
    let (call, took) = rest.rsplit_once(" <").unwrap_or((rest, "0.000000>"));
    let (call, result) = call.rsplit_once(" = ").context("no result")?;
    if result.trim_start().starts_with('?') {
        // The process ended inside this call: it never returned, so nothing was promised because of it.
        return Ok(None);
    }
    let (name, arguments) = call.trim_end().split_once('(').context("no arguments")?;
    let arguments = arguments.strip_suffix(')').context("no end of arguments")?;
    let digits: String = result.trim().chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    let begun = micros(time)?;
    Ok(Some(Call {
        begun,
        ended: begun + micros(took.trim_end_matches('>'))?,
        name: name.to_owned(),
        // No string holds a comma: every byte of it is written in hexadecimal.
        arguments: arguments.split(", ").map(str::to_owned).collect(),
        result: digits.parse().context("no result")?,
    }))
}

fn micros(text: &str) -> Result<u64> {
    let (seconds, fraction) = text.split_once('.').context("no decimal point")?;
    if fraction.len() != 6 {
        bail!("not microseconds");
    }
    Ok(seconds.parse::<u64>()? * 1_000_000 + fraction.parse::<u64>()?)
}

/// What a call did to the database's files; nothing when it failed or was about something else.
fn understand(call: &Call, data: &str, positions: &mut HashMap<String, u64>) -> Result<Option<Action>> {
    if call.result < 0 {
        return Ok(None);
    }
    let argument = |index: usize| call.arguments.get(index).map(String::as_str).context("too few arguments");
    let number = |index: usize| -> Result<u64> { Ok(argument(index)?.parse()?) };
    let inside =
        |path: &str| path.strip_prefix(data).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
    let action = match call.name.as_str() {
        "openat" | "open" | "creat" => {
            let path = argument(usize::from(call.name == "openat"))?;
            let flags = call.arguments.iter().find(|word| word.starts_with("O_"));
            let makes = flags.is_some_and(|flags| flags.contains("O_CREAT"));
            match inside(&text(path)?) {
                Some(name) if makes => Action::Create { name },
                _ => return Ok(None),
            }
        }
        "unlink" | "unlinkat" => match inside(&text(argument(usize::from(call.name == "unlinkat"))?)?) {
            Some(name) => Action::Remove { name },
            None => return Ok(None),
        },
        "rename" | "renameat" | "renameat2" | "truncate" | "fallocate" | "pwritev" | "writev" => {
            bail!("the database uses {}, which this reader does not know", call.name)
        }
        _ => {
            let file = argument(0)?;
            let path = descriptor(file)?;
            let Some(name) = inside(&path) else {
                let folder = path == data && call.name.starts_with('f');
                return Ok(folder.then_some(Action::SyncFolder));
            };
            match call.name.as_str() {
                "lseek" => {
                    positions.insert(file.to_owned(), u64::try_from(call.result)?);
                    return Ok(None);
                }
                "write" => {
                    let bytes = written(argument(1)?, call.result)?;
                    let position = positions.entry(file.to_owned()).or_default();
                    let at = *position;
                    *position += bytes.len() as u64;
                    Action::Write { name, at, bytes }
                }
                "pwrite64" => {
                    Action::Write { name, at: number(3)?, bytes: written(argument(1)?, call.result)? }
                }
                "ftruncate" => Action::Truncate { name, length: number(1)? },
                "fsync" | "fdatasync" => Action::Sync { name },
                // Starts writing out and promises nothing.
                "sync_file_range" => return Ok(None),
                other => bail!("the database uses {other}, which this reader does not know"),
            }
        }
    };
    Ok(Some(action))
}

/// The path in `12<\x2f…>`.
fn descriptor(argument: &str) -> Result<String> {
    let (_, rest) = argument.split_once('<').context("no path beside a descriptor")?;
    text(rest.strip_suffix('>').unwrap_or(rest))
}

fn text(hexadecimal: &str) -> Result<String> {
    Ok(String::from_utf8(bytes(hexadecimal)?)?)
}

/// The bytes that a call wrote, of those that it was given.
fn written(argument: &str, count: i64) -> Result<Vec<u8>> {
    if argument.ends_with("...") {
        bail!("strace cut the bytes of a write");
    }
    let mut bytes = bytes(argument)?;
    bytes.truncate(usize::try_from(count)?);
    Ok(bytes)
}

/// `"\x68\x69"` or `\x68\x69`.
fn bytes(text: &str) -> Result<Vec<u8>> {
    let parts = text.trim_matches('"').split("\\x").skip(1);
    parts.map(|digits| u8::from_str_radix(digits, 16).context("not hexadecimal")).collect()
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
