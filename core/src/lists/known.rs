//! What is known of one word of a text.

use crate::lists::mask::Mask;
use crate::lists::pool::Code;

/// What the vocabulary says of a word, in few bytes, because there is one for every word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// One more than its number and than that of the longest word that may go on and that it is or begins with; 0 for none.
    pub(super) number: u32,
    pub(super) beginning: u32,
    /// What it is in a few bits, as far as it is [only itself](Self::is_only_itself).
    pub(crate) mask: Mask,
    /// Words of which its sentence must have one for anything to be found by it. All, until somebody says which.
    pub(crate) wants: Mask,
    /// Which word of the model it is, as far as [somebody has asked](Self::UNASKED).
    pub(crate) sign: u16,
    /// The piece of phrases that it is as a whole, or none.
    pub(super) piece: Code,
    /// Whether it ends with a word that may end longer ones.
    pub(crate) closed: bool,
    /// Whether some phrase may be looked for where it stands.
    pub(crate) leads: bool,
    /// Whether nothing is known of it, or only a beginning after which no usual ending follows, so that it may well be
    /// another word, or the same one mistyped.
    pub(crate) strange: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            number: 0,
            beginning: 0,
            mask: Mask::UNKNOWN,
            wants: Mask::ALL,
            sign: Self::UNASKED,
            piece: Code::NONE,
            closed: false,
            leads: false,
            strange: false,
        }
    }
}

impl Known {
    /// The model has not been asked for the word.
    pub(crate) const UNASKED: u16 = u16::MAX - 1;

    /// Its number, if it is in the vocabulary.
    pub(crate) const fn number(&self) -> Option<u32> {
        self.number.checked_sub(1)
    }

    /// The longest word that may go on and that it is or begins with.
    pub(crate) const fn beginning(&self) -> Option<u32> {
        self.beginning.checked_sub(1)
    }

    /// The piece of phrases that it is as a whole, and the number of the word.
    pub(crate) fn piece(&self) -> Option<(Code, u32)> {
        if self.piece == Code::NONE { None } else { Some((self.piece, self.number()?)) }
    }

    /// Whether it neither begins nor ends with a word that longer ones may begin or end with: as most words.
    pub(crate) const fn is_only_itself(&self) -> bool {
        self.beginning == 0 && !self.closed
    }
}
