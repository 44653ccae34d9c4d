//! The trial of a change of the lists: a second, small pack that decides nothing. Pages that were opened are asked of it too,
//! and how often it would have stopped one is counted by site, until the relay has been told. Nothing else is kept: not when,
//! not which page, not in which tab.
//!
//! JavaScript fetches the pack, stores it and hashes it. Whatever goes wrong here ends the trial on this device alone.

use crate::analyser::Analyser;
use crate::pieces::hex;
use crate::policy::Standing;
use lapwing_core::pack::{Pack, PackError, PublicKey};
use lapwing_core::wire::{self, ShadowOffer, ShadowSeen, ShadowSite, limit};
use lapwing_core::{ListsError, Sites};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many times in a row its pack is read without having been put to use. A computer may be switched off at any moment, and
/// a pack that ends the worker must not end it over and over.
const TRIES: u32 = 3;

/// What is kept between workers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// Whose trial it is.
    relay: String,
    offer: Option<ShadowOffer>,
    /// By site: what has not been sent yet.
    counts: BTreeMap<String, u32>,
    /// What was sent and not acknowledged. It goes again just as it was.
    sent: Option<ShadowSeen>,
    /// How many times reading the pack was begun and not ended.
    tries: u32,
    /// This device takes no part.
    given_up: bool,
    /// Pages are asked of the pack here, or have been,
    takes_part: bool,
    /// and the relay has heard so.
    said_so: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Shadow {
    kept: Kept,
    sites: Option<Sites>,
}

impl Shadow {
    /// From what was kept; what cannot be read counts as nothing.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        Self { kept: serde_json::from_str(json).unwrap_or_default(), sites: None }
    }

    /// To be kept; empty when there is nothing to be kept.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        if self.kept == Kept::default() { Ok(String::new()) } else { serde_json::to_string(&self.kept) }
    }

    /// The relay at `relay` has told which trial runs; `trusted` says whether lists signed with the key that it names would be
    /// taken. Another trial than before begins anew, and without one everything of the last is forgotten.
    pub fn offered(&mut self, offer: Option<ShadowOffer>, relay: &str, trusted: bool) {
        let offer = offer.filter(|offer| trusted && sound(offer));
        if self.kept.offer == offer && (offer.is_none() || self.kept.relay == relay) {
            return;
        }
        *self = Self::default();
        if offer.is_some() {
            self.kept = Kept { relay: relay.to_owned(), offer, ..Kept::default() };
        }
    }

    /// The trial in which this device takes part.
    #[must_use]
    pub fn offer(&self) -> Option<&ShadowOffer> {
        self.kept.offer.as_ref().filter(|_| !self.kept.given_up)
    }

    /// Where its pack is, under the relay's own address; empty when there is none to be had.
    #[must_use]
    pub fn path(&self) -> String {
        self.offer().map(|offer| wire::path::LISTS.replace("{digest}", &offer.digest)).unwrap_or_default()
    }

    /// Whether the pack can be asked.
    #[must_use]
    pub const fn is_loaded(&self) -> bool {
        self.sites.is_some()
    }

    /// The pack is about to be read; false when that was tried too often. What is to be kept is to be on disk before.
    pub fn tries(&mut self) -> bool {
        self.kept.tries = self.kept.tries.saturating_add(1);
        if self.kept.tries > TRIES {
            self.give_up();
        }
        !self.kept.given_up
    }

    /// Verifies the pack of the trial by the SHA-256 of its sections, as lists are verified, and asks it from now on. It is only
    /// passed over when the trial has become another meanwhile.
    ///
    /// # Errors
    /// When it is not what the relay promised.
    pub fn take(&mut self, pack: Vec<u8>, digest: &str, digests: &[[u8; 32]]) -> Result<(), PackError> {
        let Some(offer) = self.offer().filter(|offer| offer.digest == digest) else { return Ok(()) };
        let unlike =
            |why: &str| PackError::Unusable { section: lapwing_core::pack::Kind::Sites, why: why.into() };
        let key: PublicKey = offer.key.parse().map_err(|why: String| unlike(&why))?;
        let opened = Pack::open_hashed(pack, &key, offer.version, digests)?;
        if hex(opened.digest()) != offer.digest || opened.version() != offer.version {
            return Err(unlike("it is another pack than the relay named"));
        }
        self.sites = Some(Sites::new(opened)?);
        (self.kept.tries, self.kept.takes_part) = (0, true);
        Ok(())
    }

    /// A page was opened in a tab of its own, and stays open. Answers whether something was counted.
    ///
    /// # Errors
    /// When the lists that are built in cannot be used.
    pub fn visited(&mut self, analyser: &mut Analyser, url: &str, now: i64) -> Result<bool, ListsError> {
        let Some(sites) = self.sites.as_ref().filter(|_| !self.kept.given_up) else { return Ok(false) };
        let Some(site) = analyser.would_stop(sites, url, now)? else { return Ok(false) };
        Ok(self.count(site))
    }

    /// Counts a visit. A site too many is not counted: it would not be told either.
    fn count(&mut self, site: String) -> bool {
        let counts = &mut self.kept.counts;
        if !counts.contains_key(&site) && counts.len() >= limit::SHADOW_SITES {
            return false;
        }
        let count = counts.entry(site).or_default();
        let before = *count;
        *count = before.saturating_add(1).min(limit::SHADOW_VISITS);
        *count != before
    }

    /// What to say at a check-in with the relay at `relay`; `batch` is a new UUID. What was said and not acknowledged is said
    /// again, in the same words. That this device takes part is said once even if nothing was counted: without it nobody could
    /// tell “it would have stopped nothing” from “no device has tried it”.
    pub fn told(&mut self, relay: &str, batch: &str) -> Option<ShadowSeen> {
        let digest = self.offer().filter(|_| self.kept.relay == relay)?.digest.clone();
        let is_new = self.kept.takes_part && !self.kept.said_so;
        if self.kept.sent.is_none() && (is_new || !self.kept.counts.is_empty()) {
            let counts = std::mem::take(&mut self.kept.counts).into_iter();
            let sites = counts.map(|(site, visits)| ShadowSite { site, visits }).collect();
            self.kept.sent = Some(ShadowSeen { digest, batch: batch.to_owned(), sites });
        }
        self.kept.sent.clone()
    }

    /// The relay has these counts, or will never take them: they are forgotten.
    pub fn answered(&mut self, batch: &str) {
        if self.kept.sent.take_if(|sent| sent.batch == batch).is_some() {
            self.kept.said_so = true;
        }
    }

    /// Something failed: this device takes no part in the trial any more.
    pub fn give_up(&mut self) {
        self.sites = None;
        let Kept { relay, offer, .. } = std::mem::take(&mut self.kept);
        self.kept = Kept { relay, offer, given_up: true, ..Kept::default() };
    }
}

impl Analyser {
    /// The site for which an address would be stopped if `trial` were in force too, at this moment and for this pupil.
    ///
    /// # Errors
    /// When the lists that are built in cannot be used.
    pub(crate) fn would_stop(
        &mut self,
        trial: &Sites,
        url: &str,
        now: i64,
    ) -> Result<Option<String>, ListsError> {
        if !matches!(self.standing, Standing::Watching(..)) {
            return Ok(None);
        }
        self.ensure_engine_at(now)?;
        Ok(self.engine.as_ref().and_then(|engine| engine.would_stop(trial, url)))
    }
}

/// Whether an offer can be what it should be at all.
fn sound(offer: &ShadowOffer) -> bool {
    let is_digest = offer.digest.len() == 64
        && offer.digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    is_digest && (1..=limit::SHADOW_PACK).contains(&offer.bytes) && offer.key.parse::<PublicKey>().is_ok()
}

#[cfg(test)]
#[path = "shadow_tests.rs"]
mod tests;
