//! The small linear model: what only becomes plain when several signs stand together.
//!
//! A rule needs one sentence that says it. Many people never write that sentence: a long post about not eating names
//! calories, guilt, a scale and a relapse, each of them ordinary. The model adds up points for such signs over a passage,
//! takes points away for schoolwork, fiction and news, and reports the passage when they suffice. The points are in
//! `core/model/*.toml`, written by people; `source` compiles them, `weights` is the compiled form, `table` finds their
//! words in a text, `tally` adds up, and this file makes a finding that names the signs.
//!
//! Whole numbers only, so that every platform gives the same answer. The model never finds anything graver than high,
//! and it stays silent where a rule has already said the same.

mod table;
mod tally;
mod weights;

#[cfg(test)]
#[cfg(feature = "sources")]
mod source;
#[cfg(test)]
#[cfg(feature = "sources")]
mod tests;

use crate::answer::Finding;
use crate::lists::{Known, ListsError, Vocabulary};
use crate::taxonomy::{Severity, Surface};
use crate::text::excerpt;
use crate::text::fold::Folded;
use std::ops::Range;
pub(crate) use table::Signs;
use table::Table;
use tally::Passage;
use weights::{Head, Weights};

/// Compiled by the build script from `core/model/`.
const SHIPPED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/model.bin"));

/// Fewest words that may be a passage.
const FEWEST: usize = 6;
/// How many signs and how many words a reason names: enough to understand it, few enough to read.
const NAMED: usize = 6;

/// The heads, ready to read texts.
#[derive(Debug)]
pub(crate) struct Model {
    weights: Weights,
    table: Table,
}

impl Model {
    /// The model that ships with Lapwing.
    ///
    /// # Errors
    /// [`ListsError::Damaged`], which a test rules out.
    pub(crate) fn shipped() -> Result<Self, ListsError> {
        Self::from_bytes(SHIPPED)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ListsError> {
        let weights = Weights::from_bytes(bytes)?;
        let table = Table::new(&weights);
        Ok(Self { weights, table })
    }

    /// Learns the numbers that its words have in a vocabulary.
    pub(crate) fn meet(&mut self, vocabulary: &Vocabulary) {
        self.table.meet(vocabulary);
    }

    /// Which of its words a word is, of which `known` is what the vocabulary that it has met says.
    pub(crate) fn sign(&self, known: Known, word: &str) -> u16 {
        self.table.number(known, word)
    }

    /// Adds what several signs together say and no rule has said. `known` is what the vocabulary that it has met says of
    /// the words, and `signs` empty tables.
    #[inline(never)]
    pub(crate) fn add(
        &self,
        text: &str,
        folded: &Folded,
        known: &[Known],
        surface: Surface,
        signs: &mut Signs,
        findings: &mut Vec<Finding>,
    ) {
        if folded.tokens.len() < FEWEST {
            return;
        }
        self.table.read(folded, known, surface, signs);
        let hits = &signs.hits;
        if hits.points.is_empty() {
            return;
        }
        let most = tally::most(&self.weights, hits);
        for ((number, head), most) in (0..).zip(&self.weights.heads).zip(most) {
            if most < 2 * head.points {
                continue;
            }
            let said = |finding: &Finding| {
                finding.severity >= Severity::Medium
                    && (finding.category == head.category || head.also.contains(&finding.category))
            };
            if !head.surfaces.contains(&surface) || findings.iter().any(said) {
                continue;
            }
            if let Some(passage) = tally::strongest(&self.weights, number, surface, hits) {
                findings.push(self.finding(text, folded, surface, head, &passage));
            }
        }
    }

    /// Every word that it looks for.
    #[cfg(test)]
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.weights.words.split_terminator(' ')
    }

    fn finding(
        &self,
        text: &str,
        folded: &Folded,
        surface: Surface,
        head: &Head,
        passage: &Passage,
    ) -> Finding {
        let (sentence, span) = self.place(folded, passage);
        let sentence = folded.sentences.get(sentence).cloned().unwrap_or(0..text.len());
        let says: Vec<&str> = passage
            .signs
            .iter()
            .filter_map(|sign| self.weights.signs.get(*sign as usize))
            .map(|sign| sign.says.as_str())
            .take(NAMED)
            .collect();
        let words: Vec<String> =
            passage.terms.iter().take(NAMED).map(|term| format!("“{}”", self.table.words(*term))).collect();
        Finding {
            category: head.category,
            severity: head.severity,
            stage: head.stage,
            surface,
            rule: format!("model.{}", head.id),
            why: head.why.clone(),
            excerpt: excerpt::cut(text, &sentence, &span),
            span,
            context: vec![
                format!("Signs together: {}.", says.join(", ")),
                format!("Words: {}.", words.join(", ")),
            ],
        }
    }

    /// The sentence of the passage that says most, and from its first sign to its last.
    fn place(&self, folded: &Folded, passage: &Passage) -> (usize, Range<usize>) {
        let mut best = (0, 0, 0..0);
        for hit in &passage.hits {
            let Some(first) = folded.tokens.get(hit.token) else { continue };
            let mut points = 0;
            let mut span = first.origin.clone();
            let same =
                |token: usize| folded.tokens.get(token).filter(|token| token.sentence == first.sentence);
            for other in &passage.hits {
                let Some(token) = same(other.token) else { continue };
                let last = same(other.token + self.table.length(other.term).saturating_sub(1));
                points += i32::from(self.weights.points(other.term));
                span.start = span.start.min(token.origin.start);
                span.end = span.end.max(last.unwrap_or(token).origin.end);
            }
            if points > best.0 {
                best = (points, first.sentence, span);
            }
        }
        (best.1, best.2)
    }
}
