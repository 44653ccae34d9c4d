//! Chooses the words by which phrases are looked for, when lists are compiled: see `anchors`; and those without which they
//! need not be compared: see `mask` and `needed`.

use crate::lists::ListsError;
use crate::lists::anchors::{Anchors, Use, unpack};
use crate::lists::mask::{Reach, Set, Weights};
use crate::lists::model::Rule;
use crate::lists::needed::Needed;
use crate::lists::pool::{Code, Piece, Pool};
use crate::lists::vocabulary::{Vocabulary, kind};
use std::collections::BTreeMap;

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

impl Needed {
    /// Chooses a step of each phrase besides its anchor: the one of which the words are rarest.
    pub(crate) fn new(pool: &Pool, vocabulary: &Vocabulary, anchors: &Anchors) -> Self {
        let words = |step| {
            let runs = pool.runs(step).map(|run| cheapest(vocabulary, pool.pieces(run)));
            let runs = runs.collect::<Option<Vec<_>>>()?;
            let price: usize = runs.iter().map(|(price, ..)| price).sum();
            Some((price, runs.into_iter().map(|(_, id, _)| id).collect::<Vec<u32>>()))
        };
        let steps: Vec<Option<(usize, Vec<u32>)>> = (0..pool.step_count()).map(words).collect();
        let price = |place: usize| steps.get(pool.step(place))?.as_ref().map(|(price, _)| *price);
        let mut anchored = vec![None; pool.phrase_count()];
        for (phrase, place) in anchors.phrases.iter().zip(&anchors.places) {
            anchored[*phrase as usize] = Some(pool.steps(*phrase).start + unpack(*place).0);
        }
        let mut chosen: BTreeMap<usize, u32> = BTreeMap::new();
        let phrases = (0..).zip(&anchored).map(|(phrase, anchor)| {
            let others = pool.steps(phrase).filter(|at| Some(*at) != *anchor);
            let best = others.filter_map(|at| Some((price(at)?, at))).min();
            // What nearly every sentence has dismisses little, and takes long to say.
            best.filter(|(price, _)| *price < 3 * COST_EVERYWHERE).map_or(0, |(_, at)| {
                let next = chosen.len();
                *chosen.entry(pool.step(at)).or_insert_with(|| u32::try_from(next).unwrap_or(u32::MAX)) + 1
            })
        });
        let phrases = phrases.collect();
        let of_step =
            |step: usize| steps.get(step).and_then(Option::as_ref).map_or(&[][..], |(_, words)| words);
        let mut pairs: Vec<(u32, u32)> = chosen
            .iter()
            .flat_map(|(step, number)| of_step(*step).iter().map(move |word| (*word, *number)))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let end = |word| u32::try_from(pairs.partition_point(|(id, _)| *id <= word)).unwrap_or(u32::MAX);
        let words = u32::try_from(vocabulary.len()).unwrap_or(u32::MAX);
        Self {
            phrases,
            count: u32::try_from(chosen.len()).unwrap_or(u32::MAX),
            ends: (0..words).map(end).collect(),
            steps: pairs.iter().map(|(_, step)| *step).collect(),
        }
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
