//! What several lines in one field mean together.
//!
//! Grooming is seldom one sentence: somebody asks for an age, then for secrecy, then for another app, a picture, a
//! meeting. And what is little once may be much the third time within an hour. The caller keeps a [`Memory`] for each
//! field and says what time it is; nothing here has a clock. A memory holds numbers and hashes, never words, and it only
//! ever adds or raises.

use super::excerpt;
use super::matcher::{Matcher, Read, Signal};
use crate::answer::{Finding, Typed};
use crate::hash::Fnv;
use crate::lists::Pattern;
use crate::taxonomy::{Category, Severity, Surface};
use serde::{Deserialize, Serialize};

/// How long a line counts, in milliseconds.
const HOUR: i64 = 3_600_000;
/// Within this time the same rule in the same field is the same sentence, still being typed.
const TYPING: i64 = 120_000;
/// Times within an hour from which a finding is raised.
const REPEATED: usize = 3;
/// Things remembered; the oldest give way.
const CAPACITY: usize = 64;

/// What has been seen in one field during the last hour. Starts empty; kept as JSON wherever the caller likes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    signals: Vec<Seen<u8>>,
    findings: Vec<Seen<Category>>,
    told: Vec<Told>,
}

/// Something in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen<T> {
    what: T,
    /// A hash of the rule's name.
    rule: u64,
    /// A hash of the sentence.
    sentence: u64,
    /// When it was first seen, and last.
    first: i64,
    last: i64,
    /// Whether it was raised then.
    raised: bool,
}

/// A pattern that has been reported, with how many signals it had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    pattern: u64,
    signals: usize,
    at: i64,
}

/// Within a time in either direction: a clock that was set back must not keep anything for ever.
const fn within(then: i64, now: i64, time: i64) -> bool {
    now.abs_diff(then) < time.unsigned_abs()
}

fn hash(text: &str) -> u64 {
    let mut hash = Fnv::new();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).for_each(|word| {
        hash.line(&word.to_lowercase());
    });
    hash.value()
}

impl Memory {
    /// Whether it holds nothing that still counts, so that the caller may forget it.
    #[must_use]
    pub fn is_over(&self, now: i64) -> bool {
        let newest =
            self.signals.iter().map(|seen| seen.last).chain(self.findings.iter().map(|seen| seen.last));
        !newest.chain(self.told.iter().map(|told| told.at)).any(|last| within(last, now, HOUR))
    }

    /// What was read in a text, with what follows from the lines before it.
    pub(crate) fn recall(
        &mut self,
        matcher: &Matcher,
        patterns: &[Pattern],
        typed: &Typed<'_>,
        read: Read,
        now: i64,
    ) -> Vec<Finding> {
        self.signals.retain(|seen| within(seen.last, now, HOUR));
        self.findings.retain(|seen| within(seen.last, now, HOUR));
        self.told.retain(|told| within(told.at, now, HOUR));
        let mut findings = read.findings;
        for finding in &mut findings {
            self.repeated(finding, now);
        }
        for signal in &read.signals {
            let sentence = hash(typed.text.get(signal.sentence.clone()).unwrap_or_default());
            self.signal(signal.number, sentence, now);
        }
        if let Some(last) = read.signals.last() {
            let made = patterns.iter().filter_map(|pattern| self.pattern(matcher, pattern, typed, last, now));
            findings.extend(made.collect::<Vec<_>>());
        }
        findings.sort_by_key(|finding| std::cmp::Reverse((finding.severity, finding.stage)));
        findings
    }

    fn signal(&mut self, number: u8, sentence: u64, now: i64) {
        match self.signals.iter_mut().find(|seen| seen.what == number && seen.sentence == sentence) {
            Some(seen) => seen.last = now,
            None => push(
                &mut self.signals,
                Seen { what: number, rule: 0, sentence, first: now, last: now, raised: false },
            ),
        }
    }

    /// Raises a finding by one step if its like has been seen twice before within the hour.
    fn repeated(&mut self, finding: &mut Finding, now: i64) {
        // An essay speaks of its subject in every paragraph, and swearing is a habit.
        if finding.surface == Surface::Document || finding.category == Category::Profanity {
            return;
        }
        let (rule, sentence) = (hash(&finding.rule), hash(&finding.excerpt.text));
        let same = |seen: &&mut Seen<Category>| {
            seen.rule == rule && (seen.sentence == sentence || within(seen.first, now, TYPING))
        };
        let raised = if let Some(seen) = self.findings.iter_mut().find(same) {
            (seen.sentence, seen.last) = (sentence, now);
            seen.raised
        } else {
            let before = self.findings.iter().filter(|seen| seen.what == finding.category);
            // Several rules may speak of one sentence; times are counted.
            let mut times: Vec<i64> =
                before.map(|seen| seen.first).filter(|first| !within(*first, now, TYPING)).collect();
            times.sort_unstable();
            times.dedup_by(|later, earlier| within(*earlier, *later, TYPING));
            let raised = times.len() + 1 >= REPEATED;
            let seen = Seen { what: finding.category, rule, sentence, first: now, last: now, raised };
            push(&mut self.findings, seen);
            raised
        };
        let graver = match finding.severity {
            Severity::Info => Severity::Low,
            Severity::Low => Severity::Medium,
            Severity::Medium => Severity::High,
            severity => severity,
        };
        if raised && graver > finding.severity {
            finding.severity = graver;
            finding.context.push("Raised: not the first time within an hour.".to_owned());
        }
    }

    /// The finding of a pattern, when its signals have come together in more than one sentence, and more of them than
    /// were reported before.
    fn pattern(
        &mut self,
        matcher: &Matcher,
        pattern: &Pattern,
        typed: &Typed<'_>,
        last: &Signal,
        now: i64,
    ) -> Option<Finding> {
        let seen = |number: u8| self.signals.iter().filter(move |seen| seen.what == number);
        let there: Vec<&(u8, String)> =
            pattern.signals.iter().filter(|(number, _)| seen(*number).next().is_some()).collect();
        let mut sentences: Vec<u64> =
            there.iter().flat_map(|(number, _)| seen(*number).map(|seen| seen.sentence)).collect();
        sentences.sort_unstable();
        sentences.dedup();
        let rule = matcher.string(pattern.name);
        let name = hash(rule);
        let told = self.told.iter().filter(|told| told.pattern == name).map(|told| told.signals).max();
        let enough = there.len() >= usize::from(pattern.at_least) && sentences.len() > 1;
        if !enough || !there.iter().any(|(number, _)| *number == last.number) || told >= Some(there.len()) {
            return None;
        }
        push(&mut self.told, Told { pattern: name, signals: there.len(), at: now });
        let names: Vec<&str> = there.iter().map(|(_, name)| name.as_str()).collect();
        Some(Finding {
            category: pattern.category,
            severity: pattern.severity,
            stage: None,
            surface: typed.surface,
            rule: rule.to_owned(),
            why: matcher.string(pattern.why).to_owned(),
            span: last.span.clone(),
            excerpt: excerpt::cut(typed.text, &last.sentence, &last.span),
            context: vec![format!("Over several lines within an hour: {}.", names.join(", "))],
        })
    }
}

fn push<T>(items: &mut Vec<T>, item: T) {
    if items.len() >= CAPACITY {
        items.remove(0);
    }
    items.push(item);
}

#[cfg(test)]
#[cfg(feature = "sources")]
#[path = "conversation_tests.rs"]
mod tests;
