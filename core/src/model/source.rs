//! Compiles the model's files as people write them.
//!
//! Each file but `against.toml` is a head; `core/model/README.md` has the format. Every problem is collected, so that an
//! author sees them all at once. Words are folded by the code that folds what pupils type.

use crate::lists::{ListsError, Problem};
use crate::model::weights::{Head, LONGEST, Sign, Term, Weights};
use crate::taxonomy::{Category, Severity, Stage, Surface};
use crate::text::fold::Folded;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// The file of what speaks against every head.
const AGAINST: &str = "against.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadFile {
    category: String,
    #[serde(default)]
    also: Vec<String>,
    severity: String,
    stage: Option<String>,
    surfaces: Option<Vec<String>>,
    points: i32,
    document: Option<i32>,
    signs: usize,
    own: usize,
    source: String,
    reviewed: String,
    why: String,
    sign: Vec<RawSign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgainstFile {
    source: String,
    reviewed: String,
    own: Vec<String>,
    sign: Vec<RawSign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSign {
    says: String,
    points: i8,
    #[serde(default)]
    core: bool,
    words: Vec<String>,
}

/// Compiles files by name and text.
///
/// # Errors
/// [`ListsError::Source`] with every problem.
pub(crate) fn compile(files: &[(&str, &str)]) -> Result<Weights, ListsError> {
    let mut files = files.to_vec();
    files.sort_unstable();
    let mut compiler = Compiler::default();
    for (name, text) in files {
        if name == AGAINST {
            compiler.against(name, text);
        } else {
            compiler.head(name, text);
        }
    }
    if compiler.problems.is_empty() {
        Ok(compiler.finish())
    } else {
        Err(ListsError::Source(compiler.problems))
    }
}

#[derive(Default)]
struct Compiler {
    heads: Vec<Head>,
    signs: Vec<Sign>,
    /// Folded terms and the number of their sign.
    terms: Vec<(Vec<String>, u16)>,
    own: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Compiler {
    fn problem(&mut self, file: &str, sign: &str, detail: impl Into<String>) {
        let (file, rule) = (file.to_owned(), sign.to_owned());
        self.problems.push(Problem { file, rule, field: String::new(), detail: detail.into() });
    }

    fn read<T: for<'de> Deserialize<'de>>(&mut self, file: &str, text: &str) -> Option<T> {
        toml::from_str(text)
            .map_err(|error| self.problem(file, "", format!("cannot be read: {}", error.to_string().trim())))
            .ok()
    }

    fn word<T: FromStr<Err: ToString>>(&mut self, file: &str, text: &str) -> Option<T> {
        text.parse().map_err(|error: T::Err| self.problem(file, "", error.to_string())).ok()
    }

    fn against(&mut self, file: &str, text: &str) {
        let Some(raw) = self.read::<AgainstFile>(file, text) else { return };
        self.provenance(file, &raw.source, &raw.reviewed);
        for word in &raw.own {
            match fold(word).as_slice() {
                [word] => drop(self.own.insert(word.clone())),
                _ => self.problem(file, "", format!("“{word}” in “own” is not one word")),
            }
        }
        self.signs(file, None, &raw.sign);
    }

    fn head(&mut self, file: &str, text: &str) {
        let Some(raw) = self.read::<HeadFile>(file, text) else { return };
        self.provenance(file, &raw.source, &raw.reviewed);
        let category = self.word::<Category>(file, &raw.category);
        let severity = self.word::<Severity>(file, &raw.severity);
        if severity == Some(Severity::Critical) {
            self.problem(file, "", "signs that add up are never critical: nobody has said it");
        }
        if raw.why.trim().is_empty() || raw.points < 1 || raw.signs < 1 {
            self.problem(file, "", "needs a “why”, and “points” and “signs” of at least 1");
        }
        let also = raw.also.iter().filter_map(|word| self.word(file, word)).collect();
        let stage = raw.stage.as_deref().and_then(|stage| self.word::<Stage>(file, stage));
        let surfaces = match &raw.surfaces {
            None => Surface::ALL.to_vec(),
            Some(words) => words.iter().filter_map(|word| self.word(file, word)).collect(),
        };
        let (Some(category), Some(severity)) = (category, severity) else { return };
        self.heads.push(Head {
            id: file.trim_end_matches(".toml").to_owned(),
            category,
            also,
            severity,
            stage,
            surfaces,
            points: raw.points,
            document: raw.document.unwrap_or(raw.points),
            signs: raw.signs,
            own: raw.own,
            core: raw.sign.iter().any(|sign| sign.core),
            why: raw.why.trim().to_owned(),
        });
        self.signs(file, Some(self.heads.len() - 1), &raw.sign);
    }

    fn provenance(&mut self, file: &str, source: &str, reviewed: &str) {
        if source.trim().is_empty() || reviewed.len() != "2026-11-22".len() {
            self.problem(file, "", "needs a “source” and a “reviewed” date like 2026-11-22");
        }
    }

    fn signs(&mut self, file: &str, head: Option<usize>, raw: &[RawSign]) {
        let mut known = BTreeSet::new();
        for each in raw {
            let speaks_for = each.points > 0;
            let fits = (1..=5).contains(&each.points.abs()) && (head.is_some() || !speaks_for);
            if !fits {
                self.problem(file, &each.says, "“points” must be 1 to 5, or -1 to -5 for what speaks against it; in against.toml they must be negative");
            }
            if each.says.trim().is_empty() || each.words.is_empty() {
                self.problem(file, &each.says, "needs “says”, in plain words, and “words”");
            }
            let number = u16::try_from(self.signs.len()).unwrap_or(u16::MAX);
            self.signs.push(Sign { head, points: each.points, core: each.core, says: each.says.clone() });
            for term in &each.words {
                let words = fold(term);
                if words.is_empty() || words.len() > LONGEST {
                    self.problem(file, &each.says, format!("“{term}” is not one to {LONGEST} words"));
                } else if known.insert(words.clone()) {
                    self.terms.push((words, number));
                } else {
                    self.problem(file, &each.says, format!("“{term}” is in this file twice; remove one"));
                }
            }
        }
    }

    fn finish(self) -> Weights {
        let all: BTreeSet<&String> =
            self.terms.iter().flat_map(|(words, _)| words).chain(&self.own).collect();
        let numbers: BTreeMap<&str, u16> = all.iter().map(|word| word.as_str()).zip(0..).collect();
        let number = |word: &String| numbers.get(word.as_str()).copied().unwrap_or(u16::MAX);
        let text: String = all.iter().flat_map(|word| [word.as_str(), " "]).collect();
        let own = self.own.iter().map(number).collect();
        // By first word, the longest first; otherwise in the order of the files.
        let mut sorted: Vec<&(Vec<String>, u16)> = self.terms.iter().collect();
        sorted.sort_by_key(|(words, _)| (words.first().map(number), usize::MAX - words.len()));
        let spelling = sorted.iter().flat_map(|(words, _)| words).map(number).collect();
        let length = |words: &[String]| u8::try_from(words.len()).unwrap_or_default();
        let terms = sorted.iter().map(|(words, sign)| Term { sign: *sign, length: length(words) }).collect();
        Weights { heads: self.heads, signs: self.signs, words: text, terms, spelling, own }
    }
}

/// The words of a term, as a text would have them.
fn fold(term: &str) -> Vec<String> {
    let folded = Folded::new(term);
    folded.tokens.iter().map(|token| folded.word(token).to_owned()).collect()
}
