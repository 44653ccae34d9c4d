//! Of the texts that somebody labelled as harmful, how many are found, in the right category.
//!
//! Beside them stand the controls: ordinary posts from the same places, without which a recall says little.

use std::collections::BTreeMap;

use anyhow::Result;
use lapwing_core::Category;
use serde::Serialize;

use crate::answer::{Answer, Categories, Panel, surface_of};
use crate::data::{Data, Row};
use crate::labels::{CONTROLS, GROUPS, MEANINGS, POST_CONTROLS, SETS, meanings};
use crate::rate::Rate;
use crate::worst::Worst;

/// One label of one set.
#[derive(Debug, Clone, Serialize)]
pub struct Recall {
    /// The file.
    pub set: &'static str,
    /// The source's own label.
    pub label: &'static str,
    /// The subject.
    pub group: &'static str,
    /// Found in the right category, gravely enough for an alert.
    pub alert: Rate,
    /// Found in the right category at any level.
    pub any: Rate,
    /// Alerts in a category that is neither right nor tolerated.
    pub astray: Rate,
}

/// The plain mean of the sets of one subject.
#[derive(Debug, Clone, Serialize)]
pub struct GroupMean {
    /// The subject.
    pub group: &'static str,
    /// Share found at alert level, each label weighted the same.
    pub alert: f64,
    /// The same at any level.
    pub any: f64,
}

/// Ordinary or merely difficult texts among the harmful ones.
#[derive(Debug, Clone, Serialize)]
pub struct Control {
    /// The file.
    pub set: String,
    /// The source's own label, or what several were taken together as.
    pub label: String,
    /// Alerts of any kind.
    pub alert: Rate,
    /// How many alerts were about what.
    pub categories: BTreeMap<&'static str, usize>,
}

/// Everything that is learnt from the labelled sets.
#[derive(Debug, Default)]
pub(crate) struct Recalls {
    pub(crate) recall: Vec<Recall>,
    pub(crate) means: Vec<GroupMean>,
    pub(crate) controls: Vec<Control>,
    pub(crate) worst: Vec<Worst>,
}

/// Reads and asks; `worst` misses and false alarms are kept of each label.
pub(crate) fn measure(data: &Data, panel: &Panel, worst: usize) -> Result<Recalls> {
    let mut out = Recalls::default();
    for set in SETS {
        let rows = data.read(set)?;
        let answers = panel.ask_all(&rows, |row| (row.text.clone(), surface_of(set)));
        let pairs: Vec<(&Row, &Answer)> = rows.iter().zip(&answers).collect();
        for meaning in MEANINGS.iter().filter(|meaning| meaning.set == set) {
            let mine: Vec<_> = pairs
                .iter()
                .filter(|(row, _)| meanings(set, &row.label).any(|other| other.label == meaning.label))
                .collect();
            let wanted = Categories::of(meaning.found);
            let accepted = wanted.with(Categories::of(meaning.tolerated));
            out.recall.push(Recall {
                set,
                label: meaning.label,
                group: meaning.group,
                alert: Rate::count(&mine, |(_, answer)| answer.alerted.meets(wanted)),
                any: Rate::count(&mine, |(_, answer)| answer.found.meets(wanted)),
                astray: Rate::count(&mine, |(_, answer)| !answer.alerted.without(accepted).is_empty()),
            });
            let missed = mine.iter().filter(|(_, answer)| !answer.alerted.meets(wanted)).take(worst);
            out.worst.extend(missed.map(|(row, answer)| Worst::missed(set, meaning.label, row, answer)));
        }
        for (_, label) in CONTROLS.iter().filter(|(of, _)| *of == set) {
            let mine: Vec<_> = pairs.iter().filter(|(row, _)| row.label == *label).copied().collect();
            out.worst.extend(Worst::alarms(set, &mine, worst));
            out.controls.push(control(set, label, &mine));
        }
        if set == "rmhd27" {
            let posts: Vec<_> = pairs
                .iter()
                .filter(|(row, _)| POST_CONTROLS.contains(&row.label.as_str()))
                .copied()
                .collect();
            out.controls.push(control(set, "all three", &posts));
        }
    }
    out.means = GROUPS.iter().filter_map(|group| mean(group, &out.recall)).collect();
    Ok(out)
}

fn control(set: &str, label: &str, pairs: &[(&Row, &Answer)]) -> Control {
    Control {
        set: set.to_owned(),
        label: label.to_owned(),
        alert: Rate::count(pairs, |(_, answer)| answer.alert),
        categories: by_category(pairs.iter().map(|(_, answer)| answer.alerted)),
    }
}

/// How many alerts were about what.
pub(crate) fn by_category(alerted: impl Iterator<Item = Categories>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for categories in alerted {
        for category in categories.iter() {
            *counts.entry(Category::as_str(category)).or_default() += 1;
        }
    }
    counts
}

fn mean(group: &'static str, recall: &[Recall]) -> Option<GroupMean> {
    let of: Vec<_> = recall.iter().filter(|recall| recall.group == group).collect();
    let n = of.len() as f64;
    (!of.is_empty()).then(|| GroupMean {
        group,
        alert: of.iter().map(|recall| recall.alert.share()).sum::<f64>() / n,
        any: of.iter().map(|recall| recall.any.share()).sum::<f64>() / n,
    })
}
