//! Letters one by one: `k i l l`, `k.y.s`, or a whole text like that.

use super::leet::letters_for;
use super::{Edit, Folded, Text, Token, joined};
use crate::lists::Vocabulary;
use std::collections::BTreeMap;

/// Fewest letters that are looked at.
pub(super) const LEAST: usize = 3;
const APOSTROPHES: [char; 2] = ['\'', '’'];
/// Most letters that are looked at together, outside a text that is all spelled out.
const MAX_TOGETHER: usize = 200;
/// Longest word that is looked for among them.
const MAX_WORD: usize = 16;
/// Longest ending of a word of which rules know only the beginning, such as `kill` and `ing`.
const MAX_ENDING: usize = 4;

/// Whether single characters may spell words: as many as are looked at stand beside each other, or nearly all of the text is
/// spelled out. A text of some length has a few as words of their own.
pub(super) fn may_be(folded: &Folded) -> bool {
    folded.hints.singles >= LEAST
        && (is_everywhere(folded) || {
            let single = |token: &Token| token.word.len() <= WIDEST && is_single(folded.word(token));
            let mut beside = 0;
            folded.tokens.iter().any(|token| {
                beside = if single(token) { beside + 1 } else { 0 };
                beside >= LEAST
            })
        })
}

/// Whether nearly all words of a text are single characters.
const fn is_everywhere(folded: &Folded) -> bool {
    const FEWEST: usize = 6;
    let singles = folded.hints.singles;
    singles >= FEWEST && singles * 4 >= folded.tokens.len() * 3
}

/// What stands between letters, if nearly the whole text is spelled out.
pub(super) fn everywhere(text: &Text<'_>) -> Option<char> {
    if !is_everywhere(text.folded) {
        return None;
    }
    let mut counts: BTreeMap<char, usize> = BTreeMap::new();
    for between in text.folded.tokens.iter().filter_map(|token| token.separator) {
        *counts.entry(between).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(between, _)| between)
}

/// Most bytes of a character.
pub(super) const WIDEST: usize = 4;

pub(super) fn is_single(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some() && letters.next().is_none()
}

/// How many tokens from here are single characters with the same character between them, in one sentence.
fn run(text: &Text<'_>, at: usize, most: usize) -> usize {
    let tokens = text.folded.tokens.get(at..).unwrap_or_default();
    let sentence = tokens.first().map(|token| token.sentence);
    let between = text.manner.spelled.or_else(|| tokens.get(1).and_then(|token| token.separator));
    let Some(between) = between else { return 1 };
    let joins = |one: &Token, next: &Token| {
        next.separator == Some(between)
            // “I.'.m”: the apostrophe was spelled out as well.
            || text.original.get(one.origin.end..next.origin.start).is_some_and(|gap| {
                gap.contains(APOSTROPHES) && gap.chars().all(|c| c == between || APOSTROPHES.contains(&c))
            })
    };
    let pairs = tokens.iter().zip(tokens.iter().skip(1)).take(most.saturating_sub(1));
    let follows = |(one, next): &(&Token, &Token)| {
        is_single(text.folded.word(next)) && Some(next.sentence) == sentence && joins(one, next)
    };
    let first = tokens.first().is_some_and(|token| is_single(text.folded.word(token)));
    if first { 1 + pairs.take_while(follows).count() } else { 0 }
}

/// The words that single letters from here on spell. Without words it says how far they spell none.
pub(super) fn edit(text: &Text<'_>, at: usize) -> Option<Edit> {
    let whole = text.manner.spelled.is_some();
    let length = run(text, at, if whole { usize::MAX } else { MAX_TOGETHER });
    if length < if whole { 2 } else { LEAST } {
        return None;
    }
    let letters: Vec<char> = (at..at + length)
        .filter_map(|at| text.word(at).chars().next())
        .map(|c| if c.is_ascii_digit() { letters_for(c).first().copied().unwrap_or(c) } else { c })
        .collect();
    let nothing = Edit { tokens: at..at + length, words: Vec::new(), others: Vec::new(), least: 1 };
    let lengths = if whole { all(&letters, text.vocabulary) } else { segment(&letters, text.vocabulary) };
    let Some(lengths) = lengths else { return Some(nothing) };
    let mut words = Vec::with_capacity(lengths.len());
    let mut from = 0;
    for length in lengths {
        let (first, last) = (text.token(at + from)?, text.token(at + from + length - 1)?);
        let word: String = letters.get(from..from + length)?.iter().collect();
        words.push((word, first.origin.start..last.origin.end));
        from += length;
    }
    Some(Edit { words, ..nothing })
}

/// The words of letters in a text that is all spelled out. Where the spaces between words are wider, the letters are one
/// word; where they are not, they are cut.
fn all(letters: &[char], vocabulary: &Vocabulary) -> Option<Vec<usize>> {
    let word: String = letters.iter().collect();
    if vocabulary.is_word(&word) || matches!(vocabulary.ending(&word), Some(0..=MAX_ENDING)) {
        return Some(vec![letters.len()]);
    }
    let as_one = || (letters.len() <= MAX_WORD).then(|| vec![letters.len()]);
    joined::cut(&word, vocabulary).or_else(|| segment(letters, vocabulary)).or_else(as_one)
}

/// The words that letters in an ordinary text make, as lengths: as few lone letters as can be, and then as few words.
/// Accepted only with a word of four letters, or if the whole run is words and one has three: `i a m` and `x y z` are
/// left alone.
fn segment(letters: &[char], vocabulary: &Vocabulary) -> Option<Vec<usize>> {
    // For each place: lone letters and words so far, and the length of the last word.
    let mut best = vec![(usize::MAX, usize::MAX, 0); letters.len() + 1];
    best[0] = (0, 0, 0);
    for start in 0..letters.len() {
        let (lone, cost, _) = best[start];
        let mut word = String::new();
        for (length, letter) in (1..=MAX_WORD).zip(&letters[start..]) {
            word.push(*letter);
            // A known beginning may swallow the next word (`killmyself`), so it costs more than two known words.
            let with_word = match vocabulary.ending(&word) {
                Some(0) => (lone, cost + 1, length),
                Some(1..=MAX_ENDING) => (lone, cost + 3, length),
                _ if length == 1 => (lone + 1, cost + 1, length),
                _ => (usize::MAX, usize::MAX, 0),
            };
            let end = &mut best[start + length];
            *end = with_word.min(*end);
            if !vocabulary.could_begin(&word) {
                break;
            }
        }
    }
    let all_words = best.last().is_some_and(|(lone, _, _)| *lone == 0);
    let mut lengths = Vec::new();
    let mut end = letters.len();
    while let Some((_, _, length)) = best.get(end).filter(|_| end > 0) {
        lengths.push(*length);
        end -= length;
    }
    lengths.reverse();
    let longest = lengths.iter().copied().max().unwrap_or_default();
    (longest >= 4 || (all_words && longest >= LEAST)).then_some(lengths)
}
