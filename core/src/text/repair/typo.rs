//! Slips of the hand: two letters swapped (`suicdie`), one left out (`suicde`), one typed twice or put in beside another.
//!
//! Only what is no word is read as one, only as a word that is one slip away, and as the most ordinary of these: where an
//! everyday word and a rule's are both near, it is the everyday one. The vocabulary finds words by their letters in any
//! order, so a swap is one look, and a missing letter twenty-six.

use super::{Edit, Text, Way, Ways};
use crate::lists::{kind, letter, letters};

/// Fewest letters of a word as typed that is read as another; shorter ones are near too many.
const LEAST: usize = 4;
/// Fewest that may be read as another among other words.
const LEAST_AMONG_OTHERS: usize = 3;
/// Fewest letters of the word that was meant, when one was left out or put in.
const LEAST_MEANT: usize = 5;
const MOST: usize = 20;
/// Letters from which a word is itself though a letter is missing, and needs no other beside it.
const CERTAIN: usize = 6;
/// How many kinds of slips there are: a swap, a letter left out, a letter put in.
const SLIPS: u32 = 3;
/// Other words that one may stand for.
const MAX_OTHERS: usize = 6;
/// From so many letters on, a capital is no sign of a name.
const LONG: usize = 6;

/// A strange word that is one slip away from a word.
pub(super) fn edit(text: &Text<'_>, at: usize, inert: Ways<'_>) -> Option<Edit> {
    let word = text.word(at);
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase());
    // It is strange, so it is no word.
    let known = text.token(at).is_some_and(|token| token.several);
    let name = is_name(text, at) || text.folded.tokens.len() == 1;
    if known || !plain || !(LEAST_AMONG_OTHERS..=MOST).contains(&word.len()) || name {
        return fragment(text, at);
    }
    let joined = fragment(text, at);
    if joined.is_some() {
        return joined;
    }
    let near =
        || (!is_formed(text, word)).then(|| near(text, word.as_bytes())).filter(|near| !near.is_empty());
    let mut near = inert.read(Way::Slip, near)?.into_iter();
    let (slip, best) = near.next()?;
    let near = near.map(|(_, id)| id);
    let is_rules = |id: &u32| text.vocabulary.kinds(*id) & kind::WHOLE != 0;
    let meant = text.vocabulary.word(best).len();
    if word.len() < LEAST || (meant < LEAST_MEANT && meant != word.len()) {
        let others: Vec<u32> = std::iter::once(best).chain(near).filter(is_rules).take(MAX_OTHERS).collect();
        let edit = Edit { others, least: 3, ..text.one(at..at + 1, word.to_owned())? };
        return Some(edit).filter(|edit| !edit.others.is_empty());
    }
    let others: Vec<u32> = near.filter(is_rules).take(MAX_OTHERS).collect();
    let swapped = slip % SLIPS == 0;
    let least = if swapped || meant >= CERTAIN { 1 } else { 2 };
    Some(Edit { others, least, ..text.one(at..at + 1, text.vocabulary.word(best).to_owned())? })
}

/// Whether this looks like a name: a capital inside a sentence, or the only word there is.
pub(super) fn is_name(text: &Text<'_>, at: usize) -> bool {
    let Some(token) = text.token(at) else { return false };
    let mut typed = text.original.get(token.origin.clone()).unwrap_or_default().chars();
    let capital = typed.next().is_some_and(char::is_uppercase) && typed.all(|c| !c.is_uppercase());
    let before = at.checked_sub(1).and_then(|before| text.token(before));
    let first = before.is_none_or(|before| before.sentence != token.sentence);
    let only = text.folded.tokens.len() == 1;
    capital && (only || (!first && text.word(at).len() < LONG))
}

/// The words that are one slip away, the likeliest first: how likely and by which slip, and the number.
fn near(text: &Text<'_>, typed: &[u8]) -> Vec<(u32, u32)> {
    let vocabulary = text.vocabulary;
    let sum = letters(typed);
    let added = (b'a'..=b'z').map(|added| sum.wrapping_add(letter(added)));
    let removed = typed.iter().map(|removed| sum.wrapping_sub(letter(*removed)));
    // Where no rule's word is near, it does not matter what was meant.
    if !added.chain(removed).chain([sum]).any(|letters| vocabulary.may_be_of_a_rule(letters)) {
        return Vec::new();
    }
    let mut found: Vec<(u32, u32)> = Vec::new();
    let mut offer = |id: u32, slip: u32, is: fn(&[u8], &[u8]) -> bool| {
        if !is(typed, vocabulary.word(id).as_bytes()) {
            return;
        }
        let kinds = vocabulary.kinds(id);
        let rank = match kinds {
            _ if kinds & kind::EVERYWHERE != 0 => 0,
            _ if kinds & kind::COMMON != 0 => 1,
            // Between an ordinary word and a rule's, the ordinary one.
            _ if kinds & kind::WHOLE == 0 => 2,
            _ => 3,
        };
        found.push((rank * SLIPS + slip, id));
    };
    vocabulary.with_letters(sum).for_each(|id| offer(id, 0, is_swap));
    for added in b'a'..=b'z' {
        let with = sum.wrapping_add(letter(added));
        vocabulary.with_letters(with).for_each(|id| offer(id, 1, is_without));
    }
    let mut taken: Vec<u8> = typed.to_vec();
    taken.sort_unstable();
    taken.dedup();
    for removed in taken.into_iter().filter(|_| typed.len() > LEAST_MEANT) {
        let without = sum.wrapping_sub(letter(removed));
        vocabulary.with_letters(without).for_each(|id| offer(id, 2, |typed, word| is_without(word, typed)));
    }
    found.sort_unstable();
    found.dedup_by_key(|(_, id)| *id);
    found
}

/// Whether a word is made of an English one by an ending or a beginning, though no list has it: “splitting”, “rewalk”.
pub(super) fn is_formed(text: &Text<'_>, word: &str) -> bool {
    const ENDINGS: [&str; 14] =
        ["s", "es", "d", "ed", "ing", "ings", "er", "ers", "ly", "y", "ness", "less", "ful", "able"];
    const BEGINNINGS: [&str; 8] = ["un", "re", "over", "out", "non", "pre", "mis", "anti"];
    const LEAST_STEM: usize = 4;
    let is_stem = |stem: &str| {
        let english = |stem: &[u8]| {
            let kinds = |id| text.vocabulary.kinds(id);
            stem.len() >= LEAST_STEM
                && text.vocabulary.number(stem).is_some_and(|id| kinds(id) & kind::ENGLISH != 0)
        };
        // Only plain letters come here, and few.
        let mut letters = stem.as_bytes().iter().rev();
        let doubled = letters.next() == letters.next();
        english(stem.as_bytes())
            || Short::of(&[stem, "e"]).is_some_and(|with| english(with.letters()))
            || stem
                .strip_suffix('i')
                .and_then(|stem| Short::of(&[stem, "y"]))
                .is_some_and(|with| english(with.letters()))
            || (doubled && stem.as_bytes().split_last().is_some_and(|(_, stem)| english(stem)))
    };
    ENDINGS.iter().any(|ending| word.strip_suffix(ending).is_some_and(is_stem))
        || BEGINNINGS.iter().any(|beginning| word.strip_prefix(beginning).is_some_and(is_stem))
}

/// Whether two neighbours changed places.
fn is_swap(typed: &[u8], word: &[u8]) -> bool {
    let Some(first) = typed.iter().zip(word).position(|(one, other)| one != other) else { return false };
    typed.len() == word.len()
        && typed.get(first) == word.get(first + 1)
        && typed.get(first + 1) == word.get(first)
        && typed.get(first + 2..) == word.get(first + 2..)
}

/// Whether the shorter is the longer without one letter, which is not its first.
fn is_without(shorter: &[u8], longer: &[u8]) -> bool {
    let at = shorter.iter().zip(longer).take_while(|(one, other)| one == other).count();
    at > 0 && longer.len() == shorter.len() + 1 && shorter.get(at..) == longer.get(at + 1..)
}

/// Two pieces of one word: `sui cide`, `f uck`. At least one of them is no word, and together they are a rule's.
fn fragment(text: &Text<'_>, at: usize) -> Option<Edit> {
    let beside = |other: usize, tokens: std::ops::Range<usize>| {
        let (one, next) = (text.token(tokens.start)?, text.token(tokens.start + 1)?);
        let loose = text.is_strange(other) || text.word(other).len() <= 2;
        if !loose || one.sentence != next.sentence || next.separator != Some(' ') {
            return None;
        }
        let pieces = [text.word(tokens.start), text.word(tokens.start + 1)];
        let is_rules = |letters: &[u8]| {
            let number = text.vocabulary.number(letters);
            number.is_some_and(|id| text.vocabulary.kinds(id) & (kind::WHOLE | kind::OPEN) != 0)
        };
        let is_rules = match Short::of(&pieces) {
            Some(word) => word.letters().len() >= LEAST && is_rules(word.letters()),
            None => is_rules(pieces.concat().as_bytes()),
        };
        if is_rules { text.one(tokens, pieces.concat()) } else { None }
    };
    beside(at + 1, at..at + 2)
}

/// A word put together to be looked up, without an allocation.
struct Short {
    bytes: [u8; MOST_SHORT],
    length: usize,
}

/// Bytes of a [`Short`].
const MOST_SHORT: usize = 32;

impl Short {
    /// The pieces, one directly after another; `None` when there is no room for them.
    fn of(pieces: &[&str]) -> Option<Self> {
        let mut short = Self { bytes: [0; MOST_SHORT], length: 0 };
        for piece in pieces {
            let end = short.length + piece.len();
            short.bytes.get_mut(short.length..end)?.copy_from_slice(piece.as_bytes());
            short.length = end;
        }
        Some(short)
    }

    fn letters(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
