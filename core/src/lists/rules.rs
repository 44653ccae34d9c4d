//! Reads the phrase rules of one category.

use crate::lists::model::Rule;
use crate::lists::named::Table;
use crate::lists::source::Compiler;
use crate::taxonomy::{Category, Severity, Stage, Surface};
use serde::Deserialize;

/// Last school year.
const LAST_YEAR: u8 = 13;
/// Most words that what belongs together may lie apart.
const MAX_WITHIN: u8 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhraseFile {
    category: Option<String>,
    source: Option<String>,
    reviewed: Option<String>,
    #[serde(default)]
    words: Table,
    #[serde(default)]
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsFile {
    words: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    #[serde(default)]
    id: String,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    near: Vec<Vec<String>>,
    within: Option<u8>,
    severity: Option<String>,
    stage: Option<String>,
    surfaces: Option<Vec<String>>,
    years: Option<Vec<u8>>,
    #[serde(default)]
    why: String,
    source: Option<String>,
    reviewed: Option<String>,
}

/// The words that any phrase may use by name.
pub(crate) fn words_file(compiler: &mut Compiler, file: &str, text: &str) {
    let Some(raw) = compiler.read::<WordsFile>(file, text) else { return };
    let problems = compiler.named.share(&raw.words);
    name_problems(compiler, file, problems);
}

fn name_problems(compiler: &mut Compiler, file: &str, problems: Vec<(String, String)>) {
    for (name, problem) in problems {
        compiler.problem(file, "", &format!("words.{name}"), problem);
    }
}

/// One category of phrase rules.
pub(crate) fn phrase_file(compiler: &mut Compiler, file: &str, text: &str) {
    let Some(raw) = compiler.read::<PhraseFile>(file, text) else { return };
    let Some(category) = compiler.word::<Category>(file, "", "category", raw.category.as_deref()) else {
        return;
    };
    if !category.is_text() {
        compiler.problem(
            file,
            "",
            "category",
            format!("“{category}” is for sites only; move the file to sites/"),
        );
    }
    let problems = compiler.named.open(&raw.words);
    name_problems(compiler, file, problems);
    for each in &raw.rule {
        let source = each.source.as_deref().or(raw.source.as_deref());
        let reviewed = each.reviewed.as_deref().or(raw.reviewed.as_deref());
        compiler.provenance(file, &each.id, source, reviewed);
        rule(compiler, file, category, each);
    }
    for name in compiler.named.close() {
        let problem = "is used by no phrase of this file; remove it, or move it to words.toml";
        compiler.problem(file, "", &format!("words.{name}"), problem);
    }
}

fn rule(compiler: &mut Compiler, file: &str, category: Category, raw: &RawRule) {
    let id = raw.id.as_str();
    let name = format!("{category}.{id}");
    if !is_kebab(id) {
        compiler.problem(
            file,
            id,
            "id",
            "must be words of small letters and digits joined by hyphens, such as want-to-die",
        );
    } else if !compiler.ids.insert(name.clone()) {
        compiler.problem(file, id, "id", "is used twice; give each rule of a category its own");
    }
    if raw.why.trim().is_empty() {
        compiler.problem(file, id, "why", "is missing; say in a sentence why a DSL should look");
    }
    if raw.any.is_empty() && raw.near.is_empty() {
        compiler.problem(file, id, "any", "is missing or empty; give at least one phrase");
    }
    if raw.near.iter().any(Vec::is_empty) || (raw.any.is_empty() && raw.near.len() == 1) {
        compiler.problem(
            file,
            id,
            "near",
            "needs groups of at least one phrase, and two of them without “any”",
        );
    }
    if raw.within.is_some() == raw.near.is_empty()
        || raw.within.is_some_and(|words| !(1..=MAX_WITHIN).contains(&words))
    {
        compiler.problem(
            file,
            id,
            "within",
            format!("goes with “near”, and is how many words they may lie apart, from 1 to {MAX_WITHIN}"),
        );
    }
    let severity = compiler.word::<Severity>(file, id, "severity", raw.severity.as_deref());
    let stage = raw.stage.as_deref().and_then(|stage| compiler.word::<Stage>(file, id, "stage", Some(stage)));
    if stage.is_some() && !matches!(category, Category::Suicide | Category::SelfHarm) {
        compiler.problem(file, id, "stage", "is only for suicide and self_harm; remove it");
    }
    let surfaces = match &raw.surfaces {
        None => Surface::ALL.iter().copied().collect(),
        Some(words) => {
            if words.is_empty() {
                compiler.problem(
                    file,
                    id,
                    "surfaces",
                    "is empty, so the rule would never apply; leave it out for all",
                );
            }
            words.iter().filter_map(|word| compiler.word(file, id, "surfaces", Some(word))).collect()
        }
    };
    let years = years(compiler, file, id, raw.years.as_deref());
    let mut groups = raw.near.iter();
    let any = if raw.any.is_empty() { groups.next() } else { Some(&raw.any) };
    let any = compiler.phrases(file, id, "any", any.map_or(&[], Vec::as_slice));
    let near = compiler.near(file, id, groups.as_slice());
    let with = compiler.phrases(file, id, "with", &raw.with);
    let unless = compiler.phrases(file, id, "unless", &raw.unless);
    let Some(severity) = severity else { return };
    let (name, why) = (compiler.string(&name), compiler.string(raw.why.trim()));
    compiler.out.rules.push(Rule {
        name,
        why,
        category,
        severity,
        stage,
        surfaces,
        years,
        any,
        with,
        unless,
        near,
        within: raw.within.unwrap_or_default(),
        signal: 0,
    });
}

fn years(compiler: &mut Compiler, file: &str, id: &str, years: Option<&[u8]>) -> Option<(u8, u8)> {
    match years? {
        [0, LAST_YEAR] => None,
        [first, last] if first <= last && *last <= LAST_YEAR => Some((*first, *last)),
        _ => {
            compiler.problem(
                file,
                id,
                "years",
                "must be the first and the last year group, such as [7, 13]; 0 is Reception",
            );
            None
        }
    }
}

pub(crate) fn is_kebab(id: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    id.len() <= 60 && id.split('-').all(part)
}
