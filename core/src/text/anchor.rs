//! Chooses the words by which a phrase is looked for.
//!
//! Of every phrase one step is chosen that is cheap to look for: few alternatives, and none of them a word that is
//! everywhere, so that the phrase is compared seldom.

use super::run::Place;
use super::vocabulary::Vocabulary;
use crate::lists::{Code, ListsError, Piece, Pool, Rule};

/// Words of nearly every sentence.
const EVERYWHERE: &str = "\
    a about all am an and any are as at be because but by can cant do dont for from get go going had has \
    have he her him his how i if im in is it its just know like me my no not now of off on one or our out \
    she so some that the their them then there they this time to too u up ur us was we were what when where \
    who why will with would you your";

/// Words of many sentences on any subject.
const COMMON: &str = "\
    after again always another anyone anything away back bad bc been before being best better big boy boys \
    call called came cause come comes coming cos could dad day days did didnt does doesnt doing done down \
    each else even ever every everyone everything face feel feeling feels few find first friend friends game \
    gave getting girl girls give given gives giving gonna good got great guy guys hand happen hard hate head \
    hello help here hes home house id ill into isnt ive keep keeps kids kind last leave left let life little \
    live lol long look looking lot love made make makes making man many may maybe mean might more most much \
    mum mums must myself name need never new next nice night nobody nothing okay old only other over own \
    parents people person phone place play please pls pretty put real really right rn said same saw say \
    saying says school see seen send shes should show since someone something soon sorry start stay still \
    stop stuff such sure take talk talking tell than thank thanks thats theres theyre thing things think \
    thinking those thought three through till today told tomorrow tonight took tried true try trying turn \
    two under until use used using very wait walk wanna want wanted wants way week well went whats which \
    while whole without woman women wont word words work working world write wrong yeah year years yes yet \
    youre yourself";

/// What looking for a word costs, in rare words that could be looked for instead.
const COST_EVERYWHERE: usize = 60;
const COST_COMMON: usize = 6;
const COST_RARE: usize = 1;

/// What looking for each word of the vocabulary costs.
pub(super) struct Costs(Vec<usize>);

impl Costs {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let mut costs = vec![COST_RARE; vocabulary.len()];
        for (words, cost) in [(COMMON, COST_COMMON), (EVERYWHERE, COST_EVERYWHERE)] {
            let numbers = words.split_whitespace().filter_map(|word| vocabulary.number(word));
            for number in numbers {
                if let Some(known) = costs.get_mut(number as usize) {
                    *known = cost;
                }
            }
        }
        Self(costs)
    }

    /// The cheapest word of a run: its cost, its number and its place; `None` when the run has no word.
    fn cheapest(&self, run: &[Code]) -> Option<(usize, u32, usize)> {
        let words = run.iter().enumerate().filter_map(|(place, code)| match Piece::from(*code) {
            Piece::Word { id, .. } => Some((self.0.get(id as usize).copied()?, id, place)),
            Piece::Gap => None,
        });
        words.min_by_key(|(cost, _, _)| *cost)
    }

    /// What a step costs; `None` when it may be left out or is a gap, because then it cannot be looked for.
    fn step(&self, pool: &Pool, step: usize) -> Option<usize> {
        pool.runs(step).map(|run| self.cheapest(pool.pieces(run)).map(|(cost, _, _)| cost)).sum()
    }
}

/// One phrase of a rule, and where in it a word stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    pub(super) rule: usize,
    pub(super) place: Place,
}

/// For every word, the phrases that are looked for where it stands.
#[derive(Debug)]
pub(super) struct Anchors {
    /// Where the uses of each word begin; those of the last end with the last.
    starts: Vec<usize>,
    uses: Vec<Use>,
}

impl Anchors {
    /// Chooses the words of every phrase of the rules: one of each run of the step where that costs least.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when a phrase has no such step, so that it could never be found.
    pub(super) fn new(rules: &[Rule], pool: &Pool, vocabulary: &Vocabulary) -> Result<Self, ListsError> {
        let costs = Costs::new(vocabulary);
        // Phrases have many steps in common, so each is priced once.
        let prices: Vec<Option<usize>> = (0..pool.step_count()).map(|step| costs.step(pool, step)).collect();
        let price = |place: usize| prices.get(pool.step(place)).copied().flatten();
        let mut chosen: Vec<(u32, Use)> = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            for phrase in rule.any.numbers() {
                let priced = pool.steps(phrase).filter_map(|place| Some((price(place)?, place)));
                let (_, step) = priced.min().ok_or_else(|| {
                    ListsError::Damaged(format!("{} has a phrase without a certain word", rule.name))
                })?;
                chosen.extend(pool.runs(pool.step(step)).filter_map(|run| {
                    let (_, id, piece) = costs.cheapest(pool.pieces(run))?;
                    Some((id, Use { rule: index, place: Place { phrase, step, run, piece } }))
                }));
            }
        }
        // Stable: the uses of a word keep the order of the rules.
        chosen.sort_by_key(|(id, _)| *id);
        let mut starts = vec![0; vocabulary.len() + 1];
        for (id, _) in &chosen {
            starts[*id as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Ok(Self { starts, uses: chosen.into_iter().map(|(_, each)| each).collect() })
    }

    /// What a word leads to.
    pub(super) fn uses(&self, word: u32) -> &[Use] {
        let word = word as usize;
        let range = self.starts.get(word).zip(self.starts.get(word + 1));
        range.and_then(|(start, end)| self.uses.get(*start..*end)).unwrap_or_default()
    }
}
