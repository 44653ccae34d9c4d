//! Turns findings, and the kind of a site, into an action and an alert.
//!
//! Nothing blocks typing. A search may be stopped, because a page of results is a site; somebody who asks for help is
//! never blocked for it.

use super::Policy;
use crate::answer::{Finding, Frame, Verdict};
use crate::taxonomy::{Action, Category, Severity, Stage, Surface};

impl Policy {
    /// What happens because of these findings.
    #[must_use]
    pub fn weigh(&self, findings: &[Finding]) -> Verdict {
        let mut verdict = Verdict::nothing();
        for finding in findings.iter().filter(|finding| finding.category.is_real()) {
            verdict.alert |= self.alerts(finding.severity, finding.stage);
            verdict.severity = verdict.severity.max(finding.severity);
            verdict.action = verdict.action.max(action_for(finding));
        }
        verdict.categories = gravest_first(findings.iter().map(|f| (f.category, f.severity)));
        verdict
    }

    /// What happens at a site of these categories.
    #[must_use]
    #[inline(never)]
    pub fn weigh_site(&self, categories: &[Category], frame: Frame) -> Verdict {
        let mut verdict = Verdict::nothing();
        for category in categories {
            let severity = self.site_severity(*category);
            let action = match (self.site_action(*category), frame) {
                (Action::Support, Frame::Sub) => Action::Block,
                // There is no room in a frame for a question that the pupil can answer.
                (Action::Warn, Frame::Sub) => Action::Note,
                (action, _) => action,
            };
            if action == Action::Allow {
                continue;
            }
            verdict.action = verdict.action.max(action);
            verdict.severity = verdict.severity.max(severity);
            verdict.alert |= match frame {
                // The daily test is stopped like any other site, and is nobody's doing.
                Frame::Main => category.is_real() && self.alerts(severity, None),
                Frame::Sub => *category == Category::Illegal,
            };
        }
        verdict.categories = gravest_first(categories.iter().map(|c| (*c, self.site_severity(*c))));
        verdict
    }

    /// Whether a person is told.
    fn alerts(&self, severity: Severity, stage: Option<Stage>) -> bool {
        severity >= self.alert_from() || severity == Severity::Critical || stage == Some(Stage::Active)
    }
}

impl Verdict {
    /// Both at once: the stronger action, the graver severity, and an alert if either has one.
    #[must_use]
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.alert |= other.alert;
        self.action = self.action.max(other.action);
        let leads = other.severity > self.severity;
        self.severity = self.severity.max(other.severity);
        let (mut first, second) =
            if leads { (other.categories, self.categories) } else { (self.categories, other.categories) };
        for category in second {
            if !first.contains(&category) {
                first.push(category);
            }
        }
        self.categories = first;
        self
    }
}

fn action_for(finding: &Finding) -> Action {
    let recorded = if finding.severity >= Severity::Low { Action::Note } else { Action::Allow };
    if finding.surface != Surface::Search || finding.severity < Severity::Medium {
        return recorded;
    }
    match finding.category {
        Category::Suicide | Category::SelfHarm | Category::EatingDisorder => Action::Support,
        _ if finding.stage == Some(Stage::HelpSeeking) => recorded,
        Category::SexualContent
        | Category::ViolenceWeapons
        | Category::Radicalisation
        | Category::DrugsAlcohol => {
            if finding.severity >= Severity::High {
                Action::Block
            } else {
                Action::Warn
            }
        }
        _ => recorded,
    }
}

/// Each category once; among equally grave ones the order in which they came.
fn gravest_first(found: impl Iterator<Item = (Category, Severity)>) -> Vec<Category> {
    let mut seen: Vec<(Category, Severity)> = Vec::new();
    for (category, severity) in found {
        match seen.iter_mut().find(|(known, _)| *known == category) {
            Some((_, gravest)) => *gravest = severity.max(*gravest),
            None => seen.push((category, severity)),
        }
    }
    seen.sort_by_key(|(_, severity)| std::cmp::Reverse(*severity));
    seen.into_iter().map(|(category, _)| category).collect()
}
