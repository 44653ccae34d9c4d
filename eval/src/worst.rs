//! A few of the texts that went wrong, for whoever mends the rules.
//!
//! A number to find it by, the rules that spoke, and at most the first few words: these are real people's. Of the sets that
//! serve for rates alone not even those.

use lapwing_core::Severity;
use serde::Serialize;

use crate::answer::Answer;
use crate::data::{Data, Row};

/// Characters of a text that are shown.
const SHOWN: usize = 80;

/// One text that went wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Worst {
    /// `missed` or `alarm`.
    pub what: &'static str,
    /// The file.
    pub set: String,
    /// The source's own label; empty where the set's texts are not shown.
    pub label: String,
    /// Its number in its source.
    pub id: u64,
    /// The rules that alerted.
    pub rules: Vec<String>,
    /// Its beginning; `None` where the set's texts are not shown.
    pub text: Option<String>,
}

impl Worst {
    /// A harmful text that was not found in the right category.
    pub(crate) fn missed(set: &str, label: &str, row: &Row, answer: &Answer) -> Self {
        Self { label: label.to_owned(), ..Self::new("missed", set, row, answer) }
    }

    /// The gravest alarms on benign texts, at most so many.
    pub(crate) fn alarms(set: &str, pairs: &[(&Row, &Answer)], most: usize) -> Vec<Self> {
        let mut alarms: Vec<_> = pairs.iter().filter(|(_, answer)| answer.alert).collect();
        alarms.sort_by_key(|(row, answer)| {
            (std::cmp::Reverse(answer.severity.unwrap_or(Severity::Info)), row.id)
        });
        alarms.into_iter().take(most).map(|(row, answer)| Self::new("alarm", set, row, answer)).collect()
    }

    fn new(what: &'static str, set: &str, row: &Row, answer: &Answer) -> Self {
        let shown = Data::may_be_shown(set);
        Self {
            what,
            set: set.to_owned(),
            // A label may be the title of what was written.
            label: if shown { row.label.clone() } else { String::new() },
            id: row.id,
            rules: answer.rules.clone(),
            text: shown.then(|| cut(&row.text)),
        }
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64) -> Row {
        Row { id, text: "word ".repeat(40), y: 0, label: "oos".into() }
    }

    fn alarm(severity: Severity) -> Answer {
        Answer {
            alert: true,
            severity: Some(severity),
            rules: vec!["hate.made-up".into()],
            ..Answer::default()
        }
    }

    #[test]
    fn texts_for_rates_alone_are_never_shown() {
        let (row, answer) = (row(1), alarm(Severity::High));
        let shown = Worst::alarms("b-clinc150", &[(&row, &answer)], 5);
        assert_eq!(shown[0].text.as_ref().map(|text| text.chars().count()), Some(SHOWN + 1));
        for set in ["b-msmarco", "b-ellipse-essay", "b-ellipse-sent", "b-dailydialog", "b-sms-ham"] {
            let hidden = Worst::alarms(set, &[(&row, &answer)], 5);
            assert_eq!((hidden[0].id, &hidden[0].text), (1, &None), "{set}");
            assert!(hidden[0].label.is_empty(), "{set}");
            assert_eq!(hidden[0].rules, ["hate.made-up"]);
        }
    }

    #[test]
    fn the_gravest_come_first_and_no_more_than_asked() {
        let rows = [row(1), row(2), row(3)];
        let answers = [alarm(Severity::Medium), alarm(Severity::Critical), Answer::default()];
        let pairs: Vec<_> = rows.iter().zip(&answers).collect();
        let ids: Vec<_> = Worst::alarms("gsm8k", &pairs, 1).iter().map(|worst| worst.id).collect();
        assert_eq!(ids, [2]);
        assert_eq!(Worst::alarms("gsm8k", &pairs, 9).len(), 2);
    }
}
