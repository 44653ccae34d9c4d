//! The compiled form of the lists: what ships, and what the matcher is built from.
//!
//! Words are folded already and stored once; phrases refer to them by number. Nothing here is written by hand.

use crate::lists::ListsError;
use crate::lists::lexicon::Lexicon;
use crate::lists::pool::{Phrases, Pool};
use crate::site::Entry;
use crate::taxonomy::{Category, Severity, Stage, Surface};
use serde::{Deserialize, Serialize};

/// First bytes of the compiled form; the last one is its version.
const MAGIC: &[u8] = b"LWL\x02";

/// Everything, as postcard writes it after [`MAGIC`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Compiled {
    pub(crate) version: String,
    /// Each word of any phrase, once, folded.
    pub(crate) words: Lexicon,
    /// The phrases of all rules and cues.
    pub(crate) pool: Pool,
    pub(crate) rules: Vec<Rule>,
    pub(crate) cues: Vec<Cue>,
    pub(crate) sites: Vec<SiteRule>,
    /// What site lists say of themselves.
    pub(crate) reasons: Vec<String>,
    pub(crate) never_read: Vec<Entry>,
}

/// A phrase rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    /// `category.id`.
    pub(crate) name: String,
    pub(crate) category: Category,
    pub(crate) severity: Severity,
    pub(crate) stage: Option<Stage>,
    /// Where it applies.
    pub(crate) surfaces: Vec<Surface>,
    /// First and last year group; none when it applies to everybody.
    pub(crate) years: Option<(u8, u8)>,
    /// Any of these makes it match,
    pub(crate) any: Phrases,
    /// if one of these is in the same sentence (when there are any),
    pub(crate) with: Phrases,
    /// and none of these is.
    pub(crate) unless: Phrases,
    pub(crate) why: String,
}

/// Something in a sentence that changes how a match in it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cue {
    pub(crate) id: String,
    pub(crate) effect: Effect,
    pub(crate) place: Place,
    /// Categories where the cue only leaves a note and never lowers.
    pub(crate) note_only: Vec<Category>,
    pub(crate) any: Phrases,
    /// What to say; `{cue}` stands for the words that were found.
    pub(crate) why: String,
}

/// What a cue does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// Lowers the severity by one step.
    Lower,
    /// Is written beside the finding.
    Note,
}

/// Where a cue must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// Anywhere in the sentence outside the match.
    Sentence,
    /// Directly before the match, or at its very beginning.
    Before,
}

/// One line of a site list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SiteRule {
    pub(crate) entry: Entry,
    pub(crate) category: Category,
    /// Takes the category away instead of giving it.
    pub(crate) exception: bool,
    /// Index in [`Compiled::reasons`].
    pub(crate) why: u32,
}

impl Compiled {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, ListsError> {
        let damaged = |detail: &str| ListsError::Damaged(detail.to_owned());
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("not lists of this version"))?;
        let (compiled, rest) = postcard::take_from_bytes::<Self>(body)
            .map_err(|error| ListsError::Damaged(error.to_string()))?;
        if !rest.is_empty() {
            return Err(damaged("more bytes than lists"));
        }
        if !compiled.is_sound() {
            return Err(damaged("a rule refers to something that is not there"));
        }
        Ok(compiled)
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, ListsError> {
        let body = postcard::to_allocvec(self).map_err(|error| ListsError::Damaged(error.to_string()))?;
        Ok([MAGIC, &body].concat())
    }

    fn is_sound(&self) -> bool {
        let rules = self.rules.iter().flat_map(|rule| [rule.any, rule.with, rule.unless]);
        self.words.is_sound()
            && self.pool.is_sound(self.words.len())
            && rules.chain(self.cues.iter().map(|cue| cue.any)).all(|phrases| self.pool.has(phrases))
            && self.sites.iter().all(|site| (site.why as usize) < self.reasons.len())
    }
}
