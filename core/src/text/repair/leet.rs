//! Digits and symbols for letters (`k1ll`, `$uicide`, `f*ck`), and letters typed too often (`kiiill`).

use super::{Edit, Text, Token, Way, Ways};
use std::ops::Range;

/// Longer words are not read: nobody types them by hand, and every reading costs time.
const MAX_LETTERS: usize = 40;
/// Readings tried for one word.
const MAX_READINGS: usize = 96;
/// Readings of which it need not be certain that they begin words.
const FEW: usize = 8;
/// Fewest letters of a disguised word.
const MIN_LETTERS: usize = 3;
/// Most symbols that stand together in a word, and most words that symbols join into one.
const MAX_SYMBOLS: usize = 3;
const MAX_JOINED: usize = 8;
/// Words that are looked at to see how a whole text is written.
const MAX_SAMPLE: usize = 400;

/// Symbols that may be part of a word.
pub(super) const fn is_symbol(c: char) -> bool {
    matches!(c, '@' | '$' | '!' | '|' | '+' | '*' | '#' | '€')
}

/// Letters that a digit or symbol may stand for, likeliest first.
pub(super) const fn letters_for(c: char) -> &'static [char] {
    match c {
        '0' => &['o'],
        '1' | '!' | '|' => &['i', 'l'],
        '2' => &['z'],
        '3' | '€' => &['e'],
        '4' | '@' => &['a'],
        '5' | '$' => &['s'],
        '6' => &['g', 'b'],
        '7' | '+' => &['t'],
        '8' => &['b'],
        '9' => &['g'],
        '#' => &['h'],
        // A star hides a letter: most often a vowel.
        '*' => &['i', 'u', 'a', 'e', 'o', 'c', 'h', 'n', 's', 't', 'r', 'l'],
        _ => &[],
    }
}

/// Which readings are accepted.
#[derive(Clone, Copy, PartialEq)]
enum Accept {
    /// Words that rules look at.
    Rules,
    /// Those and English words.
    Words,
}

/// The first reading of a word that is accepted; `None` when it is known as it stands or no reading is. `doubles` says
/// that a letter typed twice may stand for one.
fn reading(text: &Text<'_>, word: &str, accept: Accept, doubles: bool) -> Option<String> {
    let count = word.chars().take(MAX_LETTERS + 1).count();
    // Rules know numbers too, but where digits are letters a number is a word.
    let number = accept == Accept::Words && word.bytes().all(|byte| byte.is_ascii_digit());
    if count > MAX_LETTERS || (!number && text.vocabulary.is_word(word)) {
        return None;
    }
    let mut readings = Readings::with_room(word.len());
    let mut next = Readings::with_room(word.len());
    readings.add("", &[]);
    for (c, length) in runs(word) {
        let letters = letters_for(c);
        let as_typed = [c];
        let choices = if letters.is_empty() { &as_typed[..] } else { letters };
        let lengths: &[usize] = match length {
            0..=1 => &[1],
            2 if !doubles => &[2],
            _ if text.manner.doubled => &[1, 2],
            _ => &[2, 1],
        };
        next.clear();
        for reading in readings.iter() {
            for choice in choices {
                for length in lengths {
                    next.add(reading, [*choice; 2].get(..*length).unwrap_or_default());
                    // What begins no known word is dropped at once, so strange words cost next to nothing.
                    if !next.last().is_some_and(|reading| text.vocabulary.might_begin(reading)) {
                        next.drop_last();
                    }
                }
            }
        }
        // Where there are few, what seems to begin a word may stay until it is whole: asking for certain takes longer.
        if next.ends.len() > FEW {
            next.retain(|reading| text.vocabulary.could_begin(reading));
        }
        next.truncate(MAX_READINGS);
        if next.ends.is_empty() {
            return None;
        }
        std::mem::swap(&mut readings, &mut next);
    }
    let certain = |reading: &&str| text.vocabulary.could_begin(reading);
    let by_rule = || readings.iter().filter(|reading| text.vocabulary.knows(reading)).filter(certain);
    // Somebody who hides a word hides a rude one: “sh*t” is not “shut”.
    let rude = || by_rule().find(|reading| word.contains('*') && !text.vocabulary.is_english(reading));
    let by_word = || readings.iter().find(|reading| text.vocabulary.is_word(reading));
    let words = accept == Accept::Words;
    let read = rude().or_else(|| by_rule().next()).or_else(|| if words { by_word() } else { None });
    read.map(str::to_owned)
}

/// Readings of one word, one directly after another: as strings of their own each would be an allocation.
#[derive(Default)]
struct Readings {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Readings {
    /// With room for a few readings of so many bytes.
    fn with_room(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes * FEW), ends: Vec::with_capacity(FEW * 2) }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Adds a reading and what follows it.
    fn add(&mut self, reading: &str, more: &[char]) {
        self.text.push_str(reading);
        self.text.extend(more);
        self.ends.push(self.text.len());
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default()
    }

    fn last(&self) -> Option<&str> {
        self.text.get(self.start(self.ends.len().checked_sub(1)?)..)
    }

    fn drop_last(&mut self) {
        self.truncate(self.ends.len().saturating_sub(1));
    }

    fn truncate(&mut self, length: usize) {
        if length < self.ends.len() {
            self.text.truncate(self.start(length));
            self.ends.truncate(length);
        }
    }

    fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        let mut kept = Self::default();
        self.iter().filter(|reading| keep(reading)).for_each(|reading| kept.add(reading, &[]));
        *self = kept;
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|at| self.text.get(self.start(at)..*self.ends.get(at)?))
    }
}

/// The word that symbols stand for where the whole text is written like that.
pub(super) fn word(text: &Text<'_>, symbols: &str) -> Option<String> {
    reading(text, symbols, Accept::Words, false)
}

/// Runs of the same character and their lengths.
fn runs(word: &str) -> Vec<(char, usize)> {
    let mut runs: Vec<(char, usize)> = Vec::with_capacity(word.len());
    for c in word.chars() {
        match runs.last_mut() {
            // Two stars are two letters.
            Some((last, length)) if *last == c && c != '*' => *length += 1,
            _ => runs.push((c, 1)),
        }
    }
    runs
}

/// Whether enough of a word is letters for it to be one by itself: “A55” is a road, and “50s” a decade.
fn is_mostly_letters(word: &str) -> bool {
    let (count, letters) = (word.chars().count(), word.chars().filter(|c| c.is_alphabetic()).count());
    count >= MIN_LETTERS && letters >= 2 && letters * 5 >= count * 2
}

/// Whether the whole text has digits and symbols for letters: at least two of its words read as words, one of them long,
/// and few do not.
pub(super) fn everywhere(text: &Text<'_>) -> bool {
    const LEAST: usize = 2;
    const LONG: usize = 4;
    // A look at each word says of most texts that not enough could be read.
    let sample = text.folded.tokens.get(..MAX_SAMPLE.min(text.folded.tokens.len())).unwrap_or_default();
    let may_read = |token: &&Token| token.odd || touches_symbol(text, token);
    let most = sample.iter().filter(may_read).take(LEAST.max(sample.len() / 5 + 1)).count();
    if most < LEAST || most * 5 < sample.len() {
        return false;
    }
    let (mut read, mut long, mut odd, mut at) = (0, 0, 0, 0);
    while let Some(token) = text.token(at).filter(|_| at < MAX_SAMPLE) {
        let word = text.word(at);
        let digits = token.odd && word.bytes().any(|byte| byte.is_ascii_digit());
        let with_symbols = || symbols_read(text, at, Accept::Words);
        if digits && word.chars().count() >= MIN_LETTERS {
            odd += 1;
            let reads = reading(text, word, Accept::Words, false).is_some();
            read += usize::from(reads);
            long += usize::from(reads && word.len() >= LONG && is_mostly_letters(word));
        } else if let Some(edit) = text.folded.hints.symbols.then(with_symbols).flatten() {
            (odd, read) = (odd + 1, read + 1);
            long += usize::from(edit.words.iter().any(|(word, _)| word.len() >= LONG));
            at = edit.tokens.end;
            continue;
        }
        at += 1;
    }
    read >= LEAST && long > 0 && read * 4 >= odd * 3 && read * 5 >= at
}

/// A word with digits for letters, or with a letter many times over.
pub(super) fn digits(text: &Text<'_>, at: usize) -> Option<Edit> {
    let (token, word) = (text.token(at)?, text.word(at));
    let read = if text.manner.leet {
        // Here “70” is “to” and “1” is “i”.
        let digits = word.chars().filter(char::is_ascii_digit).count();
        if digits == 0 || word.chars().count() > MAX_LETTERS {
            return None;
        }
        // What reads as nothing may be mistyped, or several words in one.
        let likeliest = || word.chars().map(|c| letters_for(c).first().copied().unwrap_or(c)).collect();
        let letters = word.chars().any(char::is_alphabetic);
        reading(text, word, Accept::Words, false).or_else(|| letters.then(likeliest))
    } else if token.odd && is_mostly_letters(word) {
        reading(text, word, Accept::Rules, false)
    } else {
        None
    };
    text.one(at..at + 1, read?)
}

fn has_double(word: &str) -> bool {
    word.bytes().zip(word.bytes().skip(1)).any(|(one, next)| one == next)
        && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whether the whole text has letters typed twice: at least three of its words are no words but for that, and a third.
pub(super) fn doubled(text: &Text<'_>) -> bool {
    const LEAST: usize = 3;
    let sample = text.known.len().min(MAX_SAMPLE);
    let least = LEAST.max(sample / 3);
    let strange = || (0..sample).filter(|at| text.known.get(*at).is_some_and(|known| known.strange));
    if strange().nth(least - 1).is_none() {
        return false;
    }
    let doubled = strange().filter(|at| {
        let word = text.word(*at);
        has_double(word) && undoubled(text, word, text.inert.of(word)).is_some()
    });
    doubled.take(least).count() == least
}

/// A strange word in which letters are typed twice; any word, where all are like that.
pub(super) fn stretched(text: &Text<'_>, at: usize, inert: Ways<'_>) -> Option<Edit> {
    let word = text.word(at);
    if !has_double(word) || (word.len() < MIN_LETTERS && !text.manner.doubled) {
        return None;
    }
    let read = if text.is_strange(at) { undoubled(text, word, inert)? } else { once(text, word)? };
    text.one(at..at + 1, read)
}

/// A reading of a word with letters that were typed twice.
fn undoubled(text: &Text<'_>, word: &str, inert: Ways<'_>) -> Option<String> {
    let read = || reading(text, word, Accept::Words, true);
    if text.manner.doubled { read() } else { inert.read(Way::Stretched, read) }
}

/// The word without one of two letters that are the same.
fn once(text: &Text<'_>, word: &str) -> Option<String> {
    let letters: Vec<char> = word.chars().take(MAX_LETTERS + 1).collect();
    if letters.len() > MAX_LETTERS {
        return None;
    }
    let doubles = (1..letters.len()).filter(|at| letters.get(*at) == letters.get(at - 1));
    let mut shorter = doubles.map(|double| {
        let rest = letters.iter().enumerate().filter(|(at, _)| *at != double);
        rest.map(|(_, letter)| *letter).collect::<String>()
    });
    shorter.find(|word| text.vocabulary.is_word(word))
}

/// Symbols directly after a byte of the original.
fn symbols_after(text: &Text<'_>, end: usize) -> usize {
    let rest = text.original.get(end..).unwrap_or_default();
    rest.chars().take(MAX_SYMBOLS).take_while(|c| is_symbol(*c)).map(char::len_utf8).sum()
}

/// Whether a symbol may stand directly before or after a word: its first byte, or its last.
pub(super) fn touches_symbol(text: &Text<'_>, token: &Token) -> bool {
    let bytes = text.original.as_bytes();
    let may_be = |at: usize| bytes.get(at).is_some_and(|byte| MAY_BE_SYMBOL[usize::from(*byte)]);
    // Before the first byte there is none at all.
    may_be(token.origin.start.wrapping_sub(1)) || may_be(token.origin.end)
}

/// Of each byte whether it is a symbol, or a part of a character that may be one.
const MAY_BE_SYMBOL: [bool; 256] = {
    let mut may_be = [true; 256];
    let mut byte = 0;
    while byte < 128 {
        may_be[byte] = is_symbol(byte as u8 as char);
        byte += 1;
    }
    may_be
};

/// Words that symbols join, begin or end (`k!ll`, `$uicide`, `f**k`).
pub(super) fn symbols(text: &Text<'_>, at: usize) -> Option<Edit> {
    symbols_read(text, at, if text.manner.leet { Accept::Words } else { Accept::Rules })
}

fn symbols_read(text: &Text<'_>, at: usize, accept: Accept) -> Option<Edit> {
    let first = text.token(at).filter(|token| touches_symbol(text, token))?;
    let may_be = |word: &str| text.manner.leet || is_mostly_letters(word);
    let before = text.original.get(..first.origin.start)?;
    let lead: usize = before.chars().rev().take(1).take_while(|c| is_symbol(*c)).map(char::len_utf8).sum();
    let start = first.origin.start - lead;
    let mut best: Option<(String, Range<usize>, usize)> = None;
    let mut word: String = before.get(start..).unwrap_or_default().to_owned();
    let mut taken = 0;
    while let Some(token) = text.token(at + taken) {
        word.push_str(text.word(at + taken));
        taken += 1;
        let stars = word.chars().filter(|c| *c == '*').count();
        if taken > MAX_JOINED || stars > MAX_SYMBOLS || word.chars().nth(MAX_LETTERS).is_some() {
            break;
        }
        let end = token.origin.end;
        if (taken > 1 || lead > 0) && may_be(&word) {
            best = reading(text, &word, accept, false).map(|read| (read, start..end, taken)).or(best);
        }
        let after = symbols_after(text, end);
        if after == 0 {
            break;
        }
        let tail = text.original.get(end..end + after).unwrap_or_default();
        word.push_str(tail);
        if text.token(at + taken).is_none_or(|next| next.origin.start != end + after) {
            // “sh!+” ends with symbols; “kill!” is a word and then a mark, and known as it stands.
            let ended = best.is_none() && may_be(&word) && tail != "!";
            best = best.or_else(|| {
                let read = reading(text, &word, accept, false).filter(|_| ended)?;
                Some((read, start..end + after, taken))
            });
            break;
        }
    }
    let (read, origin, taken) = best?;
    Some(Edit { tokens: at..at + taken, words: vec![(read, origin)], others: Vec::new(), least: 1 })
}
