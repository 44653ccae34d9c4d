//! What a pupil writes: a report, or a message about one, checked and made ready for the outbox.
//!
//! The pages ask for what is missing in their own way first; this is the last look, with the limits of the wire.

use crate::outbox::{Entry, Kind};
use crate::receipt::{self, ReceiptError};
use lapwing_core::Severity;
use lapwing_core::wire::{About, Identity, Report, ThreadReply, limit};
use serde::{Deserialize, Serialize};

/// Why something cannot be sent as it is, in words for the pupil. Nothing is lost: it stays on the page.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// Nothing was written.
    #[error("Write what happened. A few words are enough.")]
    Empty,
    /// More than the relay takes.
    #[error("That is {0} characters. The most that can be sent at once is {most}. Send it in two parts.", most = limit::STORY)]
    TooLong(usize),
    /// Named, without a name.
    #[error("Write your name, or choose to send it without your name.")]
    NoName,
    /// The code is not one.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The page sent something else than a form.
    #[error("This could not be read ({0}). Close this window, open it again, and try once more.")]
    Shape(#[from] serde_json::Error),
}

/// A report as the page gives it.
#[derive(Debug, Clone, Deserialize)]
pub struct Draft {
    /// A fresh UUID.
    pub id: String,
    /// Milliseconds since 1970.
    pub now: i64,
    /// The id of an adult, or none.
    #[serde(default)]
    pub adult: Option<String>,
    /// Who may know the name.
    pub identity: Identity,
    /// Whom it is about.
    pub about: About,
    /// What happened.
    pub story: String,
    /// What should happen; may be empty.
    #[serde(default)]
    pub wish: String,
    /// The receipt code.
    pub receipt: String,
}

/// A message as the page gives it.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    /// A fresh UUID.
    pub id: String,
    /// Milliseconds since 1970.
    pub now: i64,
    /// The receipt code as typed.
    pub receipt: String,
    /// What was written.
    pub text: String,
}

/// Makes a report ready to be sent.
///
/// # Errors
/// When something is missing or too long.
pub fn report(json: &str) -> Result<Entry, WordsError> {
    let draft: Draft = serde_json::from_str(json)?;
    let identity = match draft.identity {
        Identity::Named { name } => Identity::Named { name: named(&name)? },
        Identity::Confidant { name } => Identity::Confidant { name: named(&name)? },
        Identity::Anonymous => Identity::Anonymous,
    };
    let report = Report {
        id: draft.id,
        written_at: draft.now,
        adult: draft.adult.filter(|adult| !adult.is_empty()),
        identity,
        about: draft.about,
        story: written(&draft.story)?,
        wish: optional(&draft.wish)?,
        receipt: receipt::read(&draft.receipt)?,
    };
    entry(Kind::Report, report.id.clone(), draft.now, &report)
}

/// Makes a message ready to be sent.
///
/// # Errors
/// When something is missing or too long.
pub fn reply(json: &str) -> Result<Entry, WordsError> {
    let message: Message = serde_json::from_str(json)?;
    let reply = ThreadReply {
        receipt: receipt::read(&message.receipt)?,
        id: message.id,
        text: written(&message.text)?,
    };
    entry(Kind::Reply, reply.id.clone(), message.now, &reply)
}

fn entry(kind: Kind, id: String, made_at: i64, body: &impl Serialize) -> Result<Entry, WordsError> {
    let body = serde_json::to_string(body)?;
    Ok(Entry { id, kind, severity: Severity::High, stage: None, made_at, body, refused: None })
}

fn written(text: &str) -> Result<String, WordsError> {
    let text = optional(text)?;
    if text.is_empty() { Err(WordsError::Empty) } else { Ok(text) }
}

fn optional(text: &str) -> Result<String, WordsError> {
    let text = text.trim();
    match text.chars().count() {
        length if length > limit::STORY => Err(WordsError::TooLong(length)),
        _ => Ok(text.to_owned()),
    }
}

fn named(name: &str) -> Result<String, WordsError> {
    let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() { Err(WordsError::NoName) } else { Ok(crate::relay::cut(&name, limit::LINE)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn draft() -> Value {
        json!({
            "id": "0b0e", "now": 5, "adult": "", "identity": { "mode": "confidant", "name": "  Sam \n Lee " },
            "about": "friend", "story": " It happened at lunch. ", "wish": "", "receipt": "1234 5678 9012 3456"
        })
    }

    fn problem(change: impl FnOnce(&mut Value)) -> String {
        let mut draft = draft();
        change(&mut draft);
        report(&draft.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn a_report_is_what_the_wire_reads() {
        let entry = report(&draft().to_string()).unwrap();
        let sent: Report = serde_json::from_str(&entry.body).unwrap();
        assert_eq!(sent.identity, Identity::Confidant { name: "Sam Lee".into() });
        assert_eq!((sent.adult, sent.story.as_str()), (None, "It happened at lunch."));
        assert_eq!((sent.receipt.as_str(), entry.kind), ("1234567890123456", Kind::Report));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(problem(|d| d["story"] = json!(" \n ")).contains("what happened"));
        assert!(problem(|d| d["identity"]["name"] = json!("  ")).contains("name"));
        assert!(problem(|d| d["receipt"] = json!("12")).contains("16 digits"));
        assert!(problem(|d| d["story"] = json!("x".repeat(limit::STORY + 1))).contains("10001"));
        assert!(problem(|d| d["about"] = json!("nobody")).contains("nobody"));
    }

    #[test]
    fn an_anonymous_report_carries_no_name() {
        let mut draft = draft();
        draft["identity"] = json!({ "mode": "anonymous" });
        let entry = report(&draft.to_string()).unwrap();
        assert!(!entry.body.contains("name"), "{}", entry.body);
    }

    #[test]
    fn a_message_needs_words_and_a_code() {
        let made = |text: &str, receipt: &str| {
            reply(&json!({ "id": "a", "now": 1, "receipt": receipt, "text": text }).to_string())
        };
        assert_eq!(made("Thank you", "1234567890123456").unwrap().kind, Kind::Reply);
        assert!(made(" ", "1234567890123456").is_err());
        assert!(made("Thank you", "1234").is_err());
    }
}
