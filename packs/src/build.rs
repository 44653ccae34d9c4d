//! `lists build`: from lists to a signed pack, with an account of what went into it and what did not.
//!
//! The command line of the relay and the `build` example call this; neither time nor randomness is taken from the machine
//! here. The pack that was made is opened as a device opens it, and every rule asked of it, before it is written.

use crate::map::{Map, Plan};
use crate::rules::{Rule, Rules};
use crate::skip::Skipped;
use crate::sources::{About, Collected, SourceError, Spec};
use crate::{KeyError, MapError, PackKey, write};
use lapwing_core::pack::{Kind, Pack, PackError, PublicKey};
use lapwing_core::packed::unlawful_section;
use lapwing_core::{Category, Lists, ManagedPolicy, Sites};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What to build.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// The lists.
    pub sources: Vec<Spec>,
    /// Public suffixes that are meant when a list names them.
    pub suffixes: BTreeSet<String>,
    /// Files of hosts or addresses that must not be found by chance, one a line.
    pub known_good: Vec<PathBuf>,
    /// Compiled phrase lists to put in.
    pub phrases: Option<Lists>,
    /// A policy to put in, JSON as the extension gets it.
    pub policy: Option<String>,
    /// The version of the pack.
    pub version: u64,
    /// Where the pack goes.
    pub out: PathBuf,
}

/// Why there is no pack.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A list cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No map could be made.
    #[error(transparent)]
    Map(#[from] MapError),
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The policy or the phrases cannot be used.
    #[error("{0}")]
    Section(String),
    /// The pack was made and would be refused.
    #[error("the pack that was made is refused, which is a mistake of Lapwing; please report it: {0}")]
    Refused(#[from] PackError),
    /// The pack does not answer as the lists say.
    #[error("the pack that was made does not know “{0}”, which is a mistake of Lapwing; please report it")]
    Forgotten(String),
    /// It could not be written.
    #[error("{path}: {source}")]
    Write {
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Version of the pack.
    pub version: u64,
    /// By which devices know it for genuine.
    pub key: PublicKey,
    /// Bytes of the whole pack and of its sites.
    pub bytes: (u64, u64),
    /// Hosts and paths with rules.
    pub counts: (u32, u32),
    /// Rules by category.
    pub categories: BTreeMap<Category, u64>,
    /// Each list.
    pub sources: Vec<About>,
    /// What was left out.
    pub skipped: Skipped,
    /// Good hosts that were asked, and those that had to be recorded.
    pub good: (usize, Vec<String>),
    /// Bits of a name in the map.
    pub bits: u8,
}

impl Build {
    /// Builds it, signs it and writes it.
    ///
    /// # Errors
    /// [`BuildError`], with the file and the line where there is one; nothing has been written then.
    pub fn run(&self, key: &PackKey) -> Result<Built, BuildError> {
        let mut collected = Collected { rules: Rules::new(self.suffixes.clone()), ..Collected::default() };
        for spec in &self.sources {
            collected.read(spec)?;
        }
        for path in &self.known_good {
            collected.read_known_good(path)?;
        }
        collected.add_canary();
        let unlawful = unlawful(&collected, self.version);
        let Collected { rules, skipped, mut known_good, sources, .. } = collected;
        known_good.extend(Lists::starter().iter().flat_map(Lists::never_read).map(str::to_owned));
        known_good.sort_unstable();
        known_good.dedup();
        let rules = rules.finish();
        let names = names(&sources);
        let map = Map::new(Plan { rules: &rules, sources: &names, known_good: &known_good, on: None })?;
        let about = about(&sources, &rules);
        let phrases = self.phrases.as_ref().map(Lists::to_bytes).transpose();
        let phrases = phrases.map_err(|error| BuildError::Section(error.to_string()))?;
        if let Some(policy) = &self.policy {
            checked_policy(policy)?;
        }
        let mut sections = vec![(Kind::About, about.as_bytes()), (Kind::Sites, map.bytes.as_slice())];
        sections.extend(unlawful.as_deref().map(|bytes| (Kind::Unlawful, bytes)));
        sections.extend(phrases.as_deref().map(|bytes| (Kind::Phrases, bytes)));
        sections.extend(self.policy.as_deref().map(|text| (Kind::Policy, text.as_bytes())));
        let bytes = write::pack(key, self.version, None, &sections);
        let length = bytes.len() as u64;
        let pack = proven(Pack::open(bytes, &key.public(), self.version)?, &rules)?;
        into_place(&self.out, pack.as_slice())?;
        Ok(Built {
            version: self.version,
            key: key.public(),
            bytes: (length, map.bytes.len() as u64),
            counts: map.counts,
            categories: by_category(&rules),
            sources,
            skipped,
            good: (known_good.len(), map.freed),
            bits: map.bits,
        })
    }
}

/// Where everything is from, for whoever holds the pack; and that it holds the daily test's address, as packs of before the
/// test do not.
pub(crate) fn about(sources: &[About], rules: &[Rule]) -> String {
    let made_by = concat!("Lapwing ", env!("CARGO_PKG_VERSION"));
    let categories: BTreeMap<_, _> =
        by_category(rules).into_iter().map(|(category, count)| (category.as_str(), count)).collect();
    json!({ "made_by": made_by, "sources": sources, "canary": true, "categories": categories }).to_string()
}

/// The section of licensed lists; none without such a list, so that a change leaves those of its pack in force. The salt is
/// another in every version, so that packs of two versions cannot be compared hash by hash.
pub(crate) fn unlawful(collected: &Collected, version: u64) -> Option<Vec<u8>> {
    let has = collected.sources.iter().any(|source| !source.slot.is_empty());
    let (low, high) = (version.to_le_bytes(), (!version).to_be_bytes());
    let mut salt = [0; 16];
    salt.iter_mut().zip(low.into_iter().chain(high)).for_each(|(to, from)| *to = from);
    has.then(|| unlawful_section(salt, &collected.unlawful))
}

/// What the lists are called, as devices explain a rule; the last is of the daily test's address.
pub(crate) fn names(sources: &[About]) -> Vec<String> {
    let lists = sources.iter().map(|source| source.name.clone());
    lists.chain([Category::Canary.label().to_owned()]).collect()
}

fn checked_policy(text: &str) -> Result<(), BuildError> {
    let wrong = |detail: String| BuildError::Section(format!("the policy cannot be used: {detail}"));
    let json = serde_json::from_str(text).map_err(|error| wrong(format!("it is not JSON ({error})")))?;
    ManagedPolicy::from_json(&json).map(drop).map_err(|error| wrong(error.to_string()))
}

/// Asks the pack for every rule, as a device would, and gives its bytes back.
fn proven(pack: Pack, rules: &[Rule]) -> Result<Vec<u8>, BuildError> {
    let sites = Sites::new(pack)?;
    for rule in rules {
        let (host, path) = rule.parts();
        let found = sites.rule(host, path).map(|found| (found.gives, found.takes));
        if found != Some((rule.says.gives, rule.says.takes)) {
            return Err(BuildError::Forgotten(rule.name.to_string()));
        }
    }
    Ok(sites.into_bytes())
}

fn by_category(rules: &[Rule]) -> BTreeMap<Category, u64> {
    let mut counts = BTreeMap::new();
    for category in rules.iter().flat_map(|rule| rule.says.gives.iter()) {
        *counts.entry(category).or_default() += 1;
    }
    counts
}

/// Writes a file beside its place and then moves it there: nobody ever reads half a pack.
pub(crate) fn into_place(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let failed = |source| BuildError::Write { path: path.to_path_buf(), source };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        std::io::Write::write_all(&mut file, bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
        // What is left of it helps nobody; that it cannot be removed either changes nothing.
        let _ = std::fs::remove_file(&beside);
        failed(error)
    })
}
