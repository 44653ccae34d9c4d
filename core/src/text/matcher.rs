//! Finds rules in text.
//!
//! Of every phrase a few words are chosen (`lists::anchors`); they are all that is looked for. Where one stands, the rest
//! of the phrase is compared word by word. Texts are words already, so one look into a hash table for each word does what
//! an automaton would, and nothing has to be built each time the browser wakes the extension; a test holds it against
//! `aho-corasick`.

use super::context;
use super::excerpt;
use super::fold::Folded;
use super::hits::{Hit, Hits};
use super::present::Present;
use super::repair::repair;
use super::room::{Room, Rooms};
use super::run::Stretch;
use super::words::Words;
use crate::answer::Finding;
use crate::lists::{
    AT_ONCE, Anchors, Bits, Compiled, Cue, Known, Mask, Needed, Openers, Phrases, Pool, Rule, Strings,
    Vocabulary,
};
use crate::model::Model;
use crate::policy::Audience;
use crate::taxonomy::{Category, Surface};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

/// Words on either side that belong to “the same sentence” when somebody writes without stops.
const REACH: usize = 40;
/// Words of a match that hangs on one of several readings of a mistyped word.
const LEAST_FOR_OTHERS: usize = 3;

/// The compiled rules, and the words that lead to them.
#[derive(Debug)]
pub(crate) struct Matcher {
    rules: Vec<Rule>,
    /// The rule that each phrase is of.
    by_phrase: Vec<u16>,
    near: Vec<Phrases>,
    cues: Vec<Cue>,
    pool: Pool,
    vocabulary: Vocabulary,
    rooms: Rooms,
    anchors: Anchors,
    needed: Needed,
    openers: Openers,
    strings: Strings,
    pub(crate) audience: Audience,
    /// What staff have announced a lesson about.
    pub(crate) lesson: BTreeSet<Category>,
    /// What several signs together say; none when only rules are asked.
    model: Option<Model>,
}

/// What is found in a text.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// Gravest first, and then in the order of the text.
    pub(crate) findings: Vec<Finding>,
    /// Signals that mean something only together, in the order of the text.
    pub(crate) signals: Vec<Signal>,
}

/// Something that is no finding by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signal {
    /// Which one, from 1.
    pub(crate) number: u8,
    /// Bytes of the original text, on character edges.
    pub(crate) span: Range<usize>,
    /// The sentence, in bytes of the original.
    pub(crate) sentence: Range<usize>,
}

impl Matcher {
    /// Takes the lists into use for an audience: rules for other years are left out.
    pub(crate) fn new(compiled: Compiled, audience: Audience) -> Self {
        let Compiled { rules, near, cues, pool, vocabulary, anchors, needed, openers, strings, .. } =
            compiled;
        Self {
            by_phrase: by_phrase(&rules),
            rules,
            near,
            cues,
            pool,
            vocabulary,
            rooms: Rooms::default(),
            anchors,
            needed,
            openers,
            strings,
            audience,
            lesson: BTreeSet::new(),
            model: None,
        }
    }

    /// Asks a model too, where no rule has said the same.
    pub(crate) fn with_model(self, mut model: Option<Model>) -> Self {
        model.iter_mut().for_each(|model| model.meet(&self.vocabulary));
        Self { model, rooms: Rooms::default(), ..self }
    }

    /// A name or a reason.
    pub(crate) fn string(&self, number: u32) -> &str {
        self.strings.get(number)
    }

    /// Everything that is found in a text.
    pub(crate) fn read(&self, text: &str, surface: Surface) -> Read {
        let mut room = self.rooms.take();
        let plain = std::mem::take(&mut room.folded).again(text);
        let Room { seen, known, .. } = &mut *room;
        seen.look_up(&plain, known, |word| self.look(word));
        let mut repaired = repair(&plain, &room.known, text, &self.vocabulary, &mut room.inert);
        if let Some((_, known)) = &mut repaired {
            std::mem::swap(&mut room.known, known);
        }
        let folded = repaired.as_ref().map_or(&plain, |(repaired, _)| repaired);
        let typed = std::mem::take(&mut room.known);
        let known = typed.as_slice();
        let words = Words::new(folded, &self.vocabulary, known, &mut room);
        let mut present = std::mem::take(&mut room.present);
        let mut hits = Hits::default();
        let mut token = 0;
        while token < known.len() {
            let sentence = self.sentence(&words, token);
            self.search(&sentence, token, known, &mut present, surface, &mut hits);
            token = sentence.to.max(token + 1);
        }
        // What a mistyped word may also stand for counts only together with other words.
        for (token, others) in &folded.others {
            for other in others {
                let word = self.vocabulary.word(*other);
                let sentence = self.sentence(&words, *token);
                let sets = present.sets(&words, &self.needed, sentence.sentence);
                let search = Search { least: LEAST_FOR_OTHERS, surface, sets };
                for id in self.vocabulary.leads(self.vocabulary.look(word), word) {
                    self.follow(&sentence, *token, id, &search, &mut hits);
                }
            }
        }
        let (mut read, mut kept) = (Read::default(), context::Kept::default());
        for hit in &hits.found {
            let Some(rule) = self.rules.get(hit.rule) else { continue };
            if rule.signal == 0 {
                read.findings.push(self.finding(text, &words, hit, rule, surface, &mut kept));
            } else {
                let sentence = folded.sentences.get(hit.sentence).cloned().unwrap_or_default();
                read.signals.push(Signal { number: rule.signal, span: span(folded, &hit.tokens), sentence });
            }
        }
        if let Some(model) = &self.model {
            let by_rules = read.findings.len();
            model.add(text, folded, known, surface, &mut room.signs, &mut read.findings);
            let by_model = read.findings.iter_mut().skip(by_rules);
            by_model.for_each(|finding| context::announced(&self.lesson, finding));
        }
        words.leave(&mut room);
        (room.known, room.folded, room.present) = (typed, plain, present);
        self.rooms.keep(room);
        read.findings.sort_by(|a, b| {
            (Reverse(a.severity), Reverse(a.stage), a.span.start, &a.rule).cmp(&(
                Reverse(b.severity),
                Reverse(b.stage),
                b.span.start,
                &b.rule,
            ))
        });
        read.signals.sort_by_key(|signal| signal.span.start);
        read
    }

    /// All that is known of a word: what the vocabulary says, what must stand with it, and which word of the model it is.
    fn look(&self, word: &str) -> Known {
        let mut known = self.vocabulary.look(word);
        if known.leads {
            let leads = self.vocabulary.leads(known, word);
            known.wants = leads.fold(Mask::default(), |all, id| all.with(self.anchors.wanted(id)));
        }
        if let Some(model) = &self.model {
            known.sign = model.sign(known, word);
        }
        known
    }

    /// Looks for what the words of a sentence lead to, from a token of it on.
    #[inline(never)]
    fn search(
        &self,
        sentence: &Stretch<'_>,
        from: usize,
        known: &[Known],
        present: &mut Present,
        surface: Surface,
        hits: &mut Hits,
    ) {
        let words = sentence.words;
        let there = words.mask(sentence.sentence);
        let all = known.get(from..sentence.to).unwrap_or_default();
        let mut leading = (from..).zip(all).filter(|(_, known)| known.leads && known.wants.meets(there));
        let Some(first) = leading.next() else { return };
        let sets = present.sets(words, &self.needed, sentence.sentence);
        let search = Search { least: 1, surface, sets };
        for (token, known) in std::iter::once(first).chain(leading) {
            if let (Some(id), true) = (known.number(), known.is_only_itself()) {
                self.follow(sentence, token, id, &search, hits);
                continue;
            }
            for id in self.vocabulary.leads(*known, words.word(token)) {
                self.follow(sentence, token, id, &search, hits);
            }
        }
    }

    /// Looks for what a word leads to around a token of a sentence.
    #[inline(always)]
    fn follow(&self, sentence: &Stretch<'_>, token: usize, id: u32, search: &Search<'_>, hits: &mut Hits) {
        let uses = self.anchors.of(id);
        let mut from = uses.start;
        while from < uses.end {
            let there = self.needed.which(from..uses.end.min(from + AT_ONCE), search.sets);
            // Before anything else is read of the phrases: most of them end here.
            if there != 0 {
                self.consider(sentence, token, (from, there), search, hits);
            }
            from += AT_ONCE;
        }
    }

    /// Compares those of some uses that may be between the words beside a token: a bit for each from the first on.
    #[inline(never)]
    fn consider(
        &self,
        sentence: &Stretch<'_>,
        token: usize,
        (from, mut there): (usize, u64),
        search: &Search<'_>,
        hits: &mut Hits,
    ) {
        let stretch = near(*sentence, token);
        let (before, after) = stretch.beside(token);
        while there != 0 {
            let index = from + there.trailing_zeros() as usize;
            there &= there - 1;
            if self.anchors.may_be(index, &before, &after) {
                self.compare(&stretch, token, index, search, hits);
            }
        }
    }

    /// Compares one of the phrases that a word leads to, if its rule may be found here at all.
    #[inline(never)]
    fn compare(
        &self,
        stretch: &Stretch<'_>,
        token: usize,
        index: usize,
        search: &Search<'_>,
        hits: &mut Hits,
    ) {
        let Some((number, rule)) = self.anchors.phrase(index).and_then(|phrase| self.rule(phrase)) else {
            return;
        };
        if !rule.surfaces.contains(search.surface)
            || !applies(rule.years, self.audience)
            || hits.has(number, stretch.sentence)
            || !self.needed.may_fit(number, rule.near.0 as usize..rule.near.1 as usize, search.sets)
        {
            return;
        }
        let Some(place) = self.anchors.get(&self.pool, index) else { return };
        let Some(tokens) = stretch.around(&place, token) else { return };
        let guessed = stretch.words.folded.tokens.get(tokens.clone()).unwrap_or_default();
        let guessed = guessed.iter().map(|token| usize::from(token.least)).max().unwrap_or_default();
        if tokens.len() < search.least.max(guessed) {
            return;
        }
        let nowhere = 0..0;
        if (rule.with.is_empty() || stretch.find(rule.with, &nowhere).is_some())
            && self.has_near(stretch, rule, &tokens)
            && stretch.find(rule.unless, &nowhere).is_none()
        {
            hits.found.push(Hit { rule: number, sentence: stretch.sentence, tokens });
        }
    }

    /// The rule that a phrase is of, and its number. Rules are in the order of their phrases.
    fn rule(&self, phrase: u32) -> Option<(usize, &Rule)> {
        let mut number = usize::from(*self.by_phrase.get(phrase as usize)?);
        // Beyond what fits a number the rule is looked for from there on.
        let begins = |rule: &Rule| rule.any.numbers().start <= phrase;
        while number >= usize::from(u16::MAX) && self.rules.get(number + 1).is_some_and(begins) {
            number += 1;
        }
        Some((number, self.rules.get(number)?))
    }

    /// Whether of each group that a rule wants near its match, one is.
    fn has_near(&self, stretch: &Stretch<'_>, rule: &Rule, tokens: &Range<usize>) -> bool {
        let within = usize::from(rule.within);
        let around = Stretch {
            from: stretch.from.max(tokens.start.saturating_sub(within)),
            to: stretch.to.min(tokens.end + within),
            ..*stretch
        };
        let groups = self.near.get(rule.near.0 as usize..rule.near.1 as usize).unwrap_or_default();
        groups.iter().all(|group| around.find(*group, tokens).is_some())
    }

    /// The words of the sentence around a token, at most [`REACH`] on either side.
    fn stretch<'a>(&'a self, words: &'a Words<'a>, token: usize) -> Stretch<'a> {
        near(self.sentence(words, token), token)
    }

    /// The sentence of a token.
    fn sentence<'a>(&'a self, words: &'a Words<'a>, token: usize) -> Stretch<'a> {
        let sentence = words.folded.tokens.get(token).map(|token| token.sentence).unwrap_or_default();
        let tokens = words.tokens(sentence);
        let (pool, openers) = (&self.pool, &self.openers);
        Stretch { words, pool, openers, sentence, from: tokens.start, to: tokens.end }
    }

    #[inline(never)]
    fn finding(
        &self,
        text: &str,
        words: &Words<'_>,
        hit: &Hit,
        rule: &Rule,
        surface: Surface,
        kept: &mut context::Kept,
    ) -> Finding {
        let folded = words.folded;
        let span = span(folded, &hit.tokens);
        let stretch = self.stretch(words, hit.tokens.start);
        let read = context::read(kept, &self.cues, &self.lesson, &stretch, rule, &hit.tokens, surface);
        let sentence = folded.sentences.get(hit.sentence).cloned().unwrap_or(0..text.len());
        Finding {
            category: rule.category,
            severity: read.severity,
            stage: rule.stage,
            surface,
            rule: self.strings.get(rule.name).to_owned(),
            why: self.strings.get(rule.why).to_owned(),
            excerpt: excerpt::cut(text, &sentence, &span),
            span,
            context: read.notes,
        }
    }
}

/// Of each phrase of the rules the last rule that begins with it or before, as far as it fits a number.
fn by_phrase(rules: &[Rule]) -> Vec<u16> {
    let starts = rules.iter().map(|rule| rule.any.numbers().start as usize);
    let ends = starts.clone().skip(1).chain(rules.last().map(|rule| rule.any.numbers().end as usize));
    let mut all = Vec::new();
    // Phrases before the first rule's are of none, and would be taken for the first one's.
    for (number, end) in (0..).zip(ends) {
        all.resize(end.max(all.len()), u16::try_from(number).unwrap_or(u16::MAX));
    }
    all
}

/// At most [`REACH`] on either side.
fn near(sentence: Stretch<'_>, token: usize) -> Stretch<'_> {
    let from = sentence.from.max(token.saturating_sub(REACH));
    Stretch { from, to: sentence.to.min(token + REACH + 1), ..sentence }
}

/// The bytes of the original that some tokens cover.
fn span(folded: &Folded, tokens: &Range<usize>) -> Range<usize> {
    let origin =
        |token: usize| folded.tokens.get(token).map(|token| token.origin.clone()).unwrap_or_default();
    origin(tokens.start).start..origin(tokens.end.saturating_sub(1)).end
}

/// What is looked for in a sentence.
struct Search<'a> {
    /// How many words a match must have.
    least: usize,
    surface: Surface,
    /// What the sentence has of that which phrases and rules need.
    sets: &'a Bits,
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
#[cfg(feature = "sources")]
#[path = "matcher_tests.rs"]
mod tests;
