//! Concerns: what staff record, whom it is about, what it was made from, and what was done. A concern's words are
//! written once; whatever follows is an entry of its own. Lists of concerns are read in `inbox`.

mod entries;
mod people;
mod read;
mod record;

pub(crate) use entries::{NewEntry, add_entry, entries, says, set_status};
pub(crate) use people::persons;
pub(super) use people::{name, person};
pub(crate) use read::{evidence, find, first_category, made_from};
pub(crate) use record::create;

/// A person in a concern, with the role they have in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name as the reporter wrote it.
    pub(crate) name: String,
    /// `pupil` or `adult`.
    pub(crate) kind: String,
    /// “Year 9”; empty for an adult or when it is not known.
    pub(crate) year_group: String,
    /// `subject`, `harmed`, `alleged_harming`, `witness`, `sibling` or `adult_named`.
    pub(crate) role: String,
}

/// A concern as stored.
#[derive(Debug, Clone)]
pub(crate) struct Concern {
    /// The concern's id.
    pub(crate) id: String,
    /// Its number in the school.
    pub(crate) number: i64,
    /// `staff`, `alert` or `report`.
    pub(crate) source: String,
    /// Who recorded it: account id.
    pub(crate) reporter_id: String,
    /// Who recorded it: name.
    pub(crate) reporter: String,
    /// What they do at the school; may be empty.
    pub(crate) reporter_job: String,
    /// When it happened, milliseconds; none when that is not known.
    pub(crate) occurred_at: Option<i64>,
    /// `exact`, `approximate` or `unknown`.
    pub(crate) precision: String,
    /// Where; may be empty.
    pub(crate) place: String,
    /// What was seen and heard.
    pub(crate) seen_heard: String,
    /// The child's own words; may be empty.
    pub(crate) childs_words: String,
    /// The reporter's view; may be empty.
    pub(crate) view: String,
    /// What the reporter has done; may be empty.
    pub(crate) done_so_far: String,
    /// Whether the DSL was told in person.
    pub(crate) told_dsl: bool,
    /// When it was recorded, milliseconds.
    pub(crate) recorded_at: i64,
    /// `new`, `acknowledged`, `open` or `closed`.
    pub(crate) status: String,
}

/// A concern to be recorded, with its words already checked.
#[derive(Debug, Clone)]
pub(crate) struct NewConcern {
    /// Made with the form, so that sending it twice records it once.
    pub(crate) id: String,
    /// `staff`, `alert` or `report`.
    pub(crate) source: &'static str,
    /// When it happened, milliseconds.
    pub(crate) occurred_at: Option<i64>,
    /// `exact`, `approximate` or `unknown`.
    pub(crate) precision: String,
    /// Where.
    pub(crate) place: String,
    /// What was seen and heard.
    pub(crate) seen_heard: String,
    /// The child's own words.
    pub(crate) childs_words: String,
    /// The reporter's view.
    pub(crate) view: String,
    /// What the reporter has done.
    pub(crate) done_so_far: String,
    /// Whether the DSL was told in person.
    pub(crate) told_dsl: bool,
    /// Whom it is about.
    pub(crate) persons: Vec<Person>,
    /// What it is made from: `episode` or `report`, and its id.
    pub(crate) evidence: Option<(&'static str, String)>,
}

/// What was done about a concern.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// `status`, `note` or `feedback`.
    pub(crate) kind: String,
    /// In words.
    pub(crate) text: String,
    /// Who did it.
    pub(crate) author: String,
    /// When, milliseconds.
    pub(crate) at: i64,
}
