//! Phrases while lists are compiled, in five flat tables.
//!
//! Alternatives make phrases wide: the starter lists have tens of thousands of them. They have many steps in common, above
//! all those that lists name, so each step is stored once. What ships is made of this: see `pool`.

use crate::lists::ListsError;
use crate::lists::numbers::{Numbers, Spans};
use crate::lists::openers::Openers;
use crate::lists::pool::{Code, Codes, FIRST_OPEN, LAST_OPEN, Phrases, Pool};
use crate::lists::vocabulary::Vocabulary;
use std::collections::BTreeMap;
use std::ops::Range;

/// A piece of a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    /// A word.
    Word {
        /// Index in the list of words.
        id: u32,
        /// How much of a word it is.
        form: Form,
    },
    /// Up to three words of any kind.
    Gap,
}

/// How much of a word a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// All of it.
    Whole,
    /// Longer words that begin with it match too.
    Beginning,
    /// Longer words that end with it match too.
    Ending,
}

/// One of several runs of pieces; a run may be empty.
pub(crate) type Step = Vec<Vec<Piece>>;

/// Steps that follow each other.
pub(crate) type Phrase = Vec<Step>;

/// The tables. Runs, steps and phrases are where they end in the table before.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pieces: Vec<Piece>,
    runs: Vec<u32>,
    steps: Vec<u32>,
    /// Numbers of steps, in the order in which phrases have them.
    order: Vec<u32>,
    phrases: Vec<u32>,
    /// The steps that there are already, with their numbers.
    known: BTreeMap<Step, u32>,
}

impl Gathered {
    /// Stores phrases.
    pub(crate) fn add(&mut self, phrases: &[Phrase]) -> Phrases {
        let from = number(self.phrases.len());
        for phrase in phrases {
            for step in phrase {
                let step = match self.known.get(step) {
                    Some(step) => *step,
                    None => {
                        let added = self.add_step(step);
                        self.known.insert(step.clone(), added);
                        added
                    }
                };
                self.order.push(step);
            }
            self.phrases.push(number(self.order.len()));
        }
        Phrases::new(from, number(self.phrases.len()))
    }

    fn add_step(&mut self, step: &Step) -> u32 {
        for run in step {
            self.pieces.extend(run);
            self.runs.push(number(self.pieces.len()));
        }
        self.steps.push(number(self.runs.len()));
        number(self.steps.len() - 1)
    }

    /// Gives every word another number.
    pub(crate) fn renumber(&mut self, place: impl Fn(u32) -> u32) {
        for piece in &mut self.pieces {
            if let Piece::Word { id, .. } = piece {
                *id = place(*id);
            }
        }
    }

    /// The places of a phrase's steps.
    pub(crate) fn steps(&self, phrase: u32) -> Range<usize> {
        between(&self.phrases, phrase as usize)
    }

    /// The number of the step at a place. Several places may have the same.
    pub(crate) fn step(&self, place: usize) -> usize {
        self.order.get(place).map_or(self.steps.len(), |step| *step as usize)
    }

    /// How many different steps there are.
    pub(crate) const fn step_count(&self) -> usize {
        self.steps.len()
    }

    /// How many phrases there are.
    pub(crate) const fn phrase_count(&self) -> usize {
        self.phrases.len()
    }

    /// The runs of a step.
    pub(crate) fn runs(&self, step: usize) -> Range<usize> {
        between(&self.steps, step)
    }

    /// The pieces of a run.
    pub(crate) fn pieces(&self, run: usize) -> &[Piece] {
        self.pieces.get(between(&self.runs, run)).unwrap_or_default()
    }

    /// Every piece of every step.
    pub(crate) fn all(&self) -> &[Piece] {
        &self.pieces
    }
}

/// Lists that outgrow 32 bits would not fit in memory; the last number then makes them unsound.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The items between the end of the one before and the end of this one.
fn between(ends: &[u32], index: usize) -> Range<usize> {
    let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    start as usize..ends.get(index).copied().unwrap_or(start) as usize
}

/// Codes one directly after another.
fn together(codes: Vec<Code>) -> Codes {
    Codes(codes.into_iter().flat_map(|Code(code)| code).collect::<Vec<u8>>().into())
}

impl Pool {
    /// Puts phrases in order, once their words have the vocabulary's numbers. Of each step `before` says whether it ever
    /// stands before an anchor.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when they have a word that the vocabulary does not have, or too many.
    pub(crate) fn new(
        gathered: &Gathered,
        before: &[bool],
        vocabulary: &Vocabulary,
    ) -> Result<Self, ListsError> {
        let count = gathered.step_count();
        let one = |step: &usize| {
            gathered.runs(*step).all(|run| matches!(gathered.pieces(run), [Piece::Word { .. }]))
        };
        // Those of which more must be known come first.
        let (plain, ragged): (Vec<usize>, Vec<usize>) = (0..count).partition(one);
        let (led, others): (Vec<usize>, Vec<usize>) = ragged.into_iter().partition(|step| before[*step]);
        let ragged: Vec<usize> = led.iter().chain(&others).copied().collect();
        let order: Vec<usize> = ragged.iter().chain(&plain).copied().collect();
        let mut places = vec![0; count];
        order.iter().zip(0..).for_each(|(step, place)| places[*step] = place);
        let code = |piece: Option<&Piece>| match piece {
            None => Ok(Code::NONE),
            Some(Piece::Gap) => Ok(Code::GAP),
            Some(Piece::Word { id, form }) => vocabulary
                .piece(*id, *form)
                .ok_or_else(|| ListsError::Damaged("phrases have too many different words".to_owned())),
        };
        let codes = |pieces: &mut dyn Iterator<Item = Option<&Piece>>| {
            pieces.map(code).collect::<Result<Vec<Code>, _>>().map(together)
        };
        let runs = |steps: &[usize]| -> Vec<&[Piece]> {
            steps.iter().flat_map(|step| gathered.runs(*step)).map(|run| gathered.pieces(run)).collect()
        };
        let [all, ragged, led] = [&order, &ragged, &led].map(|steps| runs(steps));
        let open = |step: &usize| {
            let is = |piece: Option<&Piece>| !matches!(piece, Some(Piece::Word { .. }));
            let mut runs = gathered.runs(*step).map(|run| gathered.pieces(run));
            let first = if runs.clone().any(|run| is(run.first())) { FIRST_OPEN } else { 0 };
            first | if runs.any(|run| is(run.last())) { LAST_OPEN } else { 0 }
        };
        let in_order = (0..gathered.phrase_count()).map(|phrase| gathered.steps(number(phrase)));
        let steps = in_order.clone().flatten().map(|place| places.get(gathered.step(place)).copied());
        Ok(Self {
            firsts: codes(&mut all.iter().map(|run| run.first()))?,
            lasts: codes(&mut led.iter().map(|run| run.last()))?,
            rests: Spans::new(ragged.iter().map(|run| run.len().saturating_sub(1))),
            rest: codes(&mut ragged.iter().flat_map(|run| run.iter().skip(1)).map(Some))?,
            steps: Spans::new(order.iter().map(|step| gathered.runs(*step).len())),
            open: Numbers::new(&order.iter().map(open).collect::<Vec<u32>>()),
            order: Numbers::new(&steps.map(|step| step.unwrap_or(u32::MAX)).collect::<Vec<u32>>()),
            phrases: Spans::new(in_order.map(|steps| steps.len())),
        })
    }
}

impl Openers {
    /// The first words of these phrases, of so many words that there are.
    pub(crate) fn new(groups: impl Iterator<Item = Phrases>, pool: &Gathered, words: usize) -> Self {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let mut open: Vec<u32> = Vec::new();
        for phrase in groups.flat_map(Phrases::numbers) {
            let Some(first) = pool.steps(phrase).next() else { continue };
            let firsts = pool.runs(pool.step(first)).map(|run| match pool.pieces(run).first() {
                Some(Piece::Word { id, .. }) => Some((*id, phrase)),
                Some(Piece::Gap) | None => None,
            });
            match firsts.collect::<Option<Vec<_>>>() {
                Some(words) => pairs.extend(words),
                None => open.push(phrase),
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        open.sort_unstable();
        open.dedup();
        let mut lengths = vec![0; words];
        pairs.iter().for_each(|(word, _)| lengths[*word as usize] += 1);
        Self {
            words: Spans::new(lengths.into_iter()),
            phrases: Numbers::new(&pairs.iter().map(|(_, phrase)| *phrase).collect::<Vec<u32>>()),
            open: Numbers::new(&open),
        }
    }
}
