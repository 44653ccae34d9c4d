//! One line of JSON in, one line of JSON out: the engine for IT staff and for tests.
//!
//! In: `{"id", "text", "surface": "search|chat|ai|document"}` or `{"id", "url"}`. Out: the verdict and the findings,
//! with `start` and `end` in characters (Unicode scalar values) of the text, or of the search words of an address.
//! Reading and writing the lines is the caller's business.

use crate::answer::{Finding, Frame, Typed, Verdict, Visit};
use crate::engine::Engine;
use crate::taxonomy::Surface;
use serde::Deserialize;
use serde_json::{Value, json};

/// A line that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ScanError {
    /// The line's id, if it could be read; else null.
    pub id: Value,
    /// What was wrong, and what to do.
    pub detail: String,
}

impl ScanError {
    /// The line to write instead of an answer.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "id": self.id, "error": self.detail })
    }
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    text: Option<String>,
    surface: Option<Surface>,
    url: Option<String>,
}

/// Answers one line.
///
/// # Errors
/// When the line is not JSON, or has neither or both of `text` and `url`, or an unknown surface.
pub fn scan_line(engine: &Engine, line: &str) -> Result<Value, ScanError> {
    let value: Value = serde_json::from_str(line).map_err(|error| ScanError {
        id: Value::Null,
        detail: format!("the line is not JSON ({error}); write one object a line"),
    })?;
    let id = value.get("id").cloned().unwrap_or(Value::Null);
    let wrong = |detail: String| ScanError { id: id.clone(), detail };
    let line =
        Line::deserialize(value).map_err(|error| wrong(format!("the line cannot be read: {error}")))?;
    match (line.text, line.url) {
        (Some(text), None) => {
            let surface = line.surface.unwrap_or(Surface::Chat);
            let findings = engine.check_text(&Typed { text: &text, surface, url: "" });
            Ok(answer(&line.id, &engine.weigh(&findings), &findings, &text))
        }
        (None, Some(url)) => {
            let decision = engine.check_url(&Visit { url: &url, frame: Frame::Main });
            let terms = decision.search.as_ref().map_or("", |search| search.terms.as_str());
            let mut out = answer(&line.id, &decision.verdict, &decision.findings, terms);
            if let Some(site) = &decision.site {
                out["site"] = json!({ "rule": site.rule, "categories": site.categories });
            }
            if let Some(search) = &decision.search {
                out["search"] = json!({ "engine": search.engine, "terms": search.terms });
            }
            out["why"] = Value::from(decision.why);
            Ok(out)
        }
        (None, None) => Err(wrong("the line has neither “text” nor “url”; give one of them".into())),
        (Some(_), Some(_)) => Err(wrong("the line has both “text” and “url”; give one of them".into())),
    }
}

fn answer(id: &Value, verdict: &Verdict, findings: &[Finding], text: &str) -> Value {
    let findings: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let start = characters_before(text, finding.span.start);
            let end = characters_before(text, finding.span.end);
            json!({
                "category": finding.category,
                "severity": finding.severity,
                "stage": finding.stage,
                "rule": finding.rule,
                "start": start,
                "end": end,
                "excerpt": finding.excerpt.text,
                "marks": finding.excerpt.marks,
                "why": finding.why,
                "context": finding.context,
            })
        })
        .collect();
    json!({
        "id": id,
        "alert": verdict.alert,
        "severity": verdict.severity,
        "categories": verdict.categories,
        "findings": findings,
        "action": verdict.action,
    })
}

/// How many characters begin before this byte.
fn characters_before(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).count()
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
