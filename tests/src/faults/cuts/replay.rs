//! Cutting the power at many points of a recording, and letting SQLite open what is left.

use std::path::Path;

use anyhow::Result;

use super::medium::Medium;
use super::trace::Event;
use crate::faults::chain::{self, Chain};
use crate::faults::ledger::Acknowledged;
use crate::load::Store;
use crate::relay::Relay;

/// The relay verifies its chain after one cut in so many.
const VERIFY: usize = 50;
/// How many broken cuts are described.
const NOTES: usize = 5;

/// A recording.
pub struct Cuts<'a> {
    /// The calls, in order of their ends.
    pub events: &'a [Event],
    /// What was acknowledged, in order of time.
    pub acknowledged: &'a [Acknowledged],
    /// The relay's program, to verify the chain of hashes now and then.
    pub relay: &'a Relay,
    /// Decides what of the loose writes is kept.
    pub seed: u64,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Cuts that were tried.
    pub points: usize,
    /// Cuts after which an acknowledged alert was missing.
    pub lost: usize,
    /// Cuts after which SQLite found damage or could not open the file.
    pub corrupt: usize,
    /// Cuts after which the relay's own proof was asked as well.
    pub chains: usize,
    /// The first few of what was wrong.
    pub notes: Vec<String>,
}

impl Cuts<'_> {
    /// Cuts at `points` points on `medium` as it was before, evenly over the recording: several different cuts at one place when there are more
    /// points than calls.
    ///
    /// # Errors
    /// When the files cannot be laid out.
    pub async fn replay(&self, points: usize, mut medium: Medium) -> Result<Found> {
        let mut random = fastrand::Rng::with_seed(self.seed);
        let mut found = Found::default();
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let mut taken = 0;
        for point in 0..points {
            let place_of = point * self.events.len() / points.max(1);
            while taken < place_of {
                if let Some(event) = self.events.get(taken) {
                    medium.take(event);
                }
                taken += 1;
            }
            // The last moment before the next call ends: whatever was acknowledged until then counts.
            let moment = self.events.get(taken).map_or(u64::MAX, |event| event.ended);
            let rest = self.events.get(taken..).unwrap_or_default();
            let under_way: Vec<&Event> = rest.iter().take(64).filter(|event| event.begun < moment).collect();
            let files = medium.cut(&under_way, &mut random);
            let promised = self.acknowledged.partition_point(|entry| entry.at < moment);
            let promised = self.acknowledged.get(..promised).unwrap_or_default();
            found.points += 1;
            let folder = tempfile::Builder::new().prefix("lapwing-cut-").tempdir_in(&place)?;
            match judge(folder.path(), &files, promised).await? {
                Verdict::Sound if point % VERIFY == 0 => {
                    match chain::copy(self.relay, folder.path()).await? {
                        Chain::Unknown => {}
                        Chain::Sound => found.chains += 1,
                        Chain::Broken(said) => {
                            found.corrupt += 1;
                            found.note(format!("cut {point} after call {taken}: verify: {said}"));
                        }
                    }
                }
                Verdict::Sound => {}
                Verdict::Lost(count) => {
                    found.lost += 1;
                    found.note(format!(
                        "cut {point} after call {taken}: {count} acknowledged alerts are missing"
                    ));
                }
                Verdict::Corrupt(why) => {
                    found.corrupt += 1;
                    found.note(format!("cut {point} after call {taken}: {why}"));
                }
            }
        }
        Ok(found)
    }
}

impl Found {
    fn note(&mut self, text: String) {
        if self.notes.len() < NOTES {
            self.notes.push(text);
        }
    }
}

enum Verdict {
    Sound,
    Lost(usize),
    Corrupt(String),
}

async fn judge(folder: &Path, files: &[(String, Vec<u8>)], promised: &[Acknowledged]) -> Result<Verdict> {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes)?;
    }
    let store = Store::sqlite(folder);
    match store.faults().await {
        Ok(faults) if faults.is_empty() => {}
        Ok(faults) => return Ok(Verdict::Corrupt(faults.join("; "))),
        Err(error) => return Ok(Verdict::Corrupt(format!("{error:#}"))),
    }
    match store.alerts().await {
        Ok(stored) => {
            let missing = promised.iter().filter(|entry| !stored.contains_key(&entry.id)).count();
            Ok(if missing == 0 { Verdict::Sound } else { Verdict::Lost(missing) })
        }
        Err(error) => Ok(Verdict::Corrupt(format!("{error:#}"))),
    }
}
