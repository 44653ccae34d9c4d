//! Reads words as what they stand for: disguises, letters spelled out or run together, typing errors.
//!
//! A reading is accepted only if it makes a word that some rule knows, or, where a whole text is disguised, an English
//! one; otherwise the words stay as they were typed. So `mp3`, `A55`, `bob@home.example` and `grade a b c` cannot become
//! anything by accident, and what is a word already is never taken for another. `leet` reads digits and symbols,
//! `alone` symbols that are a word by themselves, `spelled` letters one by one, `joined` words without spaces, `typo`
//! slips of the hand; `inert` remembers strange words that none of them reads. A text in which nothing is strange is not looked through at all.

mod alone;
mod inert;
mod joined;
mod leet;
mod spelled;
mod typo;

use super::fold::{Folded, Token};
use crate::lists::{Known, Vocabulary};
pub(crate) use inert::Inert;
use inert::{Way, Ways};
use std::ops::Range;

/// How a whole text is disguised. What one word alone would not be read as, it is among others of its kind.
#[derive(Debug, Clone, Copy, Default)]
struct Manner {
    /// Digits stand for letters.
    leet: bool,
    /// Letters stand one by one, with this between them.
    spelled: Option<char>,
    /// Letters are typed twice.
    doubled: bool,
    /// There are no spaces.
    joined: bool,
}

/// Words in the place of others.
struct Edit {
    /// The tokens that they replace.
    tokens: Range<usize>,
    /// Each with the bytes of the original that it covers.
    words: Vec<(String, Range<usize>)>,
    /// Other words, by number, that the last word may stand for.
    others: Vec<u32>,
    /// How many words a match with the last one must have.
    least: u8,
}

/// What the repairs look at.
struct Text<'a> {
    folded: &'a Folded,
    original: &'a str,
    vocabulary: &'a Vocabulary,
    known: &'a [Known],
    inert: &'a Inert,
    manner: Manner,
}

impl Text<'_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.folded.tokens.get(at)
    }

    /// The word at a place; empty beyond the last.
    fn word(&self, at: usize) -> &str {
        self.token(at).map_or("", |token| self.folded.word(token))
    }

    /// Whether the vocabulary has nothing for the word at a place.
    fn is_strange(&self, at: usize) -> bool {
        self.known.get(at).is_some_and(|known| known.strange)
    }

    /// An edit that puts one word in the place of some tokens.
    fn one(&self, tokens: Range<usize>, word: String) -> Option<Edit> {
        let first = self.token(tokens.start)?;
        let last = self.token(tokens.end.checked_sub(1)?)?;
        let origin = first.origin.start..last.origin.end;
        Some(Edit { tokens, words: vec![(word, origin)], others: Vec::new(), least: 1 })
    }
}

/// The text with its words repaired, and what the vocabulary says of each; `None` when it stays as it is. `known` is what
/// it says of the words as they were typed, and `inert` what was nothing under this vocabulary before.
pub(crate) fn repair(
    folded: &Folded,
    known: &[Known],
    original: &str,
    vocabulary: &Vocabulary,
    inert: &mut Inert,
) -> Option<(Folded, Vec<Known>)> {
    inert.open();
    let (once, known) = pass(folded, known, original, vocabulary, inert)?;
    if !(folded.hints.odd || folded.hints.symbols || folded.hints.singles >= spelled::LEAST) {
        return Some((once, known));
    }
    // What a disguise hid may be mistyped, or run together, in its turn.
    let twice = pass(&once, &known, original, vocabulary, inert);
    Some(twice.unwrap_or((once, known)))
}

fn pass(
    folded: &Folded,
    known: &[Known],
    original: &str,
    vocabulary: &Vocabulary,
    inert: &Inert,
) -> Option<(Folded, Vec<Known>)> {
    let hints = folded.hints;
    let singles = spelled::may_be(folded);
    let disguised = hints.odd || hints.symbols || singles;
    if !disguised && !known.iter().any(|known| known.strange) {
        return None;
    }
    let mut text = Text { folded, original, vocabulary, known, inert, manner: Manner::default() };
    text.manner.leet = hints.odd || hints.symbols;
    text.manner.leet = text.manner.leet && leet::everywhere(&text);
    let merged;
    if text.manner.leet && hints.symbols {
        merged = alone::without_bangs(folded, original);
        text.folded = &merged;
    }
    text.manner.spelled = if text.manner.leet { None } else { spelled::everywhere(&text) };
    text.manner.doubled = leet::doubled(&text);
    text.manner.joined = joined::everywhere(&text);
    let mut edits: Vec<Edit> = Vec::new();
    let mut at = 0;
    // Where nothing is disguised only strange words are looked at.
    let only_strange = !disguised && !text.manner.doubled && !text.manner.leet;
    while at < folded.tokens.len() {
        if only_strange {
            let rest = known.get(at..).unwrap_or_default();
            let Some(next) = rest.iter().position(|known| known.strange) else { break };
            at += next;
        }
        // Whatever stands between words may be one where all is written in symbols.
        let anything = text.manner.leet && hints.symbols;
        if !anything && !may_edit(&text, at, singles) {
            at += 1;
            continue;
        }
        let mut edit = edit(&text, at);
        if anything {
            edit = alone::with_symbols(&text, at, edit);
        }
        at = edit.as_ref().map_or(at + 1, |edit| edit.tokens.end);
        edits.extend(edit.filter(|edit| !edit.words.is_empty()));
    }
    (!edits.is_empty()).then(|| rebuild(&text, edits))
}

/// Whether a repair may begin at a token: in most texts with a sign of a disguise it is one word that has it. `singles` says
/// whether single characters may spell words.
fn may_edit(text: &Text<'_>, at: usize, singles: bool) -> bool {
    let Some(token) = text.token(at) else { return false };
    let hints = text.folded.hints;
    text.is_strange(at)
        || text.manner.doubled
        || text.manner.leet
        || token.odd
        || (hints.symbols && leet::touches_symbol(text, token))
        || (singles && token.word.len() <= spelled::WIDEST && spelled::is_single(text.folded.word(token)))
}

/// The repair that begins at a token. Without words it only says how far there is nothing to repair.
fn edit(text: &Text<'_>, at: usize) -> Option<Edit> {
    let hints = text.folded.hints;
    let spelled = (hints.singles >= spelled::LEAST).then(|| spelled::edit(text, at)).flatten();
    let symbols = || hints.symbols.then(|| leet::symbols(text, at)).flatten();
    let digits = || (hints.odd || text.manner.leet).then(|| leet::digits(text, at)).flatten();
    let strange = || {
        if !text.is_strange(at) && !text.manner.doubled {
            return None;
        }
        let inert = text.inert.of(text.word(at));
        let stretched = leet::stretched(text, at, inert);
        if stretched.is_some() || !text.is_strange(at) {
            return stretched;
        }
        joined::edit(text, at, inert).or_else(|| typo::edit(text, at, inert))
    };
    spelled.or_else(symbols).or_else(digits).or_else(strange)
}

/// The text with the edits made, and what is known of its words. What was a hint of a disguise is none any more.
fn rebuild(text: &Text<'_>, edits: Vec<Edit>) -> (Folded, Vec<Known>) {
    let folded = text.folded;
    let mut out = Folded {
        text: String::with_capacity(folded.text.len() + 16 * edits.len()),
        tokens: Vec::with_capacity(folded.tokens.len() + edits.len()),
        sentences: folded.sentences.clone(),
        ..Folded::default()
    };
    let mut known: Vec<Known> = Vec::with_capacity(folded.tokens.len() + edits.len());
    let mut at = 0;
    let keep = |out: &mut Folded, known: &mut Vec<Known>, tokens: Range<usize>| {
        known.extend_from_slice(text.known.get(tokens.clone()).unwrap_or_default());
        for index in tokens {
            let Some(token) = folded.tokens.get(index) else { continue };
            if token.several {
                out.others.push((out.tokens.len(), folded.others(index).to_vec()));
            }
            out.tokens.push(token.clone());
        }
    };
    out.text.push_str(&folded.text);
    for edit in edits {
        keep(&mut out, &mut known, at..edit.tokens.start);
        let Some(first) = folded.tokens.get(edit.tokens.start) else { continue };
        let last = edit.words.len().saturating_sub(1);
        for (index, (word, origin)) in edit.words.into_iter().enumerate() {
            // Symbols that are words come in front; what was guessed is the word after them.
            let guessed = index == last;
            let several = guessed && !edit.others.is_empty();
            if several {
                out.others.push((out.tokens.len(), edit.others.clone()));
            }
            let least = if guessed { edit.least.max(first.least) } else { first.least };
            known.push(text.vocabulary.look(&word));
            out.push(&word, Token { origin, odd: false, least, several, ..first.clone() });
        }
        at = edit.tokens.end;
    }
    keep(&mut out, &mut known, at..folded.tokens.len());
    (out, known)
}

#[cfg(test)]
#[cfg(feature = "sources")]
mod tests;
