//! Chooses the words by which phrases are looked for, when lists are compiled: see `anchors`.

use crate::lists::ListsError;
use crate::lists::anchors::{Anchors, unpack};
use crate::lists::edges::Edges;
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
    pub(crate) fn new(
        rules: &[Rule],
        pool: &Pool,
        edges: &Edges,
        vocabulary: &Vocabulary,
    ) -> Result<Self, ListsError> {
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
            for run in pool.runs(pool.step(step)) {
                let Some((_, id, piece)) = cheapest(vocabulary, pool.pieces(run)) else { continue };
                let place = pack(step - steps.start, piece).ok_or_else(never)?;
                chosen.push((id, phrase, u32::try_from(run).map_err(|_| never())?, place));
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
        let beside = |index| {
            let place = anchors
                .get(pool, index)
                .ok_or_else(|| ListsError::Damaged("an anchor is nowhere".to_owned()))?;
            let (before, after) = edges.beside(pool, &place);
            Ok::<_, ListsError>((before.0, after.0))
        };
        let beside: Vec<(u32, u32)> = (0..anchors.phrases.len()).map(beside).collect::<Result<_, _>>()?;
        (anchors.before, anchors.after) = beside.into_iter().unzip();
        Ok(anchors)
    }
}
