//! Tables that are filled anew for each text, kept from one to the next.
//!
//! A text of a few words needs a dozen of them, and asking for memory a dozen times takes longer than reading the words. They
//! hold numbers: of words in the vocabulary, of bytes, of sentences, and the folded text; all of it is emptied. With them lie the words
//! that were [`seen`](super::seen) lately,
//! one by one, and those of which nothing could be made (`inert` in `repair`).

use super::begun::Begun;
use super::fold::Folded;
use super::present::Present;
use super::repair::Inert;
use super::seen::Seen;
use super::words::{Part, Sentence, Spot};
use crate::lists::Known;
use crate::model::Signs;
use std::fmt;
use std::sync::Mutex;

/// Words of a text from which on its tables are not kept, so that one long text does not fill the memory for ever.
const MOST: usize = 20_000;

/// The tables of one text.
#[derive(Default)]
pub(super) struct Room {
    pub(super) seen: Seen,
    pub(super) inert: Inert,
    pub(super) known: Vec<Known>,
    pub(super) sentences: Vec<Sentence>,
    pub(super) parts: Vec<Part>,
    pub(super) tokens: Vec<Spot>,
    pub(super) begun: Begun,
    pub(super) present: Present,
    /// What the text has of the model's words.
    pub(super) signs: Signs,
    /// The folded text.
    pub(super) folded: Folded,
}

/// Those of the last text, unless another thread has them.
#[derive(Default)]
pub(super) struct Rooms(Mutex<Option<Box<Room>>>);

impl fmt::Debug for Rooms {
    /// Not the numbers: somebody typed the words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rooms")
    }
}

impl Rooms {
    /// Empty tables.
    pub(super) fn take(&self) -> Box<Room> {
        self.0.try_lock().ok().and_then(|mut kept| kept.take()).unwrap_or_default()
    }

    /// Keeps tables for the next text, emptied at once: nothing of the last one stays.
    pub(super) fn keep(&self, mut room: Box<Room>) {
        room.known.clear();
        room.sentences.clear();
        room.parts.clear();
        room.tokens.clear();
        room.begun.clear();
        room.present.clear();
        room.signs.clear();
        room.folded.clear();
        if room.tokens.capacity().max(room.known.capacity()) > MOST {
            let (seen, inert) = (std::mem::take(&mut room.seen), std::mem::take(&mut room.inert));
            *room = Room { seen, inert, ..Room::default() };
        }
        if let Ok(mut kept) = self.0.try_lock() {
            *kept = Some(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_kept_empty_and_long_ones_are_not() {
        let rooms = Rooms::default();
        let mut room = rooms.take();
        room.folded = Folded::new("somebody wrote this");
        room.known.resize(100, Known::default());
        rooms.keep(room);
        let room = rooms.take();
        assert!(room.known.is_empty() && room.known.capacity() >= 100);
        assert_eq!(room.folded, Folded::default(), "nothing of the text stays");
        assert_eq!(rooms.take().known.capacity(), 0, "somebody else has them");
        let mut room = rooms.take();
        room.known.reserve(MOST + 1);
        rooms.keep(room);
        assert_eq!(rooms.take().known.capacity(), 0);
    }
}
