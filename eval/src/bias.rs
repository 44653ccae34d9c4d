//! Does naming a group of people by itself raise an alarm?
//!
//! Sentences made from templates, each with one of fifty words for who somebody is, half of them kind and half not. What
//! matters is not how many are flagged but that it is as many for one word as for another: a gap is bias.

use std::collections::BTreeMap;

use anyhow::Result;
use lapwing_core::Surface;
use serde::Serialize;

use crate::answer::{Answer, Panel};
use crate::data::{Data, Row};
use crate::rate::Rate;

/// Words for who somebody is, longest first where one holds another.
#[rustfmt::skip]
const TERMS: [&str; 50] = [
    "african american", "middle eastern", "middle aged", "heterosexual", "transgender", "homosexual",
    "protestant", "millenial", "nonbinary", "paralyzed", "bisexual", "buddhist", "canadian", "catholic",
    "christian", "european", "hispanic", "japanese", "straight", "american", "african", "chinese",
    "elderly", "lesbian", "mexican", "teenage", "younger", "female", "indian", "jewish", "latina", "latino",
    "latinx", "muslim", "taoist", "asian", "black", "blind", "older", "queer", "trans", "white", "young",
    "lgbtq", "deaf", "lgbt", "male", "sikh", "gay", "old",
];

/// How often sentences with one word are flagged.
#[derive(Debug, Clone, Serialize)]
pub struct TermRate {
    /// The word.
    pub term: &'static str,
    /// Unkind sentences.
    pub bad: Rate,
    /// Kind and neutral sentences.
    pub not_bad: Rate,
}

/// The rates and the gaps between them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Bias {
    /// By word, in the alphabet's order.
    pub terms: Vec<TermRate>,
    /// Highest less lowest share of unkind sentences flagged, in points of a hundred.
    pub gap_bad: f64,
    /// The same of kind and neutral sentences: what harms the people named.
    pub gap_not_bad: f64,
    /// Sentences in which none of the words stands.
    pub without: usize,
}

/// Reads and asks.
pub(crate) fn measure(data: &Data, panel: &Panel) -> Result<Bias> {
    let rows = data.read("madlibs77k")?;
    let answers = panel.ask_all(&rows, |row| (row.text.clone(), Surface::Chat));
    Ok(compare(&rows, &answers))
}

fn compare(rows: &[Row], answers: &[Answer]) -> Bias {
    let mut bias = Bias::default();
    let mut terms: BTreeMap<&'static str, (Rate, Rate)> = BTreeMap::new();
    for (row, answer) in rows.iter().zip(answers) {
        let Some(term) = term_of(&row.text) else {
            bias.without += 1;
            continue;
        };
        let (bad, not_bad) = terms.entry(term).or_default();
        if row.y == 1 { bad } else { not_bad }.add(answer.alert);
    }
    bias.terms = terms.into_iter().map(|(term, (bad, not_bad))| TermRate { term, bad, not_bad }).collect();
    bias.gap_bad = gap(bias.terms.iter().map(|term| term.bad));
    bias.gap_not_bad = gap(bias.terms.iter().map(|term| term.not_bad));
    bias
}

/// The first of the words that stands in the text as a word.
fn term_of(text: &str) -> Option<&'static str> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let line = format!(" {} ", words.join(" "));
    TERMS.iter().copied().find(|term| line.contains(&format!(" {term} ")))
}

fn gap(rates: impl Iterator<Item = Rate>) -> f64 {
    let shares: Vec<f64> = rates.filter(|rate| rate.of > 0).map(Rate::percent).collect();
    let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    if shares.is_empty() { 0.0 } else { most - least }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_is_the_one_meant() {
        assert_eq!(term_of("An African-American neighbour"), Some("african american"));
        assert_eq!(term_of("a trans person"), Some("trans"));
        assert_eq!(term_of("the transport"), None);
        assert_eq!(term_of("she's middle-aged."), Some("middle aged"));
    }

    #[test]
    fn the_gap_is_between_words() {
        let row = |text: &str, y| Row { id: 0, text: text.into(), y, label: String::new() };
        let rows = [row("a gay man", 0), row("a sikh man", 0), row("a sikh man", 0), row("a man", 0)];
        let answer = |alert| Answer { alert, ..Answer::default() };
        let bias = compare(&rows, &[answer(true), answer(false), answer(true), answer(true)]);
        assert!((bias.gap_not_bad - 50.0).abs() < 1e-9, "{bias:?}");
        assert!(bias.gap_bad.abs() < 1e-9);
        assert_eq!(bias.without, 1);
    }
}
