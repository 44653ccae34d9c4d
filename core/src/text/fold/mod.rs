//! Folds text into plain words, and remembers where each word came from.
//!
//! One fold for rules and for what people type: compatibility forms, case, accents, lookalike letters, invisible
//! characters, apostrophes, punctuation. A word becomes a run of lower-case letters and digits; an emoji becomes a word
//! of its own. What needs to know the rules' vocabulary (digits for letters, stretched or spelled-out words) happens
//! afterwards, in `repair`, and only to typed text. Sentences are found here too, because only here is the punctuation
//! still there.

mod plain;
mod table;

use std::ops::Range;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// A word of the folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Bytes of [`Folded::text`].
    pub(crate) word: Range<usize>,
    /// Bytes of the original.
    pub(crate) origin: Range<usize>,
    /// Index in [`Folded::sentences`].
    pub(crate) sentence: usize,
    /// What stands between this word and the one before, when it is a single character.
    pub(crate) separator: Option<char>,
    /// May be a disguised word: digits among letters, or one letter three times in a row.
    pub(crate) odd: bool,
    /// Stands between quotation marks.
    pub(crate) quoted: bool,
    /// How many words a match with it must have: more than one for a word that was only guessed.
    pub(crate) least: u8,
    /// May stand for other words: see [`Folded::others`].
    pub(crate) several: bool,
}

/// Signs of disguise in a whole text, so that a text without any is not looked through again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// Some word is odd.
    pub(crate) odd: bool,
    /// Some symbol that may stand for a letter touches one.
    pub(crate) symbols: bool,
    /// How many words have one character.
    pub(crate) singles: usize,
}

/// Folded text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    /// Where the words lie: the original in lower case, because nearly all are words as they stand there, and after it those
    /// that are not.
    pub(super) text: String,
    pub(crate) tokens: Vec<Token>,
    /// Bytes of the original; every token lies in one.
    pub(crate) sentences: Vec<Range<usize>>,
    pub(crate) hints: Hints,
    /// Other words, by number, that a mistyped word may stand for: by the index of its token, in order.
    pub(crate) others: Vec<(usize, Vec<u32>)>,
}

impl Folded {
    #[cfg_attr(not(test), allow(dead_code, reason = "the engine folds text after text"))]
    pub(crate) fn new(original: &str) -> Self {
        Self::default().again(original)
    }

    /// Forgets the text, and keeps its room for another.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.tokens.clear();
        self.sentences.clear();
        self.others.clear();
        self.hints = Hints::default();
    }

    /// Folds another text in the room of this one.
    pub(crate) fn again(self, original: &str) -> Self {
        let mut folder = Folder::new(original, self);
        let bytes = original.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            // Most of what is typed is plain letters and spaces.
            if plain::is_plain(*byte) {
                at += folder.plain(at);
                continue;
            }
            if *byte == b' ' {
                folder.space();
                at += 1;
                continue;
            }
            let mut rest = original.get(at..).unwrap_or_default().chars();
            let Some(c) = rest.next() else { break };
            let end = at + c.len_utf8();
            if let Some(next) = bytes.get(end).filter(|next| byte.is_ascii() && next.is_ascii()) {
                folder.mark(c, at..end, Some(char::from(*next)));
                at = end;
                continue;
            }
            if table::is_invisible(c) {
                // It neither joins nor parts words, and a long run of them must not be looked along again and again.
                at = end;
                continue;
            }
            let next = rest.find(|next| !table::is_invisible(*next));
            folder.character(c, at..end, next);
            at = end;
        }
        folder.finish(original.len())
    }

    /// The word of a token.
    pub(crate) fn word(&self, token: &Token) -> &str {
        self.text.get(token.word.clone()).unwrap_or_default()
    }

    /// All words, with a space between.
    #[cfg(test)]
    pub(crate) fn words(&self) -> String {
        self.tokens.iter().map(|token| self.word(token)).collect::<Vec<&str>>().join(" ")
    }

    /// Other words that the word of a token may stand for.
    pub(crate) fn others(&self, token: usize) -> &[u32] {
        let found = self.others.binary_search_by_key(&token, |(token, _)| *token);
        found.ok().and_then(|at| self.others.get(at)).map_or(&[], |(_, others)| others.as_slice())
    }

    /// Adds a word after the last one.
    pub(crate) fn push(&mut self, word: &str, token: Token) {
        let start = self.text.len();
        self.text.push_str(word);
        let end = self.text.len();
        self.tokens.push(Token { word: start..end, ..token });
    }
}

/// The state while characters arrive.
struct Folder {
    out: Folded,
    /// How many of the text are the original's.
    bytes: usize,
    word: Word,
    /// Characters between the last word and the next: the only one, if there is only one.
    separator: Option<char>,
    separators: usize,
    /// Where the current sentence begins.
    sentence_start: usize,
    /// The run of `.`, `!` and `?` that may end the sentence.
    stops: Stops,
    /// Between quotation marks.
    quoted: bool,
}

/// The word that is being read; its letters are in the folded text already.
#[derive(Default)]
struct Word {
    /// Whether one is being read.
    on: bool,
    /// Bytes of the folded text.
    text: Range<usize>,
    origin: Range<usize>,
    /// Whether accents on the last letter are dropped.
    plain_script: bool,
    digits: bool,
    alphabetic: bool,
    stretched: bool,
    run: usize,
    last: Option<char>,
    letters: usize,
    /// An apostrophe that belongs to the word if a letter follows.
    apostrophe: bool,
}

#[derive(Default, Clone, Copy)]
struct Stops {
    dots: usize,
    others: usize,
    end: usize,
}

impl Folder {
    fn new(original: &str, mut out: Folded) -> Self {
        out.clear();
        let bytes = original.len();
        // Room for the few words that are put after it.
        out.text.reserve(bytes + bytes / 8 + 2 * plain::PAD.len());
        out.text.push_str(original);
        out.text.make_ascii_lowercase();
        out.text.push_str(plain::PAD);
        out.tokens.reserve(bytes / 4 + 1);
        Self {
            out,
            bytes,
            word: Word::default(),
            separator: None,
            separators: 0,
            sentence_start: 0,
            stops: Stops::default(),
            quoted: false,
        }
    }

    fn character(&mut self, c: char, origin: Range<usize>, next: Option<char>) {
        if c.is_ascii() {
            self.mark(c, origin, next);
        } else if table::is_invisible(c) {
            // Dropped without a trace: it neither joins nor parts words.
        } else if table::is_emoji(c) {
            self.end_word();
            self.letter(c, origin);
            self.end_word();
        } else if table::is_apostrophe(c) {
            self.mark('\'', origin, next);
        } else if matches!(c, '…' | '‥') {
            self.separate(c);
        } else if let Some(letter) = table::lookalike(c) {
            self.letter(letter, origin);
        } else {
            decompose_compatible(c, |part| {
                for part in part.to_lowercase() {
                    self.part(part, origin.clone(), next);
                }
            });
        }
    }

    /// A piece of a character that is not plain ASCII as typed.
    fn part(&mut self, c: char, origin: Range<usize>, next: Option<char>) {
        if is_combining_mark(c) {
            // An accent on a Latin, Greek or Cyrillic letter is dropped; elsewhere marks are vowels and stay.
            if self.word.on && !self.word.plain_script {
                self.letter(c, origin);
            }
        } else if table::is_apostrophe(c) {
            // The Greek numeral sign comes apart into a prime, which is one.
            self.mark('\'', origin, next);
        } else if let Some(letter) = table::lookalike(c) {
            self.letter(letter, origin);
        } else if c.is_alphanumeric() {
            self.letter(c, origin);
        } else if !table::is_invisible(c) {
            self.mark(c, origin, next);
        }
    }

    /// Begins a word, unless one is being read.
    fn begin(&mut self, origin: usize) {
        self.stops_before_word();
        if !self.word.on {
            let start = self.out.text.len();
            (self.word.on, self.word.text) = (true, start..start);
            self.word.origin = origin..origin;
            self.word.plain_script = true;
        }
        self.word.apostrophe = false;
    }

    /// Adds a piece of the text to the word that is being read: there was something between.
    fn lengthen(&mut self, piece: Range<usize>) {
        self.move_last();
        self.out.text.extend_from_within(piece);
        self.word.text.end = self.out.text.len();
    }

    /// Puts the word that is being read after everything else, where it may become longer.
    fn move_last(&mut self) {
        let end = self.out.text.len();
        if self.word.text.end == end && self.word.text.start >= self.bytes {
            return;
        }
        self.out.text.extend_from_within(self.word.text.clone());
        self.word.text = end..self.out.text.len();
    }

    fn letter(&mut self, c: char, origin: Range<usize>) {
        self.begin(origin.start);
        self.move_last();
        let word = &mut self.word;
        word.origin.end = origin.end;
        word.run = if word.last == Some(c) { word.run + 1 } else { 1 };
        word.last = Some(c);
        word.letters += 1;
        word.digits |= c.is_ascii_digit();
        word.alphabetic |= c.is_alphabetic();
        word.stretched |= word.run >= 3 && c.is_alphabetic();
        if !is_combining_mark(c) {
            word.plain_script = table::drops_accents(c);
        }
        self.out.text.push(c);
        self.word.text.end = self.out.text.len();
    }

    /// Anything that is not part of a word.
    fn mark(&mut self, c: char, origin: Range<usize>, next: Option<char>) {
        let after = next.is_some_and(char::is_alphanumeric);
        if matches!(c, '@' | '$' | '!' | '|' | '+' | '*' | '#' | '€') {
            // “well!” ends a sentence; what touches a letter after it may be a letter itself.
            self.out.hints.symbols |= after || (c != '!' && self.word.on);
        }
        match c {
            '\'' if self.word.on && !self.word.apostrophe => {
                self.word.apostrophe = true;
                // Between letters it is dropped; the next character decides.
                if !after {
                    self.separate(c);
                }
            }
            '.' | '!' | '?' | '。' => {
                self.separate(c);
                if c == '.' {
                    self.stops.dots += 1;
                } else {
                    self.stops.others += 1;
                }
                self.stops.end = origin.end;
            }
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => {
                self.separate(' ');
                self.end_sentence(origin.start);
                self.quoted = false;
            }
            '"' | '\'' | ')' | ']' | '“' | '”' | '»' if self.stops.end > 0 => {
                self.separate(c);
                self.stops.end = origin.end;
            }
            _ if c.is_whitespace() => self.space(),
            _ => self.separate(c),
        }
        // The word before has been ended, so this is about the next.
        match c {
            '"' => self.quoted = !self.quoted,
            '“' | '«' | '„' => self.quoted = true,
            '”' | '»' => self.quoted = false,
            _ => {}
        }
    }

    /// What parts words within a line.
    fn space(&mut self) {
        self.separate(' ');
        // “Wait…” and “wait...” trail off inside a sentence; one stop, or a louder one, ends it.
        if self.stops.dots == 1 || self.stops.others > 0 {
            self.end_sentence(self.stops.end);
        }
        self.stops = Stops::default();
    }

    fn separate(&mut self, c: char) {
        self.end_word();
        self.separators += 1;
        self.separator = (self.separators == 1).then_some(c);
    }

    /// A stop directly before a letter (`k.i.l.l`, `3.5`) ends no sentence.
    fn stops_before_word(&mut self) {
        self.stops = Stops::default();
    }

    fn end_word(&mut self) {
        if !self.word.on {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let odd = word.stretched || (word.digits && word.alphabetic);
        self.out.hints.odd |= odd;
        self.out.hints.singles += usize::from(word.letters == 1);
        self.out.tokens.push(Token {
            word: word.text,
            origin: word.origin,
            sentence: self.out.sentences.len(),
            separator: self.separator.filter(|_| self.separators == 1),
            odd,
            quoted: self.quoted,
            least: 1,
            several: false,
        });
        self.separator = None;
        self.separators = 0;
    }

    /// Ends the sentence before this byte, unless it has no words yet.
    fn end_sentence(&mut self, end: usize) {
        self.end_word();
        self.stops = Stops::default();
        let open = self.out.sentences.len();
        if self.out.tokens.last().is_some_and(|token| token.sentence == open) {
            self.out.sentences.push(self.sentence_start..end);
            self.sentence_start = end;
        }
    }

    fn finish(mut self, end: usize) -> Folded {
        self.end_sentence(end);
        self.out
    }
}

#[cfg(test)]
mod tests;
