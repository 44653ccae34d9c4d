//! Makes the alert that leaves the device: the least that explains what was found.
//!
//! Addresses lose their query, fragment and sign-in; long numbers in an excerpt become dots. Whether an alert is due
//! is decided before, by the policy and by `memory`.

use crate::relay::cut;
use lapwing_core::wire::{Alert, Excerpt, Reason, SourceKind, limit};
use lapwing_core::{Action, Category, Decision, Engine, Finding, Frame, Severity, Stage, Surface};
use serde::Deserialize;

/// What JavaScript gives to every alert, since neither clock nor randomness is here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Stamp {
    /// A fresh UUID.
    pub id: String,
    /// Milliseconds since 1970.
    pub now: i64,
    /// The account signed in to the browser; empty where it does not say.
    #[serde(default)]
    pub account: String,
}

/// The alert for an address, from a decision that asks for one.
#[must_use]
pub fn for_visit(
    engine: &Engine,
    decision: &Decision,
    url: &str,
    frame: Frame,
    stamp: Stamp,
) -> Option<Alert> {
    let mut reasons = site_reasons(engine, decision, frame);
    reasons.extend(decision.findings.iter().map(reason));
    let searched = !decision.findings.is_empty();
    let unlawful = decision.verdict.categories.contains(&Category::Illegal);
    Some(Alert {
        source: if searched { SourceKind::Search } else { SourceKind::Visit },
        surface: searched.then_some(Surface::Search),
        action: decision.verdict.action,
        url: if unlawful { String::new() } else { without_secrets(url) },
        excerpt: excerpt(&decision.findings),
        ..base(engine, reasons, stamp)?
    })
}

/// The alert for typed text. Nothing stops anybody typing, so what happened is that it was noted.
#[must_use]
pub fn for_text(
    engine: &Engine,
    findings: &[Finding],
    surface: Surface,
    url: &str,
    stamp: Stamp,
) -> Option<Alert> {
    Some(Alert {
        source: SourceKind::Typed,
        surface: Some(surface),
        action: Action::Note,
        url: without_secrets(url),
        excerpt: excerpt(findings),
        ..base(engine, findings.iter().map(reason).collect(), stamp)?
    })
}

fn base(engine: &Engine, mut reasons: Vec<Reason>, stamp: Stamp) -> Option<Alert> {
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.severity));
    reasons.truncate(limit::REASONS);
    let gravest = reasons.first()?;
    Some(Alert {
        id: stamp.id,
        occurred_at: stamp.now,
        source: SourceKind::Visit,
        surface: None,
        category: gravest.category,
        severity: gravest.severity,
        stage: reasons.iter().filter_map(|reason| reason.stage).max(),
        action: Action::Note,
        url: String::new(),
        excerpt: None,
        account: (!stamp.account.is_empty()).then(|| cut(&stamp.account, limit::LINE)),
        policy_version: engine.policy().version(),
        lists_version: engine.lists_version().to_owned(),
        reasons,
    })
}

/// What the site rule stands for, one reason a category, where the policy makes something of it.
fn site_reasons(engine: &Engine, decision: &Decision, frame: Frame) -> Vec<Reason> {
    let Some(site) = &decision.site else { return Vec::new() };
    let policy = engine.policy();
    site.categories
        .iter()
        .filter(|category| policy.weigh_site(&[**category], frame).action > Action::Allow)
        .map(|category| Reason {
            category: *category,
            severity: policy.site_severity(*category),
            stage: None,
            rule: cut(&format!("site:{}", site.rule), limit::LINE),
            why: format!("A site about {}.", category.label()),
            context: Vec::new(),
        })
        .collect()
}

fn reason(finding: &Finding) -> Reason {
    Reason {
        category: finding.category,
        severity: finding.severity,
        stage: finding.stage,
        rule: cut(&finding.rule, limit::LINE),
        why: cut(&finding.why, limit::LINE),
        context: finding.context.iter().map(|line| cut(line, limit::LINE)).collect(),
    }
}

/// The sentence of the gravest finding, with everything in it that matched.
fn excerpt(findings: &[Finding]) -> Option<Excerpt> {
    let first = &findings.first()?.excerpt;
    let same = findings.iter().filter(|finding| finding.excerpt.text == first.text);
    let mut marks: Vec<(u32, u32)> = same.flat_map(|finding| finding.excerpt.marks.iter().copied()).collect();
    marks.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(marks.len());
    for (start, end) in marks {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    Some(Excerpt { text: without_numbers(&first.text), marks: merged })
}

/// Whether a finding by itself tells a person; only such findings can make another alert of the same place.
#[must_use]
pub fn tells(engine: &Engine, severity: Severity, stage: Option<Stage>) -> bool {
    severity >= engine.policy().alert_from() || severity == Severity::Critical || stage == Some(Stage::Active)
}

/// An address without its query, fragment, user name and password.
#[must_use]
pub fn without_secrets(url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return String::new() };
    parsed.set_query(None);
    parsed.set_fragment(None);
    if parsed.scheme() == "data" {
        // The rest is the page itself, and not where it is.
        return cut(parsed.as_str().split([',', ';']).next().unwrap_or_default(), limit::URL);
    }
    // Addresses that cannot have a user name refuse to have one taken away, which is as good.
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    cut(parsed.as_str(), limit::URL)
}

/// A text with every run of nine or more digits, however grouped, turned into dots: such a number is a card, an
/// account or a telephone, and explains nothing. Each digit becomes one character, so marks still fit.
fn without_numbers(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut run: Vec<usize> = Vec::new();
    for place in 0..chars.len() {
        let joins = matches!(chars[place], ' ' | '-' | '.' | '\u{a0}' | '\u{2013}');
        if chars[place].is_numeric() {
            run.push(place);
        } else if !joins || run.last().is_none_or(|last| last + 1 != place) {
            hide(&mut chars, &mut run);
        }
    }
    hide(&mut chars, &mut run);
    chars.into_iter().collect()
}

/// Turns a run of digits into dots if it is long, and begins the next.
fn hide(chars: &mut [char], run: &mut Vec<usize>) {
    const LONGEST_KEPT: usize = 8;
    if run.len() > LONGEST_KEPT {
        run.iter().for_each(|place| chars[*place] = '•');
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_become_dots_of_the_same_length() {
        for (text, want) in [
            ("card 4111 1111 1111 1111 ok", "card •••• •••• •••• •••• ok"),
            ("ring 07700-900-123.", "ring •••••-•••-•••."),
            ("on 24 November 2026 at 9.14", "on 24 November 2026 at 9.14"),
            ("12345678 and 9", "12345678 and 9"),
            ("123456789", "•••••••••"),
            ("", ""),
        ] {
            assert_eq!(without_numbers(text), want);
            assert_eq!(without_numbers(text).chars().count(), text.chars().count());
        }
    }

    #[test]
    fn an_address_keeps_its_place_and_loses_the_rest() {
        assert_eq!(without_secrets("https://me:pw@a.example/b/c?q=words#d"), "https://a.example/b/c");
        assert_eq!(without_secrets("not an address"), "");
        assert_eq!(without_secrets("data:text/html;base64,aGVsbG8="), "data:text/html");
        assert_eq!(without_secrets(&format!("https://a.example/{}", "x".repeat(9_000))).len(), limit::URL);
    }
}
