//! slowhttptest: four hundred clients that send headers slowly, bodies slowly, or read answers slowly, while ordinary
//! clients go on asking. Every one of those must be served.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lapwing_tests::load::Base;
use lapwing_tests::steps;
use tokio::process::Command;
use tokio::task::JoinHandle;

use crate::program;

/// What slowhttptest does, where, and with which arguments. Bodies go where anybody's body is read.
const ATTACKS: [(&str, &str, &[&str]); 3] = [
    ("slow headers (-H)", "/sign-in", &["-H", "-i", "2", "-x", "24"]),
    (
        "slow bodies (-B)",
        "/api/v1/enrol",
        &["-B", "-i", "2", "-s", "8192", "-x", "10", "-f", "application/json"],
    ),
    (
        "slow reading (-X)",
        "/static/style.css",
        &["-X", "-w", "1", "-y", "64", "-n", "2", "-z", "8", "-k", "3"],
    ),
];

/// Runs each attack against the relay.
pub(crate) async fn run(base: &Base) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (name, path, arguments) in ATTACKS {
        let folder = tempfile::tempdir()?;
        let prober = Prober::start(base)?;
        let mut command = Command::new("slowhttptest");
        command
            .args(["-c", "400", "-r", "200", "-l", "25", "-p", "5", "-g", "-o", "slow"])
            .args(arguments)
            .args(["-u", &format!("{}{path}", base.relay.url)])
            .current_dir(folder.path());
        let output = program::output(&mut command).await?;
        let probes = prober.stop().await;
        let report = std::fs::read_to_string(folder.path().join("slow.csv")).with_context(|| {
            format!("slowhttptest wrote no report: {}", String::from_utf8_lossy(&output.stdout))
        })?;
        let (seconds, most, left) = counted(&report);
        steps::line(&format!(
            "{name}: 400 clients, at most {most} at once, {left} left after {seconds} s; {probes}"
        ));
        faults.extend(probes.fault(name));
    }
    Ok(faults)
}

/// From slowhttptest's table (Seconds, Closed, Pending, Connected, Service Available): its length, the most that were
/// connected at once, and how many were at its end.
fn counted(report: &str) -> (u64, u64, u64) {
    let mut counted = (0, 0, 0);
    for line in report.lines().skip(1) {
        let numbers: Vec<u64> = line.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        if let [seconds, _, _, connected, ..] = numbers.as_slice() {
            counted = (*seconds, counted.1.max(*connected), *connected);
        }
    }
    counted
}

/// An ordinary client that asks ten times a second, on a new connection each time.
pub(crate) struct Prober {
    stop: Arc<AtomicBool>,
    refused: Arc<AtomicU64>,
    asking: JoinHandle<Vec<Duration>>,
}

impl Prober {
    /// Begins to ask.
    pub(crate) fn start(base: &Base) -> Result<Self> {
        let trusted = reqwest::Certificate::from_pem(&std::fs::read(&base.certificate.cert_file)?)?;
        let client = reqwest::Client::builder()
            .tls_certs_only([trusted])
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(10))
            .build()?;
        let url = format!("{}/ready", base.relay.url);
        let (stop, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let asking = tokio::spawn({
            let (stop, refused) = (Arc::clone(&stop), Arc::clone(&refused));
            async move {
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let started = Instant::now();
                    match client.get(&url).send().await.and_then(reqwest::Response::error_for_status) {
                        Ok(_) => times.push(started.elapsed()),
                        Err(_) => drop(refused.fetch_add(1, Ordering::Relaxed)),
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                times
            }
        });
        Ok(Self { stop, refused, asking })
    }

    /// Stops, and tells.
    pub(crate) async fn stop(self) -> Probes {
        self.stop.store(true, Ordering::Relaxed);
        let mut times = self.asking.await.unwrap_or_default();
        times.sort();
        let refused = self.refused.load(Ordering::Relaxed);
        Probes { served: times.len(), refused, longest: times.last().copied().unwrap_or_default() }
    }
}

/// How an ordinary client fared.
pub(crate) struct Probes {
    served: usize,
    refused: u64,
    longest: Duration,
}

impl Probes {
    /// What is wrong with it, if anything.
    pub(crate) fn fault(&self, during: &str) -> Option<String> {
        let bad = self.refused > 0 || self.served == 0;
        bad.then(|| {
            format!("during {during} {} ordinary requests failed, {} were served", self.refused, self.served)
        })
    }
}

impl fmt::Display for Probes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.longest.as_millis();
        write!(
            f,
            "{} ordinary requests served, {} failed, the slowest {longest} ms",
            self.served, self.refused
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slowhttptest_s_table_is_read() {
        let table = "Seconds,Closed,Pending,Connected,Service Available\n0,0,1,0,0\n5,20,0,380,1000\n9,400,0,0,1000\n";
        assert_eq!(counted(table), (9, 380, 0));
    }
}
