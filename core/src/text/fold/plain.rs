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
    /// The last of them, and how often it stands at the end.
    last: u8,
    same: usize,
}

impl Run {
    /// Adds those with which `rest` begins to a text. `last` and `same` are of what stands directly before.
    fn read(text: &mut String, rest: &[u8], last: u8, same: usize) -> Self {
        let mut run = Self { bytes: 0, what: 0, stretched: false, last, same };
        for byte in rest {
            let what = PLAIN[usize::from(*byte)];
            if what == 0 {
                break;
            }
            // Digits stay what they are. It is ASCII, which is said once more so that it is written as one byte.
            let byte = (byte | 0x20) & 0x7f;
            run.same = if byte == run.last { run.same + 1 } else { 1 };
            run.last = byte;
            run.what |= what;
            run.stretched |= run.same >= 3 && what == LETTER;
            run.bytes += 1;
            // One by one, because words are short.
            text.push(char::from(byte));
        }
        run
    }
}

impl Folder {
    /// The plain letters and digits with which `rest` begins, at `at` of the original, and a space after them: how many
    /// bytes they are.
    pub(super) fn plain(&mut self, rest: &[u8], at: usize) -> usize {
        if self.word.start.is_some() {
            self.begin(at);
            let last = self.word.last.and_then(|last| u8::try_from(last).ok()).unwrap_or_default();
            let run = Run::read(&mut self.out.text, rest, last, self.word.run);
            return self.add(&run, at);
        }
        self.stops = Stops::default();
        if self.out.text.is_empty() {
            self.out.text.push(' ');
        }
        let start = self.out.text.len();
        let run = Run::read(&mut self.out.text, rest, 0, 0);
        if rest.get(run.bytes) != Some(&b' ') {
            self.word = Word { start: Some(start), origin: at..at, ..Word::default() };
            return self.add(&run, at);
        }
        // A whole word, as nearly all are: it need not be remembered while it is read.
        let end = self.out.text.len();
        self.out.text.push(' ');
        let odd = run.stretched || run.what == LETTER | DIGIT;
        self.out.hints.odd |= odd;
        self.out.hints.singles += usize::from(run.bytes == 1);
        self.out.tokens.push(Token {
            word: start..end,
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
        word.run = run.same;
        word.alphabetic |= run.what & LETTER != 0;
        word.digits |= run.what & DIGIT != 0;
        word.stretched |= run.stretched;
        word.last = Some(char::from(run.last));
        word.letters += run.bytes;
        word.plain_script = true;
        run.bytes
    }
}
