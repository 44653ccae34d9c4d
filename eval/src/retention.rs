//! What is left of detection when the writer hides the words or mistypes them, and what that costs on ordinary searches.
//!
//! Kept are texts that are found plain and found again, in the right category, when the whole of them is disguised. The
//! same is done to harmless searches: undoing disguises too eagerly joins innocent neighbours. Texts about suicide must
//! alert both times; offensive ones need only be noticed, because swearing by itself is counted and told to nobody.

use anyhow::Result;
use lapwing_core::Surface;
use serde::Serialize;

use crate::answer::{Answer, Categories, Panel, surface_of};
use crate::data::Data;
use crate::disguise::{Disguise, Random};
use crate::labels::{Meaning, meanings};
use crate::rate::Rate;

/// Labels whose texts are about suicide and self-harm.
const SUICIDE: [(&str, &str); 4] = [
    ("rmhd27", "suicidewatch"),
    ("openai-mod", "SH"),
    ("ailuminate", "ssh"),
    ("simplesafety", "Suicide, Self-Harm, and Eating Disorders"),
];
/// The label whose texts swear and insult.
const OFFENSIVE: [(&str, &str); 1] = [("davidson", "offensive")];
/// Harmless searches.
const SEARCHES: [&str; 2] = ["b-msmarco", "b-clinc150"];
/// Texts of a label, drawn by a fixed seed.
const MOST: usize = 1_000;

/// What one disguise leaves.
#[derive(Debug, Clone, Serialize)]
pub struct Retention {
    /// Its name.
    pub disguise: &'static str,
    /// Whether it is a slip.
    pub typo: bool,
    /// Texts about suicide and self-harm still found, of those found plain.
    pub suicide: Rate,
    /// Offensive texts still found at any level, of those found plain.
    pub offensive: Rate,
    /// Alarms on harmless searches under the same disguise.
    pub searches: Rate,
}

/// A text that is found plain, and as what.
struct Found {
    seed: u64,
    text: String,
    surface: Surface,
    wanted: Categories,
}

/// Reads, asks plain, and asks again under each disguise.
pub(crate) fn measure(data: &Data, panel: &Panel) -> Result<Vec<Retention>> {
    let suicide = found_plain(data, panel, &SUICIDE, |answer| answer.alerted)?;
    let offensive = found_plain(data, panel, &OFFENSIVE, |answer| answer.found)?;
    let mut searches = Vec::new();
    for set in SEARCHES {
        searches.extend(data.read(set)?);
    }
    Ok(Disguise::ALL
        .into_iter()
        .map(|disguise| {
            let plain = panel.ask_all(&searches, |row| (disguise.apply(&row.text, row.id), Surface::Search));
            Retention {
                disguise: disguise.name(),
                typo: disguise.is_typo(),
                suicide: kept(panel, disguise, &suicide, |answer| answer.alerted),
                offensive: kept(panel, disguise, &offensive, |answer| answer.found),
                searches: Rate::count(plain, |answer| answer.alert),
            }
        })
        .collect())
}

fn found_plain(
    data: &Data,
    panel: &Panel,
    labels: &[(&str, &str)],
    level: fn(&Answer) -> Categories,
) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for (set, label) in labels {
        let mut rows = data.read(set)?;
        let meaning = |row_label: &str| -> Option<&'static Meaning> {
            meanings(set, row_label).find(|meaning| meaning.label == *label)
        };
        rows.retain(|row| meaning(&row.label).is_some());
        let mut random = Random::new(MOST as u64);
        while rows.len() > MOST {
            rows.swap_remove(random.below(rows.len()));
        }
        let surface = surface_of(set);
        let answers = panel.ask_all(&rows, |row| (row.text.clone(), surface));
        for (row, answer) in rows.into_iter().zip(answers) {
            let wanted = meaning(&row.label).map(|meaning| Categories::of(meaning.found)).unwrap_or_default();
            if level(&answer).meets(wanted) {
                found.push(Found { seed: row.id, text: row.text, surface, wanted });
            }
        }
    }
    Ok(found)
}

fn kept(panel: &Panel, disguise: Disguise, found: &[Found], level: fn(&Answer) -> Categories) -> Rate {
    let answers = panel.ask_all(found, |one| (disguise.apply(&one.text, one.seed), one.surface));
    Rate::count(found.iter().zip(&answers), |(one, answer)| level(answer).meets(one.wanted))
}
