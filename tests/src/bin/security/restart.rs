//! A restart under load, as systemd does it with a socket unit: the socket stays open while one relay ends and the next
//! begins. Every request comes on a new connection and is tried once; none may fail.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use lapwing_tests::load::drive::acknowledged;
use lapwing_tests::load::{Alerts, Base, Dial, Engine, Protocol};
use lapwing_tests::steps;

/// How often the relay is started anew.
const RESTARTS: usize = 5;
/// Devices that go on sending.
const DEVICES: usize = 12;
/// For how long they do after each start.
const BETWEEN: Duration = Duration::from_secs(2);

/// Takes the shell's standard input as the third file, where systemd puts it, and becomes the relay. The shell's process
/// is the relay's, which `LISTEN_PID` must name.
const PASS: &str = r#"exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@""#;

/// Sends, restarts, and counts.
pub(crate) async fn run() -> Result<Vec<String>> {
    let base = Base::start(Engine::Sqlite).await?;
    let fleet = base.fleet(DEVICES).await?;
    // The school is there; from now on another relay has its data, on a socket that is ours.
    let Base { mut relay, certificate, data, store, .. } = base;
    relay.stop().await?;
    let socket = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("https://{}", socket.local_addr()?);
    let passed =
        Passed { socket, data, cert: certificate.cert_file.clone(), key: certificate.key_file.clone() };
    let mut running = passed.start()?;

    let stop = Arc::new(AtomicBool::new(false));
    let dial = Dial::new(&url, &certificate)?;
    let senders: Vec<_> = fleet
        .devices
        .iter()
        .enumerate()
        .map(|(number, device)| {
            let (dial, stop, device) = (dial.clone(), Arc::clone(&stop), Arc::clone(device));
            tokio::spawn(async move {
                let mut alerts = Alerts::new(number as u64);
                let (mut kept, mut failed) = (Vec::new(), Vec::new());
                while !stop.load(Ordering::Relaxed) {
                    let message = device.batch(vec![alerts.one(&device.account)])?;
                    let protocol = if number % 2 == 0 { Protocol::Http1 } else { Protocol::Http2 };
                    let once = async { dial.line(protocol, device.from).await?.send(&message).await };
                    match once.await {
                        Ok(reply) if reply.status == 200 => kept.extend(acknowledged(&reply)?),
                        Ok(reply) => failed.push(format!("status {}", reply.status)),
                        Err(error) => failed.push(format!("{error:#}")),
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                anyhow::Ok((kept, failed))
            })
        })
        .collect();

    let mut gap = Duration::ZERO;
    for _ in 0..RESTARTS {
        tokio::time::sleep(BETWEEN).await;
        let started = Instant::now();
        running.stop().await?;
        running = passed.start()?;
        gap = gap.max(started.elapsed());
    }
    tokio::time::sleep(BETWEEN).await;
    stop.store(true, Ordering::Relaxed);
    let (mut kept, mut failed) = (Vec::new(), Vec::new());
    for sender in senders {
        let (some, others) = sender.await.context("a sender ended early")??;
        kept.extend(some);
        failed.extend(others);
    }
    running.stop().await?;

    let stored = store.alerts().await?;
    let lost = kept.iter().filter(|id| !stored.contains_key(*id)).count();
    steps::line(&format!(
        "{RESTARTS} restarts under a passed socket: {} requests on new connections acknowledged, {} failed, {lost} \
         acknowledged alerts lost; at most {:.1} s from one relay's stop to the next one's start",
        kept.len(),
        failed.len(),
        gap.as_secs_f64()
    ));
    let mut faults = Vec::new();
    if let Some(first) = failed.first() {
        faults.push(format!("{} requests failed during restarts, such as: {first}", failed.len()));
    }
    if lost > 0 || kept.is_empty() {
        faults.push(format!("of {} acknowledged alerts {lost} are not stored", kept.len()));
    }
    Ok(faults)
}

/// A socket, and the relay that it is passed to.
struct Passed {
    socket: TcpListener,
    data: PathBuf,
    cert: PathBuf,
    key: PathBuf,
}

impl Passed {
    /// Starts a relay on the socket, and waits until it has said that it listens.
    fn start(&self) -> Result<Running> {
        let relay = std::env::var_os("LAPWING_RELAY").context("LAPWING_RELAY names no relay")?;
        let log = std::fs::File::options().create(true).append(true).open(self.data.join("restart.log"))?;
        let mut child = Command::new("sh")
            .args(["-c", PASS])
            .arg(relay)
            .args(["serve", "--data"])
            .arg(&self.data)
            .args(["--tls-cert".as_ref(), self.cert.as_path(), "--tls-key".as_ref(), Path::new(&self.key)])
            .stdin(Stdio::from(OwnedFd::from(self.socket.try_clone()?)))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let mut said = String::new();
        let output = child.stdout.take().context("the relay has no standard output")?;
        BufReader::new(output).read_line(&mut said)?;
        ensure!(
            said.contains(&self.socket.local_addr()?.to_string()),
            "the relay did not take the socket that it was passed; it said: {said}"
        );
        Ok(Running(child))
    }
}

/// A relay that runs until it is dropped.
struct Running(Child);

impl Running {
    /// Tells it to stop, and waits until it has.
    async fn stop(&mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status()?;
        let end = Instant::now() + Duration::from_secs(40);
        while Instant::now() < end {
            if let Some(status) = self.0.try_wait()? {
                ensure!(status.success(), "the relay ended with {status} when it was told to stop");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the relay did not stop within 40 s")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already when it was stopped in order.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
