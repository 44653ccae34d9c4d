//! What is inside sealed columns: the words of each kind of record, as JSON. Fields may be added, never taken away or
//! renamed: what is sealed today must open in decades. What stands in their place when nobody can open them is in `lost`.

use serde::{Deserialize, Serialize};

/// The words of an alert, under its episode's key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlertText {
    /// The page's address without query and fragment; empty for unlawful content.
    pub(crate) url: String,
    /// What was written.
    pub(crate) excerpt: Option<String>,
    /// Ranges of characters of `excerpt` that matched.
    pub(crate) marks: Vec<(u32, u32)>,
    /// The account that the browser claimed, or nothing.
    pub(crate) account: String,
}

/// The words of a pupil's report, under its own key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportText {
    /// The name that the pupil gave; empty for an anonymous report.
    pub(crate) name: String,
    /// What happened.
    pub(crate) story: String,
    /// What the pupil would like to happen; may be empty.
    pub(crate) wish: String,
}

/// The words of a concern, under its own key. Fact, the child's words and opinion stay apart (KCSIE, part one).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConcernText {
    /// Where; may be empty.
    pub(crate) place: String,
    /// What was seen and heard: fact.
    pub(crate) seen_heard: String,
    /// The child's own words; may be empty.
    pub(crate) childs_words: String,
    /// The reporter's view: opinion; may be empty.
    pub(crate) view: String,
    /// What the reporter has done; may be empty.
    pub(crate) done_so_far: String,
}

/// A version of the school's policy or a proposed one, under its own key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyText {
    /// The document, as JSON.
    pub(crate) document: String,
    /// What it changes, in words, one line a change.
    pub(crate) changes: Vec<String>,
    /// Why, in the words of whoever changed it.
    pub(crate) why: String,
}

/// A pupil's request for a site, under its own key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessText {
    /// The host.
    pub(crate) host: String,
    /// What for, in the pupil's words; may be empty.
    pub(crate) reason: String,
    /// The account that the browser claimed, or nothing.
    pub(crate) account: String,
    /// What the device took the site to be about, by the taxonomy's names.
    pub(crate) categories: Vec<String>,
}

/// The answer to a pupil's request, under the request's key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AnswerText {
    /// What the pupil reads; may be empty.
    pub(crate) words: String,
    /// Why, for colleagues.
    pub(crate) why: String,
}
