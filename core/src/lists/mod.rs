//! The lists: what rules, sites and never-read hosts the engine works with.
//!
//! `phrase` is the phrase language, `named` the words that it knows by name, `english` ordinary words; `source` compiles
//! the TOML that people write, with `rules`, `cues`, `patterns` and `sites`; `lint` says what is right but unwise, and
//! `import` reads other products' lists. `model`, `vocabulary`, `pool`, `anchors`, `mask`, `needed` and `openers` are the
//! compiled form that ships, tables of `numbers` in a `block`. The build script compiles `lists/` with this very code, so a list that builds is a list
//! that loads. Matching is in `text` and `site`.

mod anchors;
mod block;
#[cfg(feature = "sources")]
mod choose;
#[cfg(feature = "sources")]
mod cues;
#[cfg(feature = "sources")]
mod english;
mod error;
#[cfg(feature = "sources")]
mod gathered;
#[cfg(feature = "sources")]
mod import;
pub(crate) mod kind;
mod known;
mod lexicon;
#[cfg(feature = "sources")]
mod lint;
mod listed;
mod mask;
mod model;
#[cfg(feature = "sources")]
mod named;
mod needed;
mod numbers;
mod openers;
#[cfg(feature = "sources")]
mod patterns;
#[cfg(feature = "sources")]
mod phrase;
mod pool;
mod recent;
#[cfg(feature = "sources")]
mod rules;
#[cfg(feature = "sources")]
mod sites;
#[cfg(feature = "sources")]
mod source;
mod stored;
mod strings;
#[cfg(feature = "sources")]
mod tables;
mod vocabulary;

pub(crate) use anchors::{Anchors, Use};
pub use error::{ListsError, Problem};
#[cfg(feature = "sources")]
pub use import::{Imported, Provenance, import_csv, import_weighted};
pub(crate) use known::Known;
pub(crate) use listed::Listed;
pub(crate) use mask::{Around, Mask};
pub(crate) use model::{Compiled, Cue, Effect, Pattern, Place, Rule, SiteRule};
pub(crate) use needed::{AT_ONCE, Bits, Needed};
pub(crate) use openers::Openers;
pub(crate) use pool::{Code, GAP, Phrases, Pieces, Pool};
pub(crate) use strings::Strings;
pub(crate) use vocabulary::{MOST_OPENING, Vocabulary, letter, letters};

use std::borrow::Cow;

/// Compiled by the build script from `lists/`. A browser's worker must answer in its first turn, and every megabyte of the
/// script that carries the module makes that turn some six milliseconds longer: there the phrases, which are most of these
/// bytes, come after it from a file of their own ([`Lists::carried`]).
#[cfg(not(target_family = "wasm"))]
static STARTER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/starter.lists"));

/// The same lists without a phrase.
static FIRST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/first.lists"));

/// Of the same lists the sites and what is never read, in a form of their own.
static SITES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sites.lists"));

impl Listed {
    /// What ships with Lapwing.
    ///
    /// # Errors
    /// [`ListsError::Damaged`], which a test of this crate rules out.
    pub(crate) fn built_in() -> Result<Self, ListsError> {
        Self::read(SITES)
    }
}

/// Rules, sites and never-read hosts, ready for [`Engine::new`](crate::Engine::new).
#[derive(Debug, Clone)]
pub struct Lists {
    compiled: Compiled,
}

impl Lists {
    /// The lists that ship with Lapwing, the same on every platform. As WebAssembly there are [`first`](Self::first) and
    /// [`carried`](Self::carried) instead.
    ///
    /// # Errors
    /// [`ListsError::Damaged`], which a test of this crate rules out.
    #[cfg(not(target_family = "wasm"))]
    pub fn starter() -> Result<Self, ListsError> {
        Ok(Self { compiled: Compiled::read(Cow::Borrowed(STARTER), true)? })
    }

    /// The lists that ship with Lapwing, as the file that an extension carries beside its module.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub const fn starter_bytes() -> &'static [u8] {
        STARTER
    }

    /// What of the lists that ship with Lapwing decides about addresses: its sites and what is never read, and no phrase. For
    /// an engine in a browser until it has its phrases; before there is an engine at all, there is a [`Gate`](crate::Gate).
    ///
    /// # Errors
    /// [`ListsError::Damaged`], which a test of this crate rules out.
    pub fn first() -> Result<Self, ListsError> {
        Ok(Self { compiled: Compiled::read(Cow::Borrowed(FIRST), true)? })
    }

    /// The lists that ship with Lapwing, from the file that the extension carries. They are read where they lie, so the bytes
    /// stay in memory for as long as the program runs: to be called once in a worker's life.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when the bytes are no whole lists of this version of Lapwing, or belong to another build of it.
    pub fn carried(bytes: Vec<u8>) -> Result<Self, ListsError> {
        let bytes: &'static [u8] = Box::leak(bytes.into_boxed_slice());
        // They come out of the package that the module came out of, and were looked at when that was built.
        let lists = Self { compiled: Compiled::read(Cow::Borrowed(bytes), true)? };
        if lists.version() != Self::first()?.version() {
            return Err(ListsError::Damaged("they are of another build than the program".to_owned()));
        }
        Ok(lists)
    }

    /// Reads the compiled form.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when the bytes are not a whole list of this version of Lapwing.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ListsError> {
        Ok(Self { compiled: Compiled::read(Cow::Owned(bytes.to_vec()), false)? })
    }

    /// The compiled form, for [`Lists::from_bytes`].
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when they cannot be written, which only running out of memory brings about.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ListsError> {
        self.compiled.to_bytes()
    }

    /// Compiles list files. Each has the name that it has inside a `lists/` folder: `phrases/NAME.toml`,
    /// `sites/NAME.toml`, `words.toml`, `never_read.toml`, `context.toml` or `patterns.toml`; and its
    /// text.
    ///
    /// # Errors
    /// [`ListsError::Source`] with every problem: the file, the rule, the field and what to do.
    #[cfg(feature = "sources")]
    pub fn from_sources(files: &[(&str, &str)]) -> Result<Self, ListsError> {
        Ok(Self { compiled: source::compile(files)? })
    }

    /// What a reviewer should look at: phrases that can never be found, or that another rule always finds too, and words
    /// that are too common. Lists with these still work.
    #[cfg(feature = "sources")]
    #[must_use]
    pub fn lint(&self) -> Vec<Problem> {
        lint::lint(&self.compiled)
    }

    /// The newest review date and a fingerprint of the content, such as `2026-11-22-1a2b3c4d`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.compiled.version
    }

    /// How many phrase rules there are.
    #[must_use]
    pub const fn rule_count(&self) -> usize {
        self.compiled.rules.len()
    }

    /// How many site rules there are, exceptions included.
    #[must_use]
    pub const fn site_count(&self) -> usize {
        self.compiled.sites.len()
    }

    /// Hosts on which nothing is ever read: helplines, banks and the like.
    pub fn never_read(&self) -> impl Iterator<Item = &str> {
        self.compiled.never_read.iter().map(|entry| entry.host.as_str())
    }

    pub(crate) fn into_compiled(self) -> Compiled {
        self.compiled
    }
}

#[cfg(test)]
#[cfg(feature = "sources")]
mod tests;
