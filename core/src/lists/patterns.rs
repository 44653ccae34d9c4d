//! Reads what several lines together may mean: signals, which are no finding by themselves, and patterns of them.

use crate::lists::model::{Pattern, Rule};
use crate::lists::rules::is_kebab;
use crate::lists::source::Compiler;
use crate::taxonomy::{Category, Severity, Surface};
use serde::Deserialize;

/// Most signals: they are remembered as bits of one number.
const MAX_SIGNALS: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatternsFile {
    source: Option<String>,
    reviewed: Option<String>,
    #[serde(default)]
    signal: Vec<RawSignal>,
    #[serde(default)]
    pattern: Vec<RawPattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignal {
    #[serde(default)]
    id: String,
    /// What it is called in a reason.
    #[serde(default)]
    name: String,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPattern {
    #[serde(default)]
    id: String,
    category: Option<String>,
    severity: Option<String>,
    #[serde(default)]
    signals: Vec<String>,
    at_least: Option<u8>,
    #[serde(default)]
    why: String,
}

/// All signals and patterns.
pub(crate) fn patterns_file(compiler: &mut Compiler, file: &str, text: &str) {
    let Some(raw) = compiler.read::<PatternsFile>(file, text) else { return };
    compiler.provenance(file, "", raw.source.as_deref(), raw.reviewed.as_deref());
    if raw.signal.len() > MAX_SIGNALS {
        compiler.problem(file, "", "signal", format!("there are more than {MAX_SIGNALS}; join some"));
        return;
    }
    for (number, signal) in (1_u8..).zip(&raw.signal) {
        let id = signal.id.as_str();
        let taken = raw.signal.iter().take(usize::from(number) - 1).any(|other| other.id == id);
        if !is_kebab(id) || taken || signal.name.trim().is_empty() || signal.any.is_empty() {
            let needs = "needs an id of its own in small letters, a name, and at least one phrase in “any”";
            compiler.problem(file, id, "", needs);
        }
        let any = compiler.phrases(file, id, "any", &signal.any);
        let unless = compiler.phrases(file, id, "unless", &signal.unless);
        let (name, why) = (compiler.string(&format!("signal.{id}")), compiler.string(signal.name.trim()));
        compiler.out.rules.push(Rule {
            name,
            why,
            // A signal is never shown by itself, so this says nothing.
            category: Category::Grooming,
            severity: Severity::Info,
            stage: None,
            surfaces: Surface::ALL.iter().copied().collect(),
            years: None,
            any,
            with: Default::default(),
            unless,
            near: (0, 0),
            within: 0,
            signal: number,
        });
    }
    for each in &raw.pattern {
        pattern(compiler, file, &raw.signal, each);
    }
    for unused in
        raw.signal.iter().filter(|signal| !raw.pattern.iter().any(|p| p.signals.contains(&signal.id)))
    {
        compiler.problem(
            file,
            &unused.id,
            "",
            "is a signal that no pattern has; remove it, or add it to one",
        );
    }
}

fn pattern(compiler: &mut Compiler, file: &str, signals: &[RawSignal], raw: &RawPattern) {
    let id = raw.id.as_str();
    let category = compiler.word::<Category>(file, id, "category", raw.category.as_deref());
    let severity = compiler.word::<Severity>(file, id, "severity", raw.severity.as_deref());
    let mut numbers = Vec::new();
    for name in &raw.signals {
        match (1_u8..).zip(signals).find(|(_, signal)| signal.id == *name) {
            Some((number, signal)) => numbers.push((number, signal.name.trim().to_owned())),
            None => compiler.problem(file, id, "signals", format!("“{name}” is no signal of this file")),
        }
    }
    let at_least = raw.at_least.unwrap_or_default();
    if at_least < 2 || usize::from(at_least) > numbers.len() {
        compiler.problem(file, id, "at_least", "must be from 2 to the number of its signals");
    }
    let (Some(category), Some(severity)) = (category, severity) else { return };
    let name = format!("{category}.{id}");
    if !is_kebab(id) || !compiler.ids.insert(name.clone()) || raw.why.trim().is_empty() {
        compiler.problem(file, id, "", "needs an id of its own in small letters, and a why for a DSL");
    }
    let (name, why) = (compiler.string(&name), compiler.string(raw.why.trim()));
    compiler.out.patterns.push(Pattern { name, why, category, severity, signals: numbers, at_least });
}
