//! Plain letters and digits: most of what is typed, so they are read by themselves.

use super::{Folder, Stops, Token, Word};

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
/// What each byte is that is a letter or digit by itself.
const PLAIN: [u8; 256] = {
    let mut plain = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let what = byte as u8;
        if what.is_ascii_alphabetic() {
            plain[byte] = LETTER;
        } else if what.is_ascii_digit() {
            plain[byte] = DIGIT;
        }
        byte += 1;
    }
    plain
};

/// Whether a byte is a letter or digit by itself.
pub(super) const fn is_plain(byte: u8) -> bool {
    PLAIN[byte as usize] != 0
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
            if what == 0 {
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
        let run = Run::read(rest, 0, false);
        if rest.get(run.bytes) != Some(&b' ') {
            let (same, text) = (run.same(rest), at..at + run.bytes);
            self.word = Word { on: true, text, origin: at..at, run: same, ..Word::default() };
            return self.add(&run, at);
        }
        // A whole word, as nearly all are: it need not be remembered while it is read.
        let odd = run.stretched || run.what == LETTER | DIGIT;
        self.out.hints.odd |= odd;
        self.out.hints.singles += usize::from(run.bytes == 1);
        self.out.tokens.push(Token {
            word: at..at + run.bytes,
            origin: at..at + run.bytes,
            sentence: self.out.sentences.len(),
            separator: self.separator.filter(|_| self.separators == 1),
            odd,
            quoted: self.quoted,
            least: 1,
            several: false,
        });
        (self.separator, self.separators) = (Some(' '), 1);
        run.bytes + 1
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
