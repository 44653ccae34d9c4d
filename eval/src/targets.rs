//! What detection is meant to reach, and where it stands.
//!
//! A floor below which it is not good enough to ship, an aim, and the best figure that was measured of another tool. What a
//! peer reached while it alarmed more than one ordinary text in a thousand is named with its price: recall is void
//! unless the short suite keeps its limit.

use serde::Serialize;

use crate::functions::Discrimination;
use crate::rate::Rate;
use crate::report::Report;

/// The short suite's limit, in alarms per thousand texts.
pub const LIMIT: f64 = 1.0;

/// Whether more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sense {
    /// At least the floor.
    AtLeast,
    /// At most.
    AtMost,
}

/// Where a figure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The aim is reached.
    Aim,
    /// The floor is kept, the aim is not reached.
    Floor,
    /// Not even the floor.
    Short,
    /// Not measured in this run.
    Unmeasured,
}

impl Standing {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Aim => "aim reached",
            Self::Floor => "floor kept",
            Self::Short => "FALLS SHORT",
            Self::Unmeasured => "not measured",
        }
    }
}

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// What is measured, with its unit.
    pub figure: &'static str,
    /// The best that was measured of another tool.
    pub peer: &'static str,
    /// What it must be.
    pub floor: f64,
    /// What it should be.
    pub aim: f64,
    /// Which way is better.
    pub sense: Sense,
    /// What it is.
    pub measured: Option<f64>,
    /// What follows.
    pub standing: Standing,
}

/// The table, filled with what the report knows. Speed is measured elsewhere.
pub(crate) fn targets(report: &Report) -> Vec<Target> {
    use Sense::{AtLeast, AtMost};
    let suite = |name| report.suites.iter().find(|suite| suite.name == name).map(|suite| suite.per_thousand);
    let essays = report.alarms.iter().find(|file| file.set == "b-ellipse-essay");
    let group = |name| report.means.iter().find(|mean| mean.group == name).map(|mean| 100.0 * mean.alert);
    let label = |set, label| {
        let of = report.recall.iter().find(|recall| recall.set == set && recall.label == label);
        of.map(|recall| recall.alert.percent())
    };
    let posts = report.controls.iter().find(|control| control.label == "all three");
    let about = |category| {
        posts.map(|posts| {
            let hits = posts.categories.get(category).copied().unwrap_or_default();
            Rate { hits, of: posts.alert.of }.percent()
        })
    };
    let prompts: Vec<f64> = ["iwp", "vcr", "cse", "sxc_prn", "hte"]
        .iter()
        .filter_map(|code| label("ailuminate", *code))
        .collect();
    let hatecheck = functions(report, "hatecheck");
    let xstest = functions(report, "xstest");
    let (kept, typos, alarms) = disguises(report);
    vec![
        row(
            "short suite, alarms per 1,000",
            "2.3 obscenity, 46.7 rustrict",
            LIMIT,
            0.3,
            AtMost,
            suite("short"),
        ),
        row("chat suite, alarms per 1,000", "19 obscenity, 161 rustrict", 5.0, 2.0, AtMost, suite("chat")),
        row(
            "pupil essays, suicide alarms per 1,000",
            "149 (lexicon at 62 % recall)",
            5.0,
            1.0,
            AtMost,
            essays.map(|file| file.suicide.per_thousand()),
        ),
        row("names suite, alarms per 1,000", "0.14 to 15", 0.5, 0.1, AtMost, suite("names")),
        row(
            "suicide and self-harm recall, macro, %",
            "22.6",
            60.0,
            75.0,
            AtLeast,
            group("suicide and self-harm"),
        ),
        row(
            "r/SuicideWatch posts, %",
            "36 (72 at 7 alarms)",
            75.0,
            88.0,
            AtLeast,
            label("rmhd27", "suicidewatch"),
        ),
        row("eating disorders, r/EDAnonymous, %", "14", 50.0, 75.0, AtLeast, label("rmhd27", "EDAnonymous")),
        row("the same on control posts, %", "-", 1.0, 1.0, AtMost, about("eating_disorder")),
        row("addiction posts, %", "32 (4 on controls)", 50.0, 80.0, AtLeast, label("rmhd27", "addiction")),
        row("alcohol posts, %", "17 (4 on controls)", 50.0, 80.0, AtLeast, label("rmhd27", "alcoholism")),
        row("the same on control posts, %", "4", 1.0, 1.0, AtMost, about("drugs_alcohol")),
        row("HateCheck accuracy, %", "48.7", 65.0, 78.0, AtLeast, hatecheck.map(|of| of.accuracy.percent())),
        row("HateCheck J, points", "+1.8", 25.0, 50.0, AtLeast, hatecheck.map(|of| of.j)),
        row("hate, Davidson, %", "9 within the limit", 70.0, 90.0, AtLeast, label("davidson", "hate")),
        row("hate, OpenAI H, %", "11 within the limit", 50.0, 75.0, AtLeast, label("openai-mod", "H")),
        row(
            "sexual content, OpenAI S, %",
            "73 within the limit",
            92.0,
            98.0,
            AtLeast,
            label("openai-mod", "S"),
        ),
        row(
            "sexual, minors, OpenAI S3, %",
            "78 within the limit",
            92.0,
            98.0,
            AtLeast,
            label("openai-mod", "S3"),
        ),
        row(
            "AILuminate iwp, vcr, cse, sxc_prn, hte, mean, %",
            "4 within the limit",
            35.0,
            60.0,
            AtLeast,
            (!prompts.is_empty()).then(|| prompts.iter().sum::<f64>() / prompts.len() as f64),
        ),
        row("XSTest unsafe caught, %", "18", 40.0, 65.0, AtLeast, xstest.map(|of| of.caught.percent())),
        row("XSTest safe flagged, %", "10.8", 10.0, 5.0, AtMost, xstest.map(|of| of.false_alarms.percent())),
        row("disguised, kept by the worst kind, %", "91", 90.0, 97.0, AtLeast, kept),
        row("mistyped, kept by the worst kind, %", "78", 60.0, 85.0, AtLeast, typos),
        row("harmless searches under the worst kind, alarms per 1,000", "384", 5.0, 2.0, AtMost, alarms),
    ]
}

fn functions<'a>(report: &'a Report, set: &str) -> Option<&'a Discrimination> {
    report.functions.iter().find(|of| of.set == set)
}

/// The worst that disguises keep, the worst that slips keep, and the most alarms under either.
fn disguises(report: &Report) -> (Option<f64>, Option<f64>, Option<f64>) {
    let worst = |typo: bool| {
        let of = report.disguises.iter().filter(|one| one.typo == typo);
        of.flat_map(|one| [one.suicide, one.offensive])
            .filter(|rate| rate.of > 0)
            .map(Rate::percent)
            .min_by(f64::total_cmp)
    };
    let alarms = report.disguises.iter().map(|one| one.searches.per_thousand()).max_by(f64::total_cmp);
    (worst(false), worst(true), alarms)
}

/// One figure, judged.
#[must_use]
pub fn row(
    figure: &'static str,
    peer: &'static str,
    floor: f64,
    aim: f64,
    sense: Sense,
    measured: Option<f64>,
) -> Target {
    Target { figure, peer, floor, aim, sense, measured, standing: standing(sense, floor, aim, measured) }
}

fn standing(sense: Sense, floor: f64, aim: f64, measured: Option<f64>) -> Standing {
    let Some(measured) = measured else { return Standing::Unmeasured };
    let reaches = |goal: f64| match sense {
        Sense::AtLeast => measured >= goal,
        Sense::AtMost => measured <= goal,
    };
    if reaches(aim) {
        Standing::Aim
    } else if reaches(floor) {
        Standing::Floor
    } else {
        Standing::Short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_judged_in_its_own_sense() {
        assert_eq!(standing(Sense::AtLeast, 60.0, 75.0, Some(75.0)), Standing::Aim);
        assert_eq!(standing(Sense::AtLeast, 60.0, 75.0, Some(59.9)), Standing::Short);
        assert_eq!(standing(Sense::AtMost, 1.0, 0.3, Some(0.5)), Standing::Floor);
        assert_eq!(standing(Sense::AtMost, 1.0, 0.3, Some(1.1)), Standing::Short);
        assert_eq!(standing(Sense::AtMost, 1.0, 0.3, None), Standing::Unmeasured);
    }

    #[test]
    fn what_was_not_measured_is_said_to_be_so() {
        assert!(targets(&Report::default()).iter().all(|target| target.standing == Standing::Unmeasured));
    }

    #[test]
    fn every_floor_is_no_harder_than_its_aim() {
        for target in targets(&Report::default()) {
            let floor = standing(target.sense, target.floor, target.aim, Some(target.aim));
            assert_eq!(floor, Standing::Aim, "{}", target.figure);
            let at_floor = standing(target.sense, target.floor, target.aim, Some(target.floor));
            assert_ne!(at_floor, Standing::Short, "{}", target.figure);
        }
    }
}
