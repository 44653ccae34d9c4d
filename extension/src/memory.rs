//! What has just been seen, so that one sentence makes one alert however often the browser shows it.
//!
//! A pupil goes on typing after a match; a search is typed and then opened as an address; a blocked page is reloaded.
//! Each would be the same alert again. Pure, and kept as JSON in session storage, since the worker is stopped after
//! thirty seconds. It holds hashes, never words. Whether something is alert-worthy at all is the policy's business.

use lapwing_core::{Finding, Severity, Stage};
use serde::{Deserialize, Serialize};

/// How long a sighting counts, in milliseconds.
pub const WINDOW: i64 = 120_000;

/// Sightings kept; the oldest give way.
const CAPACITY: usize = 300;

/// Where something was seen.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// One field of one document: the content script's name for it.
    Field(&'a str),
    /// The search box of one tab.
    SearchBox(i64),
    /// A search that was opened in one tab: most often the one that was just typed there, perhaps completed. Another
    /// search after it is another one.
    Searched(i64),
    /// An address that was opened, in whatever tab.
    Visit,
}

impl Place<'_> {
    fn hash(self) -> u64 {
        match self {
            Self::Field(name) => hash(&["field", name]),
            Self::SearchBox(tab) => hash(&["search box", &tab.to_string()]),
            Self::Searched(tab) => hash(&["searched", &tab.to_string()]),
            Self::Visit => hash(&["visit"]),
        }
    }

    /// Where the same thing, going on, would have been seen before.
    fn follows(self) -> u64 {
        match self {
            Self::Searched(tab) => Self::SearchBox(tab).hash(),
            other => other.hash(),
        }
    }

    /// Whether the same words in another such place are the same search.
    fn is_search(self) -> bool {
        matches!(self, Self::SearchBox(_) | Self::Searched(_))
    }
}

/// One rule that matched.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    /// The rule's name.
    pub rule: &'a str,
    /// After context.
    pub severity: Severity,
    /// For suicide and self-harm.
    pub stage: Option<Stage>,
    /// The sentence it stood in; empty for a site.
    pub sentence: &'a str,
}

impl Sighting<'_> {
    /// Such a sighting is only ever the same as the identical sentence.
    fn cannot_be_muted(&self) -> bool {
        self.severity == Severity::Critical || self.stage == Some(Stage::Active)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    rule: u64,
    place: u64,
    search: bool,
    sentence: u64,
    severity: Severity,
    stage: Option<Stage>,
    /// When the alert was made that this belongs to.
    alerted_at: i64,
    last_at: i64,
}

/// The last two minutes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Memory {
    seen: Vec<Seen>,
}

impl Memory {
    /// Which of these sightings, together one moment of one place, are new, or graver than before. All are remembered.
    pub fn admit(&mut self, place: Place<'_>, sightings: &[Sighting<'_>], now: i64) -> Vec<bool> {
        self.seen.retain(|seen| near(seen.last_at, now));
        let known: Vec<Option<i64>> =
            sightings.iter().map(|sighting| self.known(place, sighting, now)).collect();
        for (sighting, alerted_at) in sightings.iter().zip(&known) {
            self.remember(place, sighting, alerted_at.unwrap_or(now), now);
        }
        known.iter().map(Option::is_none).collect()
    }

    /// When the alert was made that already covers this sighting.
    fn known(&self, place: Place<'_>, sighting: &Sighting<'_>, now: i64) -> Option<i64> {
        let (rule, at, sentence) = (hash(&[sighting.rule]), place.follows(), words(sighting.sentence));
        self.seen
            .iter()
            .filter(|seen| {
                seen.rule == rule && seen.severity >= sighting.severity && seen.stage >= sighting.stage
            })
            .find(|seen| {
                let same_place = seen.place == at;
                let identical =
                    seen.sentence == sentence && (same_place || (place.is_search() && seen.search));
                identical || (same_place && !sighting.cannot_be_muted() && near(seen.alerted_at, now))
            })
            .map(|seen| seen.alerted_at)
    }

    fn remember(&mut self, place: Place<'_>, sighting: &Sighting<'_>, alerted_at: i64, now: i64) {
        let seen = Seen {
            rule: hash(&[sighting.rule]),
            place: place.hash(),
            search: place.is_search(),
            sentence: words(sighting.sentence),
            severity: sighting.severity,
            stage: sighting.stage,
            alerted_at,
            last_at: now,
        };
        self.seen.retain(|old| (old.rule, old.place, old.sentence) != (seen.rule, seen.place, seen.sentence));
        self.seen.push(seen);
        if self.seen.len() > CAPACITY {
            self.seen.remove(0);
        }
    }
}

/// Within the window in either direction: a clock that was set back must not mute for an hour.
fn near(then: i64, now: i64) -> bool {
    now.abs_diff(then) < WINDOW.unsigned_abs()
}

/// A sentence without what typing changes and a reader would not: case, spacing, and a full stop at the end.
fn words(sentence: &str) -> u64 {
    let plain = sentence.to_lowercase();
    let parts: Vec<&str> =
        plain.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    hash(&parts)
}

/// FNV-1a over the parts, each closed by a byte that UTF-8 never has.
fn hash(parts: &[&str]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    state
}

/// The findings that have not just been told, in their order.
pub(crate) fn new_findings(
    memory: &mut Memory,
    place: Place<'_>,
    findings: Vec<Finding>,
    now: i64,
) -> Vec<Finding> {
    let sightings: Vec<Sighting<'_>> = findings
        .iter()
        .map(|finding| Sighting {
            rule: &finding.rule,
            severity: finding.severity,
            stage: finding.stage,
            sentence: &finding.excerpt.text,
        })
        .collect();
    let new = memory.admit(place, &sightings, now);
    findings.into_iter().zip(new).filter_map(|(finding, new)| new.then_some(finding)).collect()
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
