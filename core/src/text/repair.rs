//! Undoes disguises: digits and symbols for letters, stretched letters, letters spelled out one by one.
//!
//! A reading is accepted only if it makes a word that some rule knows; otherwise the words stay as they were typed. So
//! `mp3`, `A55`, `bob@home.example` and `grade a b c` cannot become anything by accident. Text without anything odd is
//! returned as it came, without a copy.

use super::fold::{Folded, Token};
use super::vocabulary::Vocabulary;

/// Longer words are not repaired: nobody types them by hand, and every reading costs time.
const MAX_LETTERS: usize = 40;
/// Readings tried for one word.
const MAX_READINGS: usize = 96;
/// Fewest letters of a word that was spelled out.
const MIN_SPELLED: usize = 3;
/// Most letters that are looked at together when they are spelled out.
const MAX_SPELLED: usize = 200;
/// Longest word that is looked for among them.
const MAX_WORD_SPELLED: usize = 16;
/// Longest ending of a word of which rules know only the beginning, such as `kill` and `ing`.
const MAX_ENDING: usize = 4;

/// Reads disguised words as the words that they stand for.
pub(crate) fn repair(folded: Folded, original: &str, vocabulary: &Vocabulary) -> Folded {
    let suspicious = folded.tokens.iter().any(|token| token.odd || token.separator.is_some_and(is_symbol))
        || has_spelled_run(&folded)
        || original.contains(['@', '$', '!', '|', '+']);
    if !suspicious {
        return folded;
    }
    let mut out = Folded { sentences: folded.sentences.clone(), ..Folded::default() };
    let mut at = 0;
    while at < folded.tokens.len() {
        at += spelled_out(&folded, at, vocabulary, &mut out)
            .or_else(|| glued(&folded, at, original, vocabulary, &mut out))
            .unwrap_or_else(|| {
                let token = &folded.tokens[at];
                let word = folded.word(token);
                let read = if token.odd { reading(word, vocabulary) } else { None };
                out.push(read.as_deref().unwrap_or(word), token.clone());
                1
            });
    }
    out
}

const fn is_symbol(c: char) -> bool {
    matches!(c, '@' | '$' | '!' | '|' | '+')
}

/// Letters that a digit or symbol may stand for, likeliest first.
const fn letters_for(c: char) -> &'static [char] {
    match c {
        '0' => &['o'],
        '1' | '!' | '|' => &['i', 'l'],
        '3' => &['e'],
        '4' | '@' => &['a'],
        '5' | '$' => &['s'],
        '7' | '+' => &['t'],
        '8' => &['b'],
        '9' => &['g'],
        _ => &[],
    }
}

/// The first reading of a word that the rules know; `None` when it is known as it stands or no reading is.
fn reading(word: &str, vocabulary: &Vocabulary) -> Option<String> {
    let count = word.chars().take(MAX_LETTERS + 1).count();
    if !(MIN_SPELLED..=MAX_LETTERS).contains(&count) || vocabulary.knows(word) {
        return None;
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    // “A55” is a road and “50s” a decade: much of a disguised word is still letters.
    if letters < 2 || letters * 5 < count * 2 {
        return None;
    }
    let mut readings = vec![String::new()];
    for (c, length) in runs(word) {
        let letters = letters_for(c);
        let as_typed = [c];
        let choices = if letters.is_empty() { &as_typed[..] } else { letters };
        let lengths: &[usize] = if length >= 3 { &[2, 1] } else { &[length] };
        let mut next = Vec::new();
        for reading in &readings {
            for choice in choices {
                for length in lengths {
                    let mut longer = reading.clone();
                    longer.extend(std::iter::repeat_n(*choice, *length));
                    // What begins no known word is dropped at once, so strange words cost next to nothing.
                    if vocabulary.could_begin(&longer) {
                        next.push(longer);
                    }
                }
            }
        }
        next.truncate(MAX_READINGS);
        readings = next;
    }
    readings.into_iter().find(|reading| vocabulary.knows(reading))
}

/// Runs of the same character and their lengths.
fn runs(word: &str) -> Vec<(char, usize)> {
    let mut runs: Vec<(char, usize)> = Vec::new();
    for c in word.chars() {
        match runs.last_mut() {
            Some((last, length)) if *last == c => *length += 1,
            _ => runs.push((c, 1)),
        }
    }
    runs
}

/// Words that a symbol joins (`k!ll`, `$uicide`): pushes the word that they make together, and says how many tokens it
/// took.
fn glued(
    folded: &Folded,
    at: usize,
    original: &str,
    vocabulary: &Vocabulary,
    out: &mut Folded,
) -> Option<usize> {
    let first = folded.tokens.get(at)?;
    let before = original.get(..first.origin.start)?.chars().next_back().filter(|c| is_symbol(*c));
    let mut word: String = before.into_iter().chain(folded.word(first).chars()).collect();
    let mut taken = 1;
    let mut best = None;
    if before.is_some() {
        best = reading(&word, vocabulary).map(|read| (read, taken));
    }
    while let Some(next) = folded.tokens.get(at + taken) {
        let Some(symbol) = next.separator.filter(|c| is_symbol(*c)) else { break };
        word.push(symbol);
        word.push_str(folded.word(next));
        taken += 1;
        if word.chars().nth(MAX_LETTERS).is_some() {
            break;
        }
        best = reading(&word, vocabulary).map(|read| (read, taken)).or(best);
    }
    let (read, taken) = best?;
    let last = folded.tokens.get(at + taken - 1)?;
    let start = first.origin.start - before.map_or(0, char::len_utf8);
    out.push(&read, Token { origin: start..last.origin.end, odd: false, ..first.clone() });
    Some(taken)
}

fn is_single(folded: &Folded, token: &Token) -> bool {
    folded.word(token).chars().nth(1).is_none()
}

fn has_spelled_run(folded: &Folded) -> bool {
    folded.tokens.windows(MIN_SPELLED).any(|window| window.iter().all(|token| is_single(folded, token)))
}

/// Letters one by one with the same character between them (`k i l l`, `k.y.s`): pushes the words that they spell and
/// says how many tokens it took. A run that spells nothing is pushed as it is.
fn spelled_out(folded: &Folded, at: usize, vocabulary: &Vocabulary, out: &mut Folded) -> Option<usize> {
    let run = folded.tokens.get(at..)?;
    let (first, between) = (run.first()?, run.get(1)?.separator?);
    let length = run
        .iter()
        .take(MAX_SPELLED)
        .enumerate()
        .take_while(|(index, token)| {
            is_single(folded, token)
                && (*index == 0 || token.separator == Some(between))
                && token.sentence == first.sentence
        })
        .count();
    let run = run.get(..length).filter(|run| run.len() >= MIN_SPELLED)?;
    let letters: Vec<char> = run
        .iter()
        .filter_map(|token| folded.word(token).chars().next())
        .map(|c| letters_for(c).first().copied().unwrap_or(c))
        .collect();
    let Some(lengths) = segment(&letters, vocabulary) else {
        run.iter().for_each(|token| out.push(folded.word(token), token.clone()));
        return Some(run.len());
    };
    let mut from = 0;
    for length in lengths {
        let (first, last) = (run.get(from)?, run.get(from + length - 1)?);
        let word: String = letters.get(from..from + length)?.iter().collect();
        out.push(&word, Token { origin: first.origin.start..last.origin.end, odd: false, ..first.clone() });
        from += length;
    }
    Some(run.len())
}

/// The words that these letters make, as lengths: as few lone letters as can be, and then as few words. Accepted only
/// with a word of four letters, or if the whole run is words and one has three: `i a m` and `x y z` are left alone.
fn segment(letters: &[char], vocabulary: &Vocabulary) -> Option<Vec<usize>> {
    // best[n]: for the first n letters, how many lone letters, the cost of the words, and the last word's length.
    let mut best = vec![(usize::MAX, usize::MAX, 0); letters.len() + 1];
    best[0] = (0, 0, 0);
    for start in 0..letters.len() {
        let (lone, cost, _) = best[start];
        let mut word = String::new();
        for (length, letter) in (1..=MAX_WORD_SPELLED).zip(&letters[start..]) {
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
    (longest >= 4 || (all_words && longest >= MIN_SPELLED)).then_some(lengths)
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
