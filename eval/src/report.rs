//! One measurement from beginning to end, and everything that came of it.

use anyhow::Result;
use serde::Serialize;

use crate::alarms::{FileAlarms, Suite};
use crate::answer::Panel;
use crate::bias::Bias;
use crate::data::Data;
use crate::functions::Discrimination;
use crate::recall::{Control, GroupMean, Recall};
use crate::retention::Retention;
use crate::targets::{Target, targets};
use crate::worst::Worst;
use crate::{alarms, bias, functions, recall, retention};

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Harmful texts found, by category and label, and their controls.
    Recall,
    /// Alarms on ordinary texts.
    Alarms,
    /// HateCheck and XSTest by function.
    Functions,
    /// The gap between words for who somebody is.
    Bias,
    /// Disguises and typing errors.
    Disguises,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Recall, Self::Alarms, Self::Functions, Self::Bias, Self::Disguises];
}

/// What was measured; a part that was left out is empty.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The lists that were measured.
    pub lists_version: String,
    /// By set and label.
    pub recall: Vec<Recall>,
    /// By subject.
    pub means: Vec<GroupMean>,
    /// Ordinary and difficult texts among the harmful.
    pub controls: Vec<Control>,
    /// Ordinary texts by file.
    pub alarms: Vec<FileAlarms>,
    /// Ordinary texts by suite.
    pub suites: Vec<Suite>,
    /// Sets with functions: HateCheck and XSTest.
    pub functions: Vec<Discrimination>,
    /// Between words for who somebody is.
    pub bias: Option<Bias>,
    /// By disguise.
    pub disguises: Vec<Retention>,
    /// The project's targets, and where it stands.
    pub targets: Vec<Target>,
    /// Some of the texts that went wrong.
    pub worst: Vec<Worst>,
}

/// Measures the parts that are asked for; `worst` texts that went wrong are kept of each kind.
///
/// # Errors
/// When a set cannot be read.
pub fn measure(data: &Data, panel: &Panel, parts: &[Part], worst: usize) -> Result<Report> {
    let mut report = Report { lists_version: panel.lists_version().to_owned(), ..Report::default() };
    for part in parts {
        match part {
            Part::Recall => {
                let found = recall::measure(data, panel, worst)?;
                (report.recall, report.means, report.controls) = (found.recall, found.means, found.controls);
                report.worst.extend(found.worst);
            }
            Part::Alarms => {
                let (files, suites, kept) = alarms::measure(data, panel, worst)?;
                (report.alarms, report.suites) = (files, suites);
                report.worst.extend(kept);
            }
            Part::Functions => {
                for set in ["hatecheck", "xstest"] {
                    let (found, kept) = functions::measure(data, panel, set, worst)?;
                    report.functions.push(found);
                    report.worst.extend(kept);
                }
            }
            Part::Bias => report.bias = Some(bias::measure(data, panel)?),
            Part::Disguises => report.disguises = retention::measure(data, panel)?,
        }
    }
    report.targets = targets(&report);
    Ok(report)
}
