//! Chooses the words by which phrases are looked for, when lists are compiled: see `anchors`; and those without which they
//! need not be compared: see `mask` and `needed`.

use crate::lists::ListsError;
use crate::lists::anchors::{Anchors, Use, unpack};
use crate::lists::gathered::{Gathered, Piece};
use crate::lists::kind;
use crate::lists::mask::{Reach, Set, Weights};
use crate::lists::model::Rule;
use crate::lists::needed::Needed;
use crate::lists::numbers::{Numbers, Spans};
use crate::lists::pool::Phrases;
use crate::lists::vocabulary::Vocabulary;
use std::collections::{BTreeMap, BTreeSet};

/// What looking for a word costs, in rare words that could be looked for instead.
const COST_EVERYWHERE: usize = 60;
const COST_COMMON: usize = 6;
const COST_RARE: usize = 1;

fn cost(vocabulary: &Vocabulary, id: u32) -> usize {
    match vocabulary.kinds(id) {
        kinds if kinds & kind::EVERYWHERE != 0 => COST_EVERYWHERE,
        kinds if kinds & kind::COMMON != 0 => COST_COMMON,
        _ => COST_RARE,
    }
}

/// The cheapest word of a run: its cost, its number and its place; `None` when the run has no word.
fn cheapest(vocabulary: &Vocabulary, run: &[Piece]) -> Option<(usize, u32, usize)> {
    let words = run.iter().enumerate().filter_map(|(place, piece)| match piece {
        Piece::Word { id, .. } => Some((cost(vocabulary, *id), *id, place)),
        Piece::Gap => None,
    });
    words.min_by_key(|(cost, _, _)| *cost)
}

/// What is chosen of a phrase: the word, the phrase, the number of the run, and in the phrase the step and in the run the piece.
type Chosen = (u32, u32, u32, (usize, usize));

/// Pairs of sets that two bytes can name.
const MOST_PAIRS: usize = u16::MAX as usize;

impl Anchors {
    /// Chooses the words of every phrase of the rules: one of each run of the step where that costs least.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when a phrase has no such step, so that it could never be found.
    pub(crate) fn new(rules: &[Rule], pool: &Gathered, vocabulary: &Vocabulary) -> Result<Self, ListsError> {
        // What a step costs; `None` when it may be left out or is a gap, because then it cannot be looked for.
        // Phrases have many steps in common, so each is priced once.
        let priced = |step| pool.runs(step).map(|run| Some(cheapest(vocabulary, pool.pieces(run))?.0)).sum();
        let prices: Vec<Option<usize>> = (0..pool.step_count()).map(priced).collect();
        let price = |place: usize| prices.get(pool.step(place)).copied().flatten();
        let mut chosen: Vec<Chosen> = Vec::new();
        for phrase in rules.iter().flat_map(|rule| rule.any.numbers()) {
            let never = || ListsError::Damaged("a phrase has no certain word".to_owned());
            let steps = pool.steps(phrase);
            let (_, step) = steps.clone().filter_map(|at| Some((price(at)?, at))).min().ok_or_else(never)?;
            for (number, run) in (0..).zip(pool.runs(pool.step(step))) {
                let Some((_, id, piece)) = cheapest(vocabulary, pool.pieces(run)) else { continue };
                chosen.push((id, phrase, number, (step - steps.start, piece)));
            }
        }
        // Stable: the uses of a word keep the order of the rules.
        chosen.sort_by_key(|(id, ..)| *id);
        let mut lengths = vec![0; vocabulary.len()];
        chosen.iter().for_each(|(id, ..)| lengths[*id as usize] += 1);
        let most = chosen.iter().map(|(.., (step, _))| step + 1).max().unwrap_or_default();
        let table = |of: &dyn Fn(&Chosen) -> usize| {
            let of = |chosen: &Chosen| u32::try_from(of(chosen)).unwrap_or(u32::MAX);
            Numbers::new(&chosen.iter().map(of).collect::<Vec<u32>>())
        };
        let weights = Weights::new(vocabulary);
        let sets = |(_, phrase, run, (step, piece)): &Chosen| {
            let step = pool.steps(*phrase).start + step;
            let run = pool.runs(pool.step(step)).start + *run as usize;
            let place = Use { phrase: *phrase, step, run, piece: *piece };
            let [before, after] = [true, false].map(|back| beside(pool, vocabulary, &place, back));
            Set::best(before, after, &elsewhere(pool, vocabulary, &place), &weights)
        };
        let beside: Vec<[u64; 2]> = chosen.iter().map(sets).collect();
        let pairs: BTreeSet<[u64; 2]> = beside.iter().copied().collect();
        // What cannot be named is not left out.
        let pairs: BTreeMap<[u64; 2], u16> = pairs.into_iter().take(MOST_PAIRS).zip(0..).collect();
        let pair = |sets: &[u64; 2]| pairs.get(sets).copied().unwrap_or(u16::MAX).to_le_bytes();
        Ok(Self {
            uses: Spans::new(lengths.into_iter()),
            phrases: table(&|(_, phrase, ..)| *phrase as usize),
            runs: table(&|(_, _, run, _)| *run as usize),
            places: table(&|(.., (step, piece))| piece * most + step),
            most: u32::try_from(most).unwrap_or(u32::MAX),
            beside: beside.iter().flat_map(pair).collect::<Vec<u8>>().into(),
            pairs: pairs.keys().flatten().flat_map(|set| set.to_le_bytes()).collect::<Vec<u8>>().into(),
        })
    }
}

impl Anchors {
    /// Of each step whether it ever stands before an anchor.
    pub(crate) fn behind(&self, pool: &Gathered) -> Vec<bool> {
        let mut behind = vec![false; pool.step_count()];
        for (phrase, place) in self.phrases.iter().zip(self.places.iter()) {
            let steps = pool.steps(phrase);
            let anchor = steps.start + unpack(place, self.most).0;
            (steps.start..anchor).for_each(|before| behind[pool.step(before)] = true);
        }
        behind
    }
}

/// How often words are looked for in vain: how much of ordinary text each is.
const SHARE_EVERYWHERE: usize = 600;
const SHARE_COMMON: usize = 80;
const SHARE_RARE: usize = 1;
/// What nearly every sentence has dismisses little, and takes long to say. Far more than that is worth asking for: with a tenth
/// of it a twentieth more phrases were compared for rules that then had not what they want beside them.
const MOST_SHARE: usize = 60 * SHARE_EVERYWHERE;

/// Words of which a sentence must have one, and how much of ordinary text they are together.
type Wanted = (usize, Vec<u32>);

/// What a step cannot do without: of each run the rarest word. `None` when a run has no word, or one is everywhere.
fn wanted(pool: &Gathered, vocabulary: &Vocabulary, step: usize) -> Option<Wanted> {
    let runs = pool.runs(step).map(|run| cheapest(vocabulary, pool.pieces(run)));
    let words = runs.map(|word| word.map(|(_, id, _)| id)).collect::<Option<Vec<u32>>>()?;
    Some(weighed(vocabulary, words)).filter(|(share, _)| *share < MOST_SHARE)
}

fn weighed(vocabulary: &Vocabulary, mut words: Vec<u32>) -> Wanted {
    words.sort_unstable();
    words.dedup();
    let share = |id: &u32| match vocabulary.kinds(*id) {
        kinds if kinds & kind::EVERYWHERE != 0 => SHARE_EVERYWHERE,
        kinds if kinds & kind::COMMON != 0 => SHARE_COMMON,
        _ => SHARE_RARE,
    };
    (words.iter().map(share).sum(), words)
}

/// Sets of words, each once: those with the most ordinary words first, so that the sets of such a word stand together.
fn numbered<'a>(wanted: impl Iterator<Item = &'a Wanted>) -> BTreeMap<&'a Wanted, u32> {
    let sets: BTreeSet<&Wanted> = wanted.collect();
    sets.into_iter().rev().zip(0..).collect()
}

impl Needed {
    /// Chooses for each phrase of a rule, besides its anchor, the words of which a sentence must have one and is least likely
    /// to: those of another step, or those of the phrases that the rule wants beside it. And the latter for each group. `None`
    /// when there are too many of them.
    pub(crate) fn new(
        rules: &[Rule],
        near: &[Phrases],
        pool: &Gathered,
        vocabulary: &Vocabulary,
        anchors: &Anchors,
    ) -> Option<Self> {
        let steps: Vec<Option<Wanted>> =
            (0..pool.step_count()).map(|step| wanted(pool, vocabulary, step)).collect();
        let at = |place: usize| steps.get(pool.step(place)).and_then(Option::as_ref);
        let least = |places: &mut dyn Iterator<Item = usize>| places.filter_map(at).min();
        // Of a group one phrase must be there, so one of the words that its phrases cannot do without.
        let of_group = |group: Phrases| {
            let each = group.numbers().map(|phrase| least(&mut pool.steps(phrase)));
            let words = each.collect::<Option<Vec<_>>>()?.into_iter().flat_map(|(_, words)| words.clone());
            let wanted = weighed(vocabulary, words.collect());
            Some(wanted).filter(|(share, _)| !group.is_empty() && *share < MOST_SHARE)
        };
        let groups: Vec<Option<Wanted>> = near.iter().map(|group| of_group(*group)).collect();
        let with: Vec<Option<Wanted>> = rules.iter().map(|rule| of_group(rule.with)).collect();
        let mut anchored = vec![None; pool.phrase_count()];
        for (phrase, place) in anchors.phrases.iter().zip(anchors.places.iter()) {
            anchored[phrase as usize] = Some(pool.steps(phrase).start + unpack(place, anchors.most).0);
        }
        let mut phrases: Vec<Option<&Wanted>> = vec![None; pool.phrase_count()];
        for (rule, with) in rules.iter().zip(&with) {
            let near = groups.get(rule.near.0 as usize..rule.near.1 as usize).unwrap_or_default();
            let beside = near.iter().chain([with]).filter_map(Option::as_ref).min();
            for phrase in rule.any.numbers() {
                let anchor = anchored[phrase as usize];
                let others = least(&mut pool.steps(phrase).filter(|at| Some(*at) != anchor));
                phrases[phrase as usize] = others.into_iter().chain(beside).min();
            }
        }
        let sets = numbered(groups.iter().chain(&with).flatten().chain(phrases.iter().copied().flatten()));
        let number =
            |wanted: Option<&Wanted>| wanted.and_then(|wanted| sets.get(wanted)).map_or(0, |set| set + 1);
        let phrases: Vec<u32> = phrases.into_iter().map(number).collect();
        let uses =
            anchors.phrases.iter().map(|phrase| phrases.get(phrase as usize).copied().unwrap_or_default());
        let [near, with] =
            [&groups, &with].map(|all| all.iter().map(|wanted| number(wanted.as_ref())).collect());
        let each = sets.iter().flat_map(|((_, words), set)| words.iter().map(move |word| (*word, *set)));
        Self::keep([uses.collect(), near, with], sets.len(), vocabulary.len(), each.collect())
    }
}

/// The words of which one must stand next to a use on one side of it; `None` when the phrase ends there.
fn beside(pool: &Gathered, vocabulary: &Vocabulary, place: &Use, back: bool) -> Option<Set> {
    let mut words = Vec::new();
    let mut reach = Reach::Beside;
    let mut first = |run: &mut dyn Iterator<Item = &Piece>| {
        for piece in run {
            match piece {
                Piece::Gap => reach = Reach::Across,
                Piece::Word { id, .. } => {
                    words.push(*id);
                    return true;
                }
            }
        }
        false
    };
    let steps = pool.steps(place.phrase);
    let run = pool.pieces(place.run);
    let (mut rest, mut others): (Box<dyn Iterator<Item = &Piece>>, Box<dyn Iterator<Item = usize>>) = if back
    {
        let before = run.get(..place.piece).unwrap_or_default();
        (Box::new(before.iter().rev()), Box::new((steps.start..place.step).rev()))
    } else {
        let after = run.get(place.piece + 1..).unwrap_or_default();
        (Box::new(after.iter()), Box::new(place.step + 1..steps.end))
    };
    let mut closed = first(&mut *rest);
    while !closed {
        closed = true;
        // What may be left out leads on to the next step.
        for run in pool.runs(pool.step(others.next()?)) {
            let pieces = pool.pieces(run).iter();
            closed &= if back { first(&mut pieces.rev()) } else { first(&mut { pieces }) };
        }
    }
    Some(Set::new(vocabulary, words, reach))
}

/// For each other step that must be there, the words of which one must stand somewhere: of each run the least common.
fn elsewhere(pool: &Gathered, vocabulary: &Vocabulary, place: &Use) -> Vec<Set> {
    let steps = pool.steps(place.phrase).filter(|at| *at != place.step);
    let words = steps.filter_map(|at| {
        let runs = pool.runs(pool.step(at));
        let words = runs.map(|run| Some(cheapest(vocabulary, pool.pieces(run))?.1));
        words.collect::<Option<Vec<u32>>>()
    });
    words.map(|words| Set::new(vocabulary, words, Reach::Anywhere)).collect()
}
