//! Sources of site lists: what may be one, fetching it (`fetch`, to where `reach` allows), keeping what came (`keep`), the proposal that is
//! made of all of them (`propose`, over what is `in_force`), its `trial`, and the schedule (`due`). Rows are in `db::{list_sources, list_builds}`, pages in `web::sources`;
//! reading lists and building packs is `lapwing_packs`', publishing them `crate::lists`.

pub(crate) mod due;
mod fetch;
mod in_force;
pub(crate) mod keep;
pub(crate) mod propose;
mod reach;
pub(crate) mod trial;

pub(crate) use fetch::MOST;
pub(crate) use reach::Reach;

use crate::app::App;
use crate::db::list_sources::Source;
use crate::db::schools;
use crate::db::scope::{self, Scope};
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// Kinds of list, as stored and in words.
pub(crate) const KINDS: [(&str, &str); 5] = [
    ("ut1", "UT1’s archive (.tar.gz)"),
    ("hosts", "Hosts file"),
    ("plain", "Plain list, one domain a line"),
    ("adblock", "Ad blocker’s list"),
    ("csv", "CSV, with a column for the category"),
];

/// Whether all lines of a list of this kind are of one category, which somebody must name.
pub(crate) fn has_one_category(kind: &str) -> bool {
    matches!(kind, "hosts" | "plain" | "adblock")
}

/// A list as a proposal remembers it: what it was read as, and which state of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The source's id.
    pub(crate) id: String,
    /// What it was called.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: String,
    /// Its category, where the kind has one.
    pub(crate) category: String,
    /// Its licence, as somebody said.
    pub(crate) licence: String,
    /// Whom to name, as somebody said.
    pub(crate) by: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub(crate) digest: String,
}

impl Entry {
    fn of(source: &Source) -> Self {
        let said = source.settings.clone();
        Self {
            id: source.id.clone(),
            name: said.name,
            kind: said.kind,
            category: said.category,
            licence: said.licence,
            by: said.attribution,
            digest: source.digest.clone(),
        }
    }

    /// Whether it is the same list, perhaps in another state.
    fn is_same_list(&self, other: &Self) -> bool {
        let without = |entry: &Self| Self { digest: String::new(), ..entry.clone() };
        without(self) == without(other)
    }
}

/// Why something about lists was not done.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// For whoever asked, in a sentence.
    Said(String),
    /// A fault of ours.
    Fault(Error),
}

impl Trouble {
    fn said(text: impl Into<String>) -> Self {
        Self::Said(text.into())
    }

    fn internal(error: impl std::fmt::Display) -> Self {
        Self::Fault(Error::internal(error))
    }
}

impl<E> From<E> for Trouble
where
    Error: From<E>,
{
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// Who keeps the lists that all schools of a relay share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// The only school that there is.
    Alone,
    /// One of several, named at the server's console: its id and its name.
    Named(String, String),
    /// Nobody of a school: what IT of one school changes must not change another's unless whoever runs the server says so.
    Nobody,
}

impl Keeper {
    /// Who it is now.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn of(app: &App) -> Result<Self, Error> {
        let work = async {
            if schools::ids(app.db.read()).await?.len() == 1 {
                return Ok(Self::Alone);
            }
            let named = schools::lists_keeper(app.db.read()).await?;
            Ok(named.map_or(Self::Nobody, |(id, name)| Self::Named(id, name)))
        };
        scope::within(Scope::Relay, work).await
    }

    /// Whether it is this school.
    pub(crate) fn is(&self, school: &str) -> bool {
        match self {
            Self::Alone => true,
            Self::Named(id, _) => id == school,
            Self::Nobody => false,
        }
    }
}
