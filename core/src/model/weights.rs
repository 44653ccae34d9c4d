//! The compiled form of `core/model/`: heads, signs and the words that stand for them.
//!
//! Words are folded and stored once, in order, in one string; terms refer to them by number and lie in the order of their
//! first words, the longest first. Nothing here is written by hand.

use crate::lists::ListsError;
use crate::taxonomy::{Category, Severity, Stage, Surface};
use serde::{Deserialize, Serialize};

/// First bytes of the compiled form; the last one is its version.
const MAGIC: &[u8] = b"LWM\x01";
/// Most words in a term.
pub(crate) const LONGEST: usize = 5;
/// Most different words.
const MOST_WORDS: usize = 4096;

/// Everything, as postcard writes it after [`MAGIC`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Weights {
    pub(crate) heads: Vec<Head>,
    pub(crate) signs: Vec<Sign>,
    /// The words of all terms, each once and in order, a space after each.
    pub(crate) words: String,
    pub(crate) terms: Vec<Term>,
    /// The words of the terms by number, term after term.
    pub(crate) spelling: Vec<u16>,
    /// The words of a writer's own voice, by number, in order.
    pub(crate) own: Vec<u16>,
}

/// What the model looks for under one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The stable part of the finding's name: `suicide` of `model.suicide`.
    pub(crate) id: String,
    pub(crate) category: Category,
    /// Categories of which a finding says the same, so that this head is not asked.
    pub(crate) also: Vec<Category>,
    pub(crate) severity: Severity,
    pub(crate) stage: Option<Stage>,
    pub(crate) surfaces: Vec<Surface>,
    /// Points that a passage must have,
    pub(crate) points: i32,
    /// or must have in a document, where schoolwork is written and a text is long,
    pub(crate) document: i32,
    /// different signs that must speak for it, one of them a core sign if there are any,
    pub(crate) signs: usize,
    /// and words of the writer's own voice.
    pub(crate) own: usize,
    /// Whether it has core signs.
    pub(crate) core: bool,
    pub(crate) why: String,
}

/// A kind of sign, with its points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sign {
    /// The head that it belongs to; none when it speaks against every head.
    pub(crate) head: Option<usize>,
    pub(crate) points: i8,
    /// Without one of these the others mean little: everybody eats, not everybody purges.
    pub(crate) core: bool,
    /// What it is, in plain words, for a reason.
    pub(crate) says: String,
}

/// One to five words that stand for a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Term {
    pub(crate) sign: u16,
    /// How many of [`Weights::spelling`] are its words.
    pub(crate) length: u8,
}

impl Weights {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, ListsError> {
        let damaged = |detail: &str| ListsError::Damaged(detail.to_owned());
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("not a model of this version"))?;
        let weights: Self =
            postcard::from_bytes(body).map_err(|error| ListsError::Damaged(error.to_string()))?;
        if !weights.is_sound() {
            return Err(damaged("a term of the model refers to something that is not there"));
        }
        Ok(weights)
    }

    #[allow(dead_code, reason = "only the build script and tests write a model")]
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, ListsError> {
        let body = postcard::to_allocvec(self).map_err(|error| ListsError::Damaged(error.to_string()))?;
        Ok([MAGIC, &body].concat())
    }

    /// The points of a term.
    pub(crate) fn points(&self, term: u16) -> i8 {
        let sign = self.terms.get(usize::from(term)).and_then(|term| self.signs.get(usize::from(term.sign)));
        sign.map_or(0, |sign| sign.points)
    }

    fn is_sound(&self) -> bool {
        let words = self.words.split_terminator(' ').count();
        let letters: usize = self.terms.iter().map(|term| usize::from(term.length)).sum();
        self.terms.len() < usize::from(u16::MAX)
            // The table that words are looked for in has twice as many places.
            && words <= MOST_WORDS
            && letters == self.spelling.len()
            && self.terms.iter().all(|term| {
                (1..=LONGEST).contains(&usize::from(term.length)) && usize::from(term.sign) < self.signs.len()
            })
            && self.spelling.iter().chain(&self.own).all(|word| usize::from(*word) < words)
            && self.signs.iter().all(|sign| sign.head.is_none_or(|head| head < self.heads.len()))
    }
}
