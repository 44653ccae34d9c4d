//! What a sentence says about a match in it: schoolwork, fiction, a quotation, a negation, a friend.
//!
//! Modest and explainable: the cues are phrases in `lists/context.toml`; however many are found, the severity goes down
//! once, as far as the strongest of them says, and never for what cannot wait. Each says so in words. A lesson that
//! staff have announced is read in the same way.

use super::begun::BEFORE;
use super::run::Stretch;
use crate::answer::Finding;
use crate::lists::{Cue, Effect, Phrases, Place, Rule};
use crate::taxonomy::{Category, Severity, Stage, Surface};
use std::collections::BTreeSet;
use std::ops::Range;

/// A match, read in its sentence.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) severity: Severity,
    pub(super) notes: Vec<String>,
}

/// Reads the sentence around a match.
#[inline(never)]
pub(super) fn read(
    cues: &[Cue],
    lesson: &BTreeSet<Category>,
    stretch: &Stretch<'_>,
    rule: &Rule,
    tokens: &Range<usize>,
    surface: Surface,
) -> Reading {
    let mut reading = Reading { severity: rule.severity, notes: Vec::new() };
    let mut note = |effect: Effect, why: &str| {
        let severity = match effect {
            Effect::Lower if may_lower(rule) => lower(rule.severity),
            Effect::Quieten if may_lower(rule) => Severity::Low,
            _ => rule.severity,
        };
        reading.severity = severity.min(reading.severity);
        let lead = if severity < rule.severity { "Lowered: " } else { "" };
        reading.notes.push(format!("{lead}{why}"));
    };
    let speaks = |cue: &&Cue| {
        cue.surfaces.contains(surface) && (cue.only.is_empty() || cue.only.contains(&rule.category))
    };
    // Nearly none of their phrases could begin anywhere here.
    let around = stretch.from.min(tokens.start.saturating_sub(BEFORE))..stretch.to;
    let all = Phrases::around(cues.iter().map(|cue| cue.any));
    let mut begun = stretch.places(all, &around);
    begun.sort_unstable_by_key(|(token, phrase)| (*phrase, *token));
    // Cues are most often in the order of their phrases, as these are now, so that each goes on where the last one ended.
    let mut at = 0;
    for cue in if begun.is_empty() { &[] } else { cues } {
        let ours = of(cue.any, &begun, at);
        if ours.is_empty() {
            continue;
        }
        at = ours.end;
        let Some(begun) = begun.get_mut(ours).filter(|_| speaks(&cue)) else { continue };
        begun.sort_unstable();
        let Some(found) = find(cue, stretch, tokens, begun) else { continue };
        if stretch.find(cue.unless, &(0..0)).is_some() {
            continue;
        }
        let effect = if cue.note_only.contains(&rule.category) { Effect::Note } else { cue.effect };
        note(effect, &cue.why.replace("{cue}", &words(stretch, &found)));
    }
    stretch.spend(begun);
    if lesson.contains(&rule.category) {
        let why = format!("staff have announced a lesson about {}.", rule.category.label());
        note(Effect::Lower, &why);
    }
    reading
}

/// Reads a finding of the model in the light of a lesson that staff have announced.
pub(super) fn announced(lesson: &BTreeSet<Category>, finding: &mut Finding) {
    let may_lower = finding.severity < Severity::Critical && finding.stage != Some(Stage::Active);
    if may_lower && lesson.contains(&finding.category) {
        finding.severity = lower(finding.severity);
        let label = finding.category.label();
        finding.context.push(format!("Lowered: staff have announced a lesson about {label}."));
    }
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

/// Which of some places, in the order of their phrases, are of a group. Those before `at` are before it, or it is looked for
/// from the first on.
fn of(group: Phrases, begun: &[(usize, u32)], at: usize) -> Range<usize> {
    let numbers = group.numbers();
    let phrase = |at: usize| begun.get(at).map(|(_, phrase)| *phrase);
    let behind = at.checked_sub(1).and_then(phrase).is_some_and(|last| last >= numbers.start);
    let mut start = if behind { 0 } else { at };
    while phrase(start).is_some_and(|phrase| phrase < numbers.start) {
        start += 1;
    }
    let mut end = start;
    while phrase(end).is_some_and(|phrase| phrase < numbers.end) {
        end += 1;
    }
    start..end
}

/// Where a cue stands; `begun` is where its phrases may begin, in the order of the text.
fn find(
    cue: &Cue,
    stretch: &Stretch<'_>,
    tokens: &Range<usize>,
    begun: &[(usize, u32)],
) -> Option<Range<usize>> {
    let beginning = |among: Range<usize>| {
        let ours = move |(token, _): &&(usize, u32)| among.contains(token);
        begun.iter().filter(ours).filter_map(|(token, phrase)| stretch.starting(*phrase, *token))
    };
    let outside = || {
        let mut found = beginning(stretch.from..stretch.to);
        found.find(|found| found.end <= tokens.start || found.start >= tokens.end)
    };
    match cue.place {
        Place::Sentence => outside(),
        Place::Quoting => {
            let quoted = stretch.words.folded.tokens.get(tokens.clone())?.iter().all(|token| token.quoted);
            if quoted { outside() } else { None }
        }
        Place::Before => {
            let sentence = stretch.words.tokens(stretch.sentence).start;
            beginning(tokens.start.saturating_sub(BEFORE).max(sentence)..tokens.start)
                .find(|found| found.end == tokens.start)
        }
        Place::After => beginning(tokens.end..stretch.to.min(tokens.end + 1)).next(),
    }
}

/// The words of a cue, folded: they are named in a reason, not quoted from the pupil.
fn words(stretch: &Stretch<'_>, tokens: &Range<usize>) -> String {
    let words: Vec<&str> = tokens.clone().map(|token| stretch.words.word(token)).collect();
    words.join(" ").chars().take(80).collect()
}

#[cfg(test)]
#[cfg(feature = "sources")]
#[path = "context_tests.rs"]
mod tests;
