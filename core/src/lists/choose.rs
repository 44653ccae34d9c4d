//! Chooses the words by which phrases are looked for, when lists are compiled: see `anchors`; and those without which they
//! need not be compared: see `mask` and `needed`.

use crate::lists::ListsError;
use crate::lists::anchors::{Anchors, Use, unpack};
use crate::lists::kind;
use crate::lists::mask::{Reach, Set, Weights};
use crate::lists::model::Rule;
use crate::lists::needed::Needed;
use crate::lists::pool::{Code, Phrases, Piece, Pool};
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
fn cheapest(vocabulary: &Vocabulary, run: &[u32]) -> Option<(usize, u32, usize)> {
    let words = run.iter().enumerate().filter_map(|(place, code)| match Piece::from(Code(*code)) {
        Piece::Word { id, .. } => Some((cost(vocabulary, id), id, place)),
        Piece::Gap => None,
    });
    words.min_by_key(|(cost, _, _)| *cost)
}

fn pack(step: usize, piece: usize) -> Option<u32> {
    let packed = u32::try_from(piece << 8 | step).ok()?;
    (unpack(packed) == (step, piece)).then_some(packed)
}

impl Anchors {
    /// Chooses the words of every phrase of the rules: one of each run of the step where that costs least.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when a phrase has no such step, so that it could never be found.
    pub(crate) fn new(rules: &[Rule], pool: &Pool, vocabulary: &Vocabulary) -> Result<Self, ListsError> {
        // What a step costs; `None` when it may be left out or is a gap, because then it cannot be looked for.
        // Phrases have many steps in common, so each is priced once.
        let priced = |step| pool.runs(step).map(|run| Some(cheapest(vocabulary, pool.pieces(run))?.0)).sum();
        let prices: Vec<Option<usize>> = (0..pool.step_count()).map(priced).collect();
        let price = |place: usize| prices.get(pool.step(place)).copied().flatten();
        let mut chosen: Vec<(u32, u32, u32, u32)> = Vec::new();
        for phrase in rules.iter().flat_map(|rule| rule.any.numbers()) {
            let never = || ListsError::Damaged("a phrase has no certain word".to_owned());
            let steps = pool.steps(phrase);
            let (_, step) = steps.clone().filter_map(|at| Some((price(at)?, at))).min().ok_or_else(never)?;
            for (number, run) in (0..).zip(pool.runs(pool.step(step))) {
                let Some((_, id, piece)) = cheapest(vocabulary, pool.pieces(run)) else { continue };
                let place = pack(step - steps.start, piece).ok_or_else(never)?;
                chosen.push((id, phrase, number, place));
            }
        }
        // Stable: the uses of a word keep the order of the rules.
        chosen.sort_by_key(|(id, ..)| *id);
        let mut ends = vec![0_u32; vocabulary.len()];
        chosen.iter().for_each(|(id, ..)| ends[*id as usize] += 1);
        let mut sum = 0;
        ends.iter_mut().for_each(|end| {
            sum += *end;
            *end = sum;
        });
        let phrases = chosen.iter().map(|(_, phrase, ..)| *phrase).collect();
        let runs = chosen.iter().map(|(_, _, run, _)| *run).collect();
        let places = chosen.iter().map(|(.., place)| *place).collect();
        let mut anchors = Self { ends, phrases, runs, places, beside: Vec::new() };
        let weights = Weights::new(vocabulary);
        let beside = |index| {
            let place = anchors
                .get(pool, index)
                .ok_or_else(|| ListsError::Damaged("an anchor is nowhere".to_owned()))?;
            let [before, after] = [true, false].map(|back| beside(pool, vocabulary, &place, back));
            let elsewhere = elsewhere(pool, vocabulary, &place);
            Ok::<_, ListsError>(Set::best(before, after, &elsewhere, &weights))
        };
        let beside: Vec<[u64; 2]> = (0..anchors.phrases.len()).map(beside).collect::<Result<_, _>>()?;
        anchors.beside = beside.concat();
        Ok(anchors)
    }
}

/// How often words are looked for in vain: how much of ordinary text each is.
const SHARE_EVERYWHERE: usize = 600;
const SHARE_COMMON: usize = 80;
const SHARE_RARE: usize = 1;
/// What nearly every sentence has dismisses little, and takes long to say.
const MOST_SHARE: usize = 6 * SHARE_EVERYWHERE;

/// Words of which a sentence must have one, and how much of ordinary text they are together.
type Wanted = (usize, Vec<u32>);

/// What a step cannot do without: of each run the rarest word. `None` when a run has no word, or one is everywhere.
fn wanted(pool: &Pool, vocabulary: &Vocabulary, step: usize) -> Option<Wanted> {
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
    /// to: those of another step, or those of the phrases that the rule wants beside it. And the latter for each group.
    pub(crate) fn new(
        rules: &[Rule],
        near: &[Phrases],
        pool: &Pool,
        vocabulary: &Vocabulary,
        anchors: &Anchors,
    ) -> Self {
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
        for (phrase, place) in anchors.phrases.iter().zip(&anchors.places) {
            anchored[*phrase as usize] = Some(pool.steps(*phrase).start + unpack(*place).0);
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
        let phrases = phrases.into_iter().map(number).collect();
        let [near, with] =
            [&groups, &with].map(|all| all.iter().map(|wanted| number(wanted.as_ref())).collect());
        let each = sets.iter().flat_map(|((_, words), set)| words.iter().map(move |word| (*word, *set)));
        Self::keep([phrases, near, with], sets.len(), vocabulary.len(), each.collect())
    }
}

/// The words of which one must stand next to a use on one side of it; `None` when the phrase ends there.
fn beside(pool: &Pool, vocabulary: &Vocabulary, place: &Use, back: bool) -> Option<Set> {
    let mut words = Vec::new();
    let mut reach = Reach::Beside;
    let mut first = |run: &mut dyn Iterator<Item = &u32>| {
        for code in run {
            match Piece::from(Code(*code)) {
                Piece::Gap => reach = Reach::Across,
                Piece::Word { id, .. } => {
                    words.push(id);
                    return true;
                }
            }
        }
        false
    };
    let steps = pool.steps(place.phrase);
    let run = pool.pieces(place.run);
    let (mut rest, mut others): (Box<dyn Iterator<Item = &u32>>, Box<dyn Iterator<Item = usize>>) = if back {
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
fn elsewhere(pool: &Pool, vocabulary: &Vocabulary, place: &Use) -> Vec<Set> {
    let steps = pool.steps(place.phrase).filter(|at| *at != place.step);
    let words = steps.filter_map(|at| {
        let runs = pool.runs(pool.step(at));
        let words = runs.map(|run| Some(cheapest(vocabulary, pool.pieces(run))?.1));
        words.collect::<Option<Vec<u32>>>()
    });
    words.map(|words| Set::new(vocabulary, words, Reach::Anywhere)).collect()
}
