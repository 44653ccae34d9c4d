//! Finds rules in text.
//!
//! Of every phrase a few words are chosen (`anchor`); they are all that is looked for. Where one stands, the rest of the
//! phrase is compared word by word. Texts are words already, so a search in the sorted vocabulary does what an automaton
//! would, and nothing has to be built each time the browser wakes the extension; a test holds it against `aho-corasick`.

use super::anchor::{Anchors, Use};
use super::context;
use super::excerpt;
use super::fold::{Folded, Token};
use super::repair::repair;
use super::run::{Stretch, Words};
use super::vocabulary::Vocabulary;
use crate::answer::Finding;
use crate::lists::{Compiled, Cue, ListsError, Pool, Rule};
use crate::model::Model;
use crate::policy::Audience;
use crate::taxonomy::Surface;
use std::cmp::Reverse;
use std::ops::Range;

/// Words on either side that belong to “the same sentence” when somebody writes without stops.
const REACH: usize = 40;
/// Sentences in which one rule is reported.
const MAX_PER_RULE: usize = 8;

/// The compiled rules, and the words that lead to them.
#[derive(Debug)]
pub(crate) struct Matcher {
    rules: Vec<Rule>,
    cues: Vec<Cue>,
    pool: Pool,
    vocabulary: Vocabulary,
    anchors: Anchors,
    /// What several signs together say; none when only rules are asked.
    model: Option<Model>,
}

impl Matcher {
    /// Builds the matcher for an audience: rules for other years are left out.
    ///
    /// # Errors
    /// [`ListsError::Damaged`] when a rule has a phrase that could never be found.
    pub(crate) fn new(compiled: Compiled, audience: Audience) -> Result<Self, ListsError> {
        let vocabulary = Vocabulary::new(compiled.words, &compiled.pool);
        let rules: Vec<Rule> =
            compiled.rules.into_iter().filter(|rule| applies(rule.years, audience)).collect();
        let anchors = Anchors::new(&rules, &compiled.pool, &vocabulary)?;
        Ok(Self { rules, cues: compiled.cues, pool: compiled.pool, vocabulary, anchors, model: None })
    }

    /// Asks a model too, where no rule has said the same.
    pub(crate) fn with_model(self, model: Model) -> Self {
        Self { model: Some(model), ..self }
    }

    /// Everything that is found in a text, gravest first, and then in the order of the text.
    pub(crate) fn check(&self, text: &str, surface: Surface) -> Vec<Finding> {
        let folded = repair(Folded::new(text), text, &self.vocabulary);
        let words = Words::new(&folded, &self.vocabulary);
        let mut hits = Hits::default();
        for (token, known) in words.known().iter().enumerate() {
            let leads = self.vocabulary.leads(*known);
            let mut uses = leads.flat_map(|id| self.anchors.uses(id)).peekable();
            if uses.peek().is_none() {
                continue;
            }
            let stretch = self.stretch(&words, token);
            uses.for_each(|place| self.verify(&stretch, token, place, surface, &mut hits));
        }
        let mut findings: Vec<Finding> =
            hits.found.iter().map(|hit| self.finding(text, &words, hit, surface)).collect();
        if let Some(model) = &self.model {
            model.add(text, &folded, surface, &mut findings);
        }
        findings.sort_by(|a, b| {
            (Reverse(a.severity), Reverse(a.stage), a.span.start, &a.rule).cmp(&(
                Reverse(b.severity),
                Reverse(b.stage),
                b.span.start,
                &b.rule,
            ))
        });
        findings
    }

    fn verify(&self, stretch: &Stretch<'_>, token: usize, place: &Use, surface: Surface, hits: &mut Hits) {
        let Some(tokens) = stretch.around(place.place, token) else { return };
        let Some(rule) = self.rules.get(place.rule).filter(|rule| rule.surfaces.contains(&surface)) else {
            return;
        };
        let Some(sentence) = stretch.words.folded.tokens.get(token).map(|token| token.sentence) else {
            return;
        };
        let nowhere = 0..0;
        if hits.has(place.rule, sentence)
            || (!rule.with.is_empty() && stretch.find(rule.with, &nowhere).is_none())
            || stretch.find(rule.unless, &nowhere).is_some()
        {
            return;
        }
        hits.found.push(Hit { rule: place.rule, sentence, tokens });
    }

    /// The words of the sentence around a token, at most [`REACH`] on either side.
    fn stretch<'a>(&'a self, words: &'a Words<'a>, token: usize) -> Stretch<'a> {
        let folded = words.folded;
        let sentence = folded.tokens.get(token).map(|token| token.sentence);
        let same = |other: &&Token| Some(other.sentence) == sentence;
        let before = folded.tokens.get(..token).unwrap_or_default();
        let after = folded.tokens.get(token..).unwrap_or_default();
        Stretch {
            words,
            pool: &self.pool,
            from: token - before.iter().rev().take(REACH).take_while(same).count(),
            to: token + after.iter().take(REACH + 1).take_while(same).count(),
        }
    }

    fn finding(&self, text: &str, words: &Words<'_>, hit: &Hit, surface: Surface) -> Finding {
        let folded = words.folded;
        let rule = &self.rules[hit.rule];
        let origin =
            |token: usize| folded.tokens.get(token).map(|token| token.origin.clone()).unwrap_or_default();
        let span = origin(hit.tokens.start).start..origin(hit.tokens.end.saturating_sub(1)).end;
        let stretch = self.stretch(words, hit.tokens.start);
        let read = context::read(&self.cues, &stretch, rule, &hit.tokens);
        let sentence = folded.sentences.get(hit.sentence).cloned().unwrap_or(0..text.len());
        Finding {
            category: rule.category,
            severity: read.severity,
            stage: rule.stage,
            surface,
            rule: rule.name.clone(),
            why: rule.why.clone(),
            excerpt: excerpt::cut(text, &sentence, &span),
            span,
            context: read.notes,
        }
    }
}

/// A rule that was found.
struct Hit {
    rule: usize,
    sentence: usize,
    tokens: Range<usize>,
}

/// What has been found so far: each rule once in a sentence.
#[derive(Default)]
struct Hits {
    found: Vec<Hit>,
}

impl Hits {
    /// Whether this rule need not be looked for in this sentence again. Hits are few, so all of them are looked at.
    fn has(&self, rule: usize, sentence: usize) -> bool {
        let mut same = self.found.iter().filter(|hit| hit.rule == rule);
        same.clone().any(|hit| hit.sentence == sentence) || same.nth(MAX_PER_RULE - 1).is_some()
    }
}

/// Whether a rule for some years applies. Rules with years are written about children, so not to staff.
fn applies(years: Option<(u8, u8)>, audience: Audience) -> bool {
    match (years, audience) {
        (None, _) | (Some(_), Audience::Unspecified) => true,
        (Some((first, last)), Audience::Year(year)) => (first..=last).contains(&year),
        (Some(_), Audience::Staff) => false,
    }
}

#[cfg(test)]
#[path = "matcher_tests.rs"]
mod tests;
