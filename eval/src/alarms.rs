//! Alarms on ordinary texts: each is minutes that the next child needed.
//!
//! Each file has a rate of its own, and a suite is the plain mean of its files, so that a large file cannot hide a small
//! one.

use std::collections::BTreeMap;

use anyhow::Result;
use lapwing_core::Category;
use serde::Serialize;

use crate::answer::{Answer, Panel, surface_of};
use crate::data::{Data, Row};
use crate::rate::Rate;
use crate::recall::by_category;
use crate::worst::Worst;

/// The suites and their files. The last one stands outside the limits: dictionary definitions name every harm there is.
pub(crate) const SUITES: [(&str, &[&str]); 5] = [
    ("short", &["b-msmarco", "b-clinc150", "b-gsm8k", "b-ellipse-sent"]),
    ("chat", &["b-sms-ham", "b-dailydialog"]),
    ("names", &["b-places-gb", "b-places-os43k", "b-surnames", "b-dict-en-gb"]),
    ("essay", &["b-ellipse-essay"]),
    ("definitions", &["b-wordnet-gloss"]),
];

/// Alarms of one file.
#[derive(Debug, Clone, Serialize)]
pub struct FileAlarms {
    /// The file.
    pub set: &'static str,
    /// The suite that it belongs to.
    pub suite: &'static str,
    /// Alerts of any kind.
    pub alarms: Rate,
    /// Alerts about suicide.
    pub suicide: Rate,
    /// How many alerts were about what.
    pub categories: BTreeMap<&'static str, usize>,
    /// The rules that alerted, most often first.
    pub rules: Vec<(String, usize)>,
}

/// The mean of a suite's files.
#[derive(Debug, Clone, Serialize)]
pub struct Suite {
    /// Its name.
    pub name: &'static str,
    /// Alarms per thousand texts.
    pub per_thousand: f64,
}

/// Reads and asks; `worst` alarms are kept of each file.
pub(crate) fn measure(
    data: &Data,
    panel: &Panel,
    worst: usize,
) -> Result<(Vec<FileAlarms>, Vec<Suite>, Vec<Worst>)> {
    let (mut files, mut suites, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for (suite, sets) in SUITES {
        let begin = files.len();
        for set in sets {
            let rows = data.read(set)?;
            let answers = panel.ask_all(&rows, |row| (row.text.clone(), surface_of(set)));
            let pairs: Vec<(&Row, &Answer)> = rows.iter().zip(&answers).collect();
            kept.extend(Worst::alarms(set, &pairs, worst));
            files.push(FileAlarms {
                set,
                suite,
                alarms: Rate::count(&answers, |answer| answer.alert),
                suicide: Rate::count(&answers, |answer| answer.alerted.has(Category::Suicide)),
                categories: by_category(answers.iter().map(|answer| answer.alerted)),
                rules: most_often(&answers),
            });
        }
        let of = files.get(begin..).unwrap_or_default();
        let sum: f64 = of.iter().map(|file| file.alarms.per_thousand()).sum();
        suites.push(Suite { name: suite, per_thousand: sum / of.len() as f64 });
    }
    Ok((files, suites, kept))
}

/// In how many texts each rule alerted.
fn most_often(answers: &[Answer]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in answers {
        let mut rules: Vec<&str> = answer.rules.iter().map(String::as_str).collect();
        rules.sort_unstable();
        rules.dedup();
        for rule in rules {
            *counts.entry(rule).or_default() += 1;
        }
    }
    let mut rules: Vec<_> = counts.into_iter().map(|(rule, count)| (rule.to_owned(), count)).collect();
    rules.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_once_a_text() {
        let answer = |rules: &[&str]| Answer {
            rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
            ..Answer::default()
        };
        let answers = [answer(&["b", "b", "a"]), answer(&["b"]), answer(&[])];
        assert_eq!(most_often(&answers), [("b".to_owned(), 2), ("a".to_owned(), 1)]);
    }
}
