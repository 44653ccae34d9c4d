//! What every form needs: reading words as a person typed them, and the list of what is wrong with them.
//! Which fields a form has, and what it does when they are right, is the business of its own page.

use crate::error::{Error, logged};
use axum::extract::{FromRequest, Request};
use axum_extra::extract::Form;
use serde::de::DeserializeOwned;

/// A posted form. What cannot be read as this form at all is answered with a page that says so.
#[derive(Debug, Clone)]
pub(crate) struct Posted<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match Form::<T>::from_request(request, state).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(error) => {
                tracing::debug!(%error, "a form could not be read");
                Err(Error::BadRequest(
                    "The form did not arrive whole. Go back, check that everything is there, and send it again.".into(),
                ))
            }
        }
    }
}

/// What is wrong with a form, in the order of its fields. Shown as GOV.UK's error summary, each line a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Errors(Vec<Fault>);

/// One field's fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The id of the field that the summary links to.
    pub(crate) field: String,
    /// What to do about it.
    pub(crate) message: String,
}

impl Errors {
    /// Notes that `field` is not right yet. The first fault of a field is the one that its page shows beside it.
    pub(crate) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault { field: field.into(), message: message.into() });
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fault of one field.
    #[must_use]
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
    }

    /// Every fault.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// Reads words of several lines that may be left out.
    pub(crate) fn words(&mut self, field: &str, raw: &str, most: usize, what: &str) -> String {
        let text = clean(raw, true);
        self.measure(field, &text, most, what);
        text
    }

    /// Reads words of several lines that must be there; `missing` says what to write.
    pub(crate) fn needed_words(
        &mut self,
        field: &str,
        raw: &str,
        most: usize,
        what: &str,
        missing: &str,
    ) -> String {
        let text = self.words(field, raw, most, what);
        if text.is_empty() {
            self.add(field, missing);
        }
        text
    }

    /// Reads one line that may be left out.
    pub(crate) fn line(&mut self, field: &str, raw: &str, most: usize, what: &str) -> String {
        let text = clean(raw, false);
        self.measure(field, &text, most, what);
        text
    }

    fn measure(&mut self, field: &str, text: &str, most: usize, what: &str) {
        let count = text.chars().count();
        if count > most {
            self.add(
                field,
                format!(
                    "{what} is {count} characters long. Make it {most} or fewer, or put the rest in a note."
                ),
            );
        }
    }
}

/// Words as typed, without what no keyboard types: control characters go, line ends become one kind, and blank edges
/// are cut. Nothing else is changed: a record keeps what was written.
#[must_use]
pub(crate) fn clean(raw: &str, lines: bool) -> String {
    let unified = raw.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = unified
        .chars()
        .map(|c| if !lines && (c == '\n' || c == '\t') { ' ' } else { c })
        .filter(|&c| c == '\n' || c == '\t' || !c.is_control())
        .collect();
    kept.trim().to_owned()
}

/// Reads the id that was made with the form, by which sending the form twice does its work once.
///
/// # Errors
/// When it is no UUID: the form was not made by this relay.
pub(crate) fn form_id(raw: &str) -> Result<String, Error> {
    uuid::Uuid::try_parse(raw).map(|id| id.hyphenated().to_string()).map_err(|_| {
        Error::BadRequest(
            "The form is not one of Lapwing’s. Open the page again and fill in the form there.".into(),
        )
    })
}

/// What a page says when it could not do what was asked of an older one.
pub(crate) const CHANGED: &str =
    "This changed while you were reading it, so nothing was done. Here is how it stands now.";

/// What a form says that was sent before with other words: whoever goes back to mend a word must not be told that it is done.
pub(crate) const SENT_BEFORE: &str = "This form was sent before, and what you changed since is not in it. Look at it, and \
     send it again if it is to be a further entry.";

/// The database is busy, or a key was changed while the form waited.
const NOT_NOW: &str = "Lapwing could not save this just now, and nothing of it is saved. Your words are still in the form: \
     send it again in a minute.";

/// The commit failed. The form's id tells whether it was kept ([`form_id`]).
const NOT_KNOWN: &str = "It is not known whether this was saved. Your words are still in the form: send it again in a \
     minute, as it stands. It is kept once, however often it is sent.";

/// What a form says that comes back with its words because they could not be saved. Only for a form that has an id, by which
/// it is kept once.
///
/// # Errors
/// The error itself, where sending the form again does not help.
pub(crate) fn not_saved(error: Error) -> Result<String, Error> {
    let (words, detail) = match error {
        Error::Full => return Ok(NOT_NOW.to_owned()),
        Error::Busy(detail) | Error::Internal(detail) | Error::Damaged(detail) => (NOT_NOW, detail),
        Error::InDoubt(cause) => (NOT_KNOWN, cause.into_anyhow().to_string()),
        other => return Err(other),
    };
    Ok(format!("{words} If it goes on, tell IT: reference {}.", logged(&detail)))
}

/// How much had come in when the page was shown, as its form says. Nothing when the form says no number: then nobody can
/// tell what its reader has seen.
#[must_use]
pub(crate) fn shown(raw: &str) -> Option<i64> {
    raw.parse().ok()
}

/// Whether a value is one of a form's choices.
#[must_use]
pub(crate) fn is_choice(choices: &[(&str, &str)], value: &str) -> bool {
    choices.iter().any(|(key, _)| *key == value)
}

/// The words of a choice, or nothing when it is none of them.
#[must_use]
pub(crate) fn choice_label<'a>(choices: &[(&str, &'a str)], value: &str) -> Option<&'a str> {
    choices.iter().find(|(key, _)| *key == value).map(|(_, label)| *label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_lines_and_lose_control_characters() {
        assert_eq!(clean("  one\r\ntwo\u{0}\u{7}\r", true), "one\ntwo");
        assert_eq!(clean("one\r\ntwo", false), "one two");
    }

    #[test]
    fn a_form_that_could_not_be_saved_says_what_is_known_and_nothing_from_inside() {
        let busy = not_saved(Error::Busy("pool timed out".into())).unwrap();
        assert!(busy.starts_with(NOT_NOW) && busy.contains("reference") && !busy.contains("pool"), "{busy}");
        assert_eq!(not_saved(Error::Full).unwrap(), NOT_NOW);
        let doubtful = not_saved(Error::InDoubt(Box::new(Error::Internal("odd".into())))).unwrap();
        assert!(doubtful.starts_with(NOT_KNOWN) && !doubtful.contains("odd"), "{doubtful}");
        assert!(matches!(not_saved(Error::NotFound), Err(Error::NotFound)));
    }

    #[test]
    fn a_missing_field_and_a_long_field_are_named() {
        let mut errors = Errors::default();
        errors.needed_words("a", " \n ", 10, "What you saw", "Write what you saw");
        errors.words("b", "12345678901", 10, "The place");
        assert_eq!(errors.of("a"), Some("Write what you saw"));
        assert!(errors.of("b").is_some_and(|m| m.contains("11 characters") && m.contains("10 or fewer")));
        assert_eq!(errors.of("c"), None);
        assert_eq!(errors.iter().count(), 2);
    }

    #[test]
    fn length_is_counted_in_characters() {
        let mut errors = Errors::default();
        errors.line("a", "ŵŵŵŵŵ", 5, "The name");
        assert!(errors.is_empty());
    }
}
