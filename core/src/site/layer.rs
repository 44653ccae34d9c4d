//! One layer of a packed site map: which class a key is of.
//!
//! A class says what a rule gives, what it takes away, which list said so, and whether rules for paths lie under it.
//! Few classes are common and most are rare, so the main function answers with one of the common ones or with “rare”,
//! and a second, small function knows which. The head is read once; both tables stay where they are, in the pack's bytes.
//!
//! The section's bytes: `LWS` and the version, the head's length (32 bits, the lowest byte first), the head as postcard
//! writes it, the main table, the table of rare classes.

use super::categories::CategorySet;
use super::function::Shape;
use super::key::Key;
use crate::taxonomy::Category;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// First bytes of a section of sites; the last one is its version.
const MAGIC: &[u8] = b"LWS\x01";

/// Labels of the longest name that a layer may hold.
pub const MOST_LABELS: usize = 24;
/// Segments of the longest path that a layer may hold.
pub const MOST_SEGMENTS: usize = 24;

/// What a layer says of itself, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// Where trails begin ([`Trail::new`](super::Trail)); the same in every layer of a map.
    pub basis: u64,
    /// How trails become keys.
    pub seed: u64,
    /// Bit `n` is set when there are names of `n` labels, bit 0 when there are numeric addresses.
    pub labels: u32,
    /// How many hosts have rules.
    pub hosts: u32,
    /// How many paths have rules.
    pub paths: u32,
    /// The main function.
    pub main: Shape,
    /// The function of rare classes.
    pub rare: Shape,
    /// How many classes are common: the first ones.
    pub common: u16,
    /// The classes, the commonest first.
    pub classes: Vec<ClassHead>,
    /// The stable names of categories; classes refer to them by number, at most 64.
    pub categories: Vec<String>,
    /// What the lists are called; classes refer to them by number.
    pub sources: Vec<String>,
}

/// A class, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ClassHead {
    /// One bit for each of [`Head::categories`] that the rule gives.
    pub gives: u64,
    /// One bit for each that it takes away from what shorter rules give.
    pub takes: u64,
    /// Which of [`Head::sources`] said so first.
    pub source: u16,
    /// Whether paths of this host have rules of their own.
    pub paths: bool,
}

/// A class in the words of this version of Lapwing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) gives: CategorySet,
    pub(crate) takes: CategorySet,
    pub(crate) source: u16,
    pub(crate) paths: bool,
}

/// A layer that was read. Its tables are ranges of the section's bytes.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) basis: u64,
    pub(crate) labels: u32,
    pub(crate) hosts: u32,
    pub(crate) paths: u32,
    sources: Vec<String>,
    /// Whether any class is unlawful content.
    pub(crate) unlawful: bool,
    seed: u64,
    main: (Shape, Range<usize>),
    rare: (Shape, Range<usize>),
    common: u32,
    classes: Vec<Class>,
}

impl Head {
    /// The section's bytes.
    ///
    /// # Errors
    /// When the head cannot be written, which only running out of memory brings about.
    pub fn write(&self, main: &[u8], rare: &[u8]) -> Result<Vec<u8>, String> {
        let head = postcard::to_allocvec(self).map_err(|error| error.to_string())?;
        let length = u32::try_from(head.len()).map_err(|error| error.to_string())?;
        Ok([MAGIC, &length.to_le_bytes(), &head, main, rare].concat())
    }
}

impl Layer {
    /// Reads a section of sites.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let body = bytes.strip_prefix(MAGIC).ok_or("it is not a site map of this version")?;
        let (length, body) = body.split_first_chunk::<4>().ok_or("it ends in its head")?;
        let length = u32::from_le_bytes(*length) as usize;
        let head = body.get(..length).ok_or("it ends in its head")?;
        let (head, rest) = postcard::take_from_bytes::<Head>(head).map_err(|error| error.to_string())?;
        if !rest.is_empty() {
            return Err("its head is longer than what it says".into());
        }
        let start = MAGIC.len() + 4 + length;
        let size = |shape: Shape| shape.bytes().ok_or("a table has a shape that cannot be");
        let main = start..start.saturating_add(size(head.main)?);
        let rare = main.end..main.end.saturating_add(size(head.rare)?);
        if rare.end != bytes.len() {
            return Err(format!("its tables need {} bytes, and there are {}", rare.end, bytes.len()));
        }
        let sound = usize::from(head.common) <= head.classes.len()
            && head.categories.len() <= 64
            && head.classes.iter().all(|class| usize::from(class.source) < head.sources.len());
        if !sound {
            return Err("its classes refer to something that is not there".into());
        }
        let known: Vec<Option<Category>> = head.categories.iter().map(|name| name.parse().ok()).collect();
        // A category that this version does not know yet says nothing to it.
        let set = |bits: u64| -> CategorySet {
            let named = known.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
            named.filter_map(|(_, category)| *category).collect()
        };
        let classes: Vec<Class> = head
            .classes
            .iter()
            .map(|class| Class {
                gives: set(class.gives),
                takes: set(class.takes),
                source: class.source,
                paths: class.paths,
            })
            .collect();
        Ok(Self {
            basis: head.basis,
            labels: head.labels,
            hosts: head.hosts,
            paths: head.paths,
            sources: head.sources,
            unlawful: classes.iter().any(|class| class.gives.contains(Category::Illegal)),
            seed: head.seed,
            main: (head.main, main),
            rare: (head.rare, rare),
            common: u32::from(head.common),
            classes,
        })
    }

    /// The class of what was read; `bytes` is the section. None for what has no rule, but for one key in many million.
    #[inline]
    pub(crate) fn class(&self, bytes: &[u8], trail: super::Trail) -> Option<&Class> {
        let key = trail.key(self.seed);
        let (shape, table) = &self.main;
        if shape.segments == 0 {
            return None;
        }
        let code = shape.value(bytes.get(table.clone())?, key) ^ (key.print() & shape.mask());
        if code < self.common {
            return self.classes.get(code as usize);
        }
        if code == self.common { self.rare(bytes, key) } else { None }
    }

    /// Which list a class is of.
    pub(crate) fn source(&self, class: &Class) -> &str {
        self.sources.get(usize::from(class.source)).map_or("", String::as_str)
    }

    fn rare(&self, bytes: &[u8], key: Key) -> Option<&Class> {
        let (shape, table) = &self.rare;
        if shape.segments == 0 {
            return None;
        }
        let code = shape.value(bytes.get(table.clone())?, key) ^ (key.rare_print() & shape.mask());
        self.classes.get((code as usize).checked_add(self.common as usize)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            classes: vec![ClassHead { gives: 0b101, takes: 0b10, ..ClassHead::default() }],
            common: 1,
            categories: ["games", "gambling", "of a later version"].map(str::to_owned).to_vec(),
            sources: vec!["a list".into()],
            ..Head::default()
        }
    }

    #[test]
    fn a_head_comes_back_and_categories_go_by_name() {
        let layer = Layer::read(&head().write(&[], &[]).unwrap()).unwrap();
        assert_eq!(layer.classes[0].gives, CategorySet::only(Category::Games));
        assert_eq!(layer.classes[0].takes, CategorySet::only(Category::Gambling));
        assert!(!layer.unlawful);
        assert_eq!(layer.class(&[], super::super::Trail::new(1)), None);
    }

    #[test]
    fn what_does_not_fit_together_is_refused_with_a_reason() {
        let refused = |bytes: &[u8], why: &str| {
            let error = Layer::read(bytes).unwrap_err();
            assert!(error.contains(why), "{error}");
        };
        let sound = head().write(&[], &[]).unwrap();
        refused(b"", "not a site map");
        refused(&sound[..6], "ends in its head");
        refused(&sound[..sound.len() - 1], "ends in its head");
        refused(&[&sound[..], b"x"].concat(), "tables need");
        let with = |change: &dyn Fn(&mut Head)| {
            let mut head = head();
            change(&mut head);
            head.write(&[], &[]).unwrap()
        };
        refused(&with(&|head| head.common = 2), "not there");
        refused(&with(&|head| head.sources.clear()), "not there");
        refused(&with(&|head| head.categories = vec![String::new(); 65]), "not there");
        refused(&with(&|head| head.main.segments = 1), "shape");
        refused(&with(&|head| head.main = Shape { bits: 8, log: 2, segments: 1 }), "tables need");
    }
}
