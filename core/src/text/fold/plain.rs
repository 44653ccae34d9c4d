//! Plain letters and digits: most of what is typed, so they are read by themselves.

use super::{Folder, Stops, Token, Word};
use std::ops::Range;

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
/// Ends a word whatever comes after it, and says nothing else of the word: neither an apostrophe nor a symbol that may stand
/// for a letter.
const END: u8 = 4;
/// What each byte is that is a letter or digit by itself, or ends a word.
const PLAIN: [u8; 256] = {
    let mut plain = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let what = byte as u8;
        if what.is_ascii_alphabetic() {
            plain[byte] = LETTER;
        } else if what.is_ascii_digit() {
            plain[byte] = DIGIT;
        } else if !matches!(what, b'\'' | b'@' | b'$' | b'|' | b'+' | b'*' | b'#') {
            plain[byte] = END;
        }
        byte += 1;
    }
    plain
};

/// Bytes after the original of which nothing is made, so that at its last words too many bytes can be read at once.
pub(super) const PAD: &str = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Whether a byte is a letter or digit by itself.
pub(super) const fn is_plain(byte: u8) -> bool {
    PLAIN[byte as usize] & (LETTER | DIGIT) != 0
}

/// The highest bit of each of sixteen bytes.
const HIGHEST: u128 = u128::from_le_bytes([0x80; 16]);
/// The highest bit of each of eight.
const HIGH: u64 = u64::from_le_bytes([0x80; 8]);

/// The highest bit of each of eight bytes that is a small letter.
const fn letters(eight: u64) -> u64 {
    let rest = eight & !HIGH;
    let from_a = rest + u64::from_le_bytes([0x80 - b'a'; 8]);
    let after_z = rest + u64::from_le_bytes([0x7f - b'z'; 8]);
    from_a & !after_z & !eight & HIGH
}

/// The small letters with which `rest` begins, if they are a whole word of fewer than sixteen: how many, and whether one
/// stands three times in a row. Many bytes at once, because nearly all words are such.
fn word(rest: &[u8]) -> Option<(usize, bool)> {
    let first = u64::from_le_bytes(*rest.first_chunk()?);
    let others = !letters(first) & HIGH;
    if others != 0 {
        let bytes = others.trailing_zeros() as usize / 8;
        let ends = PLAIN[usize::from(*rest.get(bytes)?)] == END && bytes != 0;
        // Where neighbours are the same; twice in a row, where three are, as far as all three are letters.
        let same = first ^ first >> 8;
        let three = (same | same >> 8) & !HIGH;
        let among = HIGH.checked_shr(80 - 8 * u32::try_from(bytes).ok()?).unwrap_or_default();
        let stretched = !(three + !HIGH) & among != 0;
        return ends.then_some((bytes, stretched));
    }
    let both = u128::from_le_bytes(*rest.first_chunk()?);
    let second = u64::from_le_bytes(*rest.get(8..)?.first_chunk()?);
    let others = !letters(second) & HIGH;
    let bytes = 8 + others.trailing_zeros() as usize / 8;
    if PLAIN[usize::from(*rest.get(bytes)?)] != END || bytes == 16 {
        return None;
    }
    let same = both ^ both >> 8;
    let three = (same | same >> 8) & !HIGHEST;
    let among = HIGHEST >> (144 - 8 * bytes);
    Some((bytes, !(three + !HIGHEST) & among != 0))
}

/// Letters and digits that follow each other.
struct Run {
    bytes: usize,
    /// What they are, together.
    what: u8,
    /// Whether a letter stands three times in a row.
    stretched: bool,
    /// The last of them.
    last: u8,
}

impl Run {
    /// Those with which `rest` begins, in lower case. `last` stands directly before, and before it once more if `twice`.
    fn read(rest: &[u8], mut last: u8, twice: bool) -> Self {
        let (mut bytes, mut all, mut stretched, mut twice) = (0, 0, 0, u8::from(twice));
        for byte in rest {
            let what = PLAIN[usize::from(*byte)];
            if what & (LETTER | DIGIT) == 0 {
                break;
            }
            let same = u8::from(*byte == last);
            stretched |= same & twice & what & LETTER;
            (twice, last) = (same, *byte);
            all |= what;
            bytes += 1;
        }
        Self { bytes, what: all, stretched: stretched != 0, last }
    }

    /// How often the last of them stands at the end.
    fn same(&self, rest: &[u8]) -> usize {
        let run = rest.get(..self.bytes).unwrap_or_default();
        run.iter().rev().take_while(|byte| **byte == self.last).count()
    }
}

impl Folder {
    /// The plain letters and digits at a place of the text, and a space after them: how many bytes they are.
    pub(super) fn plain(&mut self, at: usize) -> usize {
        let rest = self.out.text.as_bytes().get(at..self.bytes).unwrap_or_default();
        if self.word.on {
            let last = self.word.last.and_then(|last| u8::try_from(last).ok()).unwrap_or_default();
            let run = Run::read(rest, last, self.word.run >= 2);
            let same = run.same(rest);
            self.word.run = if same == run.bytes && run.last == last { self.word.run + same } else { same };
            self.begin(at);
            self.lengthen(at..at + run.bytes);
            return self.add(&run, at);
        }
        self.stops = Stops::default();
        if let Some((bytes, stretched)) = word(self.out.text.as_bytes().get(at..).unwrap_or_default()) {
            let space = rest.get(bytes) == Some(&b' ');
            self.whole(at..at + bytes, stretched);
            if space {
                (self.separator, self.separators) = (Some(' '), 1);
                return bytes + 1;
            }
            (self.separator, self.separators) = (None, 0);
            return bytes;
        }
        let run = Run::read(rest, 0, false);
        if rest.get(run.bytes) != Some(&b' ') {
            let (same, text) = (run.same(rest), at..at + run.bytes);
            self.word = Word { on: true, text, origin: at..at, run: same, ..Word::default() };
            return self.add(&run, at);
        }
        // A whole word, as nearly all are: it need not be remembered while it is read.
        self.whole(at..at + run.bytes, run.stretched || run.what == LETTER | DIGIT);
        (self.separator, self.separators) = (Some(' '), 1);
        run.bytes + 1
    }

    /// A whole word as it stands in the original.
    #[inline]
    fn whole(&mut self, word: Range<usize>, odd: bool) {
        self.out.hints.odd |= odd;
        self.out.hints.singles += usize::from(word.len() == 1);
        self.out.tokens.push(Token {
            word: word.clone(),
            origin: word,
            sentence: self.out.sentences.len(),
            separator: self.separator.filter(|_| self.separators == 1),
            odd,
            quoted: self.quoted,
            least: 1,
            several: false,
        });
    }

    /// Adds letters and digits to the word that is being read.
    fn add(&mut self, run: &Run, at: usize) -> usize {
        let word = &mut self.word;
        word.origin.end = at + run.bytes;
        word.alphabetic |= run.what & LETTER != 0;
        word.digits |= run.what & DIGIT != 0;
        word.stretched |= run.stretched;
        word.last = Some(char::from(run.last));
        word.letters += run.bytes;
        word.plain_script = true;
        run.bytes
    }
}
