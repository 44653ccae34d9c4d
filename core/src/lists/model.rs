//! The compiled form of the lists: what ships, and what the matcher is built from.
//!
//! Words are folded already and stored once; phrases refer to them by number. Nothing here is written by hand.

use crate::lists::ListsError;
use crate::lists::anchors::Anchors;
use crate::lists::block::{Bytes, Reader, Writer};
use crate::lists::needed::Needed;
use crate::lists::openers::Openers;
use crate::lists::pool::{Phrases, Pool};
use crate::lists::strings::Strings;
use crate::lists::vocabulary::Vocabulary;
use crate::site::Entry;
use crate::taxonomy::{Category, Severity, Stage, Surface};
use serde::{Deserialize, Serialize};

/// First bytes of the compiled form; the last one is its version.
const MAGIC: &[u8] = b"LWL\x09";

/// Everything: after [`MAGIC`] the tables, which are read where they lie, and then the rest as postcard writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Compiled {
    pub(crate) version: String,
    /// Each word of any phrase, once, folded; and ordinary English words.
    pub(crate) vocabulary: Vocabulary,
    /// The phrases of all rules and cues.
    pub(crate) pool: Pool,
    /// The words by which the rules' phrases are looked for.
    pub(crate) anchors: Anchors,
    /// What phrases cannot do without.
    pub(crate) needed: Needed,
    /// The words with which all other phrases begin.
    pub(crate) openers: Openers,
    /// In the order of their phrases.
    pub(crate) rules: Vec<Rule>,
    /// What must be near a match, for rules that ask for it.
    pub(crate) near: Vec<Phrases>,
    pub(crate) cues: Vec<Cue>,
    /// What several lines together may mean.
    pub(crate) patterns: Vec<Pattern>,
    /// Names and reasons.
    pub(crate) strings: Strings,
    pub(crate) sites: Vec<SiteRule>,
    /// What site lists say of themselves.
    pub(crate) reasons: Vec<String>,
    pub(crate) never_read: Vec<Entry>,
}

/// A phrase rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    /// `category.id`: a number in [`Compiled::strings`].
    pub(crate) name: u32,
    /// A number in [`Compiled::strings`].
    pub(crate) why: u32,
    pub(crate) category: Category,
    pub(crate) severity: Severity,
    pub(crate) stage: Option<Stage>,
    /// Where it applies.
    pub(crate) surfaces: Surfaces,
    /// First and last year group; none when it applies to everybody.
    pub(crate) years: Option<(u8, u8)>,
    /// Any of these makes it match,
    pub(crate) any: Phrases,
    /// if one of these is in the same sentence (when there are any),
    pub(crate) with: Phrases,
    /// and none of these is,
    pub(crate) unless: Phrases,
    /// and of each of these groups one is near: first and last in [`Compiled::near`],
    pub(crate) near: (u32, u32),
    /// within so many words.
    pub(crate) within: u8,
    /// For what is no finding by itself: which signal it is, from 1; else 0.
    pub(crate) signal: u8,
}

/// A set of surfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Surfaces(u8);

impl Surfaces {
    pub(crate) const fn contains(self, surface: Surface) -> bool {
        self.0 & 1 << surface as u8 != 0
    }
}

impl FromIterator<Surface> for Surfaces {
    fn from_iter<T: IntoIterator<Item = Surface>>(surfaces: T) -> Self {
        Self(surfaces.into_iter().fold(0, |set, surface| set | 1 << surface as u8))
    }
}

/// Something in a sentence that changes how a match in it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cue {
    pub(crate) id: String,
    pub(crate) effect: Effect,
    pub(crate) place: Place,
    /// Categories where the cue only leaves a note and never lowers.
    pub(crate) note_only: Vec<Category>,
    /// The only categories that it speaks of; all when empty.
    pub(crate) only: Vec<Category>,
    /// Where it applies.
    pub(crate) surfaces: Surfaces,
    pub(crate) any: Phrases,
    /// What keeps it from applying.
    pub(crate) unless: Phrases,
    /// What to say; `{cue}` stands for the words that were found.
    pub(crate) why: String,
}

/// What a cue does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// Lowers the severity by one step.
    Lower,
    /// Lowers the severity to low.
    Quieten,
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
    /// Directly after the match.
    After,
    /// Anywhere in the sentence outside the match, while the match stands between quotation marks.
    Quoting,
}

/// What several lines together mean, though none of them does by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pattern {
    /// `category.id`: a number in [`Compiled::strings`].
    pub(crate) name: u32,
    /// A number in [`Compiled::strings`].
    pub(crate) why: u32,
    pub(crate) category: Category,
    pub(crate) severity: Severity,
    /// The signals of which it is made, by number from 1, each with what it is called.
    pub(crate) signals: Vec<(u8, String)>,
    /// How many of them there must be.
    pub(crate) at_least: u8,
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
    /// Reads lists. Those that are built in were looked at when they were built.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when the bytes are no lists of this version.
    pub(crate) fn read(bytes: Bytes, are_built_in: bool) -> Result<Self, ListsError> {
        let damaged = |detail: &str| ListsError::Damaged(detail.to_owned());
        let mut reader = Reader::new(bytes);
        if reader.take(MAGIC.len()).ok().as_deref() != Some(MAGIC) {
            return Err(damaged("not lists of this version"));
        }
        let mut compiled = Self {
            vocabulary: Vocabulary::read(&mut reader)?,
            pool: Pool::read(&mut reader)?,
            anchors: Anchors::read(&mut reader)?,
            needed: Needed::read(&mut reader)?,
            openers: Openers::read(&mut reader)?,
            strings: Strings::read(&mut reader)?,
            ..Self::default()
        };
        let (rest, beyond) = postcard::take_from_bytes(reader.rest())
            .map_err(|error| ListsError::Damaged(error.to_string()))?;
        if !beyond.is_empty() {
            return Err(damaged("more bytes than lists"));
        }
        (
            compiled.version,
            compiled.rules,
            compiled.near,
            compiled.cues,
            compiled.patterns,
            compiled.sites,
            compiled.reasons,
            compiled.never_read,
        ) = rest;
        if !are_built_in && !compiled.is_sound() {
            return Err(damaged("a rule refers to something that is not there"));
        }
        compiled.needed.fill();
        Ok(compiled)
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, ListsError> {
        let mut writer = Writer::default();
        writer.bytes(MAGIC);
        self.vocabulary.write(&mut writer);
        self.pool.write(&mut writer);
        self.anchors.write(&mut writer);
        self.needed.write(&mut writer);
        self.openers.write(&mut writer);
        self.strings.write(&mut writer);
        let rest = (
            &self.version,
            &self.rules,
            &self.near,
            &self.cues,
            &self.patterns,
            &self.sites,
            &self.reasons,
            &self.never_read,
        );
        let rest = postcard::to_allocvec(&rest).map_err(|error| ListsError::Damaged(error.to_string()))?;
        writer.bytes(&rest);
        Ok(writer.finish())
    }

    /// The phrases that are looked for only around a match.
    pub(crate) fn around(&self) -> impl Iterator<Item = Phrases> {
        let rules = self.rules.iter().flat_map(|rule| [rule.with, rule.unless]);
        rules.chain(self.near.iter().copied()).chain(self.cues.iter().flat_map(|cue| [cue.any, cue.unless]))
    }

    /// Whether everything refers to what is there.
    pub(crate) fn is_sound(&self) -> bool {
        let rules = self.rules.iter().map(|rule| rule.any);
        self.vocabulary.is_sound()
            && self.strings.is_sound()
            && self.pool.is_sound(self.vocabulary.piece_count())
            && self.anchors.is_sound(self.vocabulary.len(), self.pool.phrase_count())
            && self.needed.is_sound(self.vocabulary.len(), self.anchors.len())
            && self.openers.is_sound(self.vocabulary.len(), self.pool.phrase_count())
            && rules.chain(self.around()).all(|phrases| self.pool.has(phrases))
            // A match leads from its phrase to the rule by halving, so rules must be in the order of their phrases.
            && self.rules.is_sorted_by_key(|rule| rule.any.numbers().start)
            && self.rules.iter().all(|rule| rule.near.0 <= rule.near.1 && rule.near.1 as usize <= self.near.len())
            && self.sites.iter().all(|site| (site.why as usize) < self.reasons.len())
    }
}
