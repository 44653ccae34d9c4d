//! Symbols that stand alone for a word (`! w4n7 70 d!3`, `!'m`), in a text that is written in digits and symbols throughout.
//!
//! A symbol without a letter beside it is no word to the fold, and an exclamation mark ends a sentence there. Where the
//! whole text is disguised neither holds: the mark is the letter i. What is read here goes in front of the word that
//! follows. Symbols inside words are read in `leet`.

use super::{Edit, Text, leet};
use crate::text::fold::{Folded, Token};
use std::ops::Range;

/// What may stand between a symbol and the letters of one word.
const APOSTROPHES: [char; 2] = ['\'', '’'];
/// Most symbols of a word that is nothing else; a star is none, because it may be any letter.
const MAX_SYMBOLS: usize = 3;

/// The text without the ends of sentences that were exclamation marks on their own: “! w4n7”, not “d0n3! 1”.
pub(super) fn without_bangs(folded: &Folded, original: &str) -> Folded {
    let mut merged = folded.clone();
    merged.sentences.clear();
    let mut now = Vec::with_capacity(folded.sentences.len());
    let mut open = false;
    for sentence in &folded.sentences {
        match merged.sentences.last_mut().filter(|_| open) {
            Some(last) => last.end = sentence.end,
            None => merged.sentences.push(sentence.clone()),
        }
        now.push(merged.sentences.len() - 1);
        open = original.get(..sentence.end).is_some_and(ends_alone)
            && original
                .get(sentence.end..)
                .is_some_and(|after| !after.trim_start_matches(' ').starts_with('\n'));
    }
    for token in &mut merged.tokens {
        token.sentence = now.get(token.sentence).copied().unwrap_or(token.sentence);
    }
    merged
}

/// Whether the exclamation marks at the end of a text stand apart from the word before.
fn ends_alone(before: &str) -> bool {
    let rest = before.trim_end_matches('!');
    rest.len() < before.len() && (rest.is_empty() || rest.ends_with(char::is_whitespace))
}

/// An edit at a token, with the words before it that are nothing but symbols.
pub(super) fn with_symbols(text: &Text<'_>, at: usize, edit: Option<Edit>) -> Option<Edit> {
    let Some(token) = text.token(at) else { return edit };
    let mut words = before(text, at, token);
    if words.is_empty() {
        return edit;
    }
    let edit = edit.unwrap_or(Edit { tokens: at..at + 1, words: Vec::new(), others: Vec::new(), least: 1 });
    let mut rest = edit.words;
    if rest.is_empty() {
        let kept = text.folded.tokens.get(edit.tokens.clone()).unwrap_or_default();
        rest = kept.iter().map(|token| (text.folded.word(token).to_owned(), token.origin.clone())).collect();
    }
    // “!'m” is one word: the symbol belongs to what follows.
    if let (Some((last, place)), Some((first, origin))) = (words.last(), rest.first())
        && text.original.get(place.end..origin.start).is_some_and(|gap| matches!(gap, "'" | "’"))
    {
        let joined = (format!("{last}{first}"), place.start..origin.end);
        words.pop();
        words.push(joined);
        rest.remove(0);
    }
    words.extend(rest);
    Some(Edit { words, ..edit })
}

/// Words of symbols between a token and the one before it.
fn before(text: &Text<'_>, at: usize, token: &Token) -> Vec<(String, Range<usize>)> {
    let start = at.checked_sub(1).and_then(|last| text.token(last)).map_or(0, |last| last.origin.end);
    let end = token.origin.start;
    let Some(gap) = text.original.get(start..end) else { return Vec::new() };
    if !gap.chars().any(leet::is_symbol) {
        return Vec::new();
    }
    let mut words = Vec::new();
    let mut from = start;
    for piece in gap.split_inclusive(char::is_whitespace) {
        let place = from..from + piece.trim_end().len();
        from += piece.len();
        let after_word = at > 0 && place.start == start;
        let before_word = place.end == end;
        let (symbols, joins) = match piece.trim_end().strip_suffix(APOSTROPHES) {
            Some(symbols) if before_word => (symbols, true),
            _ => (piece.trim_end(), false),
        };
        let count = symbols.chars().count();
        let fits =
            (1..=MAX_SYMBOLS).contains(&count) && symbols.chars().all(|c| c != '*' && leet::is_symbol(c));
        if !fits || after_word || (before_word && !joins) {
            continue;
        }
        if let Some(read) = leet::word(text, symbols) {
            words.push((read, place.start..place.start + symbols.len()));
        }
    }
    words
}
