//! Words without spaces: `iwanttodie`.
//!
//! The letters are cut where the words are likeliest, by how ordinary each is. Only what is no word itself is cut, and
//! only if all of it becomes words, so that neither a name nor a rare word falls into pieces.

use super::{Edit, Text, Way, Ways, typo};
use crate::lists::{MOST_OPENING, Vocabulary, kind};

/// Fewest letters that are cut.
const LEAST: usize = 8;
/// The same in a text that has no spaces at all.
const LEAST_AMONG_OTHERS: usize = 5;
/// So many words are neither a compound nor a name.
const MANY: usize = 3;
/// Longest word that is looked for.
const MAX_WORD: usize = 16;
/// Most letters that are looked at; the rest of a longer run stays as it is.
const MAX_LETTERS: usize = 4_000;
/// Longest ending of a word of which rules know only the beginning.
const MAX_ENDING: usize = 4;
/// Letters from which a run is no word for certain, so that a name in it does not keep it together.
const LONG: usize = 20;
/// What a letter costs that is in no word.
const LONE: u32 = 13;
/// A place that no words lead to yet.
const NOWHERE: (u32, usize, usize) = (u32::MAX, 0, 0);
/// Places of a run that needs no allocation.
const SHORT: usize = 32;
/// Of a long run, the part of which so many letters may be in no word.
const LETTERS_FOR_A_LONE_ONE: usize = 4;

/// A strange word that is several words.
pub(super) fn edit(text: &Text<'_>, at: usize, inert: Ways<'_>) -> Option<Edit> {
    let (token, word) = (text.token(at)?, text.word(at));
    let joined = text.manner.joined;
    let least = if joined { LEAST_AMONG_OTHERS } else { LEAST };
    if word.len() < least || !word.is_ascii() {
        return None;
    }
    let read = || cut(word, text.vocabulary).filter(|lengths| says(text, word, &split(word, lengths)));
    let lengths = if joined { read() } else { inert.read(Way::Joined, read) }?;
    let words = split(word, &lengths);
    let name = || word.len() < LONG * 2 / 3 && typo::is_name(text, at);
    if !joined && words.len() < MANY && !words.iter().any(|word| is_rude(text, word)) && name() {
        return None;
    }
    // Every letter of a plain word is a byte of what was typed; of any other the pieces cover all of it.
    let typed = text.original.get(token.origin.clone()).unwrap_or_default();
    let plain = typed.is_ascii() && typed.len() == word.len();
    let mut from = token.origin.start;
    let origins = words.iter().map(|word| {
        let start = from;
        from += word.len();
        if plain { start..from } else { token.origin.clone() }
    });
    let origins: Vec<_> = origins.collect();
    let words = words.iter().map(|word| (*word).to_owned()).zip(origins).collect();
    Some(Edit { tokens: at..at + 1, words, others: Vec::new(), least: 1 })
}

/// The kinds of a word.
fn kinds(text: &Text<'_>, word: &str) -> u32 {
    text.vocabulary.number(word.as_bytes()).map_or(0, |id| text.vocabulary.kinds(id))
}

/// Whether only rules have a word, and it is long enough to be nothing else.
fn is_rude(text: &Text<'_>, word: &str) -> bool {
    word.len() >= 5 && kinds(text, word) & (kind::WHOLE | kind::ENGLISH) == kind::WHOLE
}

/// Whether a word says something as the words that it was cut into, and some rule looks for one of them.
fn says(text: &Text<'_>, word: &str, words: &[&str]) -> bool {
    let joined = text.manner.joined;
    let everywhere = |word: &&str| kinds(text, word) & kind::EVERYWHERE != 0;
    let common = |word: &&&str| kinds(text, word) & (kind::EVERYWHERE | kind::COMMON) != 0;
    let letters: usize = words.iter().filter(common).map(|word| word.len()).sum();
    let rude = words.iter().any(|word| is_rude(text, word));
    let no_scraps = || words.iter().all(|word| word.len() > 2 || common(&word));
    // Two words are a compound more often than not, and names are made of words too: what somebody says in one breath
    // is half of it the common words of any sentence, and none of the others is as short.
    let enough = match words {
        _ if joined && rude => true,
        // Among others that run together two short words will do: “gokys”.
        _ if joined && words.len() < MANY => words.iter().any(&everywhere) && no_scraps(),
        [one, other] => {
            let either = letters > 0 || (rude && !typo::is_formed(text, word));
            one.len().min(other.len()) >= 4 && either
        }
        _ if word.len() >= LONG => true,
        _ if words.len() > MANY && word.len() > words.len() * 3 && words.iter().any(everywhere) => {
            no_scraps()
        }
        _ => {
            let share = if word.len() < LONG * 2 / 3 { 50 } else { 35 };
            (letters * 100 >= word.len() * share || rude) && no_scraps()
        }
    };
    // Words of which none is looked for lead nowhere.
    enough && words.iter().any(|word| word.len() > 2 && text.vocabulary.knows(word))
}

/// Whether a text has words but no space between any: what one person types in one breath, and no address.
pub(super) fn everywhere(text: &Text<'_>) -> bool {
    let letters = || text.folded.tokens.iter().map(|token| token.word.len()).sum::<usize>();
    text.folded.tokens.len() > 1
        && !matches!(text.word(0), "http" | "https" | "www")
        && !text.original.chars().any(char::is_whitespace)
        && letters() >= LONG
}

fn split<'a>(word: &'a str, lengths: &[usize]) -> Vec<&'a str> {
    let mut rest = word;
    let mut words = Vec::with_capacity(lengths.len());
    for length in lengths {
        let Some((word, after)) = rest.split_at_checked(*length) else { break };
        words.push(word);
        rest = after;
    }
    words
}

/// The lengths of the words that letters make; `None` when too many are in no word, or they are not plain letters.
pub(super) fn cut(letters: &str, vocabulary: &Vocabulary) -> Option<Vec<usize>> {
    let bytes = letters.as_bytes();
    if bytes.len() > MAX_LETTERS || !letters.is_ascii() {
        return None;
    }
    // For each place: the least cost to get there, the letters in no word on the way, and the length of the last word.
    if bytes.len() < LONG && !is_words(letters, vocabulary) {
        return None;
    }
    let (mut short, mut long) = ([NOWHERE; SHORT], Vec::new());
    let best = match short.get_mut(..=bytes.len()) {
        Some(best) => best,
        None => {
            long.resize(bytes.len() + 1, NOWHERE);
            long.as_mut_slice()
        }
    };
    best[0] = (0, 0, 0);
    for start in 0..bytes.len() {
        let (cost, lone, _) = best[start];
        let longest = MAX_WORD.min(bytes.len() - start);
        for length in 1..=longest {
            let Some(word) = letters.get(start..start + length) else { break };
            // Of more letters it is not known, and it was asked of the first of them.
            if length <= MOST_OPENING && !vocabulary.may_begin(word.as_bytes()) {
                break;
            }
            let (more, alone) = match price(word, vocabulary) {
                Some(price) => (price, 0),
                None if length == 1 => (LONE, 1),
                None => continue,
            };
            let end = &mut best[start + length];
            // Of two ways that cost the same the one whose last word is longer: “i never”, and not “in ever”.
            let (cost, lone) = (cost + more, lone + alone);
            if (cost, lone) < (end.0, end.1) || ((cost, lone) == (end.0, end.1) && length > end.2) {
                *end = (cost, lone, length);
            }
        }
    }
    let (_, lone, _) = *best.last()?;
    let may = if bytes.len() < LONG { 0 } else { bytes.len() / LETTERS_FOR_A_LONE_ONE };
    if lone > may {
        return None;
    }
    let mut lengths: Vec<usize> = Vec::new();
    let mut end = bytes.len();
    let mut alone = false;
    while let Some((_, lone, length)) = best.get(end).copied().filter(|_| end > 0) {
        end -= length;
        // Letters in no word are a word that nobody knows.
        let outside = best.get(end).is_some_and(|(_, before, _)| *before < lone);
        match lengths.last_mut() {
            Some(last) if alone && outside => *last += length,
            _ => lengths.push(length),
        }
        alone = outside;
    }
    lengths.reverse();
    Some(lengths)
}

/// Whether letters, fewer than 32 of them, can be cut into words at all: asked first, because nearly none can.
fn is_words(letters: &str, vocabulary: &Vocabulary) -> bool {
    // A bit for each place that words lead to.
    let mut reached = 1_u32;
    for start in (0..letters.len()).filter(|start| *start < 31) {
        if reached >> start == 0 {
            return false;
        }
        if reached >> start & 1 == 0 {
            continue;
        }
        for length in 1..=MAX_WORD.min(letters.len() - start) {
            let Some(word) = letters.get(start..start + length) else { break };
            if length <= MOST_OPENING && !vocabulary.may_begin(word.as_bytes()) {
                break;
            }
            let leads = reached >> (start + length) & 1 == 0 && price(word, vocabulary).is_some();
            reached |= u32::from(leads) << (start + length);
        }
    }
    reached >> letters.len() & 1 != 0
}

/// What a word costs: little when it is everywhere, and more when it is short, because short words fit anywhere.
fn price(word: &str, vocabulary: &Vocabulary) -> Option<u32> {
    if word.len() == 1 && !matches!(word, "i" | "a" | "u") {
        return None;
    }
    let Some(id) = vocabulary.number(word.as_bytes()) else {
        return (word.len() > 5 && vocabulary.is_ended(word, MAX_ENDING)).then_some(24);
    };
    let kinds = vocabulary.kinds(id);
    let everywhere = kinds & kind::EVERYWHERE != 0;
    Some(match word.len() {
        1 if matches!(word, "i" | "a") => 5,
        1 if word == "u" => 9,
        1 => return None,
        2 if everywhere => 7,
        2 => 13,
        _ if everywhere => 5,
        _ if kinds & kind::COMMON != 0 => 6,
        3 if kinds & kind::ENGLISH != 0 => 11,
        _ if kinds & kind::ENGLISH != 0 => 9,
        // What only rules have may be slang, such as “meself” and “jumpin”: two ordinary words are likelier.
        length if length < LEAST => 12,
        // And several of its words, such as “suicidenote”, are likelier yet.
        _ => 16,
    })
}
