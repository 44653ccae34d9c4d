//! What a sentence says about a match in it: schoolwork, fiction, a negation, a friend.
//!
//! Modest and explainable: the cues are phrases in `lists/context.toml`; however many are found, the severity goes down
//! by one step at most, and never for what cannot wait. Each says so in words.

use super::run::Stretch;
use crate::lists::{Cue, Effect, Place, Rule};
use crate::taxonomy::{Severity, Stage};
use std::ops::Range;

/// Words of a cue before a match, and how far from it the cue may begin.
const BEFORE: usize = 6;

/// A match, read in its sentence.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) severity: Severity,
    pub(super) notes: Vec<String>,
}

/// Reads the sentence around a match.
pub(super) fn read(cues: &[Cue], stretch: &Stretch<'_>, rule: &Rule, tokens: &Range<usize>) -> Reading {
    let mut reading = Reading { severity: rule.severity, notes: Vec::new() };
    for cue in cues {
        let Some(found) = find(cue, stretch, tokens) else { continue };
        let lowers =
            cue.effect == Effect::Lower && !cue.note_only.contains(&rule.category) && may_lower(rule);
        if lowers {
            reading.severity = lower(rule.severity);
        }
        let lead = if lowers { "Lowered: " } else { "" };
        reading.notes.push(format!("{lead}{}", cue.why.replace("{cue}", &words(stretch, &found))));
    }
    reading
}

/// What cannot wait is never lowered, whatever stands beside it.
fn may_lower(rule: &Rule) -> bool {
    rule.severity > Severity::Low && rule.severity < Severity::Critical && rule.stage != Some(Stage::Active)
}

const fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium => Severity::Low,
        Severity::Low | Severity::Info => severity,
    }
}

fn find(cue: &Cue, stretch: &Stretch<'_>, tokens: &Range<usize>) -> Option<Range<usize>> {
    match cue.place {
        Place::Sentence => stretch.find(cue.any, tokens),
        Place::Before => (tokens.start.saturating_sub(BEFORE)..tokens.start).find_map(|start| {
            cue.any
                .numbers()
                .filter_map(|phrase| stretch.starting(phrase, start))
                .find(|found| found.end == tokens.start)
        }),
    }
}

/// The words of a cue, folded: they are named in a reason, not quoted from the pupil.
fn words(stretch: &Stretch<'_>, tokens: &Range<usize>) -> String {
    let words: Vec<&str> = tokens
        .clone()
        .filter_map(|token| stretch.words.folded.tokens.get(token))
        .map(|token| stretch.words.folded.word(token))
        .collect();
    words.join(" ").chars().take(80).collect()
}

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
