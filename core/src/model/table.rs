//! Finds the model's words in a text.
//!
//! Nearly every word of a text is none of them, so each is looked for in a small bucket that its ends and its length
//! choose; most buckets are empty or hold one word.

use super::weights::Weights;
use crate::text::fold::Folded;

/// Buckets; a power of two, several times as many as there are words.
const BUCKETS: usize = 4096;

/// Where a term stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) token: usize,
    pub(super) term: u16,
}

/// What a text has of the model's words, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Hits {
    pub(super) points: Vec<Hit>,
    /// Tokens of the writer's own voice.
    pub(super) own: Vec<usize>,
}

/// The words and terms of the weights, arranged for looking up.
#[derive(Debug)]
pub(super) struct Table {
    words: Vec<Entry>,
    /// Where each bucket begins in `words`; the last ends with the last.
    starts: Vec<u16>,
    /// Where the words of each term begin in `spelling`; the last ends with the last.
    spells: Vec<u32>,
    spelling: Vec<u16>,
    signs: Vec<u16>,
}

#[derive(Debug, Clone)]
struct Entry {
    word: Box<str>,
    number: u16,
    /// The terms that begin with the word.
    terms: std::ops::Range<u16>,
    own: bool,
}

impl Table {
    pub(super) fn new(weights: &Weights) -> Self {
        let mut spells = Vec::with_capacity(weights.terms.len() + 1);
        let mut end = 0_u32;
        spells.push(end);
        for term in &weights.terms {
            end += u32::from(term.length);
            spells.push(end);
        }
        let mut words: Vec<Entry> = (0..)
            .zip(weights.words.split_terminator(' '))
            .map(|(number, word)| Entry {
                word: word.into(),
                number,
                terms: 0..0,
                own: weights.own.contains(&number),
            })
            .collect();
        for (term, at) in (0_u16..).zip(spells.iter().take(weights.terms.len())) {
            let first = weights.spelling.get(*at as usize).map_or(0, |word| usize::from(*word));
            if let Some(entry) = words.get_mut(first) {
                // Terms lie in the order of their first words.
                let start = if entry.terms.is_empty() { term } else { entry.terms.start };
                entry.terms = start..term + 1;
            }
        }
        words.sort_by_key(|entry| bucket(&entry.word));
        let mut starts = vec![0_u16; BUCKETS + 1];
        for entry in &words {
            starts[bucket(&entry.word) + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let signs = weights.terms.iter().map(|term| term.sign).collect();
        Self { words, starts, spells, spelling: weights.spelling.clone(), signs }
    }

    /// The model's words in a text.
    pub(super) fn read(&self, folded: &Folded) -> Hits {
        let mut hits = Hits::default();
        let mut entries: Vec<Option<&Entry>> = Vec::with_capacity(folded.tokens.len());
        entries.extend(folded.tokens.iter().map(|token| self.entry(folded.word(token))));
        for (token, entry) in entries.iter().enumerate() {
            let Some(entry) = entry else { continue };
            if entry.own {
                hits.own.push(token);
            }
            let before = hits.points.len();
            for term in entry.terms.clone() {
                let sign = self.signs.get(usize::from(term));
                // Of one sign the longest term at a place counts, and it comes first.
                let has = |hit: &Hit| self.signs.get(usize::from(hit.term)) == sign;
                let stands = self.stands(term, token, &entries, folded);
                if stands && !hits.points.get(before..).unwrap_or_default().iter().any(has) {
                    hits.points.push(Hit { token, term });
                }
            }
        }
        hits
    }

    /// Whether the words of a term follow each other from `token`, in one sentence.
    fn stands(&self, term: u16, token: usize, entries: &[Option<&Entry>], folded: &Folded) -> bool {
        let sentence = |at: usize| folded.tokens.get(at).map(|token| token.sentence);
        let rest = self.spell(term).iter().zip(token..).skip(1);
        rest.into_iter().all(|(word, at)| {
            let entry = entries.get(at).copied().flatten();
            entry.is_some_and(|entry| entry.number == *word) && sentence(at) == sentence(token)
        })
    }

    fn spell(&self, term: u16) -> &[u16] {
        let term = usize::from(term);
        let range = self.spells.get(term).zip(self.spells.get(term + 1));
        range.and_then(|(start, end)| self.spelling.get(*start as usize..*end as usize)).unwrap_or_default()
    }

    /// How many words a term has.
    pub(super) fn length(&self, term: u16) -> usize {
        self.spell(term).len()
    }

    /// A term as text.
    pub(super) fn words(&self, weights: &Weights, term: u16) -> String {
        let all: Vec<&str> = weights.words.split_terminator(' ').collect();
        let words = self.spell(term).iter().filter_map(|word| all.get(usize::from(*word)).copied());
        words.collect::<Vec<_>>().join(" ")
    }

    fn entry(&self, word: &str) -> Option<&Entry> {
        let bucket = bucket(word);
        let range = self.starts.get(bucket).zip(self.starts.get(bucket + 1));
        let entries = range.and_then(|(start, end)| self.words.get(usize::from(*start)..usize::from(*end)));
        entries.unwrap_or_default().iter().find(|entry| &*entry.word == word)
    }
}

/// From the first two bytes, the last two and the length: quicker than all of them, and words differ there.
fn bucket(word: &str) -> usize {
    let bytes = word.as_bytes();
    let at = |index: usize| bytes.get(index).copied().map_or(0, usize::from);
    let back = |index: usize| bytes.len().checked_sub(index).map_or(0, at);
    let mixed = at(0) | at(1) << 8 | back(1) << 16 | back(2) << 24;
    let mixed = (mixed as u64).wrapping_add((bytes.len() as u64) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 52).unwrap_or_default() & (BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn short_and_empty_words_have_buckets_of_their_own() {
        let mut all = ["", "a", "ab", "abc", "abcd", "é"].map(bucket);
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
    }
}
