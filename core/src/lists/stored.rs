//! The vocabulary as it is stored: reading it where it lies, writing it, whether its tables fit together, and the numbers of
//! the pieces of phrases that its words are. What is asked of it is in `vocabulary`, how it is made in `tables`.

use crate::lists::ListsError;
use crate::lists::block::{Reader, Writer};
use crate::lists::kind;
use crate::lists::lexicon::Lexicon;
use crate::lists::numbers::{Numbers, Spans, Table};
use crate::lists::pool::Code;
use crate::lists::recent::Recent;
use crate::lists::vocabulary::{NUMBER, Slots, Vocabulary, last_letter};

/// How many pieces of phrases a word of some kinds is.
pub(super) const fn pieces(kinds: u32) -> usize {
    (kinds & (kind::WHOLE | kind::OPEN | kind::CLOSED)).count_ones() as usize
}

impl Slots {
    fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        Ok(Self { groups: Spans::read(reader)?, slots: Table::read(reader)? })
    }

    fn write(&self, writer: &mut Writer) {
        self.groups.write(writer);
        self.slots.write(writer);
    }
}

impl Vocabulary {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ListsError> {
        let mut vocabulary = Self {
            words: Lexicon::read(reader)?,
            kinds: Table::read(reader)?,
            pieces: Spans::read(reader)?,
            above: Numbers::read(reader)?,
            starts: Table::read(reader)?,
            openings: Table::read(reader)?,
            longest: reader.number()?,
            closed: Numbers::read(reader)?,
            last_letters: 0,
            slots: Slots::read(reader)?,
            jumbles: Table::read(reader)?,
            jumbles_of_rules: Table::read(reader)?,
            jumbled: Slots::read(reader)?,
            recent: Recent::default(),
        };
        vocabulary.last_letters = vocabulary.last_letters();
        Ok(vocabulary)
    }

    /// A bit for the last letter of each word that may end longer ones.
    pub(super) fn last_letters(&self) -> u32 {
        let last = |id| self.words.bytes(id).last().map_or(0, |last| last_letter(*last));
        self.closed.iter().fold(0, |all, id| all | last(id))
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.words.write(writer);
        self.kinds.write(writer);
        self.pieces.write(writer);
        self.above.write(writer);
        self.starts.write(writer);
        self.openings.write(writer);
        writer.number(self.longest);
        self.closed.write(writer);
        self.slots.write(writer);
        self.jumbles.write(writer);
        self.jumbles_of_rules.write(writer);
        self.jumbled.write(writer);
    }

    /// How many different pieces the phrases have.
    pub(crate) fn piece_count(&self) -> usize {
        self.pieces.end()
    }

    /// A word as a piece of phrases: as a whole, or, of kinds that come after, further on. It has the kind.
    fn code(&self, id: u32, before: u32) -> Code {
        let number = self.pieces.start(id as usize).map(|start| start + before as usize);
        number.and_then(|number| u16::try_from(number).ok()).map_or(Code::GAP, Code::new)
    }

    /// The piece that a word is as a whole, if a phrase has it.
    pub(crate) fn whole(&self, id: u32) -> Code {
        self.code(id, 0)
    }

    /// The piece that it is as the beginning of longer ones.
    pub(crate) fn opening(&self, id: u32, kinds: u32) -> Code {
        self.code(id, kinds & kind::WHOLE)
    }

    /// The piece that it is as the end of longer ones.
    pub(crate) fn closing(&self, id: u32, kinds: u32) -> Code {
        self.code(id, (kinds & (kind::WHOLE | kind::OPEN)).count_ones())
    }

    /// Whether every table fits the words, so that each question has an answer that ends.
    pub(crate) fn is_sound(&self) -> bool {
        let words = self.len();
        let table = |table: &Slots| {
            table.groups.len().is_power_of_two()
                && table.groups.fit(table.groups.len(), table.slots.len())
                && table.slots.iter().all(|slot| (slot & NUMBER) as usize <= words)
        };
        let pieces = (0..words).map(|word| pieces(self.kinds.get(word).unwrap_or_default()));
        let bits = [&self.starts, &self.openings, &self.jumbles, &self.jumbles_of_rules];
        self.words.is_sound()
            && self.kinds.len() == words
            && self.above.len() == words
            // Each word that another begins with comes before it, so following them comes to an end.
            && self.above.iter().zip(0..).all(|(above, id)| above <= id)
            && self.pieces == Spans::new(pieces)
            && bits.iter().all(|bits| bits.len().is_power_of_two())
            && self.closed.below(words)
            && table(&self.slots)
            && table(&self.jumbled)
    }
}
