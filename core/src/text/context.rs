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

/// Whether a phrase stands where its cue wants it.
type Fits<'a> = &'a dyn Fn(&Range<usize>) -> bool;

/// Where the phrases of cues may begin around a match, kept for the next one in the same sentence: sentences in which one rule
/// finds something are those in which others do.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The tokens in which they begin and the first after those that they may have.
    around: Range<usize>,
    /// By their phrases; those of one cue, once it has been asked for, in the order of the text.
    places: Vec<Beginning>,
}

/// Where a phrase may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Beginning {
    token: usize,
    phrase: u32,
    stands: Stands,
}

/// Whether it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stands {
    /// Nobody has asked.
    Unasked,
    Not,
    /// Up to this token.
    To(usize),
}

impl Kept {
    /// Finds out where phrases may begin, unless it is known.
    fn look(&mut self, all: Phrases, stretch: &Stretch<'_>, around: Range<usize>) {
        // Tokens are of one sentence each, so the same tokens are the same sentence.
        if self.around == around && !around.is_empty() {
            return;
        }
        let places = stretch.places(all, &around);
        self.places.clear();
        let unasked = |(token, phrase): &(usize, u32)| Beginning {
            token: *token,
            phrase: *phrase,
            stands: Stands::Unasked,
        };
        self.places.extend(places.iter().map(unasked));
        stretch.spend(places);
        self.places.sort_unstable_by_key(|place| (place.phrase, place.token));
        self.around = around;
    }
}

impl Beginning {
    /// The tokens of the phrase, if it stands there.
    fn tokens(&mut self, stretch: &Stretch<'_>) -> Option<Range<usize>> {
        if self.stands == Stands::Unasked {
            let found = stretch.starting(self.phrase, self.token);
            self.stands = found.map_or(Stands::Not, |found| Stands::To(found.end));
        }
        if let Stands::To(end) = self.stands { Some(self.token..end) } else { None }
    }
}

/// Reads the sentence around a match.
#[inline(never)]
pub(super) fn read(
    kept: &mut Kept,
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
    kept.look(all, stretch, around);
    let begun = &mut kept.places;
    // Cues are most often in the order of their phrases, as these are now, so that each goes on where the last one ended.
    let mut at = 0;
    for cue in if begun.is_empty() { &[] } else { cues } {
        let ours = of(cue.any, begun, at);
        if ours.is_empty() {
            continue;
        }
        at = ours.end;
        let Some(begun) = begun.get_mut(ours).filter(|_| speaks(&cue)) else { continue };
        begun.sort_unstable_by_key(|place| (place.token, place.phrase));
        let Some(found) = find(cue, stretch, tokens, begun) else { continue };
        if stretch.find(cue.unless, &(0..0)).is_some() {
            continue;
        }
        let effect = if cue.note_only.contains(&rule.category) { Effect::Note } else { cue.effect };
        note(effect, &cue.why.replace("{cue}", &words(stretch, &found)));
    }
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
fn of(group: Phrases, begun: &[Beginning], at: usize) -> Range<usize> {
    let numbers = group.numbers();
    let phrase = |at: usize| begun.get(at).map(|place| place.phrase);
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
    begun: &mut [Beginning],
) -> Option<Range<usize>> {
    let outside = |found: &Range<usize>| found.end <= tokens.start || found.start >= tokens.end;
    let before = |found: &Range<usize>| found.end == tokens.start;
    let (among, fits): (Range<usize>, Fits<'_>) = match cue.place {
        Place::Sentence => (stretch.from..stretch.to, &outside),
        Place::Quoting => {
            let quoted = stretch.words.folded.tokens.get(tokens.clone())?.iter().all(|token| token.quoted);
            if !quoted {
                return None;
            }
            (stretch.from..stretch.to, &outside)
        }
        Place::Before => {
            let sentence = stretch.words.tokens(stretch.sentence).start;
            (tokens.start.saturating_sub(BEFORE).max(sentence)..tokens.start, &before)
        }
        Place::After => (tokens.end..stretch.to.min(tokens.end + 1), &|_| true),
    };
    let ours = begun.iter_mut().filter(|place| among.contains(&place.token));
    ours.filter_map(|place| place.tokens(stretch)).find(|found| fits(found))
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
