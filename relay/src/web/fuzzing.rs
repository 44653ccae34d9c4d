//! Doors into the readers of what people type; see `crate::fuzzing`.

use super::form::{self, Errors};
use super::{setup, sign_in, when};

/// Words of a form, of several lines or of one.
#[must_use]
pub fn cleaned(raw: &str, lines: bool) -> String {
    form::clean(raw, lines)
}

/// An e-mail address to sign in with.
///
/// # Errors
/// When it is none.
pub fn email(raw: &str) -> Result<String, String> {
    let mut errors = Errors::default();
    let text = setup::email(&mut errors, "email", raw);
    if errors.is_empty() { Ok(text) } else { Err(errors.of("email").unwrap_or_default().to_owned()) }
}

/// The id that was made with a form.
#[must_use]
pub fn form_id(raw: &str) -> Option<String> {
    form::form_id(raw).ok()
}

/// Where somebody goes after signing in, when the address bar says so.
#[must_use]
pub fn next(raw: &str) -> Option<&str> {
    sign_in::within(raw)
}

/// A date field and a time field, in milliseconds since 1970.
#[must_use]
pub fn read_moment(date: &str, time: &str) -> Option<i64> {
    when::read(date, time)
}

/// A moment as every page writes it, and as the fields that read it back: the words, the date, the time.
#[must_use]
pub fn moment(ms: i64, now: i64) -> (String, String, String) {
    let when = when::When::new(ms, now);
    (format!("{} {} {}", when.absolute, when.relative, when.iso), when::date_value(ms), when::time_value(ms))
}
