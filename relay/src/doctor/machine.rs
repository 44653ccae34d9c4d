//! The machine under the relay: folder, disk, clock, files and port.

use super::Finding;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::health::free_bytes;
use crate::random::{self, SystemRandom};
use jiff::Timestamp;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Open files that the relay needs beside its connections: database, certificate, log, sockets.
const OTHER_FILES: u64 = 200;
/// A sync that takes longer holds up every alert.
const SLOW_SYNC: Duration = Duration::from_millis(100);
/// Free space with which nothing may even start, however `--min-free-mb` is set.
const LEAST: u64 = 20_000_000;

/// Everything but the port.
pub(super) fn look(config: &Config, devices: u32) -> Vec<Finding> {
    let mut findings = fatal(config);
    findings.extend(open_files(config, devices));
    findings
}

/// Without these nothing may start.
pub(super) fn fatal(config: &Config) -> Vec<Finding> {
    let data = config.data.as_path();
    let mut findings = vec![clock(SystemClock.now())];
    if data.exists() {
        findings.push(rights(data));
        findings.push(sync(data));
    } else {
        findings.push(Finding::well(
            "data folder",
            format!("{} is not there yet; serve makes it", data.display()),
        ));
    }
    findings.push(disk(data, config.min_free));
    findings
}

fn clock(now: Timestamp) -> Finding {
    const WHAT: &str = "clock";
    const MEND: &str = "set the clock and let it be kept right (timedatectl set-ntp true): when an alert came in is part \
         of the evidence";
    // The year of this program, and as many as anybody will run it for.
    let year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
    if !(2026..2076).contains(&year) {
        return Finding::bad(WHAT, format!("it says {now}"), MEND);
    }
    // Where systemd keeps the time, it says by this file that it has asked somebody.
    let kept = Path::new("/run/systemd/timesync");
    if kept.exists() && !kept.join("synchronized").exists() {
        return Finding::warn(WHAT, format!("{now:.0}, and not compared with any other clock yet"), MEND);
    }
    Finding::well(WHAT, format!("{now:.0}"))
}

fn rights(data: &Path) -> Finding {
    const WHAT: &str = "data folder";
    let shown = data.display();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = match fs::metadata(data) {
            Ok(metadata) if metadata.is_dir() => metadata,
            Ok(_) => {
                return Finding::bad(WHAT, format!("{shown} is not a folder"), "name another with --data");
            }
            Err(error) => {
                return Finding::bad(
                    WHAT,
                    format!("{shown}: {error}"),
                    "run this as the user that runs the relay",
                );
            }
        };
        let me = rustix::process::geteuid().as_raw();
        if metadata.uid() != me && me != 0 {
            let found = format!("{shown} belongs to user {}, and this is user {me}", metadata.uid());
            return Finding::bad(WHAT, found, "run this, and the relay, as the folder’s owner");
        }
        if metadata.mode() & 0o077 != 0 {
            let found =
                format!("others on this machine can look into {shown} (mode {:o})", metadata.mode() & 0o777);
            return Finding::warn(WHAT, found, format!("chmod 700 {shown}"));
        }
    }
    Finding::well(WHAT, format!("{shown}, for its owner alone"))
}

fn disk(data: &Path, least: u64) -> Finding {
    const WHAT: &str = "disk space";
    const MEND: &str = "make room, or move the data folder to a larger disk: a full disk refuses every alert (nothing is \
         lost, devices keep it)";
    // A folder that is not there yet will be on its parent's disk.
    let Some(free) =
        data.ancestors().find(|folder| folder.exists()).or(Some(Path::new("."))).and_then(free_bytes)
    else {
        return Finding::warn(WHAT, "it cannot be told", "look at the disk by other means");
    };
    let found = format!("{} MB free where {} is", free / 1_000_000, data.display());
    if free < LEAST {
        return Finding::bad(WHAT, found, MEND);
    }
    if free < least.saturating_mul(4) {
        return Finding::warn(
            WHAT,
            found,
            format!("{MEND}. Under {} MB the relay is not ready", least / 1_000_000),
        );
    }
    Finding::well(WHAT, found)
}

/// Writes a small file, syncs it and takes it away again: what every commit rests on.
fn sync(data: &Path) -> Finding {
    const WHAT: &str = "writing to disk";
    let timed = || -> io::Result<Duration> {
        let tail = random::bytes::<8>(&SystemRandom::default()).map_err(io::Error::other)?;
        let path = data.join(format!(".doctor-{:016x}", u64::from_le_bytes(tail)));
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(&[0; 4096])?;
            let started = Instant::now();
            file.sync_all()?;
            Ok(started.elapsed())
        });
        let removed = fs::remove_file(&path);
        written.and_then(|took| removed.map(|()| took))
    };
    match timed() {
        Ok(took) if took > SLOW_SYNC => Finding::warn(
            WHAT,
            format!("a sync took {} ms", took.as_millis()),
            "look for another program that keeps the disk busy, or use a faster one: every alert waits for a sync",
        ),
        Ok(took) => Finding::well(WHAT, format!("a sync took {:.1} ms", took.as_secs_f64() * 1000.0)),
        Err(error) => Finding::bad(
            WHAT,
            format!("{}: {error}", data.display()),
            "check the disk (dmesg), its free space, and that the relay’s user may write there",
        ),
    }
}

fn open_files(config: &Config, devices: u32) -> Option<Finding> {
    const WHAT: &str = "open files";
    let connections = u64::from(config.connections.total.min(devices));
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        let needed = connections + OTHER_FILES;
        let found = format!("at most {most}, and {devices} devices need {needed}");
        if devices > config.connections.total {
            let found = format!("{devices} devices, but --max-connections is {}", config.connections.total);
            return Some(Finding::warn(WHAT, found, format!("give --max-connections {devices}, or more")));
        }
        Some(if most < needed {
            Finding::bad(
                WHAT,
                found,
                format!("set LimitNOFILE={} in the service’s unit, or ulimit -Hn", needed * 2),
            )
        } else {
            Finding::well(WHAT, found)
        })
    }
    #[cfg(not(unix))]
    None
}

/// Whether the port is free, or the relay's own.
pub(super) async fn port(config: &Config) -> Finding {
    const WHAT: &str = "port";
    let address = config.listen;
    match std::net::TcpListener::bind(address) {
        Ok(_) => Finding::well(WHAT, format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let reachable = crate::config::reachable(address);
            let answers = tokio::time::timeout(Duration::from_secs(2), TcpStream::connect(reachable)).await;
            if matches!(answers, Ok(Ok(_))) {
                return Finding::well(
                    WHAT,
                    format!("{address} is in use, and answers: a relay that runs, most likely"),
                );
            }
            let mend = format!("find out who has it: ss -ltnp 'sport = :{}'", address.port());
            Finding::bad(WHAT, format!("{address} is in use, and nothing answers there"), mend)
        }
        Err(error) => Finding::bad(
            WHAT,
            format!("{address}: {error}"),
            "give --listen an address of this machine; a port below 1024 needs systemd’s socket unit (deploy/)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_clock_of_another_age_is_bad() {
        for wrong in ["1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z"] {
            assert_eq!(clock(wrong.parse().unwrap()).verdict, Verdict::Bad, "{wrong}");
        }
        assert_ne!(clock("2031-11-24T09:14:00Z".parse().unwrap()).verdict, Verdict::Bad);
    }

    #[test]
    fn a_folder_that_others_can_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |mode| {
            let rights = std::os::unix::fs::PermissionsExt::from_mode(mode);
            fs::set_permissions(folder.path(), rights).unwrap();
        };
        mode(0o700);
        assert_eq!(rights(folder.path()).verdict, Verdict::Well);
        mode(0o755);
        let finding = rights(folder.path());
        assert_eq!(finding.verdict, Verdict::Warn);
        assert!(finding.mend.starts_with("chmod 700"), "{finding}");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(rights(&file).verdict, Verdict::Bad);
    }

    #[test]
    fn a_sync_leaves_nothing_behind_and_fails_where_nothing_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_ne!(sync(folder.path()).verdict, Verdict::Bad);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(sync(&folder.path().join("gone")).verdict, Verdict::Bad);
    }

    #[test]
    fn little_space_is_told_before_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(disk(folder.path(), u64::MAX).verdict, Verdict::Warn);
        assert_eq!(disk(&folder.path().join("not/yet"), 0).verdict, Verdict::Well);
    }
}
