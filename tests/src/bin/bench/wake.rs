//! Waking a stopped worker with five million sites, beside an extension that does nothing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use lapwing_core::pack::Pack;
use lapwing_tests::bare::Bare;
use lapwing_tests::wake::{Measured, megabytes};
use lapwing_tests::{Stage, steps, wait};
use serde_json::{Value, json};

const TRIALS: usize = 20;
/// Fetching and verifying a large pack on a busy machine.
const ARRIVAL: Duration = Duration::from_secs(180);

/// Which sites the device has.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// So many made-up sites
    #[arg(long, value_name = "N", default_value_t = 5_000_000)]
    domains: u32,
    /// A pack instead of made-up sites
    #[arg(long, value_name = "FILE")]
    pack: Option<PathBuf>,
}

impl Options {
    /// Measures both, and tells the difference.
    pub(crate) async fn run(&self) -> Result<Value> {
        let folder = tempfile::tempdir()?;
        let stage = Stage::open().await?;
        let bytes = self.publish(&stage, folder.path()).await?;
        let lapwing = Measured::of(stage.pupil.browser()?, &stage.pupil.page("checked"), TRIALS).await?;
        lapwing.show("Lapwing");
        let Stage { mut pupil, policy, ground, .. } = stage;
        pupil.close().await?;

        let bare = Bare::start(folder.path(), &ground.certificate).await?;
        policy.change(&bare.policy)?;
        let browser = ground.another_browser("bare").await?;
        let nothing = Measured::of(&browser, &bare.page, TRIALS).await?;
        nothing.show("nothing");
        browser.close().await?;

        let over = |of: fn(&Measured) -> f64| ((of(&lapwing) - of(&nothing)) * 10.0).round() / 10.0;
        let (decision, full) = (over(|m| m.cold.median()), over(|m| m.ready.median()));
        let (warm, memory) = (over(|m| m.warm.median()), over(|m| megabytes(m.memory)));
        steps::line(&format!("to the first decision: {decision} ms over nothing (at most 60, aim 20)"));
        steps::line(&format!("to every list in force: {full} ms over nothing (at most 250, aim 80)"));
        steps::line(&format!("a navigation, worker running: {warm} ms over nothing (aim 2)"));
        steps::line(&format!("memory: {memory} MB over nothing (aim 64)"));
        Ok(json!({
            "bench": "wake",
            "pack_bytes": bytes,
            "lapwing": lapwing.json(),
            "nothing": nothing.json(),
            "first_decision_ms": decision,
            "full_tier_ms": full,
            "navigation_ms": warm,
            "memory_mb": memory,
        }))
    }

    /// Puts the sites in force at the relay and waits until the device has them. Gives the pack's bytes.
    async fn publish(&self, stage: &Stage, folder: &Path) -> Result<u64> {
        let (pack, signer) = match &self.pack {
            Some(pack) => (pack.clone(), Some(Pack::signer(&std::fs::read(pack)?)?.to_string())),
            None => (made_up(self.domains, stage, folder).await?, None),
        };
        let path = pack.display().to_string();
        let mut words = vec!["lists", "publish", "--pack", &path];
        if let Some(signer) = &signer {
            words.extend(["--signed-by", signer]);
        }
        done(stage, &words).await?;
        let browser = stage.pupil.browser()?;
        browser.goto(&stage.pupil.page("checked")).await?;
        browser.driver.execute("chrome.alarms.create('check-in', { when: Date.now() });", vec![]).await?;
        let read = "
            const done = arguments[arguments.length - 1];
            chrome.runtime.sendMessage({ kind: 'status' }).then((answer) => done(answer?.lists ?? null));";
        wait::until_within(ARRIVAL, "the pack on the device", || async {
            let state = browser.driver.execute_async(read, vec![]).await?.json().clone();
            ensure!(state["version"].as_u64() > Some(0), "the device says {state}");
            Ok(Some(()))
        })
        .await?;
        Ok(std::fs::metadata(pack)?.len())
    }
}

/// Builds a pack of names by a fixed seed, of the lengths that lists have: nine of ten in one category.
async fn made_up(count: u32, stage: &Stage, folder: &Path) -> Result<PathBuf> {
    let mut random = fastrand::Rng::with_seed(7);
    let (mut most, mut rest) = (String::new(), String::new());
    for number in 0..count {
        let list = if number % 10 == 0 { &mut rest } else { &mut most };
        let length = random.usize(4..16);
        list.extend((0..length).map(|_| random.lowercase()));
        // The number makes each another name.
        writeln!(list, "{number:x}.example")?;
    }
    let (a, b, pack) = (folder.join("most.txt"), folder.join("rest.txt"), folder.join("made-up.pack"));
    std::fs::write(&a, most)?;
    std::fs::write(&b, rest)?;
    let (a, b) = (format!("plain:sexual_content={}", a.display()), format!("plain:gambling={}", b.display()));
    let out = pack.display().to_string();
    steps::line(&format!("Building a pack of {count} made-up sites"));
    done(stage, &["lists", "build", "--source", &a, "--source", &b, "--out", &out]).await?;
    Ok(pack)
}

async fn done(stage: &Stage, words: &[&str]) -> Result<()> {
    let done = stage.ground.relay.command(words).await?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).map(drop).context("the relay said what is no text")
}
