//! Packs of lists on a device: which the relay has, which are here, what is to be fetched next, and what is refused and why.
//! A pure state machine: JavaScript fetches pieces, stores them and hashes them, and asks here what that means.
//!
//! What is in force stays so until everything that replaces it has been verified. The worker may end at any moment: what is
//! kept (`to_json`) is written together with the bytes that it tells of.

use crate::pieces::{Section, Step, hex, sections, sound};
use lapwing_core::pack::{HEAD_AT_MOST, Outline, PublicKey};
use lapwing_core::wire::{self, ListsOffer, ListsState, PackOffer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[path = "packs_trying.rs"]
mod trying;

use trying::Ended;

/// Bytes that are fetched at once: a slow line brings them within the time that a worker lives.
pub const PIECE: u64 = 512 * 1024;
/// Milliseconds until a failed fetch is tried again: the first time, and at most.
const WAIT: (i64, i64) = (15_000, 30 * 60_000);
/// A school's devices hear of a new whole pack in the same minutes. Where lists are in force already, each waits for up to
/// this long, by chance, before it fetches.
const SPREAD: f64 = 180_000.0;
/// Whole packs up to this size are fetched at once all the same.
const SMALL: u64 = 2 * 1024 * 1024;

/// What is kept between workers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Packs {
    /// The relay that the key is of.
    relay: String,
    /// The first key that this relay named.
    pinned: String,
    /// What is in force: the whole pack, then its changes.
    in_force: Vec<PackOffer>,
    /// What they were verified with.
    signer: String,
    /// What the relay has, when it is to be fetched.
    wanted: Option<ListsOffer>,
    /// Packs of it that are here whole and verified: digests.
    here: Vec<String>,
    /// Bytes of the next of them that are stored.
    have: u64,
    /// Where the sections of that one are, once its beginning is here.
    coming: Vec<Section>,
    /// The same of the packs in force and of those that are here, by digest.
    sections: BTreeMap<String, Vec<Section>>,
    /// What was refused; it is tried again when the relay has something else, or after a while: bytes may have been
    /// damaged on their way.
    refused: Option<ListsOffer>,
    refused_at: i64,
    /// How many times in a row.
    refusals: u32,
    /// What is being verified or put in force at this moment.
    tried: Option<ListsOffer>,
    /// Of what is in force or wanted: at what the extension ended before.
    ended: Vec<Ended>,
    /// Why; empty when nothing is wrong.
    problem: String,
    failures: u32,
    not_before: i64,
}

impl Packs {
    /// From what was kept; what cannot be read counts as nothing.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// To be kept.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// What is in force: the packs in their order, and what they were verified with.
    #[must_use]
    pub fn in_force(&self) -> (&[PackOffer], &str) {
        (&self.in_force, &self.signer)
    }

    /// What is said of them at the check-in.
    #[must_use]
    pub fn state(&self) -> ListsState {
        ListsState {
            version: self.in_force.last().map_or(0, |pack| pack.version),
            problem: crate::relay::cut(&self.problem, wire::limit::LINE),
        }
    }

    /// Percent of what is being fetched that is here; `None` when nothing is.
    #[must_use]
    pub fn progress(&self) -> Option<u64> {
        let next = self.next_pack()?;
        Some(self.have.saturating_mul(100) / next.bytes.max(1))
    }

    /// The relay has told what it has. `trusted` is the key that the managed policy names, `random` from 0 to 1.
    pub fn offered(
        &mut self,
        offer: Option<ListsOffer>,
        relay: &str,
        trusted: Option<&str>,
        now: i64,
        random: f64,
    ) {
        if self.relay != relay {
            // Another server: its key is another. What is in force stays until it has something.
            relay.clone_into(&mut self.relay);
            self.pinned.clear();
            self.refused = None;
        }
        let Some(offer) = offer else {
            self.rest();
            self.problem.clear();
            return;
        };
        if let Err(problem) = sound(&offer) {
            self.rest();
            self.problem = problem;
            return;
        }
        if self.pinned.is_empty() && trusted.is_none() {
            self.pinned.clone_from(&offer.key);
        }
        if offer.packs == self.in_force {
            self.rest();
            self.refused = None;
            self.problem.clear();
            return;
        }
        let key = trusted.unwrap_or(&self.pinned);
        if offer.key != key {
            let by_whom = if trusted.is_some() { "the managed policy names" } else { "this device keeps" };
            self.problem = format!(
                "lists signed with another key were refused: the relay names {}, and {by_whom} {key}. If the key was \
                 changed on purpose, set lists_key in the policy",
                offer.key
            );
            self.rest();
            return;
        }
        let newest = |packs: &[PackOffer]| packs.last().map_or(0, |pack| pack.version);
        let same_key = self.signer == key;
        if same_key && newest(&offer.packs) < newest(&self.in_force) {
            self.problem = format!(
                "lists of version {} were refused: version {} is in force, and an older one may have been put in place of a \
                 newer one",
                newest(&offer.packs),
                newest(&self.in_force)
            );
            self.rest();
            return;
        }
        if self.is_refused(&offer, now) {
            self.rest();
            return;
        }
        if self.wanted.as_ref() != Some(&offer) {
            let whole =
                offer.packs.first().is_some_and(|pack| !self.in_force.contains(pack) && pack.bytes > SMALL);
            self.here.retain(|digest| offer.packs.iter().any(|pack| pack.digest == *digest));
            if self.next_of(&offer) != self.next_pack() {
                self.have = 0;
                self.coming.clear();
            }
            let spread = if whole && !self.in_force.is_empty() { SPREAD } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, reason = "a few minutes in milliseconds")]
            let later = (random.clamp(0.0, 1.0) * spread) as i64;
            self.not_before = now.saturating_add(later);
            self.failures = 0;
            self.wanted = Some(offer);
            self.problem.clear();
        }
    }

    /// Whether lists signed with `key` would be taken from this relay; `trusted` as for [`offered`](Self::offered). Where it has
    /// named none yet, the first is as good as any.
    #[must_use]
    pub fn trusts(&self, key: &str, relay: &str, trusted: Option<&str>) -> bool {
        let pinned = (self.relay == relay && !self.pinned.is_empty()).then_some(self.pinned.as_str());
        trusted.or(pinned).is_none_or(|known| known == key)
    }

    /// What to do now.
    #[must_use]
    pub fn next(&self, now: i64) -> Step {
        let Some(wanted) = &self.wanted else { return Step::Rest };
        // A clock that was set back must not hold lists up for longer than any wait lasts.
        if now < self.not_before && self.not_before - now <= WAIT.1 {
            return Step::Rest;
        }
        if let Some(pack) = self.next_pack() {
            let digest = pack.digest.clone();
            if self.have >= pack.bytes {
                return Step::Verify { digest, bytes: pack.bytes };
            }
            if let Some(step) = self.copy(&digest) {
                return step;
            }
            let path = wire::path::LISTS.replace("{digest}", &digest);
            let to = (self.have + PIECE).min(pack.bytes) - 1;
            return Step::Fetch { digest, path, from: self.have, to };
        }
        let below = wanted.packs.iter().zip(&self.in_force).take_while(|(a, b)| a == b).count();
        // Changes can only be laid on what is in force when all of that stays.
        let keep = if below == self.in_force.len() && self.signer == wanted.key { below } else { 0 };
        let packs = wanted.packs.get(keep..).unwrap_or_default().to_vec();
        let digest = wanted.packs.last().map(|pack| pack.digest.clone()).unwrap_or_default();
        Step::Adopt { digest, packs, key: wanted.key.clone() }
    }

    /// A piece is stored: so many bytes of the pack `digest` are here now. `head` is its beginning, once that is here: a
    /// pack that cannot be the right one is refused after its first piece.
    pub fn fetched(&mut self, digest: &str, have: u64, head: &[u8], now: i64) {
        let Some(pack) = self.next_pack().filter(|pack| pack.digest == digest).cloned() else { return };
        self.have = have;
        self.failures = 0;
        if head.len() < HEAD_AT_MOST.min(usize::try_from(pack.bytes).unwrap_or(usize::MAX)) {
            return;
        }
        match self.checked(&pack, head) {
            Ok(outline) => self.coming = sections(&outline),
            Err(problem) => self.refuse(digest, problem, now),
        }
    }

    /// A piece of the pack `digest` could not be stored: the disk is full. It is fetched from its beginning, later.
    pub fn not_stored(&mut self, digest: &str, why: &str, now: i64) {
        if self.next_pack().is_none_or(|pack| pack.digest != digest) {
            return;
        }
        self.have = 0;
        self.coming.clear();
        self.problem =
            format!("the lists could not be stored on this device, and are fetched again later: {why}");
        // Not as for a line that is down: a disk rarely has room a minute later, and every try takes the relay's.
        self.not_before = now.saturating_add(WAIT.1);
    }

    /// The bytes that were to be copied are not there: they are fetched.
    pub fn cannot_copy(&mut self) {
        self.sections.clear();
    }

    /// The rest of the section that comes next, where a pack in force has the same.
    fn copy(&self, digest: &str) -> Option<Step> {
        let next = self.coming.iter().find(|section| (section.from..section.to).contains(&self.have))?;
        let same = |other: &&Section| other.hash == next.hash && other.to - other.from == next.to - next.from;
        self.in_force.iter().find_map(|pack| {
            let found = self.sections.get(&pack.digest)?.iter().find(same)?;
            let from = found.from + (self.have - next.from);
            Some(Step::Copy {
                digest: digest.to_owned(),
                of: pack.digest.clone(),
                from,
                to: found.to,
                at: self.have,
            })
        })
    }

    /// No bytes came: the line is down, or the relay says to come later (seconds).
    pub fn failed(&mut self, retry_after: Option<u32>, now: i64, random: f64) {
        self.failures = self.failures.saturating_add(1);
        let doubled = WAIT.0.saturating_mul(1 << self.failures.min(10).saturating_sub(1)).min(WAIT.1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "at most half an hour"
        )]
        let wait = (doubled as f64 * (0.5 + random.clamp(0.0, 1.0) / 2.0)) as i64;
        let asked = i64::from(retry_after.unwrap_or(0)).saturating_mul(1_000);
        self.not_before = now.saturating_add(wait.max(asked).min(WAIT.1));
    }

    /// The pack `digest` is whole and hashed: `head` is its beginning, `digests` the SHA-256 of its sections in their order.
    /// Answers whether it is what was promised; it is refused otherwise.
    pub fn verified(&mut self, digest: &str, head: &[u8], digests: &[[u8; 32]], now: i64) -> bool {
        self.tried = None;
        let Some(pack) = self.next_pack().filter(|pack| pack.digest == digest).cloned() else { return false };
        let checked = self.checked(&pack, head).and_then(|outline| {
            let signed = &outline.header().sections;
            let same = signed.len() == digests.len()
                && signed.iter().zip(digests).all(|(section, digest)| section.digest == *digest);
            if same { Ok(sections(&outline)) } else { Err(damaged(&pack)) }
        });
        match checked {
            Ok(sections) => {
                self.sections.insert(pack.digest.clone(), sections);
                self.here.push(pack.digest);
                self.have = 0;
                self.coming.clear();
                true
            }
            Err(problem) => {
                self.refuse(digest, problem, now);
                false
            }
        }
    }

    /// What is in force cannot be read from the device's storage any more: it is fetched again. `why` is told.
    pub fn lost(&mut self, why: &str) {
        self.in_force.clear();
        self.signer.clear();
        self.refused = None;
        self.tried = None;
        self.rest();
        self.problem = format!("the stored lists could not be used and are fetched again: {why}");
    }

    /// The digests of everything whose bytes are to be kept.
    #[must_use]
    pub fn needed(&self) -> Vec<&str> {
        let coming = self.wanted.iter().flat_map(|wanted| &wanted.packs).map(|pack| pack.digest.as_str());
        self.in_force.iter().map(|pack| pack.digest.as_str()).chain(coming).collect()
    }

    fn rest(&mut self) {
        self.wanted = None;
        self.here.clear();
        self.have = 0;
        self.coming.clear();
        self.failures = 0;
        self.not_before = 0;
    }

    /// The first pack that is wanted and not here.
    fn next_pack(&self) -> Option<&PackOffer> {
        self.next_of(self.wanted.as_ref()?)
    }

    fn next_of<'o>(&self, offer: &'o ListsOffer) -> Option<&'o PackOffer> {
        offer.packs.iter().find(|pack| !self.in_force.contains(pack) && !self.here.contains(&pack.digest))
    }

    fn checked(&self, pack: &PackOffer, head: &[u8]) -> Result<Outline, String> {
        let key = self.wanted.as_ref().map_or("", |wanted| &wanted.key);
        let key: PublicKey = key.parse()?;
        let outline = Outline::read(head, pack.bytes).map_err(|error| error.to_string())?;
        outline.verify(&key, pack.version).map_err(|error| error.to_string())?;
        let known = hex(outline.digest());
        if known == pack.digest && outline.header().version == pack.version {
            Ok(outline)
        } else {
            Err(damaged(pack))
        }
    }
}

fn damaged(pack: &PackOffer) -> String {
    format!("the pack of version {} was changed after it was signed, and is refused", pack.version)
}

#[cfg(test)]
#[path = "packs_tests.rs"]
mod tests;
