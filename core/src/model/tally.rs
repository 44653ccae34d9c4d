//! Adds up the signs in each passage of a text and finds the strongest.
//!
//! A passage is a run of [`WINDOW`] words. The first word of a sign gives its points, two further different ones half of
//! them each, repetition nothing: a text does not become graver by saying “die” ten times. What speaks against counts
//! once for each kind. Everything is counted in half points, so that no fraction is needed.

use super::table::{Hit, Hits};
use super::weights::{Head, LONGEST, Sign, Weights};
use crate::taxonomy::Surface;

/// Words of a passage: a paragraph.
pub(super) const WINDOW: usize = 80;
/// Words of one sign that count.
const COUNTED: u8 = 3;
/// How far before its first sign a passage reaches for the writer's own voice and for what speaks against it.
const LEAD: usize = 20;

/// A passage that has the points of its head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// Its signs, those with the most points first.
    pub(super) signs: Vec<u16>,
    /// Its different words, those of the strongest signs first.
    pub(super) terms: Vec<u16>,
    /// Everything that speaks for it, in the order of the text.
    pub(super) hits: Vec<Hit>,
}

/// Half points that no passage of the text exceeds, for each head: most texts fall short of what is needed already.
pub(super) fn most(weights: &Weights, hits: &Hits) -> Vec<i32> {
    let mut most = vec![0; weights.heads.len()];
    for hit in &hits.points {
        let term = weights.terms.get(usize::from(hit.term));
        let Some(sign) = term.and_then(|term| weights.signs.get(usize::from(term.sign))) else { continue };
        if let Some(sum) = sign.head.and_then(|head| most.get_mut(head)) {
            *sum += 2 * i32::from(sign.points.max(0));
        }
    }
    most
}

/// The strongest passage of a text for a head; the first when several are as strong. `None` when none suffices.
pub(super) fn strongest(weights: &Weights, number: usize, surface: Surface, hits: &Hits) -> Option<Passage> {
    let head = weights.heads.get(number)?;
    let least = if surface == Surface::Document { head.document } else { head.points };
    let mut relevant: Vec<(Hit, u16, &Sign)> = hits
        .points
        .iter()
        .filter_map(|hit| {
            let sign = weights.terms.get(usize::from(hit.term))?.sign;
            Some((*hit, sign, weights.signs.get(usize::from(sign))?))
        })
        .filter(|(_, _, sign)| sign.head.is_none_or(|head| head == number))
        .collect();
    if relevant.is_empty() {
        return None;
    }
    let all: Vec<Hit> = relevant.iter().map(|(hit, ..)| *hit).collect();
    relevant.retain(|(hit, ..)| !is_covered(weights, *hit, &all));
    let mut count = Count::new(weights);
    let mut best: Option<(i32, usize)> = None;
    for (from, (first, _, sign)) in relevant.iter().enumerate() {
        if sign.points < 0 {
            continue;
        }
        count.clear();
        let (before, passage) = relevant.split_at(from);
        let before = before.iter().rev().take_while(|(hit, ..)| hit.token + LEAD >= first.token);
        let against = before.filter(|(_, _, sign)| sign.points < 0);
        let passage = passage.iter().take_while(|(hit, ..)| hit.token < first.token + WINDOW);
        for (hit, number, sign) in against.chain(passage) {
            count.add(*hit, *number, sign);
        }
        let is_best = best.is_none_or(|(most, _)| count.points > most);
        if is_best && count.suffices(head, least) && own(hits, first.token) >= head.own {
            best = Some((count.points, from));
        }
    }
    let (_, from) = best?;
    let passage = relevant.get(from..).unwrap_or_default();
    let first = passage.first()?.0.token;
    let mut speaking: Vec<(Hit, u16, &Sign)> = passage
        .iter()
        .take_while(|(hit, ..)| hit.token < first + WINDOW)
        .filter(|(_, _, sign)| sign.points > 0)
        .copied()
        .collect();
    let found = speaking.iter().map(|(hit, ..)| *hit).collect();
    speaking.sort_by_key(|(_, number, sign)| (-sign.points, *number));
    let mut signs: Vec<u16> = speaking.iter().map(|(_, number, _)| *number).collect();
    signs.dedup();
    let mut terms = Vec::new();
    for (hit, ..) in &speaking {
        if !terms.contains(&hit.term) {
            terms.push(hit.term);
        }
    }
    Some(Passage { signs, terms, hits: found })
}

/// Whether a hit lies within a longer one: “weight” in “lose weight” says nothing more.
fn is_covered(weights: &Weights, hit: Hit, all: &[Hit]) -> bool {
    let length =
        |hit: Hit| weights.terms.get(usize::from(hit.term)).map_or(0, |term| usize::from(term.length));
    let end = hit.token + length(hit);
    let from = all.partition_point(|other| other.token + LONGEST <= hit.token);
    let near = all.get(from..).unwrap_or_default().iter().take_while(|other| other.token <= hit.token);
    near.into_iter().any(|other| length(*other) > length(hit) && other.token + length(*other) >= end)
}

/// Words of the writer's own voice in the passage that begins at a token.
fn own(hits: &Hits, token: usize) -> usize {
    let before = |end: usize| hits.own.partition_point(|own| *own < end);
    before(token + WINDOW) - before(token.saturating_sub(LEAD))
}

/// Half points so far, and what has been counted.
struct Count {
    points: i32,
    /// Different signs that speak for it, and whether a core sign is among them.
    signs: usize,
    core: bool,
    /// How many words of each sign have counted.
    words: Vec<u8>,
    /// The round in which each term was counted last.
    seen: Vec<u32>,
    round: u32,
}

impl Count {
    fn new(weights: &Weights) -> Self {
        let (words, seen) = (vec![0; weights.signs.len()], vec![0; weights.terms.len()]);
        Self { points: 0, signs: 0, core: false, words, seen, round: 1 }
    }

    fn clear(&mut self) {
        (self.points, self.signs, self.core) = (0, 0, false);
        self.words.fill(0);
        self.round += 1;
    }

    fn add(&mut self, hit: Hit, number: u16, sign: &Sign) {
        let Some(seen) = self.seen.get_mut(usize::from(hit.term)) else { return };
        let Some(words) = self.words.get_mut(usize::from(number)) else { return };
        if *seen == self.round || *words == COUNTED {
            return;
        }
        *seen = self.round;
        *words += 1;
        if *words == 1 {
            self.points += 2 * i32::from(sign.points);
            self.signs += usize::from(sign.points > 0);
            self.core |= sign.core;
        } else if sign.points > 0 {
            self.points += i32::from(sign.points);
        }
    }

    const fn suffices(&self, head: &Head, least: i32) -> bool {
        self.points >= 2 * least && self.signs >= head.signs && (self.core || !head.core)
    }
}
