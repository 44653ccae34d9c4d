//! The outbox: what waits for the relay, what goes next, and what an answer means.
//!
//! A pure state machine. JavaScript keeps the entries in IndexedDB (written before any network call), does the
//! sending, and gives the time and the randomness; every decision is here. One rule stands above the others: nothing
//! severe is ever dropped, and nothing at all leaves before the relay has said that it is on disk.

use crate::pace::{Answer, Meaning, Pace, meaning};
use lapwing_core::wire::{self, Refusal};
use lapwing_core::{Severity, Stage};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Entries kept before the mildest, oldest alerts make room.
pub const CAPACITY: usize = 5_000;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A [`wire::Alert`]; sent in batches.
    Alert,
    /// A [`wire::Report`]; sent alone.
    Report,
    /// A [`wire::ThreadReply`]; sent alone.
    Reply,
}

/// One thing that waits. The same shape is kept in IndexedDB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The id that the relay tells duplicates by.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Of an alert; reports and replies are `high`.
    pub severity: Severity,
    /// Of an alert about suicide or self-harm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// By the device's clock, milliseconds since 1970.
    pub made_at: i64,
    /// The JSON that is sent.
    pub body: String,
    /// Why the relay will never take it; such an entry is kept aside and not sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Entry {
    /// Makes the entry of an alert.
    ///
    /// # Errors
    /// When the alert cannot be written as JSON.
    pub fn alert(alert: &wire::Alert) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: alert.id.clone(),
            kind: Kind::Alert,
            severity: alert.severity,
            stage: alert.stage,
            made_at: alert.occurred_at,
            body: serde_json::to_string(alert)?,
            refused: None,
        })
    }

    /// Whether a person may be waiting on it: it goes first, and is tried at once even while sending is held back.
    fn urgent(&self) -> bool {
        self.kind != Kind::Alert || self.severity == Severity::Critical || self.stage == Some(Stage::Active)
    }

    fn may_make_room(&self) -> bool {
        self.kind == Kind::Alert && self.severity <= Severity::Low && self.stage != Some(Stage::Active)
    }
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Send this, signed, and come back with the answer.
    Send {
        /// What is in it.
        ids: Vec<String>,
        /// Under the relay's address.
        path: &'static str,
        /// JSON.
        body: String,
    },
    /// Too early after a failure.
    Wait {
        /// Milliseconds since 1970.
        until: i64,
    },
    /// Nothing to send.
    Idle,
    /// The relay no longer takes this device's word; everything is kept until it is enrolled again.
    Halted,
}

/// What to change after an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Outcome {
    /// On the relay's disk: delete these.
    pub forget: Vec<String>,
    /// Set aside: store the reason beside these.
    pub refused: Vec<Refusal>,
    /// The relay does not know this device: forget the identity and enrol again.
    pub enrol_again: bool,
}

/// What has become of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// It waits to be sent.
    Waiting,
    /// It is kept, and the relay no longer takes this device's word: nobody at school has it, and being online changes nothing.
    Halted,
    /// The relay will never take it: nobody at school has it.
    Refused,
    /// The relay has it.
    Sent,
}

/// Everything that waits, and how fast it may go.
#[derive(Debug, Default)]
pub struct Outbox {
    entries: Vec<Entry>,
    pace: Pace,
    /// How often an answer may have been about this entry, since this worker began. Others go before it: a message to a report
    /// that a restored relay has never heard of must not hold back everything else of this device.
    failures: HashMap<String, u32>,
}

impl Outbox {
    /// Takes up what was stored. Entries may come in any order.
    #[must_use]
    pub fn restore(mut entries: Vec<Entry>, pace: Pace) -> Self {
        entries.sort_by(|a, b| (a.made_at, &a.id).cmp(&(b.made_at, &b.id)));
        Self { entries, pace, failures: HashMap::new() }
    }

    /// The pace, to be stored with the entries.
    #[must_use]
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Entries that wait to be sent.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.entries.iter().filter(|entry| entry.refused.is_none()).count()
    }

    /// Entries that the relay refused: alerts, then reports and replies.
    #[must_use]
    pub fn refused(&self) -> (usize, usize) {
        let refused = self.entries.iter().filter(|entry| entry.refused.is_some());
        let (alerts, words): (Vec<_>, Vec<_>) = refused.partition(|entry| entry.kind == Kind::Alert);
        (alerts.len(), words.len())
    }

    /// What has become of an entry that was added before.
    #[must_use]
    pub fn stands(&self, id: &str) -> Stands {
        match self.entries.iter().find(|entry| entry.id == id) {
            None => Stands::Sent,
            Some(entry) if entry.refused.is_some() => Stands::Refused,
            Some(_) if self.pace.halted() => Stands::Halted,
            Some(_) => Stands::Waiting,
        }
    }

    fn failures(&self, entry: &Entry) -> u32 {
        self.failures.get(&entry.id).copied().unwrap_or(0)
    }

    /// Adds an entry that is already stored. Answers with the ids that had to make room: delete those.
    pub fn add(&mut self, entry: Entry) -> Vec<String> {
        if self.entries.iter().any(|known| known.id == entry.id) {
            return Vec::new();
        }
        if entry.urgent() {
            self.pace.urge();
        }
        self.entries.push(entry);
        let mut dropped = Vec::new();
        while self.entries.len() > CAPACITY {
            let Some(place) = self.entries.iter().position(Entry::may_make_room) else { break };
            dropped.push(self.entries.remove(place).id);
        }
        dropped
    }

    /// What to do at `now`.
    #[must_use]
    pub fn next(&self, now: i64) -> Step {
        if self.pace.halted() {
            return Step::Halted;
        }
        let mut ready: Vec<&Entry> = self.entries.iter().filter(|entry| entry.refused.is_none()).collect();
        if ready.is_empty() {
            return Step::Idle;
        }
        if let Some(until) = self.pace.wait_until(now) {
            ready.retain(|entry| self.pace.urged() && entry.urgent());
            if ready.is_empty() {
                return Step::Wait { until };
            }
        }
        // Urgent alerts, then words, then the other alerts; but whatever has failed less before what has failed more.
        let order = |entry: &&Entry| {
            (self.failures(entry), entry.kind == Kind::Alert, !entry.urgent(), entry.made_at)
        };
        let is_urgent = |entry: &&Entry| entry.kind == Kind::Alert && entry.urgent();
        let urgent = ready.iter().copied().filter(is_urgent).map(|entry| self.failures(entry)).min();
        let first = ready.iter().copied().min_by_key(order);
        if let Some(words) = first.filter(|first| first.kind != Kind::Alert)
            && urgent.is_none_or(|failures| failures > self.failures(words))
        {
            let path =
                if words.kind == Kind::Report { wire::path::REPORTS } else { wire::path::THREAD_REPLY };
            return Step::Send { ids: vec![words.id.clone()], path, body: words.body.clone() };
        }
        self.batch(&ready)
    }

    /// The gravest first into the batch; inside it, in the order in which they were made.
    fn batch(&self, ready: &[&Entry]) -> Step {
        let mut alerts: Vec<&Entry> =
            ready.iter().copied().filter(|entry| entry.kind == Kind::Alert).collect();
        alerts
            .sort_by_key(|entry| (self.failures(entry), !entry.urgent(), std::cmp::Reverse(entry.severity)));
        let mut room = wire::limit::BODY - 1024;
        let mut chosen = Vec::new();
        for entry in alerts.into_iter().take(self.pace.batch()) {
            if !chosen.is_empty() && entry.body.len() + 1 > room {
                break;
            }
            room = room.saturating_sub(entry.body.len() + 1);
            chosen.push(entry);
        }
        chosen.sort_by_key(|entry| entry.made_at);
        let bodies: Vec<&str> = chosen.iter().map(|entry| entry.body.as_str()).collect();
        Step::Send {
            ids: chosen.iter().map(|entry| entry.id.clone()).collect(),
            path: wire::path::ALERTS,
            body: format!("{{\"alerts\":[{}]}}", bodies.join(",")),
        }
    }

    /// Takes in the relay's answer to what [`next`](Self::next) said to send. `random` is in `0.0..1.0`.
    pub fn answered(&mut self, sent: &[String], answer: &Answer, now: i64, random: f64) -> Outcome {
        let alone = sent.len() <= 1;
        let mut outcome = Outcome::default();
        match meaning(answer) {
            Meaning::Taken => self.taken(sent, answer, now, random, &mut outcome),
            Meaning::TooMuch | Meaning::Malformed | Meaning::Stopped if !alone => {
                self.pace.halve(sent.len());
            }
            Meaning::TooMuch | Meaning::Malformed => self.set_aside(
                sent.iter().map(|id| Refusal { id: id.clone(), detail: answer.detail() }),
                &mut outcome,
            ),
            Meaning::UnknownDevice => {
                outcome.enrol_again = true;
                self.pace.fail(now, random, None);
            }
            Meaning::Revoked => self.pace.halt(),
            Meaning::Later | Meaning::Stopped => {
                if alone && answer.blames() {
                    for id in sent {
                        *self.failures.entry(id.clone()).or_default() += 1;
                    }
                }
                self.pace.fail(now, random, answer.retry_after());
            }
        }
        outcome
    }

    /// The device has an identity (again): sending may go on.
    pub fn enrolled(&mut self) {
        self.pace = Pace::default();
    }

    /// The browser has just started or come online: what held sending back may be over.
    pub fn hurry(&mut self) {
        self.pace.hurry();
    }

    fn taken(&mut self, sent: &[String], answer: &Answer, now: i64, random: f64, outcome: &mut Outcome) {
        let kind = self.entries.iter().find(|entry| sent.contains(&entry.id)).map(|entry| entry.kind);
        let receipt = match kind {
            Some(Kind::Alert) => answer.read::<wire::BatchReceipt>(),
            Some(Kind::Report) => answer.read::<wire::ReportReceipt>().map(|receipt| wire::BatchReceipt {
                acknowledged: vec![receipt.acknowledged],
                refused: Vec::new(),
            }),
            Some(Kind::Reply) => answer
                .read::<wire::Thread>()
                .map(|_| wire::BatchReceipt { acknowledged: sent.to_vec(), refused: Vec::new() }),
            None => return,
        };
        // A page that is not the relay's (a sign-in page of the network) acknowledges nothing.
        let Some(receipt) = receipt else { return self.pace.fail(now, random, None) };
        let sent: HashSet<&String> = sent.iter().collect();
        outcome.forget = receipt.acknowledged.into_iter().filter(|id| sent.contains(id)).collect();
        self.entries.retain(|entry| !outcome.forget.contains(&entry.id));
        self.failures.retain(|id, _| !outcome.forget.contains(id));
        self.set_aside(receipt.refused.into_iter().filter(|refusal| sent.contains(&refusal.id)), outcome);
        if outcome.forget.is_empty() && outcome.refused.is_empty() {
            self.pace.fail(now, random, None);
        } else {
            self.pace.succeed(now);
        }
    }

    fn set_aside(&mut self, refusals: impl Iterator<Item = Refusal>, outcome: &mut Outcome) {
        for refusal in refusals {
            if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == refusal.id) {
                entry.refused = Some(refusal.detail.clone());
                outcome.refused.push(refusal);
            }
        }
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
