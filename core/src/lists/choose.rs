//! Chooses the words by which phrases are looked for, when lists are compiled: see `anchors`.

use crate::lists::ListsError;
use crate::lists::anchors::{Anchors, Use, unpack};
use crate::lists::mask::{Reach, Set, Weights};
use crate::lists::model::Rule;
use crate::lists::pool::{Code, Piece, Pool};
use crate::lists::vocabulary::{Vocabulary, kind};

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
        let mut anchors = Self { ends, phrases, runs, places, before: Vec::new(), after: Vec::new() };
        let weights = Weights::new(vocabulary);
        let beside = |index| {
            let place = anchors
                .get(pool, index)
                .ok_or_else(|| ListsError::Damaged("an anchor is nowhere".to_owned()))?;
            let [before, after] = [true, false].map(|back| beside(pool, &place, back));
            let elsewhere = elsewhere(pool, vocabulary, &place);
            Ok::<_, ListsError>(Set::best(before, after, &elsewhere, &weights))
        };
        let beside: Vec<(u32, u32)> = (0..anchors.phrases.len()).map(beside).collect::<Result<_, _>>()?;
        (anchors.before, anchors.after) = beside.into_iter().unzip();
        Ok(anchors)
    }
}

/// The words of which one must stand next to a use on one side of it; `None` when the phrase ends there.
fn beside(pool: &Pool, place: &Use, back: bool) -> Option<Set> {
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
    Some(Set::new(words, reach))
}

/// For each other step that must be there, the words of which one must stand somewhere: of each run the least common.
fn elsewhere(pool: &Pool, vocabulary: &Vocabulary, place: &Use) -> Vec<Set> {
    let steps = pool.steps(place.phrase).filter(|at| *at != place.step);
    let words = steps.filter_map(|at| {
        let runs = pool.runs(pool.step(at));
        let words = runs.map(|run| Some(cheapest(vocabulary, pool.pieces(run))?.1));
        words.collect::<Option<Vec<u32>>>()
    });
    words.map(|words| Set::new(words, Reach::Anywhere)).collect()
}
