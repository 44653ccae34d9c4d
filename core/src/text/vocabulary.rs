//! The words that rules know, whole and as beginnings.
//!
//! Used to find where rules may match, and to tell a disguised word from an ordinary one: `k1ll` is read as “kill”
//! because a rule knows that word, `mp3` stays `mp3` because none knows “mpe”. Every question is answered with one binary
//! search.

use crate::lists::{Lexicon, Piece, Pool};

/// The words of all phrases.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    /// In order, as compiled; if they were not, words would be missed, not misread.
    words: Lexicon,
    /// For each word, how rules want it.
    wanted: Vec<Wanted>,
}

/// How rules want a word.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    /// As it is.
    whole: bool,
    /// As the beginning of longer words.
    open: bool,
    /// The longest other word that it begins with and that may go on.
    above: Option<u32>,
}

/// What the vocabulary says of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its number, if a phrase has this very word.
    pub(crate) number: Option<u32>,
    /// The longest word that may go on and that it is or begins with.
    pub(crate) beginning: Option<u32>,
}

impl Vocabulary {
    /// Collects how each word is used.
    pub(crate) fn new(words: Lexicon, pool: &Pool) -> Self {
        let mut wanted = vec![Wanted::default(); words.len()];
        for piece in pool.all() {
            if let Piece::Word { id, prefix } = piece
                && let Some(word) = wanted.get_mut(id as usize)
            {
                word.whole |= !prefix;
                word.open |= prefix;
            }
        }
        Self { wanted: nest(&words, wanted), words }
    }

    /// How many words there are.
    pub(crate) const fn len(&self) -> usize {
        self.words.len()
    }

    /// A word by its number.
    pub(crate) fn word(&self, id: u32) -> &str {
        self.words.word(id)
    }

    /// Whether some rule would look at this word.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.ending(word).is_some()
    }

    /// The number of a word that some phrase has.
    pub(crate) fn number(&self, word: &str) -> Option<u32> {
        self.words.number(word)
    }

    /// Looks a word up.
    pub(crate) fn look(&self, word: &str) -> Known {
        let place = self.words.place(word);
        let number = (self.words.word(place) == word && !word.is_empty()).then_some(place);
        // What stands between a beginning and a word that has it has it too, so the nearest word has all of them.
        let nearest = number.or_else(|| place.checked_sub(1));
        let beginning = nearest.and_then(|nearest| {
            let open = if self.wanted(nearest).open { Some(nearest) } else { self.wanted(nearest).above };
            self.from(open).find(|id| word.starts_with(self.word(*id)))
        });
        Known { number, beginning }
    }

    /// The words of which rules want something where this word stands: the longest first.
    pub(crate) fn leads(&self, known: Known) -> impl Iterator<Item = u32> {
        known.number.filter(|_| known.number != known.beginning).into_iter().chain(self.from(known.beginning))
    }

    /// A beginning, and those that it begins with.
    fn from(&self, beginning: Option<u32>) -> impl Iterator<Item = u32> {
        std::iter::successors(beginning, |id| self.wanted(*id).above)
    }

    fn wanted(&self, id: u32) -> Wanted {
        self.wanted.get(id as usize).copied().unwrap_or_default()
    }

    /// How many bytes this word has beyond the longest beginning that rules know: none for a whole word. `None` when no
    /// rule would look at it.
    pub(crate) fn ending(&self, word: &str) -> Option<usize> {
        let known = self.look(word);
        if known.number.is_some_and(|id| self.wanted(id).whole) {
            return Some(0);
        }
        known.beginning.map(|known| word.len() - self.word(known).len())
    }

    /// Whether a word that rules know could begin like this.
    pub(crate) fn could_begin(&self, letters: &str) -> bool {
        let next = self.words.word(self.words.place(letters));
        (!next.is_empty() && next.starts_with(letters)) || self.look(letters).beginning.is_some()
    }
}

/// Says of each word which other it begins with. In order, words that share a beginning follow it directly.
fn nest(words: &Lexicon, mut wanted: Vec<Wanted>) -> Vec<Wanted> {
    let mut around: Vec<u32> = Vec::new();
    for (id, word) in (0..).zip(&mut wanted) {
        while around.pop_if(|outer| !words.word(id).starts_with(words.word(*outer))).is_some() {}
        word.above = around.last().copied();
        if word.open {
            around.push(id);
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vocabulary(whole: &[&str], beginnings: &[&str]) -> Vocabulary {
        let sorted = |words: &[&str]| {
            let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            words.sort();
            words.dedup();
            words
        };
        let words = sorted(&[whole, beginnings].concat());
        let of = |word: &String, list: &[&str]| list.contains(&word.as_str());
        let wanted = words
            .iter()
            .map(|word| Wanted { whole: of(word, whole), open: of(word, beginnings), above: None })
            .collect();
        let words = Lexicon::new(words.iter().map(String::as_str));
        Vocabulary { wanted: nest(&words, wanted), words }
    }

    #[test]
    fn whole_words_and_words_that_go_on() {
        let vocabulary = vocabulary(&["die", "killer"], &["kill", "ki"]);
        assert_eq!(vocabulary.ending("die"), Some(0));
        assert_eq!(vocabulary.ending("dies"), None);
        assert_eq!(vocabulary.ending("killing"), Some(3));
        assert_eq!(vocabulary.ending("killer"), Some(0));
        assert_eq!(vocabulary.ending("kilt"), Some(2));
        assert!(
            vocabulary.could_begin("d") && vocabulary.could_begin("killi") && !vocabulary.could_begin("x")
        );
    }

    proptest! {
        #[test]
        fn beginnings_are_those_that_a_search_through_all_finds(
            beginnings in prop::collection::vec("[abé]{1,4}", 0..12),
            word in "[abé]{0,6}",
        ) {
            let refs: Vec<&str> = beginnings.iter().map(String::as_str).collect();
            let mut all: Vec<&str> = refs.iter().filter(|known| word.starts_with(**known)).copied().collect();
            all.sort_by_key(|known| std::cmp::Reverse(known.len()));
            all.dedup();
            let vocabulary = vocabulary(&[], &refs);
            let found = vocabulary.leads(vocabulary.look(&word));
            prop_assert_eq!(found.map(|id| vocabulary.word(id)).collect::<Vec<_>>(), all);
        }
    }
}
