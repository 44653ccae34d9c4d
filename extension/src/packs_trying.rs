//! Putting packs in force, and refusing them. Where the extension itself ends while it is at a pack, for want of memory or by
//! a fault, nothing is left that could say so: what is about to be tried is therefore stored first, and a start that still
//! finds it knows what ended the last one. Fetching and checking are not here.

use super::Packs;
use lapwing_core::wire::{ListsOffer, PackOffer};
use serde::{Deserialize, Serialize};

/// Workers that may end at the same lists while their browser goes on, which hardly anything but the lists explains.
const WORKERS: u32 = 2;
/// Browsers that may end at the same lists: computers are switched off at any moment, also several mornings in a row, and
/// nobody's lists are given up for that. Lists that take the whole browser down are told from it by their number alone.
const BROWSERS: u32 = 8;
/// Milliseconds until what was refused is fetched once more, the first time: it may have been bad luck.
pub(super) const SOON: i64 = 5 * 60_000;
/// The second time; from there it doubles up to five times.
const AGAIN: i64 = 60 * 60_000;

/// Lists at which the extension ended, and how often that happened since they were last put in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    offer: ListsOffer,
    workers: u32,
    browsers: u32,
}

fn has(packs: &[PackOffer], digest: &str) -> bool {
    packs.iter().any(|pack| pack.digest == digest)
}

fn newest(packs: &[PackOffer]) -> u64 {
    packs.last().map_or(0, |pack| pack.version)
}

impl Packs {
    /// The pack `digest` is about to be verified, or to be put in force with those below it. This is to be stored before
    /// anything is done with its bytes.
    pub fn tries(&mut self, digest: &str) {
        self.tried = if has(&self.in_force, digest) {
            Some(ListsOffer { key: self.signer.clone(), packs: self.in_force.clone() })
        } else {
            self.wanted.clone().filter(|wanted| has(&wanted.packs, digest))
        };
    }

    /// A worker starts; `is_first` when it is its browser's first. What the last one was at when it ended is refused once
    /// that has happened too often. Answers whether anything has changed, and is to be stored.
    pub fn started(&mut self, is_first: bool, now: i64) -> bool {
        let Some(offer) = self.tried.take() else { return false };
        let Some(last) = offer.packs.last().cloned() else { return true };
        let at = self.ended.iter().position(|ended| ended.offer == offer);
        let mut ended = match at {
            Some(at) => self.ended.swap_remove(at),
            None => Ended { offer, workers: 0, browsers: 0 },
        };
        *(if is_first { &mut ended.browsers } else { &mut ended.workers }) += 1;
        let is_too_often = ended.workers >= WORKERS || ended.browsers >= BROWSERS;
        // Of everything else nobody will ask again.
        self.ended
            .retain(|ended| ended.offer.packs == self.in_force || self.wanted.as_ref() == Some(&ended.offer));
        if !is_too_often {
            self.ended.push(ended);
            return true;
        }
        let problem = format!(
            "the extension ended {} times while version {} was put in force, so it is refused: this device may have too little \
             memory for it. It is tried again later, or when the relay has other lists",
            ended.workers + ended.browsers,
            last.version
        );
        self.tried = Some(ended.offer);
        self.refuse(&last.digest, problem, now);
        true
    }

    /// What was tried, up to the pack `digest`, is in force. Answers the digests of packs that are no longer needed. What the
    /// relay has named meanwhile stays wanted.
    pub fn adopted(&mut self, digest: &str) -> Vec<String> {
        let is_it = |tried: &mut ListsOffer| tried.packs.last().is_some_and(|pack| pack.digest == digest);
        let Some(offer) = self.tried.take_if(is_it) else { return Vec::new() };
        self.ended.retain(|ended| ended.offer != offer);
        if offer.packs == self.in_force {
            return Vec::new();
        }
        let old = std::mem::replace(&mut self.in_force, offer.packs);
        self.signer = offer.key;
        self.refused = None;
        self.refusals = 0;
        self.problem.clear();
        let is_newer = |wanted: &ListsOffer| newest(&wanted.packs) > newest(&self.in_force);
        if !self.wanted.as_ref().is_some_and(is_newer) {
            self.rest();
        }
        let (in_force, here) = (&self.in_force, &self.here);
        self.sections.retain(|digest, _| has(in_force, digest) || here.contains(digest));
        let gone = old.into_iter().filter(|pack| !in_force.contains(pack));
        gone.map(|pack| pack.digest).collect()
    }

    /// The pack `digest`, and what came with it, cannot be used: it is not tried again for a while, unless the relay has
    /// something else. Nothing happens when it is neither tried nor wanted any more.
    pub fn refuse(&mut self, digest: &str, problem: String, now: i64) {
        let tried = self.tried.take_if(|tried| has(&tried.packs, digest));
        let wanted = || self.wanted.clone().filter(|wanted| has(&wanted.packs, digest));
        let Some(offer) = tried.or_else(wanted) else { return };
        self.ended.retain(|ended| ended.offer != offer);
        if self.in_force == offer.packs {
            self.in_force.clear();
            self.signer.clear();
            self.sections.clear();
        }
        if self.wanted.as_ref() == Some(&offer) {
            self.rest();
        }
        self.refusals =
            if self.refused.as_ref() == Some(&offer) { self.refusals.saturating_add(1) } else { 1 };
        self.refused = Some(offer);
        self.refused_at = now;
        self.problem = problem;
    }

    /// Whether this was refused, and too short a time ago to be tried once more.
    pub(super) fn is_refused(&self, offer: &ListsOffer, now: i64) -> bool {
        let pause = match self.refusals {
            0 | 1 => SOON,
            more => AGAIN << (more - 2).min(5),
        };
        let since = now.saturating_sub(self.refused_at);
        self.refused.as_ref() == Some(offer) && (0..pause).contains(&since)
    }
}

#[cfg(test)]
#[path = "packs_trying_tests.rs"]
mod tests;
