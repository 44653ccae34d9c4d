//! Compiles list files as people write them.
//!
//! Every problem in every file is collected, so that an author sees them all at once. The files' texts are passed in:
//! reading a disk is the business of the build script and of the relay.

use crate::hash::Fnv;
use crate::lists::anchors::Anchors;
use crate::lists::error::{ListsError, Problem};
use crate::lists::gathered::{Form, Gathered, Piece};
use crate::lists::kind;
use crate::lists::model::Compiled;
use crate::lists::named::Named;
use crate::lists::needed::Needed;
use crate::lists::openers::Openers;
use crate::lists::phrase::{self, Words};
use crate::lists::pool::{Phrases, Pool};
use crate::lists::strings::Strings;
use crate::lists::vocabulary::Vocabulary;
use crate::lists::{cues, english, patterns, rules, sites};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// Compiles files named `phrases/NAME.toml`, `sites/NAME.toml`, `words.toml`, `never_read.toml`, `context.toml` and
/// `patterns.toml`.
///
/// # Errors
/// [`ListsError::Source`] with every problem.
pub(crate) fn compile(files: &[(&str, &str)]) -> Result<Compiled, ListsError> {
    let mut files = files.to_vec();
    // The order in which a disk lists its files must not change the result; names come before what uses them.
    files.sort_unstable_by_key(|(name, text)| (*name != WORDS, *name, *text));
    let mut compiler = Compiler::default();
    for (name, text) in &files {
        compiler.hash.line(name);
        compiler.hash.line(text);
        compiler.file(name, text);
    }
    for name in compiler.named.finish() {
        compiler.problem(WORDS, "", &format!("words.{name}"), "is used by no phrase; remove it");
    }
    if !compiler.problems.is_empty() {
        return Err(ListsError::Source(compiler.problems));
    }
    compiler.finish()
}

/// The words that all files may use by name.
const WORDS: &str = "words.toml";

/// What has been compiled so far.
#[derive(Default)]
pub(crate) struct Compiler {
    pub(crate) out: Compiled,
    pub(crate) problems: Vec<Problem>,
    pub(crate) named: Named,
    hash: Fnv,
    words: Words,
    pool: Gathered,
    strings: Vec<String>,
    newest: String,
    pub(crate) ids: BTreeSet<String>,
}

impl Compiler {
    fn file(&mut self, name: &str, text: &str) {
        if name.starts_with("phrases/") {
            rules::phrase_file(self, name, text);
        } else if name.starts_with("sites/") {
            sites::site_file(self, name, text);
        } else if name == WORDS {
            rules::words_file(self, name, text);
        } else if name == "never_read.toml" {
            sites::never_read_file(self, name, text);
        } else if name == "context.toml" {
            cues::context_file(self, name, text);
        } else if name == "patterns.toml" {
            patterns::patterns_file(self, name, text);
        } else {
            self.problem(
                name,
                "",
                "",
                "is not a list file; put it in phrases/ or sites/, or name it words.toml, never_read.toml, \
                 context.toml or patterns.toml",
            );
        }
    }

    pub(crate) fn problem(&mut self, file: &str, rule: &str, field: &str, detail: impl Into<String>) {
        self.problems.push(Problem {
            file: file.to_owned(),
            rule: rule.to_owned(),
            field: field.to_owned(),
            detail: detail.into(),
        });
    }

    /// Reads a file as TOML.
    pub(crate) fn read<T: DeserializeOwned>(&mut self, file: &str, text: &str) -> Option<T> {
        match toml::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(file, "", "", format!("cannot be read: {}", error.to_string().trim()));
                None
            }
        }
    }

    /// A word of the taxonomy that must be there.
    pub(crate) fn word<T: FromStr<Err: ToString>>(
        &mut self,
        file: &str,
        rule: &str,
        field: &str,
        value: Option<&str>,
    ) -> Option<T> {
        let Some(value) = value else {
            self.problem(file, rule, field, "is missing; add it");
            return None;
        };
        value.parse().map_err(|error: T::Err| self.problem(file, rule, field, error.to_string())).ok()
    }

    /// Source and review date, from the rule or else from the top of its file.
    pub(crate) fn provenance(
        &mut self,
        file: &str,
        rule: &str,
        source: Option<&str>,
        reviewed: Option<&str>,
    ) {
        if source.is_none_or(|source| source.trim().is_empty()) {
            self.problem(
                file,
                rule,
                "source",
                "is missing; say where this comes from, in the rule or at the top",
            );
        }
        match reviewed {
            None => {
                self.problem(
                    file,
                    rule,
                    "reviewed",
                    "is missing; give the date of the last review, in the rule or at the top",
                );
            }
            Some(date) if !is_date(date) => {
                self.problem(
                    file,
                    rule,
                    "reviewed",
                    format!("“{date}” is not a date; write it like 2026-11-22"),
                );
            }
            Some(date) if date > self.newest.as_str() => date.clone_into(&mut self.newest),
            Some(_) => {}
        }
    }

    /// The phrases of a field; those that cannot be read are problems.
    pub(crate) fn phrases(&mut self, file: &str, id: &str, field: &str, raw: &[String]) -> Phrases {
        let mut phrases = Vec::with_capacity(raw.len());
        for text in raw {
            match phrase::parse(text, &mut self.named, &mut self.words) {
                Ok(phrase) if phrases.contains(&phrase) => {
                    self.problem(file, id, field, format!("has “{text}” twice; remove one"));
                }
                Ok(phrase) => phrases.push(phrase),
                Err(problem) => self.problem(file, id, field, problem),
            }
        }
        self.pool.add(&phrases)
    }

    /// Keeps a name or a reason, and gives its number.
    pub(crate) fn string(&mut self, text: &str) -> u32 {
        self.strings.push(text.to_owned());
        u32::try_from(self.strings.len() - 1).unwrap_or(u32::MAX)
    }

    /// The groups of phrases of which each must be near: where they are in [`Compiled::near`].
    pub(crate) fn near(&mut self, file: &str, id: &str, groups: &[Vec<String>]) -> (u32, u32) {
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let from = number(self.out.near.len());
        for group in groups {
            let phrases = self.phrases(file, id, "near", group);
            self.out.near.push(phrases);
        }
        (from, number(self.out.near.len()))
    }

    /// Puts the words in order, chooses those that are looked for, and puts the version on it.
    fn finish(self) -> Result<Compiled, ListsError> {
        let mut out = self.out;
        let mut pool = self.pool;
        let forms = forms(&pool);
        let english = english::words();
        let mut words: BTreeMap<&str, u32> =
            english.iter().map(|word| (word.as_str(), kind::ENGLISH)).collect();
        for (list, tier) in [(english::COMMON, kind::COMMON), (english::EVERYWHERE, kind::EVERYWHERE)] {
            list.split_whitespace().for_each(|word| *words.entry(word).or_default() |= tier);
        }
        for (word, number) in self.words.numbered() {
            *words.entry(word).or_default() |= forms.get(&number).copied().unwrap_or_default();
        }
        out.vocabulary = Vocabulary::new(&words);
        let places: BTreeMap<u32, u32> = self
            .words
            .numbered()
            .filter_map(|(word, number)| Some((number, out.vocabulary.number(word.as_bytes())?)))
            .collect();
        pool.renumber(|number| places.get(&number).copied().unwrap_or(number));
        out.anchors = Anchors::new(&out.rules, &pool, &out.vocabulary)?;
        out.pool = Pool::new(&pool, &out.anchors.behind(&pool), &out.vocabulary)?;
        out.needed =
            Needed::new(&out.rules, &out.near, &pool, &out.vocabulary, &out.anchors).ok_or_else(|| {
                ListsError::Damaged("phrases need too many different words beside them".to_owned())
            })?;
        out.vocabulary.mark_leads(&out.anchors);
        out.openers = Openers::new(out.around(), &pool, out.vocabulary.len());
        out.strings = Strings::new(self.strings.iter().map(String::as_str));
        out.never_read.sort_unstable();
        out.never_read.dedup();
        out.version = format!("{}-{}", self.newest, self.hash.short());
        // What is built in is not looked at again each time it is loaded.
        if out.is_sound() {
            Ok(out)
        } else {
            Err(ListsError::Damaged("the tables do not fit together".to_owned()))
        }
    }
}

/// How the phrases use each word, by the number that was handed out.
fn forms(pool: &Gathered) -> BTreeMap<u32, u32> {
    let mut forms = BTreeMap::new();
    for piece in pool.all() {
        let Piece::Word { id, form } = piece else { continue };
        *forms.entry(*id).or_default() |= match form {
            Form::Whole => kind::WHOLE,
            Form::Beginning => kind::OPEN,
            Form::Ending => kind::CLOSED,
        };
    }
    forms
}

/// `YYYY-MM-DD`, with a month and a day that exist.
fn is_date(text: &str) -> bool {
    let digits = |part: &str, length: usize| {
        (part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    parts.next().is_none()
        && year.and_then(|year| digits(year, 4)).is_some()
        && month.and_then(|month| digits(month, 2)).is_some_and(|month| (1..=12).contains(&month))
        && day.and_then(|day| digits(day, 2)).is_some_and(|day| (1..=31).contains(&day))
}
