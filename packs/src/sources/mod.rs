//! Where lists come from: which kinds of list can be read, and what is remembered of each.
//!
//! `read` opens files and archives and never unpacks without bounds; `lines` reads one line of each kind, `table` CSV,
//! `slots` licensed lists of unlawful content, `ut1` a folder or archive laid out as UT1's; `ut1_names` says which of its categories are which of ours. Whether a line
//! is a rule that a map can hold is decided in `rules`.

mod lines;
mod read;
mod slots;
mod table;
mod ut1;
mod ut1_names;

pub use slots::Slot;

use crate::rules::{Rules, Says};
use crate::skip::{Skip, Skipped};
use lapwing_core::packed::FormHash;
use lapwing_core::{Category, CategorySet, canary};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What kind of list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A folder or archive of UT1: a folder for each category, with `domains`, `urls` and `usage`.
    Ut1,
    /// `0.0.0.0 name`, all of one category.
    Hosts(Category),
    /// One domain, or domain and path, a line; all of one category.
    Plain(Category),
    /// `||example.com^` and `@@||example.com^`, all of one category.
    Adblock(Category),
    /// A table with a header, in which each line has its category.
    Csv,
    /// A licensed list of unlawful content.
    Licensed(Slot),
}

/// A list to read, as it stands on a command line: `KIND[:CATEGORY]=PATH[;licence=TEXT][;by=TEXT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    format: Format,
    path: PathBuf,
    name: Option<String>,
    licence: Option<String>,
    by: Option<String>,
}

/// What somebody says of a list beside what it says of itself; what is empty is left to the list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Its licence.
    pub licence: &'a str,
    /// Whom to name.
    pub by: &'a str,
}

impl Spec {
    /// A list of this kind in a file, which ends with `.gz` or `.zst` if it is packed.
    #[must_use]
    pub fn new(format: Format, path: PathBuf, said: Said<'_>) -> Self {
        let some = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        Self { format, path, name: some(said.name), licence: some(said.licence), by: some(said.by) }
    }
}

impl Format {
    /// The kind of list that is called so, such as `hosts`, and its category where the kind has one for all its lines.
    ///
    /// # Errors
    /// What to write instead.
    pub fn named(kind: &str, category: &str) -> Result<Self, String> {
        let known = || category.parse::<Category>().map_err(|error| error.to_string());
        Ok(match (kind, category) {
            ("ut1", "") => Self::Ut1,
            ("csv", "") => Self::Csv,
            ("iwf", "") => Self::Licensed(Slot::Iwf),
            ("ctiru", "") => Self::Licensed(Slot::Ctiru),
            (_, "canary") => {
                return Err(
                    "“canary” is the daily test’s own category, which no list has: name another".to_owned()
                );
            }
            ("hosts", _) => Self::Hosts(known()?),
            ("plain", _) => Self::Plain(known()?),
            ("adblock", _) => Self::Adblock(known()?),
            _ => return Err(format!("“{kind}” is no kind of list: {FORMS}")),
        })
    }
}

const FORMS: &str = "write ut1=PATH, hosts:CATEGORY=FILE, plain:CATEGORY=FILE, adblock:CATEGORY=FILE, csv=FILE, iwf=FILE or ctiru=FILE, and after \
                     the file, if the list does not say it itself, ;licence=TEXT and ;by=TEXT";

impl FromStr for Spec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once('=').ok_or_else(|| format!("“{text}” names no file: {FORMS}"))?;
        let mut parts = rest.split(';');
        let path = PathBuf::from(parts.next().unwrap_or_default());
        let (mut licence, mut by) = (None, None);
        for part in parts {
            match part.split_once('=') {
                Some(("licence" | "license", text)) => licence = Some(text.trim().to_owned()),
                Some(("by", text)) => by = Some(text.trim().to_owned()),
                _ => return Err(format!("“{part}” is neither ;licence=TEXT nor ;by=TEXT")),
            }
        }
        let (name, category) = kind.split_once(':').unwrap_or((kind, ""));
        let format = Format::named(name, category)?;
        Ok(Self { format, path, name: None, licence, by })
    }
}

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file could not be read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It is not what it was said to be.
    #[error("{place}: {what}")]
    Wrong {
        /// The file, and the line where there is one.
        place: String,
        /// What is wrong, and what to do.
        what: String,
    },
    /// A line of it cannot be used, and the rest is not used without it.
    #[error("{path}, line {line}: {what}")]
    Line {
        /// The file.
        path: String,
        /// Which line.
        line: u64,
        /// What is wrong, and what to do.
        what: String,
    },
    /// All lists together have more rules than are read.
    #[error("{place}: with it there are more than {most} rules, which no school needs; leave out a list")]
    Many {
        /// The file with which there are too many.
        place: String,
        /// The bound.
        most: usize,
    },
    /// It holds nothing that such a list has.
    #[error("{place}: no line of it could be used ({why}); is it a list of another kind? {FORMS}")]
    Useless {
        /// The file.
        place: String,
        /// Its first line that could not be used, and why not.
        why: String,
    },
    /// It unpacks to more than any list has.
    #[error("{place} unpacks to more than {megabytes} MB, which no list of sites has; look at what it is")]
    Large {
        /// The file.
        place: String,
        /// The bound.
        megabytes: u64,
    },
}

pub(crate) fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> SourceError {
    let path = path.to_path_buf();
    move |source| SourceError::File { path, source }
}

/// What is remembered of a list: it goes into the pack, and is shown after the build.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// What it calls itself, else the name of its file.
    pub name: String,
    /// Under which licence it says that it is; empty when nobody said.
    pub licence: String,
    /// Whom to name.
    pub attribution: String,
    /// Which licensed list of unlawful content it is; empty for any other.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub slot: String,
    /// Lines that were read.
    pub lines: u64,
    /// Of them rules.
    pub rules: u64,
    /// Lines that were left out, by reason.
    pub skipped: BTreeMap<String, u64>,
}

/// Everything that comes out of the lists.
#[derive(Debug, Default)]
pub struct Collected {
    /// The rules.
    pub rules: Rules,
    /// What was left out, of all lists.
    pub skipped: Skipped,
    /// Hosts of lists whose category we do not have: known, and not to be found by chance.
    pub known_good: Vec<String>,
    /// Each list.
    pub sources: Vec<About>,
    /// What licensed lists of unlawful content hold, as hashes.
    pub unlawful: Vec<FormHash>,
}

impl Collected {
    /// Reads a list.
    ///
    /// # Errors
    /// [`SourceError`]: a file that cannot be read, or holds nothing that such a list has.
    pub fn read(&mut self, spec: &Spec) -> Result<(), SourceError> {
        let file =
            || spec.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = spec.name.clone().unwrap_or_else(file);
        let index = u16::try_from(self.sources.len()).unwrap_or(u16::MAX);
        let mut source = Source {
            all: self,
            about: About { name, ..About::default() },
            skipped: Skipped::default(),
            index,
            is_full: false,
        };
        match spec.format {
            Format::Ut1 => ut1::read(&mut source, &spec.path)?,
            Format::Csv => table::read(&mut source, &spec.path)?,
            Format::Licensed(slot) => slots::read_slot(&mut source, &spec.path, slot)?,
            Format::Hosts(category) => lines::read(&mut source, &spec.path, category, lines::hosts)?,
            Format::Plain(category) => lines::read(&mut source, &spec.path, category, lines::plain)?,
            Format::Adblock(category) => lines::read(&mut source, &spec.path, category, lines::adblock)?,
        }
        let Source { mut about, skipped, is_full, .. } = source;
        if is_full {
            let place = spec.path.display().to_string();
            return Err(SourceError::Many { place, most: self.rules.most() });
        }
        if about.rules == 0 {
            let example =
                skipped.iter().next().and_then(|(skip, _, examples)| Some((skip, examples.first()?)));
            let why =
                example.map_or("it is empty".to_owned(), |(skip, line)| format!("first “{line}”: {skip}"));
            return Err(SourceError::Useless { place: spec.path.display().to_string(), why });
        }
        if let Some(name) = &spec.name {
            about.name.clone_from(name);
        }
        if let Some(licence) = &spec.licence {
            about.licence.clone_from(licence);
        }
        if let Some(by) = &spec.by {
            about.attribution.clone_from(by);
        }
        about.skipped = skipped.iter().map(|(skip, count, _)| (skip.to_string(), count)).collect();
        self.skipped.join(skipped);
        self.sources.push(about);
        Ok(())
    }

    /// The address by which a device proves that this very pack decides there.
    pub(crate) fn add_canary(&mut self) {
        let source = u16::try_from(self.sources.len()).unwrap_or(u16::MAX);
        let says = Says { gives: CategorySet::only(Category::Canary), source, ..Says::default() };
        // It is a domain like any other; a build without it would fail its own test.
        if let Err(skip) = self.rules.add(canary::PACK_HOST, says) {
            self.skipped.note(skip, String::new, canary::PACK_HOST);
        }
    }

    /// Reads hosts or addresses that must not be found by chance.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read_known_good(&mut self, path: &Path) -> Result<(), SourceError> {
        read::lines(read::open(path)?, &path.display().to_string(), |_, text| {
            let text = text.unwrap_or_default();
            let after = text.split_once("://").map_or(text, |(_, after)| after);
            let host = after.split(['/', '?', '#', ':']).next().unwrap_or_default();
            if host.contains('.') {
                self.known_good.push(host.trim_end_matches('.').to_lowercase());
            }
        })
    }
}

/// A list that is being read.
pub(crate) struct Source<'a> {
    all: &'a mut Collected,
    about: About,
    skipped: Skipped,
    index: u16,
    /// Whether it has more than there is room for.
    is_full: bool,
}

impl Source<'_> {
    /// A line that gives categories to a site, or takes them away.
    fn rule(&mut self, site: &str, gives: CategorySet, takes: CategorySet, place: impl FnOnce() -> String) {
        if !self.has_room() {
            return;
        }
        match self.all.rules.add(site, Says { gives, takes, source: self.index }) {
            Ok(()) => self.about.rules += 1,
            Err(skip) => self.skipped.note(skip, place, site),
        }
    }

    /// Whether there is room for one more; that there was none is remembered, and refuses the list when it has been read.
    fn has_room(&mut self) -> bool {
        self.is_full |= self.all.rules.len().saturating_add(self.all.unlawful.len()) >= self.all.rules.most();
        !self.is_full
    }

    fn skip(&mut self, skip: Skip, place: impl FnOnce() -> String, line: &str) {
        self.skipped.note(skip, place, line);
    }
}

#[cfg(test)]
mod tests;
