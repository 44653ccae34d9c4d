//! What a device's text may hold. A device is not trusted: lengths are counted, characters that no page can show are
//! taken out, and what cannot be put right is refused with the field's name. Escaping is the pages' business.

use super::problem::{Kind, Problem};
use lapwing_core::Category;
use lapwing_core::wire::{Alert, Excerpt, Identity, Reason, Report, limit};

/// The year 9999: later moments cannot be written as a date.
const LATEST: i64 = 253_402_300_799_999;

/// A field that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{field}” {rule}")]
pub(super) struct Unfit {
    field: &'static str,
    rule: String,
}

impl Unfit {
    /// `rule` continues the field's name: “must be …”.
    pub(super) fn new(field: &'static str, rule: impl Into<String>) -> Self {
        Self { field, rule: rule.into() }
    }
}

impl From<Unfit> for Problem {
    fn from(unfit: Unfit) -> Self {
        Self::new(Kind::UNFIT, format!("{unfit}."))
    }
}

/// One line: a label, a name, a reason. Control characters become spaces.
pub(super) fn line(field: &'static str, text: &str) -> Result<String, Unfit> {
    measured(field, text, limit::LINE)?;
    Ok(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned())
}

/// Words of several lines. Control characters other than line breaks and tabs go.
pub(super) fn words(field: &'static str, text: &str, most: usize) -> Result<String, Unfit> {
    measured(field, text, most)?;
    let unified = text.replace("\r\n", "\n");
    Ok(unified
        .chars()
        .filter(|&c| c == '\n' || c == '\t' || !c.is_control())
        .collect::<String>()
        .trim()
        .to_owned())
}

fn measured(field: &'static str, text: &str, most: usize) -> Result<(), Unfit> {
    // Bytes first: a text of that many bytes has fewer characters, and the long way is only walked when in doubt.
    if text.len() > most && text.chars().count() > most {
        return Err(Unfit::new(field, format!("may hold at most {most} characters")));
    }
    Ok(())
}

/// An id made on the device: a UUID in lower case.
pub(super) fn id(field: &'static str, text: &str) -> Result<(), Unfit> {
    let hyphenated = uuid::Uuid::try_parse(text).is_ok_and(|id| id.hyphenated().to_string() == text);
    if hyphenated {
        Ok(())
    } else {
        Err(Unfit::new(field, "must be a UUID in its hyphenated lower-case form"))
    }
}

/// A moment by the device's clock, however wrong: brought into the years that can be written.
pub(super) fn moment(at: i64) -> i64 {
    at.clamp(0, LATEST)
}

/// 16 digits.
pub(super) fn receipt(text: &str) -> Result<(), Unfit> {
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(()) } else { Err(Unfit::new("receipt", "must be 16 digits without spaces")) }
}

/// An alert that can be kept.
pub(super) fn alert(alert: Alert) -> Result<Alert, Unfit> {
    id("id", &alert.id)?;
    if alert.reasons.is_empty() || alert.reasons.len() > limit::REASONS {
        return Err(Unfit::new("reasons", format!("must name 1 to {} rules", limit::REASONS)));
    }
    Ok(Alert {
        occurred_at: moment(alert.occurred_at),
        url: url(alert.category, &alert.url)?,
        excerpt: alert.excerpt.map(excerpt).transpose()?,
        reasons: alert.reasons.into_iter().map(reason).collect::<Result<_, _>>()?,
        account: alert.account.map(|account| line("account", &account)).transpose()?,
        policy_version: line("policy_version", &alert.policy_version)?,
        lists_version: line("lists_version", &alert.lists_version)?,
        ..alert
    })
}

/// Devices leave out the query and the fragment, and the whole address of unlawful content; so does the relay, in case
/// one does not.
fn url(category: Category, text: &str) -> Result<String, Unfit> {
    measured("url", text, limit::URL)?;
    if category == Category::Illegal {
        return Ok(String::new());
    }
    let bare = text.split(['?', '#']).next().unwrap_or_default();
    Ok(bare.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned())
}

fn excerpt(excerpt: Excerpt) -> Result<Excerpt, Unfit> {
    measured("excerpt.text", &excerpt.text, limit::EXCERPT)?;
    let length = u32::try_from(excerpt.text.chars().count()).unwrap_or(u32::MAX);
    let mut from = 0;
    for &(start, end) in &excerpt.marks {
        if start < from || end <= start || end > length {
            let rule =
                format!("must be ranges in order, not overlapping, within the text’s {length} characters");
            return Err(Unfit::new("excerpt.marks", rule));
        }
        from = end;
    }
    // One for one, so that the marks still fit.
    let shown = |c: char| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c };
    Ok(Excerpt { text: excerpt.text.chars().map(shown).collect(), marks: excerpt.marks })
}

fn reason(mut reason: Reason) -> Result<Reason, Unfit> {
    if reason.context.len() > limit::REASONS {
        return Err(Unfit::new("reasons.context", format!("may hold at most {} lines", limit::REASONS)));
    }
    reason.rule = line("reasons.rule", &reason.rule)?;
    reason.why = line("reasons.why", &reason.why)?;
    for text in &mut reason.context {
        *text = line("reasons.context", text)?;
    }
    Ok(reason)
}

/// A report that can be kept.
pub(super) fn report(report: Report) -> Result<Report, Unfit> {
    id("id", &report.id)?;
    receipt(&report.receipt)?;
    let name = |name: &str| {
        let name = line("identity.name", name)?;
        if name.is_empty() { Err(Unfit::new("identity.name", "must not be empty")) } else { Ok(name) }
    };
    let identity = match &report.identity {
        Identity::Named { name: given } => Identity::Named { name: name(given)? },
        Identity::Confidant { name: given } => Identity::Confidant { name: name(given)? },
        Identity::Anonymous => Identity::Anonymous,
    };
    let story = words("story", &report.story, limit::STORY)?;
    if story.is_empty() {
        return Err(Unfit::new("story", "must not be empty"));
    }
    let wish = words("wish", &report.wish, limit::STORY)?;
    Ok(Report { identity, story, wish, written_at: moment(report.written_at), ..report })
}

#[cfg(test)]
#[path = "checked_tests.rs"]
mod tests;
