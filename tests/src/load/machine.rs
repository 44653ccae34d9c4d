//! What machine it was, and what a process takes of it. Linux only, from /proc.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Clock ticks in a second, as /proc counts them on every Linux that matters.
const TICKS: f64 = 100.0;

/// Now by the machine's own clock, in microseconds since 1970: the clock that every program of a run goes by.
#[must_use]
pub fn now() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "what is compared is times of several real programs")]
    let now = SystemTime::now();
    u64::try_from(now.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
}

/// What a reader must know to compare figures: processor, cores, kernel, memory, load, and what the folder lies on.
#[must_use]
pub fn describe(folder: &Path) -> Value {
    let first = |path: &str, start: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
        line.split_once(':').map_or(line.clone(), |(_, value)| value.trim().to_owned())
    };
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    json!({
        "processor": first("/proc/cpuinfo", "model name"),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "kernel": read("/proc/sys/kernel/osrelease"),
        "memory": first("/proc/meminfo", "MemTotal"),
        "load_average": read("/proc/loadavg"),
        "file_system": file_system(folder),
    })
}

/// The type of the file system under a folder, such as `ext4`.
#[must_use]
pub fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let under = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        folder.starts_with(place).then_some((place.len(), kind))
    });
    under.max_by_key(|(length, _)| *length).map_or_else(String::new, |(_, kind)| kind.to_owned())
}

/// The memory that a process has in RAM, in bytes.
///
/// # Errors
/// When there is no such process.
pub fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// The processor time that a process has used so far, in seconds.
///
/// # Errors
/// When there is no such process.
pub fn processor_time(process: u32) -> Result<f64> {
    let stat = Stat::read(process)?;
    Ok(stat.own)
}

/// The same for a process and all that it has started, ended or not, as a database server's.
///
/// # Errors
/// When there is no such process.
pub fn processor_time_of_family(process: u32) -> Result<f64> {
    let stat = Stat::read(process)?;
    let processes = std::fs::read_dir("/proc")?.flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // One that ends meanwhile is counted with its parent the next time.
    let children = ids.filter_map(|id| Stat::read(id).ok()).filter(|child| child.parent == process);
    Ok(stat.own + stat.ended + children.map(|child| child.own).sum::<f64>())
}

/// What `/proc/PID/stat` says of a process, times in seconds.
struct Stat {
    parent: u32,
    own: f64,
    ended: f64,
}

impl Stat {
    fn read(process: u32) -> Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name stands in brackets and may hold anything.
        let (_, rest) = stat.rsplit_once(") ").context("/proc/PID/stat has no name")?;
        let words: Vec<&str> = rest.split(' ').collect();
        let field = |index: usize| -> Result<f64> { Ok(words.get(index).context("a short line")?.parse()?) };
        // ppid, utime and stime, and those of children that have ended: proc(5) fields 4 and 14 to 17; the state is field 3 and
        // the first here.
        let parent = words.get(1).context("a short line")?.parse()?;
        Ok(Self { parent, own: (field(11)? + field(12)?) / TICKS, ended: (field(13)? + field(14)?) / TICKS })
    }
}

/// The number of this process.
#[must_use]
pub fn own() -> u32 {
    std::process::id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_time() {
        assert!(resident(own()).unwrap() > 100_000);
        let family = processor_time_of_family(own()).unwrap();
        assert!(processor_time(own()).unwrap() >= 0.0 && family >= 0.0);
        assert_eq!(file_system(Path::new("/proc")), "proc");
    }
}
